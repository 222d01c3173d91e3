"""Which ids were seen before, in a few bytes each: for streams of millions of dialogues."""

from __future__ import annotations

from array import array
from typing import Final

_FIRST_SIZE: Final = 1 << 10


class SeenIds:
    """A set of ids and the number each came with, kept as 64-bit hashes in an open table (16 bytes a place).

    A million ids take 34 MB where a dictionary of strings takes some 200. Two ids of one hash would pass for one:
    a chance of 3e-8 among a million, drawn anew in every process (Python seeds the hash of strings), so that a
    person who is told of a doubled id that is none need only try again. A hostile file cannot aim at it.
    """

    def __init__(self) -> None:
        self._hashes, self._numbers = _empty(_FIRST_SIZE)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, name: str, number: int = 1) -> int:
        """Remember ``name`` with ``number`` (1 or more); the number it came with before, 0 when it is new."""
        value = hash(name) & 0xFFFF_FFFF_FFFF_FFFF
        place = self._place(value)
        if self._numbers[place]:
            return self._numbers[place]
        self._hashes[place], self._numbers[place] = value, number
        self._count += 1
        if 3 * self._count > 2 * len(self._hashes):  # fuller tables search for long
            self._grow()
        return 0

    def _place(self, value: int) -> int:
        """Where a hash stands, or the empty place where it belongs; a number of 0 is an empty place."""
        last = len(self._hashes) - 1
        place = value & last
        while self._numbers[place] and self._hashes[place] != value:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        """Double the table."""
        old = zip(self._hashes, self._numbers, strict=True)
        self._hashes, self._numbers = _empty(2 * len(self._hashes))
        for value, number in old:
            if number:
                place = self._place(value)
                self._hashes[place], self._numbers[place] = value, number


def _empty(size: int) -> tuple[array[int], array[int]]:
    return array("Q", bytes(8 * size)), array("Q", bytes(8 * size))

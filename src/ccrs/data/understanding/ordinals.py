"""Which of several items ordinals mean: *the second one*, *the first two*, *all but the last*."""

from __future__ import annotations

from collections.abc import Sequence

_NUMBER = {
    "first": 0,
    "former": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "1": 0,
    "one": 0,
    "2": 1,
    "two": 1,
    "3": 2,
    "three": 2,
    "4": 3,
    "four": 3,
}


def of_several(here: Sequence[str]) -> tuple[str, ...]:
    """What was named in the message, if several."""
    return tuple(dict.fromkeys(here)) if len(set(here)) > 1 else ()


def but(word: str, listed: tuple[str, ...]) -> tuple[str, ...]:
    """All of those listed but one."""
    left_out = nth(word, (), listed)
    return tuple(item for item in listed if item not in left_out) if left_out else ()


def some(end: str, many: str, listed: tuple[str, ...]) -> tuple[str, ...]:
    """The first or last few of those listed."""
    count = {"three": 3, "3": 3}.get(many, 2)
    return listed[:count] if end == "first" else listed[-count:]


def nth(words: str, here: Sequence[str], listed: tuple[str, ...]) -> tuple[str, ...]:
    """The item of that number: of those named in the message, if several, else of those listed before."""
    word = words.removeprefix("very ")
    own = of_several(here)
    if word in ("last", "final", "latter"):
        return own[-1:] if own and word == "latter" else listed[-1:] or own[-1:]
    number = _NUMBER[word]
    return own[number : number + 1] or listed[number : number + 1]

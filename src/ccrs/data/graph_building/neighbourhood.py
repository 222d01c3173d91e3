"""The triples around wanted entities, collected while a dump streams by, in bounded memory."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator

from ccrs.core.errors import DataError

Row = tuple[str, str, str]
"""A triple by addresses: subject, relation, object."""

MAX_TRIPLES = 1_200_000
"""Triples kept at most, those of two entities counted for each: few enough to stay below 2 GB with all else."""


class Neighbourhood:
    """At most ``limit`` triples of each wanted entity, and ``max_triples`` (an entity's own share) in all.

    Which triples an entity keeps does not hang on their order: it is those with the smallest hash.
    When all of them together are too many, ``limit`` is halved, again and again if needed;
    ``DataError`` is raised where one for each is too many. While triples come, a third more may
    be held, so that the work of choosing is not done for each anew.
    """

    def __init__(self, limit: int, max_triples: int = MAX_TRIPLES) -> None:
        self.limit = limit
        """Triples of one entity; smaller than asked for when memory did not allow as many."""
        self.duplicates = 0
        """Triples that came twice."""
        self.cut = 0
        """Triples beyond the limit of both their ends (or of the one that is wanted)."""
        self._max = max_triples
        self._held = 0
        self._rows: dict[str, dict[Row, None]] = {}
        # Of entities that had more than the limit: the hash that a triple must stay below.
        self._bounds: dict[str, bytes] = {}

    def add(self, row: Row, entities: tuple[str, ...]) -> None:
        """Keep a triple for one or both of its ends."""
        is_double = any(row in self._rows.get(entity, ()) for entity in entities)
        is_kept = [self._add(entity, row) for entity in entities]
        self.duplicates += is_double
        self.cut += not any(is_kept)
        for entity in entities:
            if len(self._rows[entity]) >= 2 * self.limit:
                self._prune(entity)
        if self._held > self._max + self._max // 3:
            self.finish()

    def _add(self, entity: str, row: Row) -> bool:
        """Whether the entity keeps the triple, as far as is known yet."""
        rows = self._rows.setdefault(sys.intern(entity), {})
        if row in rows:
            return True
        bound = self._bounds.get(entity)
        if bound is not None and _order(row) >= bound:
            return False
        subject, relation, value = map(sys.intern, row)
        rows[subject, relation, value] = None
        self._held += 1
        return True

    def _prune(self, entity: str) -> None:
        """Bring an entity down to its limit."""
        rows = self._rows[entity]
        if len(rows) <= self.limit:
            return
        order = sorted(rows, key=_order)
        self._held -= len(rows) - self.limit
        self._bounds[entity] = _order(order[self.limit])
        self._rows[entity] = dict.fromkeys(order[: self.limit])
        for row in order[self.limit :]:
            other = row[2] if row[0] == entity else row[0]
            self.cut += row not in self._rows.get(other, ())

    def finish(self) -> None:
        """Bring every entity down to the limit, and the limit down until all fit; called after the last triple."""
        self._prune_all()
        while self._held > self._max and self.limit > 1:
            self.limit //= 2
            self._prune_all()
        if self._held > self._max:
            raise DataError(
                f"More than {self._max:,} entities have triples, which memory does not hold. "
                "Give fewer entities, or take fewer relations with --relations."
            )

    def _prune_all(self) -> None:
        for entity in self._rows:
            self._prune(entity)

    def __contains__(self, entity: object) -> bool:
        return entity in self._rows

    def of(self, entity: str) -> Iterator[Row]:
        """The triples that an entity keeps."""
        return iter(self._rows.get(entity, ()))

    def rows(self) -> set[Row]:
        """All triples that are kept, each once."""
        return set().union(*self._rows.values())


def _order(row: Row) -> bytes:
    """A number that says nothing about the triple, the same in every run."""
    return hashlib.blake2b("\n".join(row).encode(), digest_size=12).digest()

"""The catalogue of entities and the knowledge graph over it.

Items (what may be recommended) stand first: entity index ``i < num_items`` is item ``i``, so the
item rows of an entity table are its first rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ccrs.core.errors import DataError

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that can be named: an item, a person, a genre.

    ``aliases`` are further names by which people call it; ``year`` tells namesakes apart.
    """

    id: str
    type: str
    name: str
    is_item: bool = False
    year: int | None = None
    aliases: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name with its year, where there is one: ``Titanic (1997)``."""
        return f"{self.name} ({self.year})" if self.year is not None else self.name


@dataclass(frozen=True)
class Catalogue:
    """All entities, items first; raises ``DataError`` on doubled ids or an item out of place."""

    entities: tuple[Entity, ...]

    def __post_init__(self) -> None:
        flags = [entity.is_item for entity in self.entities]
        if flags != sorted(flags, reverse=True):
            raise DataError("Entities are out of order. Put all items before all other entities.")
        if len(self.index) != len(self.entities):
            counts = Counter(entity.id for entity in self.entities)
            doubled = next(name for name, count in counts.items() if count > 1)
            raise DataError(f"Entity id {doubled!r} is used twice. Give every entity its own id.")

    @cached_property
    def index(self) -> dict[str, int]:
        """Entity id to entity index."""
        return {entity.id: position for position, entity in enumerate(self.entities)}

    @cached_property
    def num_items(self) -> int:
        """How many of the entities are items."""
        return sum(entity.is_item for entity in self.entities)

    @property
    def num_entities(self) -> int:
        """How many entities there are."""
        return len(self.entities)

    @property
    def items(self) -> Sequence[Entity]:
        """The items, in index order."""
        return self.entities[: self.num_items]


@dataclass(frozen=True, slots=True)
class Triple:
    """``head`` – ``relation`` – ``tail``, by entity ids: *Titanic – director – James Cameron*."""

    head: str
    relation: str
    tail: str


@dataclass(frozen=True)
class KnowledgeGraph:
    """Incoming edges of every entity in compressed rows (both directions of every triple).

    The edges of entity ``e`` are ``offsets[e]:offsets[e + 1]``; ``neighbours`` holds entity
    indices, ``relation_ids`` indices into ``relations``. A reverse relation has its own id and the
    name ``<relation> of``.
    """

    num_entities: int
    relations: tuple[str, ...]
    offsets: IntArray  # (entities + 1)
    neighbours: IntArray  # (edges)
    relation_ids: IntArray  # (edges)

    @property
    def num_edges(self) -> int:
        """How many directed edges there are."""
        return len(self.neighbours)

    def edges_of(self, entity: int) -> tuple[IntArray, IntArray]:
        """Neighbours and relation ids of one entity."""
        span = slice(self.offsets[entity], self.offsets[entity + 1])
        return self.neighbours[span], self.relation_ids[span]

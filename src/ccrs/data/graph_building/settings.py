"""What is taken from a dump."""

from __future__ import annotations

from dataclasses import dataclass

from ccrs.core.errors import DataError
from ccrs.data.redial_graph_types import UNTYPED


@dataclass(frozen=True)
class GraphBuilding:
    """What is taken from a dump.

    ``hops``: 1 keeps the triples of the corpus's entities, 2 also those of their neighbours.
    ``max_neighbours``: triples that one entity brings in at most. ``min_relation_count``: relations
    with fewer triples are dropped. ``relations``: the only ones that are taken, by readable name
    (``music composer``), by the last part of the address or by address; None takes all.
    ``item_type``: of the items of a plain list. ``lenient`` skips and counts broken lines.
    """

    hops: int = 1
    max_neighbours: int = 200
    min_relation_count: int = 10
    relations: frozenset[str] | None = None
    item_type: str = UNTYPED
    lenient: bool = False

    def __post_init__(self) -> None:
        if self.hops not in (1, 2):
            raise DataError(f"hops is {self.hops}. Give 1 or 2.")
        if self.max_neighbours < 1 or self.min_relation_count < 0:
            raise DataError(
                f"max_neighbours is {self.max_neighbours} and min_relation_count {self.min_relation_count}. "
                "Give at least 1 and at least 0."
            )

"""The report of a built graph: what was matched, what was kept and what was left out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ccrs.evaluation.tables import markdown

REPORT = "graph.json"
"""The report as JSON; marks a folder as one that graph building wrote."""

REPORT_TEXT = "report.md"
FORMAT = 1
SHOWN = 200
"""Unmatched entities that the readable report lists; the JSON lists all."""


@dataclass(frozen=True)
class Unmatched:
    """An entity of the corpus that no page of the dump stands for."""

    id: str
    title: str
    is_item: bool
    reason: str


@dataclass(frozen=True)
class GraphReport:
    """Figures of one building; ``sources`` are SHA-256 by file name, ``relations`` triples by relation."""

    corpus_size: int
    matched: int
    matched_items: int
    unmatched: tuple[Unmatched, ...]
    counts: dict[str, int]
    relations: dict[str, int]
    dropped: dict[str, int]
    hops: int
    max_neighbours: int
    min_relation_count: int
    sources: dict[str, str]
    notes: tuple[str, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As it is written."""
        return {"format": FORMAT, **asdict(self)}

    def to_markdown(self) -> str:
        """As people read it."""
        settings = (
            f"{self.hops} hop{'s' if self.hops > 1 else ''}, at most {self.max_neighbours} triples brought in by one "
            f"entity, relations of at least {self.min_relation_count} triples, {self.seconds} seconds."
        )
        matched = f"{self.matched:,} of {self.corpus_size:,} entities of the corpus are in the dump"
        parts = [
            "# The graph",
            f"{matched}, {self.matched_items:,} of {self.counts['items']:,} items. {settings}",
            markdown(["in the graph", "count"], list(self.counts.items())),
            "## Triples by relation",
            markdown(["relation", "triples"], list(self.relations.items())),
        ]
        if self.dropped:
            parts += ["## Left out", markdown(["what", "count"], list(self.dropped.items()))]
        if self.unmatched:
            rows = [[each.title, each.id, each.reason] for each in self.unmatched[:SHOWN]]
            parts += ["## Not found in the dump", markdown(["entity", "id", "why"], rows)]
            if len(self.unmatched) > SHOWN:
                parts.append(f"{len(self.unmatched) - SHOWN:,} more are in {REPORT}.")
        parts += ["## Notes", "\n".join(f"- {note}" for note in self.notes)]
        parts += ["## Sources", markdown(["file", "SHA-256"], list(self.sources.items()))]
        return "\n\n".join(parts) + "\n"

"""Predictions of any system: one JSON object a line with the sample's id, ranked item ids and perhaps a reply."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccrs.core.errors import DataError
from ccrs.data.readers.json_lines import LineFaultError, field, parse_object, shown

_KEYS = frozenset({"sample", "items", "reply"})


@dataclass(frozen=True)
class Prediction:
    """What a system answered for one sample."""

    items: tuple[str, ...]
    """Item ids, the best first."""
    reply: str | None = None

    def rank_of(self, item: str) -> int | None:
        """The place of ``item`` from 1, None where it is not listed."""
        return self.items.index(item) + 1 if item in self.items else None


def read_predictions(path: Path, items: Container[str]) -> dict[str, Prediction]:
    """Sample id to prediction, in the order of the file; ``items`` are the ids of the catalogue.

    Raises ``DataError`` with file and line on anything that is not one: broken JSON, an unknown key or item, an item
    or a sample that stands twice, a file without lines.
    """
    found: dict[str, Prediction] = {}
    lines: dict[str, int] = {}
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                raw = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if not raw.strip():
                    continue
                try:
                    sample, prediction = _prediction(parse_object(raw), items)
                except LineFaultError as fault:
                    raise DataError.at(path, number, fault.problem, fault.mend) from None
                if sample in found:
                    problem = f"sample {sample!r} stands already in line {lines[sample]}"
                    raise DataError.at(path, number, problem, "Give one line a sample.")
                found[sample], lines[sample] = prediction, number
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from error
    if not found:
        raise DataError.at(
            path, None, "holds no prediction", 'Write one {"sample": ..., "items": [...]} a line.'
        )
    return found


def _prediction(record: dict[str, Any], items: Container[str]) -> tuple[str, Prediction]:
    unknown = sorted(record.keys() - _KEYS)
    if unknown:
        raise LineFaultError(
            "unknown key", f"key {unknown[0]!r} is unknown", f"Known are {', '.join(sorted(_KEYS))}."
        )
    sample, ranked = field(record, "sample", str), field(record, "items", list)
    reply = field(record, "reply", str) if record.get("reply") is not None else None
    seen: set[str] = set()
    for item in ranked:
        if not isinstance(item, str):
            raise LineFaultError("wrong type", f"item {shown(item)} is not a string", "Give item ids.")
        if item not in items:
            raise LineFaultError(
                "unknown item",
                f"item {item!r} is not in the catalogue",
                "Give the ids of entities.tsv of the prepared data.",
            )
        if item in seen:
            raise LineFaultError("doubled item", f"item {item!r} stands twice", "List each item once.")
        seen.add(item)
    return sample, Prediction(tuple(ranked), reply)

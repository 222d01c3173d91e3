"""``cards.jsonl``: the card of each item that has one, an object a line, in a prepared folder and in a run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccrs.core.cards import ItemCard
from ccrs.core.errors import DataError
from ccrs.core.files import replacing
from ccrs.core.graph import Catalogue

CARDS_FILE = "cards.jsonl"
_TEXTS = ("url", "image", "price", "text")
_KEYS = frozenset({"id", *_TEXTS, "available", "numbers"})
_MEND = "Prepare the data again."


def write_cards(path: Path, cards: Mapping[str, ItemCard]) -> None:
    """Write the cards by item id, all or nothing; what has its default is left out."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for item, card in sorted(cards.items()):
            record: dict[str, Any] = {"id": item}
            record |= {key: value for key in _TEXTS if (value := getattr(card, key)) is not None}
            if not card.available:
                record["available"] = False
            if card.numbers:
                record["numbers"] = dict(card.numbers)
            stream.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_cards(path: Path, catalogue: Catalogue) -> dict[str, ItemCard]:
    """What ``write_cards`` wrote; raises ``DataError`` with file and line, also for what is no item."""
    cards: dict[str, ItemCard] = {}
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                item, card = _card(path, number, line)
                if catalogue.index.get(item, catalogue.num_items) >= catalogue.num_items:
                    raise DataError.at(path, number, f"item {item!r} is not in the catalogue", _MEND)
                if item in cards:
                    raise DataError.at(path, number, f"item {item!r} has two cards", _MEND)
                cards[item] = card
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise DataError.at(path, None, problem, "Check the path.") from error
    except UnicodeDecodeError as error:
        raise DataError.at(path, None, "is not UTF-8 text", _MEND) from error
    return cards


def _card(path: Path, number: int, line: str) -> tuple[str, ItemCard]:
    """One line as item id and card."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError.at(path, number, f"is not JSON that can be read ({error})", _MEND) from error
    if not isinstance(record, dict) or not record.keys() <= _KEYS or not isinstance(record.get("id"), str):
        raise DataError.at(path, number, "is not a card", _MEND)
    texts = {key: record[key] for key in _TEXTS if key in record}
    numbers, available = record.get("numbers", {}), record.get("available", True)
    right = all(isinstance(text, str) for text in texts.values()) and isinstance(available, bool)
    if not right or not isinstance(numbers, dict) or not all(map(_is_number, numbers.values())):
        raise DataError.at(path, number, f"the card of {record['id']!r} has a value of a wrong type", _MEND)
    return record["id"], ItemCard(
        **texts, available=available, numbers={name: float(value) for name, value in numbers.items()}
    )


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False

"""What a shop says of an item beside the facts of the graph: where it can be had, for how much, and its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ItemCard:
    """What is shown with an item; ``None`` where nothing is known.

    An item that is not ``available`` stays in the catalogue (people may name it) but is never recommended. ``text``
    describes it. ``numbers`` are its numeric columns as given, the price among them, by readable column name.
    """

    url: str | None = None
    image: str | None = None
    price: str | None = None
    available: bool = True
    text: str | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing to keep."""
        return self == ItemCard()


def numbers_of(cards: Mapping[str, ItemCard]) -> dict[str, Mapping[str, float]]:
    """The numbers of each item that has any, by item id and name."""
    return {item: card.numbers for item, card in cards.items() if card.numbers}


def unavailable_items(cards: Mapping[str, ItemCard]) -> frozenset[str]:
    """The ids of the items that may not be recommended."""
    return frozenset(item for item, card in cards.items() if not card.available)

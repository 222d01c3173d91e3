"""What people call the items of a catalogue: one, several, and the noun at the head of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from ccrs.core.graph import Catalogue

_FILMS = frozenset(["film", "movie"])
_HISSING = ("s", "x", "z", "ch", "sh")


@dataclass(frozen=True, slots=True)
class ItemWords:
    """The words for the items of one catalogue, from the type that most of them have."""

    singular: str
    plural: str

    @classmethod
    def of(cls, catalogue: Catalogue) -> ItemWords:
        """The words of a catalogue; *item* where it has none."""
        kinds = Counter(" ".join(re.findall(r"\w+", item.type.lower())) for item in catalogue.items)
        kind = kinds.most_common(1)[0][0] if kinds else ""
        return cls(kind or "item", plural_of(kind or "item"))

    @property
    def are_films(self) -> bool:
        """Whether the rules, which are written for films, fit as they stand."""
        return self.singular in _FILMS

    @property
    def one(self) -> str:
        """One of them with its article: *a board game*, *an item*."""
        return f"{'an' if self.singular[:1] in tuple('aeiou') else 'a'} {self.singular}"

    @property
    def head(self) -> tuple[str, str]:
        """The last word alone, one and several: *game*, *games* of *board game*."""
        return self.singular.rsplit(" ", 1)[-1], self.plural.rsplit(" ", 1)[-1]


def plural_of(noun: str) -> str:
    """Several of what ``noun`` is one of: *batteries*, *boxes*, *board games*."""
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(_HISSING) else f"{noun}s"

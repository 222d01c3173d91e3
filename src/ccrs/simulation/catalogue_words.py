"""How the values of any relation are asked for and stated: *by Anna Berg*, *made of oak*, *with the size 40*."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ccrs.core.graph import Entity

MAX_NAME, MAX_RELATION = 60, 40
"""Longer values and relation names (in characters) are not spoken."""
VALUE = "{v}"
"""Stands for the value in a phrase."""

_MAKERS = (
    "artist author brand brewer builder creator designer developer illustrator maker manufacturer narrator"
)
_MORE_MAKERS = "photographer composer writer painter architect chef"
_SOURCES = (
    "country origin publisher region supplier vendor seller studio label winery brewery company series line"
)
_PURPOSES = "age audience occasion season purpose use level activity gender sport count players"
_PARTS = "mechanic mechanism feature ingredient flavour flavor finish"
_LOOKS = "colour color language size format"
_PHRASES: dict[str, tuple[str, str]] = {  # last word of a relation: how it is asked for, how it is stated
    **dict.fromkeys(f"{_MAKERS} {_MORE_MAKERS}".split(), ("by {v}", "is by {v}")),
    **dict.fromkeys(f"{_SOURCES} year".split(), ("from {v}", "comes from {v}")),
    **dict.fromkeys(("decade", "era", "period"), ("from the {v}", "is from the {v}")),
    **dict.fromkeys(_PURPOSES.split(), ("for {v}", "is for {v}")),
    **dict.fromkeys(("room", "place", "area"), ("for the {v}", "is for the {v}")),
    **dict.fromkeys(("material", "fabric", "wood", "metal"), ("made of {v}", "is made of {v}")),
    **dict.fromkeys(("theme", "topic", "subject"), ("about {v}", "is about {v}")),
    **dict.fromkeys(("time", "duration"), ("taking {v}", "takes {v}")),
    **dict.fromkeys(_LOOKS.split(), ("in {v}", "comes in {v}")),
    **dict.fromkeys(_PARTS.split(), ("with {v}", "comes with {v}")),
    **{
        name: (f"in the {name} {{v}}", f"is in the {name} {{v}}")
        for name in ("category", "genre", "range", "department")
    },
}
_BEFORE_NOUN = frozenset(
    ["category", "colour", "color", "genre", "kind", "material", "style", "theme", "type"]
)
_ADJECTIVE = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+)?")
_VOWELS = tuple("aeiouAEIOU")


@dataclass(frozen=True, slots=True)
class RelationWords:
    """How a relation is spoken of: its ``name``, phrases that ask for a value and that state one."""

    name: str
    of_people: bool
    wishes: tuple[str, ...]
    clauses: tuple[str, ...]
    before_noun: bool

    @classmethod
    def of(cls, relation: str, *, of_people: bool) -> RelationWords:
        """The words of a relation; ``of_people`` says whether its values are persons."""
        name = spoken(relation).translate(_BRACES)
        last = name.lower().split(" ")[-1] if name else ""
        own = _PHRASES.get(last) or (("by {v}", "is by {v}") if of_people else None)
        wishes: tuple[str, ...] = (
            f"with the {name} {VALUE}",
            f"with {VALUE} as {name}",
            f"whose {name} is {VALUE}",
        )
        clauses: tuple[str, ...] = (f"has {VALUE} as {name}", f"has the {name} {VALUE}")
        if own is not None:
            # Twice: people say what is natural more often than what fits everywhere.
            wishes, clauses = (own[0], own[0], own[0], *wishes[:2]), (own[1], own[1], *clauses[:1])
        return cls(name, of_people, wishes, clauses, last in _BEFORE_NOUN)


_BRACES = str.maketrans("{}", "()")


def spoken(name: str) -> str:
    """A name on one line, as it is written in messages."""
    return " ".join(name.split())


def is_speakable(name: str, longest: int = MAX_NAME) -> bool:
    """Whether people would say the name: not too long, and with a letter or digit."""
    return len(name) <= longest and any(letter.isalnum() for letter in name)


def fits_before_noun(entity: Entity, item: str) -> bool:
    """Whether the value may stand before the noun: *red*, not *Chairs* or *20 to 30*."""
    name = spoken(entity.name)
    plural = name.endswith("s") and not name.endswith("ss")
    return bool(_ADJECTIVE.fullmatch(name)) and not plural and item not in name.lower()


def with_article(noun: str) -> str:
    """``a board game``, ``an armchair``."""
    return f"{article(noun)} {noun}"


def article(words: str) -> str:
    """``a`` or ``an``, by the first letter."""
    return "an" if words.startswith(_VOWELS) else "a"

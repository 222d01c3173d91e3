"""The names of columns as people say them, and the types of what they lead to."""

from __future__ import annotations

import functools
import re

_PERSONS = frozenset(
    {
        *(
            "author",
            "writer",
            "director",
            "actor",
            "designer",
            "artist",
            "composer",
            "illustrator",
            "producer",
        ),
        *("narrator", "creator", "editor", "translator", "singer", "performer", "photographer", "star"),
    }
)
_GENRES = frozenset({"genre", "category", "kind"})
_IRREGULAR = {"movies": "movie", "cookies": "cookie", "zombies": "zombie", "ties": "tie", "pies": "pie"}
_SAME = frozenset({"series", "species", "news", "lens", "always", "gas", "mathematics", "physics", "cast"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def readable_name(column: str) -> str:
    """A column's name as people say it: ``MinPlayers`` and ``min_players`` are ``min players``."""
    words = _CAMEL.sub(" ", column).replace("_", " ").replace("-", " ")
    return " ".join(words.split()).lower()


def singular(name: str) -> str:
    """The last word in the singular, where that is plain: ``designers`` is ``designer``."""
    *before, last = name.split(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("ies") and last not in _SAME:
        last = f"{last[:-3]}y"
    elif last.endswith(("xes", "ches", "shes", "sses")):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")) and last not in _SAME and len(last) > 3:
        last = last[:-1]
    return " ".join([*before, last])


@functools.lru_cache(1024)
def type_of(relation: str) -> str:
    """The type of what a relation leads to: a person, a genre, or what the relation is called."""
    last = relation.rsplit(" ", maxsplit=1)[-1]
    if last in _PERSONS:
        return "person"
    return "genre" if last in _GENRES else relation

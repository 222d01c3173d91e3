"""What was heard in one message of a seeker, beyond the entities it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ccrs.core.dialogue import Message

Opinion = Literal["like", "dislike", "seen"]
"""What somebody says of an entity. *seen* is a fact about the person and stands beside the other two."""

QuestionKind = Literal[
    "relation", "year", "plot", "facts", "like_which", "values", "available", "link", "other"
]
"""Asked of an item: one relation, its year, what it is about, anything known, what it has in common with others.

``values`` are asked of no item: what there is to choose from in a relation. ``available`` and ``link`` ask whether and
where it can be had, ``other`` what no catalogue can answer (*is it waterproof?*, *do you ship to Austria?*).
"""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Bounds, inclusive, of a number that items have: their price, say. ``None`` is open."""

    name: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Constraints:
    """What an item must and must not be, as hard filters.

    ``wanted`` are ids of entities to all of which an item must be linked (*a comedy with Tom Hanks*), ``unwanted`` ids
    of entities to none of which it may be linked (*no horror*) and of items that are not wanted. Years are inclusive.
    An item without a year, or without one of the ``numbers``, does not fulfil a bound on it.
    """

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    numbers: tuple[NumberRange, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()
    """Of each group of ids an item must be linked to one: *bamboo or rattan*."""

    def __bool__(self) -> bool:
        years = self.year_from is not None or self.year_to is not None
        return bool(self.wanted or self.unwanted or years or self.numbers or self.any_of)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of fact about ``items`` (ids, most likely one).

    ``relation`` is one of the graph's names, or what was asked for where the graph has nothing of the kind.
    """

    kind: QuestionKind
    items: tuple[str, ...]
    relation: str | None = None
    entity: str | None = None
    """Asked whether the items are linked to it (*is Tom Hanks in it?*)."""


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a message is heard against.

    ``shown`` are the items recommended in each turn so far (ids; the latest turn last, in the order they were named),
    ``named`` the items named by anybody, the latest last, ``constraints`` those in force.
    """

    shown: tuple[tuple[str, ...], ...] = ()
    named: tuple[str, ...] = ()
    constraints: Constraints = Constraints()
    previous: Message | None = None
    """The seeker's message before this one."""
    asked: Message | None = None
    """The recommender's last message before this one, where known: what is answered."""
    mentioned: tuple[str, ...] = ()
    """Everything that the seeker named in this dialogue (ids of any kind), the latest last."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message, understood.

    ``message`` has the linked mentions, references (*the second one*, *the 1997 one*) resolved to opinions or
    questions below. ``opinions`` maps entity ids (items, people, genres) to what is said of them now; *undone* ids
    take back what was said before (*no, I meant the other Titanic*). ``constraints`` are those in force **after** this
    message (earlier ones included, unless it lets them go).
    """

    message: Message
    opinions: Mapping[str, frozenset[Opinion]] = field(default_factory=dict)
    rejected: tuple[str, ...] = ()
    """Items turned down for now (*not that one*, *something else*): not offered again in this dialogue."""
    undone: tuple[str, ...] = ()
    constraints: Constraints = Constraints()
    question: Question | None = None
    extreme: tuple[str, bool] | None = None
    """A number whose least (True) or most is asked for now: *the cheapest one*."""
    wants_more: bool = True
    """Whether a recommendation fits: False for thanks, goodbyes and pure questions of fact."""

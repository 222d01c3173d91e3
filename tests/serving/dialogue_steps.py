"""The vocabulary of scripted dialogues: what people say and press, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ccrs.core.hearing import Opinion

Category = Literal[
    "refine", "negation", "several", "letting-go", "seen", "rejection", "like", "fact", "correction", "reference",
    "courtesy", "unknown", "impossible", "later", "card",
]  # fmt: skip
"""What a script is mostly about."""
_STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, config=_STRICT)
class Expect:
    """What must come of a step. Checks of items need ``some_items: true``, so that an empty answer cannot pass."""

    items_all_linked: tuple[str, ...] = ()
    """Each offered item has a fact that leads to every one of these entities."""
    items_any_linked: tuple[str, ...] = ()
    """Each offered item has a fact that leads to at least one of these entities."""
    items_none_linked: tuple[str, ...] = ()
    """No offered item has a fact that leads to one of these entities."""
    items_year_from: int | str | None = None
    """No offered item is older; a year, or a placeholder that gives one."""
    items_year_to: int | str | None = None
    """No offered item is newer; a year, or a placeholder that gives one."""
    items_exclude: tuple[str, ...] = ()
    """None of these items is offered in this step."""
    items_exclude_all_shown_before: bool = False
    """No item is offered that was offered earlier in this dialogue."""
    never_again: tuple[str, ...] = ()
    """None of these items is offered in this or any later step of the script, later dialogues included."""
    some_items: bool | None = None
    """At least one item is offered (true), or none (false)."""
    reply_any: tuple[str, ...] = ()
    """The reply holds at least one of these as whole words, whatever the case and accents."""
    reply_all: tuple[str, ...] = ()
    """The reply holds all of these."""
    reply_none: tuple[str, ...] = ()
    """The reply holds none of these."""
    opinions: Mapping[str, frozenset[Opinion]] = field(default_factory=dict)
    """Stored after the step, among others: entity to opinions."""
    not_opinions: Mapping[str, frozenset[Opinion]] = field(default_factory=dict)
    """None of these is stored after the step."""

    def __post_init__(self) -> None:
        checks = [name for name in _names(Expect) if name.startswith("items_") and getattr(self, name)]
        if checks and self.some_items is not True:
            raise ValueError(f"{checks[0]} would pass without any item. Add some_items: true")


@dataclass(frozen=True, config=_STRICT)
class Filters:
    """Hard constraints given through the API, by names as in ``Expect``; years are inclusive."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None


@dataclass(frozen=True, config=_STRICT)
class Feedback:
    """A button pressed on the card of ``item``, or its undoing."""

    item: str
    opinion: Opinion
    undo: bool = False


@dataclass(frozen=True, config=_STRICT)
class Step:
    """One message or one button. ``name`` lets later steps speak of the items offered here."""

    say: str | None = None
    filters: Filters | None = None
    feedback: Feedback | None = None
    name: str | None = None
    expect: Expect | None = None

    def __post_init__(self) -> None:
        if (self.say is None) == (self.feedback is None):
            raise ValueError("A step has either say or feedback. Give it one of them")
        if self.name is not None and (self.name == "shown" or not self.name.isidentifier()):
            raise ValueError(f"name is {self.name!r}. Use one word other than shown")
        if self.expect == Expect():
            raise ValueError("Nothing is expected. Add a check or leave expect out")
        expected = {name for name in _names(Expect) if getattr(self.expect, name, None)}
        if self.feedback is not None and (
            self.filters or self.name or expected - {"opinions", "not_opinions"}
        ):
            raise ValueError(
                "A button has no reply. Expect opinions or not_opinions only, without filters and name"
            )


@dataclass(frozen=True, config=_STRICT)
class Script:
    """What one person says in one or more dialogues (``sessions``); ``tests`` says in a line what is tested."""

    id: str
    category: Category
    tests: str
    sessions: tuple[tuple[Step, ...], ...]


def _names(class_: type) -> tuple[str, ...]:
    """The fields of a dataclass."""
    return tuple(one.name for one in fields(class_))

"""What goes into a turn of a conversation and what comes out, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ccrs.core.dialogue import Message
from ccrs.core.graph import Entity
from ccrs.core.hearing import Constraints, Heard, Opinion, SoFar
from ccrs.data.unknown_wishes import PRICES
from ccrs.inference.recommend import Recommendation
from ccrs.inference.user_state import UserState
from ccrs.meta.reply_adaptation import Inner
from ccrs.models.decoding import DecodingConfig


@dataclass(frozen=True)
class Exchange:
    """An earlier turn of the dialogue under way: what was heard, what was said to it, the items shown (ids)."""

    heard: Heard
    spoken: tuple[Message, ...]
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """What is known of who talks.

    ``opinions`` maps entity ids to what he has said of them, in this dialogue or before. ``state`` and ``inner`` are
    the recommender's and the responder's adaptation to his earlier dialogues; None: a stranger.
    """

    opinions: Mapping[str, frozenset[Opinion]] = field(default_factory=dict)
    state: UserState | None = None
    inner: Inner | None = None


@dataclass(frozen=True)
class TurnInput:
    """What a person says, and all that the answer depends on.

    ``liked`` are items liked on a card since the last words; ``filters`` hold for this turn alone and are not
    remembered; ``unavailable`` items (ids) are not offered (None: those that the run's cards call so). Up to
    ``num_items`` items are shown. ``decoding`` None is the run's own.
    """

    text: str
    before: tuple[Exchange, ...] = ()
    person: Person = field(default_factory=Person)
    liked: tuple[str, ...] = ()
    filters: Constraints = field(default_factory=Constraints)
    unavailable: frozenset[str] | None = None
    num_items: int = 4
    seed: int = 0
    decoding: DecodingConfig | None = None

    @property
    def so_far(self) -> SoFar:
        """What the words are heard against."""
        last = self.before[-1].heard if self.before else None
        named: dict[str, None] = {}
        for exchange in self.before:
            for message in (exchange.heard.message, *exchange.spoken):
                for mention in message.mentions:
                    if mention.marked:
                        named.pop(mention.entity, None)
                        named[mention.entity] = None
        return SoFar(
            shown=tuple(exchange.shown for exchange in self.before),
            named=tuple(named),
            constraints=Constraints() if last is None else last.constraints,
            previous=None if last is None else last.message,
            asked=self._asked,
            mentioned=tuple(m.entity for exchange in self.before for m in exchange.heard.message.mentions),
        )

    @property
    def _asked(self) -> Message | None:
        """What was said to the last words: the message that names items, else the last one."""
        spoken = self.before[-1].spoken if self.before else ()
        naming = [message for message in spoken if any(mention.marked for mention in message.mentions)]
        return (*spoken, *naming)[-1] if spoken else None


@dataclass(frozen=True)
class Stated:
    """A fact that a reply states: always one of the graph."""

    film: str
    relation: str
    value: str


@dataclass(frozen=True)
class UnknownFilm:
    """A film that the catalogue does not have, and titles that look like it."""

    name: str
    suggestions: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is said about it."""
        if self.name == PRICES:
            return "I do not know any prices."
        said = f"I do not know “{self.name}”."
        return f"{said} Did you mean {listed(self.suggestions, 'or')}?" if self.suggestions else said


@dataclass(frozen=True)
class Answer:
    """What is said, and why.

    ``items`` are those the reply names, ``shown`` these and the next best. ``slotted`` is the reply with its slots,
    ``styles`` μ^m, ``terms`` what each term of the choice added, ``attempt`` as in ``Written``. ``exchange`` is what
    the next turn needs to know of this one. Without a model call (nothing was said) there is no ``recommendation``.
    """

    text: str
    exchange: Exchange | None = None
    slotted: str = ""
    items: tuple[Entity, ...] = ()
    shown: tuple[Entity, ...] = ()
    styles: tuple[float, ...] | None = None
    recommendation: Recommendation | None = None
    terms: Mapping[str, float] = field(default_factory=dict)
    statements: tuple[Stated, ...] = ()
    unknown: tuple[UnknownFilm, ...] = ()
    remarks: tuple[str, ...] = ()
    attempt: int = 0
    num_context_tokens: int = 0
    num_reply_tokens: int = 0
    complete: bool = True
    """False where the reply was cut at the most tokens it may have."""


def listed(names: tuple[str, ...], joint: str = "and") -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return f" {joint} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

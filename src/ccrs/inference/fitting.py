"""What is said where the written reply does not fit what was heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ccrs.core.dialogue import Message
from ccrs.core.graph import Catalogue
from ccrs.core.hearing import Constraints, Heard
from ccrs.data.acts import reply_act, seeker_act
from ccrs.data.filling import Filled
from ccrs.inference.answers import TurnInput, listed
from ccrs.inference.recommend import Recommendation
from ccrs.inference.wishes import Wishes
from ccrs.inference.writing import Written

FAREWELL = "You are welcome. Enjoy it!"


@dataclass(frozen=True)
class Said:
    """A turn as it was heard: what came in, the messages so far, the constraints in force."""

    given: TurnInput
    heard: Heard
    messages: tuple[Message, ...]
    in_force: Constraints

    @property
    def only_greets(self) -> bool:
        """Whether the person has said nothing but hello."""
        asks = self.heard.constraints or self.heard.extreme or self.heard.message.mentions
        return not asks and all(seeker_act(m.text) == "greet" for m in self.messages if m.speaker == "seeker")

    @property
    def recommends(self) -> bool:
        """Whether cards fit: something was said to go by, and more is wanted."""
        return self.heard.wants_more and not self.only_greets

    @property
    def asks(self) -> bool:
        """Whether the last words ask for something."""
        return seeker_act(self.heard.message.text) in ("question", "wish")

    @property
    def must_offer(self) -> bool:
        """Whether the words ask for an item so plainly that a reply without one would not hear them."""
        return self.heard.wants_more and (
            self.heard.constraints != self.given.so_far.constraints
            or bool(self.heard.rejected)
            or self.heard.extreme is not None
            or bool(self.given.filters)
            or any("seen" in said for said in self.heard.opinions.values())
        )


class Fitting:
    """Looks whether a reply fits; ``plural`` is what items are called (*films*)."""

    def __init__(self, catalogue: Catalogue, wishes: Wishes, plural: str) -> None:
        self.catalogue, self.wishes, self.plural = catalogue, wishes, plural

    def fitting(self, said: Said, written: Written, explained: Recommendation, *, answered: bool) -> Written:
        """The reply, or what is said in its place; ``answered``: a question of fact was answered already."""
        if not said.heard.wants_more:
            return self._without_offer(written, answered=answered)
        if not explained.items:
            return plain(self._nothing_fits(said), written.styles)
        if said.only_greets:
            hello = "" if len(said.messages) > 1 else "Hi! "
            asking = plain(f"{hello}What kind of {self.plural} do you like?", written.styles)
            return written if _greets_or_asks(written) else asking
        if written.filled.items or ("?" in written.slotted and not said.must_offer):
            return written
        item = self.catalogue.index[explained.items[0].id]
        named = any(m.marked for message in said.messages for m in message.mentions)
        offer = self._offer(item, explained.items[0].reasons, written.styles, named=named)
        # A reply that neither offers nor asks leads nowhere: the offer goes behind it, where it was not asked for.
        return offer if said.must_offer or said.asks else _followed(written, offer)

    def _without_offer(self, written: Written, *, answered: bool) -> Written:
        """Nothing more than the answer to a question; else a farewell."""
        if answered:
            return plain("", written.styles)
        closes = not written.filled.items and reply_act(written.slotted) == "close"
        return written if closes else plain(FAREWELL, written.styles)

    def _offer(
        self, item: int, reasons: Sequence[str], styles: tuple[float, ...] | None, *, named: bool
    ) -> Written:
        """A recommendation in plain words; ``named``: items were named that it may share facts with."""
        slotted = "How about [item]?"
        title = self.catalogue.entities[item].title
        told = listed(tuple(reasons[:2]))
        because = f" It shares {told} with what you named." if named else f" It fits: {told}."
        because = because if reasons else ""
        return Written(Filled(f"How about {title}?{because}", slotted, (item,), ()), slotted, (), styles, -1)

    def _nothing_fits(self, said: Said) -> str:
        """That no item is left, and what rules them out."""
        told = self.wishes.told(said.in_force)
        if not told:
            return f"I have no more {self.plural} to offer."
        return f"I know no {self.plural} that fit all of this: {'; '.join(told)}. Shall we let something go?"


def plain(text: str, styles: tuple[float, ...] | None) -> Written:
    """A reply of fixed words."""
    return Written(Filled(text, text, (), ()), text, (), styles, -1)


def _followed(first: Written, second: Written) -> Written:
    """One reply and then another, which names the films."""
    text = f"{first.filled.text.rstrip()} {second.filled.text}".strip()
    words = f"{first.filled.words.rstrip()} {second.filled.words}".strip()
    filled = Filled(text, words, second.filled.items, first.filled.statements)
    return replace(first, filled=filled, slotted=f"{first.slotted} {second.slotted}".strip())


def _greets_or_asks(written: Written) -> bool:
    """Whether it only does that: an item named to somebody who has said nothing yet is a guess."""
    asks = "?" in written.slotted or reply_act(written.slotted) in ("greet", "ask")
    return asks and not written.filled.items

"""One person's conversation, held in memory: for demonstrations, evaluation and the notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.hearing import Opinion
from ccrs.inference.answers import Answer, Exchange, Person, TurnInput
from ccrs.inference.interactions import merged_opinions, support_dialogue
from ccrs.inference.talk import YOU, Talker

NUM_SUPPORT = 20
"""The latest earlier dialogues are adapted to."""


class Conversation:
    """What one person says in turn, adapted to his ``earlier`` dialogues; the same for the same seed and words."""

    def __init__(
        self, talker: Talker, earlier: Sequence[Dialogue] = (), *, user: str = YOU, seed: int = 0
    ) -> None:
        self.talker, self.user, self.seed = talker, user, seed
        self.earlier = tuple(earlier)
        self.exchanges: tuple[Exchange, ...] = ()
        self.opinions: dict[str, frozenset[Opinion]] = {}
        self.last: Answer | None = None
        self._person: Person | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """The dialogue under way."""
        return tuple(m for e in self.exchanges for m in (e.heard.message, *e.spoken))

    def say(self, text: str) -> Answer:
        """The reply to ``text``, which may be anything."""
        person = replace(self.person(), opinions=dict(self.opinions))
        self.last = self.talker.answer([TurnInput(text, self.exchanges, person, seed=self.seed)])[0]
        if self.last.exchange is not None:
            heard = self.last.exchange.heard
            self.exchanges = (*self.exchanges, self.last.exchange)
            self.opinions = merged_opinions(self.opinions, heard.opinions, heard.undone)
        return self.last

    def reset(self) -> None:
        """End the dialogue: from now on it is an earlier one."""
        if self.exchanges:
            self.earlier = (*self.earlier, self.dialogue())
        self.exchanges, self.last, self._person = (), None, None

    def person(self) -> Person:
        """The adaptation to the earlier dialogues, computed once."""
        if self._person is None:
            self._person = self.talker.person(self.earlier[-NUM_SUPPORT:])
        return self._person

    def dialogue(self) -> Dialogue:
        """The dialogue under way, later than all others and with an id of its own."""
        time = max((dialogue.time for dialogue in self.earlier), default=-1) + 1
        taken = {dialogue.id for dialogue in self.earlier}
        number = next(n for n in range(time, time + len(taken) + 1) if f"{self.user}-{n}" not in taken)
        catalogue = self.talker.run.catalogue
        return support_dialogue(
            f"{self.user}-{number}", self.user, self.exchanges, self.opinions, catalogue, time=time
        )

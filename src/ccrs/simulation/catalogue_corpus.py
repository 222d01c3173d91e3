"""Dialogues over anybody's catalogue: simulated people with known preferences talk to a shop, by rule from one seed.

For a shop that has a table of its items and no dialogues. What is said is true of the catalogue: who asks for a value
is offered an item that has it, and what is stated of an item stands in the graph.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ccrs.core.dialogue import Dialogue, Feedback, Message
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Triple
from ccrs.simulation import catalogue_templates as say
from ccrs.simulation.catalogue_choice import CatalogueChooser, Memory, popularity_of
from ccrs.simulation.catalogue_config import CatalogueSimulationConfig
from ccrs.simulation.catalogue_facts import CatalogueFacts, Wish
from ccrs.simulation.catalogue_talk import CatalogueSpeaker, Offer, Opinion
from ccrs.simulation.users import SimulatedUser, draw_users

__all__ = ["CatalogueSimulationConfig", "simulate_catalogue"]

_WISH_TOLD, _SAME_REASON = 0.8, 0.6  # what was wished for is told; what led to the item is told first
_HELLO, _ASKS_BY, _GOODBYE = 0.5, 0.5, 0.5  # shares of ways to begin and to end


def simulate_catalogue(
    catalogue: Catalogue,
    triples: Sequence[Triple],
    config: CatalogueSimulationConfig,
    *,
    popularity: Mapping[str, float] | None = None,
) -> tuple[Dialogue, ...]:
    """Dialogues over a catalogue, user by user, oldest first: the same for the same seed.

    ``popularity`` gives how often each item (id) is bought or rated, as far as it is known; without it, a few items
    chosen by the seed are better known than the others. Raises ``DataError`` when there are fewer than two items, or
    a popularity is no finite number of 0 or more.
    """
    if catalogue.num_items < 2:
        raise DataError(
            f"The catalogue has {catalogue.num_items} item(s), and dialogues need at least 2: one to like and one to "
            "recommend. Add items."
        )
    rng = np.random.default_rng(config.seed)
    facts = CatalogueFacts.of(catalogue, triples, popularity_of(catalogue, popularity, rng))
    chooser = CatalogueChooser(facts, config, rng)
    simulator = _Simulator(config, chooser, CatalogueSpeaker(facts, rng, config.style_noise), rng)
    people = _people(config, chooser, rng)
    return tuple(dialogue for user in people for dialogue in simulator.dialogues(user))


def _people(
    config: CatalogueSimulationConfig, chooser: CatalogueChooser, rng: np.random.Generator
) -> tuple[SimulatedUser, ...]:
    """The people; without tastes where there is nothing to follow."""
    called, num_users = "person", config.users_for(chooser.num_items)
    if not chooser.favourites:
        names = (f"{called}-{number + 1:04d}" for number in range(num_users))
        return tuple(SimulatedUser(name, "train", {}, "", ()) for name in names)
    return draw_users(
        rng,
        num_users=num_users,
        test_share=0.0,
        values=chooser.favourites,
        concentration=config.concentration,
        num_favourites=chooser.num_favourites,
        called=called,
    )


@dataclass
class _Talk:
    """A dialogue under way."""

    spoken: bool  # the preferred relation is said
    memory: Memory
    messages: list[Message] = field(default_factory=list)
    named: list[list[int]] = field(default_factory=list)  # items that the seeker named, by message
    wish: Wish = ()
    feedback: dict[str, Feedback] = field(default_factory=dict)


@dataclass(frozen=True)
class _Simulator:
    """Writes the dialogues of a user."""

    config: CatalogueSimulationConfig
    chooser: CatalogueChooser
    speaker: CatalogueSpeaker
    rng: np.random.Generator

    def dialogues(self, user: SimulatedUser) -> list[Dialogue]:
        """All dialogues of a user, oldest first."""
        number = self.config.dialogues_per_user
        silent = set(self.rng.permutation(number)[: math.ceil(number * self.config.silent_share)].tolist())
        memory = Memory()
        return [self._dialogue(user, time, memory, spoken=time not in silent) for time in range(number)]

    def _dialogue(self, user: SimulatedUser, time: int, memory: Memory, *, spoken: bool) -> Dialogue:
        """One dialogue; ``memory`` is brought up to date."""
        memory.here = set()
        talk = _Talk(spoken and bool(user.preferred), memory)
        self._small_talk(talk)
        self._open(user, talk)
        turns = int(self.rng.integers(self.config.min_turns, self.config.max_turns + 1))
        for turn in range(turns):
            offer = self.chooser.offer(user, talk.named, talk.wish, memory)
            if offer is None:
                break
            talk.messages.append(self._suggest(talk, offer))
            self._ask(talk, offer.item)
            if not self._react(user, talk, offer, last=turn + 1 == turns):
                break
        if self.rng.random() < _GOODBYE:
            talk.messages.append(Message("recommender", self.speaker.plain(say.BYE)))
        name = f"{user.id}-{time + 1:02d}"
        return Dialogue(name, user.id, tuple(talk.messages), time, None, talk.feedback)

    def _small_talk(self, talk: _Talk) -> None:
        """Hello, or a request that leaves open what is wanted, and the recommender's question."""
        if self.rng.random() >= self.config.greeting_share:
            return
        relations = sorted(self.chooser.favourites)
        if self.rng.random() < _HELLO:
            opening, answer = say.SEEKER_HELLO, self.speaker.plain(say.HELLO)
        elif relations and self.rng.random() < _ASKS_BY:
            relation = relations[int(self.rng.integers(len(relations)))]
            opening, answer = say.SEEKER_LOOKS, self.speaker.plain(say.ASKS_TASTE_BY, relation)
        else:
            opening, answer = say.SEEKER_LOOKS, self.speaker.plain(say.ASKS_TASTE)
        talk.messages += [Message("seeker", self.speaker.plain(opening)), Message("recommender", answer)]

    def _open(self, user: SimulatedUser, talk: _Talk) -> None:
        """The seeker's first words that say what he wants: a wish, items he likes, both, or nothing."""
        config, way = self.config, self.rng.random()
        wishes = config.wish_share + config.both_share
        meets = None
        if way < wishes:
            talk.wish, meets = self.chooser.wish(user, talk.memory)
        if talk.wish:
            number = int(way >= config.wish_share)
            talk.wish = talk.wish[:1] if number else talk.wish
        elif wishes <= way < wishes + config.nothing_share:
            number = 0
        else:
            number = 1 if self.rng.random() < config.single_share else 2
        number = min(number, self.chooser.num_items - 1)  # one is left to be offered
        items = [self._name(talk, barred=meets) for _ in range(number)]
        talk.named.append(items)
        preference = user.preferred if talk.spoken and items and not talk.wish else None
        hello = not talk.messages
        talk.messages.append(self.speaker.names(items, talk.wish, hello=hello, preference=preference))

    def _name(self, talk: _Talk, barred: int | None = None) -> int:
        """An item that the seeker likes."""
        item = self.chooser.name(talk.memory, barred)
        talk.feedback[self._id(item)] = Feedback(suggested=False, seen=True, liked=True)
        return item

    def _suggest(self, talk: _Talk, offer: Offer) -> Message:
        """The recommender's message; what led to the item is the likeliest fact to be told."""
        talk.memory.add(offer.item)
        fact = None
        if self.rng.random() < (_WISH_TOLD if talk.wish else self.config.fact_share):
            led = [fact for fact in offer.facts if talk.wish or self.rng.random() < _SAME_REASON]
            fact = led[int(self.rng.integers(len(led)))] if led else self.chooser.some_fact(offer.item)
        return self.speaker.suggests(offer.item, fact)

    def _ask(self, talk: _Talk, item: int) -> None:
        """Perhaps a question about the suggested item, and its answer."""
        if self.rng.random() >= self.config.question_share:
            return
        fact = self.chooser.some_fact(item)
        if fact is None:
            return
        facts = [other for other in self.chooser.facts.values[item] if other[0] == fact[0]]
        talk.messages += [self.speaker.asks(item, fact[0]), self.speaker.answers(facts[:2])]

    def _react(self, user: SimulatedUser, talk: _Talk, offer: Offer, *, last: bool) -> bool:
        """The seeker's answer to a suggestion; whether he wants another one."""
        config, rng = self.config, self.rng
        matched = bool(talk.wish) or (bool(user.preferred) and offer.relation == user.preferred)
        liked = bool(rng.random() < (config.liked_preferred if matched else config.liked_other))
        owned = liked and bool(rng.random() < config.owned_share)
        talk.feedback[self._id(offer.item)] = Feedback(suggested=True, seen=owned, liked=liked)
        another: int | None = None
        wish: Wish = ()
        if not last and rng.random() < config.change_share:
            wish, _ = self.chooser.wish(user, talk.memory)
            talk.wish = wish or talk.wish
        elif not last and not talk.wish and rng.random() < config.another_share and self._may_name(talk):
            another = self._name(talk)
            talk.named.append([another])
        last = last or not self.chooser.is_left(talk.wish, talk.memory)
        opinion: Opinion = "owns" if owned else "likes" if liked else "dislikes"
        talk.messages.append(self.speaker.reacts(opinion, another=another, wish=wish, last=last))
        return not last

    def _may_name(self, talk: _Talk) -> bool:
        """Whether an item is left to be offered when the seeker names one more."""
        return len(talk.memory.here) + 1 < self.chooser.num_items

    def _id(self, item: int) -> str:
        return self.chooser.facts.catalogue.entities[item].id

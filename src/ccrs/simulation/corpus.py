"""The embedded corpus: dialogues of users with known preferences, written by rule from one seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field, model_validator

from ccrs.core.config import StrictConfig
from ccrs.core.dialogue import Dialogue, Feedback, Message, Part
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.simulation.choice import Choice, ChoiceConfig, ChoiceModel
from ccrs.simulation.facts import FactTeller, SpokenFact
from ccrs.simulation.films import RELATIONS, Film, film_catalogue, load_films, slug
from ccrs.simulation.phrases import MessageWriter, pick, relation_word, style_of
from ccrs.simulation.pivots import Pivot, find_pivots, hold_out, value_groups
from ccrs.simulation.templates import REASON, SEEKER, SUGGEST, Style
from ccrs.simulation.truth import SampleTruth, Truth
from ccrs.simulation.users import SimulatedUser, draw_users

_POPULARITY_OFFSET = 10  # Zipf-Mandelbrot: flattens the head, so that no film is known to everyone
_FACT_STREAM = 1  # facts are drawn apart: nothing else depends on whether they are stated


class SimulationConfig(StrictConfig):
    """The size and the design of the corpus."""

    seed: int = 0
    num_users: int = Field(800, ge=2)
    test_share: float = Field(0.2, gt=0, lt=1)  # of users, and of the films that seekers name
    dialogues_per_user: int = Field(12, ge=1)
    min_turns: int = Field(2, ge=1)  # recommender turns of a dialogue
    max_turns: int = Field(3, ge=1)
    relations: tuple[str, ...] = ("director", "actor", "composer", "theme")
    concentration: float = Field(0.1, gt=0)  # of the Dirichlet distribution of preferences
    num_favourites: int = Field(3, ge=1)  # favourite entities of a user
    num_values: int = Field(16, ge=1)  # values (persons, themes) of each relation that people follow
    max_films: int = Field(60, ge=2)  # films of one value, at most
    group_size: int = Field(5, ge=2)  # films of one value that are recommended
    fan_size: int = Field(4, ge=1)  # of them, for a named film, those that share nothing else with it
    min_relations: int = Field(2, ge=1)  # relations with a fan that a film needs to be named
    single_share: float = Field(0.2, ge=0, le=1)  # of dialogues that open with one film, not two
    another_share: float = Field(0.5, ge=0, le=1)  # of reactions that name one more film
    silent_share: float = Field(0.5, ge=0, le=1)  # of a user's dialogues in which no relation is said
    style_noise: float = Field(0.15, ge=0, le=1)
    fact_share: float = Field(
        0.5, ge=0, le=1
    )  # of the last suggestions of dialogues that state a fact by name
    liked_preferred: float = Field(0.9, ge=0, le=1)  # chance to like a film chosen by the preferred relation
    liked_other: float = Field(0.6, ge=0, le=1)
    choice: ChoiceConfig = ChoiceConfig()

    @model_validator(mode="after")
    def _fits(self) -> SimulationConfig:
        if self.max_turns < self.min_turns:
            raise ValueError("max_turns is below min_turns; raise it")
        unknown = [name for name in self.relations if name not in RELATIONS]
        if unknown or not self.relations or len(set(self.relations)) < len(self.relations):
            problem = f"there is no relation {unknown[0]!r}" if unknown else "relations are empty or doubled"
            raise ValueError(f"{problem}; take some of {', '.join(RELATIONS)}, each once")
        return self


@dataclass(frozen=True)
class SimulatedCorpus:
    """Catalogue, facts, dialogues (``part`` tells training from test) and the truth about them.

    ``model`` is how films were chosen; the oracles need it.
    """

    catalogue: Catalogue
    triples: tuple[Triple, ...]
    dialogues: tuple[Dialogue, ...]
    truth: Truth
    model: ChoiceModel


def simulate(config: SimulationConfig, films: Sequence[Film] | None = None) -> SimulatedCorpus:
    """The corpus of a configuration: the same bytes for the same seed.

    The test part has users and phrasings of its own, and about a fifth of the films its people name are never named
    in training. ``films`` default to the table of
    the package. Raises ``DataError`` when the films do not carry the design.
    """
    films = load_films() if films is None else films
    rng = np.random.default_rng(config.seed)
    catalogue, triples = film_catalogue(films)
    model, pivots, values = _choice_model(config, catalogue, triples, rng)
    users = draw_users(
        rng,
        num_users=config.num_users,
        test_share=config.test_share,
        values=values,
        concentration=config.concentration,
        num_favourites=config.num_favourites,
    )
    names = Counter(slug(entity.name) for entity in catalogue.entities)
    namesakes = frozenset(entity.id for entity in catalogue.items if names[slug(entity.name)] > 1)
    fact_rng = np.random.default_rng([config.seed, _FACT_STREAM])
    facts = FactTeller(catalogue, triples, model, share=config.fact_share, rng=fact_rng)
    simulator = _Simulator(config, films, catalogue, model, pivots, rng, namesakes, facts)
    held = [simulator.user_dialogues(user) for user in users]
    dialogues = tuple(dialogue for of_user, _ in held for dialogue in of_user)
    samples = tuple(sample for _, of_user in held for sample in of_user)
    return SimulatedCorpus(catalogue, triples, dialogues, Truth(users, samples), model)


def _choice_model(
    config: SimulationConfig, catalogue: Catalogue, triples: Sequence[Triple], rng: np.random.Generator
) -> tuple[ChoiceModel, dict[Part, tuple[Pivot, ...]], dict[str, list[str]]]:
    """How films are chosen, the pivots of each part, and the possible favourites of each relation."""
    popularity = 1 / (_POPULARITY_OFFSET + rng.permutation(catalogue.num_items).astype(np.float64))
    groups = value_groups(
        catalogue,
        triples,
        config.relations,
        popularity,
        group_size=config.group_size,
        num_values=config.num_values,
        max_films=config.max_films,
    )
    pivots = find_pivots(
        groups,
        config.relations,
        catalogue.num_items,
        fan_size=config.fan_size,
        min_relations=min(config.min_relations, len(config.relations)),
    )
    train, test = hold_out(pivots, config.test_share, rng)
    for part, found in (("training", train), ("test", test)):
        missing = set(config.relations) - {relation for pivot in found for relation in pivot.fans}
        if missing:
            raise DataError(
                f"No film for the {part} part shares {', '.join(sorted(missing))} with {config.fan_size} others. "
                "Leave these relations out, lower fan_size, or add films."
            )
    values = {
        relation: sorted({pivot.fans[relation].value for pivot in train if relation in pivot.fans})
        for relation in config.relations
    }
    favourites = {(name, value): groups.films[name, value] for name in values for value in values[name]}
    pool = {film for group in favourites.values() for film in group} | {pivot.film for pivot in pivots}
    popularity[[film for film in range(len(popularity)) if film not in pool]] = 0
    by_film = {pivot.film: pivot for pivot in pivots}
    model = ChoiceModel(config.choice, popularity / popularity.sum(), by_film, favourites)
    return model, {"train": train, "test": (*train, *test)}, values


@dataclass
class _Memory:
    """Films (item indices) that one user has named, and all films that he knows."""

    named: set[int] = field(default_factory=set)
    known: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class _Simulator:
    """Writes the dialogues of a user."""

    config: SimulationConfig
    films: Sequence[Film]
    catalogue: Catalogue
    model: ChoiceModel
    pivots: dict[Part, tuple[Pivot, ...]]
    rng: np.random.Generator
    namesakes: frozenset[str]  # items whose name another entity has as well
    facts: FactTeller

    def user_dialogues(self, user: SimulatedUser) -> tuple[list[Dialogue], list[SampleTruth]]:
        """All dialogues of a user, oldest first, with the truth about their samples."""
        number = self.config.dialogues_per_user
        silent = set(self.rng.permutation(number)[: -int(-number * self.config.silent_share // 1)].tolist())
        memory = _Memory()
        dialogues: list[Dialogue] = []
        samples: list[SampleTruth] = []
        for time in range(number):
            dialogue, truths = self._dialogue(user, time, time not in silent, memory)
            dialogues.append(dialogue)
            samples += truths
        return dialogues, samples

    def _dialogue(
        self, user: SimulatedUser, time: int, spoken: bool, memory: _Memory
    ) -> tuple[Dialogue, list[SampleTruth]]:
        """One dialogue; ``memory`` is brought up to date."""
        dialogue = f"{user.id}-{time + 1:02d}"
        favourites = [(user.preferred, value) for value in user.favourites]
        turns = int(self.rng.integers(self.config.min_turns, self.config.max_turns + 1))
        named = [self._opening(user.part, memory)]
        messages = [self._open(user, named[0], spoken)]
        feedback = {self._id(film): Feedback(suggested=False, seen=True, liked=True) for film in named[0]}
        samples: list[SampleTruth] = []
        for turn in range(turns):
            choice = self.model.choose(self.rng, user.preferences, favourites, named, memory.known)
            memory.known.add(choice.film)
            style = style_of(self.films[choice.film].genres, self.rng, self.config.style_noise)
            samples.append(self._truth(dialogue, len(messages), choice, style, spoken))
            last = turn + 1 == turns  # nothing is recommended after it: a fact said here is in no context
            fact = self.facts.draw(choice, user.favourites, style, user.part) if last else None
            messages.append(self._suggest(user.part, choice, style, fact, spoken=spoken))
            matched = choice.relation == user.preferred
            chance = self.config.liked_preferred if matched else self.config.liked_other
            liked = bool(self.rng.random() < chance)
            feedback[self._id(choice.film)] = Feedback(suggested=True, seen=False, liked=liked)
            here = [film for group in named for film in group]
            another = None
            if not last and self.rng.random() < self.config.another_share:
                another = self._name_film(user.part, memory, here)
                named.append([another])
                feedback[self._id(another)] = Feedback(suggested=False, seen=True, liked=True)
            messages.append(self._react(user.part, liked, another, last=last))
        return Dialogue(dialogue, user.id, tuple(messages), time, user.part, feedback), samples

    def _opening(self, part: Part, memory: _Memory) -> list[int]:
        """Films to name first: one or two."""
        number = 1 if self.rng.random() < self.config.single_share else 2
        chosen: list[int] = []
        for _ in range(number):
            chosen.append(self._name_film(part, memory, chosen))
        return chosen

    def _name_film(self, part: Part, memory: _Memory, here: Sequence[int]) -> int:
        """A film to name, new to the user if there is such, else one that he named in earlier dialogues."""
        pivots = self.pivots[part]
        for _ in range(len(pivots)):
            film = pivots[int(self.rng.integers(len(pivots)))].film
            if film not in memory.known:
                break
        else:
            again = [p.film for p in pivots if p.film in memory.named and p.film not in here]
            if not again:
                raise DataError(
                    "A simulated user has no film left to name. Use fewer dialogues, or more films."
                )
            film = again[int(self.rng.integers(len(again)))]
        memory.named.add(film)
        memory.known.add(film)
        return film

    def _open(self, user: SimulatedUser, named: Sequence[int], spoken: bool) -> Message:
        """The seeker's first message."""
        writer = MessageWriter()
        writer.say(
            pick(SEEKER[f"open_{len(named)}"], user.part, self.rng), [self._name(film) for film in named]
        )
        if spoken:
            writer.say(pick(SEEKER["preference"], user.part, self.rng), words=relation_word(user.preferred))
        return writer.message("seeker")

    def _suggest(
        self, part: Part, choice: Choice, style: Style, fact: SpokenFact | None, *, spoken: bool
    ) -> Message:
        """The recommender's message."""
        writer = MessageWriter()
        entity = self.catalogue.entities[choice.film]
        writer.say(pick(SUGGEST[style], part, self.rng), [(entity, entity.title)])
        if spoken:
            writer.say(pick(REASON[choice.kind][style], part, self.rng), words=relation_word(choice.relation))
        if fact is not None:
            writer.say(fact.template, [(fact.value, fact.value.name)])
        return writer.message("recommender")

    def _react(self, part: Part, liked: bool, another: int | None, *, last: bool) -> Message:
        """The seeker's answer to a suggestion."""
        writer = MessageWriter()
        writer.say(pick(SEEKER["like" if liked else "dislike"], part, self.rng))
        if another is not None:
            writer.say(pick(SEEKER["another"], part, self.rng), [self._name(another)])
        else:
            writer.say(pick(SEEKER["close" if last else "more"], part, self.rng))
        return writer.message("seeker")

    def _truth(self, dialogue: str, message: int, choice: Choice, style: Style, spoken: bool) -> SampleTruth:
        """The truth about one suggestion."""
        pivot = None if choice.pivot is None else self._id(choice.pivot)
        return SampleTruth(
            dialogue, message, self._id(choice.film), choice.kind, choice.relation, pivot, style, spoken
        )

    def _id(self, film: int) -> str:
        return self.catalogue.entities[film].id

    def _name(self, film: int) -> tuple[Entity, str]:
        """A film and how a seeker names it: half the time without its year, unless others have its name."""
        entity = self.catalogue.entities[film]
        short = self.rng.random() < 0.5 and entity.id not in self.namesakes
        return entity, entity.name if short else entity.title

"""How well one could recommend at best: knowing a user, and knowing only what users are like on average."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ccrs.core.dialogue import Dialogue, Part
from ccrs.core.errors import DataError
from ccrs.simulation.choice import ChoiceModel
from ccrs.simulation.corpus import SimulatedCorpus
from ccrs.simulation.users import SimulatedUser

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OracleRanks:
    """The rank (1 is best, ties count against) of each sample's target, in the order of the truth's samples.

    ``full`` knows the user's preferences and favourites, ``relation`` only his preferences,
    ``mean`` neither: for it everyone is the average of the training users. All three know how films
    are chosen and which films the dialogue has named so far. ``popularity`` knows only how often
    training dialogues recommend each film. All arrays have the shape (samples,).
    """

    full: IntArray
    relation: IntArray
    mean: IntArray
    popularity: IntArray

    def hit_rates(self, cutoff: int = 10) -> dict[str, float]:
        """HR@cutoff of each."""
        return {name: float((getattr(self, name) <= cutoff).mean()) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class _Sample:
    """One recommendation: what the seeker had named in each message, what stood before, the film."""

    named: tuple[tuple[int, ...], ...]
    before: frozenset[int]
    target: int


def rank_by_oracles(corpus: SimulatedCorpus, part: Part | None = "test") -> OracleRanks:
    """Rank all samples of a part (of all parts with ``None``) by the three oracles and by popularity.

    Raises ``DataError`` when the part has no sample.
    """
    model, truth = corpus.model, corpus.truth
    training = [user for user in truth.users if user.part == "train"]
    mean_preferences = {
        relation: float(np.mean([user.preferences[relation] for user in training]))
        for relation in truth.users[0].preferences
    }
    favourites = {user.id: _favourites(model, user) for user in truth.users}
    mean_favourites = np.mean([favourites[user.id] for user in training], axis=0)
    counts = _training_counts(corpus)
    ranks: list[tuple[int, ...]] = []
    for dialogue in corpus.dialogues:
        if part is not None and dialogue.part != part:
            continue
        user = truth.user_of[dialogue.user]
        for sample in _samples(dialogue, corpus.catalogue.index, model):
            scores = (
                model.probabilities(user.preferences, favourites[user.id], sample.named, sample.before),
                model.probabilities(user.preferences, mean_favourites, sample.named, sample.before),
                model.probabilities(mean_preferences, mean_favourites, sample.named, sample.before),
                counts,
            )
            ranks.append(tuple(rank_of(score, sample.target) for score in scores))
    if not ranks:
        raise DataError(f"The corpus has no sample in the part {part!r}. Simulate more users.")
    return OracleRanks(*np.array(ranks, dtype=np.int64).T)


def rank_of(scores: FloatArray, target: int) -> int:
    """The rank of ``target`` among ``scores``, from 1; films that score the same stand before it."""
    return int((scores >= scores[target]).sum())


def _favourites(model: ChoiceModel, user: SimulatedUser) -> FloatArray:
    """The probability of each film when the user's favourites are followed, (items,)."""
    return model.favourite_distribution([(user.preferred, value) for value in user.favourites])


def _training_counts(corpus: SimulatedCorpus) -> FloatArray:
    """How often training dialogues recommend each film, (items,)."""
    parts = {dialogue.id: dialogue.part for dialogue in corpus.dialogues}
    counts = Counter(sample.item for sample in corpus.truth.samples if parts.get(sample.dialogue) == "train")
    return np.array([counts[entity.id] for entity in corpus.catalogue.items], dtype=np.float64)


def _samples(dialogue: Dialogue, index: Mapping[str, int], model: ChoiceModel) -> Iterator[_Sample]:
    """The recommendations of a dialogue, in order."""
    named: list[tuple[int, ...]] = []
    before: set[int] = set()
    for message in dialogue.messages:
        entities = [index[mention.entity] for mention in message.mentions]
        films = [entity for entity in entities if entity < len(model.popularity)]  # not people: facts
        if message.speaker == "seeker":
            named.append(tuple(film for film in films if film in model.pivots))
            before.update(films)
            continue
        for film in films:
            yield _Sample(tuple(named), frozenset(before), film)
            before.add(film)

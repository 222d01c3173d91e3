"""How the film that is recommended next comes about, as a draw and as a probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ccrs.core.config import StrictConfig
from ccrs.core.errors import DataError
from ccrs.simulation.pivots import Pivot

FloatArray = npt.NDArray[np.float64]
Key = TypeVar("Key")
Kind = Literal["popularity", "favourite", "relation"]
_MAX_DRAWS = 200  # a film the user knows is drawn anew; so often only where nothing else is left


class ChoiceConfig(StrictConfig):
    """The shares of the ways by which a film is chosen; a drawn relation gets what is left."""

    popularity: float = Field(0.1, ge=0, le=1)
    favourite: float = Field(0.4, ge=0, le=1)
    recent: float = Field(0.6, ge=0, le=1)  # share of the films named last, against those named before

    @model_validator(mode="after")
    def _shares_fit(self) -> ChoiceConfig:
        if self.popularity + self.favourite > 1:
            raise ValueError("popularity and favourite add up to more than 1; lower one of them")
        return self


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen film (item index) and why: the relation followed and from which film, where there is one."""

    film: int
    kind: Kind
    relation: str | None = None
    pivot: int | None = None


@dataclass(frozen=True)
class ChoiceModel:
    """All that a choice depends on, except for the user.

    ``popularity`` has the shape (items,) and sums to 1; ``favourite_films`` gives the films (item
    indices) of each entity that may be a favourite, by (relation, entity id).
    """

    config: ChoiceConfig
    popularity: FloatArray
    pivots: Mapping[int, Pivot]
    favourite_films: Mapping[tuple[str, str], tuple[int, ...]]

    @cached_property
    def cumulated_popularity(self) -> FloatArray:
        """Popularity summed up to each film, (items,)."""
        return np.cumsum(self.popularity)

    def choose(
        self,
        rng: np.random.Generator,
        preferences: Mapping[str, float],
        favourites: Sequence[tuple[str, str]],
        named: Sequence[Sequence[int]],
        known: Set[int],
    ) -> Choice:
        """Draw a film that is not in ``known``.

        ``favourites`` are pairs (relation, entity id); ``named`` holds the pivots (item indices) that
        the seeker named, a sequence for each message of his, oldest first. Raises ``DataError`` when
        no film is left.
        """
        for _ in range(_MAX_DRAWS):
            choice = self._draw(rng, preferences, favourites, named)
            if choice is not None and choice.film not in known:
                return choice
        left = [film for film in np.flatnonzero(self.popularity).tolist() if film not in known]
        if not left:
            raise DataError(
                "A simulated user knows every film. Use fewer dialogues for each user, or more films."
            )
        return Choice(left[int(rng.integers(len(left)))], "popularity")

    def _draw(
        self,
        rng: np.random.Generator,
        preferences: Mapping[str, float],
        favourites: Sequence[tuple[str, str]],
        named: Sequence[Sequence[int]],
    ) -> Choice | None:
        """One draw; ``None`` when a named film is to be followed and there is none."""
        way = rng.random()
        if way < self.config.popularity:
            total = self.cumulated_popularity
            return Choice(int(np.searchsorted(total, rng.random() * total[-1], side="right")), "popularity")
        if way < self.config.popularity + self.config.favourite:
            relation, value = favourites[int(rng.integers(len(favourites)))]
            films = self.favourite_films[relation, value]
            return Choice(films[int(rng.integers(len(films)))], "favourite", relation)
        weights = self.pivot_weights(named)
        if not weights:
            return None
        pivot = _draw_key(rng, weights)
        relation = _draw_key(rng, self.relation_weights(pivot, preferences))
        fan = self.pivots[pivot].fans[relation].films
        return Choice(fan[int(rng.integers(len(fan)))], "relation", relation, pivot)

    def pivot_weights(self, named: Sequence[Sequence[int]]) -> dict[int, float]:
        """The probability of each named film to be followed, adding up to 1 (empty where none is named).

        The films of the last message that names any share ``recent``, all before it the rest.
        """
        groups = [tuple(message) for message in named if message]
        if not groups:
            return {}
        earlier = [film for group in groups[:-1] for film in group]
        recent = self.config.recent if earlier else 1.0
        weights = {film: (1 - recent) / len(earlier) for film in earlier}
        return weights | {film: recent / len(groups[-1]) for film in groups[-1]}

    def relation_weights(self, pivot: int, preferences: Mapping[str, float]) -> dict[str, float]:
        """The probability of each relation by which a pivot has a fan: the preferences, restricted to these."""
        relations = self.pivots[pivot].fans
        total = sum(preferences[name] for name in relations)
        if total <= 0:  # Dirichlet draws of a small concentration can be 0 to the last digit
            return dict.fromkeys(relations, 1 / len(relations))
        return {name: preferences[name] / total for name in relations}

    def favourite_distribution(self, favourites: Sequence[tuple[str, str]]) -> FloatArray:
        """The probability of each film when a favourite is followed, (items,)."""
        result = np.zeros_like(self.popularity)
        for key in favourites:
            films = self.favourite_films[key]
            np.add.at(result, list(films), 1 / (len(films) * len(favourites)))
        return result

    def probabilities(
        self,
        preferences: Mapping[str, float],
        favourites: FloatArray,
        named: Sequence[Sequence[int]],
        known: Set[int] = frozenset(),
    ) -> FloatArray:
        """The probability of each film to be chosen, (items,); films in ``known`` have none.

        ``favourites`` is the distribution of ``favourite_distribution`` (or a mean of such).
        """
        config = self.config
        result = config.popularity * self.popularity + config.favourite * favourites
        followed = 1 - config.popularity - config.favourite
        for pivot, weight in self.pivot_weights(named).items():
            for relation, share in self.relation_weights(pivot, preferences).items():
                films = list(self.pivots[pivot].fans[relation].films)
                result[films] += followed * weight * share / len(films)
        result[list(known)] = 0
        return result / max(float(result.sum()), np.finfo(np.float64).tiny)


def _draw_key(rng: np.random.Generator, weights: Mapping[Key, float]) -> Key:
    """One of the keys, by weights that add up to 1."""
    place = rng.random()
    keys = iter(weights.items())
    key, weight = next(keys)
    while place >= weight:
        place -= weight
        following = next(keys, None)
        if following is None:  # rounding: the weights add up to a little less than 1
            break
        key, weight = following
    return key

"""How the film that is recommended next comes about, as a draw and as a probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ccrs.core.config import StrictConfig
from ccrs.core.errors import DataError
from ccrs.simulation.pivots import Pivot

FloatArray = npt.NDArray[np.float64]
Kind = Literal["popularity", "favourite", "relation"]
_MAX_DRAWS = 200  # a film the user knows is drawn anew; so often only where nothing else is left


class ChoiceConfig(StrictConfig):
    """The shares of the ways by which a film is chosen; a drawn relation gets what is left."""

    popularity: float = Field(0.1, ge=0, le=1)
    favourite: float = Field(0.4, ge=0, le=1)
    recent: float = Field(0.8, ge=0, le=1)  # share of the films named last, against those named before

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
            raise DataError("A simulated user knows every film. Use fewer dialogues for each user, or more films.")
        return Choice(left[int(rng.integers(len(left)))], "popularity")

    def _draw(
        self,
        rng: np.random.Generator,
        preferences: Mapping[str, float],
        favourites: Sequence[tuple[str, str]],
        named: Sequence[Sequence[int]],
    ) -> Choice | None:
        """One draw; ``None`` when the relation drawn leads nowhere from the films named."""
        way = rng.random()
        if way < self.config.popularity:
            total = np.cumsum(self.popularity)
            return Choice(int(np.searchsorted(total, rng.random() * total[-1], side="right")), "popularity")
        if way < self.config.popularity + self.config.favourite:
            relation, value = favourites[int(rng.integers(len(favourites)))]
            films = self.favourite_films[relation, value]
            return Choice(films[int(rng.integers(len(films)))], "favourite", relation)
        names = tuple(preferences)
        shares = np.cumsum([preferences[name] for name in names])
        relation = names[min(int(np.searchsorted(shares, rng.random(), side="right")), len(names) - 1)]
        weights = self.pivot_weights(relation, named)
        if not weights:
            return None
        place = rng.random()
        for pivot, weight in weights.items():
            place -= weight
            if place < 0:
                break
        fan = self.pivots[pivot].fans[relation].films
        return Choice(fan[int(rng.integers(len(fan)))], "relation", relation, pivot)

    def pivot_weights(self, relation: str, named: Sequence[Sequence[int]]) -> dict[int, float]:
        """The probability of each named pivot to be followed by ``relation``; they sum to 1, or none is there.

        The films of the last message that has such pivots share ``recent``, all before it the rest.
        """
        groups = [[film for film in message if relation in self.pivots[film].fans] for message in named]
        groups = [group for group in groups if group]
        if not groups:
            return {}
        earlier = [film for group in groups[:-1] for film in group]
        recent = self.config.recent if earlier else 1.0
        weights = {film: (1 - recent) / len(earlier) for film in earlier}
        return weights | {film: recent / len(groups[-1]) for film in groups[-1]}

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
        for relation, share in preferences.items():
            for pivot, weight in self.pivot_weights(relation, named).items():
                films = list(self.pivots[pivot].fans[relation].films)
                result[films] += (1 - config.popularity - config.favourite) * share * weight / len(films)
        result[list(known)] = 0
        return result / max(float(result.sum()), np.finfo(np.float64).tiny)

"""Pivots: films that a seeker names, with the films that share a value with them, fans of one size.

A relation whose values link more films would be the weaker hint, whatever a user prefers; so each
fan has the same size, and the fans of one pivot have no film in common: where they meet, the
relations disagree about what comes next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ccrs.core.graph import Catalogue, Triple

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fan:
    """Films (item indices) that share ``value``, an entity id, with a pivot by one relation."""

    value: str
    films: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pivot:
    """A film (item index) with a fan for each relation that has one."""

    film: int
    fans: Mapping[str, Fan]


class FilmFacts:
    """Which films have which value of which relation, by item index and entity id."""

    def __init__(self, catalogue: Catalogue, triples: Sequence[Triple], relations: Sequence[str]) -> None:
        self.values: dict[str, dict[int, tuple[str, ...]]] = {name: {} for name in relations}
        self.films: dict[str, dict[str, tuple[int, ...]]] = {name: {} for name in relations}
        for triple in triples:
            if triple.relation not in self.values:
                continue
            film = catalogue.index[triple.head]
            values, films = self.values[triple.relation], self.films[triple.relation]
            values[film] = (*values.get(film, ()), triple.tail)
            films[triple.tail] = (*films.get(triple.tail, ()), film)

    def sharers(self, film: int, relation: str) -> set[int]:
        """All other films that share any value of the relation with this one."""
        shared = {
            other for value in self.values[relation].get(film, ()) for other in self.films[relation][value]
        }
        return shared - {film}


def find_pivots(
    facts: FilmFacts, popularity: FloatArray, *, fan_size: int, max_films: int, min_relations: int
) -> tuple[Pivot, ...]:
    """All films with fans of exactly ``fan_size`` films for at least ``min_relations`` relations.

    A fan holds the most popular sharers of one value, which may link ``max_films`` films at most;
    sharers by a second relation are left out. ``popularity`` has the shape (items,).
    """
    pivots = []
    for film in range(len(popularity)):
        sharers = {relation: facts.sharers(film, relation) for relation in facts.values}
        fans = {}
        for relation in facts.values:
            others = set().union(*(films for name, films in sharers.items() if name != relation))
            fan = _fan(facts, film, relation, others, popularity, fan_size, max_films)
            if fan is not None:
                fans[relation] = fan
        if len(fans) >= min_relations:
            pivots.append(Pivot(film, fans))
    return tuple(pivots)


def _fan(
    facts: FilmFacts,
    film: int,
    relation: str,
    others: set[int],
    popularity: FloatArray,
    fan_size: int,
    max_films: int,
) -> Fan | None:
    """The fan of the value with the fewest, yet enough films; ``None`` when no value has enough."""
    best: tuple[int, Fan] | None = None
    for value in facts.values[relation].get(film, ()):
        films = facts.films[relation][value]
        free = sorted(set(films) - others - {film}, key=lambda other: (-popularity[other], other))
        if len(films) <= max_films and len(free) >= fan_size and (best is None or len(films) < best[0]):
            best = len(films), Fan(value, tuple(free[:fan_size]))
    return best[1] if best else None


def hold_out(
    pivots: Sequence[Pivot], share: float, rng: np.random.Generator
) -> tuple[tuple[Pivot, ...], tuple[Pivot, ...]]:
    """Pivots for training and for testing.

    A pivot is held out only while each value of its fans keeps another pivot in training: the film
    is new in the test part, its people and themes are not.
    """
    uses: dict[tuple[str, str], int] = defaultdict(int)
    for pivot in pivots:
        for relation, fan in pivot.fans.items():
            uses[relation, fan.value] += 1
    held: set[int] = set()
    for position in rng.permutation(len(pivots)).tolist():
        keys = [(relation, fan.value) for relation, fan in pivots[position].fans.items()]
        if len(held) < share * len(pivots) and all(uses[key] > 1 for key in keys):
            held.add(position)
            for key in keys:
                uses[key] -= 1
    train = tuple(pivot for position, pivot in enumerate(pivots) if position not in held)
    return train, tuple(pivots[position] for position in sorted(held))

"""Pivots: films that a seeker names, with the films that share a value with them, fans of one size.

A relation whose values link more films would be the weaker hint, whatever a user prefers; so each
fan has the same size, and the fans of one pivot have no film in common: where they meet, the
relations disagree about what comes next.
"""

from __future__ import annotations

from collections import Counter, defaultdict
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


@dataclass(frozen=True, slots=True)
class Groups:
    """The values (entity ids) that people follow, by relation, each with films of its own.

    ``films`` gives for (relation, value) the item indices of the group, no film is in two of them;
    ``values`` gives for (relation, film) the values of that film that have a group.
    """

    films: Mapping[tuple[str, str], tuple[int, ...]]
    values: Mapping[tuple[str, int], tuple[str, ...]]


def value_groups(
    catalogue: Catalogue,
    triples: Sequence[Triple],
    relations: Sequence[str],
    popularity: FloatArray,
    *,
    group_size: int,
    num_values: int,
    max_films: int,
) -> Groups:
    """Groups of ``group_size`` films, for at most ``num_values`` values of each relation.

    A value has at most ``max_films`` films: broader ones (a theme like friendship) are no hint to
    what comes next. Values choose in turn their films of highest ``popularity``, (items,), among
    those left: the relations with the fewest values first, within them those with the most films.
    A value that finds too few films has no group.
    """
    films: dict[tuple[str, str], list[int]] = {}
    for triple in triples:
        if triple.relation in relations:
            films.setdefault((triple.relation, triple.tail), []).append(catalogue.index[triple.head])
    fitting = [key for key, group in films.items() if group_size < len(group) <= max_films]
    groups: dict[tuple[str, str], tuple[int, ...]] = {}
    count: Counter[str] = Counter()
    taken: set[int] = set()
    scarcity = Counter(relation for relation, _ in fitting)
    for key in sorted(fitting, key=lambda key: (scarcity[key[0]], -len(films[key]), key)):
        free = sorted(set(films[key]) - taken, key=lambda film: (-popularity[film], film))[:group_size]
        if len(free) == group_size and count[key[0]] < num_values:
            groups[key] = tuple(free)
            taken.update(free)
            count[key[0]] += 1
    values: dict[tuple[str, int], tuple[str, ...]] = {}
    for relation, value in groups:
        for film in films[relation, value]:
            values[relation, film] = (*values.get((relation, film), ()), value)
    return Groups(groups, values)


def find_pivots(
    groups: Groups, relations: Sequence[str], num_films: int, *, fan_size: int, min_relations: int
) -> tuple[Pivot, ...]:
    """All films with fans of exactly ``fan_size`` films for at least ``min_relations`` relations.

    A fan holds the best-known films of the group of the film's one value of a relation; a film with
    two such values is no pivot, as it would not be clear which is followed.
    """
    pivots = []
    for film in range(num_films):
        values = {relation: groups.values.get((relation, film), ()) for relation in relations}
        if any(len(found) > 1 for found in values.values()):
            continue
        fans = {}
        for relation, found in values.items():
            for value in found:
                free = [other for other in groups.films[relation, value] if other != film]
                if len(free) >= fan_size:
                    fans[relation] = Fan(value, tuple(free[:fan_size]))
        if len(fans) >= min_relations:
            pivots.append(Pivot(film, fans))
    return tuple(pivots)


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

"""Simulated users whose inherent preferences are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ccrs.core.dialogue import Part
from ccrs.core.errors import DataError


@dataclass(frozen=True, slots=True)
class SimulatedUser:
    """A user and the truth about him.

    ``preferences`` gives the probability π of each relation, ``preferred`` is the largest of them,
    ``favourites`` are entities (ids) of the preferred relation.
    """

    id: str
    part: Part
    preferences: Mapping[str, float]
    preferred: str
    favourites: tuple[str, ...]


def draw_users(
    rng: np.random.Generator,
    *,
    num_users: int,
    test_share: float,
    values: Mapping[str, Sequence[str]],
    concentration: float,
    num_favourites: int,
    called: str = "user",
) -> tuple[SimulatedUser, ...]:
    """Users with π ~ Dirichlet(``concentration``) over the relations of ``values``; test users last.

    ``values`` holds the entities of each relation that may be favourites; ids are ``called`` and a number. Raises
    ``DataError`` when a relation has fewer of them than a user needs.
    """
    for relation, entities in values.items():
        if len(entities) < num_favourites:
            raise DataError(
                f"The relation {relation!r} has {len(entities)} entities that may be favourites, "
                f"{num_favourites} are needed. Leave it out of relations, or add items."
            )
    relations = tuple(values)
    num_test = round(num_users * test_share)
    users = []
    for number in range(num_users):
        preferences = rng.dirichlet(np.full(len(relations), concentration))
        preferred = relations[int(preferences.argmax())]
        chosen = rng.choice(len(values[preferred]), size=num_favourites, replace=False)
        users.append(
            SimulatedUser(
                id=f"{called}-{number + 1:04d}",
                part="test" if number >= num_users - num_test else "train",
                preferences={name: float(share) for name, share in zip(relations, preferences, strict=True)},
                preferred=preferred,
                favourites=tuple(values[preferred][position] for position in sorted(chosen.tolist())),
            )
        )
    return tuple(users)

"""The ground truth of a simulated corpus: what is known of each user and of each recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from ccrs.core.errors import DataError
from ccrs.simulation.choice import Kind
from ccrs.simulation.templates import Style
from ccrs.simulation.users import SimulatedUser


@dataclass(frozen=True, slots=True)
class SampleTruth:
    """Why a film was recommended, and how.

    ``message`` is the number of the recommender's message in its dialogue, ``item`` the film's id.
    ``relation`` is the relation followed (none for ``kind`` popularity), ``pivot`` the named film
    it was followed from (only for ``kind`` relation). ``spoken`` says whether relations are named
    in the dialogue.
    """

    dialogue: str
    message: int
    item: str
    kind: Kind
    relation: str | None
    pivot: str | None
    style: Style
    spoken: bool


@dataclass(frozen=True)
class Truth:
    """All users and all samples, the latter in the order of the dialogues."""

    users: tuple[SimulatedUser, ...]
    samples: tuple[SampleTruth, ...]

    @cached_property
    def user_of(self) -> Mapping[str, SimulatedUser]:
        """Users by id."""
        return {user.id: user for user in self.users}

    def to_json(self) -> dict[str, Any]:
        """The same as dictionaries and lists, for ``truth.json``."""
        return {"users": [asdict(user) for user in self.users], "samples": [asdict(s) for s in self.samples]}

    @classmethod
    def from_json(cls, value: Any) -> Truth:
        """The truth that ``to_json`` wrote; raises ``DataError`` when a key is missing or unknown."""
        try:
            users = [
                SimulatedUser(**{**user, "favourites": tuple(user["favourites"])}) for user in value["users"]
            ]
            return cls(tuple(users), tuple(SampleTruth(**sample) for sample in value["samples"]))
        except (KeyError, TypeError) as error:
            raise DataError(
                f"The ground truth does not have the expected form ({error}). Simulate the corpus anew."
            ) from error

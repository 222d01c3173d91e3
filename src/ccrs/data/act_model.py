"""Which act a recommender does next: a smoothed table of counts over training dialogues."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from ccrs.core.dialogue import Speaker
from ccrs.core.errors import DataError
from ccrs.core.files import read_json, write_json
from ccrs.core.samples import IntArray
from ccrs.data.acts import ACTS, SEEKER_ACTS, Act, SeekerAct, reply_act, seeker_act

FloatArray = npt.NDArray[np.float64]
NO_ACT = "none"
POSITION_BOUNDS = (1, 2, 3, 5, 8)
"""First turn of each bucket after the first: replies 0, 1, 2, 3-4, 5-7, 8 and later."""
PREVIOUS_ACTS: tuple[str, ...] = (*get_args(Act), NO_ACT)

_SHAPE = (len(SEEKER_ACTS), len(PREVIOUS_ACTS), len(POSITION_BOUNDS) + 1, len(ACTS))


@dataclass(frozen=True)
class ActState:
    """What an act depends on.

    ``seeker`` is the act of the seeker's turn just before, ``position`` how many turns the recommender has
    had, ``previous`` the act of the last of these (None before the first).
    """

    seeker: SeekerAct
    position: int
    previous: Act | None

    @property
    def cell(self) -> tuple[int, int, int]:
        """(seeker act, previous act, bucket of the position) as indices into the table."""
        bucket = int(np.searchsorted(POSITION_BOUNDS, self.position, side="right"))
        return SEEKER_ACTS.index(self.seeker), PREVIOUS_ACTS.index(self.previous or NO_ACT), bucket


def state_after(turns: Sequence[tuple[Speaker, str]]) -> ActState:
    """The state in which the recommender replies after ``turns`` (speaker, text with slots), oldest first.

    Consecutive turns of one speaker count as one.
    """
    merged = _merged(turns)
    own = [text for speaker, text in merged if speaker == "recommender"]
    last = merged[-1] if merged else None
    return ActState(
        seeker=seeker_act(last[1]) if last is not None and last[0] == "seeker" else "none",
        position=len(own),
        previous=reply_act(own[-1]) if own else None,
    )


def observations(turns: Sequence[tuple[Speaker, str]]) -> list[tuple[ActState, Act]]:
    """The state before each reply of one dialogue and the act of the reply."""
    found: list[tuple[ActState, Act]] = []
    seeker: SeekerAct = "none"
    previous: Act | None = None
    for speaker, text in _merged(turns):
        if speaker == "seeker":
            seeker = seeker_act(text)
            continue
        act = reply_act(text)
        found.append((ActState(seeker, len(found), previous), act))
        seeker, previous = "none", act
    return found


def _merged(turns: Sequence[tuple[Speaker, str]]) -> list[tuple[Speaker, str]]:
    """``turns`` with what one speaker says in a row joined."""
    groups = itertools.groupby(turns, key=lambda turn: turn[0])
    return [(speaker, " ".join(text for _, text in group)) for speaker, group in groups]


class ActModel:
    """P(act | seeker's act, previous act, position), backed off where little was seen.

    The estimate of a cell is drawn towards that without the position, which is drawn towards that given the
    seeker's act alone, and that towards the share of the act among all replies:
    ``P = (count + strength * P_backed_off) / (total + strength)`` at each level (Dirichlet smoothing).
    """

    def __init__(self, counts: IntArray, *, strength: float = 20.0) -> None:
        """``counts``: (seeker acts, previous acts, positions, acts); raises ``DataError`` on another shape."""
        if counts.shape != _SHAPE or (counts < 0).any() or not 0 < strength < np.inf:
            problem = f"The act table has shape {counts.shape}, strength {strength}"
            raise DataError(
                f"{problem}; it must be counts of shape {_SHAPE}, strength above 0. Count it anew."
            )
        self.counts, self.strength = counts.astype(np.int64), strength
        self._log = np.log(self._smoothed())

    @classmethod
    def fit(cls, observed: Iterable[tuple[ActState, Act]], *, strength: float = 20.0) -> ActModel:
        """Count the (state, act) pairs of training replies."""
        counts = np.zeros(_SHAPE, np.int64)
        for state, act in observed:
            counts[(*state.cell, ACTS.index(act))] += 1
        return cls(counts, strength=strength)

    def _smoothed(self) -> FloatArray:
        """The probabilities of all cells, (seeker acts, previous acts, positions, acts)."""
        levels = [
            self.counts.sum(axis=(0, 1, 2), keepdims=True),
            self.counts.sum(axis=(1, 2), keepdims=True),
            self.counts.sum(axis=2, keepdims=True),
            self.counts,
        ]
        estimate = np.full((1, 1, 1, len(ACTS)), 1.0 / len(ACTS))
        for level in levels:
            total = level.sum(axis=-1, keepdims=True)
            estimate = (level + self.strength * estimate) / (total + self.strength)
        return estimate

    def log_probabilities(self, state: ActState) -> dict[Act, float]:
        """Log P of every act in ``state``."""
        return dict(zip(ACTS, self._log[state.cell].tolist(), strict=True))

    def log_probability(self, act: Act, state: ActState) -> float:
        """Log P(act | state)."""
        return float(self._log[(*state.cell, ACTS.index(act))])

    def save(self, path: Path) -> None:
        """Write the counts as JSON, with the names of acts they belong to."""
        cells = np.argwhere(self.counts)
        write_json(
            path,
            {
                "acts": list(ACTS),
                "seeker_acts": list(SEEKER_ACTS),
                "position_bounds": list(POSITION_BOUNDS),
                "strength": self.strength,
                "counts": [
                    [*map(int, cell), int(count)]
                    for cell, count in zip(cells, self.counts[tuple(cells.T)], strict=True)
                ],
            },
        )

    @classmethod
    def load(cls, path: Path) -> ActModel:
        """Read what ``save`` wrote; raises ``DataError`` when it is broken or of other acts."""
        value = read_json(path)
        mend = "Count the acts anew with this version"
        names = {
            "acts": list(ACTS),
            "seeker_acts": list(SEEKER_ACTS),
            "position_bounds": list(POSITION_BOUNDS),
        }
        if not isinstance(value, dict) or any(value.get(key) != expected for key, expected in names.items()):
            raise DataError.at(path, None, "is no act table of this version", mend)
        try:
            cells = np.array(value["counts"], dtype=np.int64).reshape(-1, len(_SHAPE) + 1)
            if (cells < 0).any():
                raise ValueError("a negative number")
            counts = np.zeros(_SHAPE, np.int64)
            counts[tuple(cells[:, :-1].T)] = cells[:, -1]
            return cls(counts, strength=float(value["strength"]))
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise DataError.at(path, None, f"is no act table ({error})", mend) from error

"""How well a run recovers what simulated users are known to follow, from its attention alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from ccrs.artifacts.run import Run
from ccrs.core.batch import Batch
from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.errors import DataError
from ccrs.core.samples import UserTask
from ccrs.data.samples import build_samples
from ccrs.inference.builders import run_builder
from ccrs.meta.adaptation import adapt
from ccrs.models.ccrs import CCRS

FloatArray = npt.NDArray[np.float64]
_USERS_A_BATCH = 20


@dataclass(frozen=True)
class Recovery:
    """Attention of each user to each relation on common probe films, against the truth."""

    users: tuple[str, ...]
    relations: tuple[str, ...]
    change: FloatArray  # (users, relations) attention mass, adapted minus unadapted
    preferences: FloatArray  # (users, relations) the known π

    def correlation(self) -> float:
        """Spearman's rank correlation of change and preference over users, averaged over relations."""
        return _mean_rank_correlation(self.change, self.preferences)

    def shuffled(self, *, seed: int = 0, repeats: int = 200) -> float:
        """The same with users shuffled: about 0, or something else than preference is measured."""
        rng = np.random.default_rng(seed)
        return float(
            np.mean(
                [
                    _mean_rank_correlation(self.change[rng.permutation(len(self.users))], self.preferences)
                    for _ in range(repeats)
                ]
            )
        )


def recover_preferences(
    run: Run,
    dialogues: Sequence[Dialogue],
    preferences: dict[str, dict[str, float]],
    probes: Sequence[str],
) -> Recovery:
    """Adapt on all ``dialogues`` of each user in ``preferences`` and look at his attention on ``probes`` (item ids).

    Raises ``DataError`` when a relation of the preferences is not in the run's graph.
    """
    model = run.model
    if not isinstance(model, CCRS):
        raise DataError(f"{run.config.name!r} has no attention over relations. Use a run of 'ccrs'.")
    relations = tuple(next(iter(preferences.values())))
    missing = set(relations) - set(run.graph.relations)
    if missing:
        raise DataError(
            f"The run's graph has no relation {', '.join(sorted(missing))}. Lower graph.min_relation_count."
        )
    ids = torch.tensor([run.graph.relations.index(relation) for relation in relations])
    text = "x" * len(probes)
    mentions = tuple(
        Mention(item, position, position + 1, marked=True) for position, item in enumerate(probes)
    )
    users = tuple(preferences)
    asked = [Dialogue(f"probe-{user}", user, (Message("seeker", text, mentions),)) for user in users]
    mine = [dialogue for dialogue in dialogues if dialogue.user in preferences]
    table = build_samples(run.catalogue, [*mine, *asked], open_ended=True)
    builder = run_builder(run, table)
    owner = [table.users[user] for user in table.dialogue_users.tolist()]
    tasks = [
        UserTask(
            table.users.index(user),
            np.array([d for d in range(len(mine)) if owner[d] == user], np.int64),
            np.array([len(mine) + number], np.int64),
        )
        for number, user in enumerate(users)
    ]
    changes = [
        _attention_change(run, model, builder.adapting(tasks[start : start + _USERS_A_BATCH]), ids)
        for start in range(0, len(tasks), _USERS_A_BATCH)
    ]
    known = np.array([[preferences[user][relation] for relation in relations] for user in users])
    return Recovery(users, relations, np.concatenate(changes), known)


def _attention_change(run: Run, model: CCRS, batch: Batch, relations: torch.Tensor) -> FloatArray:
    """Attention mass of each user of the batch on ``relations``, adapted minus unadapted: (users, relations)."""
    with torch.enable_grad():
        adapted = adapt(model, run.rates, batch, run.catalogue.num_items).adapted
    hop = batch.query.hops[-1]
    with torch.no_grad():
        rows, users = model.gather(batch)
        own = model.edge_weights(adapted.rows, adapted.users, batch.query)
        common = model.edge_weights(rows, users, batch.query)
    mass = torch.zeros(batch.num_users, len(run.graph.relations))
    cells = hop.target_users[hop.edge_targets] * len(run.graph.relations) + hop.edge_relations
    mass.view(-1).index_add_(0, cells, own - common)
    return mass[:, relations].double().numpy()


def _mean_rank_correlation(left: FloatArray, right: FloatArray) -> float:
    """Spearman's correlation of the columns of two arrays, averaged; 0 for a column without spread."""
    return float(np.mean([_rank_correlation(a, b) for a, b in zip(left.T, right.T, strict=True)]))


def _rank_correlation(left: FloatArray, right: FloatArray) -> float:
    ranks = [_ranks(values) for values in (left, right)]
    deviations = [values - values.mean() for values in ranks]
    norm = np.sqrt((deviations[0] ** 2).sum() * (deviations[1] ** 2).sum())
    return float((deviations[0] * deviations[1]).sum() / norm) if norm > 0 else 0.0


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks from 0, ties sharing their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[inverse]

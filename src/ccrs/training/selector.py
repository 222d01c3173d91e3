"""Training of the reply selector: the true reply against the other replies of its batch.

The loss is InfoNCE, the cross-entropy of the true reply among all replies of the batch. A reply with the same tokens
as the true one is no negative and is left out. The one loop of ``training.loop`` does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ccrs.core.errors import DataError
from ccrs.core.replies import ReplyTable
from ccrs.core.samples import IntArray, Ragged
from ccrs.models.selector import ReplySelector
from ccrs.training.config import LoopConfig
from ccrs.training.distributed import Workers
from ccrs.training.loop import Trained, train
from ccrs.training.objectives import Loss
from ccrs.training.tracking import Tracker

FloatArray = npt.NDArray[np.float32]
NUM_OTHERS = 18  # random replies the true one is judged among


class SelectorTrainingConfig(LoopConfig):
    """How the selector is trained."""

    epochs: int = Field(10, ge=0)
    batch_size: int = Field(256, ge=2)
    """Contexts a step; each has the other replies of the batch as negatives."""
    learning_rate: float = Field(0.001, gt=0)
    decay: float = Field(0.8, gt=0, le=1)
    clip_norm: float = Field(1.0, gt=0)
    patience: int = Field(2, ge=1)
    monitor: Literal["recall@1"] = "recall@1"


@dataclass(frozen=True)
class SelectorBatch:
    """Contexts and their true replies, padded at the end; row i of one belongs to row i of the other."""

    context_ids: Tensor  # (rows, context length)
    context_mask: Tensor  # (rows, context length) True = a real token
    reply_ids: Tensor  # (rows, reply length), without the end token
    reply_mask: Tensor  # (rows, reply length)
    groups: Tensor  # (rows) equal where the replies are
    vectors: Tensor | None  # (rows, d) the recommender's

    def to(self, device: torch.device) -> SelectorBatch:
        """The same batch on another device."""
        return SelectorBatch(
            context_ids=self.context_ids.to(device),
            context_mask=self.context_mask.to(device),
            reply_ids=self.reply_ids.to(device),
            reply_mask=self.reply_mask.to(device),
            groups=self.groups.to(device),
            vectors=None if self.vectors is None else self.vectors.to(device),
        )


class SelectorData:
    """Contexts and replies of a table; ``vectors`` (replies of the table, d) are the recommender's, if used."""

    def __init__(self, table: ReplyTable, vectors: FloatArray | None = None) -> None:
        self.contexts, self.vectors = table.contexts, vectors
        self.replies = without_end(table.targets)
        numbers: dict[bytes, int] = {}
        self.groups = np.array(
            [
                numbers.setdefault(self.replies[row].tobytes(), len(numbers))
                for row in range(table.num_replies)
            ],
            np.int64,
        )

    def batch(self, chosen: IntArray) -> SelectorBatch:
        """The batch of the replies ``chosen``."""
        context_ids, context_mask = padded(self.contexts, chosen)
        reply_ids, reply_mask = padded(self.replies, chosen)
        vectors = None if self.vectors is None else torch.from_numpy(self.vectors[chosen])
        groups = torch.from_numpy(self.groups[chosen])
        return SelectorBatch(context_ids, context_mask, reply_ids, reply_mask, groups, vectors)


def without_end(targets: Ragged) -> Ragged:
    """Each row without its last token, the end token; empty rows stay empty."""
    lengths = np.maximum(targets.lengths - 1, 0)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    owner = np.repeat(np.arange(len(targets)), lengths)
    positions = np.arange(len(owner)) - offsets[owner] + targets.offsets[owner]
    return Ragged(offsets, targets.values[positions])


def padded(rows: Ragged, chosen: IntArray) -> tuple[Tensor, Tensor]:
    """Ids and mask (chosen, longest) of some rows, padded with 0 at the end."""
    positions, _owner = rows.positions(chosen)
    lengths = rows.lengths[chosen]
    mask = np.arange(max(int(lengths.max(initial=0)), 1)) < lengths[:, None]  # (chosen, longest)
    ids = np.zeros(mask.shape, np.int64)
    ids[mask] = rows.values[positions]  # both run through the rows in order
    return torch.from_numpy(ids), torch.from_numpy(mask)


class SelectorPlan:
    """All training replies in a new order every epoch."""

    def __init__(self, data: SelectorData, replies: IntArray, *, batch_size: int, seed: int) -> None:
        self.data, self.replies = data, replies
        self.batch_size, self.seed = batch_size, seed

    def steps(self, epoch: int, share: tuple[int, int]) -> Sequence[Callable[[], SelectorBatch | None]]:
        """The steps of an epoch (see ``EpochPlan``); each process has negatives of its own share only."""
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.replies))
        cuts = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        return [partial(self._build, cut[share[0] :: share[1]]) for cut in cuts]

    def _build(self, chosen: IntArray) -> SelectorBatch | None:
        return self.data.batch(self.replies[chosen]) if len(chosen) else None


class SelectorObjective:
    """InfoNCE of the true reply among those of the batch."""

    def __init__(self, model: ReplySelector) -> None:
        self.model = model

    def __call__(self, batch: SelectorBatch) -> Loss:
        """The summed loss of a batch."""
        scores = self.model(
            batch.context_ids, batch.context_mask, batch.reply_ids, batch.reply_mask, batch.vectors
        )
        same = batch.groups[:, None] == batch.groups
        same.fill_diagonal_(fill_value=False)
        scores = scores.masked_fill(same, -torch.inf)
        true = torch.arange(len(scores), device=scores.device)
        return Loss(functional.cross_entropy(scores, true, reduction="sum"), len(scores))


def draw_others(groups: IntArray, *, seed: int, num_others: int = NUM_OTHERS) -> IntArray:
    """For each reply ``num_others`` random ones that are not its equals: (replies, others), indices.

    Raises ``DataError`` when all replies are equal: nothing could be told apart.
    """
    rng = np.random.default_rng(seed)
    if len(np.unique(groups)) < 2:
        raise DataError("The validation replies are all equal. Give validation users with more dialogues.")
    others = rng.integers(len(groups), size=(len(groups), num_others))
    while (wrong := groups[others] == groups[:, None]).any():
        others[wrong] = rng.integers(len(groups), size=int(wrong.sum()))
    return others


class SelectorValidation:
    """Ranks the true reply among 18 random others, always the same ones."""

    def __init__(self, model: ReplySelector, data: SelectorData, replies: IntArray, *, seed: int) -> None:
        self.model, self.data, self.replies = model, data, replies
        self.others = draw_others(data.groups[replies], seed=seed)

    def __call__(self) -> dict[str, float]:
        """Share ranked first, mean rank (1 to 19) and mean reciprocal rank; ties count against the model."""
        contexts, replies = encode(self.model, self.data, self.replies)
        true = (contexts * replies).sum(-1)
        found = torch.einsum("rd,rod->ro", contexts, replies[torch.from_numpy(self.others)])
        ranks = 1.0 + (found >= true[:, None]).sum(1)
        return {
            "validation recall@1": float((ranks == 1).double().mean()),
            "validation mean rank": float(ranks.double().mean()),
            "validation mrr": float((1 / ranks).double().mean()),
        }


def encode(
    model: ReplySelector, data: SelectorData, replies: IntArray, *, rows: int = 512
) -> tuple[Tensor, Tensor]:
    """Unit vectors of contexts and of replies, (replies, vector size) each; the model is left as it was."""
    was_training, device = model.training, model.log_scale.device
    model.eval()
    contexts, answers = [], []
    with torch.inference_mode():
        for start in range(0, len(replies), rows):
            batch = data.batch(replies[start : start + rows]).to(device)
            contexts.append(model.encode_contexts(batch.context_ids, batch.context_mask, batch.vectors).cpu())
            answers.append(model.encode_replies(batch.reply_ids, batch.reply_mask).cpu())
    model.train(was_training)
    return torch.cat(contexts), torch.cat(answers)


def train_selector(
    model: ReplySelector,
    table: ReplyTable,
    training: IntArray,
    validation: IntArray,
    *,
    config: SelectorTrainingConfig,
    folder: Path,
    tracker: Tracker,
    vectors: FloatArray | None = None,
    fingerprint: str = "selector",
    workers: Workers | None = None,
    resume: bool = False,
) -> Trained:
    """Train ``model`` on the replies ``training`` of the table and leave the best weights in it.

    ``validation`` are replies of other users; recall@1 among 19 on them decides. The checkpoint lies in
    ``folder``. The model's initial weights are the caller's: seed torch before building it.
    """
    if len(training) < 2 or len(validation) < 2:
        raise DataError(
            f"{len(training)} training and {len(validation)} validation replies; needed are 2 of each. "
            "Give more dialogues."
        )
    data = SelectorData(table, vectors)
    plan = SelectorPlan(data, training, batch_size=config.batch_size, seed=config.seed)
    return train(
        nn.ModuleDict({"model": model}),
        SelectorObjective(model),
        plan,
        SelectorValidation(model, data, validation, seed=config.seed),
        config=config,
        sparse=[],
        folder=folder,
        workers=workers or Workers(),
        tracker=tracker,
        fingerprint=fingerprint,
        resume=resume,
    )

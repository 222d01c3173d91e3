"""Ranks of the true items under a model: adapted to each user, or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ccrs.core.batch import Batch
from ccrs.core.samples import IntArray, SampleTable, UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.data.known_items import KnownItems
from ccrs.data.splits import task_groups
from ccrs.evaluation.ranking import MISS, target_ranks
from ccrs.evaluation.report import SampleOutcomes
from ccrs.meta.adaptation import InnerRates, adapt, scores
from ccrs.models.registry import as_adaptable

Take = Callable[[Tensor, IntArray], None]
"""Receives the logits (samples, items) of a batch and the samples' numbers in the table."""


def query_samples(table: SampleTable, tasks: Sequence[UserTask]) -> IntArray:
    """The samples of all query dialogues, by task, in the order of the table."""
    order = np.argsort(table.sample_dialogues, kind="stable")
    dialogues = table.sample_dialogues[order]
    query = np.concatenate([np.zeros(0, np.int64), *(task.query for task in tasks)])
    first, last = np.searchsorted(dialogues, query), np.searchsorted(dialogues, query, side="right")
    return np.concatenate([np.zeros(0, np.int64), *(order[a:b] for a, b in zip(first, last, strict=True))])


def adapted_logits(
    model: nn.Module, rates: InnerRates, builder: BatchBuilder, tasks: Sequence[UserTask], take: Take
) -> None:
    """Hand the logits of every query sample, each user adapted on his support, to ``take``."""
    for group in task_groups(builder.table, tasks):
        batch = builder.adapting(group).to(_device(model))
        logits = adapted_scores(model, rates, batch, builder.num_items)
        _hand_over(logits, builder, group, take)


def adapted_scores(model: nn.Module, rates: InnerRates, batch: Batch, num_items: int) -> Tensor:
    """Logits of the query contexts of ``batch`` after the inner steps: (contexts, items)."""
    adaptable = as_adaptable(model)
    with torch.enable_grad():
        adapted = adapt(adaptable, rates, batch, num_items).adapted
    with torch.no_grad():
        vectors = adaptable.user_vectors(adapted.rows, adapted.users, batch.query, batch)
        return scores(adaptable, vectors, batch.query, batch, adapted)


def unadapted_logits(
    model: nn.Module,
    builder: BatchBuilder,
    tasks: Sequence[UserTask],
    take: Take,
    *,
    with_history: bool = False,
) -> None:
    """Hand the logits of every query sample at the common parameters to ``take``.

    ``with_history`` is for models that read a user's support dialogues without adapting to them.
    """
    for group in task_groups(builder.table, tasks):
        dialogues = np.concatenate([task.query for task in group])
        batch = builder.remembering(group) if with_history else builder.plain(builder.contexts_of(dialogues))
        batch = batch.to(_device(model))
        with torch.no_grad():
            logits = model(batch)
        _hand_over(logits, builder, group, take)


def ranks_of(
    table: SampleTable, judge: Callable[[Take], None], known: KnownItems | None = None
) -> tuple[IntArray, IntArray]:
    """(ranks, samples) of everything ``judge`` hands over; a target outside the catalogue is a miss.

    ``known`` takes out of the candidates what the user has had before.
    """
    ranks, samples = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]

    def take(logits: Tensor, numbers: IntArray) -> None:
        targets = torch.from_numpy(table.sample_targets[numbers])
        listed = targets >= 0
        candidates = logits if known is None else known.without(logits, numbers)
        found = target_ranks(candidates, targets.clamp(min=0))
        ranks.append(torch.where(listed, found, torch.full_like(found, MISS)).numpy())
        samples.append(numbers)

    judge(take)
    return np.concatenate(ranks), np.concatenate(samples)


def outcomes_of(
    table: SampleTable, tasks: Sequence[UserTask], ranks: IntArray, samples: IntArray, fold: int
) -> SampleOutcomes:
    """What evaluation needs to know of each judged sample."""
    contexts = table.sample_contexts[samples]
    users, targets = table.sample_users[samples], table.sample_targets[samples]
    # Of all entities of the table: what a support dialogue names only after its last context counts as well.
    named_last = int(table.dialogue_mentions.values.max(initial=0))
    span = np.int64(
        1 + max(named_last, int(table.mentions.values.max(initial=0)), int(targets.max(initial=0)))
    )
    support_size = np.zeros(len(table.users), np.int64)
    known: list[IntArray] = [np.zeros(0, np.int64)]
    for task in tasks:
        support_size[task.user] = len(task.support)
        for rows in (table.dialogue_mentions, table.dialogue_targets):
            positions, _ = rows.positions(task.support)
            known.append(task.user * span + rows.values[positions])
    positions, owner = table.mentions.positions(contexts)
    named = np.unique(owner * span + table.mentions.values[positions])
    return SampleOutcomes(
        ranks=ranks,
        users=users,
        novel=~np.isin(np.arange(len(samples)) * span + targets, named),
        new_to_user=~np.isin(users * span + targets, np.concatenate(known)),
        num_support=support_size[users],
        num_mentions=table.mentions.lengths[contexts],
        sample_ids=tuple(table.sample_id(int(sample)) for sample in samples),
        fold=np.full(len(samples), fold, np.int64),
    )


def _hand_over(logits: Tensor, builder: BatchBuilder, tasks: Sequence[UserTask], take: Take) -> None:
    """Give ``take`` the row of every query sample, those with an unknown item included."""
    table = builder.table
    contexts = builder.contexts_of(np.concatenate([task.query for task in tasks]))
    row_of = np.full(len(table.context_dialogues), -1, np.int64)
    row_of[contexts] = np.arange(len(contexts))
    samples = query_samples(table, tasks)
    rows = torch.from_numpy(row_of[table.sample_contexts[samples]])
    take(logits[rows.to(logits.device)].cpu(), samples)


def _device(model: nn.Module) -> torch.device:
    """Where a model computes."""
    return next((tensor.device for tensor in (*model.parameters(), *model.buffers())), torch.device("cpu"))

"""How likely human replies are under a responder, adapted to each user or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from ccrs.core.protocols import ReplyModel
from ccrs.core.replies import ReplyBatch
from ccrs.core.samples import IntArray, UserTask
from ccrs.data.reply_batching import FloatArray, ReplyBatchBuilder
from ccrs.meta.reply_adaptation import Inner, ReplyRates, adapt_replies
from ccrs.models.responders import as_adaptable_responder

_TOKENS_A_BATCH = 12_000


def query_replies(builder: ReplyBatchBuilder, tasks: Sequence[UserTask]) -> IntArray:
    """The replies of all query dialogues, in the order of the table."""
    return builder.table.replies_of(np.concatenate([np.zeros(0, np.int64), *(t.query for t in tasks)]))


def adapted_batches(
    model: ReplyModel, rates: ReplyRates, builder: ReplyBatchBuilder, tasks: Sequence[UserTask]
) -> Iterator[tuple[IntArray, ReplyBatch, Inner | None]]:
    """(replies, batch, the users' own parameters) of the tasks' query replies; None where nobody has support."""
    table = builder.table
    halves = [(table.replies_of(task.support), table.replies_of(task.query)) for task in tasks]
    halves = [pair for pair in halves if len(pair[1])]
    group: list[tuple[IntArray, IntArray]] = []
    size = 0
    for pair in [*halves, None]:
        tokens = 0 if pair is None else int(builder.sizes[np.concatenate(pair)].sum())
        if group and (pair is None or size + tokens > _TOKENS_A_BATCH):
            batch = builder.adapting([s for s, _ in group], [q for _, q in group]).to(model.device)
            inner = None
            if batch.support is not None and len(batch.support.target_ids):
                with torch.enable_grad():
                    inner = adapt_replies(as_adaptable_responder(model), rates, batch).inner
                inner = {name: value.detach() for name, value in inner.items()}
            yield np.concatenate([q for _, q in group]), batch, inner
            group, size = [], 0
        if pair is not None:
            group.append(pair)
            size += tokens


def plain_batches(
    model: ReplyModel, builder: ReplyBatchBuilder, replies: IntArray
) -> Iterator[tuple[IntArray, ReplyBatch, None]]:
    """The same with nobody adapted."""
    ordered = replies[np.argsort(builder.table.contexts.lengths[replies], kind="stable")]
    bounds = np.cumsum(builder.sizes[ordered]) // _TOKENS_A_BATCH
    for number in np.unique(bounds):
        chosen = ordered[bounds == number]
        yield chosen, builder.plain(chosen).to(model.device), None


def negative_log_likelihoods(
    model: ReplyModel, batches: Iterator[tuple[IntArray, ReplyBatch, Inner | None]]
) -> tuple[IntArray, FloatArray]:
    """(replies, summed negative log-likelihood of each, its end included)."""
    replies, sums = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for chosen, batch, inner in batches:
        with torch.no_grad():
            losses = model(batch, inner)
        owner = batch.target_mask.nonzero()[:, 0]
        total = torch.zeros(len(chosen), device=losses.device).index_add_(0, owner, losses)
        replies.append(chosen)
        sums.append(total.cpu().numpy())
    return np.concatenate(replies), np.concatenate(sums)

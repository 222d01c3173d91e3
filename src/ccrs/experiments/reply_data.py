"""The replies of a corpus as a responder reads them: slots, tokens, and the recommender's vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ccrs.artifacts.responder import ResponderRun, TextConfig
from ccrs.artifacts.run import Run
from ccrs.core.dialogue import Dialogue
from ccrs.core.reads import NOTHING_READ, ReplyReads
from ccrs.core.replies import ReplyTable
from ccrs.core.samples import IntArray, SampleTable, UserTask
from ccrs.data.replies import build_replies
from ccrs.data.reply_batching import ReplyBatchBuilder
from ccrs.data.samples import build_samples
from ccrs.data.slots import Slotter
from ccrs.data.tokeniser import ReplyTokeniser
from ccrs.inference.builders import make_slotter
from ccrs.inference.reply_mentions import reply_mentions
from ccrs.inference.reply_vectors import reply_vectors
from ccrs.models.responders import responder_row


@dataclass(frozen=True)
class ReplyData:
    """``table`` has a context for every message of the recommenders; ``dropped`` counts what was left out."""

    slotter: Slotter
    table: SampleTable
    replies: ReplyTable
    builder: ReplyBatchBuilder
    dropped: Counter[str]


def reply_data(
    run: Run,
    dialogues: Sequence[Dialogue],
    tokeniser: ReplyTokeniser,
    config: TextConfig,
    tasks: Sequence[UserTask],
    *,
    fact_weight: float = 1.0,
    apart: IntArray | None = None,
    reads: ReplyReads = NOTHING_READ,
) -> ReplyData:
    """Everything about the replies of ``dialogues``; vectors of the tasks' query are adapted to their support.

    ``apart`` are the dialogues that are trained on (see ``reply_vectors``); ``reads`` is what the responder looks at
    beside tokens and vectors.
    """
    slotter = make_slotter(run, config)
    dropped: Counter[str] = Counter()
    replies = build_replies(
        dialogues,
        slotter,
        tokeniser,
        max_context=config.max_context,
        max_reply=config.max_reply,
        dropped=dropped,
        counted=None if apart is None else set(apart.tolist()),
    )
    table = build_samples(run.catalogue, dialogues, every_message=True)
    vectors = reply_vectors(run, table, replies, tasks, apart=apart)
    mentions = reply_mentions(run, table, replies, reads)
    builder = ReplyBatchBuilder(replies, vectors, fact_weight=fact_weight, mentions=mentions)
    return ReplyData(slotter, table, replies, builder, +dropped)


def responder_data(
    run: Run, responder: ResponderRun, dialogues: Sequence[Dialogue], tasks: Sequence[UserTask]
) -> ReplyData:
    """The replies of ``dialogues`` as a trained responder reads them."""
    reads = responder_row(responder.config.name).reads
    return reply_data(run, dialogues, responder.tokeniser, responder.config.text, tasks, reads=reads)

"""A responder in the open: the situation after what was just said, and the adaptation to one person's dialogues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch

from ccrs.artifacts.responder import ResponderRun
from ccrs.artifacts.run import Run
from ccrs.core.dialogue import Dialogue
from ccrs.core.reads import NOTHING_READ
from ccrs.core.replies import ReplyBatch, ReplyMentions
from ccrs.core.samples import Ragged
from ccrs.data.replies import build_replies, context_window, slotted_turns
from ccrs.data.reply_batching import ReplyBatchBuilder
from ccrs.data.samples import build_samples
from ccrs.data.tokeniser import SPEAKERS
from ccrs.inference.builders import make_slotter
from ccrs.inference.intention import intentions
from ccrs.inference.ranking import RankedItems
from ccrs.inference.recommend import Recommender
from ccrs.inference.reply_mentions import open_mentions
from ccrs.inference.reply_vectors import reply_vectors
from ccrs.inference.writing import Situation
from ccrs.meta.reply_adaptation import Inner, adapt_replies
from ccrs.models.responders import as_adaptable_responder, responder_row


class LiveResponder:
    """What stands between one person's dialogues and the writing of a reply."""

    def __init__(self, run: Run, responder: ResponderRun, recommender: Recommender) -> None:
        self.run, self.responder, self.recommender = run, responder, recommender
        self.slotter = make_slotter(run, responder.config.text)
        for parameter in responder.model.parameters():
            parameter.requires_grad_(False)

    def situation(
        self,
        dialogue: Dialogue,
        ranked: RankedItems,
        *,
        seed: int,
        offered: tuple[int, ...],
        with_named: bool = True,
        owner: int = 0,
        wanted: Iterable[str] = (),
    ) -> Situation:
        """The situation after a dialogue whose items are ``ranked``; those ``offered`` may be named, the best first.

        Without ``with_named`` no film named before may be spoken of. ``owner`` is the user's row in the adapted
        parameters, ``wanted`` are the ids of what was asked for.
        """
        tokeniser, config = self.responder.tokeniser, self.responder.config.text
        turns = list(slotted_turns(dialogue, self.slotter))
        tokens: list[int] = []
        for found, ids in zip(turns, tokeniser.encode_many([t.context for t in turns]), strict=True):
            tokens += [tokeniser.role_ids[SPEAKERS[found.turn.speaker]], *ids]
        # Without an offered film the intention is never looked at.
        intention = intentions(self.run, ranked.user[None], [offered[0] if offered else 0])[0]
        reads = responder_row(self.responder.config.name).reads
        mentions = ReplyMentions() if reads == NOTHING_READ else open_mentions(self.run, dialogue, reads)
        own = (tokeniser.encode(t.reply.text) for t in turns if t.turn.speaker == "recommender")
        return Situation(
            context=context_window(tokens, tokeniser, config.max_context),
            vector=ranked.vector,
            offered=offered,
            named=self._named(ranked) if with_named else (),
            intention=intention,
            owner=owner,
            seed=seed,
            turns=tuple((t.turn.speaker, t.context) for t in turns),
            own=tuple(tuple(ids) for ids in own if ids),
            entities=_first(mentions.entities),
            words=_first(mentions.words),
            wanted=frozenset(self.run.catalogue.index[e] for e in wanted if e in self.run.catalogue.index),
        )

    def adapted(self, dialogues: Sequence[Dialogue]) -> Inner | None:
        """The inner parameters after the inner steps on the replies of ``dialogues``; None without any."""
        support = self._support(dialogues) if self.responder.config.adapt else None
        if support is None:
            return None
        model = as_adaptable_responder(self.responder.model)
        with torch.enable_grad():
            inner = adapt_replies(model, self.responder.rates, support).inner
        return {name: value.detach() for name, value in inner.items()}

    def _support(self, dialogues: Sequence[Dialogue]) -> ReplyBatch | None:
        """A batch of one user with the replies of ``dialogues`` as support; None where there are none."""
        text = self.responder.config.text
        mine = [replace(d, user="user", id=f"support-{n}") for n, d in enumerate(dialogues)]
        replies = build_replies(
            mine,
            self.slotter,
            self.responder.tokeniser,
            max_context=text.max_context,
            max_reply=text.max_reply,
        )
        if not replies.num_replies:
            return None
        table = build_samples(self.run.catalogue, mine, every_message=True)
        builder = ReplyBatchBuilder(replies, reply_vectors(self.run, table, replies, []))
        batch = builder.adapting([np.arange(replies.num_replies)], [np.zeros(0, np.int64)])
        return batch.to(self.responder.model.device)

    def _named(self, ranked: RankedItems) -> tuple[int, ...]:
        """The items named, the latest first."""
        return tuple(e for e in ranked.mentioned[::-1] if e < self.run.catalogue.num_items)


def _first(rows: Ragged | None) -> tuple[int, ...]:
    return () if rows is None else tuple(rows[0].tolist())

"""A judge of fit: does a reply go with its context better than what people said elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.chooser import new_selector
from ccrs.core.replies import ReplyTable
from ccrs.core.samples import IntArray, Ragged
from ccrs.data.tokeniser import ReplyTokeniser
from ccrs.models.selector import ReplySelector, SelectorConfig
from ccrs.training.selector import SelectorData as Data
from ccrs.training.selector import SelectorTrainingConfig, encode, padded, train_selector
from ccrs.training.tracking import Tracker

NUM_RANDOM = 18
_HELD_OUT = 0.1


class ReplyJudge:
    """A next-reply selector trained on replies of other users than those whose replies train the reranker.

    ``replies`` are the ones it learns from; a tenth of their users decide when it has learned enough. The same
    seed gives the same judge.
    """

    def __init__(self, table: ReplyTable, replies: IntArray, tokeniser: ReplyTokeniser, *, seed: int) -> None:
        self.table, self.tokeniser, self.seed = table, tokeniser, seed
        torch.manual_seed(seed)
        self.model: ReplySelector = new_selector(SelectorConfig(), tokeniser)
        users = table.dialogue_users[table.reply_dialogues[replies]]
        distinct = np.random.default_rng(seed).permutation(np.unique(users))
        held = np.isin(users, distinct[: max(1, round(len(distinct) * _HELD_OUT))])
        config = SelectorTrainingConfig(seed=seed)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            with Tracker(folder, epochs=config.epochs, quiet=True) as tracker:
                train_selector(
                    self.model,
                    table,
                    replies[~held],
                    replies[held],
                    config=config,
                    folder=folder,
                    tracker=tracker,
                )
        self.model.eval()

    def ranks(self, judged: IntArray, said: Sequence[str], *, human: bool = False) -> IntArray:
        """The rank of each text (1 = best) among the human reply of its context and 18 random human replies.

        ``judged`` are the replies of the table, ``said`` texts with slots. ``human`` texts are the human replies
        themselves, ranked among the random ones only. Ties count against the text.
        """
        contexts, replies = encode(self.model, Data(self.table), judged)
        rows = Ragged.from_rows(self.tokeniser.encode_many(list(said)))
        with torch.inference_mode():
            own = self._encoded(rows)
        others = np.random.default_rng(self.seed).integers(len(judged), size=(len(judged), NUM_RANDOM))
        mine = (contexts * own).sum(-1)
        theirs = torch.einsum("rd,rod->ro", contexts, replies[torch.from_numpy(others)])
        ranks = 1 + (theirs >= mine[:, None]).sum(1)
        if not human:
            ranks += ((contexts * replies).sum(-1) >= mine).long()
        found: IntArray = ranks.numpy()
        return found

    def _encoded(self, rows: Ragged) -> Tensor:
        parts = []
        for start in range(0, len(rows), 512):
            ids, mask = padded(rows, np.arange(start, min(start + 512, len(rows))))
            parts.append(self.model.encode_replies(ids, mask))
        return torch.cat(parts) if parts else torch.zeros(0, 1)

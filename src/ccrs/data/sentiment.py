"""Does it sound as if a mentioned item was liked? A logistic regression on the words of the message that names it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from ccrs.core.samples import IntArray, Ragged, SampleTable
from ccrs.data.vocabulary import Vocabulary

FloatArray = npt.NDArray[np.float32]
PENALTY = 0.01
"""Of the squared weights, against the mean log-loss."""


@dataclass(frozen=True)
class Sentiment:
    """Weights by word id, then of the recommender's and the user's messages: (words + 2,)."""

    weights: FloatArray

    @classmethod
    def learn(cls, table: SampleTable, vocabulary: Vocabulary, dialogues: IntArray) -> Sentiment:
        """From the questionnaires of ``dialogues`` and the messages that name the items they ask for.

        Without any answer every item counts as liked. The same data give the same weights.
        """
        mentions = _last_mentions(table, dialogues)
        owners = np.repeat(table.context_dialogues, table.mentions.lengths)[mentions]
        items = table.mentions.values[mentions]
        liked = _answered(table.liked, owners, items)
        known = liked | _answered(table.disliked, owners, items)
        mentions, liked = mentions[known], liked[known]
        if len(mentions) == 0:
            return cls(np.concatenate([np.zeros(len(vocabulary), np.float32), np.full(2, 9, np.float32)]))
        words, offsets = _features(table, vocabulary, mentions)
        targets = torch.from_numpy(liked.astype(np.float32))
        weights = nn.Parameter(torch.zeros(len(vocabulary) + 2))
        optimiser = torch.optim.LBFGS([weights], max_iter=50, line_search_fn="strong_wolfe")

        def loss() -> float:
            optimiser.zero_grad()
            value = nn.functional.binary_cross_entropy_with_logits(_logits(words, offsets, weights), targets)
            value = value + PENALTY * weights[:-2].square().sum() / 2
            value.backward()  # type: ignore[no-untyped-call]
            return float(value.detach())

        optimiser.step(loss)  # type: ignore[no-untyped-call]
        return cls(weights.detach().numpy())

    def likely(self, table: SampleTable, vocabulary: Vocabulary) -> FloatArray:
        """How probably the user likes what is mentioned, for every mention of ``table``: (mentions,)."""
        words, offsets = _features(table, vocabulary, np.arange(len(table.mention_turns)))
        found: FloatArray = torch.sigmoid(_logits(words, offsets, torch.from_numpy(self.weights))).numpy()
        return found


def _logits(words: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return nn.functional.embedding_bag(words, weights[:, None], offsets, mode="sum")[:, 0]


def _features(
    table: SampleTable, vocabulary: Vocabulary, mentions: IntArray
) -> tuple[torch.Tensor, torch.Tensor]:
    """The word ids of each mention's message, then who speaks, as bags: (ids, offsets)."""
    encoded = vocabulary.encode(table.words)
    dialogues = np.repeat(table.context_dialogues, table.mentions.lengths)[mentions]
    starts = encoded.offsets[dialogues] + table.mention_word_starts[mentions]
    lengths = table.mention_word_ends[mentions] - table.mention_word_starts[mentions]
    firsts = np.cumsum(lengths + 1) - (lengths + 1)
    ids = np.empty(int((lengths + 1).sum()), np.int64)
    speakers = firsts + lengths
    is_word = np.ones(len(ids), np.bool_)
    is_word[speakers] = False
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ids[is_word] = encoded.values[np.repeat(starts, lengths) + within]
    ids[speakers] = len(vocabulary) + table.mention_by_seeker[mentions]
    return torch.from_numpy(ids), torch.from_numpy(firsts)


def _last_mentions(table: SampleTable, dialogues: IntArray) -> IntArray:
    """The mentions of the last context of each of ``dialogues``, which knows all that was named before it."""
    contexts = np.flatnonzero(np.isin(table.context_dialogues, dialogues))
    last = np.ones(len(contexts), np.bool_)
    last[:-1] = np.diff(table.context_dialogues[contexts]) != 0
    positions, _ = table.mentions.positions(contexts[last])
    return positions


def _answered(answers: Ragged, dialogues: IntArray, items: IntArray) -> npt.NDArray[np.bool_]:
    """Whether each item stands in the answers of its dialogue."""
    span = np.int64(1 + max(int(items.max(initial=0)), int(answers.values.max(initial=0))))
    owners = np.repeat(np.arange(len(answers), dtype=np.int64), answers.lengths)
    return np.isin(dialogues * span + items, owners * span + answers.values)

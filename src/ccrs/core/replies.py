"""Replies of the recommender as flat token arrays: what the responder is trained and judged on.

A *reply* is one merged turn of the recommender (all consecutive messages). Its *context* is everything said
before it. Films in a reply are item slots, facts about them fact slots (``[item]``, ``[director]``): special
tokens that are filled when the reply is spoken.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ccrs.core.samples import BoolArray, IntArray, Ragged

ITEM_SLOT = "[item]"


@dataclass(frozen=True)
class ReplyTable:
    """All recommender turns of a set of dialogues, in the order of the dialogues.

    ``texts`` are the references as people wrote them (cleaned), ``words`` the same with every film as ``[item]``,
    ``slotted`` with slots in the place of films and facts. Token ids are those of one tokeniser; targets end with
    its end token.
    """

    users: tuple[str, ...]  # user ids
    dialogue_ids: tuple[str, ...]
    dialogue_users: IntArray  # (dialogues) index into users
    dialogue_times: IntArray  # (dialogues)
    reply_dialogues: IntArray  # (replies) index of the dialogue
    reply_messages: IntArray  # (replies) number of the turn's first message in its dialogue
    contexts: Ragged  # (replies) token ids, the latest ones when the context is long
    targets: Ragged  # (replies) token ids, the end token included
    items: Ragged  # (replies) items named in the reply, in order, indices into the catalogue
    has_fact: BoolArray  # (replies) whether the reply holds a fact slot
    num_words: IntArray  # (replies) words of the slotted text, for perplexity per word
    texts: tuple[str, ...]
    words: tuple[str, ...]
    slotted: tuple[str, ...]

    @property
    def num_replies(self) -> int:
        """How many replies there are."""
        return len(self.reply_dialogues)

    def replies_of(self, dialogues: IntArray) -> IntArray:
        """The replies of ``dialogues``, in the order of the table."""
        return np.flatnonzero(np.isin(self.reply_dialogues, dialogues))


@dataclass(frozen=True)
class ReplyMentions:
    """What the context of each reply names, a row a reply; None where the responder does not look at it."""

    entities: Ragged | None = None  # entity indices, the latest last
    words: Ragged | None = None  # word ids of the run's vocabulary that its word graph knows, the latest last
    goals: Ragged | None = None  # entities one hop from the items that the reply names; for training only

    def replaced(self, rows: IntArray, by: IntArray) -> ReplyMentions:
        """The same with each of ``rows`` as the row of ``by`` is here."""
        parts = [self.entities, self.words, self.goals]
        count = max((len(part) for part in parts if part is not None), default=None)
        if count is None:
            return self
        source = np.arange(count)
        source[rows] = by
        return ReplyMentions(*(None if found is None else _taken(found, source) for found in parts))


def _taken(rows: Ragged, chosen: IntArray) -> Ragged:
    positions, _ = rows.positions(chosen)
    return Ragged(np.concatenate([[0], np.cumsum(rows.lengths[chosen])]), rows.values[positions])


@dataclass(frozen=True)
class IdGrid:
    """Ids of several rows, filled up with 0."""

    ids: Tensor  # (rows, most)
    mask: Tensor  # (rows, most) True = a real one

    def to(self, device: torch.device) -> IdGrid:
        """The same grid on another device."""
        return IdGrid(self.ids.to(device), self.mask.to(device))

    def index_select(self, dim: int, rows: Tensor) -> IdGrid:
        """The chosen (or repeated) rows; ``dim`` is 0, as with tensors of rows."""
        return IdGrid(self.ids.index_select(dim, rows), self.mask.index_select(dim, rows))


@dataclass(frozen=True)
class ReplyBatch:
    """Padded contexts and replies, with the recommender's vector of each context.

    ``owners`` tells which user of the batch a reply belongs to; the users adapt in a batch with ``support``. What a
    context names (``ReplyMentions``) is there when the responder looks at it.
    """

    context_ids: Tensor  # (replies, context length)
    context_mask: Tensor  # (replies, context length) True = a real token
    input_ids: Tensor  # (replies, reply length) start token, then the reply
    target_ids: Tensor  # (replies, reply length) the reply, then the end token
    target_mask: Tensor  # (replies, reply length)
    vectors: Tensor  # (replies, d) p_u of the frozen recommender
    owners: Tensor  # (replies) user of the batch
    weights: Tensor  # (replies) weight of the reply's tokens in the loss
    num_users: int = 1
    support: ReplyBatch | None = None
    entities: IdGrid | None = None  # (replies, most)
    words: IdGrid | None = None  # (replies, most)
    goals: IdGrid | None = None  # (replies, most)

    def rows(self, chosen: Tensor) -> ReplyBatch:
        """The chosen (or repeated) replies, without support."""
        kept: dict[str, Any] = {
            field.name: value.index_select(0, chosen) if isinstance(value, Tensor | IdGrid) else value
            for field in fields(self)
            for value in [getattr(self, field.name)]
        }
        return ReplyBatch(**{**kept, "support": None})

    @property
    def token_weights(self) -> Tensor:
        """The weight of every real target token: (tokens,)."""
        return self.weights[:, None].expand_as(self.target_mask)[self.target_mask]

    def to(self, device: torch.device) -> ReplyBatch:
        """The same batch on another device."""
        moved: dict[str, Any] = {
            field.name: value.to(device) if isinstance(value, Tensor | ReplyBatch | IdGrid) else value
            for field in fields(self)
            for value in [getattr(self, field.name)]
        }
        return ReplyBatch(**moved)

"""Ragged batches: flat index tensors instead of padding.

A batch works on *rows*: copies of the entity embeddings it touches. In a batch that adapts, each user has
rows of his own (``row_users`` tells whose); otherwise all users share them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

BLOCK = 16  # cells of one relation are padded to a multiple of this, so that one batched product serves all


@dataclass(frozen=True)
class Hop:
    """The index tensors of one relation-attention layer (Eq. 1-6).

    *Sources* are the rows of the layer below, *targets* the rows this layer makes. A *cell* is an
    occupied (target, relation) pair; cells are laid out by relation in blocks of ``BLOCK`` slots,
    with unused slots pointing at target 0 and at no edge.
    """

    target_sources: Tensor  # (targets) row of the layer below that is the target's own
    target_users: Tensor  # (targets) user of the batch
    edge_targets: Tensor  # (edges)
    edge_sources: Tensor  # (edges) row of the layer below
    edge_relations: Tensor  # (edges)
    edge_slots: Tensor  # (edges) slot of the edge's cell
    slot_targets: Tensor  # (blocks * BLOCK)
    block_relations: Tensor  # (blocks)
    num_sources: int

    @property
    def num_targets(self) -> int:
        """How many rows the layer makes."""
        return len(self.target_sources)


@dataclass(frozen=True)
class Contexts:
    """Contexts to answer and the samples to be judged on them."""

    hops: tuple[Hop, ...]
    users: Tensor  # (contexts) user of the batch
    mention_encodings: Tensor  # (mentions) target of the last hop
    mention_contexts: Tensor  # (mentions)
    mention_turns: Tensor  # (mentions) turn of the last mention
    mention_ages: Tensor  # (mentions) turns since then
    mention_by_seeker: Tensor  # (mentions) bool
    words: Tensor  # (words) word ids
    word_contexts: Tensor  # (words)
    together: Tensor  # (pairs) context * num_items + item: items that stood beside a mentioned one
    together_weights: Tensor  # (pairs, features) how strongly
    known: Tensor  # (pairs) context * num_items + item: no candidates, since the user has had them
    targets: Tensor  # (samples) item index
    sample_contexts: Tensor  # (samples)
    for_seeker: bool = False  # whether the targets are what the seeker names next (auxiliary training)
    mention_liked: Tensor | None = None  # (mentions) probability that the user likes it; None: nobody asked
    rows: Tensor | None = None  # (sources) rows of the batch that the first hop's sources are; None = all

    @property
    def num_contexts(self) -> int:
        """How many contexts there are."""
        return len(self.users)

    @property
    def num_samples(self) -> int:
        """How many samples there are."""
        return len(self.targets)

    def candidates(self, logits: Tensor) -> Tensor:
        """``logits`` (contexts, items) with minus infinity at what is no candidate."""
        if not len(self.known):
            return logits
        return logits.flatten().index_fill(0, self.known, -torch.inf).view_as(logits)


@dataclass(frozen=True)
class History:
    """What is known of each user of the batch from his support dialogues, one entry per item."""

    users: Tensor  # (entries) user of the batch
    items: Tensor  # (entries) item index
    ages: Tensor  # (entries) dialogues since, 0 = the latest
    kinds: Tensor  # (entries) 0 named by the user, 1 recommended to him
    signs: Tensor  # (entries) 0 unknown, 1 liked, 2 not liked
    beside_users: Tensor  # (pairs) user of the batch, ascending
    beside_items: Tensor  # (pairs) item that others had beside those the user did not dislike
    beside_weights: Tensor  # (pairs, features) how strongly


@dataclass(frozen=True)
class Batch:
    """Rows and contexts of a few users; ``support`` is None when nobody adapts."""

    row_entities: Tensor  # (rows) entity index
    row_users: Tensor  # (rows) user of the batch; all 0 when rows are shared
    num_item_rows: int  # the rows of items come first
    users: Tensor  # (users) row of the user table, all 0: one embedding is adapted to everybody
    query: Contexts
    support: Contexts | None
    history: History

    @property
    def num_users(self) -> int:
        """How many users the batch tells apart."""
        return len(self.users)

    def mention_entities(self, contexts: Contexts) -> Tensor:
        """The entity index of each mention of ``contexts``, one of this batch's two sides: (mentions,)."""
        rows = contexts.mention_encodings
        for hop in reversed(contexts.hops):
            rows = hop.target_sources.index_select(0, rows)
        if contexts.rows is not None:
            rows = contexts.rows.index_select(0, rows)
        return self.row_entities.index_select(0, rows)

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        moved = _moved(self, device)
        assert isinstance(moved, Batch)  # noqa: S101 - tells the type checker what _moved keeps
        return moved


def _moved(value: object, device: torch.device) -> object:
    """``value`` with every tensor in it on ``device``; dataclasses and tuples are rebuilt."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, tuple):
        return tuple(_moved(part, device) for part in value)
    if isinstance(value, Batch | Contexts | Hop | History):
        kind: Callable[..., object] = type(value)
        return kind(**{f.name: _moved(getattr(value, f.name), device) for f in fields(value)})
    return value

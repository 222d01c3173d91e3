"""How much arithmetic a step must do, to compare its time with what the processor can do."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ccrs.core.batch import Batch, Contexts, Hop
from ccrs.models.ccrs import CCRSConfig

PASSES = 3
"""A matrix product is done once forward and twice backward (to either factor)."""


@dataclass(frozen=True)
class Work:
    """Floating-point operations of one plain step, forward and backward."""

    item_softmax: int
    projections: int
    attention: int
    importance: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.parts().values())

    def parts(self) -> dict[str, int]:
        """The operations by what they are for."""
        return {
            "softmax": self.item_softmax,
            "projections": self.projections,
            "attention": self.attention,
            "importance": self.importance,
        }


def plain_step_work(batch: Batch, config: CCRSConfig, num_items: int) -> Work:
    """The multiplications and additions no implementation of Eq. 1-8 and 11 in this form gets around.

    Only what is needed counts: neighbours that an edge leaves from, occupied cells without padding,
    every distinct turn once. Elementwise functions, sums of gathered rows and the optimiser do not count.
    """
    contexts, size = batch.query, config.embedding_size
    return Work(
        item_softmax=PASSES * 2 * contexts.num_contexts * num_items * size,
        projections=sum(_projections(hop, size, config.num_heads) for hop in contexts.hops),
        attention=sum(_attention(hop, size) for hop in contexts.hops),
        importance=_importance(contexts, config),
    )


def _projections(hop: Hop, size: int, num_heads: int) -> int:
    """W^S and W^M of every neighbour, W^T and W^A of every target, A_r and M_r of every cell."""
    neighbours, cells = len(torch.unique(hop.edge_sources)), len(torch.unique(hop.edge_slots))
    # A relation's matrices are (heads, d / heads, d / heads).
    rows = 2 * neighbours + 2 * hop.num_targets + 2 * cells // num_heads
    return PASSES * 2 * rows * size * size


def _attention(hop: Hop, size: int) -> int:
    """The product of key and question, and the weighted message, of every edge."""
    return PASSES * 2 * 2 * len(hop.edge_targets) * size


def _importance(contexts: Contexts, config: CCRSConfig) -> int:
    """Hidden layer and score of both importances: of every encoded entity, and of every turn number."""
    entities = contexts.hops[-1].num_targets
    turns = min(config.max_turns, len(contexts.mention_turns)) if config.turn_encoder else 0
    pooling = len(contexts.mention_encodings) * config.embedding_size
    return PASSES * 2 * ((entities + turns) * (config.embedding_size + 1) * config.embedding_size + pooling)


def softmax_work(num_contexts: int, num_items: int, size: int) -> int:
    """The products of the item softmax alone, forward and backward."""
    return PASSES * 2 * num_contexts * num_items * size

"""Reviews of the items that the contexts of a batch mention, each of them once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ccrs.core.replies import IdGrid
from ccrs.core.samples import Ragged
from ccrs.models.layers.transformer import Packing


@dataclass(frozen=True)
class BatchReviews:
    """The different reviews of a batch, and which of them each reply has."""

    texts: IdGrid  # (reviews, tokens)
    places: Tensor  # (replies, most) which review
    chosen: Tensor  # (replies, most) True = there is one

    @property
    def mask(self) -> Tensor:
        """The real tokens of each reply's reviews, one review after the other: (replies, most · tokens)."""
        found = self.texts.mask[self.places] & self.chosen[:, :, None]  # (replies, most, tokens)
        return found.flatten(1)

    def spread(self, packed: Tensor) -> Tensor:
        """What was made of the packed tokens (tokens, width), for each reply: (replies, most · tokens, width)."""
        grid = Packing.of(self.texts.mask).spread(packed)  # (reviews, tokens, width)
        rows = grid.index_select(0, self.places.flatten())
        length = self.places.shape[1] * self.texts.mask.shape[1]
        return rows.view(len(self.places), length, packed.shape[1])

    def tokens(self) -> IdGrid:
        """The different tokens of each reply's reviews: (replies, most · tokens)."""
        mask = self.mask
        ids = self.texts.ids[self.places].flatten(1)
        # Equal tokens stand side by side once sorted, what is no token before them all.
        ordered = ids.masked_fill(~mask, -1).sort(dim=1).values
        is_first = torch.ones_like(mask)
        is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        is_first &= ordered >= 0
        return IdGrid(ordered.clamp(min=0), is_first)


class ReviewReader(nn.Module):
    """Looks up the reviews (per item, token ids) of the latest items mentioned that have one.

    Reviews are cut to ``max_tokens``; a reply has at most ``max_reviews``. They are no part of the weights.
    """

    ids: Tensor
    mask: Tensor

    def __init__(self, reviews: Ragged, *, max_tokens: int, max_reviews: int) -> None:
        super().__init__()
        self.max_reviews = max_reviews
        lengths = np.minimum(reviews.lengths, max_tokens)
        real = np.arange(max_tokens)[None] < lengths[:, None]
        ids = np.zeros(real.shape, np.int64)
        starts = reviews.offsets[:-1, None] + np.arange(max_tokens)[None]
        ids[real] = reviews.values[starts[real]]
        self.register_buffer("ids", torch.from_numpy(ids), persistent=False)
        self.register_buffer("mask", torch.from_numpy(real), persistent=False)

    def of(self, mentioned: IdGrid) -> BatchReviews:
        """The reviews of entities (replies, most), the latest last."""
        num_items = len(self.ids)
        items = mentioned.ids.clamp(max=num_items - 1)
        has = mentioned.mask & (mentioned.ids < num_items) & self.mask[:, 0][items]
        # The reviewed ones to the end, in their order; of those the last.
        order = has.long().argsort(dim=1, stable=True)[:, -self.max_reviews :]
        chosen, items = has.gather(1, order), items.gather(1, order)
        different, places = torch.unique(items[chosen], return_inverse=True)
        grid = torch.zeros_like(items).masked_scatter(chosen, places)
        if not len(different):  # nothing to read: one empty text stands for none
            grid, chosen = grid[:, :0], chosen[:, :0]
        return BatchReviews(
            IdGrid(self.ids.index_select(0, different), self.mask.index_select(0, different)), grid, chosen
        )

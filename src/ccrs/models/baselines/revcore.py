"""RevCore's recommender (Lu et al. 2021): KGSF that also reads a review of every film mentioned."""

from __future__ import annotations

import torch
from torch import Tensor

from ccrs.core.batch import Batch
from ccrs.models.baselines.kgsf import KGSF, KGSFConfig
from ccrs.models.inputs import ModelInputs
from ccrs.models.layers.segments import ragged_places


class RevCore(KGSF):
    """KGSF whose words are those of the context and those of the reviews of the items mentioned in it.

    Reviews are looked up by the item mentioned in the context, never by the target. The original chooses the review
    by the sentiment of the context; the published data hold one review a film.
    """

    review_offsets: Tensor
    review_words: Tensor

    def __init__(self, config: KGSFConfig, given: ModelInputs) -> None:
        super().__init__(config, given)
        reviews = given.resources.reviews
        if reviews is None:
            raise ValueError("RevCore is built with reviews; its registry row says so.")
        self.register_buffer("review_offsets", torch.from_numpy(reviews.offsets), persistent=False)
        self.register_buffer("review_words", torch.from_numpy(reviews.values), persistent=False)

    def said(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The words of contexts and reviews that the graph knows, and which context each is of."""
        contexts = batch.query
        mentioned = batch.mention_entities(contexts)
        is_item = mentioned < self.num_items
        items, owners = mentioned[is_item], contexts.mention_contexts[is_item]
        places, _, lengths = ragged_places(self.review_offsets, items)
        words = torch.cat([contexts.words, self.review_words.index_select(0, places)])
        whose = torch.cat([contexts.word_contexts, torch.repeat_interleave(owners, lengths)])
        known = self.graph_words.index_select(0, words)
        return words[known], whose[known]

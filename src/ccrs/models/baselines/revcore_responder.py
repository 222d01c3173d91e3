"""RevCore's dialogue model (Lu et al. 2021): KGSF's, with reviews of the films mentioned beside."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.replies import IdGrid, ReplyBatch
from ccrs.models.baselines.kgsf_responder import KGSFResponderConfig
from ccrs.models.layers.copy_head import CopyHead
from ccrs.models.layers.mention_encoder import MentionEncoder, there
from ccrs.models.layers.reply_transformer import DecoderState, ReplyTransformer
from ccrs.models.layers.review_reader import ReviewReader
from ccrs.models.layers.transformer import Packing
from ccrs.models.responder_inputs import ResponderInputs, required


class RevCoreResponderConfig(KGSFResponderConfig):
    """Sizes of the dialogue model."""

    review_tokens: int = Field(20, ge=1)
    """The first tokens of a review."""
    max_reviews: int = Field(4, ge=1)
    """Reviews of the latest films that have one, this many at most."""


class RevCoreResponder(ReplyTransformer):
    """Each layer of the decoder looks at entities, at words, at reviews, then at the context.

    Reviews are those of the items that the *context* mentions, read by the encoder that reads the context; no review
    is ever part of what the model learns to say, and none is chosen by the target. To KGSF's copied logits come those
    of the tokens of these very reviews: ``w_t · (W state + b)``, the state being one that has looked at them.

    Adapted: a review is read once a batch, not once a mention, and stands beside the context instead of in it.
    """

    def __init__(self, config: RevCoreResponderConfig, given: ResponderInputs) -> None:
        super().__init__(config, given.sizes, num_others=3)
        self.config = config
        known = given.knowledge
        if known.reviews is None:
            raise ValueError("RevCore's responder is built with reviews; its registry row says so.")
        self.entities = MentionEncoder(required(known.entity_rows, "entity_rows"), config.width)
        self.words = MentionEncoder(required(known.word_rows, "word_rows"), config.width)
        slots = torch.tensor(given.tokens.slots, dtype=torch.long)
        copied = torch.unique(torch.cat([required(known.keywords, "word_graph"), slots]))
        self.copy = CopyHead(config.width, 2, copied)
        length = min(config.review_tokens, given.sizes.max_context)
        self.reviews = ReviewReader(known.reviews, max_tokens=length, max_reviews=config.max_reviews)
        self.review_state = nn.Linear(config.width, config.width)
        self.review_words = nn.Parameter(torch.randn(given.sizes.vocabulary, config.width) * 0.02)

    def start(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> DecoderState:
        """The state before the first token."""
        mentioned = there(batch.entities)
        entities, words = self.entities(mentioned), self.words(there(batch.words))
        reviews = self.reviews.of(mentioned)
        read = self.read(reviews.texts.ids, Packing.of(reviews.texts.mask))
        others = []
        for layer in self._layers("decoder"):
            looks = layer.other_attentions()
            told = reviews.spread(looks[2].told(read))
            others.append(
                (
                    entities.memory(looks[0]),
                    words.memory(looks[1]),
                    looks[2].memory(told, reviews.mask),
                )
            )
        told = self.copy.told(entities.pooled, words.pooled)
        tokens = reviews.tokens()
        return self.state(*self.encode(batch), others=tuple(others), kept=(told, tokens.ids, tokens.mask))

    def word_logits(self, values: Tensor, state: DecoderState, targets: Packing | None) -> Tensor:
        """Logits with the copied ones, of the graphs and of the reviews."""
        told, ids, mask = state.kept
        normed = self.decoder_norm(values)
        if targets is not None:
            told = told.index_select(0, targets.sequences)
        logits = self.copy(super().word_logits(values, state, targets), normed, told)
        return self._with_reviews(logits, self.review_state(normed), IdGrid(ids, mask), targets)

    def _with_reviews(
        self, logits: Tensor, states: Tensor, tokens: IdGrid, targets: Packing | None
    ) -> Tensor:
        """``logits`` (n, vocabulary) with those of the review tokens (rows, most) of each row added."""
        grid = states[:, None] if targets is None else targets.spread(states)
        rows = nn.functional.embedding(tokens.ids, self.review_words).to(grid.dtype)  # (rows, most, width)
        scores = (grid @ rows.transpose(1, 2)).masked_fill(~tokens.mask[:, None], 0)  # (rows, length, most)
        if targets is None:
            return logits.scatter_add(1, tokens.ids, scores[:, 0].to(logits.dtype))
        ids = tokens.ids.index_select(0, targets.sequences)
        return logits.scatter_add(1, ids, targets.pack(scores).to(logits.dtype))

"""KGSF's dialogue model (Zhou et al. 2020): a Transformer that looks at what is named and copies from its graphs."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from pydantic import Field
from torch import Tensor

from ccrs.core.replies import ReplyBatch
from ccrs.models.layers.copy_head import CopyHead
from ccrs.models.layers.mention_encoder import MentionEncoder, there
from ccrs.models.layers.reply_transformer import DecoderState, ReplyTransformer, TransformerConfig
from ccrs.models.layers.transformer import Packing
from ccrs.models.responder_inputs import ResponderInputs, required


class KGSFResponderConfig(TransformerConfig):
    """Sizes of the dialogue model; the original has 2 heads and a hidden size of 300."""

    num_heads: int = Field(2, ge=1)
    feed_forward_size: int = Field(300, ge=1)


class KGSFResponder(ReplyTransformer):
    """Each layer of the decoder looks at the entities named, at the words of the word graph, then at the context.

    To the logits of keywords (tokens that are a word of the word graph) and of slots come those of a copy head over
    [entities; words; state], the first two pooled. The rows of entities and words are those of a frozen recommender.

    Adapted: tokens are pieces of words, so only words that are one token can be copied; films and facts are copied as
    slots. The original leaves dropout on when it writes; here it is off.
    """

    def __init__(self, config: KGSFResponderConfig, given: ResponderInputs) -> None:
        super().__init__(config, given.sizes, num_others=2)
        self.config = config
        known = given.knowledge
        self.entities = MentionEncoder(required(known.entity_rows, "entity_rows"), config.width)
        self.words = MentionEncoder(required(known.word_rows, "word_rows"), config.width)
        slots = torch.tensor(given.tokens.slots, dtype=torch.long)
        copied = torch.unique(torch.cat([required(known.keywords, "word_graph"), slots]))
        self.copy = CopyHead(config.width, 2, copied)

    def start(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> DecoderState:
        """The state before the first token."""
        entities, words = self.entities(there(batch.entities)), self.words(there(batch.words))
        others = tuple(
            (entities.memory(looks[0]), words.memory(looks[1]))
            for looks in (layer.other_attentions() for layer in self._layers("decoder"))
        )
        told = self.copy.told(entities.pooled, words.pooled)
        return self.state(*self.encode(batch), others=others, kept=(told,))

    def word_logits(self, values: Tensor, state: DecoderState, targets: Packing | None) -> Tensor:
        """Logits with the copied ones."""
        told = state.kept[0] if targets is None else state.kept[0].index_select(0, targets.sequences)
        found: Tensor = self.copy(
            super().word_logits(values, state, targets), self.decoder_norm(values), told
        )
        return found

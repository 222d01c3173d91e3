"""KECRS's dialogue model (Zhang et al. 2021): a Transformer that is asked for the facts around the film it names."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.replies import IdGrid, ReplyBatch
from ccrs.core.samples import Ragged
from ccrs.models.layers.mention_encoder import there
from ccrs.models.layers.reply_transformer import (
    DecoderState,
    ReplyTransformer,
    TransformerConfig,
    packed_losses,
)
from ccrs.models.layers.transformer import Packing
from ccrs.models.responder_inputs import ResponderInputs, required


class KECRSResponderConfig(TransformerConfig):
    """Sizes and weights; the original has 2 heads and a hidden size of 300."""

    num_heads: int = Field(2, ge=1)
    feed_forward_size: int = Field(300, ge=1)
    bag_weight: float = Field(1.5, ge=0)
    """Weight of the bag-of-entity loss."""
    infusion_weight: float = Field(0.025, ge=0)
    """Weight of the infusion loss."""
    decoding_weight: float = Field(0.1, ge=0)
    """What an entity's probability adds to that of its word."""


class KECRSResponder(ReplyTransformer):
    """A plain Transformer that also scores facts (entities one hop from a film) at every token.

    ``e_t = softmax(H (A [u; state_t]) + c)`` with the frozen rows H of the facts and the user vector u of the
    recommender. Training adds two losses, each a mean over replies. *Bag of entities*: ``Σ_e −log σ(Σ_t e_t(e))`` over
    the facts e around the films that the reply names. *Infusion*: ``Σ_v (z_v − y_v)²`` over the vocabulary, with
    ``z = (B u + b) Eᵀ + d`` and y 1 at the tokens of the facts that the context names. When it is used, 0.1 · e_t is
    added to the probabilities of words, which are made to sum to 1 again.

    Adapted to slots: in the original every entity is one word of the vocabulary. Here films are a slot that the
    recommender fills, so facts alone are scored and none of them is a film; a fact adds to the probability of a token
    only where its name is one token (genres are, most people are not); y holds all tokens of a fact's name. Training's
    cross-entropy is without e_t, as in the original; likelihoods in use are those of what is decoded.
    """

    rows: Tensor
    fact_of: Tensor
    name_offsets: Tensor
    name_tokens: Tensor
    spoken_facts: Tensor
    spoken_tokens: Tensor

    def __init__(self, config: KECRSResponderConfig, given: ResponderInputs) -> None:
        super().__init__(config, given.sizes)
        self.config = config
        known = given.knowledge
        table, facts = required(known.entity_rows, "entity_rows"), required(known.facts, "facts")
        names = known.entity_tokens or Ragged.from_rows([[] for _ in range(len(table))])
        size, user = table.shape[1], given.sizes.vector_size
        self.to_entity = nn.Linear(user + config.width, size)  # A
        self.fact_bias = nn.Parameter(torch.zeros(len(facts)))  # c
        self.to_words = nn.Linear(user, config.width)  # B
        self.infused_bias = nn.Parameter(torch.zeros(given.sizes.vocabulary))  # d
        fact_of = torch.full((len(table),), -1).index_copy(0, facts, torch.arange(len(facts)))
        entities, tokens = required(known.one_token_names, "names").unbind()
        is_fact = fact_of[entities] >= 0
        for name, value in {
            "rows": table.index_select(0, facts),
            "fact_of": fact_of,
            "name_offsets": torch.from_numpy(names.offsets),
            "name_tokens": torch.from_numpy(names.values),
            "spoken_facts": fact_of[entities[is_fact]],
            "spoken_tokens": tokens[is_fact],
        }.items():
            self.register_buffer(name, value, persistent=False)

    def start(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> DecoderState:
        """The state before the first token."""
        return self.state(*self.encode(batch), kept=(batch.vectors,))

    def word_logits(self, values: Tensor, state: DecoderState, targets: Packing | None) -> Tensor:
        """Logits in training; in use the logarithms of probabilities with those of the facts added."""
        logits = super().word_logits(values, state, targets)
        if self.training or not self.config.decoding_weight:
            return logits
        owners = None if targets is None else targets.sequences
        facts = self._facts(self.decoder_norm(values), state.kept[0], owners)
        added = self.config.decoding_weight * facts.index_select(1, self.spoken_facts)
        precise = logits.to(torch.promote_types(logits.dtype, torch.float32)).softmax(dim=1)
        # A probability of 0 would have no logarithm.
        tiny = torch.finfo(precise.dtype).tiny
        return precise.index_add(1, self.spoken_tokens, added.to(precise.dtype)).clamp(min=tiny).log()

    def loss(self, batch: ReplyBatch) -> Tensor:
        """Cross-entropy, bag of entities and infusion, summed over the real target tokens of ``batch``."""
        state, targets = self.start(batch), Packing.of(batch.target_mask)
        values = self.decoded(state, batch.input_ids, targets)
        losses = packed_losses(super().word_logits(values, state, targets), batch.target_ids, targets)
        added = self.config.bag_weight * self._bag(self.decoder_norm(values), batch, targets)
        added = added + self.config.infusion_weight * self._infusion(batch)
        # Both are means over replies where the first is summed over tokens.
        return (losses * batch.token_weights).sum() + added * (len(targets.index) / max(len(batch.owners), 1))

    def _facts(self, states: Tensor, vectors: Tensor, owners: Tensor | None) -> Tensor:
        """The probability of every fact at each of ``states`` (n, width): (n, facts)."""
        user = nn.functional.linear(
            vectors, self.to_entity.weight[:, : vectors.shape[1]], self.to_entity.bias
        )
        user = user if owners is None else user.index_select(0, owners)
        wanted = user + nn.functional.linear(states, self.to_entity.weight[:, vectors.shape[1] :])
        return torch.addmm(self.fact_bias, wanted.to(self.rows.dtype), self.rows.T).softmax(dim=1)

    def _bag(self, states: Tensor, batch: ReplyBatch, targets: Packing) -> Tensor:
        """``Σ_e −log σ(Σ_t e_t(e))`` over the facts around the films named, summed over replies."""
        goals = there(batch.goals)
        wanted = self._places(goals)
        is_wanted = wanted >= 0  # (replies, most)
        # Most replies name no film: of those nothing is scored.
        has = is_wanted.any(dim=1)
        kept = has.index_select(0, targets.sequences)
        owners = targets.sequences[kept]
        facts = self._facts(states[kept], batch.vectors, owners)
        number = has.cumsum(0) - 1
        bags = facts.new_zeros(int(has.sum()), facts.shape[1]).index_add(0, number[owners], facts)
        rows, columns = is_wanted.nonzero().unbind(1)
        return -nn.functional.logsigmoid(bags[number[rows], wanted[rows, columns]]).sum()

    def _places(self, goals: IdGrid) -> Tensor:
        """The number of each goal among the facts; -1 where it is none: (replies, most)."""
        return self.fact_of[goals.ids].masked_fill(~goals.mask, -1)

    def _infusion(self, batch: ReplyBatch) -> Tensor:
        """``Σ_v (z_v − y_v)²``, summed over the replies whose contexts name a fact."""
        mentioned = there(batch.entities)
        rows, columns = mentioned.mask.nonzero().unbind(1)
        entities = mentioned.ids[rows, columns]
        starts = self.name_offsets[entities]
        lengths = self.name_offsets[entities + 1] - starts
        places = torch.repeat_interleave(starts - (lengths.cumsum(0) - lengths), lengths)
        tokens = self.name_tokens[places + torch.arange(len(places), device=places.device)]
        wanted = batch.vectors.new_zeros(len(mentioned.mask), self.sizes.vocabulary)
        wanted[torch.repeat_interleave(rows, lengths), tokens] = 1
        has = wanted.any(dim=1)
        said = self.to_words(batch.vectors[has]) @ self.embedding.T + self.infused_bias
        wrong: Tensor = (said - wanted[has]).square().sum()
        return wrong

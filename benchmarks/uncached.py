"""Greedy replies with and without the cache of keys and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from ccrs.core.replies import ReplyBatch
from ccrs.models.layers.transformer import Layer, Packing
from ccrs.models.responder import DecoderState, Responder

LOGIT_TOLERANCE = 1e-3
"""Largest difference of two float32 logits that are equal on paper."""


@dataclass(frozen=True)
class UncachedState:
    """The state before the first token, and all tokens since."""

    first: DecoderState
    token_ids: Tensor  # (rows, steps)


class UncachedDecoder:
    """Runs the decoder over the whole reply so far at every step; the context is read once, as with the cache."""

    def __init__(self, model: Responder) -> None:
        self.model = model

    def start(self, batch: ReplyBatch) -> UncachedState:
        """The state before the first token."""
        first = self.model.start(batch)
        return UncachedState(first, batch.context_ids.new_zeros(len(batch.context_ids), 0))

    def step(self, token_ids: Tensor, state: UncachedState) -> tuple[Tensor, UncachedState]:
        """Logits (rows, vocabulary) of the token after ``token_ids`` (rows,), and the next state."""
        model, first = self.model, state.first
        ids = torch.cat([state.token_ids, token_ids[:, None]], dim=1)
        packing = Packing.of(torch.ones_like(ids, dtype=torch.bool))
        values = nn.functional.embedding(ids.flatten(), model.embedding) * model.config.width**0.5
        values = values + model.reply_places.index_select(0, packing.places)
        for layer, memory in zip(model.decoder, first.memory, strict=True):
            values = cast("Layer", layer).decode(values, packing, memory, first.memory_mask)
        last = packing.spread(values)[:, -1]  # (rows, width)
        output = model.output(model.decoder_norm(last))
        logits = nn.functional.linear(output, model.embedding, model.output_bias)
        if first.bias is not None:
            logits = logits + first.bias
        return logits, UncachedState(first, ids)

    def select(self, state: UncachedState, rows: Tensor) -> UncachedState:
        """The state of chosen (or repeated) rows."""
        return UncachedState(self.model.select(state.first, rows), state.token_ids.index_select(0, rows))


@torch.no_grad()
def check(model: Responder, batch: ReplyBatch, tokens: Sequence[int]) -> float:
    """The largest difference of the two ways' logits after the same tokens; raises when they do not agree."""
    plain = UncachedDecoder(model)
    cached, uncached = model.start(batch), plain.start(batch)
    difference = 0.0
    for token in tokens:
        ids = torch.full((len(batch.context_ids),), token)
        ours, cached = model.step(ids, cached)
        theirs, uncached = plain.step(ids, uncached)
        difference = max(difference, float((ours - theirs).abs().max()))
    if difference > LOGIT_TOLERANCE:
        raise RuntimeError(
            f"Logits with and without the cache differ by {difference:.1e}: something is wrong."
        )
    return difference

"""A plain reference for the responder: torch's own Transformer on padded grids, with the same weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from ccrs.core.replies import ReplyBatch
from ccrs.models.layers.transformer import Layer
from ccrs.models.responder import Responder

LOSS_TOLERANCE = 1e-4
"""Largest relative difference of two float32 losses that are equal on paper."""


class PaddedReference(nn.Module):
    """``nn.TransformerEncoder`` and ``nn.TransformerDecoder`` in the place of the responder's packed layers.

    Embeddings, word bias and output are copies of the responder's, as are the weights of the layers. Every
    position of the grids is computed, padding included.
    """

    def __init__(self, model: Responder) -> None:
        super().__init__()
        config = model.config
        self.rest = copy.deepcopy(model)
        encoder, decoder = _layers(model.encoder), _layers(model.decoder)
        self.rest.encoder, self.rest.decoder = nn.ModuleList(), nn.ModuleList()
        sizes: dict[str, Any] = {
            "d_model": config.width,
            "nhead": config.num_heads,
            "dim_feedforward": config.feed_forward_size,
            "dropout": config.dropout,
            "activation": "gelu",
            "batch_first": True,
            "norm_first": True,
        }
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(**sizes), len(encoder), enable_nested_tensor=False
        )
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**sizes), len(decoder))
        for ours, theirs in zip(
            [*encoder, *decoder], [*self.encoder.layers, *self.decoder.layers], strict=True
        ):
            _copy(ours, cast("Any", theirs))

    def inner_parameters(self) -> dict[str, Tensor]:
        """None: nobody adapts."""
        return {}

    def forward(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> Tensor:
        """Negative log-likelihood of every real target token, packed: (tokens,)."""
        if inner:
            raise ValueError("The reference does not adapt.")
        rest = self.rest
        lengths = batch.context_mask.sum(1, keepdim=True)
        ages = (lengths - 1 - torch.arange(batch.context_ids.shape[1])).clamp(min=0)  # (replies, context)
        contexts = self._embed(batch.context_ids) + nn.functional.embedding(ages, rest.context_places)
        memory = rest.encoder_norm(
            self.encoder(self._drop(contexts), src_key_padding_mask=~batch.context_mask)
        )
        length = batch.input_ids.shape[1]
        values = self._drop(self._embed(batch.input_ids) + rest.reply_places[:length])
        found = self.decoder(
            values,
            memory,
            tgt_mask=torch.ones(length, length, dtype=torch.bool).triu(1),
            memory_key_padding_mask=~batch.context_mask,
            tgt_is_causal=True,
        )
        logits = nn.functional.linear(
            rest.output(rest.decoder_norm(found)), rest.embedding, rest.output_bias
        )  # (replies, length, vocabulary)
        bias = rest.word_bias(batch.vectors, batch.owners)
        if bias is not None:
            logits = logits + bias[:, None].to(logits.dtype)
        losses = nn.functional.cross_entropy(
            logits.float().flatten(0, 1), batch.target_ids.flatten(), reduction="none"
        )
        packed: Tensor = losses.view_as(batch.target_ids)[batch.target_mask]
        return packed

    def _embed(self, ids: Tensor) -> Tensor:
        return nn.functional.embedding(ids, self.rest.embedding) * math.sqrt(self.rest.config.width)

    def _drop(self, values: Tensor) -> Tensor:
        return nn.functional.dropout(values, self.rest.config.dropout, self.training)


def check(model: Responder, reference: PaddedReference, batch: ReplyBatch) -> float:
    """The relative difference of the two losses of a batch without dropout; raises when they do not agree."""
    states = [(module, module.training) for module in (model, reference)]
    losses = []
    for module, was_training in states:
        module.eval()
        with torch.no_grad():
            losses.append(module(batch))
        module.train(was_training)
    difference = float((losses[0] - losses[1]).abs().max() / losses[0].abs().max())
    if difference > LOSS_TOLERANCE:
        raise RuntimeError(f"The reference's losses differ by {difference:.1e}: the benchmark is wrong.")
    return difference


def _layers(modules: nn.Module) -> list[Layer]:
    return [cast("Layer", layer) for layer in cast("nn.ModuleList", modules)]


@torch.no_grad()
def _copy(ours: Layer, theirs: Any) -> None:
    """The weights of one of our layers into torch's layer of the same form."""
    pairs: list[tuple[nn.Module, nn.Module]] = [
        (ours.norm_self, theirs.norm1),
        (ours.mixed, theirs.self_attn.out_proj),
        (ours.inner, theirs.linear1),
        (ours.outer, theirs.linear2),
        (ours.norm_out, theirs.norm3 if ours.has_memory else theirs.norm2),
    ]
    if ours.has_memory:
        pairs += [(ours.norm_memory, theirs.norm2), (ours.heard, theirs.multihead_attn.out_proj)]
        theirs.multihead_attn.in_proj_weight.copy_(torch.cat([ours.asked.weight, ours.told.weight]))
        theirs.multihead_attn.in_proj_bias.copy_(torch.cat([ours.asked.bias, ours.told.bias]))
    theirs.self_attn.in_proj_weight.copy_(ours.qkv.weight)
    theirs.self_attn.in_proj_bias.copy_(ours.qkv.bias)
    for source, target in pairs:
        target.load_state_dict(source.state_dict())

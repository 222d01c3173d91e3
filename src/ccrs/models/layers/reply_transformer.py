"""The Transformer of all dialogue models: a context in, a reply out, token by token or all at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.config import StrictConfig
from ccrs.core.errors import ConfigError
from ccrs.core.replies import ReplyBatch
from ccrs.models.layers.transformer import Layer, Memory, Owners, Packing, Weights

FIRST_LAYER = "layer."
"""Names of the inner parameters that belong to the first encoder layer."""


class TransformerConfig(StrictConfig):
    """Sizes of the Transformer."""

    width: int = Field(300, ge=2)
    num_heads: int = Field(6, ge=1)
    num_encoder_layers: int = Field(2, ge=1)
    num_decoder_layers: int = Field(2, ge=1)
    feed_forward_size: int = Field(600, ge=1)
    dropout: float = Field(0.1, ge=0, lt=1)


class ResponderSizes(StrictConfig):
    """What the tokeniser, the tables and the recommender give."""

    vocabulary: int
    vector_size: int
    max_context: int
    max_reply: int


@dataclass(frozen=True)
class DecoderState:
    """What decoding keeps between two steps, one row a reply that is being written."""

    past: tuple[tuple[Tensor, Tensor], ...]  # a layer: keys and values (rows, steps, width)
    memory: tuple[tuple[Tensor, Tensor], ...]  # a layer: keys and values (rows, context, width)
    memory_mask: Tensor  # (rows, context)
    bias: Tensor | None  # (rows, vocabulary) F(g_u)
    position: int
    others: tuple[tuple[Memory, ...], ...] = ()  # a layer: what it looks at before the context
    kept: tuple[Tensor, ...] = ()  # (rows, ...) each: what else the output needs and no step changes


class ReplyTransformer(nn.Module):
    """Encoder and decoder over tokens, with a tied output.

    A model of its own overrides ``start`` (to give its decoder's layers ``num_others`` further memories, or what its
    output needs) and ``word_logits``.
    """

    def __init__(self, config: TransformerConfig, sizes: ResponderSizes, *, num_others: int = 0) -> None:
        super().__init__()
        if config.width % config.num_heads:
            raise ConfigError(
                f"model.width = {config.width} cannot be divided by model.num_heads = {config.num_heads}. "
                "Choose a multiple."
            )
        self.sizes, self.transformer = sizes, config
        width = config.width

        def layer(*, memory: bool) -> Layer:
            others = num_others if memory else 0
            return Layer(
                width,
                config.num_heads,
                config.feed_forward_size,
                config.dropout,
                memory=memory,
                others=others,
            )

        self.embedding = nn.Parameter(torch.randn(sizes.vocabulary, width) / math.sqrt(width))
        self.context_places = nn.Parameter(torch.randn(sizes.max_context, width) * 0.02)
        self.reply_places = nn.Parameter(torch.randn(sizes.max_reply + 1, width) * 0.02)
        self.encoder = nn.ModuleList(layer(memory=False) for _ in range(config.num_encoder_layers))
        self.decoder = nn.ModuleList(layer(memory=True) for _ in range(config.num_decoder_layers))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        # Before the tied output: without it every token would predict itself at the start.
        self.output = nn.Linear(width, width)
        self.output_bias = nn.Parameter(torch.zeros(sizes.vocabulary))

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.embedding.device

    def forward(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> Tensor:
        """Negative log-likelihood of every real target token, packed: (tokens,).

        ``inner`` holds the users' own parameters, each with a leading (users) dimension; None: the common ones.
        """
        state = self.start(batch, inner)
        return self.likelihoods(state, batch.input_ids, batch.target_ids, batch.target_mask)

    def start(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> DecoderState:
        """The state before the first token, with everything computed that does not depend on the step."""
        return self.state(*self.encode(batch, inner))

    def likelihoods(
        self, state: DecoderState, input_ids: Tensor, target_ids: Tensor, target_mask: Tensor
    ) -> Tensor:
        """Negative log-likelihood of every real target token, packed (tokens,), after a start state.

        The ids and the mask are (rows, length), a row for each row of ``state``.
        """
        targets = Packing.of(target_mask)
        values = self.decoded(state, input_ids, targets)
        return packed_losses(self.word_logits(values, state, targets), target_ids, targets)

    def step(self, token_ids: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """Logits (rows, vocabulary) of the token after ``token_ids`` (rows,), and the next state."""
        values = self._embed(token_ids) + self.reply_places[state.position]
        past = []
        others = state.others or ((),) * len(self.decoder)
        for layer, before, memory, other in zip(
            self._layers("decoder"), state.past, state.memory, others, strict=True
        ):
            values, now = layer.step(values, before, memory, state.memory_mask, other)
            past.append(now)
        logits = self.word_logits(values, state, None)
        return logits, replace(state, past=tuple(past), position=state.position + 1)

    def select(self, state: DecoderState, rows: Tensor) -> DecoderState:
        """The state of chosen (or repeated) rows."""

        def chosen(pairs: tuple[tuple[Tensor, Tensor], ...]) -> tuple[tuple[Tensor, Tensor], ...]:
            return tuple((a.index_select(0, rows), b.index_select(0, rows)) for a, b in pairs)

        return DecoderState(
            past=chosen(state.past),
            memory=chosen(state.memory),
            memory_mask=state.memory_mask.index_select(0, rows),
            bias=None if state.bias is None else state.bias.index_select(0, rows),
            position=state.position,
            others=tuple(tuple(other.select(rows) for other in layer) for layer in state.others),
            kept=tuple(part.index_select(0, rows) for part in state.kept),
        )

    def encode(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> tuple[Tensor, Packing]:
        """The contexts, packed (tokens, width), and where the tokens lie."""
        packing = Packing.of(batch.context_mask)
        users = None if inner is None else batch.owners.index_select(0, packing.sequences)
        return self.read(batch.context_ids, packing, inner, users, batch.num_users), packing

    def read(
        self,
        ids: Tensor,
        packing: Packing,
        inner: Mapping[str, Tensor] | None = None,
        users: Tensor | None = None,
        num_users: int = 1,
    ) -> Tensor:
        """Texts on a grid of ``ids`` (rows, length), encoded and packed: (tokens, width).

        ``users`` (tokens,) tells whose own parameters of ``inner`` read each token.
        """
        values = self._embed(ids.flatten().index_select(0, packing.index))
        # Counted from the end: what was said last stands at the same place in every context.
        ages = packing.mask.sum(1).index_select(0, packing.sequences) - 1 - packing.places
        values = self._drop(values + self.context_places.index_select(0, ages))
        owners = None if users is None else Owners.of(users, num_users)
        for number, layer in enumerate(self._layers("encoder")):
            own = inner is not None and number == 0
            weights: Weights = layer.weights()
            if own and inner is not None:
                weights = {
                    n.removeprefix(FIRST_LAYER): v for n, v in inner.items() if n.startswith(FIRST_LAYER)
                }
            values = layer.encode(values, packing, weights, owners if own else None, users if own else None)
        return cast("Tensor", self.encoder_norm(values))

    def state(
        self,
        memory: Tensor,
        packing: Packing,
        *,
        bias: Tensor | None = None,
        others: tuple[tuple[Memory, ...], ...] = (),
        kept: tuple[Tensor, ...] = (),
    ) -> DecoderState:
        """The state before the first token over encoded contexts (tokens, width)."""
        layers = self._layers("decoder")
        empty = memory.new_zeros(len(packing.mask), 0, self.transformer.width)
        return DecoderState(
            past=tuple((empty, empty) for _ in layers),
            memory=tuple(layer.tell(memory, packing) for layer in layers),
            memory_mask=packing.mask,
            bias=bias,
            position=0,
            others=others,
            kept=kept,
        )

    def decoded(self, state: DecoderState, input_ids: Tensor, targets: Packing) -> Tensor:
        """What the decoder makes of the tokens so far at each real token, packed: (tokens, width)."""
        values = self._embed(input_ids.flatten().index_select(0, targets.index))
        values = self._drop(values + self.reply_places.index_select(0, targets.places))
        others = state.others or ((),) * len(self.decoder)
        for layer, memory, other in zip(self._layers("decoder"), state.memory, others, strict=True):
            values = layer.decode(values, targets, memory, state.memory_mask, other)
        return values

    def word_logits(self, values: Tensor, state: DecoderState, targets: Packing | None) -> Tensor:
        """Logits (tokens, vocabulary) of decoder outputs (tokens, width).

        ``targets`` tells where the tokens lie; None where they are one a row of ``state``.
        """
        logits = nn.functional.linear(
            self.output(self.decoder_norm(values)), self.embedding, self.output_bias
        )
        if state.bias is None:
            return logits
        if targets is None:
            return logits + state.bias
        return logits + state.bias.to(logits.dtype).index_select(0, targets.sequences)

    def _embed(self, ids: Tensor) -> Tensor:
        return nn.functional.embedding(ids, self.embedding) * math.sqrt(self.transformer.width)

    def _drop(self, values: Tensor) -> Tensor:
        return nn.functional.dropout(values, self.transformer.dropout, self.training)

    def _layers(self, side: Literal["encoder", "decoder"]) -> list[Layer]:
        return [cast("Layer", layer) for layer in getattr(self, side)]


def packed_losses(logits: Tensor, target_ids: Tensor, targets: Packing) -> Tensor:
    """Negative log-likelihood (tokens,) of the real tokens of a grid under ``logits`` (tokens, vocabulary)."""
    wanted = target_ids.flatten().index_select(0, targets.index)
    precise = logits.to(torch.promote_types(logits.dtype, torch.float32))
    return nn.functional.cross_entropy(precise, wanted, reduction="none")

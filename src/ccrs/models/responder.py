"""The dialogue generator (Eq. 9-10): a Transformer whose words lean towards the user's style."""

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
from ccrs.models.layers.transformer import Layer, Owners, Packing, Weights

FIRST_LAYER = "layer."
"""Names of the inner parameters that belong to the first encoder layer."""
STYLES = "styles"


class ResponderConfig(StrictConfig):
    """Sizes and switches of the responder."""

    width: int = Field(300, ge=2)
    num_heads: int = Field(6, ge=1)
    num_encoder_layers: int = Field(2, ge=1)
    num_decoder_layers: int = Field(2, ge=1)
    feed_forward_size: int = Field(600, ge=1)
    dropout: float = Field(0.1, ge=0, lt=1)
    customization: Literal["styles", "user", "none"] = "styles"
    """``styles``: a mixture of latent styles moves the words (Eq. 9-10). ``user``: KBRD's bias from the user
    vector. ``none``: a plain Transformer."""
    num_styles: int = Field(4, ge=1)
    style_size: int = Field(64, ge=1)
    bias_size: int = Field(512, ge=1)
    """Hidden size of F (Eq. 10)."""


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


class Responder(nn.Module):
    """Reads a context and writes a reply; ``vectors`` p_u come from a frozen recommender.

    Inner parameters (of the user's own after adaptation): the first encoder layer and the styles L.
    """

    def __init__(self, config: ResponderConfig, sizes: ResponderSizes) -> None:
        super().__init__()
        if config.width % config.num_heads:
            raise ConfigError(
                f"model.width = {config.width} cannot be divided by model.num_heads = {config.num_heads}. "
                "Choose a multiple."
            )
        self.config, self.sizes = config, sizes
        width = config.width

        def layer(*, memory: bool) -> Layer:
            return Layer(width, config.num_heads, config.feed_forward_size, config.dropout, memory=memory)

        self.embedding = nn.Parameter(torch.randn(sizes.vocabulary, width) / math.sqrt(width))
        self.context_places = nn.Parameter(torch.randn(sizes.max_context, width) * 0.02)
        self.reply_places = nn.Parameter(torch.randn(sizes.max_reply + 1, width) * 0.02)
        self.encoder = nn.ModuleList(layer(memory=False) for _ in range(config.num_encoder_layers))
        self.decoder = nn.ModuleList(layer(memory=True) for _ in range(config.num_decoder_layers))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        # Before the tied output: without it every token would predict itself at the start.
        self.output = nn.Linear(width, width)
        self.output_bias = nn.Parameter(torch.zeros(sizes.vocabulary))
        if config.customization == "styles":
            self.choice = nn.Linear(sizes.vector_size, config.style_size, bias=False)  # W^C
            self.styles = nn.Parameter(torch.randn(config.style_size, config.num_styles) / 8)  # L
        if config.customization != "none":
            source = config.style_size if config.customization == "styles" else sizes.vector_size
            self.bias_hidden = nn.Linear(source, config.bias_size)
            self.bias_words = nn.Linear(config.bias_size, sizes.vocabulary, bias=False)
            nn.init.normal_(self.bias_words.weight, std=0.02)

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.embedding.device

    def inner_parameters(self) -> dict[str, Tensor]:
        """What is adapted to a user, by name: the first encoder layer and, where there are styles, L."""
        inner = {
            f"{FIRST_LAYER}{name}": value for name, value in self._layers("encoder")[0].weights().items()
        }
        if self.config.customization == "styles":
            inner[STYLES] = self.styles
        return inner

    def forward(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> Tensor:
        """Negative log-likelihood of every real target token, packed: (tokens,).

        ``inner`` holds the users' own parameters, each with a leading (users) dimension; None: the common ones.
        """
        state = self.start(batch, inner)
        return self.likelihoods(state, batch.input_ids, batch.target_ids, batch.target_mask)

    def likelihoods(
        self, state: DecoderState, input_ids: Tensor, target_ids: Tensor, target_mask: Tensor
    ) -> Tensor:
        """Negative log-likelihood of every real target token, packed (tokens,), after a start state.

        The ids and the mask are (rows, length), a row for each row of ``state``.
        """
        targets = Packing.of(target_mask)
        values = self._embed(input_ids.flatten().index_select(0, targets.index))
        values = self._drop(values + self.reply_places.index_select(0, targets.places))
        for layer, memory in zip(self._layers("decoder"), state.memory, strict=True):
            values = layer.decode(values, targets, memory, state.memory_mask)
        logits = self._logits(values)
        if state.bias is not None:
            logits = logits + state.bias.to(logits.dtype).index_select(0, targets.sequences)
        wanted = target_ids.flatten().index_select(0, targets.index)
        precise = logits.to(torch.promote_types(logits.dtype, torch.float32))
        return nn.functional.cross_entropy(precise, wanted, reduction="none")

    def encode(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> tuple[Tensor, Packing]:
        """The contexts, packed (tokens, width), and where the tokens lie."""
        packing = Packing.of(batch.context_mask)
        values = self._embed(batch.context_ids.flatten().index_select(0, packing.index))
        # Counted from the end: what was said last stands at the same place in every context.
        ages = batch.context_mask.sum(1).index_select(0, packing.sequences) - 1 - packing.places
        values = self._drop(values + self.context_places.index_select(0, ages))
        users = owners = None
        if inner is not None:
            users = batch.owners.index_select(0, packing.sequences)
            owners = Owners.of(users, batch.num_users)
        for number, layer in enumerate(self._layers("encoder")):
            own = inner is not None and number == 0
            weights: Weights = layer.weights()
            if own and inner is not None:
                weights = {
                    n.removeprefix(FIRST_LAYER): v for n, v in inner.items() if n.startswith(FIRST_LAYER)
                }
            values = layer.encode(values, packing, weights, owners if own else None, users if own else None)
        return self.encoder_norm(values), packing

    def style_weights(
        self, vectors: Tensor, owners: Tensor, inner: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """μ^m = softmax(p_u W^C L) (Eq. 9): (replies, styles)."""
        chosen = self.choice(_standardised(vectors))  # (replies, d_s)
        styles = self._styles(owners, inner)
        product = chosen @ styles if styles.dim() == 2 else torch.einsum("rd,rds->rs", chosen, styles)
        return product.softmax(dim=-1)

    def word_bias(
        self,
        vectors: Tensor,
        owners: Tensor,
        inner: Mapping[str, Tensor] | None = None,
        style: Tensor | None = None,
    ) -> Tensor | None:
        """F(g_u) (Eq. 10), once a reply: (replies, vocabulary); None without customization.

        ``style`` (replies,) chooses one style instead of the mixture.
        """
        if self.config.customization == "none":
            return None
        given = _standardised(vectors)
        if self.config.customization == "styles":
            mixture = self.style_weights(vectors, owners, inner)
            if style is not None:
                mixture = nn.functional.one_hot(style, self.config.num_styles).to(mixture.dtype)
            styles = self._styles(owners, inner)
            given = mixture @ styles.T if styles.dim() == 2 else torch.einsum("rs,rds->rd", mixture, styles)
        return cast("Tensor", self.bias_words(nn.functional.relu(self.bias_hidden(given))))

    def start(
        self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None, style: Tensor | None = None
    ) -> DecoderState:
        """The state before the first token, with everything computed that does not depend on the step."""
        memory, packing = self.encode(batch, inner)
        layers = self._layers("decoder")
        empty = memory.new_zeros(len(batch.context_ids), 0, self.config.width)
        return DecoderState(
            past=tuple((empty, empty) for _ in layers),
            memory=tuple(layer.tell(memory, packing) for layer in layers),
            memory_mask=batch.context_mask,
            bias=self.word_bias(batch.vectors, batch.owners, inner, style),
            position=0,
        )

    def step(self, token_ids: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """Logits (rows, vocabulary) of the token after ``token_ids`` (rows,), and the next state."""
        values = self._embed(token_ids) + self.reply_places[state.position]
        past = []
        for layer, before, memory in zip(self._layers("decoder"), state.past, state.memory, strict=True):
            values, now = layer.step(values, before, memory, state.memory_mask)
            past.append(now)
        logits = self._logits(values)
        if state.bias is not None:
            logits = logits + state.bias
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
        )

    def _styles(self, owners: Tensor, inner: Mapping[str, Tensor] | None) -> Tensor:
        """L, or each reply's user's own: (d_s, styles) or (replies, d_s, styles)."""
        return self.styles if inner is None else inner[STYLES].index_select(0, owners)

    def _embed(self, ids: Tensor) -> Tensor:
        return nn.functional.embedding(ids, self.embedding) * math.sqrt(self.config.width)

    def _logits(self, values: Tensor) -> Tensor:
        return nn.functional.linear(self.output(self.decoder_norm(values)), self.embedding, self.output_bias)

    def _drop(self, values: Tensor) -> Tensor:
        return nn.functional.dropout(values, self.config.dropout, self.training)

    def _layers(self, side: Literal["encoder", "decoder"]) -> list[Layer]:
        return [cast("Layer", layer) for layer in getattr(self, side)]


def _standardised(vectors: Tensor) -> Tensor:
    """p_u at unit variance: recommenders differ in the length of their vectors, which says nothing here."""
    return nn.functional.layer_norm(vectors, vectors.shape[-1:])

"""The dialogue generator (Eq. 9-10): a Transformer whose words lean towards the user's style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.replies import ReplyBatch
from ccrs.models.layers.reply_transformer import (
    FIRST_LAYER,
    DecoderState,
    ReplyTransformer,
    ResponderSizes,
    TransformerConfig,
)

__all__ = ["FIRST_LAYER", "STYLES", "DecoderState", "Responder", "ResponderConfig", "ResponderSizes"]

STYLES = "styles"


class ResponderConfig(TransformerConfig):
    """Sizes and switches of the responder."""

    customization: Literal["styles", "user", "none"] = "styles"
    """``styles``: a mixture of latent styles moves the words (Eq. 9-10). ``user``: KBRD's bias from the user
    vector. ``none``: a plain Transformer."""
    num_styles: int = Field(4, ge=1)
    style_size: int = Field(64, ge=1)
    bias_size: int = Field(512, ge=1)
    """Hidden size of F (Eq. 10)."""


class Responder(ReplyTransformer):
    """Reads a context and writes a reply; ``vectors`` p_u come from a frozen recommender.

    Inner parameters (of the user's own after adaptation): the first encoder layer and the styles L.
    """

    def __init__(self, config: ResponderConfig, sizes: ResponderSizes) -> None:
        super().__init__(config, sizes)
        self.config = config
        if config.customization == "styles":
            self.choice = nn.Linear(sizes.vector_size, config.style_size, bias=False)  # W^C
            self.styles = nn.Parameter(torch.randn(config.style_size, config.num_styles) / 8)  # L
        if config.customization != "none":
            source = config.style_size if config.customization == "styles" else sizes.vector_size
            self.bias_hidden = nn.Linear(source, config.bias_size)
            self.bias_words = nn.Linear(config.bias_size, sizes.vocabulary, bias=False)
            nn.init.normal_(self.bias_words.weight, std=0.02)

    @property
    def num_styles(self) -> int:
        """How many styles a reply can have of its own; 0 without them."""
        return self.config.num_styles if self.config.customization == "styles" else 0

    def inner_parameters(self) -> dict[str, Tensor]:
        """What is adapted to a user, by name: the first encoder layer and, where there are styles, L."""
        inner = {
            f"{FIRST_LAYER}{name}": value for name, value in self._layers("encoder")[0].weights().items()
        }
        if self.config.customization == "styles":
            inner[STYLES] = self.styles
        return inner

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
        return self.state(memory, packing, bias=self.word_bias(batch.vectors, batch.owners, inner, style))

    def _styles(self, owners: Tensor, inner: Mapping[str, Tensor] | None) -> Tensor:
        """L, or each reply's user's own: (d_s, styles) or (replies, d_s, styles)."""
        return self.styles if inner is None else inner[STYLES].index_select(0, owners)


def _standardised(vectors: Tensor) -> Tensor:
    """p_u at unit variance: recommenders differ in the length of their vectors, which says nothing here."""
    return nn.functional.layer_norm(vectors, vectors.shape[-1:])

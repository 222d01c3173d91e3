"""KGSF's recommender (Zhou et al. 2020): entities and words, each with a graph of its own, made to agree."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.batch import Batch, Contexts
from ccrs.core.config import StrictConfig
from ccrs.models.baselines.kbrd import KBRD, KBRDConfig
from ccrs.models.inputs import ModelInputs
from ccrs.models.layers.graph_convolution import GraphConvolution
from ccrs.models.layers.importance import Importance
from ccrs.models.layers.segments import segment_sum


class KGSFConfig(StrictConfig):
    """Sizes and weights."""

    embedding_size: int = Field(128, ge=1)
    num_bases: int = Field(8, ge=1)
    initial_scale: float = Field(0.1, gt=0)
    max_words: int = Field(128, ge=1)
    pretraining_epochs: int = Field(3, ge=0)
    """Epochs that make words and entities agree before items are learned."""
    agreement_weight: float = Field(0.025, ge=0)
    """Weight of that agreement (InfoMax) afterwards."""


class KGSF(nn.Module):
    """Scores ``u · Hᵀ + b``, u a gated mean of what the entities say (as in KBRD) and what the words say.

    ``u = g u_e + (1 - g) u_w`` with one gate g a context, from both. ``u_w`` pools the words of the context that the
    word graph knows, encoded by one graph convolution. InfoMax asks the words to foretell the items mentioned:
    ``Σ_i (A u_w · h_i + c_i - [i is mentioned])²`` over all items; the original sums over all entities, and its
    toolkit version sorts the words' ids by a vocabulary of another language model's and lets both speakers' items be
    targets, neither of which is repeated.
    """

    graph_words: Tensor

    def __init__(self, config: KGSFConfig, given: ModelInputs) -> None:
        super().__init__()
        edges = given.resources.word_edges
        if edges is None:
            raise ValueError("KGSF is built with a word graph; its registry row says so.")
        self.config, self.num_items = config, given.sizes.num_items
        size = config.embedding_size
        own = {"embedding_size": size, "num_bases": config.num_bases, "initial_scale": config.initial_scale}
        self.entities = KBRD.build(KBRDConfig.model_validate(own), given)
        self.words = GraphConvolution(
            torch.from_numpy(edges),
            num_nodes=given.sizes.num_words,
            size=size,
            initial_scale=config.initial_scale,
        )
        self.word_importance = Importance(size)
        self.gate = nn.Linear(2 * size, 1)
        self.foretell = nn.Linear(size, size)  # A
        self.foretell_bias = nn.Parameter(torch.zeros(given.sizes.num_items))  # c
        self.pretrains = False
        self.register_buffer("graph_words", self.words.has_neighbours(), persistent=False)

    def begin_epoch(self, epoch: int) -> None:
        """The first epochs only make words and entities agree."""
        self.pretrains = epoch < self.config.pretraining_epochs

    def forward(self, batch: Batch) -> Tensor:
        """Logits of all items for the query contexts: (contexts, items)."""
        items, named = self.entities.encode(batch)
        return self._scores(items, self._user(named, self.said(batch), batch.query)[0])

    def loss(self, batch: Batch) -> Tensor:
        """Cross-entropy and agreement, summed over the samples and contexts of the batch."""
        items, named = self.entities.encode(batch)
        user, said = self._user(named, self.said(batch), batch.query)
        agreement = self._disagreement(items, said, batch)
        if self.pretrains:
            return agreement
        contexts = batch.query
        scores = contexts.candidates(self._scores(items, user)).index_select(0, contexts.sample_contexts)
        wrong = nn.functional.cross_entropy(scores, contexts.targets, reduction="sum")
        return wrong + self.config.agreement_weight * agreement

    def context_vectors(self, batch: Batch) -> Tensor:
        """The user vectors u of the query contexts: (contexts, d)."""
        _, named = self.entities.encode(batch)
        return self._user(named, self.said(batch), batch.query)[0]

    def entity_rows(self, entities: Tensor) -> Tensor:
        """The encoded rows of ``entities`` (n,), without gradient: (n, d)."""
        return self.entities.entity_rows(entities)

    def word_rows(self, words: Tensor) -> Tensor:
        """The encoded rows of ``words`` (n,), without gradient: (n, d)."""
        with torch.no_grad():
            encoded: Tensor = self.words(words)
        return encoded

    def said(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The words of the contexts that the graph knows, and which context each is of: (words,), (words,)."""
        known = self.graph_words.index_select(0, batch.query.words)
        return batch.query.words[known], batch.query.word_contexts[known]

    def _user(self, named: Tensor, said: tuple[Tensor, Tensor], contexts: Contexts) -> tuple[Tensor, Tensor]:
        """U and u_w of every context, from the encoded mentions (mentions, d) and the words: both (contexts, d)."""
        by_entities = self.entities.pooled(named, contexts)
        words, owners = said
        distinct, places = torch.unique(words, return_inverse=True)
        encoded = self.words(distinct).index_select(0, places)
        weights = self.word_importance(encoded, owners, contexts.num_contexts)
        by_words = segment_sum(encoded * weights[:, None], owners, contexts.num_contexts)
        gate = torch.sigmoid(self.gate(torch.cat([by_entities, by_words], dim=1)))
        return gate * by_entities + (1 - gate) * by_words, by_words

    def _scores(self, items: Tensor, user: Tensor) -> Tensor:
        return torch.addmm(self.entities.item_bias, user, items.T)

    def _disagreement(self, items: Tensor, by_words: Tensor, batch: Batch) -> Tensor:
        """The squared error of the words' foretelling, summed over contexts and items; no matrix of both is kept."""
        contexts = batch.query
        foretold = self.foretell(by_words)  # (contexts, d)
        bias = self.foretell_bias
        # Σ_i (z·h_i + c_i)² by the moments of the rows: d² a context instead of one number for every item.
        second = ((foretold @ (items.T @ items)) * foretold).sum()
        cross = 2 * (foretold @ (items.T @ bias)).sum()
        mentioned = batch.mention_entities(contexts)
        is_item = mentioned < self.num_items
        rows, owners = mentioned[is_item], contexts.mention_contexts[is_item]
        hit = (foretold.index_select(0, owners) * items.index_select(0, rows)).sum(1) + bias.index_select(
            0, rows
        )
        total: Tensor = second + cross + contexts.num_contexts * (bias @ bias) - 2 * hit.sum() + len(rows)
        return total

"""KBRD's recommender (Chen et al. 2019): one R-GCN over the graph, self-attention over the entities mentioned."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.batch import Batch, Contexts
from ccrs.core.config import StrictConfig
from ccrs.models.inputs import ModelInputs
from ccrs.models.layers.context_additions import ContextAdditions, ContextAdditionsConfig
from ccrs.models.layers.importance import Importance
from ccrs.models.layers.relational_convolution import RelationalConvolution
from ccrs.models.layers.segments import segment_sum
from ccrs.models.sizes import Sizes


class KBRDConfig(StrictConfig):
    """Sizes of the recommender."""

    embedding_size: int = Field(128, ge=1)
    num_bases: int = Field(8, ge=1)
    initial_scale: float = Field(0.1, gt=0)
    """Standard deviation of the entity rows before training."""
    additions: ContextAdditionsConfig = ContextAdditionsConfig()
    """What KBRD+ adds, the same as CCRS+ does; all off is KBRD."""


class KBRD(nn.Module):
    """Scores all items by ``u · Hᵀ + bias``; H are the items' encoded rows, u pools those of the mentioned entities.

    ``u = Σ_e softmax(bᵀ tanh(A h(e))) h(e)`` over the distinct entities of the context; a context without any has a
    learned vector (zeros in the original). Scores are over items only, where the original ranks all entities.
    ``offsets``, ``neighbours`` and ``relation_ids`` are the graph in compressed rows, as ``KnowledgeGraph`` has it.

    A step encodes the items and the entities mentioned in its batch. Where no gradient is wanted the whole graph is
    encoded once and kept until a parameter changes.
    """

    def __init__(
        self,
        config: KBRDConfig,
        sizes: Sizes,
        popularity: Tensor,
        *,
        offsets: Tensor,
        neighbours: Tensor,
        relation_ids: Tensor,
    ) -> None:
        super().__init__()
        self.config, self.sizes = config, sizes
        self.encoder = RelationalConvolution(
            offsets=offsets,
            neighbours=neighbours,
            relation_ids=relation_ids,
            num_relations=sizes.num_relations,
            size=config.embedding_size,
            num_bases=config.num_bases,
            initial_scale=config.initial_scale,
        )
        self.importance = Importance(config.embedding_size)
        self.silence = nn.Parameter(torch.zeros(config.embedding_size))  # u of a context without entity
        self.item_bias = nn.Parameter(torch.zeros(sizes.num_items))
        self.added = ContextAdditions(
            config.additions,
            popularity,
            size=config.embedding_size,
            num_words=sizes.num_words,
            num_features=sizes.num_features,
            initial_scale=config.initial_scale,
        )
        self._encoded: tuple[object, Tensor] | None = None

    @classmethod
    def build(cls, config: KBRDConfig, given: ModelInputs) -> KBRD:
        """The model over the graph of ``given``."""
        return cls(
            config,
            given.sizes,
            given.popularity,
            offsets=torch.from_numpy(given.graph.offsets),
            neighbours=torch.from_numpy(given.graph.neighbours),
            relation_ids=torch.from_numpy(given.graph.relation_ids),
        )

    def forward(self, batch: Batch) -> Tensor:
        """Logits of all items for the query contexts: (contexts, items)."""
        items, named = self.encode(batch)
        logits = torch.addmm(self.added.to_bias(self.item_bias), self.pooled(named, batch.query), items.T)
        if not self.config.additions.cooccurrence:
            return logits
        together = self.added.together_logits(batch.query)
        return logits.flatten().index_add(0, batch.query.together, together).view_as(logits)

    def encode(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The encoded rows of all items (items, d) and of the mentions of the query contexts (mentions, d)."""
        count, mentioned = self.sizes.num_items, batch.mention_entities(batch.query)
        if self._wants_gradient():
            others = torch.unique(mentioned[mentioned >= count])
            items = torch.arange(count, device=mentioned.device)
            rows = self.encoder(torch.cat([items, others]))
            places = torch.searchsorted(others, mentioned) + count
            mentioned = torch.where(mentioned < count, mentioned, places)
        else:
            rows = self.entity_table()
        return rows[:count], rows.index_select(0, mentioned)

    def context_vectors(self, batch: Batch) -> Tensor:
        """The user vectors u of the query contexts, nobody adapted: (contexts, d)."""
        mentioned = batch.mention_entities(batch.query)
        if self._wants_gradient():
            entities, places = torch.unique(mentioned, return_inverse=True)
            encoded = self.encoder(entities).index_select(0, places)
        else:
            encoded = self.entity_table().index_select(0, mentioned)
        return self.pooled(encoded, batch.query)

    def entity_table(self) -> Tensor:
        """The encoded rows of all entities, without gradient, kept while no parameter changes: (entities, d)."""
        state = self._state()
        if self._encoded is not None and state is not None and self._encoded[0] == state:
            return self._encoded[1]
        with torch.no_grad():
            table: Tensor = self.encoder(
                torch.arange(self.encoder.num_entities, device=self.item_bias.device)
            )
        self._encoded = (state, table)
        return table

    def entity_rows(self, entities: Tensor) -> Tensor:
        """The encoded rows of ``entities`` (n,), without gradient: (n, d)."""
        return self.entity_table().index_select(0, entities)

    def train(self, mode: bool = True) -> KBRD:
        """Switch to training or evaluation; what was encoded before is forgotten."""
        self._encoded = None
        return super().train(mode)

    def pooled(self, encoded: Tensor, contexts: Contexts) -> Tensor:
        """The vector u of every context from the ``encoded`` rows of its mentions (mentions, d): (contexts, d)."""
        added = self.config.additions
        encoded = self.added.dropped(self.added.to_mentions(encoded, contexts), added.row_dropout)
        weights = self.importance(encoded, contexts.mention_contexts, contexts.num_contexts)
        vectors = segment_sum(encoded * weights[:, None], contexts.mention_contexts, contexts.num_contexts)
        spoken = torch.zeros(contexts.num_contexts, dtype=torch.bool, device=encoded.device)
        spoken = spoken.index_fill(0, contexts.mention_contexts, True)
        vectors = self.added.to_vectors(torch.where(spoken[:, None], vectors, self.silence), contexts)
        return self.added.dropped(vectors, added.vector_dropout)

    def _wants_gradient(self) -> bool:
        wanted = torch.is_grad_enabled() and any(p.requires_grad for p in self.parameters())
        if wanted:
            self._encoded = None  # a step may follow, and a fused optimiser's leaves no trace in the versions
        return wanted

    def _state(self) -> object:
        """Which values the encoder has: place and version of each parameter; None while a step may be pending."""
        parameters = list(self.encoder.parameters())
        if any(p.grad is not None for p in parameters):
            return None
        return [(p.data_ptr(), p.dtype, p.device, p._version) for p in parameters]

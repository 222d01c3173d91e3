"""The CCRS recommender (Eq. 1-8), and the named additions that make CCRS+."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.batch import Batch, Contexts, History, Hop
from ccrs.core.config import StrictConfig
from ccrs.core.errors import ConfigError
from ccrs.core.graph import KnowledgeGraph
from ccrs.core.hops import entity_hop
from ccrs.models.layers.context_additions import ContextAdditions, ContextAdditionsConfig
from ccrs.models.layers.history_attention import HistoryAttention, HistoryNeighbours, HistoryPrior
from ccrs.models.layers.importance import Importance
from ccrs.models.layers.relation_attention import Gamma, RelationAttention
from ccrs.models.layers.segments import segment_softmax, segment_sum
from ccrs.models.layers.shared_facts import SharedFacts
from ccrs.models.sizes import Sizes


class Additions(ContextAdditionsConfig):
    """What CCRS+ adds to the paper; all off is CCRS (paper)."""

    user_in_score: bool = False
    """Add the (adapted) user embedding to the user vector."""
    history: bool = False
    """Add attention over the items of the user's earlier dialogues."""
    history_prior: bool = False
    """Add a learned weight to the items of the user's earlier dialogues, by how they came up and how long ago."""
    history_neighbours: bool = False
    """Add a learned weight to the items that other users had beside those of the user's earlier dialogues."""
    graph_rows: bool = False
    """Add to each item's row what its neighbours in the graph say of it, where other items share them."""
    residual_dropout: float = Field(0.0, ge=0, le=1)
    """How often training leaves out an entity's own row (Eq. 6), so that its neighbours speak for it."""


class CCRSConfig(StrictConfig):
    """Sizes and switches of the recommender."""

    embedding_size: int = Field(128, ge=1)
    num_heads: int = Field(4, ge=1)
    num_layers: int = Field(1, ge=1)
    user_size: int = Field(64, ge=1)
    max_turns: int = Field(32, ge=1)
    initial_scale: float = Field(0.1, gt=0)
    gamma: Gamma = "one_plus"
    """Scale the attention logit by 1 + γ, or by γ as printed (Eq. 2)."""
    relation_encoder: bool = True
    """Off: all neighbours weigh the same, for all users."""
    turn_encoder: bool = True
    """Off: only self-importance weighs the mentions (Eq. 8 without μ^o)."""
    turn_position: Literal["absolute", "recency"] = "absolute"
    """Number turns from the start of the dialogue (the paper), or back from the present one."""
    output: Literal["tied", "encoded"] = "tied"
    """Score against the raw rows of the items (H̃ of Eq. 8), or against rows that the relation attention has encoded
    for the unadapted user: an ablation for plain training, since nothing can be adapted exactly with it."""
    graph_rows_summed: bool = False
    """Set when a trained model is saved: what ``additions.graph_rows`` added is part of the rows now."""
    additions: Additions = Additions()


@dataclass(frozen=True)
class Attention:
    """What a batch of contexts attended to: G(r, u) of the edges of the last hop, μ^r and μ^o of the mentions."""

    edges: Tensor  # (edges,) averaged over heads
    by_itself: Tensor  # (mentions,) μ^r
    by_turn: Tensor  # (mentions,) μ^o
    weight: Tensor  # (mentions,) as they are used


class CCRS(nn.Module):
    """Scores all items for each context from the entities mentioned in it.

    ``popularity`` (items,) holds how often each item was recommended in training. Item rows are
    the first rows of the entity table and are tied to the output (H̃ of Eq. 8). ``graph`` is needed only where
    items are encoded for the output, or get graph rows.
    """

    def __init__(
        self, config: CCRSConfig, sizes: Sizes, popularity: Tensor, graph: KnowledgeGraph | None = None
    ) -> None:
        super().__init__()
        if config.embedding_size % config.num_heads:
            raise ConfigError(
                f"model.embedding_size = {config.embedding_size} cannot be divided by "
                f"model.num_heads = {config.num_heads}. Choose a multiple."
            )
        if config.output == "encoded" and (config.num_layers != 1 or graph is None):
            raise ConfigError("model.output = 'encoded' needs the graph and model.num_layers = 1.")
        self.config, self.sizes = config, sizes
        self._item_hop = None
        if config.output == "encoded" and graph is not None:
            self._item_hop = entity_hop(graph, np.arange(sizes.num_items, dtype=np.int64))
        self.sparse_gradients = True  # off for references that differentiate through the lookup twice
        size, added = config.embedding_size, config.additions
        others = max(sizes.num_entities - sizes.num_items, 1)
        # Two tables: every step moves all item rows (softmax) but few of the others (touched rows only).
        self.items = nn.Parameter(torch.randn(sizes.num_items, size) * config.initial_scale)
        self.others = nn.Parameter(torch.randn(others, size) * config.initial_scale)
        self.graph_rows = self._graph_encoder(graph)
        self._table: Tensor | None = None
        self.users = nn.Parameter(torch.randn(1, config.user_size) * config.initial_scale)
        self.item_bias = nn.Parameter(torch.zeros(sizes.num_items))
        self.silence = nn.Parameter(torch.zeros(size))  # p of a context without entity
        self.layers = nn.ModuleList(
            RelationAttention(
                embedding_size=size,
                num_heads=config.num_heads,
                num_relations=sizes.num_relations,
                user_size=config.user_size,
                gamma=config.gamma,
                uniform=not config.relation_encoder,
                residual_dropout=added.residual_dropout,
            )
            for _ in range(config.num_layers)
        )
        self.turns = nn.Parameter(torch.randn(config.max_turns, size) * config.initial_scale)
        self.turn_importance = Importance(size)
        self.self_importance = Importance(size)
        self.added = ContextAdditions(
            added,
            popularity,
            size=size,
            num_words=sizes.num_words,
            num_features=sizes.num_features,
            initial_scale=config.initial_scale,
        )
        self.user_score = nn.Linear(config.user_size, size, bias=False)
        self.history = HistoryAttention(size)
        self.history_prior = HistoryPrior()
        self.history_neighbours = HistoryNeighbours()
        self._freeze_unused()

    def _graph_encoder(self, graph: KnowledgeGraph | None) -> SharedFacts | None:
        """What the graph says of the items, where it is asked for and not yet part of the rows."""
        config = self.config
        if not config.additions.graph_rows or config.graph_rows_summed:
            return None
        if graph is None:
            raise ConfigError("model.additions.graph_rows needs the graph.")
        return SharedFacts(
            graph, self.sizes.num_items, config.embedding_size, initial_scale=config.initial_scale
        )

    def settled(self) -> CCRS:
        """The same function in the form in which it is used: graph rows are summed into the items' rows."""
        if self.graph_rows is None:
            return self
        config = self.config.model_copy(update={"graph_rows_summed": True})
        with torch.no_grad():
            popularity = self.added.log_popularity.expm1()
            model = CCRS(config, self.sizes, popularity).to(self.device, self.items.dtype)
            kept = {
                name: value for name, value in self.state_dict().items() if not name.startswith("graph_rows.")
            }
            model.load_state_dict({**kept, "items": self._item_rows()})
        return model.train(self.training)

    def _item_rows(self) -> Tensor:
        """The items' rows, graph rows included, which are computed once a step: (items, d)."""
        if self.graph_rows is None:
            return self.items
        if self._table is None:
            self._table = self.items + self.graph_rows()
        return self._table

    def _freeze_unused(self) -> None:
        """Parameters of switched-off parts stay as they are (and cost nothing)."""
        added = self.config.additions
        unused: list[tuple[bool, list[nn.Parameter]]] = [
            (added.user_in_score, list(self.user_score.parameters())),
            (added.history, list(self.history.parameters())),
            (added.history_prior, list(self.history_prior.parameters())),
            (added.history_neighbours, list(self.history_neighbours.parameters())),
            (self.config.turn_encoder, [self.turns, *self.turn_importance.parameters()]),
        ]
        for used, parameters in unused:
            for parameter in parameters:
                parameter.requires_grad_(used)

    def sparse_parameters(self) -> list[nn.Parameter]:
        """Tables whose gradient comes as touched rows."""
        return [self.others]

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.items.device

    def forward(self, batch: Batch) -> Tensor:
        """Logits of all items for the query contexts, nobody adapted: (contexts, items)."""
        rows, users = self.gather(batch)
        vectors = self.user_vectors(rows, users, batch.query, batch)
        return self.static_logits(vectors @ self.output_rows().T, batch.query, batch.history)

    def output_rows(self) -> Tensor:
        """What the vectors of contexts are multiplied with: H̃, or its encoding for the unadapted user: (items, d)."""
        return self.item_table() if self._item_hop is None else self._encoded_items(*self._item_hop)

    def context_vectors(self, batch: Batch) -> Tensor:
        """p_u of the query contexts, nobody adapted: (contexts, d)."""
        return self.user_vectors(*self.gather(batch), batch.query, batch, with_history=False)

    def gather(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The inner parameters the batch works on: entity rows (rows, d) and users (users, d_u).

        A step begins here: the item table is computed once for it.
        """
        self._table = None
        count = batch.num_item_rows
        # Without a gradient for the whole table: `sparse=True` keeps only the touched rows.
        other = nn.functional.embedding(
            batch.row_entities[count:] - self.sizes.num_items, self.others, sparse=self.sparse_gradients
        )
        rows = torch.cat([nn.functional.embedding(batch.row_entities[:count], self._item_rows()), other])
        users = self.users.index_select(0, batch.users)
        return rows, users

    def item_table(self) -> Tensor:
        """H̃, the rows that user vectors are multiplied with: (items, d)."""
        if self._item_hop is not None:
            raise ConfigError(
                "model.output = 'encoded' cannot be adapted. Use training.objective = 'plain' and adapt = false."
            )
        return self._item_rows()

    def train(self, mode: bool = True) -> CCRS:
        """Switch to training or evaluation; the item table of the last step is forgotten."""
        self._table = None
        return super().train(mode)

    def _encoded_items(self, hop: Hop, sources: Tensor) -> Tensor:
        """Every item's h for the unadapted user: (items, d)."""
        is_item = sources < self.sizes.num_items  # sources are sorted: the items come first
        other = nn.functional.embedding(
            sources[~is_item] - self.sizes.num_items, self.others, sparse=self.sparse_gradients
        )
        rows = torch.cat([nn.functional.embedding(sources[is_item], self.items), other])
        encoded: Tensor = self.layers[0](rows, self.users, hop)
        return encoded

    def user_vectors(
        self, rows: Tensor, users: Tensor, contexts: Contexts, batch: Batch, *, with_history: bool = True
    ) -> Tensor:
        """p_u of every context (Eq. 8): (contexts, d)."""
        encoded = self.encode(rows, users, contexts)  # (mentions, d)
        weights = self._importance(encoded, contexts)  # (mentions,)
        return self._pooled(encoded, weights, users, contexts, batch, with_history=with_history)

    def explained_vectors(
        self, rows: Tensor, users: Tensor, contexts: Contexts, batch: Batch
    ) -> tuple[Tensor, Attention]:
        """As ``user_vectors`` without history, and the attention they were made with, in one pass."""
        states, edges = self._layers_explained(_own_rows(rows, contexts), users, contexts)
        encoded = self._mentions(states, contexts)
        own = self.self_importance(encoded, contexts.mention_contexts, contexts.num_contexts)
        turn = self.turn_weights(contexts) if self.config.turn_encoder else torch.zeros_like(own)
        total = (own + turn) / 2 if self.config.turn_encoder else own
        vectors = self._pooled(encoded, total, users, contexts, batch, with_history=False)
        return vectors, Attention(edges.mean(dim=1), own, turn, total)

    def _pooled(
        self,
        encoded: Tensor,
        weights: Tensor,
        users: Tensor,
        contexts: Contexts,
        batch: Batch,
        *,
        with_history: bool,
    ) -> Tensor:
        """p_u from the encoded mentions (mentions, d) and their importance (mentions,): (contexts, d)."""
        added = self.config.additions
        vectors = segment_sum(encoded * weights[:, None], contexts.mention_contexts, contexts.num_contexts)
        spoken = torch.zeros(contexts.num_contexts, dtype=torch.bool, device=encoded.device)
        spoken = spoken.index_fill(0, contexts.mention_contexts, True)
        vectors = torch.where(spoken[:, None], vectors, self.silence)
        vectors = self.added.to_vectors(vectors, contexts)
        if added.user_in_score:
            vectors = vectors + self.user_score(users).index_select(0, contexts.users)
        if added.history and with_history and len(batch.history.items):
            known = self._item_rows().index_select(0, batch.history.items)
            vectors = vectors + self.history(vectors, contexts.users, known, batch.history)
        return self.added.dropped(vectors, added.vector_dropout)

    def static_logits(self, logits: Tensor, contexts: Contexts, history: History | None) -> Tensor:
        """``logits`` (contexts, items) with all that does not depend on the inner parameters added."""
        logits = logits.add_(self.item_logits())
        for flat, strength in self.added_logits(contexts, history, logits.shape[1]):
            logits = logits.flatten().index_add_(0, flat, strength).view_as(logits)
        return logits

    def added_logits(
        self, contexts: Contexts, history: History | None, num_items: int
    ) -> list[tuple[Tensor, Tensor]]:
        """What co-occurrence and history add: places in the flat logits (context * num_items + item), and how much."""
        found: list[tuple[Tensor, Tensor]] = []
        if self.config.additions.cooccurrence and len(contexts.together):
            found.append((contexts.together, self.together_logits(contexts)))
        if self.config.additions.history_prior and history is not None and len(history.items):
            entries, strength = self.history_prior(contexts.users, history)
            found.append((entries[0] * num_items + history.items[entries[1]], strength))
        if self.config.additions.history_neighbours and history is not None and len(history.beside_items):
            rows, items, strength = self.history_neighbours(contexts.users, history)
            found.append((rows * num_items + items, strength))
        return found

    def item_logits(self) -> Tensor:
        """What is added to every context's logits: bias and prior, (items,)."""
        return self.added.to_bias(self.item_bias)

    def together_logits(self, contexts: Contexts) -> Tensor:
        """What co-occurrence adds to each (context, item) of ``contexts.together``: (pairs,), none without it."""
        return self.added.together_logits(contexts)

    def encode(self, rows: Tensor, users: Tensor, contexts: Contexts) -> Tensor:
        """h(e) of every mention (mentions, d): each (user, entity) is encoded once, then looked up.

        ``rows`` are those of the whole batch.
        """
        rows = self.added.dropped(_own_rows(rows, contexts), self.config.additions.row_dropout)
        for layer, hop in zip(self.layers, contexts.hops, strict=True):
            rows = layer(rows, users, hop)
        return self._mentions(rows, contexts)

    def _mentions(self, states: Tensor, contexts: Contexts) -> Tensor:
        """The encoded targets of the last hop at their mentions: (mentions, d)."""
        return self.added.to_mentions(states.index_select(0, contexts.mention_encodings), contexts)

    def _layers_explained(self, rows: Tensor, users: Tensor, contexts: Contexts) -> tuple[Tensor, Tensor]:
        """The targets of the last hop, and the attention of its edges (edges, heads)."""
        weights = rows.new_zeros(0, self.config.num_heads)
        for layer, hop in zip(self.layers, contexts.hops, strict=True):
            rows, weights = cast("RelationAttention", layer).explained(rows, users, hop)
        return rows, weights

    def edge_weights(self, rows: Tensor, users: Tensor, contexts: Contexts) -> Tensor:
        """G(r, u) of the edges of the last hop, averaged over heads: (edges,). ``rows`` as in ``encode``."""
        rows = _own_rows(rows, contexts)
        for layer, hop in zip(self.layers[:-1], contexts.hops[:-1], strict=True):
            rows = layer(rows, users, hop)
        last = cast("RelationAttention", self.layers[-1])
        return last.weights(rows, users, contexts.hops[-1]).mean(dim=1)

    def _importance(self, encoded: Tensor, contexts: Contexts) -> Tensor:
        """½(μ^r + μ^o) of every mention; μ^r alone without turn encoder."""
        own: Tensor = self.self_importance(encoded, contexts.mention_contexts, contexts.num_contexts)
        if not self.config.turn_encoder:
            return own
        return (own + self.turn_weights(contexts)) / 2

    def turn_weights(self, contexts: Contexts) -> Tensor:
        """μ^o (Eq. 7): (mentions,)."""
        absolute = self.config.turn_position == "absolute"
        numbers = contexts.mention_turns if absolute else contexts.mention_ages
        # Scored once a turn number, not once a mention.
        scores = self.turn_importance.scores(self.turns).index_select(
            0, numbers.clamp(max=self.config.max_turns - 1)
        )
        return segment_softmax(scores, contexts.mention_contexts, contexts.num_contexts)[:, 0]


def _own_rows(rows: Tensor, contexts: Contexts) -> Tensor:
    """Of the rows of the batch, those that the hops of ``contexts`` count from."""
    return rows if contexts.rows is None else rows.index_select(0, contexts.rows)

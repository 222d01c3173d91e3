"""The attention behind a recommendation as data: by relation, by neighbour, by mention, and as shared facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ccrs.artifacts.run import Run
from ccrs.core.batch import Batch
from ccrs.models.ccrs import CCRS


@dataclass(frozen=True)
class Weight:
    """A share of the attention, and the share it has for a user of whom nothing is known."""

    name: str
    weight: float
    unadapted: float


@dataclass(frozen=True)
class MentionWeight:
    """How much a mentioned entity counts: as itself (μ^r), by its turn (μ^o), and together."""

    name: str
    turn: int
    by_itself: float
    by_turn: float
    weight: float


@dataclass(frozen=True)
class _Attention:
    """At some parameters, of a whole batch: G(r, u) of the edges, and μ^r, μ^o and their mean of the mentions."""

    edges: Tensor  # (edges,)
    by_itself: Tensor  # (mentions,)
    by_turn: Tensor  # (mentions,)
    weight: Tensor  # (mentions,)


class BatchView:
    """The attention of a batch at the users' own parameters and at the common ones, computed once for all contexts."""

    def __init__(self, run: Run, model: CCRS, batch: Batch, rows: Tensor, users: Tensor) -> None:
        self.run, self.model, self.batch = run, model, batch
        self._rows, self._users = rows, users
        hop = batch.query.hops[-1]
        side = batch.query.rows
        self._row_entities = batch.row_entities if side is None else batch.row_entities[side]
        self.hop = hop
        self.same_level = batch.query.hops[0] is hop

    @cached_property
    def own(self) -> _Attention:
        """At the users' own parameters."""
        return self._attention(self._rows, self._users)

    @cached_property
    def common(self) -> _Attention:
        """At the common parameters."""
        return self._attention(*self.model.gather(self.batch))

    @cached_property
    def neighbours(self) -> Tensor:
        """The neighbour at the other end of each edge of the last hop, as an entity; none above one layer."""
        return self._row_entities[self.hop.edge_sources] if self.same_level else self.hop.edge_sources[:0]

    @cached_property
    def target_entities(self) -> Tensor:
        """The entity of each target of the last hop."""
        sources = self._row_entities
        for hop in self.batch.query.hops:
            sources = sources[hop.target_sources]
        return sources

    def _attention(self, rows: Tensor, users: Tensor) -> _Attention:
        contexts = self.batch.query
        with torch.no_grad():
            edges = self.model.edge_weights(rows, users, contexts)
            encoded = self.model.encode(rows, users, contexts)
            own = self.model.self_importance(encoded, contexts.mention_contexts, contexts.num_contexts)
            if not self.model.config.turn_encoder:
                return _Attention(edges, own, torch.zeros_like(own), own)
            turn = self.model.turn_weights(contexts)
        return _Attention(edges, own, turn, (own + turn) / 2)


class ContextView:
    """The attention behind one context, summed up by relation, neighbour and mention."""

    def __init__(self, view: BatchView, context: int) -> None:
        self.view, self.run = view, view.run
        query = view.batch.query
        self.mentions = (query.mention_contexts == context).nonzero()[:, 0]
        self.targets = query.mention_encodings[self.mentions]
        mine = torch.zeros(view.hop.num_targets, dtype=torch.bool)
        mine[self.targets] = True
        self.edges = mine[view.hop.edge_targets].nonzero()[:, 0]
        self.own, self.common = self._edge_weights(view.own), self._edge_weights(view.common)
        names = view.run.graph.relations
        self.relations = [names[r] for r in view.hop.edge_relations[self.edges].tolist()]
        self.neighbours: list[int] = view.neighbours[self.edges].tolist() if view.same_level else []

    def _edge_weights(self, attention: _Attention) -> Tensor:
        """Attention of each of my edges times the weight of the mention it belongs to: (edges,)."""
        weights = torch.zeros(self.view.hop.num_targets, dtype=attention.weight.dtype)
        weights.index_add_(0, self.targets, attention.weight[self.mentions])
        return attention.edges[self.edges] * weights[self.view.hop.edge_targets[self.edges]]

    def mention_weights(self) -> tuple[MentionWeight, ...]:
        """Importance of every mention, the heaviest first."""
        own = self.view.own
        columns = (
            self.view.target_entities[self.targets],
            self.view.batch.query.mention_turns[self.mentions],
            *(values[self.mentions] for values in (own.by_itself, own.by_turn, own.weight)),
        )
        entities = self.run.catalogue.entities
        found = [
            MentionWeight(entities[entity].title, turn, by_itself, by_turn, weight)
            for entity, turn, by_itself, by_turn, weight in zip(*(c.tolist() for c in columns), strict=True)
        ]
        return tuple(sorted(found, key=lambda mention: -mention.weight))

    def by_relation(self) -> tuple[Weight, ...]:
        """Attention mass of each relation, the heaviest first."""
        return _summed(self.relations, self.own, self.common)

    def by_neighbour(self) -> tuple[Weight, ...]:
        """Attention mass of each (relation, neighbour), the heaviest first; none above one layer of attention."""
        entities = self.run.catalogue.entities
        names = [
            f"{relation}: {entities[neighbour].name}"
            for relation, neighbour in zip(self.relations, self.neighbours, strict=False)
        ]
        return _summed(names, self.own, self.common) if names else ()

    @cached_property
    def _weight_of(self) -> Mapping[tuple[int, str], float]:
        """Attention mass by (neighbour, relation)."""
        found: dict[tuple[int, str], float] = defaultdict(float)
        for neighbour, relation, weight in zip(
            self.neighbours, self.relations, self.own.tolist(), strict=False
        ):
            found[neighbour, relation] += weight
        return found

    def reasons(self, item: int, rarity: Mapping[int, float]) -> tuple[str, ...]:
        """What ``item`` shares with the mentioned entities: facts of the graph only.

        Ordered by the attention they get times how telling they are (``rarity``: a country shared by half the
        catalogue tells little).
        """
        facts: dict[str, float] = defaultdict(float)
        neighbours, relations = self.run.graph.edges_of(item)
        named = set(self.view.target_entities[self.targets].tolist())
        names, entities = self.run.graph.relations, self.run.catalogue.entities
        for neighbour, number in zip(neighbours.tolist(), relations.tolist(), strict=True):
            relation = names[number]
            weight = self._weight_of.get((neighbour, relation), 0.0) + (neighbour in named)
            if weight > 0:
                facts[f"{relation} {entities[neighbour].name}"] += weight * rarity.get(neighbour, 1.0)
        return tuple(sorted(facts, key=lambda fact: -facts[fact])[:3])


def _summed(names: Sequence[str], own: Tensor, common: Tensor) -> tuple[Weight, ...]:
    totals: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, mine, theirs in zip(names, own.tolist(), common.tolist(), strict=True):
        totals[name][0] += mine
        totals[name][1] += theirs
    return tuple(
        sorted((Weight(name, a, b) for name, (a, b) in totals.items() if a or b), key=lambda w: -w.weight)
    )

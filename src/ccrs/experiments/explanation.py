"""The attention behind a recommendation as data: by relation, by neighbour, by mention, and as shared facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


class ContextView:
    """The attention behind one context, summed up by relation, neighbour and mention."""

    def __init__(self, run: Run, model: CCRS, batch: Batch, context: int) -> None:
        self.run, self.model, self.batch = run, model, batch
        self.mine = (batch.query.mention_contexts == context).nonzero()[:, 0]
        self.row_entities = batch.row_entities[batch.query.rows]
        hop = batch.query.hops[-1]
        self.hop = hop
        self.relations = [run.graph.relations[r] for r in hop.edge_relations.tolist()]
        lowest = batch.query.hops[0]
        same_level = lowest is hop
        entities = self.row_entities[hop.edge_sources] if same_level else None
        self.neighbours = entities.tolist() if entities is not None else []
        owners = self.row_entities[hop.target_sources] if same_level else None
        self.owners = owners[hop.edge_targets].tolist() if owners is not None else []

    def edge_weights(self, rows: Tensor, users: Tensor) -> Tensor:
        """Attention of each edge, averaged over heads, times the weight of the mention it belongs to."""
        attention = self.model.edge_weights(rows, users, self.batch.query)
        weights = torch.zeros(self.hop.num_targets)
        weights.index_add_(0, self.batch.query.mention_encodings[self.mine], self._totals(rows, users)[2])
        return attention * weights[self.hop.edge_targets]

    def _totals(self, rows: Tensor, users: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """μ^r, μ^o and the weight used, for the mentions of the context."""
        contexts = self.batch.query
        encoded = self.model.encode(rows, users, contexts)
        own = self.model.self_importance(encoded, contexts.mention_contexts, contexts.num_contexts)[self.mine]
        if not self.model.config.turn_encoder:
            return own, torch.zeros_like(own), own
        turn = self.model.turn_weights(contexts)[self.mine]
        return own, turn, (own + turn) / 2

    def mention_weights(self, rows: Tensor, users: Tensor) -> tuple[MentionWeight, ...]:
        """Importance of every mention, the heaviest first."""
        own, turn, total = self._totals(rows, users)
        hop = self.batch.query.hops[-1]
        base = self.batch.query.mention_encodings[self.mine]
        entities = self._target_entities(hop)[base]
        turns = self.batch.query.mention_turns[self.mine]
        found = [
            MentionWeight(self.run.catalogue.entities[e].title, t, float(a), float(b), float(c))
            for e, t, a, b, c in zip(entities.tolist(), turns.tolist(), own, turn, total, strict=True)
        ]
        return tuple(sorted(found, key=lambda mention: -mention.weight))

    def _target_entities(self, hop: Any) -> Tensor:
        """The entity of each target of the last hop."""
        sources = self.row_entities
        for lower in self.batch.query.hops:
            sources = sources[lower.target_sources]
            if lower is hop:
                break
        return sources

    def by_relation(self, own: Tensor, common: Tensor) -> tuple[Weight, ...]:
        """Attention mass of each relation, the heaviest first."""
        return _summed(self.relations, own, common)

    def by_neighbour(self, own: Tensor, common: Tensor) -> tuple[Weight, ...]:
        """Attention mass of each (relation, neighbour), the heaviest first."""
        names = [
            f"{relation}: {self.run.catalogue.entities[n].name}"
            for relation, n in zip(self.relations, self.neighbours, strict=False)
        ]
        return _summed(names, own, common) if names else ()

    def reasons(self, item: int, weights: Tensor, rarity: Mapping[int, float]) -> tuple[str, ...]:
        """What ``item`` shares with the mentioned entities: facts of the graph only.

        Ordered by the attention they get times how telling they are (``rarity``: a country shared by half the
        catalogue tells little).
        """
        facts: dict[str, float] = defaultdict(float)
        neighbours, relations = self.run.graph.edges_of(item)
        mine = {
            (int(n), self.run.graph.relations[int(r)]) for n, r in zip(neighbours, relations, strict=True)
        }
        for edge, (neighbour, relation) in enumerate(zip(self.neighbours, self.relations, strict=False)):
            if (neighbour, relation) in mine:
                fact = f"{relation} {self.run.catalogue.entities[neighbour].name}"
                facts[fact] += float(weights[edge]) * rarity.get(neighbour, 1.0)
        named = set(self._target_entities(self.hop).tolist())
        for neighbour, relation in mine:
            if neighbour in named:
                facts[f"{relation} {self.run.catalogue.entities[neighbour].name}"] += rarity.get(
                    neighbour, 1.0
                )
        ordered = sorted(
            (fact for fact, weight in facts.items() if weight > 0), key=lambda fact: -facts[fact]
        )
        return tuple(ordered[:3])


def _summed(names: Sequence[str], own: Tensor, common: Tensor) -> tuple[Weight, ...]:
    totals: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, mine, theirs in zip(names, own.tolist(), common.tolist(), strict=True):
        totals[name][0] += mine
        totals[name][1] += theirs
    return tuple(
        sorted((Weight(name, a, b) for name, (a, b) in totals.items() if a or b), key=lambda w: -w.weight)
    )

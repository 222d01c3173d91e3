"""What a recommendation rests on, as data: attention by relation, by neighbour and by mention, and shared facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from ccrs.artifacts.run import Run
from ccrs.core.batch import Batch
from ccrs.models.ccrs import Attention


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


class Reasons(Protocol):
    """What one context's ranking rests on."""

    def mention_weights(self) -> tuple[MentionWeight, ...]:
        """Importance of every mention, the heaviest first."""
        ...

    def by_relation(self) -> tuple[Weight, ...]:
        """Attention mass of each relation, the heaviest first."""
        ...

    def by_neighbour(self) -> tuple[Weight, ...]:
        """Attention mass of each (relation, neighbour), the heaviest first."""
        ...

    def reasons(self, item: int, rarity: Mapping[int, float]) -> tuple[str, ...]:
        """What ``item`` shares with the mentioned entities, the most telling first."""
        ...


class BatchView:
    """The attention of a batch; a user's own and a stranger's are those of two contexts with the same mentions."""

    def __init__(self, run: Run, batch: Batch, attention: Attention) -> None:
        self.run, self.batch, self.attention = run, batch, attention
        self.hop = batch.query.hops[-1]
        side = batch.query.rows
        self._row_entities = batch.row_entities if side is None else batch.row_entities[side]
        self.same_level = batch.query.hops[0] is self.hop

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

    def mentions_of(self, context: int) -> Tensor:
        """The mentions of a context: (mentions,)."""
        return (self.batch.query.mention_contexts == context).nonzero()[:, 0]

    def edges_of(self, mentions: Tensor) -> tuple[Tensor, Tensor]:
        """The edges of some mentions, and the attention of each times the importance of its mention."""
        targets = self.batch.query.mention_encodings[mentions]
        weights = torch.zeros(self.hop.num_targets, dtype=self.attention.weight.dtype)
        weights.index_add_(0, targets, self.attention.weight[mentions])
        mine = torch.zeros(self.hop.num_targets, dtype=torch.bool)
        mine[targets] = True
        edges = mine[self.hop.edge_targets].nonzero()[:, 0]
        return edges, self.attention.edges[edges] * weights[self.hop.edge_targets[edges]]


class ContextView:
    """The attention behind one context, summed up by relation, neighbour and mention.

    ``stranger`` is the context of somebody unknown who said the same; its edges come in the same order.
    """

    def __init__(self, view: BatchView, context: int, stranger: int) -> None:
        self.view, self.run = view, view.run
        self.mentions = view.mentions_of(context)
        self.targets = view.batch.query.mention_encodings[self.mentions]
        edges, self.own = view.edges_of(self.mentions)
        self.common = self.own if stranger == context else view.edges_of(view.mentions_of(stranger))[1]
        names = view.run.graph.relations
        self.relations = [names[r] for r in view.hop.edge_relations[edges].tolist()]
        self.neighbours: list[int] = view.neighbours[edges].tolist() if view.same_level else []

    def mention_weights(self) -> tuple[MentionWeight, ...]:
        """Importance of every mention, the heaviest first."""
        own = self.view.attention
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
        return _most_telling(facts)


class SharedFacts:
    """The reasons of a recommender without attention: no weights at all, and what items share with what was named."""

    def __init__(self, run: Run, mentioned: Sequence[int]) -> None:
        self.run = run
        self.named = set(mentioned)
        self._facts = {fact for entity in self.named for fact in _facts_of(run, entity)}

    def mention_weights(self) -> tuple[MentionWeight, ...]:
        """See ``Reasons``."""
        return ()

    def by_relation(self) -> tuple[Weight, ...]:
        """See ``Reasons``."""
        return ()

    def by_neighbour(self) -> tuple[Weight, ...]:
        """See ``Reasons``."""
        return ()

    def reasons(self, item: int, rarity: Mapping[int, float]) -> tuple[str, ...]:
        """See ``Reasons``; facts are ordered by how rare they are alone."""
        names, entities = self.run.graph.relations, self.run.catalogue.entities
        facts = {
            f"{names[relation]} {entities[neighbour].name}": rarity.get(neighbour, 1.0)
            for neighbour, relation in _facts_of(self.run, item)
            if (neighbour, relation) in self._facts or neighbour in self.named
        }
        return _most_telling(facts)


def _facts_of(run: Run, entity: int) -> list[tuple[int, int]]:
    """The (neighbour, relation) pairs of an entity."""
    neighbours, relations = run.graph.edges_of(entity)
    return list(zip(neighbours.tolist(), relations.tolist(), strict=True))


def _most_telling(facts: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(sorted(facts, key=lambda fact: -facts[fact])[:3])


def _summed(names: Sequence[str], own: Tensor, common: Tensor) -> tuple[Weight, ...]:
    totals: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, mine, theirs in zip(names, own.tolist(), common.tolist(), strict=True):
        totals[name][0] += mine
        totals[name][1] += theirs
    return tuple(
        sorted((Weight(name, a, b) for name, (a, b) in totals.items() if a or b), key=lambda w: -w.weight)
    )

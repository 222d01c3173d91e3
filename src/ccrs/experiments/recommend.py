"""Recommend to one person from what he says now and what he said before, with the reasons as data."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.run import Run, load_run
from ccrs.core.batch import Batch
from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.errors import CheckpointError, DataError
from ccrs.core.samples import UserTask
from ccrs.data.samples import build_samples
from ccrs.experiments.evaluate import run_builder
from ccrs.experiments.foreign import run_linker
from ccrs.meta.adaptation import adapt, scores
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
class Recommended:
    """An item with its place, its place for an unknown user, and what it shares with what was said."""

    id: str
    title: str
    rank: int
    unadapted_rank: int
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Recommendation:
    """Ranked items and what they rest on."""

    items: tuple[Recommended, ...]
    mentions: tuple[MentionWeight, ...]
    relations: tuple[Weight, ...]
    neighbours: tuple[Weight, ...]
    num_support: int

    def as_json(self) -> dict[str, Any]:
        """The same as plain dictionaries and lists."""
        return asdict(self)


class Recommender:
    """A loaded run that recommends.

    Example::

    recommender = Recommender.load(Path("demo-run"))
    answer = recommender.recommend("I like Titanic (1997)")
    for item in answer.items:
        print(item.rank, item.title, item.reasons)
    """

    def __init__(self, run: Run) -> None:
        if not isinstance(run.model, CCRS):
            raise CheckpointError(f"{run.config.name!r} has no attention to explain. Use a run of 'ccrs'.")
        self.run = run
        self.model: CCRS = run.model
        self.linker = run_linker(run.catalogue, run.statistics.popularity)
        shared = Counter(triple.tail for triple in run.triples)
        self.rarity = {
            run.catalogue.index[tail]: math.log(1 + run.catalogue.num_items / count)
            for tail, count in shared.items()
        }
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)

    @classmethod
    def load(cls, folder: Path | str) -> Recommender:
        """Load the run in ``folder``; raises ``CheckpointError``."""
        return cls(load_run(Path(folder)))

    def recommend(
        self,
        *texts: str,
        items: Sequence[str] = (),
        support: Sequence[Dialogue] = (),
        k: int = 10,
    ) -> Recommendation:
        """Rank items for a person who says ``texts`` and names ``items`` (titles or ids).

        ``support`` are the person's earlier dialogues; the model adapts on them. Items already named are
        not offered. Raises ``DataError`` for an item that is not in the catalogue.
        """
        messages = [Message("seeker", text, self.linker.link(text)) for text in texts]
        messages += [self._named(item) for item in items]
        return self.continue_dialogue(messages, support=support, k=k)

    def continue_dialogue(
        self, messages: Sequence[Message], *, support: Sequence[Dialogue] = (), k: int = 10
    ) -> Recommendation:
        """The same for a whole dialogue so far, as linked messages of both speakers."""
        earlier = [replace(dialogue, user="user", id=f"support-{n}") for n, dialogue in enumerate(support)]
        now = Dialogue("now", "user", tuple(messages))
        table = build_samples(self.run.catalogue, [*earlier, now], open_ended=True)
        order = np.argsort(table.dialogue_times[: len(earlier)], kind="stable")
        builder = run_builder(self.run, table)
        batch = builder.adapting([UserTask(0, order, np.array([len(earlier)]))])
        last = batch.query.num_contexts - 1  # the open end of the present dialogue
        with torch.enable_grad():
            adapted = adapt(self.model, self.run.rates, batch, self.run.catalogue.num_items).adapted
        rows, users = self.model.gather(batch)
        with torch.no_grad():
            plain = self._logits(batch, rows, users)[last]
            logits = plain
            if self.run.adapts:
                vectors = self.model.user_vectors(adapted.rows, adapted.users, batch.query, batch)
                logits = scores(self.model, vectors, batch.query, batch, adapted)[last]
                rows, users = adapted.rows, adapted.users
            view = _View(self.run, self.model, batch, last)
            common = view.edge_weights(*self.model.gather(batch))
            own = view.edge_weights(rows, users)
            mentions = view.mention_weights(rows, users)
        named = {int(e) for e in table.mentions[len(table.mentions) - 1]}
        items = self._ranked(logits, plain, named, view, own, k)
        return Recommendation(
            items=items,
            mentions=mentions,
            relations=view.by_relation(own, common),
            neighbours=view.by_neighbour(own, common)[:10],
            num_support=len(earlier),
        )

    def _logits(self, batch: Batch, rows: Tensor, users: Tensor) -> Tensor:
        vectors = self.model.user_vectors(rows, users, batch.query, batch, with_history=False)
        return scores(self.model, vectors, batch.query, batch, None)

    def _ranked(
        self, logits: Tensor, plain: Tensor, named: set[int], view: _View, weights: Tensor, k: int
    ) -> tuple[Recommended, ...]:
        allowed = [item for item in logits.argsort(descending=True).tolist() if item not in named]
        before = {
            item: rank
            for rank, item in enumerate(
                (i for i in plain.argsort(descending=True).tolist() if i not in named), 1
            )
        }
        probabilities = logits.softmax(dim=0)
        return tuple(
            Recommended(
                id=self.run.catalogue.entities[item].id,
                title=self.run.catalogue.entities[item].title,
                rank=rank,
                unadapted_rank=before[item],
                score=float(probabilities[item]),
                reasons=view.reasons(item, weights, self.rarity),
            )
            for rank, item in enumerate(allowed[:k], start=1)
        )

    def _named(self, item: str) -> Message:
        """A message that names one item, by id or title."""
        entity = self.run.catalogue.index.get(item)
        if entity is None or entity >= self.run.catalogue.num_items:
            entity = self.linker.find_item(item)
        if entity is None:
            near = ", ".join(repr(found.title) for found in self.linker.nearest(item)) or "nothing near it"
            raise DataError(f"{item!r} is not in the catalogue. The nearest are: {near}.")
        title = self.run.catalogue.entities[entity].title
        return Message(
            "seeker", title, (Mention(self.run.catalogue.entities[entity].id, 0, len(title), marked=True),)
        )


class _View:
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

    def _lower(self, rows: Tensor, users: Tensor) -> Tensor:
        rows = rows[self.batch.query.rows]
        for layer, hop in zip(self.model.layers[:-1], self.batch.query.hops[:-1], strict=True):
            rows = layer(rows, users, hop)
        return rows

    def edge_weights(self, rows: Tensor, users: Tensor) -> Tensor:
        """Attention of each edge, averaged over heads, times the weight of the mention it belongs to."""
        attention: Tensor = self.model.layers[-1].weights(self._lower(rows, users), users, self.hop)  # type: ignore[operator]
        weights = torch.zeros(self.hop.num_targets)
        weights.index_add_(0, self.batch.query.mention_encodings[self.mine], self._totals(rows, users)[2])
        return attention.mean(dim=1) * weights[self.hop.edge_targets]

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

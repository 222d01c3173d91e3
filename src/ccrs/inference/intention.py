"""A user's fine-grained intention towards a film: the weights of Eq. 2-3 over the film's own facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.run import Run
from ccrs.data.probing import probe_hop
from ccrs.models.ccrs import CCRS
from ccrs.models.layers.relation_attention import RelationAttention


@dataclass(frozen=True)
class Intention:
    """What a user follows from one film: the weight of each relation, and of each (relation, entity)."""

    relations: dict[str, float]
    facts: dict[tuple[str, int], float]

    def ordered(self, relation: str, values: Sequence[int]) -> list[int]:
        """The values of a relation, the one with most weight first (the graph's order where all weigh alike)."""
        return sorted(values, key=lambda entity: -self.facts.get((relation, entity), 0.0))


NO_INTENTION = Intention({}, {})


def intentions(run: Run, users: Tensor | None, films: Sequence[int]) -> list[Intention]:
    """What user i follows from ``films[i]``; ``users`` (films, d_u) are the adapted embeddings, None the common one.

    Read on the rows of the common entity table: of the adapted parameters only the user's is looked at. A
    recommender without relation attention has no intentions: all empty.
    """
    if not isinstance(run.model, CCRS) or not films:
        return [NO_INTENTION for _ in films]
    hop, entities = probe_hop(run.graph, np.array(films, np.int64))
    rows = _rows_of(run.model, entities)
    layer = cast("RelationAttention", run.model.layers[-1])
    if users is None:
        users = run.model.users.detach().expand(len(films), -1)
    with torch.no_grad():
        weights = layer.weights(rows, users, hop).mean(dim=1)
    relations: list[dict[str, float]] = [defaultdict(float) for _ in films]
    facts: list[dict[tuple[str, int], float]] = [defaultdict(float) for _ in films]
    neighbours = entities[len(films) :].tolist()
    for film, relation, entity, weight in zip(
        hop.edge_targets.tolist(), hop.edge_relations.tolist(), neighbours, weights.tolist(), strict=True
    ):
        name = run.graph.relations[relation]
        relations[film][name] += weight
        facts[film][name, entity] += weight
    return [Intention(dict(r), dict(f)) for r, f in zip(relations, facts, strict=True)]


def _rows_of(model: CCRS, entities: Tensor) -> Tensor:
    """The rows of ``entities`` out of the two tables, which are never joined: that would copy them."""
    num_items = model.sizes.num_items
    is_item = (entities < num_items)[:, None]
    items = model.items.detach().index_select(0, entities.clamp(max=num_items - 1))
    others = model.others.detach().index_select(0, (entities - num_items).clamp(min=0))
    return torch.where(is_item, items, others)

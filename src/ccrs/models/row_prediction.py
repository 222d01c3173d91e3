"""Rows for items that no training has met, computed from the rows of the items they share neighbours with.

Items that are known speak through what they have in common: by each relation, the mean row of the items at the other
ends of an item's neighbours is a feature, and a ridge regression (closed form) says what the item's own row is, given
these. It is fitted on the items that training has met, each with as much say as there are dialogues that name it.
The bias, which holds how popular an item is, is one more column of the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ccrs.core.graph import KnowledgeGraph
from ccrs.core.samples import IntArray

Way = Literal["mean", "neighbours", "ridge", "mixture"]
"""The mean of all known rows; that of the items that share neighbours; a regression on these by relation; half of
each of the last two."""

MOST_FITTED = 20_000
"""At most so many items are fitted on, those that training has met most."""
MOST_RELATIONS = 8
"""Relations with a feature of their own, those with most edges; the rest share one."""
_FIRST_YEAR, _NUM_YEARS = 1850, 400


@dataclass(frozen=True)
class KnownRows:
    """What training has left. Rows of items that no training dialogue names are never looked at."""

    rows: Tensor  # (items, d)
    bias: Tensor  # (items,) what is added to an item's logit, its prior included
    dialogues: Tensor  # (items,) training dialogues that name it
    years: IntArray  # (items,) 0: not known


@dataclass(frozen=True)
class RowConfig:
    """Settings of the prediction; the defaults were chosen on validation users."""

    row: Way = "ridge"
    bias: Way = "ridge"
    smoothing: float = 20.0
    """The mean row has the say of so many dialogues beside the items that share a neighbour."""
    penalty: float = 1.0
    """Of the regression, as a multiple of the features' variance."""
    raised: float = 0.5
    """Added to every computed bias: the regression knows the mean of the logit, but those of items that will be asked
    for lie above it. More shows new items more often, at the cost of the known ones."""


@dataclass(frozen=True)
class _Links:
    """Which of the items have which neighbours by one relation (or year): pairs, and how many neighbours there are."""

    items: IntArray
    neighbours: IntArray
    size: int


def predicted_rows(
    known: KnownRows, graph: KnowledgeGraph, wanted: IntArray, config: RowConfig
) -> tuple[Tensor, Tensor]:
    """Rows (wanted, d) and biases (wanted,) of the ``wanted`` items; what rows they have is not looked at.

    The same input gives the same rows. Where training has met no item, all are zero.
    """
    values = torch.cat([known.rows, known.bias[:, None]], dim=1).detach().cpu()
    dialogues = known.dialogues.cpu().to(values.dtype)
    fitted = dialogues.argsort(descending=True, stable=True)[:MOST_FITTED]
    fitted = fitted[dialogues[fitted] > 0]
    mean = dialogues @ values.masked_fill(dialogues[:, None] == 0, 0) / dialogues.sum().clamp(min=1)
    centred = (values - mean) * (dialogues > 0)[:, None]
    rows = np.concatenate([fitted.numpy(), wanted])
    features, pooled = _features(centred, dialogues, _links(graph, known.years), rows, config.smoothing)
    answers = {"mean": torch.zeros_like(pooled), "neighbours": pooled}
    if {config.row, config.bias} & {"ridge", "mixture"}:
        answers["ridge"] = _ridge(features, centred[fitted], dialogues[fitted], config.penalty)
        answers["mixture"] = (answers["ridge"] + pooled) / 2
    row, bias = (answers[way][len(fitted) :] + mean for way in (config.row, config.bias))
    return row[:, :-1].to(known.rows), (bias[:, -1] + config.raised).to(known.bias)


def _links(graph: KnowledgeGraph, years: IntArray) -> list[_Links]:
    """The edges of all items by relation, the most frequent ones apart, and the years."""
    num_items = len(years)
    count = int(graph.offsets[num_items])
    owners = np.repeat(np.arange(num_items), np.diff(graph.offsets[: num_items + 1]))
    relations = graph.relation_ids[:count]
    found, counts = np.unique(relations, return_counts=True)
    apart = np.sort(found[np.argsort(-counts, kind="stable")[:MOST_RELATIONS]])
    group = np.where(np.isin(relations, apart), relations, -1)
    links = [
        _Links(owners[group == number], graph.neighbours[:count][group == number], graph.num_entities)
        for number in np.unique(group).tolist()
    ]
    dated = np.flatnonzero(years > 0)
    return [*links, _Links(dated, (years[dated] - _FIRST_YEAR).clip(0, _NUM_YEARS - 1), _NUM_YEARS)]


def _features(
    centred: Tensor, dialogues: Tensor, links: list[_Links], rows: IntArray, smoothing: float
) -> tuple[Tensor, Tensor]:
    """What items that share neighbours say of the items ``rows``: by relation (rows, features), together (rows, d).

    An item's own row is never in what is said of it.
    """
    place = np.full(len(centred), -1, np.int64)
    place[rows] = np.arange(len(rows))
    weighted = torch.cat([centred * dialogues[:, None], dialogues[:, None]], dim=1)  # (items, d + 1)
    met = dialogues.numpy() > 0
    own = weighted[torch.from_numpy(rows)]
    columns, total = [], torch.zeros_like(own)
    for link in links:
        known = met[link.items]
        sums = _ones(link.neighbours[known], link.items[known], (link.size, len(centred))) @ weighted
        degree = np.bincount(link.neighbours[known], minlength=link.size)
        # Sharing an actor tells more than sharing a genre. Only what training has met is counted: rows of items put
        # in before change nothing.
        rarity = torch.from_numpy(np.log1p(met.sum() / np.maximum(degree, 1))).to(centred.dtype)[:, None]
        here = place[link.items] >= 0
        matrix = _ones(place[link.items[here]], link.neighbours[here], (len(rows), link.size))
        weight = matrix @ rarity  # (rows, 1)
        shared = matrix @ (sums * rarity) - weight * own
        evidence = shared[:, -1:].clamp(min=0)
        columns += [
            shared[:, :-1] / (evidence + smoothing * weight).clamp(min=1e-6),
            torch.log1p(evidence),
            (weight > 0).to(centred.dtype),
        ]
        total += shared
    pooled = total[:, :-1] / (total[:, -1:].clamp(min=0) + smoothing).clamp(min=1e-6)
    return torch.cat(columns, dim=1), pooled


def _ridge(features: Tensor, targets: Tensor, dialogues: Tensor, penalty: float) -> Tensor:
    """Fit ``targets`` (fitted, d) on the first rows of ``features`` (rows, features); the answer for all rows."""
    share = dialogues / dialogues.sum().clamp(min=1)
    known = features[: len(targets)]
    mean = share @ known
    spread = (share @ (known - mean).square()).sqrt()
    scaled = (features - mean) / spread.clamp(min=1e-6) * (spread > 1e-6)
    known, weighted = scaled[: len(targets)], scaled[: len(targets)] * share[:, None]
    gram = known.T @ weighted
    gram.diagonal().add_(penalty)
    coefficients: Tensor = torch.linalg.solve(gram, weighted.T @ targets)
    return scaled @ coefficients


def _ones(rows: IntArray, columns: IntArray, size: tuple[int, int]) -> Tensor:
    """A sparse matrix of ones at the given places."""
    places = torch.from_numpy(np.stack([rows, columns]))
    return torch.sparse_coo_tensor(places, torch.ones(len(rows)), size, check_invariants=True).coalesce()

"""A run's counts with items put in and taken out."""

from __future__ import annotations

import numpy as np

from ccrs.core.graph import KnowledgeGraph
from ccrs.core.samples import BoolArray, IntArray, Ragged
from ccrs.data.cooccurrence import Cooccurrence
from ccrs.data.statistics import Statistics
from ccrs.inference.new_catalogue import NewCatalogue

TOGETHER = 10
"""In how many dialogues a new item is taken to stand beside an item, for each telling neighbour they share."""
TELLING = 100
"""A neighbour of more items than this (a genre) tells nothing."""


def extended_statistics(
    old: Statistics, merged: NewCatalogue, graph: KnowledgeGraph, together: int | None = None
) -> Statistics:
    """The counts of the items that stay; what was put in is named in no dialogue.

    Items that no training dialogue names have no co-occurrence of their own. Those put in get an expected one, by what
    they share (``together`` each, None: ``TOGETHER``); without it the known items crowd them out of every context.
    """
    places, num_items = merged.places[: len(old.popularity)], merged.catalogue.num_items
    times = TOGETHER if together is None else together
    return Statistics(
        popularity=_moved(old.popularity, places, num_items),
        vocabulary=old.vocabulary,
        cooccurrence=_extended(old.cooccurrence, merged, graph, times),
        sentiment=old.sentiment,
        by_users=None if old.by_users is None else _extended(old.by_users, merged, graph, times),
    )


def _extended(
    counts: Cooccurrence, merged: NewCatalogue, graph: KnowledgeGraph, times_each: int
) -> Cooccurrence:
    """The counts of the items that stay, and expected ones for those that were put in."""
    num_items = merged.catalogue.num_items
    places = merged.places[: len(counts.dialogues)]
    dialogues = _moved(counts.dialogues, places, num_items)
    put = np.zeros(num_items, np.bool_)
    put[merged.put[dialogues[merged.put] == 0]] = True
    owners = places[np.repeat(np.arange(len(places)), counts.neighbours.lengths)]
    values = places[counts.neighbours.values]
    stay = (owners >= 0) & (values >= 0)
    stay[stay] &= ~(put[owners[stay]] | put[values[stay]])  # expected ones of an earlier time
    heads, tails, times = owners[stay], values[stay], counts.counts[stay]
    if put.any() and times_each:
        first, second, shared = _sharing(graph, put)
        heads, tails = np.concatenate([heads, first]), np.concatenate([tails, second])
        times = np.concatenate([times, shared * times_each])
    order = np.argsort(heads * num_items + tails, kind="stable")
    offsets = np.zeros(num_items + 1, np.int64)
    np.cumsum(np.bincount(heads, minlength=num_items), out=offsets[1:])
    return Cooccurrence(Ragged(offsets, tails[order]), times[order], dialogues)


def _sharing(graph: KnowledgeGraph, put: BoolArray) -> tuple[IntArray, IntArray, IntArray]:
    """Pairs of items that share telling neighbours, one of them ``put``, in both orders; and how many they share."""
    num_items = len(put)
    count = int(graph.offsets[num_items])
    owners = np.repeat(np.arange(num_items), np.diff(graph.offsets[: num_items + 1]))
    links = np.unique(graph.neighbours[:count] * num_items + owners)  # an actor who directs is one neighbour
    neighbours, items = links // num_items, links % num_items
    telling = np.bincount(neighbours, minlength=graph.num_entities) <= TELLING
    neighbours, items = neighbours[telling[neighbours]], items[telling[neighbours]]
    starts = np.searchsorted(neighbours, np.arange(graph.num_entities + 1))
    mine = put[items]
    here = Ragged(starts, items)
    positions, which = here.positions(neighbours[mine])
    first, second = items[mine][which], items[positions]
    pairs = first[first != second] * num_items + second[first != second]
    turned = pairs % num_items * num_items + pairs // num_items
    turned = turned[~put[pairs % num_items]]  # a pair of two put items comes from both sides
    found, shared = np.unique(np.concatenate([pairs, turned]), return_counts=True)
    return found // num_items, found % num_items, shared.astype(np.int64)


def _moved(values: IntArray, places: IntArray, size: int) -> IntArray:
    found = np.zeros(size, values.dtype)
    found[places[places >= 0]] = values[places >= 0]
    return found

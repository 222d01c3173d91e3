"""The paper's check of the turn encoder (section 3.3): which named entity is the next film closer to.

    python scripts/check_turns.py --data data/redial --data data/redial-kgsf

The candidates of a sample are the neighbours in the graph of the entity named first, or of the one named last. A hit is
a target among them. The paper prints 2.32% and 3.50% on the graph of KBRD (`redial-kg/kgsf`); which samples and which
entities it counted, it does not say. A genre has thousands of neighbours and tends to be named first, so films are
counted alone as well. Nothing is trained. Intervals are by user.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from ccrs.core.graph import KnowledgeGraph
from ccrs.core.samples import IntArray, Ragged, SampleTable
from ccrs.data.graph import build_graph
from ccrs.evaluation.significance import interval, paired_difference
from ccrs.evaluation.tables import aligned
from ccrs.experiments.corpus import Corpus, load_corpus


def whole_graph(corpus: Corpus) -> KnowledgeGraph:
    """All edges: nothing is dropped for a model's sake."""
    return build_graph(corpus.catalogue, corpus.triples, max_neighbours=10**9)


def hits(graph: KnowledgeGraph, entities: IntArray, targets: IntArray) -> np.ndarray:
    """Whether each target (samples,) is a neighbour of its entity (samples,)."""
    edges = np.repeat(np.arange(graph.num_entities), np.diff(graph.offsets)) * graph.num_entities
    known = np.unique(edges + graph.neighbours)
    return np.isin(entities * graph.num_entities + targets, known)


def first_and_last(table: SampleTable, mentions: Ragged, samples: IntArray) -> tuple[IntArray, IntArray]:
    """The entity whose last mention is the earliest, and the latest, of each sample's context."""
    contexts = table.sample_contexts[samples]
    starts, ends = mentions.offsets[contexts], mentions.offsets[contexts + 1]
    return mentions.values[starts], mentions.values[ends - 1]


def items_alone(mentions: Ragged, num_items: int) -> Ragged:
    """Only the items among the mentions of each context."""
    kept = mentions.values < num_items
    before = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    return Ragged(before[mentions.offsets], mentions.values[kept])


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, action="append", required=True)
    rows = []
    for path in parser.parse_args().data:
        corpus = load_corpus(path)
        table, graph = corpus.table, whole_graph(corpus)
        films = items_alone(table.mentions, corpus.catalogue.num_items)
        for name, mentions, least in (
            ("1 or more entities", table.mentions, 1),
            ("2 or more entities", table.mentions, 2),
            ("1 or more films", films, 1),
            ("2 or more films", films, 2),
        ):
            lengths = mentions.lengths[table.sample_contexts]
            samples = np.flatnonzero((lengths >= least) & (table.sample_targets >= 0))
            targets, users = table.sample_targets[samples], table.sample_users[samples]
            first, last = (
                hits(graph, entities, targets).astype(np.float64)
                for entities in first_and_last(table, mentions, samples)
            )
            difference = paired_difference(last, first, users).interval
            cells = [
                f"{100 * one.mean:.2f} [{100 * one.low:.2f}, {100 * one.high:.2f}]"
                for one in (interval(first, users), interval(last, users), difference)
            ]
            rows.append([path.name, name, f"{len(samples):,}", *cells])
    rows.append(["(paper)", "", "", "2.32", "3.50", "1.18"])
    print(aligned(["data", "context", "samples", "first, %", "last, %", "last minus first"], rows))


if __name__ == "__main__":
    main()

"""How far a rule without learning gets where dialogues were written by walking the graph.

    python scripts/check_walks.py --data data/opendialkg

For the test samples of an official split: how often the target was named before or is a neighbour of what was, and
HR@10 and HR@50 of a rule that prefers items named before, neighbours of what was named, and what training dialogues
recommend after it, the latest named counting most. Its weights were set once and not searched. Intervals are by user,
ties count against the rule.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from ccrs.evaluation.significance import interval
from ccrs.evaluation.tables import aligned
from ccrs.experiments.corpus import Corpus, load_corpus

NAMED, NEIGHBOUR, FOLLOWED, FADING, POPULAR = 3.0, 1.0, 2.0, 0.8, 1e-5
SMOOTHING = 3  # added to how often something was named, so that a single dialogue does not decide


class WalkRule:
    """Scores all items for what was named, by the graph and by counts of the training samples."""

    def __init__(self, corpus: Corpus, training: np.ndarray) -> None:
        table, index = corpus.table, corpus.catalogue.index
        self.num_items = corpus.catalogue.num_items
        self.neighbours: dict[int, set[int]] = defaultdict(set)
        for triple in corpus.triples:
            head, tail = index[triple.head], index[triple.tail]
            self.neighbours[head].add(tail)
            self.neighbours[tail].add(head)
        self.popularity = np.bincount(table.sample_targets[training], minlength=self.num_items)
        self.after: dict[int, Counter[int]] = defaultdict(Counter)
        for sample in training.tolist():
            for entity in table.mentions[table.sample_contexts[sample]].tolist():
                self.after[entity][int(table.sample_targets[sample])] += 1

    def scores(self, named: list[int]) -> np.ndarray:
        """Of every item, (items,); ``named`` are entities, the latest last."""
        scores = POPULAR * self.popularity
        for age, entity in enumerate(reversed(named)):
            fading = FADING**age
            if entity < self.num_items:
                scores[entity] += NAMED * fading
            for other in self.neighbours[entity]:
                if other < self.num_items:
                    scores[other] += NEIGHBOUR * fading
            times = self.after[entity].total() + SMOOTHING
            for item, count in self.after[entity].items():
                scores[item] += FOLLOWED * fading * count / times
        return scores


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True)
    corpus = load_corpus(parser.parse_args().data)
    table = corpus.table
    parts = np.array([part or "" for part in corpus.parts])[table.sample_dialogues]
    rule, test = WalkRule(corpus, np.flatnonzero(parts == "train")), np.flatnonzero(parts == "test")
    found: dict[str, list[float]] = defaultdict(list)
    for sample in test.tolist():
        named = table.mentions[table.sample_contexts[sample]].tolist()
        target = int(table.sample_targets[sample])
        near = any(target in rule.neighbours[entity] for entity in named)
        scores = rule.scores(named)
        rank = int((scores >= scores[target]).sum())
        found["target was named before"].append(target in named)
        found["target is a neighbour of what was named, and new"].append(near and target not in named)
        for cutoff in (10, 50):
            found[f"HR@{cutoff} of the rule"].append(rank <= cutoff)
    users = table.sample_users[test]
    rows = []
    for name, values in found.items():
        one = interval(np.array(values, np.float64), users)
        rows.append([name, f"{one.mean:.4f} [{one.low:.4f}, {one.high:.4f}]"])
    print(aligned([f"{len(test):,} test samples", "share"], rows))


if __name__ == "__main__":
    main()

"""Fit the model of opinions on ReDial's training part and compare it on the test part with rules and the majority.

    python scripts/check_opinions.py --data data/redial [--save opinions.json]

Truth are the questionnaires that seekers filled in after the dialogue: whether they liked a film and whether they had
seen it *before or by then*. They speak of the whole dialogue (and of the person), not of one message, so that a like
that nobody spoke of counts as missed. Two groups of (dialogue, film) pairs are told apart: films that the seeker named
himself, and films that only the recommender named. The majority answers the commonest value of each group.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ccrs.artifacts.opinions import save_opinions
from ccrs.core.dialogue import Dialogue
from ccrs.core.hearing import Heard, SoFar
from ccrs.data.linking import Linker
from ccrs.data.prepared import PreparedCorpus, load_prepared
from ccrs.data.understanding.hearer import Hearer
from ccrs.data.understanding.opinion_model import LABELS
from ccrs.experiments.train_opinions import answers_of, steps, train_opinions

GROUPS = ("named by the seeker", "named by the recommender only")


@dataclass
class Count:
    """True and false positives and false negatives of one label."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def add(self, said: bool, true: bool) -> None:
        """Count one answer."""
        self.hits += said and true
        self.false += said and not true
        self.missed += true and not said

    @property
    def row(self) -> str:
        """Precision, recall and F1."""
        precision = self.hits / max(self.hits + self.false, 1)
        recall = self.hits / max(self.hits + self.missed, 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-12)
        return f"{precision:9.3f}{recall:9.3f}{f1:9.3f}"


def linker_of(corpus: PreparedCorpus, dialogues: Sequence[Dialogue]) -> Linker:
    """The linker; films without a year mean the one that recommenders of ``dialogues`` name more often."""
    counts = Counter(
        mention.entity
        for dialogue in dialogues
        for message in dialogue.messages
        for mention in message.mentions
        if mention.marked and message.speaker == "recommender"
    )
    return Linker(corpus.catalogue, item_popularity=counts)


def heard_of(hearer: Hearer, dialogue: Dialogue) -> tuple[dict[str, set[str]], set[str]]:
    """What a whole dialogue says of films, the latest word on liking last; and the films its seeker named."""
    said: dict[str, set[str]] = defaultdict(set)
    own: set[str] = set()
    before: Heard | None = None
    for message, so_far in steps(dialogue):
        heard = hearer.hear(
            message.text, SoFar(so_far.shown, so_far.named, previous=so_far.previous, asked=so_far.asked,
                                constraints=before.constraints if before else so_far.constraints)
        )  # fmt: skip
        before = heard
        for item in heard.undone:
            said.pop(item, None)
        for item, words in heard.opinions.items():
            if words & {"like", "dislike"}:
                said[item] -= {"like", "dislike"}
            said[item] |= words
        shown = {item for turn in so_far.shown for item in turn}
        own |= {m.entity for m in heard.message.mentions if m.marked and m.entity not in shown}
    return said, own


def compare(hearers: dict[str, Hearer], dialogues: Sequence[Dialogue]) -> None:
    """Print precision, recall and F1 of every way to hear, by group and label."""
    counts: dict[tuple[str, str, str], Count] = defaultdict(Count)
    for dialogue in dialogues:
        for way, hearer in hearers.items():
            said, own = heard_of(hearer, dialogue)
            for item, feedback in dialogue.feedback.items():
                group = GROUPS[item not in own]
                for label, true in zip(LABELS, answers_of(feedback), strict=True):
                    if true is not None:
                        counts[group, label, way].add(label in said.get(item, ()), true)
                        if way == "rules":
                            counts[group, label, "majority"].add(label != "dislike", true)
    for group in GROUPS:
        print(f"\n{group}\n{'label':10}{'way':14}{'precision':>9}{'recall':>9}{'F1':>9}{'pairs':>8}")
        for label in LABELS:
            for way in ("majority", *hearers):
                count = counts[group, label, way]
                pairs = counts[group, label, "majority"]
                print(f"{label:10}{way:14}{count.row}{pairs.hits + pairs.false + pairs.missed:8}")


def main() -> None:
    """Fit, compare, print; write the model where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True, help="a prepared folder of ReDial")
    parser.add_argument("--save", type=Path, help="write the fitted model here")
    arguments = parser.parse_args()
    corpus = load_prepared(arguments.data)
    parts = {part: [d for d in corpus.dialogues if d.part == part] for part in ("train", "test")}
    linker = linker_of(corpus, parts["train"])
    rules = Hearer(corpus.catalogue, corpus.triples, linker)
    model = train_opinions(rules, parts["train"])
    if model is None:
        parser.error(f"{arguments.data} has too few answers to questionnaires to fit a model.")
    print(f"thresholds {dict(zip(LABELS, model.thresholds, strict=True))}")
    print(f"{len(parts['train'])} training dialogues, {len(model.features)} features")
    combined = Hearer(corpus.catalogue, corpus.triples, linker, model)
    alone = Hearer(corpus.catalogue, corpus.triples, linker, model, model_alone=True)
    compare({"rules": rules, "model alone": alone, "rules + model": combined}, parts["test"])
    if arguments.save is not None:
        save_opinions(arguments.save, model)


if __name__ == "__main__":
    main()

"""A prepared corpus as samples, split for one configuration, with what is counted in its training part."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from ccrs.core.dialogue import Dialogue, Part
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Triple
from ccrs.core.samples import IntArray, SampleTable, UserTask
from ccrs.data.known_items import KnownItems
from ccrs.data.prepared import Extras, Manifest, load_prepared
from ccrs.data.samples import build_samples
from ccrs.data.splits import TEST, TRAIN, VALIDATION, SplitConfig, split_users, training_dialogues, user_tasks


@dataclass(frozen=True)
class Corpus:
    """All dialogues of a prepared folder as one sample table."""

    path: Path
    manifest: Manifest
    catalogue: Catalogue
    triples: tuple[Triple, ...]
    dialogues: tuple[Dialogue, ...]
    table: SampleTable
    extras: Extras = field(default_factory=Extras)

    def graph_triples(self, source: str | None) -> tuple[Triple, ...]:
        """The triples of the corpus' own graph, or of the side graph ``source``; ``DataError`` if it has none."""
        if source is None:
            return self.triples
        if source not in self.extras.side_graphs:
            known = ", ".join(sorted(self.extras.side_graphs)) or "none"
            raise DataError(
                f"{self.path}: has no side graph {source!r} (graph.source; it has: {known}). "
                "Prepare the data with --side-graph FOLDER, or leave graph.source out."
            )
        return self.extras.side_graphs[source]

    @cached_property
    def known_items(self) -> KnownItems | None:
        """What users have had before, where the data have no repeats; None where they have."""
        return None if self.manifest.repeats else KnownItems(self.table, self.catalogue.num_items)

    @property
    def parts(self) -> tuple[Part | None, ...]:
        """The official part of each dialogue."""
        return tuple(dialogue.part for dialogue in self.dialogues)

    @cached_property
    def seeker_table(self) -> SampleTable:
        """The same dialogues with what seekers name as targets, for auxiliary training."""
        return build_samples(self.catalogue, self.dialogues, speaker="seeker")


def load_corpus(path: Path) -> Corpus:
    """Read a prepared folder; raises ``DataError`` when it is missing, altered or broken."""
    prepared = load_prepared(path)
    table = build_samples(prepared.catalogue, prepared.dialogues)
    return Corpus(
        path,
        prepared.manifest,
        prepared.catalogue,
        prepared.triples,
        prepared.dialogues,
        table,
        prepared.extras,
    )


@dataclass(frozen=True)
class Division:
    """Users of a corpus in their parts; validation and test users with support and query."""

    train: IntArray  # users
    validation: list[UserTask]
    test: list[UserTask]
    train_dialogues: IntArray
    support_dialogues: IntArray  # of validation and test users
    joint_dialogues: (
        IntArray  # what a model that does not adapt is trained on: both, unless the support is withheld
    )

    def tasks(self, split: str) -> list[UserTask]:
        """The tasks of ``validation`` or ``test``."""
        return self.validation if split == "validation" else self.test


def divide(corpus: Corpus, config: SplitConfig) -> Division:
    """Who trains and who is judged under ``config``."""
    table = corpus.table
    part = split_users(table, config, corpus.parts)
    tasks = {
        which: user_tasks(table, np.flatnonzero(part == which), config.order, config.seed)
        for which in (VALIDATION, TEST)
    }
    supports = [task.support for which in (VALIDATION, TEST) for task in tasks[which]]
    trained = training_dialogues(table, np.flatnonzero(part == TRAIN), config)
    support = np.concatenate([np.zeros(0, np.int64), *supports])
    return Division(
        train=np.flatnonzero(part == TRAIN),
        validation=tasks[VALIDATION],
        test=tasks[TEST],
        train_dialogues=trained,
        support_dialogues=support,
        joint_dialogues=np.sort(np.concatenate([trained, support]))
        if config.support_in_training
        else trained,
    )

"""What a plan is made of: pieces of work that are done in one go, each in a process of its own."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Protocol

from ccrs.experiments.corpus import Corpus, load_corpus


class Work(Protocol):
    """One training, with what belongs to it."""

    @property
    def name(self) -> str:
        """Its name on disk."""

    @property
    def row_name(self) -> str:
        """The name without fold and seed: work of one row takes about as long."""

    @property
    def after(self) -> str | None:
        """The name of the work that must be finished before; None where there is none."""

    def finished(self, corpus: Corpus, out: Path) -> float | None:
        """The seconds it took; None where it is not done.

        Raises ``ConfigError`` when what lies in ``out`` was made with another configuration or other data.
        """

    def run(self, data: Path, out: Path, *, quiet: bool) -> float:
        """Do it, or go on where it was killed; returns the seconds."""

    def clear(self, out: Path) -> None:
        """Remove what was trained; what was judged stays."""


def best_epoch(folder: Path) -> int:
    """The epoch whose weights a training in ``folder`` kept, 0 where nothing is trained."""
    log = folder / "log.jsonl"
    if not log.exists():
        return 0
    epochs = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return max((int(epoch["epoch"]) for epoch in epochs if epoch.get("best")), default=0)


@cache
def corpus_in(data: Path) -> Corpus:
    """The prepared folder, read once in each process."""
    return load_corpus(data)

"""A process that trains, for tests that kill it or need several: ``python driver.py JOB.json``.

The job names ``corpus``, ``out``, ``config`` and ``workers``; with ``hang_at`` = [epoch, step] the process says
"hanging" at that step and does nothing more, so that it can be killed in a known place.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import torch

from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import load_corpus
from ccrs.experiments.train import train_recommender
from ccrs.training.tracking import Tracker


def hang_at(epoch: int, step: int) -> None:
    """Make the tracker hang after this step (both counted from 1)."""
    start_epoch, take_step = Tracker.start_epoch, Tracker.step
    place = [0, 0]

    def start(self: Tracker, number: int, steps: int) -> None:
        place[:] = [number, 0]
        start_epoch(self, number, steps)

    def count(self: Tracker, loss: float, learning_rate: float) -> None:
        take_step(self, loss, learning_rate)
        place[1] += 1
        if place == [epoch, step]:
            sys.stdout.write("hanging\n")
            sys.stdout.flush()
            time.sleep(600)

    Tracker.start_epoch, Tracker.step = start, count  # type: ignore[method-assign, assignment]


def main() -> None:
    """Do the job."""
    torch.set_num_threads(1)
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if "hang_at" in job:
        hang_at(*job["hang_at"])
    config = RecommenderConfig.model_validate(job["config"])
    corpus = load_corpus(Path(job["corpus"]))
    train_recommender(config, corpus, Path(job["out"]), workers=job.get("workers", 1), quiet=True)


if __name__ == "__main__":
    main()

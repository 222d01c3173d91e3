"""Trains one epoch and prints the peak memory of its process: ``python -m benchmarks.one_epoch DATA VARIANT OUT``."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from benchmarks.steps import configuration
from benchmarks.timing import Stopwatch
from ccrs.experiments.corpus import load_corpus
from ccrs.experiments.train import train_recommender


def peak_memory() -> float:
    """The most memory this process has held, in GB (10^9 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9  # Linux counts KiB, macOS bytes


def main(arguments: list[str]) -> None:
    """Train with adaptation, validation and saving included."""
    data, variant, out = arguments
    before = peak_memory()
    corpus = load_corpus(Path(data))
    loaded = peak_memory()
    watch = Stopwatch()
    train_recommender(configuration(variant, epochs=1), corpus, Path(out), quiet=True)
    figures = {"imported": before, "loaded": loaded, "peak": peak_memory(), "seconds": watch.read().wall}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])

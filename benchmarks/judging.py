"""Time of a full evaluation, and memory of a training."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.apart import measured_apart
from benchmarks.steps import configuration
from ccrs.data.splits import SplitConfig
from ccrs.evaluation.ranking import per_sample
from ccrs.experiments.corpus import Corpus
from ccrs.experiments.judging import adapted_logits, ranks_of, unadapted_logits
from ccrs.experiments.setup import Setup, set_up


def fold_setup(corpus: Corpus, variant: str) -> Setup:
    """An untrained model and the test users of the first fold of five."""
    config = configuration(variant).model_copy(update={"data": SplitConfig(protocol="folds", fold=0)})
    setup = set_up(config, corpus)
    setup.model.eval()
    return setup


def evaluate_adapted(setup: Setup) -> int:
    """Rank every query sample of the test users, each user adapted; returns how many there are."""
    model, rates, builder, tasks = setup.model, setup.rates, setup.builder, setup.division.test
    return _judged(setup, lambda take: adapted_logits(model, rates, builder, tasks, take))


def evaluate_unadapted(setup: Setup) -> int:
    """Rank every query sample of the test users at the common parameters."""
    return _judged(
        setup, lambda take: unadapted_logits(setup.model, setup.builder, setup.division.test, take)
    )


def _judged(setup: Setup, judge: Callable[..., None]) -> int:
    ranks, samples = ranks_of(setup.corpus.table, judge)
    per_sample(ranks)
    return len(samples)


def training_memory(data: Path, variant: str) -> dict[str, float]:
    """Train one epoch in a process of its own: peak memory in GB (10^9 bytes) before and after, seconds."""
    with tempfile.TemporaryDirectory() as out:
        return measured_apart("benchmarks.one_epoch", [str(data), variant, str(Path(out) / "run")])

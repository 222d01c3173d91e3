"""Judging: however the users are grouped into batches, every query sample gets the same rank once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.core.samples import IntArray
from ccrs.data import splits
from ccrs.data.batching import BatchBuilder
from ccrs.data.samples import build_samples
from ccrs.data.splits import user_tasks
from ccrs.evaluation.ranking import MISS
from ccrs.experiments import judging
from ccrs.experiments.corpus import divide
from ccrs.experiments.judging import adapted_logits, query_samples, ranks_of
from ccrs.inference.builders import run_builder
from ccrs.meta.adaptation import InnerConfig, InnerRates
from ccrs.models.ccrs import CCRS, CCRSConfig
from ccrs.models.sizes import Sizes
from tests.training.small_runs import ALL_ADDITIONS, small_config, train_quietly, write_corpus
from tests.worlds import random_world

Ranks = Callable[[], tuple[IntArray, IntArray]]


@pytest.fixture(scope="module", params=["adapted", "unadapted"])
def judged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Ranks, IntArray]:
    """Ranks of a trained run on its test users, and the samples that are to be ranked."""
    folder = tmp_path_factory.mktemp("judged")
    corpus = write_corpus(folder / "corpus")
    config = small_config(model={"additions": ALL_ADDITIONS}, epochs=2)
    run = train_quietly(config, corpus, folder / "run")
    builder = run_builder(run, corpus.table)
    division, table = divide(corpus, config.data), corpus.table
    tasks = [*division.validation, *division.test]

    def ranks() -> tuple[IntArray, IntArray]:
        if request.param == "adapted":
            return judging.ranks_of(
                table, lambda take: judging.adapted_logits(run.model, run.rates, builder, tasks, take)
            )
        return judging.ranks_of(table, lambda take: judging.unadapted_logits(run.model, builder, tasks, take))

    queries = np.concatenate([task.query for task in tasks])
    return ranks, np.flatnonzero(np.isin(table.sample_dialogues, queries))


def test_every_query_sample_is_ranked_once(judged: tuple[Ranks, IntArray]) -> None:
    ranks, samples = judged[0]()
    assert sorted(samples.tolist()) == judged[1].tolist()
    assert ((ranks >= 1) & (ranks <= 10)).all()
    assert len(set(ranks.tolist())) > 3


@pytest.mark.parametrize("size", [1, 7, 40])
def test_grouping_changes_nothing(
    judged: tuple[Ranks, IntArray], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = judged[0]()
    calls: list[int] = []
    groups = judging.task_groups

    def counted(*arguments: object) -> list[object]:
        found = list(groups(*arguments))  # type: ignore[arg-type]
        calls.append(len(found))
        return found  # type: ignore[return-value]

    monkeypatch.setattr(judging, "task_groups", counted)
    monkeypatch.setattr(splits, "CONTEXTS_A_BATCH", size)
    found = judged[0]()
    assert calls[0] > 1
    for mine, theirs in zip(found, expected, strict=True):
        assert np.array_equal(mine, theirs)


def test_a_target_outside_the_catalogue_is_a_miss() -> None:
    class Table:
        sample_targets = np.array([2, -1, 0])

    def judge(take: Callable[[Tensor, IntArray], None]) -> None:
        take(torch.tensor([[1.0, 2.0, 3.0], [9.0, 1.0, 1.0], [1.0, 1.0, 0.0]]), np.array([0, 1, 2]))

    ranks, samples = judging.ranks_of(Table(), judge)  # type: ignore[arg-type]
    assert ranks[0] == 1
    assert ranks[1] > 10**6
    assert ranks[2] == 2  # a tie counts against the model
    assert samples.tolist() == [0, 1, 2]


def test_no_tasks_no_ranks(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    ranks, samples = judging.ranks_of(corpus.table, lambda take: None)
    assert len(ranks) == len(samples) == 0
    assert len(judging.query_samples(corpus.table, [])) == 0


def test_unknown_items_are_misses_in_support_and_query() -> None:
    """On foreign dialogues an item may be outside the catalogue, also in what a user is adapted on."""
    world = random_world(num_users=5, seed=3)
    strangers = [
        replace(
            dialogue,
            messages=tuple(
                replace(
                    message,
                    mentions=tuple(
                        replace(m, entity="elsewhere") if m.entity in {"i1", "i2"} else m
                        for m in message.mentions
                    ),
                )
                for message in dialogue.messages
            ),
        )
        for dialogue in world.dialogues
    ]
    table = build_samples(world.catalogue, strangers, keep_unknown=True)
    tasks = user_tasks(table, np.arange(len(table.users)), "chronological", 0)
    sizes = Sizes(num_items=12, num_entities=20, num_relations=len(world.graph.relations))
    model = CCRS(CCRSConfig(embedding_size=8, num_heads=2), sizes, torch.zeros(12)).eval()
    builder = BatchBuilder(table, world.graph, num_items=12)
    ranks, samples = ranks_of(
        table, lambda take: adapted_logits(model, InnerRates(InnerConfig()), builder, tasks, take)
    )
    unknown = table.sample_targets[samples] < 0
    supported = np.isin(table.sample_dialogues, np.concatenate([task.support for task in tasks]))
    assert unknown.any()
    assert (table.sample_targets[supported] < 0).any()
    assert (ranks[unknown] == MISS).all()
    assert (ranks[~unknown] <= 12).all()
    assert sorted(samples.tolist()) == sorted(query_samples(table, tasks).tolist())

"""On people whose preferences are known: adaptation helps, somebody else's does not, and attention tells why.

The quick world is small; the full one (`make test-slow`) is the demo's, with negative controls that must fail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from ccrs.artifacts.run import Run
from ccrs.core.files import read_json
from ccrs.core.graph import Triple
from ccrs.data.prepared import load_prepared, write_prepared
from ccrs.evaluation.ranking import per_sample
from ccrs.evaluation.significance import Difference, paired_difference
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.demo import demo_config, recovery_of, swapped_ranks
from ccrs.experiments.evaluate import judge
from ccrs.experiments.judging import adapted_logits, ranks_of, unadapted_logits
from ccrs.experiments.preferences import Recovery
from ccrs.experiments.prepare import TRUTH, prepare_simulated
from ccrs.experiments.train import train_recommender
from ccrs.inference.builders import run_builder
from ccrs.meta.adaptation import InnerConfig, InnerRates
from ccrs.simulation.choice import ChoiceConfig
from ccrs.simulation.corpus import SimulationConfig, simulate
from ccrs.simulation.oracles import rank_by_oracles
from ccrs.simulation.truth import Truth


@dataclass(frozen=True)
class World:
    """A trained run on simulated people."""

    simulation: SimulationConfig
    data: Path
    corpus: Corpus
    truth: Truth
    run: Run

    def hits(self, ranks: np.ndarray) -> np.ndarray:
        return per_sample(ranks)["hr@10"]

    def adapted(self) -> tuple[np.ndarray, np.ndarray]:
        """Hits of every test sample, adapted, and whose sample it is."""
        tasks, builder = (
            divide(self.corpus, self.run.config.data).test,
            run_builder(self.run, self.corpus.table),
        )
        ranks, samples = ranks_of(
            self.corpus.table,
            lambda take: adapted_logits(self.run.model, self.run.rates, builder, tasks, take),
        )
        return self.hits(ranks), self.corpus.table.sample_users[samples]

    def unadapted(self) -> np.ndarray:
        tasks, builder = (
            divide(self.corpus, self.run.config.data).test,
            run_builder(self.run, self.corpus.table),
        )
        ranks, _ = ranks_of(
            self.corpus.table, lambda take: unadapted_logits(self.run.model, builder, tasks, take)
        )
        return self.hits(ranks)

    def gain(self) -> Difference:
        """Adapted minus unadapted."""
        adapted, users = self.adapted()
        return paired_difference(adapted, self.unadapted(), users)

    def gain_over_swapped(self) -> Difference:
        """Adapted minus adapted to somebody else's support."""
        adapted, users = self.adapted()
        return paired_difference(adapted, self.hits(swapped_ranks(self.run, self.corpus, self.truth)), users)

    def recovery(self) -> Recovery:
        return recovery_of(self.run, self.data, self.truth)


def make_world(
    folder: Path, simulation: SimulationConfig, overrides: list[str], *, shuffle_relations: bool = False
) -> World:
    data = folder / "data"
    prepare_simulated(simulation, data)
    truth = Truth.from_json(read_json(data / TRUTH))
    if shuffle_relations:
        prepared = load_prepared(data)
        names = [triple.relation for triple in prepared.triples]
        shuffled = np.random.default_rng(0).permutation(names)
        triples = [
            Triple(t.head, str(name), t.tail) for t, name in zip(prepared.triples, shuffled, strict=True)
        ]
        write_prepared(
            data,
            dataset="shuffled",
            licence="none",
            catalogue=prepared.catalogue,
            triples=sorted(set(triples), key=lambda t: (t.head, t.relation, t.tail)),
            dialogues=prepared.dialogues,
        )
    corpus = load_corpus(data)
    run = train_recommender(demo_config(overrides), corpus, folder / "run", quiet=True)
    return World(simulation, data, corpus, truth, run)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> World:
    overrides = ["training.epochs=6", "model.embedding_size=32", "inner.steps=2"]
    return make_world(tmp_path_factory.mktemp("small"), SimulationConfig(num_users=300), overrides)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("full"), SimulationConfig(), [])


def check_beats_popularity(world: World, share_of_oracle: float) -> None:
    tasks = divide(world.corpus, world.run.config.data).test
    counts = np.bincount(
        world.corpus.table.sample_targets[
            np.isin(
                world.corpus.table.sample_dialogues,
                divide(world.corpus, world.run.config.data).train_dialogues,
            )
        ],
        minlength=world.corpus.catalogue.num_items,
    )
    rows, _ = judge(world.run, world.corpus.table, tasks, counts)
    unadapted, popularity = (world.hits(rows[name].ranks) for name in ("unadapted", "popularity"))
    found = paired_difference(unadapted, popularity, rows["metrics"].users)
    assert found.interval.low > 0
    oracle = rank_by_oracles(simulate(world.simulation)).hit_rates()["mean"]
    assert unadapted.mean() >= share_of_oracle * oracle


def test_people_are_adapted_to(small: World) -> None:
    check_beats_popularity(small, 0.4)  # with a third of the demo's people
    assert small.gain().mean > 0  # its interval excludes 0 in the full world
    assert small.gain_over_swapped().interval.low > 0


def test_without_rates_nobody_is_adapted_to(small: World) -> None:
    rates = InnerRates(InnerConfig(entity_lr=0, user_lr=0))
    still = replace(small, run=replace(small.run, rates=rates))
    assert still.gain().interval.low <= 0
    assert still.gain_over_swapped().interval.low <= 0
    assert abs(still.recovery().correlation()) < 0.05


@pytest.mark.slow
def test_the_demo_recovers_what_people_follow(full: World) -> None:
    check_beats_popularity(full, 0.7)
    assert full.gain().interval.low > 0
    assert full.gain_over_swapped().interval.low > 0
    recovery = full.recovery()
    assert recovery.correlation() > 0.3
    assert abs(recovery.shuffled()) < 0.05


@pytest.mark.slow
def test_control_gamma_one_recovers_nothing(tmp_path: Path) -> None:
    world = make_world(tmp_path, SimulationConfig(), ['model.gamma="one"', "inner.entity_lr=0.0"])
    assert world.recovery().correlation() <= 0.3


@pytest.mark.slow
def test_control_shuffled_relations_recover_nothing(tmp_path: Path) -> None:
    world = make_world(tmp_path, SimulationConfig(), [], shuffle_relations=True)
    assert world.recovery().correlation() <= 0.3


@pytest.mark.slow
def test_control_people_who_are_all_alike_gain_nothing_over_swapped(tmp_path: Path) -> None:
    alike = SimulationConfig(concentration=1e6, choice=ChoiceConfig(favourite=0.0))
    world = make_world(tmp_path, alike, [])
    assert world.gain_over_swapped().interval.low <= 0
    assert world.recovery().correlation() <= 0.3

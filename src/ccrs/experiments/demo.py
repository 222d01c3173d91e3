"""The whole way on the embedded corpus: simulate, train, judge, recover preferences, two people side by side."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from ccrs.artifacts.run import Run
from ccrs.core.errors import DataError
from ccrs.core.files import read_json
from ccrs.core.samples import UserTask
from ccrs.data.prepared import load_prepared
from ccrs.evaluation.report import Report
from ccrs.experiments.config import RecommenderConfig, load_config
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.evaluate import evaluate
from ccrs.experiments.judging import adapted_logits, ranks_of
from ccrs.experiments.preferences import Recovery, recover_preferences
from ccrs.experiments.prepare import TRUTH, prepare_simulated
from ccrs.experiments.recommend import Recommendation, Recommender
from ccrs.experiments.setup import run_builder
from ccrs.experiments.train import train_recommender
from ccrs.simulation.corpus import SimulationConfig, simulate
from ccrs.simulation.oracles import rank_by_oracles
from ccrs.simulation.pivots import Pivot
from ccrs.simulation.truth import Truth
from ccrs.training.tracking import LOG

NUM_PROBES = 40
Announce = Callable[[str], None]


@dataclass(frozen=True)
class Person:
    """One of the two people of the paper's Figure 1."""

    user: str
    preferred: str
    favourites: tuple[str, ...]
    answer: Recommendation


@dataclass(frozen=True)
class Demo:
    """Everything the demo shows."""

    report: Report
    oracles: Mapping[str, float]
    recovery: Recovery
    words: str
    people: tuple[Person, ...]


def demo_config(overrides: Sequence[str] = ()) -> RecommenderConfig:
    """The configuration of the demo, from the package."""
    with resources.as_file(resources.files("ccrs.experiments") / "demo.toml") as path:
        return load_config(path, overrides)


def run_demo(out: Path, announce: Announce, *, num_users: int | None = None, quiet: bool = False) -> Demo:
    """Make ``out``/data and ``out``/run and what the demo shows of them; both are replaced when they are there."""
    simulation = SimulationConfig() if num_users is None else SimulationConfig(num_users=num_users)
    announce("1/5  writing dialogues of simulated people about real films")
    prepare_simulated(simulation, out / "data")
    corpus = load_corpus(out / "data")
    announce("2/5  training: each person's earlier dialogues teach the model to adapt to the later ones")
    folder = _fresh(out / "run")
    run = train_recommender(demo_config(), corpus, folder, quiet=quiet)
    announce("3/5  judging on people, films and phrasings the model has not seen")
    report = evaluate(folder).report
    simulated = simulate(simulation)
    oracles = rank_by_oracles(simulated).hit_rates()
    announce("4/5  asking what each person follows, from the attention alone")
    truth = Truth.from_json(read_json(out / "data" / TRUTH))
    recovery = recovery_of(run, out / "data", truth)
    announce("5/5  two people say the same words")
    words, people = two_people(Recommender(run), out / "data", truth, simulated.model.pivots)
    return Demo(report, oracles, recovery, words, people)


def recovery_of(run: Run, data: Path, truth: Truth) -> Recovery:
    """Known against recovered preferences of the test users, on the films named most in training dialogues."""
    wanted = {user.id: dict(user.preferences) for user in truth.users if user.part == "test"}
    most = np.argsort(-run.statistics.cooccurrence.dialogues, kind="stable")[:NUM_PROBES]
    probes = [run.catalogue.entities[int(item)].id for item in most]
    return recover_preferences(run, load_prepared(data).dialogues, wanted, probes)


def swapped_tasks(tasks: Sequence[UserTask], users: Sequence[str], truth: Truth) -> list[UserTask]:
    """The same query with the support of the next user who prefers another relation (and has as many dialogues)."""
    preferred = [truth.user_of[users[task.user]].preferred for task in tasks]
    swapped = []
    for number, task in enumerate(tasks):
        others = [(number + step) % len(tasks) for step in range(1, len(tasks))]
        fitting = [
            o
            for o in others
            if preferred[o] != preferred[number] and len(tasks[o].support) == len(task.support)
        ]
        if not fitting:
            raise DataError("No other user prefers another relation. Simulate more users.")
        swapped.append(UserTask(task.user, tasks[fitting[0]].support, task.query))
    return swapped


def swapped_ranks(run: Run, corpus: Corpus, truth: Truth) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Ranks of the test samples when everyone is adapted to somebody else's support."""
    tasks = swapped_tasks(divide(corpus, run.config.data).test, corpus.table.users, truth)
    builder = run_builder(run, corpus.table)
    ranks, _ = ranks_of(corpus.table, lambda take: adapted_logits(run.model, run.rates, builder, tasks, take))
    return ranks


def two_people(
    recommender: Recommender, data: Path, truth: Truth, pivots: Mapping[int, Pivot]
) -> tuple[str, tuple[Person, ...]]:
    """The paper's Figure 1: the first two test users who follow different relations name one film.

    The film is the one named most in training dialogues that shares both relations with other films (``pivots`` by
    item). Raises ``DataError`` when there are no two such users.
    """
    run = recommender.run
    tested = [user for user in truth.users if user.part == "test"]
    first = tested[0]
    by_mentions = np.argsort(-run.statistics.cooccurrence.dialogues, kind="stable").tolist()
    found = (
        (user, film)
        for user in tested
        for film in by_mentions
        if user.preferred != first.preferred
        and film in pivots
        and {first.preferred, user.preferred} <= set(pivots[film].fans)
    )
    second, film = next(found, (None, 0))
    if second is None:
        raise DataError("All test users prefer the same relation. Simulate more users.")
    words = f"I like {run.catalogue.entities[film].title}. What should I watch?"
    dialogues = load_prepared(data).dialogues
    people = []
    for user in (first, second):
        support = [dialogue for dialogue in dialogues if dialogue.user == user.id]
        answer = recommender.recommend(words, support=support, k=5)
        names = tuple(run.catalogue.entities[run.catalogue.index[entity]].name for entity in user.favourites)
        people.append(Person(user.id, user.preferred, names, answer))
    return words, tuple(people)


def _fresh(folder: Path) -> Path:
    """Take an earlier run of the demo away; anything else there is not touched."""
    if folder.exists():
        if not (folder / LOG).exists():
            raise DataError(f"{folder}: is there already and is no earlier demo. Choose another --out.")
        shutil.rmtree(folder)
    return folder

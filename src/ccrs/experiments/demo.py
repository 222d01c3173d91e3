"""The whole way on the embedded corpus: simulate, train, judge, recover tastes and styles, two people side by side."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from ccrs.experiments.reply_setup import ResponderTrainConfig, load_responder_config
from ccrs.experiments.styles import StyleRecovery, Talk, recover_styles, talks
from ccrs.experiments.train import train_recommender
from ccrs.experiments.train_responder import train_responder
from ccrs.inference.builders import run_builder
from ccrs.inference.recommend import Recommendation, Recommender
from ccrs.inference.talk import Talker
from ccrs.simulation.corpus import SimulationConfig, simulate
from ccrs.simulation.oracles import rank_by_oracles
from ccrs.simulation.pivots import Pivot
from ccrs.simulation.truth import Truth
from ccrs.training.tracking import LOG

NUM_PROBES = 40
LATER_WORDS = (
    "Nice, that one is right for me. Do you have one more idea?",
    "Hmm, I am not so sure about it. What else could you suggest me?",
)
"""What both people of the conversation say after their first words."""
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
    """Everything the demo shows; ``seconds`` is how long each part took."""

    report: Report
    oracles: Mapping[str, float]
    recovery: Recovery
    words: str
    people: tuple[Person, ...]
    styles: StyleRecovery
    talks: tuple[Talk, ...]
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class _Parts:
    """Announces the parts of the demo and takes their times."""

    announce: Announce
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str, about: str) -> Iterator[None]:
        """One part."""
        self.announce(f"{len(self.seconds) + 1}/7  {about}")
        start = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - start


def demo_config(overrides: Sequence[str] = ()) -> RecommenderConfig:
    """The configuration of the demo's recommender, from the package."""
    with resources.as_file(resources.files("ccrs.experiments") / "demo.toml") as path:
        return load_config(path, overrides)


def demo_responder_config(overrides: Sequence[str] = ()) -> ResponderTrainConfig:
    """The configuration of the demo's dialogue generator, from the package."""
    with resources.as_file(resources.files("ccrs.experiments") / "demo_responder.toml") as path:
        return load_responder_config(path, overrides)


def run_demo(
    out: Path,
    announce: Announce,
    *,
    num_users: int | None = None,
    quiet: bool = False,
    recommender: Sequence[str] = (),
    responder: Sequence[str] = (),
) -> Demo:
    """Make ``out``/data and ``out``/run and what the demo shows of them; both are replaced when they are there.

    ``recommender`` and ``responder`` are overrides of the two configurations.
    """
    simulation = SimulationConfig() if num_users is None else SimulationConfig(num_users=num_users)
    parts, data = _Parts(announce), out / "data"
    with parts.part("writing dialogues", "writing dialogues of simulated people about real films"):
        prepare_simulated(simulation, data)
        corpus, truth = load_corpus(data), Truth.from_json(read_json(data / TRUTH))
        simulated = simulate(simulation)
    folder = _fresh(out / "run")
    with parts.part(
        "recommender", "training: each person's earlier dialogues teach the model to adapt to the later ones"
    ):
        run = train_recommender(demo_config(recommender), corpus, folder, quiet=quiet)
    with parts.part("judging", "judging on people, films and phrasings the model has not seen"):
        report = evaluate(folder).report
        oracles = rank_by_oracles(simulated).hit_rates()
    with parts.part("preferences", "asking what each person follows, from the attention alone"):
        recovery = recovery_of(run, data, truth)
    with parts.part("two people", "two people say the same words"):
        words, people = two_people(Recommender(run), data, truth, simulated.model.pivots)
    with parts.part("dialogue generator", "learning to talk: which words fit which person and film"):
        told = train_responder(demo_responder_config(responder), folder, corpus, folder, quiet=quiet)
    with parts.part("styles", "judging the styles, and two people talk"):
        test = divide(corpus, run.config.data).test
        styles = recover_styles(run, told, corpus, truth, test)
        task_of = {corpus.table.users[task.user]: task for task in test}
        chosen = [task_of[person.user] for person in people]
        spoken = talks(Talker(run, told), corpus, chosen, [words, *LATER_WORDS])
    return Demo(report, oracles, recovery, words, people, styles, tuple(spoken), parts.seconds)


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

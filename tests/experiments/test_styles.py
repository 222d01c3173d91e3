"""The known styles of a simulated corpus are recovered, and people are answered in words of their own.

Both worlds are slow (`make test-slow`): a small one made so that styles can be known, and the one of the demo. The
control has styles that have nothing to do with the films.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from ccrs.artifacts.responder import ResponderRun
from ccrs.artifacts.run import Run
from ccrs.core.errors import DataError
from ccrs.core.files import read_json
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.demo import demo_config, demo_responder_config
from ccrs.experiments.prepare import TRUTH, prepare_simulated
from ccrs.experiments.styles import (
    StyleRecovery,
    StyleWords,
    Talk,
    differently_worded,
    recover_styles,
    style_words,
    talks,
)
from ccrs.experiments.train import train_recommender
from ccrs.experiments.train_responder import train_responder
from ccrs.inference.talk import Answer, Talker
from ccrs.simulation.choice import ChoiceConfig
from ccrs.simulation.corpus import SimulationConfig
from ccrs.simulation.truth import Truth
from tests.fixtures.tiny_run import TinyRun, tiny_run

# Nobody is recommended a film that the film he named does not hint at, and styles have no noise: what
# little data can tell of the style is then enough.
CLEAR = SimulationConfig(
    seed=1,
    num_users=120,
    test_share=0.35,
    dialogues_per_user=8,
    relations=("theme",),
    min_relations=1,
    single_share=1.0,
    another_share=0.0,
    max_turns=2,
    fact_share=0.2,
    style_noise=0.0,
    choice=ChoiceConfig(popularity=0.0, favourite=0.0),
)
SMALL = (
    "training.epochs=8",
    "training.batch_size=32",
    "model.embedding_size=32",
    "inner.steps=1",
    "inner.order=1",
)
SMALL_TALK = (
    "text.max_context=32",
    "training.epochs=7",
    "training.batch_size=32",
    "training.learning_rate=0.005",
    "training.decay=0.9",
    "training.patience=8",
)


@dataclass(frozen=True)
class Spoken:
    """A run that talks, and the truth about its corpus."""

    corpus: Corpus
    truth: Truth
    run: Run
    responder: ResponderRun

    def recovery(self) -> StyleRecovery:
        """On the people that training has not seen."""
        tasks = divide(self.corpus, self.run.config.data).test
        return recover_styles(self.run, self.responder, self.corpus, self.truth, tasks)


def spoken(
    folder: Path, simulation: SimulationConfig, recommender: tuple[str, ...], responder: tuple[str, ...]
) -> Spoken:
    prepare_simulated(simulation, folder / "data")
    corpus, truth = load_corpus(folder / "data"), Truth.from_json(read_json(folder / "data" / TRUTH))
    run = train_recommender(demo_config(recommender), corpus, folder / "run", quiet=True)
    told = train_responder(
        demo_responder_config(responder), folder / "run", corpus, folder / "run", quiet=True
    )
    return Spoken(corpus, truth, run, told)


def check_styles(world: Spoken) -> None:
    """Mutual information above the 99th percentile of shuffled labels, and people answered in words of their own."""
    found = world.recovery()
    for told in (found.latent, found.written_film):
        assert told is not None
        assert told.p_value < 0.01
        assert told.p_value_by_user < 0.01
        assert told.bits > 2 * told.shuffled
    tasks = divide(world.corpus, world.run.config.data).test[:8]
    words = ["I like Heat (1995). What should I watch?", "What else could you suggest me?"]
    answered = talks(Talker(world.run, world.responder), world.corpus, tasks, words)
    assert differently_worded(answered) > 0


@pytest.mark.slow
def test_styles_are_recovered_where_they_can_be_known(tmp_path: Path) -> None:
    check_styles(spoken(tmp_path, CLEAR, SMALL, SMALL_TALK))


@pytest.mark.slow
def test_control_styles_that_follow_nothing_are_not_recovered(tmp_path: Path) -> None:
    """The same people with styles dealt out at random: no model can know them."""
    random = CLEAR.model_copy(update={"style_noise": 1.0})
    found = spoken(tmp_path, random, SMALL, SMALL_TALK).recovery()
    for told in (found.latent, found.written, found.written_film):
        assert told is not None
        assert told.p_value_by_user > 0.01


@pytest.mark.slow
def test_the_styles_of_the_demo_are_recovered(tmp_path: Path) -> None:
    check_styles(spoken(tmp_path, SimulationConfig(), (), ()))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return tiny_run(tmp_path_factory.getbasetemp() / "tiny-run")


def test_words_tell_the_styles_of_training_apart(tiny: TinyRun) -> None:
    truth = Truth.from_json(read_json(tiny.data / TRUTH))
    sounds = style_words(load_corpus(tiny.data), truth)
    assert sounds.style("Ta-da! Popcorn up, [item] is pure silly fun.") == "playful"
    assert sounds.style("One might consider [item]. It is competently made.") == "dry"
    assert sounds.style("My dear, [item] is such a tender film.") == "warm"
    assert sounds.style("Grab [item] right now, what a thrilling ride!") == "eager"


def test_slots_and_unknown_words_sound_like_nothing() -> None:
    sounds = StyleWords(["hooray and hooray", "so be it"], ["eager", "dry"])
    assert sounds.style("[hooray] Zwiebelkuchen") is None
    assert sounds.style("Hooray!") == "eager"
    with pytest.raises(DataError, match="no training reply"):
        StyleWords([], [])


def test_share_of_pairs_answered_in_other_words() -> None:
    def talk(user: str, slotted: str) -> Talk:
        return Talk(user, (("Hi", Answer("read", slotted=slotted)),))

    assert differently_worded([talk("a", "Try [item]!"), talk("b", "Try [item]!")]) == 0
    found = [talk("a", "Try [item]!"), talk("b", "Try [item]!"), talk("c", "My dear, [item].")]
    assert differently_worded(found) == pytest.approx(2 / 3)
    assert differently_worded(found[:1]) == 0

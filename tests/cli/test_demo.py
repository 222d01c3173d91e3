"""The demo from end to end on few people, and what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccrs.artifacts.responder import has_responder
from ccrs.cli.demo import render
from ccrs.experiments.demo import LATER_WORDS, demo_responder_config, run_demo

SHORT = ("training.epochs=1", "model.embedding_size=16")
SHORT_TALK = ("training.epochs=1", "model.width=16", "model.num_heads=2", "model.feed_forward_size=16")


@pytest.mark.slow
def test_the_demo_leaves_a_run_that_talks_and_shows_everything(tmp_path: Path) -> None:
    said: list[str] = []
    shown = run_demo(tmp_path, said.append, num_users=40, quiet=True, recommender=SHORT, responder=SHORT_TALK)
    assert [line.split()[0] for line in said] == [f"{number}/7" for number in range(1, 8)]
    assert has_responder(tmp_path / "run")
    first, second = shown.talks
    assert (first.user, second.user) == tuple(person.user for person in shown.people)
    assert [words for words, _ in first.turns] == [words for words, _ in second.turns]
    assert [words for words, _ in first.turns] == [shown.words, *LATER_WORDS]
    text = render(shown)
    for _, answer in (*first.turns, *second.turns):
        assert answer.text
        assert answer.text.splitlines()[0] in text
    assert "Mutual information in bits" in text
    assert "in all." in text


def test_the_configuration_of_the_dialogue_generator_is_a_responder_that_adapts() -> None:
    config = demo_responder_config()
    assert config.kind == "responder"
    assert config.training.objective == "meta"
    assert config.model.customization == "styles"

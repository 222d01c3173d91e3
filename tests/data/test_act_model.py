"""Counts of acts and what is made of them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from ccrs.core.dialogue import Speaker
from ccrs.core.errors import DataError
from ccrs.data.act_model import ActModel, ActState, observations, state_after
from ccrs.data.acts import ACTS, Act

DIALOGUE: list[tuple[Speaker, str]] = [
    ("recommender", "Hello!"),
    ("seeker", "hi"),
    ("seeker", "I want a comedy"),
    ("recommender", "Have you seen [item]?"),
    ("seeker", "Thanks, bye"),
    ("recommender", "You're welcome, bye"),
]
GREETED = ActState("greet", 1, "greet")


def test_a_dialogue_gives_the_state_before_each_reply() -> None:
    assert observations(DIALOGUE) == [
        (ActState("none", 0, None), "greet"),
        (ActState("wish", 1, "greet"), "recommend"),
        (ActState("close", 2, "recommend"), "close"),
    ]


def test_serving_sees_the_states_that_were_counted() -> None:
    found = [state for state, _ in observations(DIALOGUE)]
    assert [state_after(DIALOGUE[:end]) for end in (0, 3, 5)] == found
    assert state_after(DIALOGUE) == ActState("none", 3, "close")


def test_probabilities_by_hand() -> None:
    acts: tuple[Act, ...] = ("ask", "ask", "ask", "recommend")
    seen = [(GREETED, act) for act in acts]
    model = ActModel.fit(seen, strength=1.0)
    share = 1 / len(ACTS)
    for _ in range(4):  # all four levels hold the same four replies
        share = (3 + share) / 5
    assert model.log_probability("ask", GREETED) == pytest.approx(math.log(share))
    # Another position was never seen: one level less.
    elsewhere = share * 5 - 3
    assert model.log_probability("ask", ActState("greet", 9, "greet")) == pytest.approx(math.log(elsewhere))


def test_probabilities_sum_to_one_in_states_seen_and_unseen() -> None:
    model = ActModel.fit(observations(DIALOGUE))
    for state in (GREETED, ActState("none", 0, None), ActState("reject", 40, "other")):
        found = model.log_probabilities(state)
        assert sum(math.exp(value) for value in found.values()) == pytest.approx(1.0)
        assert found["ask"] == model.log_probability("ask", state)


def test_what_was_seen_becomes_likely() -> None:
    model = ActModel.fit(observations(DIALOGUE) * 50)
    likely = model.log_probabilities(ActState("close", 2, "recommend"))
    assert max(likely, key=likely.__getitem__) == "close"


def test_without_a_count_all_acts_are_alike() -> None:
    found = ActModel.fit([]).log_probabilities(GREETED)
    assert list(found.values()) == pytest.approx([-math.log(len(ACTS))] * len(ACTS))


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    model = ActModel.fit(observations(DIALOGUE), strength=3.0)
    model.save(tmp_path / "acts.json")
    loaded = ActModel.load(tmp_path / "acts.json")
    assert (loaded.counts == model.counts).all()
    assert loaded.strength == 3.0
    ActModel.fit([]).save(tmp_path / "none.json")
    assert not ActModel.load(tmp_path / "none.json").counts.any()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("acts", ["greet"]),
        ("counts", [[1, 2]]),
        ("counts", [[0, 0, 0, 99, 1]]),
        ("counts", [[0, 0, 0, -1, 1]]),
        ("counts", "many"),
        ("counts", [[0, 0, 0, 0, 10**30]]),
        ("strength", -1),
        ("strength", None),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "acts.json"
    ActModel.fit(observations(DIALOGUE)).save(path)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {key: value}), encoding="utf-8")
    with pytest.raises(DataError):
        ActModel.load(path)

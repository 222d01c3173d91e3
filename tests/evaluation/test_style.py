"""Mutual information of style and topic: exact cases, chance, and that one user's replies are not independent."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from ccrs.core.errors import CcrsError
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.style import mutual_information, style_information, style_report


def test_information_by_hand() -> None:
    expected = 0.3 * math.log2(0.3 / 0.25) * 2 + 0.2 * math.log2(0.2 / 0.25) * 2
    tables = np.array([[[5, 0], [0, 5]], [[2, 2], [3, 3]], [[3, 2], [2, 3]]])
    assert mutual_information(tables) == pytest.approx([1.0, 0.0, expected], abs=1e-12)


def test_a_style_for_each_topic_tells_all_of_it() -> None:
    topics = ["horror", "comedy", "war", "crime"] * 25
    styles = [{"horror": 0, "comedy": 1, "war": 2, "crime": 3}[topic] for topic in topics]
    found = style_information(styles, topics, list(range(100)), shuffles=500)
    assert found is not None
    assert found.bits == pytest.approx(2.0)
    assert found.p_value == found.p_value_by_user == pytest.approx(1 / 501)


def test_styles_at_random_tell_no_more_than_chance() -> None:
    generator = np.random.default_rng(0)
    styles, topics = generator.integers(4, size=2000).tolist(), generator.integers(6, size=2000).tolist()
    found = style_information(styles, topics, list(range(2000)), shuffles=500)
    assert found is not None
    # The plug-in estimate's bias: (styles - 1)(topics - 1) / (2 n ln 2).
    assert found.shuffled == pytest.approx(15 / (2 * 2000 * math.log(2)), rel=0.05)
    assert found.bits == pytest.approx(found.shuffled, abs=0.004)
    assert found.p_value > 0.05
    assert found.p_value_by_user > 0.05


def test_shuffled_labels_agree_with_a_plain_shuffle() -> None:
    generator = np.random.default_rng(1)
    styles, topics = generator.integers(3, size=60), generator.integers(4, size=60)
    plain = []
    for _ in range(400):
        table = np.zeros((3, 4), dtype=np.int64)
        np.add.at(table, (generator.permutation(styles), topics), 1)
        plain.append(float(mutual_information(table)))
    found = style_information(styles.tolist(), topics.tolist(), list(range(60)), shuffles=4000)
    assert found is not None
    assert found.shuffled == pytest.approx(np.mean(plain), rel=0.06)


def test_chance_agreement_within_users_deceives_the_plain_shuffle_only() -> None:
    plain, by_user = [], []
    for seed in range(30):
        generator = np.random.default_rng(seed)
        users = np.repeat(np.arange(40), generator.geometric(0.1, size=40))
        # Each user has one style and one topic, drawn apart from each other: they have nothing to do.
        style, topic = generator.integers(4, size=40)[users], generator.integers(5, size=40)[users]
        found = style_information(style.tolist(), topic.tolist(), users.tolist(), shuffles=200, seed=seed)
        assert found is not None
        plain.append(found.p_value < 0.05)
        by_user.append(found.p_value_by_user < 0.05)
    assert np.mean(plain) > 0.8
    assert np.mean(by_user) < 0.2


def test_replies_without_style_or_topic_are_left_out() -> None:
    found = style_information([0, None, 1, 1], ["a", "a", None, "b"], list("wxyz"), shuffles=10)
    assert found is not None
    assert found.num_replies == 2
    assert found.bits == pytest.approx(1.0)
    assert style_information([None], ["a"], ["u"]) is None
    with pytest.raises(CcrsError, match="one of each"):
        style_information([1], ["a", "b"], ["u"])
    with pytest.raises(CcrsError, match="1 or more"):
        style_information([1], ["a"], ["u"], shuffles=0)


def test_report_of_styles_is_json_and_null_without_styles() -> None:
    def reply(number: int, style: int | None, text: str) -> JudgedReply:
        return JudgedReply(f"u{number}", "d", number, text, text, text, text, topic="war", style=style)

    assert style_report([reply(0, None, "a")]) is None
    told = json.loads(
        json.dumps(style_report([reply(0, 3, "a"), reply(1, 1, "b"), reply(2, 3, "a")]), allow_nan=False)
    )
    assert told["num_replies"] == {"1": 1, "3": 2}
    assert told["mutual_information"] == 0.0
    assert told["vocabulary_distance"] == pytest.approx(1.0)
    alone = style_report([JudgedReply("u", "d", 0, "a", "a", "a", "a", style=0)])
    assert alone is not None
    assert alone["mutual_information"] is None
    assert alone["vocabulary_distance"] is None

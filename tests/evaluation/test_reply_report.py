"""The reply report: figures by hand, documented keys, intervals by user, paired differences."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from ccrs.core.errors import CcrsError
from ccrs.evaluation import reply_report as module
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.reply_report import (
    COMPARED,
    WITH_INTERVAL,
    WITHOUT_INTERVAL,
    reply_differences,
    reply_report,
)

PHRASES = (
    *("have you seen [item] ? it is very good", "i liked it", "hello , what kind of movies do you like ?"),
    *("you should watch [item] and [item]", "have a great night", "i have not seen that one , is it good ?"),
)


def judged(user: str, reply: str, reference: str, message: int = 0) -> JudgedReply:
    return JudgedReply(user, "d", message, reply, reference, reply, reference)


def world(num_users: int = 12, per_user: int = 6) -> list[JudgedReply]:
    """Users who differ in how often they are given the very reference."""
    generator = np.random.default_rng(0)
    luck = generator.random(num_users)
    replies = []
    for user in range(num_users):
        for message in range(per_user):
            reference, other = generator.choice(PHRASES, size=2)
            reply = reference if generator.random() < luck[user] else other
            replies.append(judged(f"u{user}", str(reply), str(reference), message))
    return replies


def width(report: dict[str, object], name: str) -> float:
    low, high = report[f"{name}_ci95"]  # type: ignore[misc]
    return float(high - low)


def test_every_key_is_documented_and_the_report_is_json_without_nan() -> None:
    replies = [replace(one, style=one.message % 2, topic="war") for one in world()]
    report = reply_report(
        replies, training_replies=PHRASES[:2], nll=np.full(72, 9.0), num_words=np.full(72, 3)
    )
    known = {*WITH_INTERVAL, *(f"{name}_ci95" for name in WITH_INTERVAL), *WITHOUT_INTERVAL}
    known |= {"num_replies", "num_users", "num_empty", "style", "signature", "without_interval"}
    assert set(report) == known
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert all(report[name] is not None for name in (*WITH_INTERVAL, *WITHOUT_INTERVAL, "style"))
    assert "tok:13a" in report["signature"]["sacrebleu"]
    assert r"\[item\]" in report["signature"]["tokeniser"]
    assert report["without_interval"] == list(WITHOUT_INTERVAL)


def test_intervals_hold_the_figure() -> None:
    report = reply_report(
        world(), training_replies=PHRASES[:2], nll=np.arange(72.0), num_words=np.full(72, 30)
    )
    for name in WITH_INTERVAL:
        low, high = report[f"{name}_ci95"]
        assert low <= report[name] <= high, name
        assert low < high, name


def test_replies_said_many_times_by_the_same_users_do_not_shrink_an_interval() -> None:
    once = world()
    often = [one for one in once for _ in range(8)]
    alone = [replace(one, user=f"{number}") for number, one in enumerate(often)]
    reports = [reply_report(one, resamples=500) for one in (once, often, alone)]
    for name in ("bleu_1", "bleu_4", "sacrebleu", "f1", "item_slot_precision"):
        assert reports[0][name] == pytest.approx(reports[1][name])
        assert width(reports[1], name) == pytest.approx(width(reports[0], name), rel=1e-6), name
        # If single replies were drawn, the interval would be this one.
        assert width(reports[2], name) < 0.6 * width(reports[1], name), name


def test_bleu_of_two_users_by_hand() -> None:
    # Draws of two users: both the first (BLEU 100), both the second (0), or each (2 of 4 words).
    report = reply_report([judged("a", "x y", "x y"), judged("b", "x y", "p q")], resamples=400)
    assert report["bleu_1"] == pytest.approx(50.0)
    assert report["bleu_1_ci95"] == pytest.approx([0.0, 100.0])


def test_perplexity_per_word_by_hand() -> None:
    replies = [judged("a", "x", "x"), judged("b", "x y z", "x y z")]
    report = reply_report(replies, nll=np.array([2.0, 4.0]), num_words=np.array([1, 3]))
    assert report["perplexity_per_word"] == pytest.approx(math.exp(6 / 4))
    assert report["perplexity_per_word_ci95"] == pytest.approx([math.exp(4 / 3), math.exp(2)])


def test_item_slots_by_hand() -> None:
    replies = [
        judged("a", "[item] or [item]", "see [item]", 0),  # one of two slots is met
        judged("a", "[item]", "hello", 1),
        judged("b", "hello", "[item]", 0),
        judged("b", "[ITEM]", "[item] [item]", 1),
        judged("c", "", "", 0),
    ]
    report = reply_report(replies)
    assert report["item_reply_precision"] == pytest.approx(2 / 3)
    assert report["item_reply_recall"] == pytest.approx(2 / 3)
    assert report["item_slot_precision"] == pytest.approx(2 / 4)
    assert report["num_empty"] == 1
    none = reply_report([judged("a", "hi", "hi"), judged("b", "ho", "ho")])
    assert (
        none["item_reply_precision"]
        is none["item_slot_precision"]
        is none["item_slot_precision_ci95"]
        is None
    )


def test_copies_by_hand() -> None:
    training = ["You're welcome!", "I think you would like it", ""]
    said = ["you’re WELCOME", "i think you would like it .", "i think you would like [item]", ""]
    report = reply_report(
        [judged(f"u{i}", text, "x") for i, text in enumerate(said)], training_replies=training
    )
    assert report["copied"] == pytest.approx(2 / 4)  # an empty reply copies nothing
    assert report["copied_long"] == pytest.approx(1 / 2)
    assert reply_report([judged("u", "a", "a")])["copied"] is None


def test_own_references_are_better_than_those_of_others() -> None:
    replies = [judged(f"u{i % 6}", PHRASES[i % 6], PHRASES[i % 6], i) for i in range(24)]
    report = reply_report(replies)
    assert report["f1"] == 1.0
    assert report["f1_over_swapped_ci95"][0] > 0.2
    constant = reply_report([replace(one, reply_words="you have it") for one in replies])
    assert constant["f1_over_swapped"] == pytest.approx(0.0, abs=1e-9)


def test_empty_replies_are_0_and_one_user_has_no_intervals() -> None:
    report = reply_report([judged("u", "", "a b"), judged("u", "  ", "c")])
    assert [report[name] for name in COMPARED] == [0.0] * len(COMPARED)
    assert report["bleu_1_ci95"] is report["f1_ci95"] is None
    assert (report["num_empty"], report["self_bleu"], report["distinct_2"]) == (2, None, 0.0)
    json.dumps(report, allow_nan=False)


def test_chunks_cover_all_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = reply_report(world(), resamples=1000)
    monkeypatch.setattr(module, "_CHUNK_CELLS", 12 * 7)  # 7 resamples at once, the last chunk smaller
    parts = reply_report(world(), resamples=1000)
    assert parts["bleu_2_ci95"] == pytest.approx(whole["bleu_2_ci95"], rel=0.05)


def test_the_same_seed_gives_the_same_report() -> None:
    assert reply_report(world(), resamples=50, seed=1) == reply_report(world(), resamples=50, seed=1)
    assert reply_report(world(), resamples=50, seed=1) != reply_report(world(), resamples=50, seed=2)


def test_differences_are_those_of_the_reports_and_exact_for_equal_models() -> None:
    a = world()
    b = [replace(one, reply_words="i liked it") for one in a]
    found = reply_differences(a, b)
    assert tuple(found) == COMPARED
    reports = [reply_report(side, resamples=2) for side in (a, b)]
    for name, one in found.items():
        assert one["difference"] == pytest.approx(reports[0][name] - reports[1][name]), name
        assert one["ci95"][0] < one["difference"] < one["ci95"][1]
        assert 0 < one["p"] < 0.05
    same = reply_differences(a, a, resamples=100)
    assert {(one["difference"], *one["ci95"], one["p"]) for one in same.values()} == {(0.0, 0.0, 0.0, 1.0)}


def test_a_difference_of_few_users_is_not_taken_for_one_of_many_replies() -> None:
    # Three users, one of whom gets all that is better: three signs cannot tell it from chance.
    a = [judged(f"u{i % 3}", "x y z w" if i % 3 == 0 else "q", "x y z w", i) for i in range(60)]
    b = [replace(one, reply_words="q") for one in a]
    by_user = reply_differences(a, b)
    by_reply = reply_differences(*([replace(one, user=f"{one.message}") for one in side] for side in (a, b)))
    for name in ("bleu_1", "f1"):
        assert by_user[name]["p"] > 0.2, name
        assert by_reply[name]["p"] < 0.01, name


def test_what_cannot_be_judged() -> None:
    with pytest.raises(CcrsError, match="no replies"):
        reply_report([])
    two = [judged("a", "x", "x"), judged("b", "x", "x")]
    with pytest.raises(CcrsError, match="one of each per reply"):
        reply_report(two, nll=np.zeros(2))
    with pytest.raises(CcrsError, match="not finite"):
        reply_report(two, nll=np.array([1.0, math.nan]), num_words=np.array([1, 1]))
    with pytest.raises(CcrsError, match="2 or more"):
        reply_report(two, resamples=1)
    for other in (two[:1], two[::-1], [two[0], replace(two[1], reference_words="y")], []):
        with pytest.raises(CcrsError, match="same replies"):
            reply_differences(two, other)

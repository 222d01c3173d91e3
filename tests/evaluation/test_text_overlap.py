"""BLEU and F1 against figures computed by hand and against the sacrebleu library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from ccrs.core.errors import CcrsError
from ccrs.evaluation.text_overlap import (
    bleu,
    bleu_statistics,
    sacrebleu_score,
    sacrebleu_statistics,
    swap_partners,
    tokens,
    word_f1,
    words,
)

TEXTS = st.lists(st.text(alphabet="ab .,'[]A", max_size=14), min_size=1, max_size=5)


def corpus_bleu(replies: list[str], references: list[str], order: int) -> float:
    return float(bleu(bleu_statistics(replies, references).sum(axis=0), order))


def oracle(replies: list[str], references: list[str], order: int) -> float:
    """The library on our own tokens, without smoothing."""
    cut = [[" ".join(tokens(text)) for text in side] for side in (replies, references)]
    metric = BLEU(tokenize="none", smooth_method="none", max_ngram_order=order, force=True)
    return float(metric.corpus_score(cut[0], [cut[1]]).score)


def test_tokens_by_hand() -> None:
    assert tokens("I'd love [ITEM], it’s GREAT...") == [
        *("i'd", "love", "[item]", ",", "it's", "great", ".", ".", "."),
    ]
    assert words("I'd love [item]! 8/10 :)") == ["i'd", "love", "[item]", "8", "10"]
    assert tokens("seen[item]?") == ["seen", "[item]", "?"]
    assert tokens(" \n") == words("?!") == []


def test_bleu_of_one_reply_by_hand() -> None:
    replies, references = ["The cat sat on the mat"], ["the cat is on the mat"]
    # Matches 5/6, 3/5 (the cat, on the, the mat), 1/4 (on the mat), 0/3; equal lengths.
    expected = [100 * 5 / 6, 100 * math.sqrt(5 / 6 * 3 / 5), 50.0, 0.0]
    assert [corpus_bleu(replies, references, n) for n in (1, 2, 3, 4)] == pytest.approx(expected)
    smoothed = 100 * (5 / 6 * 3 / 5 * 1 / 4 * (1 / 2) / 3) ** 0.25  # half a match among three 4-grams
    assert float(bleu(bleu_statistics(replies, references).sum(axis=0), smoothing="exp")) == pytest.approx(
        smoothed
    )


def test_bleu_of_a_corpus_pools_counts_and_lengths_by_hand() -> None:
    replies, references = ["a b c d", "x", "the the the"], ["a b c d e f", "x y", "the cat"]
    statistics = bleu_statistics(replies, references)
    assert statistics.tolist() == [
        [4, 6, 4, 3, 2, 1, 4, 3, 2, 1],
        [1, 2, 1, 0, 0, 0, 1, 0, 0, 0],
        [3, 2, 1, 0, 0, 0, 3, 2, 1, 0],  # "the" counts as often as the reference has it
    ]
    # 8 tokens against 10; 6/8, 3/5, 2/3, 1/1.
    brevity = math.exp(1 - 10 / 8)
    expected = [75 * brevity, 100 * math.sqrt(0.75 * 0.6) * brevity, 100 * 0.3 ** (1 / 3) * brevity]
    assert [corpus_bleu(replies, references, n) for n in (1, 2, 3)] == pytest.approx(expected)
    assert corpus_bleu(replies, references, 4) == pytest.approx(100 * 0.3**0.25 * brevity)


@settings(max_examples=60, deadline=None)
@given(st.data(), TEXTS)
def test_bleu_equals_the_library_on_any_text(data: st.DataObject, replies: list[str]) -> None:
    same_number = st.lists(st.sampled_from(["a b a b", "b b .", "", *replies]), min_size=len(replies))
    references = data.draw(same_number)[: len(replies)]
    for order in (1, 2, 3, 4):
        assert corpus_bleu(replies, references, order) == pytest.approx(oracle(replies, references, order))
    summed = sacrebleu_statistics(replies, references).sum(axis=0)
    assert float(bleu(summed, smoothing="exp")) == pytest.approx(sacrebleu_score(replies, references)[0])


def test_sacrebleu_tells_how_and_keeps_the_slot_whole() -> None:
    score, signature = sacrebleu_score(["Did you see [item] ?"], ["did you see [ITEM]?"])
    assert score == pytest.approx(100.0)
    assert signature.startswith("nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|version:")
    assert sacrebleu_statistics(["[item]"], ["[item]!"])[0, :2].tolist() == [1, 2]


def test_identical_texts_are_perfect() -> None:
    texts = ["Have you seen [item] ?", "no", "I liked it, it was fun"]
    assert [corpus_bleu(texts, texts, n) for n in (1, 2, 3, 4)] == pytest.approx([100.0] * 4)
    assert word_f1(texts, texts).tolist() == [1.0, 1.0, 1.0]


def test_f1_by_hand_counts_repeats_once_each() -> None:
    replies = ["the the cat!", "a b", "[item] is good", "x"]
    references = ["the cat sat on the the", "c", "[item], [item]", "X ?"]
    # 3 of 3 and 3 of 6; nothing; 1 of 3 and 1 of 2; case and signs do not count.
    assert word_f1(replies, references) == pytest.approx([2 / 3, 0, 2 / 5, 1])


def test_empty_replies_count_as_nothing() -> None:
    assert word_f1(["", "?", "a"], ["a", "b", ""]).tolist() == [0, 0, 0]
    assert corpus_bleu(["", ""], ["a b", ""], 1) == 0.0
    assert corpus_bleu(["", "a b"], ["a b", "a b"], 2) == pytest.approx(100 * math.exp(1 - 4 / 2))
    assert sacrebleu_score([""], ["a b"])[0] == 0.0


def test_bleu_of_many_sums_at_once_equals_one_by_one() -> None:
    statistics = np.stack(
        [bleu_statistics([a], [b])[0] for a, b in [("a b", "a c"), ("", "a"), ("a b", "a b")]]
    )
    for smoothing in ("none", "exp"):
        together = bleu(statistics, 2, smoothing)
        assert together.tolist() == [float(bleu(one, 2, smoothing)) for one in statistics]


def test_partners_are_of_other_users_and_each_is_one_once() -> None:
    users = np.array([5, 5, 5, 1, 1, 8, 8, 8, 2])
    partner = swap_partners(users, seed=3)
    assert sorted(partner) == list(range(9))
    assert (users[partner] != users).all()
    assert (swap_partners(users, seed=4) != partner).any()


def test_texts_that_do_not_pair() -> None:
    with pytest.raises(CcrsError, match="one reference per reply"):
        bleu_statistics(["a"], ["a", "b"])
    with pytest.raises(CcrsError, match="at least one"):
        sacrebleu_score([], [])

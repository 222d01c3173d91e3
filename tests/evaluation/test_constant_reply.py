"""The best constant reply, against trying all by plain code."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccrs.core.errors import CcrsError
from ccrs.evaluation.constant_reply import constant_bag, constant_sentence
from ccrs.evaluation.text_overlap import word_f1

REPLIES = st.lists(st.lists(st.sampled_from("abcde"), max_size=6).map(" ".join), min_size=1, max_size=8)


def test_bag_by_hand() -> None:
    training = ["I like!", "i like [item]", "I like [item]", "i", "it"]
    # Counts: i 4, like 3, [item] 2, it 1. Sum of F1 with the first 1, 2, 3 and 4 of them:
    # 2/3 + 1/2 + 1/2 + 1 + 0; 1 + 4/5 + 4/5 + 2/3 + 0; 4/5 + 1 + 1 + 1/2 + 0; 2/3 + 6/7 + 6/7 + 2/5 + 2/5.
    found = constant_bag(training)
    assert found.text == "i like [item]"
    assert found.f1 == pytest.approx(3.3 / 5)
    assert constant_bag(training, max_words=2).f1 == pytest.approx((1 + 8 / 5 + 2 / 3) / 5)


@settings(max_examples=50, deadline=None)
@given(REPLIES.filter(any))
def test_bag_is_the_best_of_all_sizes(training: list[str]) -> None:
    found = constant_bag(training)
    assert found.f1 == pytest.approx(word_f1([found.text] * len(training), training).mean())
    ranking = constant_bag(training, max_words=1).text
    assert found.text.split()[0] == ranking
    everything = sorted(set(" ".join(training).split()), key=" ".join(training).split().count, reverse=True)
    if len({" ".join(training).split().count(word) for word in everything}) == len(everything):  # no ties
        tried = [" ".join(everything[:size]) for size in range(1, len(everything) + 1)]
        best = max(word_f1([text] * len(training), training).mean() for text in tried)
        assert found.f1 == pytest.approx(best)


@settings(max_examples=50, deadline=None)
@given(REPLIES.filter(any))
def test_sentence_is_the_best_training_reply(training: list[str]) -> None:
    found = constant_sentence(training)
    means = [word_f1([text] * len(training), training).mean() for text in training]
    assert found.text in training
    assert found.f1 == pytest.approx(max(means))


def test_sentence_counts_equal_words_as_one_and_keeps_the_spelling() -> None:
    training = ["Great!", "great", "a b c", "GREAT ?", "x y"]
    assert constant_sentence(training, candidates=1).text == "Great!"


def test_no_words_at_all() -> None:
    for choose in (constant_bag, constant_sentence):
        with pytest.raises(CcrsError, match="no word"):
            choose(["", "?"])
        with pytest.raises(CcrsError, match="no word"):
            choose([])

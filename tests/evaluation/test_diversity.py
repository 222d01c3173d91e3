"""Distinct, self-BLEU and the distance between styles, by hand and against plain code."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from ccrs.core.errors import CcrsError
from ccrs.evaluation.diversity import distinct, self_bleu, vocabulary_distance
from ccrs.evaluation.text_overlap import tokens


def test_the_three_definitions_by_hand() -> None:
    found = distinct(["a b a b", "A b", "", "ab!"])
    # Pairs of tokens: ab, ba, ab | ab | | "ab !"; triples: aba, bab.
    assert (found["distinct_2"], found["distinct_per_reply_2"]) == (3 / 5, 3 / 4)
    assert (found["distinct_3"], found["distinct_per_reply_3"]) == (1.0, 2 / 4)
    assert (found["distinct_4"], found["distinct_per_reply_4"]) == (1.0, 1 / 4)
    # Pairs of characters of "a b a b", "a b" and "ab !", over three filled replies.
    assert found["distinct_chars_per_reply_2"] == pytest.approx(len({"a ", " b", "b ", " a", "ab", " !"}) / 3)
    assert found["distinct_chars_per_reply_3"] == pytest.approx(
        len({"a b", " b ", "b a", " a ", "ab ", "b !"}) / 3
    )


def test_replies_all_alike_are_hardly_distinct_and_nothing_is_nothing() -> None:
    assert distinct(["so it is"] * 10)["distinct_2"] == pytest.approx(2 / 20)
    assert set(distinct(["", "?"]).values()) == {0.0}
    assert set(distinct([]).values()) == {0.0}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(alphabet="abé😀 .\ud800", max_size=8), max_size=6))
def test_distinct_equals_sets_of_ngrams(texts: list[str]) -> None:
    rows = [tokens(text) for text in texts]
    found = distinct(texts)
    for n in (2, 3, 4):
        grams = [tuple(row[i : i + n]) for row in rows for i in range(len(row) - n + 1)]
        lines = [" ".join(row) for row in rows]
        characters = {line[i : i + n] for line in lines for i in range(len(line) - n + 1)}
        assert found[f"distinct_{n}"] == pytest.approx(len(set(grams)) / max(len(grams), 1))
        assert found[f"distinct_per_reply_{n}"] == pytest.approx(len(set(grams)) / max(len(rows), 1))
        filled = max(sum(map(bool, rows)), 1)
        assert found[f"distinct_chars_per_reply_{n}"] == pytest.approx(len(characters) / filled)


def test_self_bleu_of_two_by_hand() -> None:
    # Each against the other: 4 of 5 and 4 of 6 words, 3/4 and 3/5, 2/3 and 2/4, 1/2 and 1/3; lengths 11 and 11.
    found = self_bleu(["a b c d x", "a b c d y z"])
    assert found == pytest.approx(100 * (8 / 11 * 6 / 9 * 4 / 7 * 2 / 5) ** 0.25)


def test_self_bleu_at_its_ends() -> None:
    assert self_bleu(["have you seen it ?"] * 5) == pytest.approx(100.0)
    assert self_bleu(["a b c d", "e f g h"]) == 0.0
    assert self_bleu(["a b c d", "", "  "]) is None
    with pytest.raises(CcrsError, match="2 or more"):
        self_bleu(["a", "b"], sample=1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=9), min_size=2, max_size=6))
def test_self_bleu_equals_the_library_with_all_others_as_references(rows: list[list[str]]) -> None:
    texts = [" ".join(row) for row in rows]
    others = [[texts[(i + shift) % len(texts)] for i in range(len(texts))] for shift in range(1, len(texts))]
    metric = BLEU(tokenize="none", smooth_method="none", force=True)
    assert self_bleu(texts) == pytest.approx(metric.corpus_score(texts, others).score)


def test_self_bleu_takes_a_seeded_sample() -> None:
    texts = [" ".join("abcdefgh"[(i * k) % 8] for k in range(1, 9)) for i in range(40)]
    assert self_bleu(texts, sample=5, seed=1) == self_bleu(texts, sample=5, seed=1)
    assert len({self_bleu(texts, sample=5, seed=seed) for seed in range(5)}) > 1


def test_distance_of_styles_by_hand() -> None:
    # Style 7 says a, a, b, b; style 9 says a, c.
    found = vocabulary_distance(["a b", "a c", "a b", ""], np.array([7, 9, 7, 3]))
    mixed = -(1 / 2 * math.log2(1 / 2) + 2 * 1 / 4 * math.log2(1 / 4))
    assert found is not None
    assert found.pairs == {(7, 9): pytest.approx(mixed - 1.0)}
    assert found.bits == pytest.approx(0.5)


def test_distance_is_0_for_the_same_words_and_1_for_others() -> None:
    same = vocabulary_distance(["a b", "b a"], np.array([0, 1]))
    other = vocabulary_distance(["a b", "c", "d"], np.array([0, 1, 2]))
    assert same is not None
    assert other is not None
    assert (same.bits, other.bits) == (pytest.approx(0.0, abs=1e-12), pytest.approx(1.0))


def test_distance_of_styles_dealt_at_random_is_that_of_shuffled_ones() -> None:
    generator = np.random.default_rng(0)
    texts = [" ".join(generator.choice(list("abcdefghij"), size=6)) for _ in range(200)]
    found = vocabulary_distance(texts, generator.integers(4, size=200))
    assert found is not None
    assert found.bits == pytest.approx(found.shuffled, abs=0.01)
    real = vocabulary_distance(texts, np.array([text.count("a") > 0 for text in texts]).astype(int))
    assert real is not None
    assert real.bits > 4 * real.shuffled


def test_one_style_has_no_distance() -> None:
    assert vocabulary_distance(["a", "b"], np.array([2, 2])) is None
    assert vocabulary_distance(["a", ""], np.array([1, 2])) is None
    with pytest.raises(CcrsError, match="one style per reply"):
        vocabulary_distance(["a", "b"], np.array([1]))

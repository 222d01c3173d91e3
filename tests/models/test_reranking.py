"""The terms that choose a reply, computed by hand."""

from __future__ import annotations

import dataclasses
import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ccrs.models.reranking import (
    TERMS,
    RerankConfig,
    ScoredCandidate,
    human_lengths,
    rank_candidates,
    repetition,
)

PLAIN = ScoredCandidate(
    token_ids=(5, 6, 7), log_likelihood=-8.0, unconditional=-12.0, selector=1.5, act_log_probability=-0.5
)
CONFIG = RerankConfig(
    likelihood=1.0, prior=0.5, selector=2.0, act=3.0, repetition=4.0, length=5.0, min_tokens=2, max_tokens=6
)


def test_score_is_the_weighted_sum_of_the_terms_computed_by_hand() -> None:
    ranking = rank_candidates([PLAIN], CONFIG, [])
    # likelihood -8/4 = -2; minus half of -12/4; selector 2 * 1.5; act 3 * -0.5; no penalty
    assert ranking.contributions(0) == pytest.approx(
        {
            "likelihood": -2.0,
            "prior": 1.5,
            "selector": 3.0,
            "act": -1.5,
            "agreement": 0.0,
            "statement": 0.0,
            "repetition": 0.0,
            "length": 0.0,
        }
    )
    assert ranking.scores[0] == pytest.approx(1.0)
    assert ranking.terms.shape == (1, len(TERMS))


def test_length_exponent_of_zero_leaves_sums() -> None:
    config = CONFIG.model_copy(update={"length_exponent": 0.0})
    assert rank_candidates([PLAIN], config, []).contributions(0)["likelihood"] == -8.0


def test_saying_it_again_is_punished_by_the_share_of_known_ngrams() -> None:
    candidate = dataclasses.replace(PLAIN, token_ids=(1, 2, 3, 4))  # trigrams 123 and 234
    assert rank_candidates([candidate], CONFIG, [(9, 1, 2, 3)]).contributions(0)["repetition"] == -2.0
    assert rank_candidates([candidate], CONFIG, [(1, 2, 3, 4)]).contributions(0)["repetition"] == -4.0
    assert rank_candidates([candidate], CONFIG, [(4, 3, 2, 1)]).contributions(0)["repetition"] == 0.0


def test_a_short_reply_repeats_only_a_whole_reply() -> None:
    assert repetition([(1,), (2,), ()], [(1,), (2, 3)], 3).tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("length", "penalty"), [(1, math.log(2)), (2, 0.0), (6, 0.0), (12, math.log(2)), (18, math.log(3))]
)
def test_lengths_no_person_writes_are_punished_by_how_many_times_they_miss(
    length: int, penalty: float
) -> None:
    candidate = dataclasses.replace(PLAIN, token_ids=tuple(range(length)))
    assert rank_candidates([candidate], CONFIG, []).contributions(0)["length"] == pytest.approx(-5 * penalty)


def test_what_cannot_be_said_is_out_and_the_rest_is_ordered() -> None:
    best = dataclasses.replace(PLAIN, log_likelihood=-4.0)
    candidates = [
        PLAIN,
        dataclasses.replace(best, fillable=False),
        best,
        dataclasses.replace(best, token_ids=()),
        dataclasses.replace(best, log_likelihood=-math.inf),
        dataclasses.replace(best, selector=math.nan),
        PLAIN,
    ]
    ranking = rank_candidates(candidates, CONFIG, [])
    assert ranking.order.tolist() == [2, 0, 6]
    assert np.isneginf(ranking.scores[[1, 3, 4, 5]]).all()


def test_without_a_candidate_nothing_is_chosen() -> None:
    assert rank_candidates([], CONFIG, [(1, 2)]).order.tolist() == []
    assert rank_candidates([dataclasses.replace(PLAIN, fillable=False)], CONFIG, []).order.tolist() == []


def test_a_reply_that_fits_everywhere_loses_to_one_that_fits_here() -> None:
    bland = dataclasses.replace(PLAIN, log_likelihood=-6.0, unconditional=-6.0)
    fitting = dataclasses.replace(PLAIN, log_likelihood=-7.0, unconditional=-20.0)
    assert rank_candidates([bland, fitting], CONFIG, []).order.tolist() == [1, 0]
    without = CONFIG.model_copy(update={"prior": 0.0})
    assert rank_candidates([bland, fitting], without, []).order.tolist() == [0, 1]


@given(
    st.lists(st.lists(st.integers(0, 5), max_size=8), max_size=6),
    st.lists(st.lists(st.integers(0, 5), max_size=8), max_size=4),
    st.integers(1, 4),
)
def test_repetition_is_a_share_and_complete_for_what_was_said(
    replies: list[list[int]], history: list[list[int]], ngram: int
) -> None:
    shares = repetition(replies, history, ngram)
    assert shares.shape == (len(replies),)
    assert ((shares >= 0) & (shares <= 1)).all()
    said = [reply for reply in history if reply]
    assert (repetition(said, history, ngram) == 1).all()


def test_human_lengths_are_percentiles() -> None:
    assert human_lengths(range(101)) == (1, 99)
    assert human_lengths([7] * 50) == (7, 7)


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValidationError):
        RerankConfig(repetition=-1.0)


def test_24_candidates_are_ranked_in_about_a_millisecond() -> None:
    rng = np.random.default_rng(0)
    candidates = [
        dataclasses.replace(PLAIN, token_ids=tuple(rng.integers(0, 900, 25).tolist())) for _ in range(24)
    ]
    history = [rng.integers(0, 900, 25).tolist() for _ in range(6)]
    seconds = []
    for _ in range(20):
        started = time.perf_counter()
        rank_candidates(candidates, CONFIG, history)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.005  # measured 0.4 ms; a slow machine may take longer

"""Decoding against step decoders whose best replies are known: by hand, by enumeration, or by replaying them."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from ccrs.core.errors import CcrsError
from ccrs.models.decoding import Candidate, DecodingConfig, decode
from ccrs.models.token_choice import HEAD, repeating

START, END, A, B, C, D = range(6)
METHODS = [
    DecodingConfig(max_tokens=9),
    DecodingConfig(method="beam", max_tokens=9),
    DecodingConfig(method="nucleus", num_samples=3, max_tokens=9),
]


@dataclass(frozen=True)
class Past:
    """What a fake has seen: which rows of the batch it holds, and all tokens that were fed."""

    rows: Tensor  # (rows,)
    token_ids: Tensor  # (rows, steps)

    @classmethod
    def of(cls, rows: Sequence[int]) -> Past:
        return cls(torch.tensor(rows, dtype=torch.int64), torch.zeros(len(rows), 0, dtype=torch.int64))


@dataclass
class Fake:
    """Logits by a function of (rows, all tokens so far); keeps the number of rows of every step."""

    logits: Callable[[Tensor, Tensor], Tensor]
    sizes: list[int] = field(default_factory=list)

    def step(self, token_ids: Tensor, state: Past) -> tuple[Tensor, Past]:
        assert token_ids.shape == state.rows.shape
        self.sizes.append(len(token_ids))
        seen = Past(state.rows, torch.cat([state.token_ids, token_ids[:, None]], dim=1))
        return self.logits(seen.rows, seen.token_ids), seen

    def select(self, state: Past, rows: Tensor) -> Past:
        return Past(state.rows[rows], state.token_ids[rows])

    def log_probability(self, row: int, token_ids: Sequence[int]) -> float:
        """Of a reply and its end, one token after the other from the beginning."""
        total, before = 0.0, [START]
        for token in (*token_ids, END):
            logits = self.logits(torch.tensor([row]), torch.tensor([before]))[0]
            total += float(logits.double().log_softmax(0)[token])
            before.append(token)
        return total


def markov(table: dict[int, dict[int, float]], size: int = 6) -> Fake:
    """A chain with the given probabilities, the same for all rows."""
    probabilities = torch.zeros(size, size, dtype=torch.float64)
    for last, following in table.items():
        for token, probability in following.items():
            probabilities[last, token] = probability
    return Fake(lambda _, token_ids: probabilities.log()[token_ids[:, -1]])


def remembering(size: int, scale: float = 3.0) -> Fake:
    """Logits that look random and depend on the row and on every token so far, in its place."""

    def logits(rows: Tensor, token_ids: Tensor) -> Tensor:
        key = rows * 17 + 5
        for column in token_ids.unbind(1):
            key = (key * 31 + column + 1) % 100_003
        return scale * torch.sin((key[:, None] + 1).double() * torch.arange(1, size + 1) * 0.7)

    return Fake(logits)


def run(
    fake: Fake, config: DecodingConfig, rows: Sequence[int] = (0,), **options: Tensor
) -> list[list[Candidate]]:
    seeds = options.pop("seeds", torch.tensor(rows, dtype=torch.int64))
    return decode(fake, Past.of(rows), len(rows), config, start_id=START, end_id=END, seeds=seeds, **options)


GARDEN_PATH = {START: {A: 0.6, B: 0.4}, A: {END: 0.55, C: 0.45}, B: {END: 0.9, C: 0.1}, C: {END: 1.0}}


def test_greedy_takes_the_garden_path() -> None:
    [[reply]] = run(markov(GARDEN_PATH), DecodingConfig())
    assert reply.token_ids == (A,)
    assert reply.log_probability == pytest.approx(math.log(0.6 * 0.55))
    assert reply.finished


def test_a_beam_of_two_finds_what_greedy_misses() -> None:
    [replies] = run(markov(GARDEN_PATH), DecodingConfig(method="beam", beam_size=2))
    assert [reply.token_ids for reply in replies] == [(B,), (A,)]
    assert [reply.log_probability for reply in replies] == pytest.approx([math.log(0.36), math.log(0.33)])
    assert all(reply.finished for reply in replies)


def test_the_length_penalty_decides_between_short_and_long() -> None:
    """``A`` has ln .3 = -1.20 over 2 tokens, ``B C`` ln .25 = -1.39 over 3: -.60 against -.46 a token."""
    chain = markov(
        {
            START: {A: 0.5, B: 0.5},
            A: {END: 0.6, D: 0.4},
            B: {C: 1.0},
            C: {END: 0.5, D: 0.5},
            D: {END: 0.6, D: 0.4},
        }
    )
    best = {}
    for penalty in (0.0, 1.0):
        [replies] = run(chain, DecodingConfig(method="beam", beam_size=3, length_penalty=penalty))
        best[penalty] = replies[0]
    assert best[0.0].token_ids == (A,)
    assert best[0.0].log_probability == pytest.approx(math.log(0.3))
    assert best[1.0].token_ids == (B, C)
    assert best[1.0].log_probability == pytest.approx(math.log(0.25))


@pytest.mark.parametrize("penalty", [0.0, 0.7, 1.5])
@pytest.mark.parametrize("ngram", [0, 2])
@pytest.mark.parametrize("biased", [False, True])
def test_a_wide_beam_is_exhaustive_search(penalty: float, ngram: int, biased: bool) -> None:
    fake, size, rows, limit = remembering(5), 5, (3, 8), 4
    bias = torch.randn(2, size, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * biased
    config = DecodingConfig(
        method="beam", beam_size=400, length_penalty=penalty, no_repeat_ngram=ngram, max_tokens=limit
    )
    found = run(fake, config, rows, bias=bias)
    for place, row in enumerate(rows):
        shifted = Fake(lambda r, t, shift=bias[place]: fake.logits(r, t) + shift)  # type: ignore[misc]
        expected = {}
        for length in range(1, limit + 1):
            for token_ids in itertools.product((A, B, C), repeat=length):
                grams = list(zip(*(token_ids[i:] for i in range(ngram)), strict=False))
                if len(set(grams)) == len(grams):
                    expected[token_ids] = shifted.log_probability(row, token_ids) / (length + 1) ** penalty
        best_first = sorted(expected, key=lambda token_ids: -expected[token_ids])
        assert [reply.token_ids for reply in found[place]] == best_first
        for reply in found[place]:
            assert reply.log_probability == pytest.approx(fake.log_probability(row, reply.token_ids))
            assert reply.finished == (len(reply.token_ids) < limit)


def beam_by_loops(fake: Fake, row: int, size: int, width: int, limit: int) -> list[tuple[int, ...]]:
    """Replies in the order they are found: lists of (total, tokens), all sorted at every length."""
    live: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    found: list[tuple[int, ...]] = []
    while live:
        grown = []
        for total, token_ids in live:
            before = torch.tensor([[START, *token_ids]])
            gains = fake.logits(torch.tensor([row]), before)[0].log_softmax(0).tolist()
            allowed = [END] if len(token_ids) == limit else range(END if token_ids else END + 1, size)
            grown += [(total + gains[token], (*token_ids, token)) for token in allowed]
        best = sorted(grown, reverse=True)[: width - len(found)]
        found += [token_ids[:-1] for _, token_ids in best if token_ids[-1] == END]
        live = [entry for entry in best if entry[1][-1] != END]
    return found


@pytest.mark.parametrize("width", [2, 3, 5])
def test_a_narrow_beam_equals_a_search_by_loops(width: int) -> None:
    fake, rows = remembering(9, scale=1.5), range(10)
    config = DecodingConfig(method="beam", beam_size=width, max_tokens=6, no_repeat_ngram=0)
    for row, replies in zip(rows, run(fake, config, rows), strict=True):
        found = beam_by_loops(fake, row, 9, width, 6)
        best_first = sorted(found, key=lambda t: -fake.log_probability(row, t) / (len(t) + 1))
        assert [reply.token_ids for reply in replies] == best_first


def test_a_beam_of_one_is_greedy() -> None:
    rows = tuple(range(20))
    greedy = run(remembering(12), DecodingConfig(max_tokens=9), rows)
    assert run(remembering(12), DecodingConfig(method="beam", beam_size=1, max_tokens=9), rows) == greedy
    assert len({len(reply.token_ids) for [reply] in greedy}) > 3  # the rows do end at different places


def test_a_beam_has_as_many_different_replies_as_places() -> None:
    for replies in run(remembering(12), DecodingConfig(method="beam", beam_size=5, max_tokens=9), range(8)):
        assert len(replies) == len({reply.token_ids for reply in replies}) == 5


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_samples_stay_in_the_nucleus_and_have_its_frequencies(temperature: float) -> None:
    first = {A: 0.5, B: 0.25, C: 0.15, D: 0.07, 6: 0.03}
    chain = markov({START: first, **{token: {END: 1.0} for token in first}}, size=7)
    config = DecodingConfig(
        method="nucleus", top_p=0.8, temperature=temperature, num_samples=1000, max_tokens=1
    )
    rows = tuple(range(20))
    counts = Counter(reply.token_ids for replies in run(chain, config, rows) for reply in replies)
    # At 1: .5 + .25 < .8, so C is the last one. At .5: squares .25, .0625 of .3408 make .917, B is the last.
    inside = {A: 0.5 / 0.9, B: 0.25 / 0.9, C: 0.15 / 0.9} if temperature == 1 else {A: 0.8, B: 0.2}
    assert set(counts) == {(token,) for token in inside}
    for token, share in inside.items():
        spread = math.sqrt(share * (1 - share) / 20_000)
        assert counts[(token,)] / 20_000 == pytest.approx(share, abs=4 * spread)


def test_a_nucleus_wider_than_the_head_is_drawn_right_beside_a_narrow_one() -> None:
    size = 1000
    falling = torch.arange(size, 0, -1, dtype=torch.float64)
    falling[[START, END]] = 0
    narrow = torch.zeros(size, dtype=torch.float64)
    narrow[A], narrow[B] = 0.7, 0.3
    table = torch.stack([falling / falling.sum(), narrow])
    fake = Fake(lambda rows, _: table.log()[rows])
    config = DecodingConfig(method="nucleus", top_p=0.6, num_samples=1000, max_tokens=1)
    wide, few = run(fake, config, (0, 1))
    # The start of the falling row that reaches .6 of the mass; (1 - √.4) · 1000 is about 368.
    before = np.cumsum(table[0].numpy()) - table[0].numpy()
    last = int(np.flatnonzero(before < 0.6)[-1])
    assert HEAD < 360 < last < 375
    drawn = np.array([reply.token_ids[0] for reply in wide])
    assert drawn.min() >= 2
    assert drawn.max() <= last
    # By quarters of the mass inside, each has a quarter of the draws.
    share = np.cumsum(table[0].numpy())[drawn] / np.cumsum(table[0].numpy())[last]
    quarters = np.histogram(share, bins=4, range=(0, 1))[0]
    assert np.abs(quarters - 250).max() < 4 * math.sqrt(1000 * 0.25 * 0.75)
    assert {reply.token_ids for reply in few} == {(A,)}


def test_a_sample_is_the_inverse_of_the_cumulative_distribution_at_its_own_random_number() -> None:
    chain = markov({START: {A: 0.2, B: 0.5, C: 0.3}, A: {END: 1.0}, B: {END: 1.0}, C: {END: 1.0}})
    config = DecodingConfig(method="nucleus", top_p=1.0, num_samples=40)
    found = run(chain, config, (7, 8), seeds=torch.tensor([7, 2**62]))
    for seed, replies in zip((7, 2**62), found, strict=True):
        for sample, reply in enumerate(replies):
            number = np.random.default_rng((seed, sample)).random()
            assert reply.token_ids == ((B,) if number < 0.5 else (C,) if number < 0.8 else (A,))


def test_the_draws_of_a_reply_are_independent() -> None:
    """Two fair tokens: all four pairs are equally likely."""
    fair = {A: 0.5, B: 0.5}
    config = DecodingConfig(method="nucleus", top_p=1.0, num_samples=1000, min_tokens=2, max_tokens=2)
    [replies] = run(markov({START: fair, A: fair, B: fair}), config)
    counts = Counter(reply.token_ids for reply in replies)
    assert set(counts) == {(A, A), (A, B), (B, A), (B, B)}
    assert max(abs(count - 250) for count in counts.values()) < 4 * math.sqrt(1000 * 0.25 * 0.75)


def test_the_log_probability_of_a_sample_is_the_models_own() -> None:
    config = DecodingConfig(method="nucleus", top_p=0.3, temperature=0.4, num_samples=5, max_tokens=9)
    bias = torch.linspace(-2, 2, 12).repeat(6, 1)
    for row, replies in enumerate(run(remembering(12), config, range(6), bias=bias)):
        for reply in replies:
            expected = remembering(12).log_probability(row, reply.token_ids)
            assert reply.log_probability == pytest.approx(expected)


def has_repeat(token_ids: Sequence[int], size: int) -> bool:
    grams = [tuple(token_ids[i : i + size]) for i in range(len(token_ids) - size + 1)]
    return len(set(grams)) < len(grams)


@pytest.mark.parametrize("config", METHODS, ids=lambda config: config.method)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_ngram_is_repeated_though_the_model_wants_it(config: DecodingConfig, size: int) -> None:
    loop = {A: 0.9, B: 0.05, C: 0.04, END: 0.01}
    chain = markov(dict.fromkeys((START, A, B, C), loop))
    free = run(chain, config.model_copy(update={"no_repeat_ngram": 0, "top_p": 1.0}))[0]
    assert any(has_repeat(reply.token_ids, size) for reply in free)
    barred = run(chain, config.model_copy(update={"no_repeat_ngram": size, "top_p": 1.0}))[0]
    assert not any(has_repeat(reply.token_ids, size) for reply in barred)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(0, 9), st.integers(0, 2**16))
def test_repeating_tokens_equal_a_loop(size: int, length: int, seed: int) -> None:
    token_ids = torch.from_numpy(np.random.default_rng(seed).integers(0, 3, size=(4, length)))
    rows, tokens = repeating(token_ids, size)
    found = set(zip(rows.tolist(), tokens.tolist(), strict=True))
    expected = set()
    for row, written in enumerate(token_ids.tolist()):
        grams = {tuple(written[i : i + size]) for i in range(length - size + 1)}
        expected |= {
            (row, token)
            for token in range(3)
            if length >= size - 1 and (*written[length - size + 1 :], token) in grams
        }
    assert found == expected


@pytest.mark.parametrize("config", METHODS, ids=lambda config: config.method)
def test_the_end_waits_for_min_tokens(config: DecodingConfig) -> None:
    eager = markov({last: {END: 0.97, A: 0.01, B: 0.01, C: 0.01} for last in range(6)})
    for wanted in (1, 4):
        replies = run(eager, config.model_copy(update={"min_tokens": wanted}), (0, 1))
        assert min(len(reply.token_ids) for row in replies for reply in row) == wanted
        assert all(reply.finished for row in replies for reply in row)


@pytest.mark.parametrize("config", METHODS, ids=lambda config: config.method)
def test_forbidden_tokens_and_the_start_never_appear(config: DecodingConfig) -> None:
    forbidden = torch.zeros(12, dtype=torch.bool)
    forbidden[[A, 7, 9]] = True

    def written(**options: Tensor) -> set[int]:
        found = run(remembering(12), config, range(30), **options)
        return {token for replies in found for reply in replies for token in reply.token_ids}

    assert written() == set(range(2, 12))
    assert written(forbidden=forbidden) == set(range(2, 12)) - {A, 7, 9}


@pytest.mark.parametrize("method", ["greedy", "beam"])
def test_a_bias_moves_the_choice_of_its_row_but_not_the_log_probability(method: str) -> None:
    config = DecodingConfig.model_validate({"method": method, "beam_size": 2})
    bias = torch.zeros(2, 6)
    bias[1, B] = 5.0
    plain, moved = run(markov(GARDEN_PATH), config, (0, 1), bias=bias)
    assert plain == run(markov(GARDEN_PATH), config)[0]
    assert moved[0].token_ids == (B,)
    assert moved[0].log_probability == pytest.approx(math.log(0.4 * 0.9))


def test_a_bias_moves_samples() -> None:
    """With ln 6 on B the first token has .6 : .4 · 6, so B has .8."""
    bias = torch.zeros(1, 6)
    bias[0, B] = math.log(6)
    config = DecodingConfig(method="nucleus", top_p=1.0, num_samples=1000)
    [replies] = run(markov(GARDEN_PATH), config, bias=bias)
    share = sum(reply.token_ids[0] == B for reply in replies) / 1000
    assert share == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / 1000))


@pytest.mark.parametrize("method", ["greedy", "beam", "nucleus"])
def test_at_max_tokens_the_end_is_forced_and_paid_for(method: str) -> None:
    chain = markov({START: {A: 1.0}, A: {A: 0.75, END: 0.25}})
    config = DecodingConfig.model_validate(
        {"method": method, "max_tokens": 3, "min_tokens": 3, "no_repeat_ngram": 0}
    )
    [[reply]] = run(chain, config)
    assert reply == Candidate((A, A, A), pytest.approx(math.log(0.75**2 * 0.25)), finished=False)


@pytest.mark.parametrize("method", ["greedy", "beam", "nucleus"])
def test_where_all_tokens_are_barred_the_end_comes(method: str) -> None:
    fake = remembering(6)
    everything = torch.ones(6, dtype=torch.bool)
    config = DecodingConfig.model_validate({"method": method, "min_tokens": 5})
    [[reply]] = run(fake, config, forbidden=everything)
    assert reply == Candidate((), pytest.approx(fake.log_probability(0, ())), finished=False)
    # One token is left, which may come once: a reply of one token, though five were wanted.
    everything[C] = False
    [[reply]] = run(fake, config.model_copy(update={"no_repeat_ngram": 1}), forbidden=everything)
    assert reply == Candidate((C,), pytest.approx(fake.log_probability(0, (C,))), finished=False)


def test_a_beam_prefers_any_way_on_to_a_forced_end() -> None:
    """After A only the start would follow, which is never written; B goes on with tiny probability."""
    chain = markov(
        {START: {A: 0.99, B: 0.01}, A: {START: 1.0}, B: {C: 0.01, START: 0.99}, C: {END: 0.01, START: 0.99}}
    )
    [replies] = run(chain, DecodingConfig(method="beam", beam_size=2, min_tokens=2))
    assert [(reply.token_ids, reply.finished) for reply in replies] == [((B, C), True), ((A,), False)]


def test_an_end_the_model_finds_impossible_is_still_forced() -> None:
    chain = markov({START: {A: 1.0}, A: {A: 1.0}})
    for config in METHODS:
        [replies] = run(chain, config.model_copy(update={"no_repeat_ngram": 0, "max_tokens": 4}))
        assert replies[0] == Candidate((A,) * 4, -math.inf, finished=False)


@pytest.mark.parametrize("config", METHODS, ids=lambda config: config.method)
def test_the_state_follows_its_hypothesis(config: DecodingConfig) -> None:
    """The fake's logits depend on the row and on all tokens in its state: a wrong selection changes them."""
    rows = (5, 0, 11, 4, 4)
    for row, replies in zip(rows, run(remembering(15), config, rows), strict=True):
        for reply in replies:
            expected = remembering(15).log_probability(row, reply.token_ids)
            assert reply.log_probability == pytest.approx(expected, abs=1e-9)


def test_what_has_ended_costs_nothing() -> None:
    """Row n ends after n + 1 tokens: of four rows one leaves at every step from the second on."""

    def logits(rows: Tensor, token_ids: Tensor) -> Tensor:
        over = token_ids.shape[1] > rows + 1
        return torch.where(over[:, None], torch.eye(9)[END], torch.eye(9)[token_ids.shape[1] + 1]) * 50

    fake = Fake(logits)
    replies = run(fake, DecodingConfig(), (2, 0, 3, 1))
    assert [len(reply.token_ids) for [reply] in replies] == [3, 1, 4, 2]
    assert fake.sizes == [4, 4, 3, 2, 1]


def test_a_hypothesis_that_ended_leaves_its_place_in_the_beam_empty() -> None:
    fake = markov({START: {A: 0.6, B: 0.4}, A: {END: 0.9, C: 0.1}, B: {D: 1.0}, D: {END: 1.0}})
    run(fake, DecodingConfig(method="beam", beam_size=2))
    assert fake.sizes == [1, 2, 1]  # A ends in the second step, only B goes on


@pytest.mark.parametrize("config", METHODS, ids=lambda config: config.method)
def test_no_rows_need_no_step(config: DecodingConfig) -> None:
    fake = remembering(12)
    assert run(fake, config, ()) == []
    assert fake.sizes == []


@pytest.mark.parametrize("config", METHODS, ids=lambda config: config.method)
def test_a_row_does_not_depend_on_the_rows_beside_it(config: DecodingConfig) -> None:
    rows = list(range(12))
    bias = torch.randn(12, 300, generator=torch.Generator().manual_seed(2))
    together = run(remembering(300), config, rows, bias=bias)
    for row in rows:
        alone = run(remembering(300), config, (row,), bias=bias[[row]])
        assert alone == [together[row]]
    turned = run(remembering(300), config, rows[::-1], bias=bias.flip(0))
    assert turned == together[::-1]


def test_the_same_seeds_give_the_same_samples_and_others_others() -> None:
    config = DecodingConfig(method="nucleus", num_samples=4, max_tokens=9)
    rows = (3, 3, 6)
    first = run(remembering(30), config, rows, seeds=torch.tensor([1, 2, 1]))
    assert run(remembering(30), config, rows, seeds=torch.tensor([1, 2, 1])) == first
    assert first[0] != first[1]
    assert len({reply.token_ids for reply in first[0]}) > 1
    fewer = run(
        remembering(30), config.model_copy(update={"num_samples": 2}), rows, seeds=torch.tensor([1, 2, 1])
    )
    assert [replies[:2] for replies in first] == fewer


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["greedy", "beam", "nucleus"]),
    st.integers(1, 4),
    st.integers(1, 6),
    st.integers(0, 3),
    st.integers(0, 2**16),
    st.booleans(),
)
def test_every_reply_keeps_the_rules(
    method: str, least: int, more: int, ngram: int, seed: int, single: bool
) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 9))
    forbidden = torch.from_numpy(rng.random(size) < 0.3)
    config = DecodingConfig.model_validate(
        {
            "method": method,
            "beam_size": int(rng.integers(1, 5)),
            "num_samples": int(rng.integers(1, 4)) if method == "nucleus" else 1,
            "min_tokens": least,
            "max_tokens": least + more,
            "no_repeat_ngram": ngram,
        }
    )
    fake = remembering(size)
    kind = torch.float32 if single else torch.float64
    cast = Fake(lambda rows, token_ids: fake.logits(rows, token_ids).to(kind))
    for row, replies in enumerate(run(cast, config, range(3), forbidden=forbidden)):
        assert len(replies) >= 1
        for reply in replies:
            assert not set(reply.token_ids) & {START, END, *forbidden.nonzero()[:, 0].tolist()}
            assert len(reply.token_ids) <= config.max_tokens
            assert len(reply.token_ids) >= config.min_tokens or not reply.finished
            assert not ngram or not has_repeat(reply.token_ids, ngram)
            expected = fake.log_probability(row, reply.token_ids)
            assert reply.log_probability == pytest.approx(expected, abs=1e-4)


def test_half_precision_is_summed_in_more() -> None:
    logits = torch.tensor([0.0, 1.0, 3.0, 2.0, 0.0, 0.0])
    for kind in (torch.float16, torch.bfloat16):
        fake = Fake(lambda rows, _, kind=kind: logits.to(kind).expand(len(rows), 6))  # type: ignore[misc]
        [[reply]] = run(fake, DecodingConfig(max_tokens=30))
        exact = Fake(lambda rows, _: logits.double().expand(len(rows), 6)).log_probability(0, reply.token_ids)
        assert reply.log_probability == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_logits_without_a_softmax_are_an_error(value: float) -> None:
    def logits(rows: Tensor, _: Tensor) -> Tensor:
        result = torch.zeros(len(rows), 6)
        result[rows == 1, 4] = value
        return result

    for config in METHODS:
        with pytest.raises(CcrsError, match=r"logits of \d of \d hypotheses hold NaN or \+inf"):
            run(Fake(logits), config, (0, 1))
    with pytest.raises(CcrsError, match="all -inf"):
        run(Fake(lambda rows, _: torch.full((len(rows), 6), -math.inf)), METHODS[0])


def test_arguments_that_do_not_fit_are_errors() -> None:
    fake, sampling = remembering(6), METHODS[2]
    wrong: list[tuple[DecodingConfig, dict[str, Tensor], str]] = [
        (sampling, {"seeds": torch.tensor([1])}, "2 integers"),
        (sampling, {"seeds": torch.tensor([1.0, 2.0])}, "2 integers"),
        (sampling, {"seeds": torch.tensor([1, -1])}, "integers from 0"),
        (METHODS[0], {"forbidden": torch.zeros(6)}, "bool vector"),
        (METHODS[0], {"forbidden": torch.zeros(5, dtype=torch.bool)}, "forbidden is of 5 tokens.*of 6"),
        (METHODS[0], {"bias": torch.zeros(1, 6)}, r"Pass \(2, vocabulary\)"),
        (METHODS[0], {"bias": torch.zeros(2, 7)}, "bias is of 7 tokens"),
        (METHODS[0], {"bias": torch.full((2, 6), -math.inf)}, "not finite"),
    ]
    for config, options, message in wrong:
        with pytest.raises(CcrsError, match=message):
            run(fake, config, (0, 1), **options)
    with pytest.raises(CcrsError, match="needs seeds"):
        decode(fake, Past.of((0,)), 1, sampling, start_id=START, end_id=END)
    with pytest.raises(CcrsError, match="end_id = 6 is not among the 6"):
        decode(fake, Past.of((0,)), 1, METHODS[0], start_id=START, end_id=6)
    with pytest.raises(CcrsError, match="num_rows = -1"):
        decode(fake, Past.of(()), -1, METHODS[0], start_id=START, end_id=END)
    with pytest.raises(CcrsError, match=r"shape \(1, 6\), not \(2, vocabulary\)"):
        run(Fake(lambda rows, token_ids: fake.logits(rows[:1], token_ids[:1])), METHODS[0], (0, 1))


@pytest.mark.parametrize(
    "values",
    [
        {"method": "best"},
        {"beam_size": 0},
        {"length_penalty": -0.1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"temperature": 0.0},
        {"method": "nucleus", "num_samples": 0},
        {"method": "beam", "num_samples": 2},
        {"min_tokens": 0},
        {"max_tokens": 0},
        {"min_tokens": 9, "max_tokens": 8},
        {"no_repeat_ngram": -1},
        {"beams": 4},
    ],
    ids=str,
)
def test_a_configuration_that_means_nothing_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DecodingConfig.model_validate(values)

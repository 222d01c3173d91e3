"""The dialogue models of the baselines say what their papers say, computed here one reply at a time."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from ccrs.core.replies import IdGrid, ReplyBatch
from ccrs.core.samples import Ragged
from ccrs.models.baselines.kecrs_responder import KECRSResponder
from ccrs.models.baselines.kgsf_responder import KGSFResponder
from ccrs.models.baselines.redial_responder import ReDialResponder, packed_runs
from ccrs.models.baselines.revcore_responder import RevCoreResponder
from ccrs.models.layers.copy_head import CopyHead
from ccrs.models.layers.reply_transformer import ReplyTransformer
from ccrs.models.layers.review_reader import ReviewReader
from tests.fixtures.reply_batches import VOCABULARY
from tests.fixtures.responder_rows import (
    ENTITY_TOKENS,
    FILMS,
    KEYWORDS,
    NUM_ITEMS,
    REVIEWS,
    SLOTS,
    SPEAKERS,
    read_batch,
    tiny_inputs,
    tiny_responder_of,
)
from tests.models.test_responder import Parameters, attended, layer, normed, times

KNOWN = tiny_inputs().knowledge


def parameters(model: Any) -> Parameters:
    return dict(cast("nn.Module", model).named_parameters())


def real(grid: IdGrid | None, row: int) -> list[int]:
    assert grid is not None
    return [int(number) for number in grid.ids[row][grid.mask[row]]]


def read_text(model: ReplyTransformer, p: Parameters, ids: Tensor) -> Tensor:
    """A text through the encoder."""
    scale = math.sqrt(model.transformer.width)
    values = p["embedding"][ids] * scale + p["context_places"][torch.arange(len(ids)).flip(0)]
    for number in range(model.transformer.num_encoder_layers):
        values = layer(p, f"encoder.{number}", values, None)
    return normed(values, p, "encoder_norm")


def looked(p: Parameters, name: str, values: Tensor, memory: Tensor) -> Tensor:
    """Attention to a memory before which "nothing" stands."""
    told = torch.cat([p[f"{name}.nothing"][None], times(memory, p, f"{name}.told")])
    keys, found = told.chunk(2, dim=1)
    asked = times(normed(values, p, f"{name}.norm"), p, f"{name}.asked")
    return times(attended(asked, keys, found, causal=False), p, f"{name}.heard")


def decoder_layer(p: Parameters, name: str, values: Tensor, memory: Tensor, others: list[Tensor]) -> Tensor:
    q, k, v = times(normed(values, p, f"{name}.norm_self"), p, f"{name}.qkv").chunk(3, dim=1)
    values = values + times(attended(q, k, v, causal=True), p, f"{name}.mixed")
    for number, other in enumerate(others):
        values = values + looked(p, f"{name}.others.{number}", values, other)
    k, v = times(memory, p, f"{name}.told").chunk(2, dim=1)
    q = times(normed(values, p, f"{name}.norm_memory"), p, f"{name}.asked")
    values = values + times(attended(q, k, v, causal=False), p, f"{name}.heard")
    hidden = times(normed(values, p, f"{name}.norm_out"), p, f"{name}.inner")
    return values + times(nn.functional.gelu(hidden), p, f"{name}.outer")


def named(p: Parameters, name: str, table: Tensor, ids: list[int]) -> tuple[Tensor, Tensor]:
    """What is named, at the decoder's width: every row, and the pooled vector (1, width)."""
    rows = table[ids]
    scores = (
        torch.tanh(rows @ p[f"{name}.importance.hidden.weight"].T) @ p[f"{name}.importance.score.weight"].T
    )
    pooled = (scores.softmax(0) * rows).sum(0, keepdim=True)
    return times(rows, p, f"{name}.to_width"), times(pooled, p, f"{name}.pooled_to_width")


def states_by_hand(
    model: ReplyTransformer, p: Parameters, batch: ReplyBatch, row: int, others: list[Tensor]
) -> Tensor:
    """What the decoder gives at every token of a reply, normed: (length, width)."""
    context = batch.context_ids[row, : int(batch.context_mask[row].sum())]
    memory = read_text(model, p, context)
    inputs = batch.input_ids[row, : int(batch.target_mask[row].sum())]
    values = p["embedding"][inputs] * math.sqrt(model.transformer.width) + p["reply_places"][: len(inputs)]
    for number in range(model.transformer.num_decoder_layers):
        values = decoder_layer(p, f"decoder.{number}", values, memory, others)
    return normed(values, p, "decoder_norm")


def words_of(p: Parameters, states: Tensor) -> Tensor:
    return times(states, p, "output") @ p["embedding"].T + p["output_bias"]


def copied(p: Parameters, states: Tensor, sources: list[Tensor]) -> Tensor:
    """[sources; state] 900 → 300 → V on the tokens that may be copied, zero elsewhere."""
    first = torch.cat([p["copy.sources.weight"], p["copy.state.weight"]], dim=1)
    given_ = torch.cat([*(source.expand(len(states), -1) for source in sources), states], dim=1)
    hidden = given_ @ first.T + p["copy.sources.bias"]
    found = torch.zeros(len(states), VOCABULARY, dtype=states.dtype)
    found[:, sorted({*KEYWORDS, *SLOTS})] = times(hidden, p, "copy.words")
    return found


def targets_of(batch: ReplyBatch, row: int, log_probabilities: Tensor) -> Tensor:
    targets = batch.target_ids[row, : int(batch.target_mask[row].sum())]
    return -log_probabilities.gather(1, targets[:, None])[:, 0]


def tables() -> tuple[Tensor, Tensor]:
    assert KNOWN.entity_rows is not None
    assert KNOWN.word_rows is not None
    return KNOWN.entity_rows, KNOWN.word_rows


def test_kgsf_looks_at_entities_then_words_then_the_context_and_copies() -> None:
    model, batch = tiny_responder_of("kgsf", num_decoder_layers=2), read_batch("kgsf")
    assert isinstance(model, KGSFResponder)
    p, (entity_rows, word_rows) = parameters(model), tables()
    expected = []
    for row in range(len(batch.owners)):
        entities, entity = named(p, "entities", entity_rows, real(batch.entities, row))
        words, word = named(p, "words", word_rows, real(batch.words, row))
        states = states_by_hand(model, p, batch, row, [entities, words])
        logits = words_of(p, states) + copied(p, states, [entity, word])
        expected.append(targets_of(batch, row, logits.log_softmax(1)))
    with torch.no_grad():
        torch.testing.assert_close(model(batch), torch.cat(expected), rtol=0, atol=1e-10)


def test_revcore_looks_at_reviews_too_and_copies_their_tokens() -> None:
    model = tiny_responder_of("revcore", review_tokens=4, max_reviews=2)
    batch = read_batch("revcore", 8)
    assert isinstance(model, RevCoreResponder)
    p, (entity_rows, word_rows) = parameters(model), tables()
    expected, numbers = [], []
    for row in range(len(batch.owners)):
        mentioned = real(batch.entities, row)
        entities, entity = named(p, "entities", entity_rows, mentioned)
        words, word = named(p, "words", word_rows, real(batch.words, row))
        reviews = [REVIEWS[item][:4] for item in mentioned if item < NUM_ITEMS and REVIEWS[item]][-2:]
        numbers.append(len(reviews))
        read = [read_text(model, p, torch.tensor(review)) for review in reviews]
        told = torch.cat([*read, torch.zeros(0, 16, dtype=torch.float64)])
        states = states_by_hand(model, p, batch, row, [entities, words, told])
        logits = words_of(p, states) + copied(p, states, [entity, word])
        found = sorted({token for review in reviews for token in review})
        asked = times(states, p, "review_state")
        logits[:, found] = logits[:, found] + asked @ p["review_words"][found].T
        expected.append(targets_of(batch, row, logits.log_softmax(1)))
    assert {0, 1, 2} <= set(numbers)
    with torch.no_grad():
        torch.testing.assert_close(model(batch), torch.cat(expected), rtol=0, atol=1e-10)


def facts_by_hand(p: Parameters, states: Tensor, vector: Tensor) -> Tensor:
    """e_t over the facts 5, 6, 7, 8."""
    wanted = times(torch.cat([vector.expand(len(states), -1), states], dim=1), p, "to_entity")
    return (wanted @ tables()[0][[5, 6, 7, 8]].T + p["fact_bias"]).softmax(1)


def test_kecrs_adds_what_facts_say_to_the_probability_of_their_word() -> None:
    model, batch = tiny_responder_of("kecrs"), read_batch("kecrs")
    assert isinstance(model, KECRSResponder)
    p = parameters(model)
    expected = []
    for row in range(len(batch.owners)):
        states = states_by_hand(model, p, batch, row, [])
        facts, words = facts_by_hand(p, states, batch.vectors[row]), words_of(p, states).softmax(1)
        # 5 is called token 8, and 8 token 11; entity 10 has a name of one token but is no fact.
        words[:, 8] += 0.1 * facts[:, 0]
        words[:, 11] += 0.1 * facts[:, 3]
        expected.append(targets_of(batch, row, (words / words.sum(1, keepdim=True)).log()))
    with torch.no_grad():
        torch.testing.assert_close(model(batch), torch.cat(expected), rtol=0, atol=1e-10)


def test_kecrs_learns_by_three_losses() -> None:
    model, batch = tiny_responder_of("kecrs"), read_batch("kecrs", 8)
    assert isinstance(model, KECRSResponder)
    p = parameters(model)
    tokens = bag = infusion = torch.zeros((), dtype=torch.float64)
    for row in range(len(batch.owners)):
        states = states_by_hand(model, p, batch, row, [])
        plain = targets_of(batch, row, words_of(p, states).log_softmax(1))
        tokens = tokens + batch.weights[row] * plain.sum()
        sums = facts_by_hand(p, states, batch.vectors[row]).sum(0)
        goals = [goal - 5 for goal in real(batch.goals, row) if 5 <= goal <= 8]
        bag = bag - torch.sigmoid(sums[goals]).log().sum()
        said = {token for entity in real(batch.entities, row) for token in ENTITY_TOKENS[entity]}
        if said:
            wanted = torch.zeros(VOCABULARY, dtype=torch.float64)
            wanted[sorted(said)] = 1
            z = times(batch.vectors[row][None], p, "to_words")[0] @ p["embedding"].T + p["infused_bias"]
            infusion = infusion + (z - wanted).square().sum()
    assert bag > 0
    assert infusion > 0
    count = int(batch.target_mask.sum())
    expected = tokens + (1.5 * bag + 0.025 * infusion) / 8 * count
    for training in (False, True):
        cast("nn.Module", model).train(training)
        torch.testing.assert_close(model.loss(batch), expected, rtol=0, atol=1e-9)


def test_redial_reads_turn_by_turn_and_switches_between_words_and_films() -> None:
    model, batch = tiny_responder_of("redial"), read_batch("redial", 8, longest=(9, 8))
    assert isinstance(model, ReDialResponder)
    for row, place in ((1, 2), (1, 4), (2, 0), (2, 1), (3, 5)):
        batch.context_ids[row, place] = SPEAKERS[place % 2]
    p = parameters(model)
    others = [token for token in range(VOCABULARY) if token not in FILMS]
    expected = []
    for row in range(len(batch.owners)):
        context = batch.context_ids[row, : int(batch.context_mask[row].sum())].tolist()
        turns: list[list[int]] = []
        for place, token in enumerate(context):
            if place == 0 or (place > 1 and token in SPEAKERS):
                turns.append([])
            turns[-1].append(token)
        read = []
        for turn in turns:
            _, ends = model.sentences(p["embedding"][turn][None])
            read.append(torch.cat([ends[0, 0], ends[1, 0]]))
        conversation = model.conversations(torch.stack(read)[None])[1][0, 0]
        inputs = batch.input_ids[row, : int(batch.target_mask[row].sum())]
        first = torch.tanh(p["first.weight"] @ conversation + p["first.bias"])
        hidden = model.decoder(p["embedding"][inputs][None], first[None, None])[0][0]
        switch = torch.sigmoid(
            times(torch.cat([hidden, conversation.expand(len(hidden), -1)], dim=1), p, "switch")
        )
        logits = times(hidden, p, "output")
        found = torch.zeros_like(logits)
        found[:, list(FILMS)] = switch * logits[:, list(FILMS)].softmax(1)
        found[:, others] = (1 - switch) * logits[:, others].softmax(1)
        torch.testing.assert_close(found.sum(1), torch.ones(len(found), dtype=torch.float64))
        expected.append(targets_of(batch, row, found.log()))
    with torch.no_grad():
        torch.testing.assert_close(model(batch), torch.cat(expected), rtol=0, atol=1e-10)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=9))
def test_packed_runs_are_read_as_each_alone(lengths: list[int]) -> None:
    torch.manual_seed(0)
    network = nn.GRU(3, 4, bidirectional=True, batch_first=True).double()
    values = torch.randn(sum(lengths), 3, dtype=torch.float64)
    with torch.no_grad():
        _, ends = network(packed_runs(values, torch.tensor(lengths)))
        for number, run in enumerate(values.split(lengths)):
            torch.testing.assert_close(ends[:, number], network(run[None])[1][:, 0], rtol=0, atol=1e-12)


def test_the_copy_head_says_nothing_of_other_tokens() -> None:
    torch.manual_seed(0)
    head = CopyHead(4, 2, torch.tensor([1, 5]))
    logits = torch.zeros(3, 7)
    found = head(logits, torch.randn(3, 4), head.told(torch.randn(3, 4), torch.randn(3, 4)))
    assert set(found.nonzero()[:, 1].tolist()) == {1, 5}
    assert not logits.any()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 9), max_size=5), min_size=1, max_size=6),
    st.lists(st.lists(st.integers(0, 8), max_size=5, unique=True), max_size=4),
    st.integers(1, 4),
)
def test_reviews_of_the_latest_items_are_found(
    reviews: list[list[int]], mentioned: list[list[int]], most: int
) -> None:
    width = max(map(len, mentioned), default=0)
    ids = np.zeros((len(mentioned), width), np.int64)
    mask = np.zeros(ids.shape, np.bool_)
    for row, entities in enumerate(mentioned):
        ids[row, : len(entities)], mask[row, : len(entities)] = entities, True
    reader = ReviewReader(Ragged.from_rows(reviews), max_tokens=3, max_reviews=most)
    found = reader.of(IdGrid(torch.from_numpy(ids), torch.from_numpy(mask)))
    tokens = found.tokens()
    texts = found.texts.ids[found.texts.mask].double()[:, None]
    spread = found.spread(texts)[:, :, 0]
    for row, entities in enumerate(mentioned):
        wanted = [reviews[item][:3] for item in entities if item < len(reviews) and reviews[item]][-most:]
        flat = [token for review in wanted for token in review]
        assert spread[row][found.mask[row]].tolist() == flat
        assert real(tokens, row) == sorted(set(flat))


@pytest.mark.parametrize("name", ["kgsf", "revcore"])
def test_what_is_named_matters(name: str) -> None:
    model, batch = tiny_responder_of(name), read_batch(name)
    changed = read_batch(name, seed=5)
    for part in ("entities", "words"):
        other = ReplyBatch(**{**batch.__dict__, part: getattr(changed, part)})
        assert not torch.allclose(model(batch), model(other)), part

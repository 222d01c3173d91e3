"""Segments, importance, turns and history attention on cases worked out by hand or by loops."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ccrs.core.batch import Contexts, History
from ccrs.data.batching import BatchBuilder
from ccrs.data.splits import user_tasks
from ccrs.models.ccrs import CCRS, CCRSConfig
from ccrs.models.layers.history_attention import MAX_AGE, NUM_FEATURES, HistoryAttention, HistoryNeighbours
from ccrs.models.layers.importance import Importance
from ccrs.models.layers.segments import segment_softmax, segment_sum
from ccrs.models.sizes import Sizes
from tests.worlds import random_world


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=20), st.integers(0, 2**16))
def test_segments_equal_a_loop(segments: list[int], seed: int) -> None:
    torch.manual_seed(seed)
    values = torch.randn(len(segments), 2, dtype=torch.float64)
    index = torch.tensor(segments, dtype=torch.int64)
    sums, weights = segment_sum(values, index, 6), segment_softmax(values, index, 6)
    for segment in range(6):
        mine = index == segment
        torch.testing.assert_close(sums[segment], values[mine].sum(0))
        torch.testing.assert_close(weights[mine], values[mine].softmax(0))


def test_segment_softmax_does_not_overflow() -> None:
    logits = torch.tensor([[1000.0], [999.0], [-1000.0], [-1001.0]])
    weights = segment_softmax(logits, torch.tensor([0, 0, 1, 1]), 3)
    expected = torch.tensor([1.0, 0.0]).softmax(0)
    torch.testing.assert_close(weights[:, 0], torch.cat([expected, expected]))


def test_segment_softmax_is_differentiable_twice() -> None:
    index = torch.tensor([0, 2, 0, 2, 2])
    logits = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: segment_softmax(x, index, 3), logits)
    assert torch.autograd.gradgradcheck(lambda x: segment_softmax(x, index, 3), logits)


def test_importance_by_hand() -> None:
    """Eq. 7/8 with W₁ = diag(1, 2), w₂ = (1, -1): scores are tanh(x₀) - tanh(2 x₁)."""
    importance = Importance(2)
    with torch.no_grad():
        importance.hidden.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
        importance.score.weight.copy_(torch.tensor([[1.0, -1.0]]))
    values = torch.tensor([[0.5, 0.0], [0.0, 0.25], [3.0, 3.0]])
    weights = importance(values, torch.tensor([0, 0, 1]), 2)
    first, second = math.exp(math.tanh(0.5)), math.exp(-math.tanh(0.5))
    expected = [first / (first + second), second / (first + second), 1.0]
    torch.testing.assert_close(weights, torch.tensor(expected))


def tiny_ccrs(**changes: object) -> CCRS:
    torch.manual_seed(0)
    config = CCRSConfig.model_validate(
        {"embedding_size": 4, "num_heads": 2, "user_size": 2, "max_turns": 3, "initial_scale": 1.0, **changes}
    )
    return CCRS(config, Sizes(num_items=3, num_entities=5, num_relations=2), torch.zeros(3)).double().eval()


def contexts_with(turns: list[int], ages: list[int], owners: list[int]) -> Contexts:
    """Contexts of which only the mentions' turns and ages matter."""
    empty = torch.zeros(0, dtype=torch.int64)
    return Contexts(
        hops=(),
        users=torch.zeros(max(owners) + 1, dtype=torch.int64),
        mention_encodings=torch.arange(len(turns)),
        mention_contexts=torch.tensor(owners),
        mention_turns=torch.tensor(turns),
        mention_ages=torch.tensor(ages),
        mention_by_seeker=torch.ones(len(turns), dtype=torch.bool),
        words=empty,
        word_contexts=empty,
        together=empty,
        together_weights=torch.zeros(0, 2),
        known=torch.zeros(0, dtype=torch.long),
        targets=empty,
        sample_contexts=empty,
    )


@pytest.mark.parametrize(("position", "numbers"), [("absolute", [0, 2, 2, 1]), ("recency", [2, 2, 0, 1])])
def test_turns_are_looked_up_and_clipped(position: str, numbers: list[int]) -> None:
    model = tiny_ccrs(turn_position=position)
    weights = model.turn_weights(contexts_with([0, 2, 7, 1], [7, 5, 0, 1], [0, 0, 0, 1]))
    scores = [
        model.turn_importance.score(torch.tanh(model.turn_importance.hidden(model.turns[n]))) for n in numbers
    ]
    expected = torch.cat([torch.cat(scores[:3]).softmax(0), torch.ones(1, dtype=torch.float64)])
    torch.testing.assert_close(weights, expected)


@pytest.mark.parametrize("turn_encoder", [True, False])
def test_user_vectors_are_the_weighted_mentions(turn_encoder: bool) -> None:
    """Eq. 8: p = ½(μ^r + μ^o) H; μ^r alone without turn encoder; the learned default without a mention."""
    world = random_world()
    torch.manual_seed(0)
    config = CCRSConfig(
        embedding_size=4, num_heads=2, user_size=2, initial_scale=1.0, turn_encoder=turn_encoder
    )
    sizes = Sizes(num_items=12, num_entities=20, num_relations=len(world.graph.relations))
    model = CCRS(config, sizes, torch.zeros(12)).double().eval()
    torch.nn.init.normal_(model.silence)
    builder = BatchBuilder(world.table, world.graph, num_items=12)
    batch = builder.plain(np.arange(len(world.table.mentions)))
    rows, users = model.gather(batch)
    vectors = model.user_vectors(rows, users, batch.query, batch)
    encoded = model.layers[0](rows, users, batch.query.hops[0])[batch.query.mention_encodings]
    lengths = world.table.mentions.lengths.tolist()
    assert 0 in lengths
    assert max(lengths) > 2
    for context, (length, mentions) in enumerate(zip(lengths, encoded.split(lengths), strict=True)):
        if length == 0:
            assert torch.equal(vectors[context], model.silence)
            continue
        weights = _softmax_of(model.self_importance, mentions)
        if turn_encoder:
            turns = torch.split(model.turns[torch.from_numpy(world.table.mention_turns)], lengths)[context]
            weights = (weights + _softmax_of(model.turn_importance, turns)) / 2
        torch.testing.assert_close(vectors[context], (weights[:, None] * mentions).sum(0))
    assert model.turns.requires_grad == turn_encoder


def _softmax_of(importance: Importance, values: Tensor) -> Tensor:
    return (torch.tanh(values @ importance.hidden.weight.T) @ importance.score.weight[0]).softmax(0)


def make_history(owners: list[int], seed: int = 0) -> History:
    rng = np.random.default_rng(seed)
    count = len(owners)
    return History(
        users=torch.tensor(owners, dtype=torch.int64),
        items=torch.from_numpy(rng.integers(0, 9, count)),
        ages=torch.from_numpy(rng.integers(0, 2 * MAX_AGE, count)),
        kinds=torch.from_numpy(rng.integers(0, 2, count)),
        signs=torch.from_numpy(rng.integers(0, 3, count)),
        beside_users=torch.tensor(sorted(owners), dtype=torch.int64),
        beside_items=torch.from_numpy(rng.integers(0, 9, count)),
        beside_weights=torch.from_numpy(rng.random((count, NUM_FEATURES))),
    )


def test_history_neighbours_speak_to_the_contexts_of_their_user() -> None:
    layer = HistoryNeighbours().double()
    torch.nn.init.normal_(layer.weights)
    layer.requires_grad_(requires_grad=False)
    history = make_history([0, 0, 2, 3, 3, 3])
    owners = torch.tensor([2, 0, 1, 0])
    contexts, items, strengths = layer(owners, history)
    expected = [
        (context, int(history.beside_items[pair]), float(history.beside_weights[pair] @ layer.weights))
        for context, owner in enumerate(owners.tolist())
        for pair in range(6)
        if int(history.beside_users[pair]) == owner
    ]
    assert list(zip(contexts.tolist(), items.tolist(), strict=True)) == [pair[:2] for pair in expected]
    torch.testing.assert_close(strengths.tolist(), [strength for *_, strength in expected])
    nobody = layer(owners[:0], history)
    assert [len(part) for part in nobody] == [0, 0, 0]


def make_attention() -> HistoryAttention:
    torch.manual_seed(0)
    attention = HistoryAttention(4).double()
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.normal_()
    return attention


def test_history_attention_equals_a_loop() -> None:
    attention, history = make_attention(), make_history([0, 0, 0, 2])
    contexts = torch.randn(4, 4, dtype=torch.float64)
    owners = torch.tensor([0, 1, 2, 0])
    items = torch.randn(4, 4, dtype=torch.float64)
    found = attention(contexts, owners, items, history)
    for number, owner in enumerate(owners.tolist()):
        query = attention.query.weight @ contexts[number]
        logits: list[Tensor] = [attention.null_bias]
        values = [torch.zeros(4, dtype=torch.float64)]
        for entry in range(4):
            if int(history.users[entry]) != owner:
                continue
            kind = int(history.kinds[entry]) * 3 + int(history.signs[entry])
            key = attention.key.weight @ (items[entry] + attention.kinds[kind])
            logits.append(query @ key / 2 + attention.age_bias[min(int(history.ages[entry]), MAX_AGE)])
            values.append(attention.value.weight @ items[entry] * attention.kind_gates[kind])
        weights = torch.stack(logits).softmax(0)
        torch.testing.assert_close(found[number], weights @ torch.stack(values))


def test_history_of_others_changes_nothing_and_none_is_zero() -> None:
    attention, history = make_attention(), make_history([0, 0, 2, 2])
    contexts, owners = torch.randn(3, 4, dtype=torch.float64), torch.tensor([0, 1, 2])
    items = torch.randn(4, 4, dtype=torch.float64)
    found = attention(contexts, owners, items, history)
    assert torch.equal(found[1], torch.zeros(4, dtype=torch.float64))
    assert found[0].any()
    other = items.clone()
    other[2:] = torch.randn(2, 4, dtype=torch.float64)
    louder = dataclasses.replace(history, ages=history.ages * 0)
    changed = attention(
        contexts, owners, other, dataclasses.replace(history, users=torch.tensor([0, 0, 1, 1]))
    )
    assert torch.equal(changed[0], found[0])
    assert changed[1].any()
    assert not torch.equal(attention(contexts, owners, items, louder)[2], found[2])


def test_history_starts_as_if_there_were_none() -> None:
    history = make_history([0, 0])
    added = HistoryAttention(4)(torch.randn(1, 4), torch.tensor([0]), torch.randn(2, 4), history)
    assert torch.equal(added, torch.zeros(1, 4))


def test_shared_rows_and_rows_of_each_user_score_the_same() -> None:
    """Nobody adapted, a batch with rows for each user is the plain batch of the same contexts."""
    world = random_world(num_users=8)
    for num_layers in (1, 2):
        torch.manual_seed(0)
        config = CCRSConfig(
            embedding_size=4, num_heads=2, user_size=2, initial_scale=1.0, num_layers=num_layers
        )
        sizes = Sizes(num_items=12, num_entities=20, num_relations=len(world.graph.relations))
        model = CCRS(config, sizes, torch.zeros(12)).double().eval()
        builder = BatchBuilder(world.table, world.graph, num_items=12, num_layers=num_layers)
        tasks = user_tasks(world.table, np.arange(8), "random", 0)
        apart = builder.adapting(tasks)
        shared = builder.plain(builder.contexts_of(np.concatenate([task.query for task in tasks])))
        assert len(apart.row_entities) > len(shared.row_entities)
        torch.testing.assert_close(model(apart), model(shared), rtol=1e-12, atol=1e-12)

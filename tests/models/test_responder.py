"""The responder says what Eq. 9-10 say, computed here token by token, and decoding says what training saw."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from ccrs.core.errors import ConfigError
from ccrs.core.replies import ReplyBatch
from ccrs.models.responder import FIRST_LAYER, STYLES, Responder
from tests.fixtures.reply_batches import (
    MAX_CONTEXT,
    MAX_REPLY,
    VOCABULARY,
    random_batch,
    rows_of_user,
    tiny_model,
)
from tests.models.test_transformer import HEADS

CUSTOMIZATIONS = ["styles", "user", "none"]
Parameters = dict[str, Tensor]


def normed(values: Tensor, p: Parameters, name: str) -> Tensor:
    centred = values - values.mean(-1, keepdim=True)
    scale = (centred.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()
    return centred / scale * p[f"{name}.weight"] + p[f"{name}.bias"]


def times(values: Tensor, p: Parameters, name: str) -> Tensor:
    return values @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def attended(queries: Tensor, keys: Tensor, values: Tensor, *, causal: bool) -> Tensor:
    size = queries.shape[1] // HEADS
    heads = []
    for head in range(HEADS):
        span = slice(head * size, (head + 1) * size)
        scores = queries[:, span] @ keys[:, span].T / math.sqrt(size)
        if causal:
            scores = scores + torch.full_like(scores, float("-inf")).triu(1)
        heads.append(scores.softmax(1) @ values[:, span])
    return torch.cat(heads, dim=1)


def layer(p: Parameters, name: str, values: Tensor, memory: Tensor | None) -> Tensor:
    q, k, v = times(normed(values, p, f"{name}.norm_self"), p, f"{name}.qkv").chunk(3, dim=1)
    values = values + times(attended(q, k, v, causal=memory is not None), p, f"{name}.mixed")
    if memory is not None:
        k, v = times(memory, p, f"{name}.told").chunk(2, dim=1)
        q = times(normed(values, p, f"{name}.norm_memory"), p, f"{name}.asked")
        values = values + times(attended(q, k, v, causal=False), p, f"{name}.heard")
    hidden = times(normed(values, p, f"{name}.norm_out"), p, f"{name}.inner")
    hidden = hidden * 0.5 * (1 + torch.erf(hidden / math.sqrt(2)))  # GELU
    return values + times(hidden, p, f"{name}.outer")


def bias_by_hand(p: Parameters, vector: Tensor, customization: str, style: int | None) -> Tensor | float:
    """F(g_u): p_u at unit variance, μ = softmax(p_u W^C L), g = μ Lᵀ, two fully connected layers."""
    if customization == "none":
        return 0.0
    given = (vector - vector.mean()) / (vector.var(unbiased=False) + 1e-5).sqrt()
    if customization == "styles":
        mixture = (given @ p["choice.weight"].T @ p["styles"]).softmax(0)
        if style is not None:
            mixture = torch.zeros_like(mixture)
            mixture[style] = 1
        given = p["styles"] @ mixture
    return times(given, p, "bias_hidden").clamp(min=0) @ p["bias_words.weight"].T


def by_hand(model: Responder, batch: ReplyBatch, style: int | None = None) -> list[Tensor]:
    """Log-probabilities (length, vocabulary) of every reply of a batch, one reply at a time, without padding."""
    p: Parameters = dict(model.named_parameters())
    scale = math.sqrt(model.config.width)
    found = []
    for row in range(len(batch.context_ids)):
        context = batch.context_ids[row, : int(batch.context_mask[row].sum())]
        places = torch.arange(len(context)).flip(0)  # the last token stands at place 0
        memory = p["embedding"][context] * scale + p["context_places"][places]
        for number in range(model.config.num_encoder_layers):
            memory = layer(p, f"encoder.{number}", memory, None)
        memory = normed(memory, p, "encoder_norm")
        inputs = batch.input_ids[row, : int(batch.target_mask[row].sum())]
        values = p["embedding"][inputs] * scale + p["reply_places"][: len(inputs)]
        for number in range(model.config.num_decoder_layers):
            values = layer(p, f"decoder.{number}", values, memory)
        logits = times(normed(values, p, "decoder_norm"), p, "output") @ p["embedding"].T + p["output_bias"]
        logits = logits + bias_by_hand(p, batch.vectors[row], model.config.customization, style)
        found.append(logits.log_softmax(1))
    return found


def losses_by_hand(model: Responder, batch: ReplyBatch, style: int | None = None) -> Tensor:
    rows = [
        -words.gather(1, targets[: len(words), None])[:, 0]
        for words, targets in zip(by_hand(model, batch, style), batch.target_ids, strict=True)
    ]
    return torch.cat(rows)


@pytest.mark.parametrize("customization", CUSTOMIZATIONS)
def test_the_loss_is_the_hand_written_softmax(customization: str) -> None:
    model, batch = tiny_model(customization=customization), random_batch([0] * 5)
    with torch.no_grad():
        torch.testing.assert_close(model(batch), losses_by_hand(model, batch), rtol=0, atol=1e-11)


@pytest.mark.parametrize("layers", [(1, 1), (3, 2)])
def test_whatever_the_number_of_layers(layers: tuple[int, int]) -> None:
    model = tiny_model(num_encoder_layers=layers[0], num_decoder_layers=layers[1])
    batch = random_batch([0] * 3)
    with torch.no_grad():
        torch.testing.assert_close(model(batch), losses_by_hand(model, batch), rtol=0, atol=1e-11)


def test_the_longest_context_and_reply_fit() -> None:
    ids = torch.randint(3, VOCABULARY, (2, MAX_CONTEXT))
    targets = torch.randint(3, VOCABULARY, (2, MAX_REPLY + 1))
    batch = replace(
        random_batch([0, 0]),
        context_ids=ids,
        context_mask=torch.ones_like(ids, dtype=torch.bool),
        input_ids=targets,
        target_ids=targets,
        target_mask=torch.ones_like(targets, dtype=torch.bool),
    )
    assert len(tiny_model()(batch)) == 2 * (MAX_REPLY + 1)


@pytest.mark.parametrize("customization", CUSTOMIZATIONS)
def test_padding_and_neighbours_change_nothing(customization: str) -> None:
    model, owners = tiny_model(customization=customization), [0] * 6
    short, long = random_batch(owners), random_batch(owners, longest=(MAX_CONTEXT + 5, MAX_REPLY + 6))
    with torch.no_grad():
        torch.testing.assert_close(model(short), model(long), rtol=0, atol=1e-12)
        alone = [
            model(rows_of_user(replace(short, owners=torch.arange(6), num_users=6), row)) for row in range(6)
        ]
        torch.testing.assert_close(model(short), torch.cat(alone), rtol=0, atol=1e-12)


def test_what_stands_at_padding_is_never_read() -> None:
    model, batch = tiny_model(), random_batch([0] * 6, longest=(12, 11))
    filled = replace(
        batch,
        context_ids=batch.context_ids.masked_fill(~batch.context_mask, 9),
        input_ids=batch.input_ids.masked_fill(~batch.target_mask, 9),
        target_ids=batch.target_ids.masked_fill(~batch.target_mask, 9),
    )
    assert torch.equal(model(batch), model(filled))


@pytest.mark.parametrize("customization", CUSTOMIZATIONS)
def test_steps_with_the_cache_equal_teacher_forcing(customization: str) -> None:
    model, batch = tiny_model(customization=customization), random_batch([0] * 5)
    with torch.no_grad():
        state = model.start(batch)
        columns = []
        for place in range(batch.input_ids.shape[1]):
            logits, state = model.step(batch.input_ids[:, place], state)
            columns.append(logits.log_softmax(1).gather(1, batch.target_ids[:, place, None])[:, 0])
        stepped = -torch.stack(columns, dim=1)[batch.target_mask]
        forced = model.likelihoods(model.start(batch), batch.input_ids, batch.target_ids, batch.target_mask)
    torch.testing.assert_close(stepped, forced, rtol=0, atol=1e-10)
    torch.testing.assert_close(forced, model(batch), rtol=0, atol=0)


def test_chosen_and_repeated_rows_of_a_state_go_on_alike() -> None:
    model, batch = tiny_model(), random_batch([0] * 4)
    rows = torch.tensor([2, 0, 2])
    with torch.no_grad():
        first, state = model.step(batch.input_ids[:, 0], model.start(batch))
        second, _ = model.step(batch.target_ids[:, 0], state)
        selected, _ = model.step(batch.target_ids[rows, 0], model.select(state, rows))
    torch.testing.assert_close(selected, second[rows], rtol=0, atol=1e-12)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("style", [0, 1, 2])
def test_one_style_can_be_chosen(style: int) -> None:
    model, batch = tiny_model(), random_batch([0] * 4)
    with torch.no_grad():
        state = model.start(batch, style=torch.full((4,), style))
        found = model.likelihoods(state, batch.input_ids, batch.target_ids, batch.target_mask)
    torch.testing.assert_close(found, losses_by_hand(model, batch, style), rtol=0, atol=1e-11)


def test_each_row_may_have_another_style() -> None:
    model, batch = tiny_model(), random_batch([0] * 3)
    biases = [model.word_bias(batch.vectors, batch.owners, style=torch.full((3,), s)) for s in range(3)]
    mixed = model.word_bias(batch.vectors, batch.owners, style=torch.tensor([2, 0, 1]))
    assert mixed is not None
    for row, style in enumerate((2, 0, 1)):
        chosen = biases[style]
        assert chosen is not None
        torch.testing.assert_close(mixed[row], chosen[row], rtol=0, atol=1e-12)


def test_style_weights_are_probabilities_and_follow_the_user() -> None:
    model, batch = tiny_model(), random_batch([0] * 4)
    weights = model.style_weights(batch.vectors, batch.owners)
    assert weights.shape == (4, 3)
    torch.testing.assert_close(weights.sum(1), torch.ones(4, dtype=torch.float64))
    assert (weights[0] - weights[1]).abs().max() > 1e-3


def test_without_customization_nobody_is_different() -> None:
    model, batch = tiny_model(customization="none"), random_batch([0] * 3)
    assert model.word_bias(batch.vectors, batch.owners) is None
    other = replace(batch, vectors=torch.randn_like(batch.vectors))
    assert torch.equal(model(batch), model(other))
    for customization in ("styles", "user"):
        model = tiny_model(customization=customization)
        assert not torch.equal(model(batch), model(other))


def test_the_length_of_the_vector_says_nothing() -> None:
    """Recommenders differ in it: p_u is taken at unit variance."""
    model, batch = tiny_model(), random_batch([0] * 3)
    longer = replace(batch, vectors=batch.vectors * 1000)
    torch.testing.assert_close(model(batch), model(longer), rtol=0, atol=1e-3)


@pytest.mark.parametrize("customization", CUSTOMIZATIONS)
def test_inner_parameters_are_the_first_encoder_layer_and_the_styles(customization: str) -> None:
    model = tiny_model(customization=customization)
    names = {f"{FIRST_LAYER}{name}" for name, _ in model.encoder[0].named_parameters()}
    expected = names | ({STYLES} if customization == "styles" else set())
    inner = model.inner_parameters()
    assert set(inner) == expected
    own = {id(parameter) for parameter in model.parameters()}
    assert all(id(value) in own for value in inner.values()), "copies would not be trained"


@pytest.mark.parametrize("customization", CUSTOMIZATIONS)
def test_users_own_parameters_equal_a_loop_over_users(customization: str) -> None:
    model = tiny_model(customization=customization)
    batch = random_batch([2, 0, 2, 3, 0, 2], num_users=4)  # user 1 says nothing
    torch.manual_seed(1)
    inner = {
        name: value.detach() + 0.3 * torch.randn(4, *value.shape, dtype=torch.float64)
        for name, value in model.inner_parameters().items()
    }
    with torch.no_grad():
        found = model(batch, inner)
        owner = batch.owners[batch.target_mask.nonzero()[:, 0]]
        for user in range(4):
            own = {name.replace(FIRST_LAYER, "encoder.0."): value[user] for name, value in inner.items()}
            expected = functional_call(model, own, (rows_of_user(batch, user),))
            torch.testing.assert_close(found[owner == user], expected, rtol=0, atol=1e-12)


def test_the_common_parameters_handed_in_change_nothing() -> None:
    model, batch = tiny_model(), random_batch([1, 0, 1], num_users=2)
    inner = {name: value.expand(2, *value.shape) for name, value in model.inner_parameters().items()}
    torch.testing.assert_close(model(batch, inner), model(batch), rtol=0, atol=1e-12)


def test_the_empty_batch_has_no_tokens() -> None:
    model = tiny_model()
    assert model(random_batch([])).shape == (0,)
    inner = {name: value.expand(3, *value.shape) for name, value in model.inner_parameters().items()}
    assert model(random_batch([], num_users=3), inner).shape == (0,)


def test_a_width_that_the_heads_do_not_divide_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"model\.width = 9 .* model\.num_heads = 2"):
        tiny_model(width=9)


def test_every_parameter_is_trained() -> None:
    model, batch = tiny_model(), random_batch([0] * 6)
    model(batch).sum().backward()
    untouched = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert untouched == []

"""Packed tokens give what a plain padded Transformer gives, whoever else is in the batch and whose weights they are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from ccrs.models.layers.transformer import Layer, Owners, Packing, linear, normalise

WIDTH, HEADS, HIDDEN = 8, 2, 12
LENGTHS = (4, 1, 6, 3)
Memory = tuple[Tensor, Tensor]


def make_layer(*, memory: bool, dropout: float = 0.0) -> Layer:
    torch.manual_seed(3)
    layer = Layer(WIDTH, HEADS, HIDDEN, dropout, memory=memory).double()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.5)
    return layer


def sequences(*, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, WIDTH, generator=generator, dtype=torch.float64) for n in LENGTHS]


def packed(rows: list[Tensor], *, longest: int = 0) -> tuple[Tensor, Packing]:
    """The rows one after the other, and their mask with padding up to ``longest``."""
    lengths = torch.tensor([len(row) for row in rows])
    mask = torch.arange(max(longest, int(lengths.max())))[None] < lengths[:, None]
    return torch.cat(rows), Packing.of(mask)


def one_head_at_a_time(queries: Tensor, keys: Tensor, values: Tensor, *, causal: bool) -> Tensor:
    """Attention of one sequence, written out token by token."""
    size = WIDTH // HEADS
    rows = []
    for number, query in enumerate(queries):
        last = number + 1 if causal else len(keys)
        parts = []
        for head in range(HEADS):
            span = slice(head * size, (head + 1) * size)
            weights = (keys[:last, span] @ query[span] / size**0.5).softmax(0)
            parts.append(weights @ values[:last, span])
        rows.append(torch.cat(parts))
    return torch.stack(rows)


def plain_layer(layer: Layer, values: Tensor, memory: Tensor | None, *, causal: bool) -> Tensor:
    """One sequence (length, width) through a pre-norm layer."""
    queries, keys, told = layer.qkv(layer.norm_self(values)).chunk(3, dim=1)
    values = values + layer.mixed(one_head_at_a_time(queries, keys, told, causal=causal))
    if memory is not None:
        keys, told = layer.told(memory).chunk(2, dim=1)
        asked = layer.asked(layer.norm_memory(values))
        values = values + layer.heard(one_head_at_a_time(asked, keys, told, causal=False))
    hidden = nn.functional.gelu(layer.inner(layer.norm_out(values)))
    return values + layer.outer(hidden)


@pytest.mark.parametrize("longest", [0, 11])
def test_the_encoder_layer_equals_a_plain_one_on_each_sequence(longest: int) -> None:
    layer, rows = make_layer(memory=False), sequences()
    values, packing = packed(rows, longest=longest)
    found = layer.encode(values, packing, layer.weights(), None, None)
    expected = torch.cat([plain_layer(layer, row, None, causal=False) for row in rows])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("longest", [0, 9])
def test_the_decoder_layer_equals_a_plain_one_on_each_sequence(longest: int) -> None:
    layer, rows, told = make_layer(memory=True), sequences(), sequences(seed=1)[::-1]
    values, packing = packed(rows, longest=longest)
    memory, memory_packing = packed(told, longest=longest)
    found = layer.decode(values, packing, layer.tell(memory, memory_packing), memory_packing.mask)
    expected = torch.cat([plain_layer(layer, r, m, causal=True) for r, m in zip(rows, told, strict=True)])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_a_sequence_alone_is_what_it_is_in_a_batch() -> None:
    layer, rows = make_layer(memory=False), sequences()
    values, packing = packed(rows)
    together = layer.encode(values, packing, layer.weights(), None, None).split(LENGTHS)
    for row, expected in zip(rows, together, strict=True):
        alone, own = packed([row])
        found = layer.encode(alone, own, layer.weights(), None, None)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_a_step_equals_the_causal_layer() -> None:
    layer, rows, told = make_layer(memory=True), sequences(), sequences(seed=1)
    memory, packing = packed(told)
    keys = layer.tell(memory, packing)
    values, row_packing = packed(rows)
    grid = row_packing.spread(values)
    past = (grid.new_zeros(len(rows), 0, WIDTH), grid.new_zeros(len(rows), 0, WIDTH))
    steps = []
    for place in range(grid.shape[1]):
        step, past = layer.step(grid[:, place], past, keys, packing.mask)
        steps.append(step)
    found = row_packing.pack(torch.stack(steps, dim=1))
    torch.testing.assert_close(
        found, layer.decode(values, row_packing, keys, packing.mask), rtol=0, atol=1e-12
    )


def test_packing_and_spreading_undo_each_other() -> None:
    values, packing = packed(sequences(), longest=9)
    grid = packing.spread(values)
    assert grid.shape == (len(LENGTHS), 9, WIDTH)
    assert torch.equal(packing.pack(grid), values)
    assert not grid[~packing.mask].any()
    assert packing.sequences.tolist() == [0] * 4 + [1] + [2] * 6 + [3] * 3
    assert packing.places.tolist() == [*range(4), 0, *range(6), *range(3)]


@pytest.mark.parametrize("users", [[2, 0, 2, 2, 0, 4], [1], [], [0, 0, 0]])
def test_each_token_is_multiplied_by_the_matrix_of_its_user(users: list[int]) -> None:
    """Users in any order, some without a token."""
    torch.manual_seed(0)
    owner = torch.tensor(users, dtype=torch.long)
    values = torch.randn(len(users), 3, dtype=torch.float64)
    weight = torch.randn(5, 4, 3, dtype=torch.float64)
    bias = torch.randn(5, 4, dtype=torch.float64)
    found = Owners.of(owner, 5).linear(values, weight, bias)
    expected = torch.stack(
        [weight[u] @ v + bias[u] for u, v in zip(users, values, strict=True)] or [values.new_zeros(4)]
    )
    assert found.shape == (len(users), 4)
    torch.testing.assert_close(found, expected[: len(users)], rtol=0, atol=1e-12)


def test_an_encoder_layer_with_weights_of_the_users_own_equals_a_loop_over_users() -> None:
    layer, rows = make_layer(memory=False), sequences()
    owners = torch.tensor([1, 0, 1, 3])  # user 2 has no sequence
    torch.manual_seed(5)
    own = {
        name: value + 0.3 * torch.randn(4, *value.shape).double() for name, value in layer.weights().items()
    }
    values, packing = packed(rows, longest=8)
    users = owners[packing.sequences]
    found = layer.encode(values, packing, own, Owners.of(users, 4), users)

    class Encode(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, row: Tensor) -> Tensor:
            alone, place = packed([row])
            return self.layer.encode(alone, place, self.layer.weights(), None, None)

    expected = [
        functional_call(Encode(), {f"layer.{name}": value[user] for name, value in own.items()}, (row,))
        for row, user in zip(rows, owners.tolist(), strict=True)
    ]
    torch.testing.assert_close(found, torch.cat(expected), rtol=0, atol=1e-12)


def test_weights_of_users_without_their_tokens_owners_are_refused() -> None:
    weights = {"a.weight": torch.zeros(2, 3, 3), "a.bias": torch.zeros(2, 3)}
    with pytest.raises(ValueError, match="owners of the tokens"):
        linear(torch.zeros(1, 3), weights, "a", None)
    with pytest.raises(ValueError, match="user of each token"):
        normalise(torch.zeros(1, 3), {"a.weight": torch.zeros(2, 3), "a.bias": torch.zeros(2, 3)}, "a", None)


def test_dropout_is_off_in_evaluation_and_on_in_training() -> None:
    layer = make_layer(memory=False, dropout=0.5)
    values, packing = packed(sequences())

    def encode() -> Tensor:
        return layer.encode(values, packing, layer.weights(), None, None)

    layer.eval()
    assert torch.equal(encode(), encode())
    layer.train()
    assert not torch.equal(encode(), encode())

"""The R-GCN against sums written out, and against a dense reference with a matrix for each relation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.models.layers.relational_convolution import RelationalConvolution


def convolution(
    edges: list[tuple[int, int, int]],
    *,
    num_entities: int,
    num_relations: int,
    size: int = 3,
    num_bases: int = 2,
    dtype: torch.dtype = torch.float64,
) -> RelationalConvolution:
    """The layer on ``edges`` of (target, relation, neighbour)."""
    table = np.array(sorted(edges), np.int64).reshape(-1, 3)
    counts = np.bincount(table[:, 0], minlength=num_entities)
    layer = RelationalConvolution(
        offsets=torch.from_numpy(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)),
        neighbours=torch.from_numpy(table[:, 2].copy()),
        relation_ids=torch.from_numpy(table[:, 1].copy()),
        num_relations=num_relations,
        size=size,
        num_bases=num_bases,
    )
    return layer.to(dtype)


def random_edges(
    num_entities: int, num_relations: int, count: int, seed: int = 0
) -> list[tuple[int, int, int]]:
    """Edges with repeats; the last two entities have none that come in."""
    rng = np.random.default_rng(seed)
    columns = (
        rng.integers(0, num_entities - 2, count),
        rng.integers(0, num_relations, count),
        rng.integers(0, num_entities, count),
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


def dense_reference(
    layer: RelationalConvolution, edges: list[tuple[int, int, int]], parameters: dict[str, Tensor]
) -> Tensor:
    """The rows of all entities by one dense mean matrix and one weight matrix for each relation."""
    count, num_relations = layer.num_entities, len(parameters["coefficients"])
    means = torch.zeros(num_relations, count, count, dtype=torch.float64)
    for target, relation, neighbour in edges:
        means[relation, target, neighbour] += 1
    means = means / means.sum(2, keepdim=True).clamp(min=1)
    result = parameters["root"] + parameters["bias"]
    for relation in range(num_relations):
        matrix = sum(
            parameters["coefficients"][relation, basis] * parameters["bases"][:, basis]
            for basis in range(parameters["bases"].shape[1])
        )
        result = result + means[relation] @ matrix
    return result


@pytest.mark.parametrize("whole", [True, False])
def test_values_and_gradients_equal_a_dense_reference_per_relation(whole: bool) -> None:
    torch.manual_seed(0)
    edges = random_edges(20, 4, 90)
    layer = convolution(edges, num_entities=20, num_relations=4, size=5, num_bases=3)
    torch.nn.init.normal_(layer.bias)
    entities = torch.arange(20) if whole else torch.tensor([3, 0, 19, 7, 18])
    parameters = {name: value.detach().clone().requires_grad_() for name, value in layer.named_parameters()}
    expected = dense_reference(layer, edges, parameters)[entities]
    found = layer(entities)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    weights = torch.randn_like(expected)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    for name, value in layer.named_parameters():
        torch.testing.assert_close(value.grad, parameters[name].grad, rtol=1e-12, atol=1e-12, msg=name)


def test_single_precision_agrees_with_double() -> None:
    torch.manual_seed(0)
    edges = random_edges(30, 3, 200)
    layer = convolution(edges, num_entities=30, num_relations=3, size=8, num_bases=4)
    expected = layer(torch.arange(30))
    found = layer.float()(torch.arange(30))
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-6)


def test_mean_per_relation_by_hand_on_four_nodes() -> None:
    # 0 has neighbours 1, 2 by relation 0 and 3 by relation 1; 1 has 2 twice by relation 1; 2 and 3 have none.
    edges = [(0, 0, 1), (0, 0, 2), (0, 1, 3), (1, 1, 2), (1, 1, 2)]
    layer = convolution(edges, num_entities=4, num_relations=2, size=1, num_bases=2)
    with torch.no_grad():
        layer.bases.copy_(torch.tensor([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]])[:, :, None])
        layer.coefficients.copy_(torch.tensor([[1.0, 0.0], [2.0, 1.0]]))
        layer.root.copy_(torch.tensor([[0.1], [0.2], [0.3], [0.4]]))
        layer.bias.fill_(1000.0)
    # 0: (2 + 3) / 2 by relation 0, and 2·4 + 40 by relation 1; 1: (36 + 36) / 2 with 36 = 2·3 + 30.
    expected = torch.tensor([[2.5 + 48 + 1000.1], [36 + 1000.2], [1000.3], [1000.4]], dtype=torch.float64)
    torch.testing.assert_close(layer(torch.arange(4)), expected, rtol=1e-6, atol=0)


def test_needed_rows_equal_those_of_the_whole_graph_in_any_order() -> None:
    torch.manual_seed(1)
    layer = convolution(random_edges(25, 5, 120, seed=1), num_entities=25, num_relations=5)
    whole = layer(torch.arange(25))
    for needed in ([4], [24, 0, 11], list(reversed(range(25)))):
        rows = torch.tensor(needed)
        torch.testing.assert_close(layer(rows), whole[rows], rtol=1e-12, atol=1e-12)
    assert layer(torch.zeros(0, dtype=torch.int64)).shape == (0, 3)


def test_only_needed_neighbours_get_a_gradient() -> None:
    layer = convolution([(0, 0, 2), (1, 0, 3)], num_entities=4, num_relations=1)
    layer(torch.tensor([0])).sum().backward()
    assert layer.bases.grad is not None
    assert layer.root.grad is not None
    assert layer.bases.grad.flatten(1).any(1).tolist() == [False, False, True, False]
    assert layer.root.grad.any(1).tolist() == [True, False, False, False]


def test_a_graph_without_edges_leaves_the_own_row_and_the_bias() -> None:
    layer = convolution([], num_entities=3, num_relations=1)
    found = layer(torch.tensor([2, 0]))
    torch.testing.assert_close(found, layer.root[[2, 0]] + layer.bias)
    found.sum().backward()
    assert layer.bases.grad is not None
    assert not layer.bases.grad.any()


def test_nothing_of_the_graph_is_saved() -> None:
    layer = convolution(random_edges(6, 2, 9), num_entities=6, num_relations=2)
    assert set(layer.state_dict()) == {"bases", "coefficients", "root", "bias"}

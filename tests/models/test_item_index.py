"""The search of big catalogues: equal to exact scores where it says so, and never without the items named."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ccrs.core.errors import ConfigError
from ccrs.models.item_index import FoundItems, IndexConfig, ItemIndex, ItemQuery
from ccrs.models.support_reach import support_reach

LISTS = IndexConfig(exact_up_to=0, num_lists=16, share=0.25, spare=20)
"""Lists however few items there are."""
EXACT = IndexConfig()


def ids(*numbers: int) -> Tensor:
    return torch.tensor(numbers, dtype=torch.long)


def clustered(num_items: int = 2_000, size: int = 8, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Items in tight clusters far from each other, and biases."""
    generator = torch.Generator().manual_seed(seed)
    centres = 3 * torch.randn(16, size, generator=generator)
    rows = centres[torch.randint(16, (num_items,), generator=generator)]
    return (
        rows + 0.05 * torch.randn(num_items, size, generator=generator),
        0.1 * torch.randn(num_items, generator=generator),
    )


def scattered(num_items: int = 2_000, size: int = 8, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Items in no clusters at all: the hardest for lists."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_items, size, generator=generator), torch.randn(num_items, generator=generator)


def looked_up(scores: Tensor) -> Callable[[int, Tensor], Tensor]:
    """The exact scores of all queries (n, items), as a server would compute them for few items."""
    return lambda number, items: scores[number, items]


def best(scores: Tensor, k: int) -> list[int]:
    """The right answer: best first, of equal ones the lower id first."""
    finite = int((scores > -torch.inf).sum())
    return torch.argsort(scores, descending=True, stable=True)[: min(k, finite)].tolist()


class World:
    """A table, some user vectors, and scores with an adaptation like that of ``model.md``."""

    def __init__(self, table: Tensor, bias: Tensor, *, strength: float = 0.3, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.table, self.bias = table, bias
        size = table.shape[1]
        self.vectors = torch.randn(4, size, generator=generator)
        support = torch.randn(6, size, generator=generator)
        logits = support @ table.T + bias
        self.targets = torch.randint(len(table), (6,), generator=generator)
        residuals = logits.softmax(dim=1)
        residuals[torch.arange(6), self.targets] -= 1
        self.reach = support_reach(logits, torch.ones(6), kept=2)
        self.rows = torch.randperm(len(table), generator=generator)[:10]
        self.strengths = strength * self.vectors @ support.T
        self.exact = self.vectors @ table.T + bias - self.strengths @ residuals
        self.exact[:, self.rows] += self.vectors @ torch.randn(size, len(self.rows), generator=generator)

    def query(self, number: int) -> ItemQuery:
        strengths = self.strengths[number]
        always = torch.cat([self.targets, self.rows, self.reach.lifted(strengths)])
        return ItemQuery(self.vectors[number], always, lift=self.reach.lift(strengths))

    def search(self, index: ItemIndex, k: int = 30, *, thorough: bool = False) -> list[FoundItems]:
        queries = [self.query(number) for number in range(len(self.vectors))]
        return index.search(queries, k=k, rescore=looked_up(self.exact), thorough=thorough)


@pytest.mark.parametrize("items", [clustered, scattered])
@pytest.mark.parametrize("strength", [0.0, 0.3, 3.0])
def test_exact_search_is_exact_with_the_adaptation(
    items: Callable[[], tuple[Tensor, Tensor]], strength: float
) -> None:
    world = World(*items(), strength=strength)
    for number, found in enumerate(world.search(ItemIndex(world.table, world.bias))):
        assert found.items.tolist() == best(world.exact[number], 30)
        assert torch.equal(found.scores, world.exact[number, found.items])
        assert found.certified


def test_exact_search_scores_few_items_when_the_lift_is_known_and_all_when_not() -> None:
    world = World(*scattered())
    index = ItemIndex(world.table, world.bias)
    assert max(found.num_candidates for found in world.search(index)) < 1_000
    query = replace(world.query(0), lift=float("inf"))
    found = index.search([query], k=5, rescore=looked_up(world.exact))[0]
    assert found.num_candidates == len(index)
    assert found.certified


@pytest.mark.parametrize("items", [clustered, scattered])
@pytest.mark.parametrize("strength", [0.0, 0.3, 3.0])
def test_what_lists_certify_is_exact(items: Callable[[], tuple[Tensor, Tensor]], strength: float) -> None:
    world = World(*items(), strength=strength)
    index = ItemIndex(world.table, world.bias, LISTS)
    assert not index.is_exact
    for number, found in enumerate(world.search(index)):
        if found.certified:
            assert found.items.tolist() == best(world.exact[number], 30)
    for number, found in enumerate(world.search(index, thorough=True)):
        assert found.certified
        assert found.items.tolist() == best(world.exact[number], 30)


def test_tight_clusters_are_certified_without_reading_all_lists() -> None:
    # More lists than clusters: each list lies within one.
    world = World(*clustered(), strength=0.0)
    index = ItemIndex(world.table, world.bias, replace_config(num_lists=64))
    assert sum(found.certified for found in world.search(index)) >= 3


def test_most_of_the_best_are_found_where_nothing_is_certified() -> None:
    world = World(*scattered(20_000, 16))
    index = ItemIndex(world.table, world.bias, replace_config(num_lists=64, share=0.5))
    hits = [
        len(set(found.items.tolist()) & set(best(world.exact[number], 30)))
        for number, found in enumerate(world.search(index))
    ]
    assert sum(hits) >= 0.95 * 30 * len(hits)


def replace_config(**values: float) -> IndexConfig:
    return LISTS.model_copy(update=values)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    num_items=st.integers(1, 300),
    k=st.integers(1, 320),
    strength=st.sampled_from([0.0, 0.5, 5.0]),
    thinned=st.sampled_from([None, 0.9, 0.3, 0.0]),
)
def test_thorough_search_is_exact_whatever_the_items(
    seed: int, num_items: int, k: int, strength: float, thinned: float | None
) -> None:
    table, bias = scattered(num_items, 4, seed)
    world = World(table, bias, strength=strength, seed=seed)
    index = ItemIndex(table, bias, replace_config(num_lists=8))
    allowed = None
    if thinned is not None:
        allowed = torch.rand(num_items, generator=torch.Generator().manual_seed(seed)) < thinned
    query = replace(world.query(0), allowed=allowed, exclude=ids(0))
    expected = world.exact[0].clone()
    expected[0] = -torch.inf
    if allowed is not None:
        expected[~allowed] = -torch.inf
    found = index.search([query], k=k, rescore=looked_up(world.exact), thorough=True)[0]
    assert found.items.tolist() == best(expected, k)
    quick = index.search([query], k=k, rescore=looked_up(world.exact))[0]
    assert len(quick.items) == len(found.items)  # k are found whenever there are k
    if quick.certified:
        assert quick.items.tolist() == found.items.tolist()


@pytest.mark.parametrize("config", [EXACT, LISTS])
def test_items_named_are_candidates_however_bad_they_look(config: IndexConfig) -> None:
    table, bias = clustered()
    index = ItemIndex(table, bias, config)
    vector = torch.ones(8)
    plain = table @ vector + bias
    worst = int(plain.argmin())
    exact = plain.clone()
    exact[worst] = 1_000.0
    query = ItemQuery(vector, ids(worst, worst), lift=0.0)
    found = index.search([query], k=3, rescore=looked_up(exact[None]))[0]
    assert found.items.tolist() == best(exact, 3)
    assert found.items[0] == worst
    barred = replace(query, exclude=ids(worst))
    exact[worst] = -torch.inf
    assert index.search([barred], k=3, rescore=looked_up(exact[None]))[0].items.tolist() == best(exact, 3)
    allowed = torch.ones(len(table), dtype=torch.bool)
    allowed[worst] = False
    found = index.search([replace(query, allowed=allowed)], k=3, rescore=looked_up(exact[None]))[0]
    assert worst not in found.items.tolist()


@pytest.mark.parametrize("share", [0.5, 0.04, 0.0005, 0.0])
def test_filters_leave_only_what_is_allowed(share: float) -> None:
    world = World(*clustered())
    index = ItemIndex(world.table, world.bias, LISTS)
    allowed = torch.rand(2_000, generator=torch.Generator().manual_seed(3)) < share
    queries = [replace(world.query(number), allowed=allowed) for number in range(4)]
    for number, found in enumerate(index.search(queries, k=30, rescore=looked_up(world.exact))):
        expected = best(world.exact[number].masked_fill(~allowed, -torch.inf), 30)
        assert len(found.items) == len(expected)
        assert bool(allowed[found.items].all())
        if share < LISTS.narrow:  # searched exactly
            assert found.certified
        if found.certified:
            assert found.items.tolist() == expected


def test_the_lists_are_widened_when_what_they_had_was_shown() -> None:
    # The 400 best by plain score are excluded: more than are read at first.
    table, bias = clustered()
    index = ItemIndex(table, bias, replace_config(spare=0))
    vector = torch.ones(8)
    plain = table @ vector + bias
    shown = plain.topk(400).indices
    expected = plain.clone()
    expected[shown] = -torch.inf
    query = ItemQuery(vector, exclude=shown, lift=0.0)
    found = index.search([query], k=20, rescore=looked_up(plain[None]))[0]
    assert found.items.tolist() == best(expected, 20)


def test_items_pushed_down_do_not_take_the_place_of_others() -> None:
    # The adaptation takes the best 150 down, one by one: the first round sees nothing else.
    table, bias = clustered()
    index = ItemIndex(table, bias, replace_config(spare=20))
    vector = torch.ones(8)
    plain = table @ vector + bias
    exact = plain.clone()
    exact[plain.topk(150).indices] -= 100
    query = ItemQuery(vector, lift=0.0)
    found = index.search([query], k=20, rescore=looked_up(exact[None]))[0]
    assert found.items.tolist() == best(exact, 20)


@pytest.mark.parametrize("config", [EXACT, LISTS])
def test_an_item_that_the_adaptation_may_lift_is_looked_for(config: IndexConfig) -> None:
    # Nobody names the item, but the bound says that one like it could become the best.
    table, bias = clustered()
    index = ItemIndex(table, bias, config.model_copy(update={"spare": 0}))
    vector = torch.ones(8)
    plain = table @ vector + bias
    order = plain.argsort(descending=True)
    lifted = int(order[100])
    lift = float(plain[order[0]] - plain[lifted]) + 0.01
    exact = plain.clone()
    exact[lifted] += lift
    query = ItemQuery(vector, lift=lift)
    found = index.search([query], k=1, rescore=looked_up(exact[None]), thorough=True)[0]
    assert found.items.tolist() == [lifted]
    assert found.certified
    # Found without reading everything, too: the candidates are widened until the bound is met.
    index = ItemIndex(table, bias, config)
    assert index.search([query], k=1, rescore=looked_up(exact[None]))[0].items.tolist() == [lifted]


def test_thorough_search_without_a_bound_scores_everything() -> None:
    world = World(*scattered())
    index = ItemIndex(world.table, world.bias, LISTS)
    query = ItemQuery(world.vectors[0])  # nothing named, no bound
    found = index.search([query], k=30, rescore=looked_up(world.exact), thorough=True)[0]
    assert found.items.tolist() == best(world.exact[0], 30)
    assert found.certified
    quick = index.search([query], k=30, rescore=looked_up(world.exact))[0]
    assert not quick.certified
    assert quick.num_candidates < 100


def test_a_filter_and_few_lists_still_give_as_many_as_wanted() -> None:
    world = World(*scattered())
    index = ItemIndex(world.table, world.bias, replace_config(num_lists=64, share=0.02))
    allowed = torch.arange(2_000) % 4 == 0
    query = replace(world.query(0), allowed=allowed)
    found = index.search([query], k=300, rescore=looked_up(world.exact))[0]
    assert found.items.tolist() == best(world.exact[0].masked_fill(~allowed, -torch.inf), 300)


def test_recall_is_1_of_exact_search_and_grows_with_the_share() -> None:
    table, bias = scattered(5_000, 16)
    vectors = torch.randn(8, 16, generator=torch.Generator().manual_seed(1))
    assert ItemIndex(table, bias).recall(vectors, 20) == 1.0
    few, many = (
        ItemIndex(table, bias, replace_config(num_lists=64, share=share)).recall(vectors, 20)
        for share in (0.02, 1.0)
    )
    assert few < 0.9 < many == 1.0


@pytest.mark.parametrize("config", [EXACT, LISTS])
def test_equal_scores_keep_the_order_of_the_catalogue(config: IndexConfig) -> None:
    index = ItemIndex(torch.zeros(500, 8), torch.zeros(500), config)
    exact = torch.zeros(1, 500)
    exact[0, 400:] = 1.0
    query = ItemQuery(torch.ones(8), torch.arange(400, 500), lift=0.0)
    found = index.search([query], k=120, rescore=looked_up(exact), thorough=True)[0]
    assert found.items.tolist() == [*range(400, 500), *range(20)]
    assert found.certified


@pytest.mark.parametrize("config", [EXACT, LISTS])
def test_more_wanted_than_there_are_and_none_wanted(config: IndexConfig) -> None:
    table, bias = scattered(40, 4)
    index = ItemIndex(table, bias, config)
    vector = torch.ones(4)
    scores = (table @ vector + bias)[None]
    found = index.search([ItemQuery(vector)], k=100, rescore=looked_up(scores))[0]
    assert found.items.tolist() == best(scores[0], 100)
    assert len(found.items) == 40
    assert found.certified
    assert index.search([ItemQuery(vector)], k=0, rescore=looked_up(scores))[0].items.tolist() == []
    assert index.search([], k=5, rescore=looked_up(scores)) == []


def test_an_empty_catalogue_has_nothing() -> None:
    index = ItemIndex(torch.zeros(0, 4), torch.zeros(0), LISTS)
    found = index.search([ItemQuery(torch.ones(4))], k=5, rescore=looked_up(torch.zeros(1, 0)))[0]
    assert found.items.tolist() == []
    assert found.certified
    assert index.staleness == 0


def test_the_same_table_gives_the_same_lists() -> None:
    table, bias = scattered()
    first, second = (ItemIndex(table, bias, LISTS)._lists for _ in range(2))
    assert first is not None
    assert second is not None
    assert torch.equal(first.centres, second.centres)
    vector = torch.ones(8)
    one, other = (lists.best(vector, 50, 0.25) for lists in (first, second))
    assert torch.equal(one.items, other.items)
    assert (one.floor, one.ceiling) == (other.floor, other.ceiling)


def test_the_proven_bound_holds_for_every_item_left_out() -> None:
    table, bias = scattered(3_000, 8)
    index = ItemIndex(table, bias, LISTS)
    lists = index._lists
    assert lists is not None
    generator = torch.Generator().manual_seed(5)
    for share in (0.1, 0.5, 1.0):
        for count in (1, 40, 2_999):
            vector = 2 * torch.randn(8, generator=generator)
            plain = table @ vector + bias
            found = lists.best(vector, count, share)
            plain[found.items] = -torch.inf
            assert float(plain.max()) <= found.ceiling + 1e-4
    assert lists.best(vector, 3_000, 1.0).ceiling > float("-inf")  # it may not know that nothing is left
    assert lists.best(vector, 3_001, 1.0).ceiling == float("-inf")


def test_changed_new_and_removed_items_are_searched_without_building() -> None:
    table, bias = clustered()
    index = ItemIndex(table, bias, LISTS)
    # Item 0 is taken out and all move up; item 7 changes; two are added.
    places = torch.arange(2_000) - 1
    vector = torch.ones(8)
    newer = torch.cat([table[1:], torch.stack([3 * vector, -vector])])
    newer[7] = 4 * vector
    newer_bias = torch.cat([bias[1:], torch.zeros(2)])
    other = index.with_catalogue(newer, newer_bias, changed=ids(7), places=places)
    assert other.staleness == pytest.approx(3 / 2_001)
    scores = (newer @ vector + newer_bias)[None]
    for thorough in (False, True):
        found = other.search(
            [ItemQuery(vector, lift=0.0)], k=30, rescore=looked_up(scores), thorough=thorough
        )[0]
        assert found.items.tolist() == best(scores[0], 30)
    assert {7, 1_999} <= set(found.items.tolist())
    # The first index still answers for the first catalogue.
    scores = (table @ vector + bias)[None]
    found = index.search([ItemQuery(vector, lift=0.0)], k=30, rescore=looked_up(scores))[0]
    assert found.items.tolist() == best(scores[0], 30)


def test_changes_on_top_of_changes() -> None:
    table, bias = clustered()
    index = ItemIndex(table, bias, LISTS)
    vector = torch.ones(8)
    current, current_bias = table, bias
    for turn in range(3):
        current = torch.cat([current[:-2], (2.0 + turn) * vector[None]])
        current_bias = torch.cat([current_bias[:-2], torch.zeros(1)])
        # The last two go, and what comes takes the first of their numbers.
        places = torch.arange(len(index))
        places[-2:] = -1
        index = index.with_catalogue(current, current_bias, changed=ids(), places=places)
    scores = (current @ vector + current_bias)[None]
    allowed = torch.ones(len(current), dtype=torch.bool)
    allowed[int(scores.argmax())] = False
    for mask in (None, allowed):
        found = index.search(
            [ItemQuery(vector, allowed=mask, lift=0.0)], k=20, rescore=looked_up(scores), thorough=True
        )[0]
        expected = scores[0] if mask is None else scores[0].masked_fill(~mask, -torch.inf)
        assert found.items.tolist() == best(expected, 20)


def test_without_faiss_small_catalogues_work_and_big_ones_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    table, bias = scattered(200)
    ItemIndex(table, bias, IndexConfig(exact_up_to=200))
    with pytest.raises(ConfigError, match=r"ccrs\[big\].*exact_up_to"):
        ItemIndex(table, bias, IndexConfig(exact_up_to=199))


def test_the_reach_bounds_what_the_support_lifts() -> None:
    world = World(*scattered(), strength=2.0)
    plain = world.vectors @ world.table.T + world.bias
    for number in range(len(world.vectors)):
        rise = world.exact[number] - plain[number]
        query = world.query(number)
        rise[query.always] = -torch.inf
        assert float(rise.max()) <= query.lift + 1e-6
    assert support_reach(torch.zeros(2, 3), torch.ones(2), kept=5).lift(torch.tensor([-1.0, -1.0])) == 0.0


@pytest.mark.parametrize(
    ("query", "match"),
    [
        (ItemQuery(torch.ones(3)), "shape"),
        (ItemQuery(torch.ones(4), allowed=torch.ones(7, dtype=torch.bool)), "allowed"),
        (ItemQuery(torch.ones(4), always=ids(40)), "40"),
        (ItemQuery(torch.ones(4), exclude=ids(-1)), "-1"),
    ],
)
def test_queries_that_do_not_fit_are_refused(query: ItemQuery, match: str) -> None:
    table, bias = scattered(40, 4)
    with pytest.raises(ValueError, match=match):
        ItemIndex(table, bias).search([query], k=5, rescore=looked_up(torch.zeros(1, 40)))


def test_tables_and_scores_that_do_not_fit_are_refused() -> None:
    table, bias = scattered(40, 4)
    with pytest.raises(ValueError, match="do not fit"):
        ItemIndex(table, bias[:-1])
    with pytest.raises(ValueError, match="rescore"):
        ItemIndex(table, bias).search([ItemQuery(torch.ones(4))], k=5, rescore=lambda _, items: items[:1])
    with pytest.raises(ValueError, match="k = -1"):
        ItemIndex(table, bias).search([], k=-1, rescore=looked_up(table))
    with pytest.raises(ValueError, match="places"):
        ItemIndex(table, bias).with_catalogue(table, bias, changed=ids(), places=torch.arange(3))

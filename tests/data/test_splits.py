"""Users fall into parts by a hash, and their dialogues into support and query."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ccrs.core.dialogue import Dialogue, Part
from ccrs.core.errors import ConfigError, DataError
from ccrs.core.graph import Catalogue, Entity
from ccrs.core.samples import SampleTable
from ccrs.data.samples import build_samples
from ccrs.data.splits import (
    NUM_FOLDS,
    TEST,
    TRAIN,
    VALIDATION,
    Order,
    SplitConfig,
    split_users,
    training_dialogues,
    user_tasks,
)

CATALOGUE = Catalogue((Entity("f0", "movie", "Film 0", is_item=True),))


def table_of(sizes: dict[str, int], times: dict[str, list[int]] | None = None) -> SampleTable:
    """Users with this many empty dialogues each."""
    dialogues = [
        Dialogue(f"{user}-{n}", user, (), time=(times or {}).get(user, list(range(size)))[n])
        for user, size in sizes.items()
        for n in range(size)
    ]
    return build_samples(CATALOGUE, dialogues)


MANY = table_of({f"user {n}": 1 for n in range(2000)})


def parts_of(table: SampleTable, config: SplitConfig) -> dict[str, int]:
    return dict(zip(table.users, split_users(table, config).tolist(), strict=True))


def shares(parts: dict[str, int]) -> list[float]:
    return [list(parts.values()).count(part) / len(parts) for part in (TRAIN, VALIDATION, TEST)]


def test_user_split_is_80_10_10() -> None:
    np.testing.assert_allclose(shares(parts_of(MANY, SplitConfig())), [0.8, 0.1, 0.1], atol=0.02)


@pytest.mark.parametrize("protocol", ["user", "folds"])
def test_a_part_does_not_depend_on_who_else_is_there(protocol: str) -> None:
    config = SplitConfig.model_validate({"protocol": protocol})
    few = table_of({f"user {n}": 2 for n in range(99, 0, -7)})
    everyone = parts_of(MANY, config)
    assert parts_of(few, config).items() <= everyone.items()


def test_the_split_stays_as_it_is() -> None:
    """Saved runs and published figures hang on it; the numbers are SHA-256 by hand."""
    table = table_of({f"user {n}": 1 for n in range(16)})
    assert split_users(table, SplitConfig()).tolist() == [0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0]
    folds = [
        split_users(table, SplitConfig(protocol="folds", fold=fold)) == TEST for fold in range(NUM_FOLDS)
    ]
    assert np.argmax(folds, axis=0).tolist() == [3, 0, 0, 3, 2, 0, 4, 3, 0, 1, 1, 0, 3, 1, 4, 3]


def test_another_seed_is_another_split() -> None:
    first, second = parts_of(MANY, SplitConfig()), parts_of(MANY, SplitConfig(seed=1))
    assert sum(first[user] != second[user] for user in first) > 400


def test_each_user_is_a_test_user_of_one_fold() -> None:
    folds = [split_users(MANY, SplitConfig(protocol="folds", fold=fold)) for fold in range(NUM_FOLDS)]
    assert (np.sum([fold == TEST for fold in folds], axis=0) == 1).all()
    for fold in range(NUM_FOLDS):
        found = shares(parts_of(MANY, SplitConfig(protocol="folds", fold=fold)))
        np.testing.assert_allclose(found, [0.7, 0.1, 0.2], atol=0.03)


@pytest.mark.parametrize("fold", [-1, NUM_FOLDS])
def test_a_fold_that_does_not_exist(fold: int) -> None:
    with pytest.raises(ConfigError, match=f"data.fold = {fold}: there are folds 0 to 4"):
        split_users(MANY, SplitConfig(protocol="folds", fold=fold))


def test_official_split_keeps_the_parts_of_the_source() -> None:
    sizes = {f"user {n}": 2 for n in range(300)}
    table = table_of(sizes)
    tested = {f"user {n}" for n in range(0, 300, 5)}
    parts: tuple[Part | None, ...] = tuple(
        "test" if u in tested else "train" for u in sizes for _ in range(2)
    )
    found = split_users(table, SplitConfig(protocol="official"), parts)
    assert {user for user, part in zip(table.users, found, strict=True) if part == TEST} == tested
    validation = np.mean(found[found != TEST] == VALIDATION)
    assert 0.05 < validation < 0.15


def test_official_split_keeps_a_validation_part_of_the_source() -> None:
    table = table_of({"a": 2, "b": 1, "c": 1, "d": 1})
    parts: tuple[Part, ...] = ("train", "train", "validation", "test", "train")
    found = split_users(table, SplitConfig(protocol="official"), parts)
    assert found.tolist() == [TRAIN, VALIDATION, TEST, TRAIN]


def test_official_split_refuses_what_it_cannot_do() -> None:
    table, official = table_of({"a": 2, "b": 1}), SplitConfig(protocol="official")
    for none in (None, ("train", "test", None)):
        with pytest.raises(DataError, match=r"no official split. Use data.protocol = 'user' or 'folds'"):
            split_users(table, official, none)
    with pytest.raises(DataError, match="User 'a' has dialogues in two official parts"):
        split_users(table, official, ("train", "test", "test"))
    with pytest.raises(DataError, match="User 'a' has dialogues in two official parts"):
        split_users(table, official, ("train", "validation", "test"))


@pytest.mark.parametrize("order", ["random", "chronological"])
def test_half_of_the_dialogues_support_and_the_odd_one_is_query(order: Order) -> None:
    sizes = {f"user {n}": n for n in range(1, 8)}
    table = table_of(sizes)
    for size, task in zip(sizes.values(), user_tasks(table, np.arange(7), order, 0), strict=True):
        assert (len(task.support), len(task.query)) == (size // 2, size - size // 2)
        mine = np.flatnonzero(table.dialogue_users == task.user)
        assert sorted([*task.support, *task.query]) == mine.tolist()


def test_chronological_order_is_by_time_within_the_user() -> None:
    table = table_of({"a": 5, "b": 2}, {"a": [30, 10, 50, 20, 40], "b": [2, 1]})
    first, second = user_tasks(table, np.arange(2), "chronological", 0)
    assert [table.dialogue_times[d] for d in first.support] == [10, 20]
    assert [table.dialogue_times[d] for d in first.query] == [30, 40, 50]
    assert [table.dialogue_times[d] for d in (*second.support, *second.query)] == [1, 2]


def test_random_halves_come_oldest_first_and_depend_on_the_user_alone() -> None:
    sizes = {f"user {n}": 9 for n in range(12)}
    times = {user: np.random.default_rng(n).permutation(9).tolist() for n, user in enumerate(sizes)}
    table = table_of(sizes, times)
    tasks = user_tasks(table, np.arange(12), "random", 0)
    picked = {tuple(table.dialogue_times[task.support].tolist()) for task in tasks}
    assert len(picked) > 6, "every user gets the same half"
    for task in tasks:
        for half in (task.support, task.query):
            assert all(a < b for a, b in pairwise(table.dialogue_times[half].tolist()))
    few = table_of({"user 7": 9}, times)
    alone = user_tasks(few, np.arange(1), "random", 0)[0]
    expected = [table.dialogue_ids[d] for d in tasks[7].support]
    assert [few.dialogue_ids[d] for d in alone.support] == expected
    other = user_tasks(table, np.arange(12), "random", 1)
    assert any(not np.array_equal(a.support, b.support) for a, b in zip(tasks, other, strict=True))


def test_shares_of_the_training_dialogues_lie_in_one_another() -> None:
    users = np.arange(0, 2000, 2)
    found = [
        set(training_dialogues(MANY, users, SplitConfig(training_share=share)).tolist())
        for share in (0.25, 0.5, 1.0)
    ]
    assert found[0] < found[1] < found[2]
    assert len(found[2]) == 1000
    assert [len(share) / 1000 for share in found] == pytest.approx([0.25, 0.5, 1.0], abs=0.05)

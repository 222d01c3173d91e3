"""Co-occurrence counts: against loops, and leaving a dialogue out equals counting without it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ccrs.core.samples import Ragged
from ccrs.data.cooccurrence import Cooccurrence

ITEMS = 6
TERMS: tuple[Callable[[int, int, int], float], ...] = (
    lambda count, _total, _other: count / 10,
    lambda count, total, _other: count / (total + 5),
    lambda count, total, other: float(count / np.sqrt((total + 5) * (other + 5))),
)


def random_mentions(seed: int) -> Ragged:
    """Distinct entities of each dialogue; those from ``ITEMS`` on are no items."""
    rng = np.random.default_rng(seed)
    return Ragged.from_rows([rng.permutation(9)[: rng.integers(0, 6)].tolist() for _ in range(12)])


def as_dict(counts: Cooccurrence) -> dict[tuple[int, int], int]:
    rows = counts.neighbours
    return {
        (item, int(rows.values[position])): int(counts.counts[position])
        for item in range(ITEMS)
        for position in range(rows.offsets[item], rows.offsets[item + 1])
    }


def test_counts_equal_a_loop() -> None:
    for seed in range(5):
        mentions, chosen = random_mentions(seed), np.array([0, 2, 3, 5, 7, 11])
        counts = Cooccurrence.count(mentions, chosen, ITEMS)
        sets = [{int(e) for e in mentions[d] if e < ITEMS} for d in chosen]
        expected = {
            (a, b): sum(a in s and b in s for s in sets)
            for a in range(ITEMS)
            for b in range(ITEMS)
            if a != b and any(a in s and b in s for s in sets)
        }
        assert as_dict(counts) == expected
        assert counts.dialogues.tolist() == [sum(a in s for s in sets) for a in range(ITEMS)]


def test_leaving_a_dialogue_out_equals_counting_without_it() -> None:
    for seed in range(5):
        mentions = random_mentions(seed)
        everything = np.arange(len(mentions))
        counts = Cooccurrence.count(mentions, everything, ITEMS)
        for dialogue in everything.tolist():
            items = mentions[dialogue][mentions[dialogue] < ITEMS]
            asked = np.full(len(items), dialogue)
            found = counts.beside(items, asked, mentions)
            without = Cooccurrence.count(mentions, np.delete(everything, dialogue), ITEMS)
            expected = without.beside(items, asked, None)
            for mine, theirs in zip(found, expected, strict=True):
                np.testing.assert_array_equal(mine, theirs)


def test_questions_of_several_dialogues_do_not_mix() -> None:
    mentions = Ragged.from_rows([[0, 1], [0, 1], [0, 2]])
    counts = Cooccurrence.count(mentions, np.arange(3), ITEMS)
    neighbours, which, features = counts.beside(np.array([0, 0]), np.array([0, 2]), mentions)
    found = {(int(w), int(n)): f.tolist() for n, w, f in zip(neighbours, which, features, strict=True)}
    log2, log3 = np.float32(np.log(2)), np.float32(np.log(3))
    # Item 0 is in two dialogues besides the one that asks.
    assert found == {
        (0, 1): [log2, np.float32(1 / 7)],
        (0, 2): [log2, np.float32(1 / 7)],
        (1, 1): [log3, np.float32(2 / 7)],
    }


def test_no_dialogues_no_counts() -> None:
    counts = Cooccurrence.count(random_mentions(0), np.zeros(0, np.int64), ITEMS)
    assert as_dict(counts) == {}
    assert [len(part) for part in counts.beside(np.array([1, 2]), np.array([0, 0]), None)] == [0, 0, 0]


def test_what_stands_beside_a_group_equals_a_loop() -> None:
    mentions = random_mentions(3)
    everything = np.arange(len(mentions))
    counts = Cooccurrence.count(mentions, everything, ITEMS)
    items, groups = np.array([0, 2, 4, 1]), np.array([0, 0, 0, 1])
    weights = np.array([[1.0, 0.5], [1.0, 1.0], [1.0, 0.25], [1.0, 2.0]])
    weight_of = dict(zip(items.tolist(), weights.tolist(), strict=True))
    found_groups, neighbours, features = counts.beside_all(items, weights, groups, groups, None)
    found = {
        (int(g), int(n)): row for g, n, row in zip(found_groups, neighbours, features.tolist(), strict=True)
    }
    beside, single = as_dict(counts), counts.dialogues.tolist()
    for group, members in ((0, [0, 2, 4]), (1, [1])):
        for other in range(ITEMS):
            pairs = [
                (beside[item, other], single[item], weight_of[item])
                for item in members
                if (item, other) in beside
            ]
            assert ((group, other) in found) == bool(pairs)
            sums = [
                sum(weight[column] * term(count, total, single[other]) for count, total, weight in pairs)
                for column in range(2)
                for term in TERMS
            ]
            if pairs:
                np.testing.assert_allclose(found[group, other], np.log1p(10 * np.array(sums)), rtol=1e-6)
    assert found_groups.tolist() == sorted(found_groups.tolist())


def test_leaving_out_what_a_group_had_equals_counting_without_it() -> None:
    for seed in range(5):
        mentions = random_mentions(seed)
        everything = np.arange(len(mentions))
        counts = Cooccurrence.count(mentions, everything, ITEMS)
        for user in everything.tolist():
            items = mentions[user][mentions[user] < ITEMS][:2]
            groups = np.zeros(len(items), np.int64)
            weights = np.ones((len(items), 1))
            found = counts.beside_all(items, weights, groups, np.full(len(items), user), mentions)
            without = Cooccurrence.count(mentions, np.delete(everything, user), ITEMS)
            expected = without.beside_all(items, weights, groups, groups, None)
            for mine, theirs in zip(found, expected, strict=True):
                np.testing.assert_allclose(mine, theirs)

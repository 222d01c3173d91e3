"""Ragged batches hold exactly what loops over dialogues, mentions and edges find."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.core.batch import BLOCK, Batch, Contexts, Hop
from ccrs.core.samples import IntArray, SampleTable, UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.data.cooccurrence import Cooccurrence
from ccrs.data.known_items import KnownItems
from ccrs.data.splits import user_tasks
from ccrs.data.user_items import items_of_users
from ccrs.data.vocabulary import Vocabulary
from tests.worlds import World, random_world

Key = tuple[int, int]  # (user of the batch, entity)


def builder_of(world: World, num_layers: int = 1, **options: object) -> BatchBuilder:
    return BatchBuilder(
        world.table,
        world.graph,
        num_items=world.catalogue.num_items,
        num_layers=num_layers,
        **options,  # type: ignore[arg-type]
    )


def contexts_of(world: World, dialogues: IntArray) -> list[int]:
    return [
        c for d in dialogues.tolist() for c in np.flatnonzero(world.table.context_dialogues == d).tolist()
    ]


def mentioned(world: World, contexts: list[int], users: list[int]) -> list[Key]:
    return [(user, int(e)) for c, user in zip(contexts, users, strict=True) for e in world.table.mentions[c]]


def expand(world: World, keys: set[Key]) -> set[Key]:
    return keys | {(user, int(n)) for user, entity in keys for n in world.graph.edges_of(entity)[0]}


def check_hop(world: World, hop: Hop, targets: list[Key], sources: list[Key]) -> None:
    """Targets, edges and cells of a hop whose rows are ``targets`` and ``sources`` in this order."""
    assert hop.num_targets == len(targets)
    assert hop.num_sources == len(sources)
    assert [sources[row] for row in hop.target_sources.tolist()] == [shared_key(k, sources) for k in targets]
    assert hop.target_users.tolist() == [user for user, _ in targets]
    expected = Counter(
        (target, shared_key((user, int(neighbour)), sources), int(relation))
        for target, (user, entity) in enumerate(targets)
        for neighbour, relation in zip(*world.graph.edges_of(entity), strict=True)
    )
    edges = [hop.edge_targets, hop.edge_sources, hop.edge_relations]
    found = Counter((t, sources[s], r) for t, s, r in zip(*(edge.tolist() for edge in edges), strict=True))
    assert found == expected
    check_cells(hop)


def shared_key(key: Key, sources: list[Key]) -> Key:
    """The key under which a row stands: that of user 0 where users share rows."""
    return key if key in sources else (0, key[1])


def check_cells(hop: Hop) -> None:
    """One slot for each (target, relation) that has an edge; all other slots point at target 0."""
    assert len(hop.slot_targets) == BLOCK * len(hop.block_relations)
    slots = hop.edge_slots.tolist()
    cells = list(zip(hop.edge_targets.tolist(), hop.edge_relations.tolist(), strict=True))
    assert len(set(slots)) == len(set(cells)) == len(set(zip(slots, cells, strict=True)))
    for slot, (target, relation) in zip(slots, cells, strict=True):
        assert int(hop.slot_targets[slot]) == target
        assert int(hop.block_relations[slot // BLOCK]) == relation
    unused = set(range(len(hop.slot_targets))) - set(slots)
    assert not hop.slot_targets[sorted(unused)].any()


def check_contexts(
    world: World, found: Contexts, contexts: list[int], users: list[int], targets: list[Key]
) -> None:
    table = world.table
    assert found.users.tolist() == users
    assert [targets[row] for row in found.mention_encodings.tolist()] == mentioned(world, contexts, users)
    assert found.mention_contexts.tolist() == [n for n, c in enumerate(contexts) for _ in table.mentions[c]]
    rows = [range(table.mentions.offsets[c], table.mentions.offsets[c + 1]) for c in contexts]
    assert found.mention_turns.tolist() == [int(table.mention_turns[p]) for row in rows for p in row]
    assert found.mention_ages.tolist() == [
        int(table.context_turns[c] - table.mention_turns[p])
        for c, row in zip(contexts, rows, strict=True)
        for p in row
    ]
    assert found.mention_by_seeker.tolist() == [bool(table.mention_by_seeker[p]) for row in rows for p in row]
    samples = [
        (n, int(t)) for n, c in enumerate(contexts) for t in table.sample_targets[table.sample_contexts == c]
    ]
    assert list(zip(found.sample_contexts.tolist(), found.targets.tolist(), strict=True)) == samples


def rows_of(batch: Batch) -> list[Key]:
    return list(zip(batch.row_users.tolist(), batch.row_entities.tolist(), strict=True))


def check_side(
    world: World, found: Contexts, contexts: list[int], users: list[int], rows: list[Key], depth: int
) -> None:
    layers = [set(mentioned(world, contexts, users))]
    for _ in range(depth):
        layers.append(expand(world, layers[-1]))
    assert {shared_key(key, rows) for key in layers[-1]} <= set(rows)
    sources = rows if found.rows is None else [rows[row] for row in found.rows.tolist()]
    for level, hop in enumerate(found.hops):
        targets = sorted(layers[depth - 1 - level])
        check_hop(world, hop, targets, sources)
        sources = targets
    check_contexts(world, found, contexts, users, sources)


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_adapting_batch(num_layers: int, seed: int) -> None:
    world = random_world(seed=seed, num_users=7)
    tasks = user_tasks(world.table, np.arange(7), "random", seed)
    batch = builder_of(world, num_layers).adapting(tasks)
    assert batch.num_users == 7
    assert batch.users.tolist() == [0] * 7
    rows = rows_of(batch)
    num_items = world.catalogue.num_items
    assert [entity < num_items for _, entity in rows] == sorted(
        (e < num_items for _, e in rows), reverse=True
    )
    assert batch.num_item_rows == sum(entity < num_items for _, entity in rows)
    assert batch.support is not None
    needed: set[Key] = set()
    for half, side in (("query", batch.query), ("support", batch.support)):
        per_user = [contexts_of(world, getattr(task, half)) for task in tasks]
        contexts = [c for mine in per_user for c in mine]
        users = [user for user, mine in enumerate(per_user) for _ in mine]
        check_side(world, side, contexts, users, rows, num_layers)
        keys = set(mentioned(world, contexts, users))
        for _ in range(num_layers):
            keys = expand(world, keys)
        needed |= keys
    assert sorted(rows) == sorted(needed)


@pytest.mark.parametrize("num_layers", [1, 2])
def test_plain_batch_shares_rows(num_layers: int) -> None:
    world = random_world(num_users=7)
    contexts = np.random.default_rng(0).permutation(len(world.table.context_dialogues))[:15]
    batch = builder_of(world, num_layers).plain(contexts)
    assert batch.support is None
    assert batch.users.tolist() == [0]
    assert not batch.row_users.any()
    check_side(world, batch.query, contexts.tolist(), [0] * 15, rows_of(batch), num_layers)


def test_history_is_the_items_of_the_support() -> None:
    world = random_world(num_users=7)
    table, items = world.table, world.catalogue.num_items
    tasks = user_tasks(table, np.arange(7), "chronological", 0)
    history = builder_of(world).adapting(tasks).history
    expected = []
    for user, task in enumerate(tasks):
        for age, dialogue in enumerate(reversed(task.support.tolist())):
            for item in table.dialogue_mentions[dialogue].tolist():
                if item < items:
                    kind = int(item in table.dialogue_targets[dialogue])
                    sign = 2 if item in table.disliked[dialogue] else int(item in table.liked[dialogue])
                    expected.append((user, item, age, kind, sign))
    columns = [history.users, history.items, history.ages, history.kinds, history.signs]
    assert sorted(zip(*(column.tolist() for column in columns), strict=True)) == sorted(expected)
    assert {kind for *_, kind, _ in expected} == {0, 1}
    assert {sign for *_, sign in expected} == {1, 2}


def test_queries_are_no_history() -> None:
    world = random_world(num_users=7)
    tasks = user_tasks(world.table, np.arange(7), "chronological", 0)
    without = [UserTask(task.user, task.support[:0], task.query) for task in tasks]
    assert len(builder_of(world).adapting(without).history.items) == 0


@pytest.mark.parametrize("leave_out", [True, False])
def test_beside_the_history_stands_what_other_users_had_with_it(leave_out: bool) -> None:
    """In training a user's own dialogues do not count, those of his query included."""
    world = random_world(num_users=9)
    table, num_items = world.table, world.catalogue.num_items
    sets = [{e for e in row.tolist() if e < num_items} for row in rows_by_user(table)]
    counts = Cooccurrence.count(items_of_users(table), np.arange(len(sets)), num_items)
    tasks = user_tasks(table, np.arange(9), "chronological", 0)
    history = builder_of(world, by_users=counts).adapting(tasks, leave_out=leave_out).history
    found = {
        (user, item): weights
        for user, item, weights in zip(
            history.beside_users.tolist(),
            history.beside_items.tolist(),
            history.beside_weights.tolist(),
            strict=True,
        )
    }
    entries = list(
        zip(
            *(part.tolist() for part in (history.users, history.items, history.ages, history.signs)),
            strict=True,
        )
    )
    for user in range(9):
        others = [s for number, s in enumerate(sets) if number != user or not leave_out]
        ages: dict[int, int] = {}
        for owner, item, age, sign in entries:
            if owner == user and sign != 2:
                ages[item] = min(age, ages.get(item, age))
        for item in range(num_items):
            times = {mine: sum(mine in s and item in s for s in others) for mine in ages if mine != item}
            assert ((user, item) in found) == any(times.values())
            if any(times.values()):
                counted = [sum(times.values()), sum(n * 0.5 ** ages[mine] for mine, n in times.items())]
                weights = found[user, item]
                np.testing.assert_allclose([weights[0], weights[3]], np.log1p(counted), rtol=1e-6)


def rows_by_user(table: SampleTable) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    return [
        np.unique(
            np.concatenate(
                [table.dialogue_mentions[d] for d in np.flatnonzero(table.dialogue_users == user).tolist()]
            )
        )
        for user in range(len(table.users))
    ]


def test_words_are_the_last_known_ones_before_the_message() -> None:
    world = random_world(num_users=7)
    vocabulary = Vocabulary(tuple(sorted({"about", "person"})))
    for limit in (2, 64):
        contexts = np.arange(len(world.table.context_dialogues))
        found = builder_of(world, vocabulary=vocabulary, max_words=limit).plain(contexts).query
        for context in contexts.tolist():
            before = world.table.words[world.table.context_dialogues[context]][
                : world.table.word_counts[context]
            ]
            known = [vocabulary.ids[word] for word in before[-limit:] if word in vocabulary.ids]
            assert found.words[found.word_contexts == context].tolist() == known


@pytest.mark.parametrize("leave_out", [True, False])
def test_cooccurrence_of_a_context_is_that_of_its_items(leave_out: bool) -> None:
    world = random_world(num_users=7)
    table, num_items = world.table, world.catalogue.num_items
    everything = np.arange(len(table.dialogue_ids))
    counts = Cooccurrence.count(table.dialogue_mentions, everything, num_items)
    contexts = np.arange(len(table.context_dialogues))
    found = builder_of(world, cooccurrence=counts).plain(contexts, leave_out=leave_out).query
    sums = dense_sums(found.together, found.together_weights, len(contexts), num_items)
    for context in contexts.tolist():
        expected = np.zeros((num_items, 2))
        own = int(table.context_dialogues[context])
        dialogues = [
            set(table.dialogue_mentions[d].tolist())
            for d in everything.tolist()
            if not (leave_out and d == own)
        ]
        for item in table.mentions[context].tolist():
            if item < num_items:
                holding = [d for d in dialogues if item in d]
                for other in range(num_items):
                    both = sum(other in d for d in holding) if other != item else 0
                    expected[other] += [np.log1p(both), both / (len(holding) + 5)]
        np.testing.assert_allclose(sums[context], expected, rtol=1e-5, atol=1e-6)


def dense_sums(together: Tensor, weights: Tensor, num_contexts: int, num_items: int) -> np.ndarray:
    sums = torch.zeros(num_contexts * num_items, 2).index_add(0, together, weights)
    return sums.view(num_contexts, num_items, 2).numpy()


def test_what_users_have_had_is_known_but_for_the_targets() -> None:
    world = random_world()
    table, num_items = world.table, world.catalogue.num_items
    known_items = KnownItems(table, num_items)
    built = builder_of(world, known_items=known_items)
    contexts = np.arange(len(table.context_dialogues))
    batch = built.plain(contexts).query
    targets: dict[int, set[int]] = {number: set() for number in contexts.tolist()}
    for context, target in zip(batch.sample_contexts.tolist(), batch.targets.tolist(), strict=True):
        targets[context].add(target)
    rows, items = known_items.of_contexts(contexts)
    pairs = set(zip(rows.tolist(), items.tolist(), strict=True))
    expected = {context * num_items + item for context, item in pairs if item not in targets[context]}
    assert 0 < len(expected) < len(pairs)
    assert batch.known.tolist() == sorted(expected)
    assert not len(builder_of(world).plain(contexts).query.known)


def test_empty_batches() -> None:
    world = random_world()
    builder = builder_of(world)
    nothing = builder.plain(np.zeros(0, np.int64))
    assert nothing.query.num_contexts == nothing.query.num_samples == 0
    assert builder.adapting([]).num_users == 0

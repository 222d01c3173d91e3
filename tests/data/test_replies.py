"""The table of replies: contexts end before the reply, films are counted, batches hold what the table holds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from ccrs.core.replies import ReplyTable
from ccrs.core.samples import Ragged
from ccrs.data.replies import build_replies, slotted_turns, tokeniser_texts
from ccrs.data.reply_batching import ReplyBatchBuilder, Vectors, live_batch, padded
from ccrs.data.samples import build_samples
from ccrs.data.slots import Slotter
from ccrs.data.tokeniser import ReplyTokeniser
from tests.fixtures.films import CATALOGUE, TRIPLES, dialogue, index
from tests.worlds import random_world

SLOTTER = Slotter(CATALOGUE, TRIPLES)
DIALOGUES = (
    dialogue(
        "Hi, I love <alien>",
        "<alien> by <scott> is good",
        "+Seen <heat>?",
        "Yes",
        "Then [bye] &amp; thanks",
        name="d0",
        user="a",
    ),
    dialogue("+Hello", "Something scary", "<jaws>, a <thriller|thriller movie> of 1975", name="d1", user="b"),
    dialogue("Hm", "\u200b", " ", name="d2", user="a"),
)
TOKENISER = ReplyTokeniser.train(tokeniser_texts(DIALOGUES, SLOTTER), SLOTTER.tokens, vocabulary_size=400)


def build(**changes: Any) -> tuple[ReplyTable, Counter[str]]:
    dropped: Counter[str] = Counter()
    sizes = {"max_context": 50, "max_reply": 30, **changes}
    return build_replies(DIALOGUES, SLOTTER, TOKENISER, dropped=dropped, **sizes), dropped


TABLE, _ = build()


def read(ids: np.ndarray[Any, Any]) -> str:
    """With the speakers."""
    names = {number: name for name, number in TOKENISER.role_ids.items()}
    parts, words = [], []
    for number in ids.tolist():
        if number in names:
            parts += [TOKENISER.decode(words), names[number]]
            words = []
        else:
            words.append(number)
    return " ".join(part for part in [*parts, TOKENISER.decode(words)] if part)


def test_every_recommender_turn_is_a_reply() -> None:
    assert TABLE.slotted == (
        "[named] by [director] is good [break] Seen [item]?",
        "Then (bye) & thanks",
        "Hello",
        "[item], a [genre] movie of [year]",
    )
    assert TABLE.texts == (
        "Alien by Ridley Scott is good Seen Heat?",
        "Then (bye) & thanks",
        "Hello",
        "Jaws, a thriller movie of 1975",
    )
    assert TABLE.words == (
        "[item] by Ridley Scott is good Seen [item]?",
        "Then (bye) & thanks",
        "Hello",
        "[item], a thriller movie of 1975",
    )
    assert TABLE.reply_dialogues.tolist() == [0, 0, 1, 1]
    assert TABLE.reply_messages.tolist() == [1, 4, 0, 2]
    assert [TABLE.items[row].tolist() for row in range(4)] == [
        [index("alien"), index("heat")],
        [],
        [],
        [index("jaws")],
    ]
    assert TABLE.has_fact.tolist() == [True, False, False, True]
    assert TABLE.num_words.tolist() == [9, 6, 1, 7]
    assert (TABLE.users, TABLE.dialogue_users.tolist()) == (("a", "b"), [0, 1, 0])


def test_contexts_hold_what_was_said_before_and_targets_the_reply() -> None:
    assert [read(TABLE.contexts[row]) for row in range(4)] == [
        "[start] [seeker] Hi, I love [item]",
        "[start] [seeker] Hi, I love [item] [recommender] [item] by Ridley Scott is good [break] Seen [item]? "
        "[seeker] Yes",
        "[start]",
        "[start] [recommender] Hello [seeker] Something scary",
    ]
    assert [read(TABLE.targets[row]) for row in range(4)] == [f"{text} [end]" for text in TABLE.slotted]


def test_long_contexts_keep_the_end_and_long_replies_the_beginning() -> None:
    table, dropped = build(max_context=8, max_reply=4)
    for row in range(4):
        whole = TABLE.contexts[row].tolist()
        assert table.contexts[row].tolist() == [1, *whole[1:][-7:]]
        assert len(table.contexts[row]) <= 8
        spoken = TABLE.targets[row].tolist()[:-1]
        assert table.targets[row].tolist() == [*spoken[:4], 2]
    assert dropped["replies cut to the longest length"] == sum(TABLE.targets.lengths > 5)
    assert dropped["messages without text"] == 2


def test_a_reply_does_not_depend_on_what_comes_after_it() -> None:
    longer = (
        dialogue("Hi, I love <alien>", "<alien> by <scott> is good", "+Seen <heat>?", "<mute>!", "<up>?"),
    )
    table = build_replies(longer, SLOTTER, TOKENISER, max_context=50, max_reply=30)
    assert table.slotted[0] == TABLE.slotted[0]
    assert table.contexts[0].tolist() == TABLE.contexts[0].tolist()


def test_the_film_under_discussion_is_the_one_named_last() -> None:
    turns = list(slotted_turns(dialogue("<heat> then <alien>", "By <scott>", "ok", "<mann> too"), SLOTTER))
    assert [turn.reply.text for turn in turns][1::2] == ["By [director]", "[director] too"]


def test_the_replies_of_dialogues() -> None:
    assert TABLE.replies_of(np.array([1, 2])).tolist() == [2, 3]
    assert TABLE.replies_of(np.zeros(0, np.int64)).tolist() == []


def vectors() -> Vectors:
    adapted = np.arange(8, dtype=np.float32).reshape(4, 2)
    return Vectors(adapted, -adapted)


def test_a_plain_batch_holds_the_rows_of_the_table() -> None:
    batch = ReplyBatchBuilder(TABLE, vectors(), fact_weight=3.0).plain(np.array([3, 1]))
    for row, reply in enumerate((3, 1)):
        assert batch.context_ids[row][batch.context_mask[row]].tolist() == TABLE.contexts[reply].tolist()
        target = TABLE.targets[reply].tolist()
        assert batch.target_ids[row][batch.target_mask[row]].tolist() == target
        assert batch.input_ids[row, : len(target)].tolist() == [1, *target[:-1]]
        assert not batch.target_ids[row][~batch.target_mask[row]].any()
        assert not batch.context_ids[row][~batch.context_mask[row]].any()
    assert batch.vectors.tolist() == [[6.0, 7.0], [2.0, 3.0]]
    assert batch.weights.tolist() == [3.0, 1.0]
    assert batch.owners.tolist() == [0, 0]
    lengths = TABLE.targets.lengths
    assert batch.token_weights.tolist() == [3.0] * lengths[3] + [1.0] * lengths[1]
    assert batch.support is None


def test_support_is_read_with_unadapted_vectors_and_query_with_adapted_ones() -> None:
    builder = ReplyBatchBuilder(TABLE, vectors())
    none = np.zeros(0, np.int64)
    batch = builder.adapting([np.array([0]), none, np.array([3, 2])], [none, np.array([1, 2]), np.array([0])])
    assert batch.owners.tolist() == [1, 1, 2]
    assert batch.vectors.tolist() == [[2.0, 3.0], [4.0, 5.0], [0.0, 1.0]]
    assert batch.support is not None
    assert batch.support.owners.tolist() == [0, 2, 2]
    assert batch.support.vectors.tolist() == [[0.0, -1.0], [-6.0, -7.0], [-4.0, -5.0]]
    assert batch.num_users == batch.support.num_users == 3
    empty = builder.adapting([none], [none])
    assert empty.target_ids.shape == (0, 0)
    moved = batch.to(torch.device("cpu"))
    assert moved.support is not None
    assert torch.equal(moved.support.target_ids, batch.support.target_ids)


def test_rows_are_padded_at_the_end() -> None:
    ids, mask = padded(Ragged.from_rows([[5, 6, 7], [], [8]]), np.array([2, 1, 0]))
    assert ids.tolist() == [[8, 0, 0], [0, 0, 0], [5, 6, 7]]
    assert mask.sum(1).tolist() == [1, 0, 3]


def test_live_contexts_have_no_target() -> None:
    batch = live_batch([[1, 5], [1]], torch.zeros(2, 3), torch.tensor([0, 1]), 2)
    assert batch.context_ids.tolist() == [[1, 5], [1, 0]]
    assert batch.target_ids.shape == (2, 0)


@pytest.mark.parametrize("speaker", ["recommender", "seeker"])
def test_every_message_has_a_context_and_the_samples_stay(speaker: Any) -> None:
    world = random_world(num_users=8)
    some = build_samples(world.catalogue, world.dialogues, speaker=speaker)
    table = build_samples(world.catalogue, world.dialogues, speaker=speaker, every_message=True)
    spoken = [
        (number, position)
        for number, dialogue in enumerate(world.dialogues)
        for position, message in enumerate(dialogue.messages)
        if message.speaker == speaker
    ]
    found = list(zip(table.context_dialogues.tolist(), table.context_messages.tolist(), strict=True))
    assert found == spoken
    assert table.sample_targets.tolist() == some.sample_targets.tolist()
    for sample in range(some.num_samples):
        a, b = some.sample_contexts[sample], table.sample_contexts[sample]
        assert some.context_messages[a] == table.context_messages[b]
        assert some.mentions[int(a)].tolist() == table.mentions[int(b)].tolist()
        assert some.word_counts[a] == table.word_counts[b]
        assert some.sample_id(sample) == table.sample_id(sample)
    for name in ("dialogue_targets", "dialogue_mentions", "liked"):
        assert getattr(some, name).values.tolist() == getattr(table, name).values.tolist()
    assert speaker == "recommender" or len(found) > len(some.context_dialogues)

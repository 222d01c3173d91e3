"""What a recommendation sample is and what stands in its context."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message, Speaker
from ccrs.core.graph import Catalogue, Entity
from ccrs.core.samples import SampleTable
from ccrs.data.readers.redial import read_redial
from ccrs.data.samples import build_samples, words_of

CATALOGUE = Catalogue(
    (
        *(Entity(f"f{n}", "movie", f"Film {n}", is_item=True) for n in range(4)),
        Entity("p0", "person", "Al Pacino"),
    )
)
PERSON = 4


def say(speaker: Speaker, text: str, *, marked: bool = True) -> Message:
    """A message in which ``<f1>`` names an entity by its name."""
    plain, mentions = "", []
    for piece in text.replace(">", "<").split("<"):
        if piece in CATALOGUE.index or (piece.startswith("?") and piece[1:]):
            name = CATALOGUE.entities[CATALOGUE.index[piece]].name if piece in CATALOGUE.index else "Foreign"
            mentions.append(Mention(piece, len(plain), len(plain) + len(name), marked and piece != "p0"))
            plain += name
        else:
            plain += piece
    return Message(speaker, plain, tuple(mentions))


def table_of(*messages: Message, **options: Any) -> SampleTable:
    return build_samples(CATALOGUE, [Dialogue("d", "u", messages)], **options)


def contexts_of(table: SampleTable) -> list[list[tuple[int, int, bool]]]:
    """(entity, turn, by seeker) of the mentions of each context."""
    return [
        [
            (int(table.mentions.values[p]), int(table.mention_turns[p]), bool(table.mention_by_seeker[p]))
            for p in range(table.mentions.offsets[c], table.mentions.offsets[c + 1])
        ]
        for c in range(len(table.mentions))
    ]


def samples_of(table: SampleTable) -> list[tuple[int, int]]:
    return list(zip(table.sample_contexts.tolist(), table.sample_targets.tolist(), strict=True))


def test_context_is_everything_before_the_message_and_earlier_items_of_the_turn() -> None:
    table = table_of(
        say("seeker", "I like <p0>"),
        say("seeker", "and <f3>"),
        say("recommender", "try <f0> or <f1>"),
        say("recommender", "<p0> is in <f2>"),
        say("seeker", "what about <f0>"),
        say("recommender", "<f0> it is"),
    )
    assert table.context_messages.tolist() == [2, 3, 5]
    assert table.context_turns.tolist() == [1, 1, 3]
    seeker = [(PERSON, 0, True), (3, 0, True)]
    assert contexts_of(table) == [
        seeker,
        [*seeker, (0, 1, False), (1, 1, False)],  # named earlier in the same turn
        # The last mention wins: its turn, its speaker, its place in the order.
        [(3, 0, True), (1, 1, False), (PERSON, 1, False), (2, 1, False), (0, 2, True)],
    ]
    assert samples_of(table) == [(0, 0), (0, 1), (1, 2), (2, 0)]
    assert table.dialogue_mentions[0].tolist() == [PERSON, 3, 0, 1, 2]
    assert table.dialogue_targets[0].tolist() == [0, 1, 2]


def test_an_item_named_twice_in_a_message_is_one_sample() -> None:
    table = table_of(say("recommender", "<f1>, yes, <f1>, or <f0>"), say("recommender", "<f1> again"))
    assert samples_of(table) == [(0, 1), (0, 0), (1, 1)]


def test_only_the_recommender_recommends_and_only_items() -> None:
    table = table_of(say("seeker", "<f0>"), say("recommender", "<p0>"), say("seeker", "<f1>"))
    assert table.num_samples == 0
    assert len(table.context_dialogues) == 0
    assert table.users == ("u",)


def test_what_a_linker_found_is_a_target_only_where_nothing_is_marked() -> None:
    linked = say("recommender", "<f0>", marked=False)
    assert samples_of(table_of(linked)) == [(0, 0)]
    assert samples_of(table_of(linked, say("recommender", "<f1>"))) == [(0, 1)]


def test_a_context_without_any_entity_is_kept() -> None:
    table = table_of(say("recommender", "<f2>"))
    assert contexts_of(table) == [[]]
    assert samples_of(table) == [(0, 2)]


def test_what_stands_after_the_message_is_not_in_its_context() -> None:
    before = [say("seeker", "I like <f3>"), say("recommender", "try <f0>")]
    short = table_of(*before)
    long = table_of(*before, say("seeker", "<f1> was better, <p0> too"), say("recommender", "<f2>"))
    assert contexts_of(long)[0] == contexts_of(short)[0]
    assert long.words[0][: long.word_counts[0]] == short.words[0][: short.word_counts[0]] == ("i", "like")


def test_open_ended_dialogues_end_in_a_context_to_answer() -> None:
    table = table_of(say("seeker", "I like <f3>"), say("recommender", "try <f0>"), open_ended=True)
    assert contexts_of(table) == [[(3, 0, True)], [(3, 0, True), (0, 1, False)]]
    assert samples_of(table) == [(0, 0)]
    assert table.context_turns.tolist() == [1, 2]
    assert contexts_of(table_of(open_ended=True)) == [[]]


def test_what_seekers_name_may_be_the_target_instead() -> None:
    messages = [
        say("seeker", "I like <f3>"),
        say("seeker", "and <f1> or <p0>"),
        say("recommender", "try <f0>"),
        say("seeker", "<f2> was better"),
    ]
    table = table_of(*messages, speaker="seeker")
    assert table.context_messages.tolist() == [0, 1, 3]
    assert samples_of(table) == [(0, 3), (1, 1), (2, 2)]
    assert contexts_of(table)[0] == []
    assert contexts_of(table)[1] == [(3, 0, True)]
    assert contexts_of(table)[2] == [(3, 0, True), (1, 0, True), (PERSON, 0, True), (0, 1, False)]
    assert table.words == table_of(*messages).words


def test_items_outside_the_catalogue() -> None:
    messages = [say("seeker", "I like <?1>"), say("recommender", "<?2> and <f0> and <?2> and <?3>")]
    assert samples_of(table_of(*messages)) == [(0, 0)]
    known = table_of(*messages, keep_unknown=True)
    assert samples_of(known) == [(0, -1), (0, 0), (0, -1)]
    assert contexts_of(known) == [[]]
    assert known.dialogue_targets[0].tolist() == [0]


def test_words_are_those_before_the_message_without_titles_of_items() -> None:
    table = table_of(say("seeker", "Don't you like <f0> with <p0>?"), say("recommender", "<f1>"))
    assert table.words[0] == ("don't", "you", "like", "with", "al", "pacino")
    assert table.word_counts.tolist() == [6]
    assert words_of("It's 50_50, naïve!", (), CATALOGUE) == ["it's", "50", "50", "naïve"]


def test_questionnaires_are_kept_apart_from_the_mentions() -> None:
    feedback = {
        "f0": Feedback(liked=True),
        "f1": Feedback(liked=False),
        "f2": Feedback(seen=True),
        "?": Feedback(liked=True),
    }
    table = build_samples(CATALOGUE, [Dialogue("d", "u", (say("seeker", "hi"),), feedback=feedback)])
    assert table.liked[0].tolist() == [0]
    assert table.disliked[0].tolist() == [1]
    assert len(table.dialogue_mentions[0]) == 0


def test_users_and_sample_ids() -> None:
    hello = (say("seeker", "hi"), say("recommender", "<f0> <f2>"))
    dialogues = [Dialogue(name, user, hello) for name, user in (("a", "x"), ("b", "y"), ("c", "x"))]
    table = build_samples(CATALOGUE, dialogues)
    assert table.users == ("x", "y")
    assert table.dialogue_users.tolist() == [0, 1, 0]
    assert table.sample_users.tolist() == [0, 0, 1, 1, 0, 0]
    names = [table.sample_id(sample) for sample in range(table.num_samples)]
    assert len(set(names)) == table.num_samples
    assert all(name.startswith(f"{d}:1:") for name, d in zip(names, "aabbcc", strict=True))


def test_nobody_can_read_who_recommended() -> None:
    """A dialogue has no field for it, so no reader can fill it in and no model can use it."""
    assert set(Dialogue.__dataclass_fields__) == {"id", "user", "messages", "time", "part", "feedback"}
    assert set(Message.__dataclass_fields__) == {"speaker", "text", "mentions"}


@pytest.mark.realdata
def test_samples_of_redial(shared_data: Path) -> None:
    """ReDial's recommenders mark 23,457 films; 19 of them name a film twice in one message: 23,438 samples."""
    release = read_redial(shared_data / "redial" / "redial_dataset.zip")
    films = Catalogue(
        tuple(Entity(movie, "movie", title, is_item=True) for movie, title in release.titles.items())
    )
    table = build_samples(films, release.dialogues)
    said = [m for d in release.dialogues for m in d.messages if m.speaker == "recommender"]
    marks = sum(len(message.mentions) for message in said)
    twice = sum(len(message.mentions) - len({m.entity for m in message.mentions}) for message in said)
    assert (marks, twice, table.num_samples) == (23_457, 19, 23_438)
    assert len(table.users) == 571
    assert len(table.context_dialogues) == sum(bool(message.mentions) for message in said)
    # A tenth of the targets were named before in their dialogue (`novel` leaves them out).
    repeats = np.mean([target in table.mentions[c] for c, target in samples_of(table)])
    assert 0.08 < repeats < 0.12

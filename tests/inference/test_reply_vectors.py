"""A reply's vector knows what was said before it and the user's other dialogues, never the reply nor what follows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ccrs.artifacts.run import Run, load_run
from ccrs.core.batch import Batch
from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.samples import IntArray, UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.data.replies import build_replies, tokeniser_texts
from ccrs.data.reply_batching import Vectors
from ccrs.data.samples import build_samples
from ccrs.data.slots import Slotter
from ccrs.data.tokeniser import ReplyTokeniser
from ccrs.inference.reply_vectors import crossed_tasks, reply_of_context, reply_vectors
from tests.fixtures.tiny_responder import TinyResponder, spoken, talk, tiny_responder
from tests.training.small_runs import ALL_ADDITIONS, small_config, train_quietly, write_corpus

DIALOGUES = talk(num_users=9)
USER = 2  # has five dialogues
OWN = [number for number, dialogue in enumerate(DIALOGUES) if dialogue.user == f"user{USER}"]
Change = Callable[[Dialogue], Dialogue]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyResponder:
    return tiny_responder(tmp_path_factory.getbasetemp() / "tiny-responder")


@pytest.fixture(scope="module")
def run(tiny: TinyResponder) -> Run:
    return load_run(tiny.recommender)


def vectors_of(run: Run, dialogues: list[Dialogue]) -> tuple[Vectors, list[tuple[int, int]], list[UserTask]]:
    """Vectors across the halves, and which (dialogue, message) each row belongs to."""
    slotter = Slotter(run.catalogue, run.triples)
    tokeniser = ReplyTokeniser.train(tokeniser_texts(dialogues, slotter), slotter.tokens, vocabulary_size=320)
    replies = build_replies(dialogues, slotter, tokeniser, max_context=30, max_reply=20)
    table = build_samples(run.catalogue, dialogues, every_message=True)
    tasks = crossed_tasks(table, np.arange(len(table.users)), 0)
    keys = list(zip(replies.reply_dialogues.tolist(), replies.reply_messages.tolist(), strict=True))
    return reply_vectors(run, table, replies, tasks), keys, tasks


def moved(run: Run, number: int, change: Change) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """The replies whose (adapted, unadapted) vector changes when a dialogue does; only replies in both count."""
    twin = [change(d) if n == number else d for n, d in enumerate(DIALOGUES)]
    (first, keys, _), (second, others, _) = vectors_of(run, DIALOGUES), vectors_of(run, twin)
    place = {key: row for row, key in enumerate(others)}
    found: tuple[set[tuple[int, int]], set[tuple[int, int]]] = (set(), set())
    for row, key in enumerate(keys):
        if key not in place:
            continue
        pairs = ((first.adapted, second.adapted), (first.unadapted, second.unadapted))
        for which, (a, b) in enumerate(pairs):
            if np.abs(a[row] - b[place[key]]).max() > 1e-6:
                found[which].add(key)
    return found


def other_films(dialogue: Dialogue) -> Dialogue:
    """Every message names something else."""
    messages = tuple(
        spoken(m.speaker, f"<f{n % 10}> <p{n % 5}> {n}") for n, m in enumerate(dialogue.messages)
    )
    return dataclasses.replace(dialogue, messages=messages)


def last_reply(dialogue: Dialogue) -> int:
    """Number of the first message of the last recommender turn."""
    messages = dialogue.messages
    last = max(n for n, m in enumerate(messages) if m.speaker == "recommender")
    while last and messages[last - 1].speaker == "recommender":
        last -= 1
    return last


def half_of(run: Run, number: int) -> set[int]:
    """The dialogues that are on the same side as ``number``."""
    _, _, tasks = vectors_of(run, DIALOGUES)
    return {int(d) for task in tasks if number in task.query for d in task.query}


def test_a_changed_dialogue_changes_its_own_replies_and_those_across(run: Run) -> None:
    number = OWN[1]
    adapted, unadapted = moved(run, number, other_films)
    mates, own = half_of(run, number), set(OWN)
    assert {dialogue for dialogue, _ in unadapted} == {number}
    assert {dialogue for dialogue, _ in adapted} == {number} | (own - mates)
    assert not {dialogue for dialogue, _ in adapted} & (mates - {number})


def test_neither_the_reply_nor_what_follows_is_looked_at(run: Run) -> None:
    """Only replies across the halves, which adapt to it, may notice."""
    number = OWN[0]
    cut_at = last_reply(DIALOGUES[number])

    def other_end(dialogue: Dialogue) -> Dialogue:
        kept = dialogue.messages[:cut_at]
        said: list[Message] = [spoken("recommender", "<f7> or <f3> or <f5>"), spoken("seeker", "<p1> <f2>")]
        return dataclasses.replace(dialogue, messages=(*kept, *said, *said))

    adapted, unadapted = moved(run, number, other_end)
    assert not unadapted
    assert number not in {dialogue for dialogue, _ in adapted}
    assert {dialogue for dialogue, _ in adapted} <= set(OWN) - half_of(run, number)
    assert adapted, "nothing was changed"


def test_what_is_trained_on_shares_no_batch_with_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the content of query dialogues would show in the last digits of training vectors."""
    table = build_samples(run.catalogue, DIALOGUES, every_message=True)
    apart = np.array([0, 3, 4, *OWN[:2]])
    seen: list[set[bool]] = []
    plain, adapting = BatchBuilder.plain, BatchBuilder.adapting

    def watched(self: BatchBuilder, contexts: IntArray) -> Batch:
        seen.append(set(np.isin(table.context_dialogues[contexts], apart).tolist()))
        return plain(self, contexts)

    def watched_tasks(self: BatchBuilder, tasks: list[UserTask]) -> Batch:
        seen.append({bool(np.isin(task.query, apart).all()) for task in tasks})
        return adapting(self, tasks)

    monkeypatch.setattr(BatchBuilder, "plain", watched)
    monkeypatch.setattr(BatchBuilder, "adapting", watched_tasks)
    slotter = Slotter(run.catalogue, run.triples)
    tokeniser = ReplyTokeniser.train([], slotter.tokens, vocabulary_size=320)
    replies = build_replies(DIALOGUES, slotter, tokeniser, max_context=30, max_reply=20)
    tasks = [
        UserTask(USER, np.array(OWN[2:]), np.array(OWN[:2])),
        UserTask(USER, np.array(OWN[:2]), np.array(OWN[2:])),
    ]
    reply_vectors(run, table, replies, tasks, apart=apart)
    assert sorted(map(sorted, seen)) == [[False], [False], [True], [True]]


def test_halves_are_crossed_and_never_hold_the_query(run: Run) -> None:
    table = build_samples(run.catalogue, DIALOGUES, every_message=True)
    tasks = crossed_tasks(table, np.arange(len(table.users)), 0)
    query = [int(d) for task in tasks for d in task.query]
    assert sorted(query) == list(range(len(DIALOGUES)))
    for task in tasks:
        assert not set(task.support.tolist()) & set(task.query.tolist())
        assert {int(u) for u in table.dialogue_users[[*task.support, *task.query]]} == {task.user}
        assert (np.diff(table.dialogue_times[task.support]) >= 0).all()


def test_users_without_support_are_not_adapted_and_others_are(run: Run) -> None:
    vectors, keys, tasks = vectors_of(run, DIALOGUES)
    alone = {int(d) for task in tasks if not len(task.support) for d in task.query}
    assert alone
    for row, (dialogue, _) in enumerate(keys):
        same = np.array_equal(vectors.adapted[row], vectors.unadapted[row])
        assert same or dialogue not in alone
    assert np.abs(vectors.adapted - vectors.unadapted).max() > 1e-5


@pytest.mark.parametrize("objective", ["plain", "meta"])
def test_without_a_task_the_vectors_are_the_common_ones(tmp_path: Path, objective: str) -> None:
    """Adapted to nothing is unadapted, also with every addition of CCRS+."""
    corpus = write_corpus(tmp_path / "data", DIALOGUES)
    config = small_config(model={"additions": ALL_ADDITIONS}, objective=objective, epochs=1)
    run = train_quietly(config, corpus, tmp_path / "run")
    slotter = Slotter(run.catalogue, run.triples)
    tokeniser = ReplyTokeniser.train([], slotter.tokens, vocabulary_size=320)
    replies = build_replies(DIALOGUES, slotter, tokeniser, max_context=30, max_reply=20)
    table = build_samples(run.catalogue, DIALOGUES, every_message=True)
    none = np.zeros(0, np.int64)
    tasks = [UserTask(0, none, np.flatnonzero(table.dialogue_users == 0))]
    vectors = reply_vectors(run, table, replies, tasks)
    assert np.array_equal(vectors.adapted, vectors.unadapted)
    assert np.isfinite(vectors.adapted).all()
    assert len(vectors.adapted) == replies.num_replies


def test_every_reply_has_the_context_of_its_first_message(run: Run) -> None:
    dialogues = [
        Dialogue(
            "d",
            "u",
            (
                Message("seeker", "hi"),
                Message("recommender", " "),  # says nothing: the turn begins with the next one
                spoken("recommender", "<f1>"),
                spoken("recommender", "<f2>"),
                Message("seeker", ""),
                spoken("recommender", "<f3>"),
            ),
        )
    ]
    slotter = Slotter(run.catalogue, run.triples)
    tokeniser = ReplyTokeniser.train([], slotter.tokens, vocabulary_size=320)
    replies = build_replies(dialogues, slotter, tokeniser, max_context=30, max_reply=20)
    table = build_samples(run.catalogue, dialogues, every_message=True)
    found = reply_of_context(table, replies)
    assert table.context_messages.tolist() == [1, 2, 3, 5]
    assert found.tolist() == [-1, 0, -1, -1]
    empty = build_replies([], slotter, tokeniser, max_context=30, max_reply=20)
    assert reply_of_context(table, empty).tolist() == [-1] * 4

"""Every row answers the same contexts in the same order; a situation knows what was said before and no more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ccrs.artifacts.responder import ResponderRun, load_responder
from ccrs.artifacts.run import Run, load_run
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.reply_data import ReplyData, reply_data
from ccrs.experiments.reply_judging import (
    adapted_batches,
    negative_log_likelihoods,
    plain_batches,
    query_replies,
)
from ccrs.experiments.reply_rows import ReplyRows
from ccrs.experiments.train_responder import train_responder
from tests.fixtures.tiny_responder import TinyResponder, talk_config, tiny_responder
from tests.inference.test_writing import check
from tests.training.small_runs import small_config, train_quietly


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyResponder:
    return tiny_responder(tmp_path_factory.getbasetemp() / "tiny-responder")


def rows_of(run: Run, responder: ResponderRun, corpus: Corpus) -> tuple[ReplyRows, ReplyData]:
    tasks = divide(corpus, run.config.data).test
    data = reply_data(run, corpus.dialogues, responder.tokeniser, responder.config.text, tasks)
    return ReplyRows(run, responder, corpus.dialogues, data, tasks, seed=0), data


@pytest.fixture(scope="module")
def judged(tiny: TinyResponder) -> tuple[ReplyRows, ReplyData, Corpus]:
    corpus = load_corpus(tiny.data)
    rows, data = rows_of(load_run(tiny.run), load_responder(tiny.run), corpus)
    return rows, data, corpus


def test_all_rows_answer_the_same_contexts(judged: tuple[ReplyRows, ReplyData, Corpus]) -> None:
    rows, data, corpus = judged
    training = data.replies.replies_of(divide(corpus, rows.run.config.data).train_dialogues)
    made = [
        rows.judged(rows.written(choose=False)),
        rows.judged(rows.written(choose=True)),
        rows.human(),
        rows.constant(training, bag=False, seed=0),
        rows.constant(training, bag=True, seed=0),
        rows.retrieved(training),
    ]
    keys = [[(r.user, r.dialogue, r.message, r.reference, r.topic) for r in row] for row in made]
    assert all(other == keys[0] for other in keys)
    users = {corpus.table.users[task.user] for task in rows.tasks}
    assert {user for user, *_ in keys[0]} == users
    for reply in made[2]:
        assert reply.reply == reply.reference
        assert reply.items == reply.reference_items
    for written, turn in zip(rows.written(choose=True), rows.turns, strict=True):
        check(rows.run, written, turn.situation)


def test_a_situation_is_what_was_there_before_the_reply(judged: tuple[ReplyRows, ReplyData, Corpus]) -> None:
    rows, data, corpus = judged
    index = rows.run.catalogue.index
    assert len(rows.turns) > 10
    for turn in rows.turns:
        dialogue = corpus.dialogues[int(data.replies.reply_dialogues[turn.reply])]
        before = dialogue.messages[: int(data.replies.reply_messages[turn.reply])]
        named = [index[m.entity] for message in before for m in message.mentions]
        films = [film for film in named if film < rows.run.catalogue.num_items]
        assert turn.situation.named == tuple(dict.fromkeys(films[::-1]))
        assert not set(turn.situation.offered) & set(films)
        assert len(set(turn.situation.offered)) == len(turn.situation.offered) > 0
        assert turn.discussed == (dialogue_film(before, rows.run) if films else None)
        speakers = [speaker for speaker, _ in turn.situation.turns]
        assert speakers == [
            m.speaker for n, m in enumerate(before) if not n or before[n - 1].speaker != m.speaker
        ]
        assert len(turn.situation.own) == speakers.count("recommender")
        assert turn.situation.context == data.replies.contexts[turn.reply].tolist()


def dialogue_film(messages: object, run: Run) -> str:
    """Id of the film named last."""
    items = {entity.id for entity in run.catalogue.items}
    return [m.entity for message in messages for m in message.mentions if m.entity in items][-1]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["ccrs", "kbrd"])
def test_a_plain_recommender_can_be_spoken_for(tmp_path: Path, tiny: TinyResponder, name: str) -> None:
    """Nobody is adapted to: intentions are those of the common user, or none."""
    corpus = load_corpus(tiny.data)
    config = small_config(name=name, objective="plain", epochs=1).model_copy(update={"adapt": False})
    train_quietly(config, corpus, tmp_path / "r")
    talks = talk_config({"choose": False, "adapt": False}, objective="plain", epochs=1)
    train_responder(talks, tmp_path / "r", corpus, tmp_path / "run", quiet=True)
    rows, _ = rows_of(load_run(tmp_path / "run"), load_responder(tmp_path / "run"), corpus)
    written = rows.written(choose=False)
    assert len(written) == len(rows.turns)
    with_intention = [bool(turn.situation.intention.relations) for turn in rows.turns]
    assert all(with_intention) if name == "ccrs" else not any(with_intention)


def test_the_likelihood_does_not_hang_on_the_batches(judged: tuple[ReplyRows, ReplyData, Corpus]) -> None:
    """Adapted user by user is adapted together, and every query reply counts once."""
    rows, data, _ = judged
    model, rates = rows.responder.model, rows.responder.rates
    replies, sums = negative_log_likelihoods(model, adapted_batches(model, rates, data.builder, rows.tasks))
    assert sorted(replies.tolist()) == query_replies(data.builder, rows.tasks).tolist()
    together = dict(zip(replies.tolist(), sums.tolist(), strict=True))
    for task in rows.tasks:
        alone, values = negative_log_likelihoods(model, adapted_batches(model, rates, data.builder, [task]))
        for reply, value in zip(alone.tolist(), values.tolist(), strict=True):
            assert together[reply] == pytest.approx(value, abs=1e-3)
    plain, others = negative_log_likelihoods(model, plain_batches(model, data.builder, rows.replies))
    assert sorted(plain.tolist()) == sorted(replies.tolist())
    unadapted = dict(zip(plain.tolist(), others.tolist(), strict=True))
    without = [task for task in rows.tasks if not len(task.support)]
    for reply in query_replies(data.builder, without).tolist():
        assert together[reply] == pytest.approx(unadapted[reply], abs=1e-3)
    assert np.abs([together[r] - unadapted[r] for r in together]).max() > 1e-3
    empty, nothing = negative_log_likelihoods(model, adapted_batches(model, rates, data.builder, []))
    assert len(empty) == len(nothing) == 0

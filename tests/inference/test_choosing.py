"""The chosen reply can be said, its terms are what they are called, and who is answered beside it does not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ccrs.artifacts.chooser import Chooser, load_chooser
from ccrs.artifacts.responder import FOLDER, ResponderRun, load_responder
from ccrs.artifacts.run import Run, load_run
from ccrs.core.dialogue import Speaker
from ccrs.core.samples import Ragged
from ccrs.data.act_model import state_after
from ccrs.data.acts import reply_act
from ccrs.data.reply_batching import live_batch
from ccrs.inference.choosing import ReplyChooser
from ccrs.inference.writing import ReplyWriter, Situation
from ccrs.models.reranking import TERMS, rank_candidates
from tests.fixtures.tiny_responder import TinyResponder, tiny_responder
from tests.inference.test_writing import check, inner_of, noisy, said, situations

TURNS: tuple[tuple[Speaker, str], ...] = (
    ("seeker", "Hi"),
    ("recommender", "Hello"),
    ("seeker", "Any good film?"),
)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyResponder:
    return tiny_responder(tmp_path_factory.getbasetemp() / "tiny-responder")


@pytest.fixture
def run(tiny: TinyResponder) -> Run:
    return load_run(tiny.run)


@pytest.fixture
def responder(tiny: TinyResponder) -> ResponderRun:
    return load_responder(tiny.run)


def chooser_of(run: Run, responder: ResponderRun) -> ReplyChooser:
    assert responder.chooser is not None
    return ReplyChooser(ReplyWriter(run, responder), responder.chooser)


def wanted(responder: ResponderRun, count: int = 4) -> list[Situation]:
    own = tuple(tuple(responder.tokeniser.encode(text)) for text in ("Hello", "What else do you like?"))
    return [replace(situation, turns=TURNS, own=own) for situation in situations(responder, count)]


@pytest.mark.parametrize("adapted", [True, False])
@pytest.mark.parametrize("trained", [True, False])
def test_the_chosen_reply_can_be_said(
    run: Run, responder: ResponderRun, adapted: bool, trained: bool
) -> None:
    if not trained:
        noisy(responder)
    asked = wanted(responder)
    written = chooser_of(run, responder).write(asked, inner_of(responder, 2) if adapted else None)
    assert len(written) == len(asked)
    for one, situation in zip(written, asked, strict=True):
        check(run, one, situation)
        assert set(one.terms) in (set(TERMS), set())
        assert responder.tokeniser.decode(one.token_ids) == one.slotted


def test_a_choice_is_the_same_alone_and_among_others(run: Run, responder: ResponderRun) -> None:
    noisy(responder)
    chooser, asked, inner = chooser_of(run, responder), wanted(responder), inner_of(responder, 2)
    together = said(chooser.write(asked, inner))
    assert [said(chooser.write([situation], inner))[0] for situation in asked] == together
    many = asked * 5  # more than one batch
    assert said(chooser.write(many, inner)) == together * 5


def test_the_terms_are_computed_as_for_each_reply_alone(run: Run, responder: ResponderRun) -> None:
    """Log p(reply | context) and log p(reply) by steps, the selector's score, log P(act)."""
    noisy(responder)
    chooser, asked, inner = chooser_of(run, responder), wanted(responder), inner_of(responder, 2)
    parts, model = chooser.chooser, responder.model
    batch = chooser.writer.batch(asked, inner)
    candidates = chooser.candidates(asked, batch, inner, None)
    scored = chooser.scored(asked, batch, inner, candidates)
    assert len(candidates) > 2 * len(asked)
    for candidate, found in list(zip(candidates, scored, strict=True))[::5]:
        situation = asked[candidate.row]
        assert found.fillable == (candidate.filled is not None)
        assert found.log_likelihood == pytest.approx(
            by_steps(
                responder, situation.context, situation.vector, candidate.token_ids, inner, situation.owner
            ),
            abs=1e-3,
        )
        silence = torch.zeros(responder.sizes.vector_size)
        prior = by_steps(responder, [1], silence, candidate.token_ids, None, 0)
        assert found.unconditional == pytest.approx(prior, abs=1e-3)
        with torch.no_grad():
            ids = torch.tensor([situation.context])
            context = parts.selector.encode_contexts(ids, torch.ones_like(ids, dtype=torch.bool))
            reply = torch.tensor([candidate.token_ids])
            vector = parts.selector.encode_replies(reply, torch.ones_like(reply, dtype=torch.bool))
            fit = parts.selector.log_scale.exp() * (context * vector).sum()
        assert found.selector == pytest.approx(float(fit), abs=1e-4)
        act = parts.acts.log_probability(reply_act(candidate.slotted), state_after(TURNS))
        assert found.act_log_probability == pytest.approx(act)
    assert model.training is False


def by_steps(
    responder: ResponderRun,
    context: list[int],
    vector: torch.Tensor,
    ids: tuple[int, ...],
    inner: object,
    owner: int,
) -> float:
    """Log p of a reply and its end, token by token."""
    users = 1 if inner is None else 2
    batch = live_batch([context], vector[None], torch.tensor([owner]), users)
    total, last = 0.0, responder.tokeniser.start_id
    with torch.no_grad():
        state = responder.model.start(batch, inner)  # type: ignore[arg-type]
        for number in (*ids, responder.tokeniser.end_id):
            logits, state = responder.model.step(torch.tensor([last]), state)
            total += float(logits.log_softmax(1)[0, number])
            last = number
    return total


def test_the_best_candidate_is_said(run: Run, responder: ResponderRun) -> None:
    noisy(responder)
    chooser, asked = chooser_of(run, responder), wanted(responder)
    batch = chooser.writer.batch(asked, None)
    candidates = chooser.candidates(asked, batch, None, None)
    scored = chooser.scored(asked, batch, None, candidates)
    for row, one in enumerate(chooser.write(asked, None)):
        mine = [n for n, candidate in enumerate(candidates) if candidate.row == row]
        ranking = rank_candidates([scored[n] for n in mine], chooser.chooser.config, asked[row].own)
        best = candidates[mine[int(ranking.order[0])]]
        assert one.token_ids == best.token_ids
        assert sum(one.terms.values()) == pytest.approx(float(np.max(ranking.scores)), abs=1e-9)
        texts = [candidates[n].token_ids for n in mine]
        assert len(set(texts)) == len(texts), "equal candidates stand once"


def test_where_no_candidate_can_be_filled_the_stock_reply_is_said(run: Run, responder: ResponderRun) -> None:
    """A bank of one reply that names a film, and nothing offered."""
    assert responder.chooser is not None
    noisy(responder)
    bank = responder.chooser.bank
    ids = responder.tokeniser.encode("[named] [named] [named] [named]")
    small = replace(
        bank,
        texts=("x",),
        acts=("other",),
        num_users=np.array([1]),
        token_ids=Ragged.from_rows([ids]),
        vectors=bank.vectors[:1],
    )
    parts = Chooser(responder.chooser.selector, small, responder.chooser.acts, responder.chooser.config)
    chooser = ReplyChooser(ReplyWriter(run, responder), parts)
    chooser.writer.forbidden[:] = True  # nothing can be written either
    situation = replace(wanted(responder)[0], offered=(), named=())
    (written,) = chooser.write([situation], None)
    assert written.attempt == -1
    assert not written.filled.items
    assert chooser.write([], None) == []


def test_a_loaded_chooser_is_the_saved_one(tiny: TinyResponder, responder: ResponderRun) -> None:
    loaded = load_chooser(tiny.run / FOLDER, responder.tokeniser)
    assert responder.chooser is not None
    assert loaded.config == responder.chooser.config
    assert loaded.config.min_tokens <= loaded.config.max_tokens
    for a, b in zip(
        loaded.selector.state_dict().values(), responder.chooser.selector.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b)
    assert not loaded.selector.training


def test_the_bank_holds_only_replies_of_training_users_without_names(responder: ResponderRun) -> None:
    assert responder.chooser is not None
    for text in responder.chooser.bank.texts:
        assert "Family" not in text
        assert "Film " not in text

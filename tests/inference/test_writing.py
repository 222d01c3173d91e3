"""What is written can be said: every slot filled, every statement true, the same whoever is answered beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from ccrs.artifacts.responder import ResponderRun, load_responder
from ccrs.artifacts.run import Run, load_run
from ccrs.inference.intention import Intention
from ccrs.inference.writing import STOCK_OF_FILMS, ReplyWriter, Situation, Written
from ccrs.meta.reply_adaptation import Inner
from ccrs.models.decoding import DecodingConfig
from tests.fixtures.tiny_responder import TinyResponder, tiny_responder

FACTS_OF = {"[director]": "director", "[genre]": "genre"}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyResponder:
    return tiny_responder(tmp_path_factory.getbasetemp() / "tiny-responder")


@pytest.fixture
def run(tiny: TinyResponder) -> Run:
    return load_run(tiny.run)


@pytest.fixture
def responder(tiny: TinyResponder) -> ResponderRun:
    return load_responder(tiny.run)


@pytest.fixture
def writer(run: Run, responder: ResponderRun) -> ReplyWriter:
    return ReplyWriter(run, responder)


def noisy(responder: ResponderRun) -> None:
    """Weights that write nonsense: what can be said must not hang on a good model."""
    torch.manual_seed(4)
    for parameter in responder.model.parameters():
        nn.init.normal_(parameter, std=0.25)


def situations(responder: ResponderRun, count: int = 6) -> list[Situation]:
    """Different contexts, films and people; some with nothing offered or named."""
    generator = torch.Generator().manual_seed(2)
    tokeniser = responder.tokeniser
    texts = ["Hi", "I love films by Person1 Family1", "No, but [item] is great", "", "Yes please!", "ok"]
    found = []
    for number in range(count):
        context = [tokeniser.start_id, tokeniser.role_ids["[seeker]"], *tokeniser.encode(texts[number % 6])]
        films = torch.randperm(10, generator=generator).tolist()
        found.append(
            Situation(
                context=context,
                vector=torch.randn(responder.sizes.vector_size, generator=generator),
                offered=tuple(films[:4]) if number % 3 else tuple(films[:1]),
                named=tuple(films[6 : 6 + number % 3]),
                intention=Intention({"director": 0.7, "genre": 0.3}, {}),
                seed=number,
                owner=number % 2,
            )
        )
    return found


def inner_of(responder: ResponderRun, users: int) -> Inner:
    torch.manual_seed(8)
    common = responder.model.inner_parameters()
    return {n: v.detach() + 0.2 * torch.randn(users, *v.shape) for n, v in common.items()}


def said(written: list[Written]) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.filled.text, one.token_ids) for one in written]


def check(run: Run, written: Written, situation: Situation) -> None:
    """Nothing is left to fill and nothing is stated that the graph does not hold."""
    filled, catalogue = written.filled, run.catalogue
    assert "[" not in filled.text
    assert filled.text.strip()
    assert set(filled.items) <= {*situation.offered, *situation.named}
    triples = {
        (t.head, t.relation, catalogue.entities[catalogue.index[t.tail]].name.lower()) for t in run.triples
    }
    for statement in filled.statements:
        item = catalogue.entities[statement.item]
        if statement.relation in ("year", "era"):
            assert statement.value.startswith(str(item.year)[:3])
        else:
            assert (item.id, statement.relation, statement.value.lower()) in triples


@pytest.mark.parametrize("method", ["greedy", "beam", "nucleus"])
@pytest.mark.parametrize("trained", [True, False])
def test_every_situation_gets_a_reply_that_can_be_said(
    run: Run, responder: ResponderRun, method: Any, trained: bool
) -> None:
    if not trained:
        noisy(responder)
    writer, wanted = ReplyWriter(run, responder), situations(responder)
    config = DecodingConfig(method=method, max_tokens=20, beam_size=3)
    written = writer.write(wanted, None, config)
    assert len(written) == len(wanted)
    for one, situation in zip(written, wanted, strict=True):
        check(run, one, situation)
        assert -1 <= one.attempt < 6
        assert one.styles is not None
        assert sum(one.styles) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("adapted", [True, False])
def test_a_reply_is_the_same_alone_and_among_others(run: Run, responder: ResponderRun, adapted: bool) -> None:
    noisy(responder)
    writer, wanted = ReplyWriter(run, responder), situations(responder)
    inner = inner_of(responder, 2) if adapted else None
    config = DecodingConfig(method="nucleus", max_tokens=20)
    together = said(writer.write(wanted, inner, config))
    assert together == said(writer.write(wanted, inner, config))
    alone = [said(writer.write([situation], inner, config))[0] for situation in wanted]
    assert alone == together
    assert said(writer.write(wanted[::-1], inner, config))[::-1] == together


def test_other_seeds_write_something_else(run: Run, responder: ResponderRun) -> None:
    noisy(responder)
    writer, wanted = ReplyWriter(run, responder), situations(responder)
    config = DecodingConfig(method="nucleus", max_tokens=20)
    other = [replace(situation, seed=situation.seed + 1000) for situation in wanted]
    assert said(writer.write(wanted, None, config)) != said(writer.write(other, None, config))


def test_the_users_own_parameters_are_used(run: Run, responder: ResponderRun) -> None:
    noisy(responder)
    writer, situation = ReplyWriter(run, responder), situations(responder)[1]
    inner = inner_of(responder, 2)
    styles = [writer.write([replace(situation, owner=owner)], inner)[0].styles for owner in (0, 1)]
    assert styles[0] != styles[1]
    assert styles[0] != writer.write([situation], None)[0].styles


def test_nothing_to_write(writer: ReplyWriter) -> None:
    assert writer.write([], None) == []


def test_slots_that_cannot_be_filled_are_barred(writer: ReplyWriter, responder: ResponderRun) -> None:
    slots, base = responder.tokeniser.slots, situations(responder)[1]
    cases = [
        replace(base, offered=(0,), named=()),
        replace(base, offered=(), named=(3,)),
        replace(base, offered=(), named=()),
        replace(base, offered=(1,), named=(4,)),
    ]
    barred = writer.bias(cases) < -1000
    assert barred[:, slots["[item]"]].tolist() == [False, True, True, False]
    assert barred[:, slots["[named]"]].tolist() == [True, False, True, False]
    for slot in ("[director]", "[genre]", "[year]"):
        assert barred[:, slots[slot]].tolist() == [False, False, True, False]
    assert barred.sum() == 1 + 1 + len(slots)


def test_the_intention_moves_what_is_told_of_a_film(writer: ReplyWriter, responder: ResponderRun) -> None:
    slots, base = responder.tokeniser.slots, situations(responder)[1]
    weights = [
        {"director": 0.8, "genre": 0.2},
        {"director": 0.2, "genre": 0.8},
        {"director": 1.0, "genre": 0.0},
        {},
    ]
    bias = writer.bias([replace(base, intention=Intention(w, {})) for w in weights])
    director, genre = (bias[:, slots[name]] for name in FACTS_OF)
    assert director[0] > 0 > genre[0]
    assert director[1] < 0 < genre[1]
    assert genre[2] == -1.5
    assert director[3] == genre[3] == 0
    assert bias.isfinite().all()


def test_what_was_asked_for_is_told_first(writer: ReplyWriter, responder: ResponderRun) -> None:
    slots, base = responder.tokeniser.slots, replace(situations(responder)[1], offered=(0, 1), named=())
    genre = writer.filler.values(0, "genre")[-1]
    asked = replace(base, intention=Intention({"director": 0.9, "genre": 0.1}, {}), wanted=frozenset([genre]))
    bias = writer.bias([asked, replace(asked, wanted=frozenset())])
    assert bias[0, slots["[genre]"]] > bias[0, slots["[director]"]]
    assert bias[1, slots["[genre]"]] < bias[1, slots["[director]"]]
    filled = writer.filled("[item] is [genre]", asked)
    assert filled is not None
    assert [s.value for s in filled.statements] == [writer.run.catalogue.entities[genre].name.lower()]


def test_the_intention_chooses_among_values(run: Run, writer: ReplyWriter, responder: ResponderRun) -> None:
    base = replace(situations(responder)[1], offered=(0, 1), named=())
    (value,) = writer.filler.values(0, "director")
    filled = writer.filled(
        "[item] by [director]", replace(base, intention=Intention({}, {("director", value): 1.0}))
    )
    assert filled is not None
    assert filled.statements[0].value == run.catalogue.entities[value].name


@pytest.mark.parametrize(
    ("slotted", "sayable"),
    [
        ("Have you seen [item]?", True),
        ("[item] by [director]", True),
        ("[item] by Person0 Family0", True),  # of film 0: so it is
        ("[item] by Person3 Family3", False),
        ("Film 7 (1997) is good", False),  # a film that nobody offered
        ("Do you like Person3 Family3?", True),  # a question of taste states nothing
        ("I like Person3 Family3. [item]", False),
        ("!!!", False),
        ("", False),
        ("[break]", False),
        ("[item] [item] [item]", False),
        ("[named]?", False),
    ],
)
def test_what_may_be_said(writer: ReplyWriter, responder: ResponderRun, slotted: str, sayable: bool) -> None:
    situation = replace(situations(responder)[1], offered=(0, 1), named=())
    assert (writer.filled(slotted, situation) is not None) == sayable


def test_the_stock_reply_can_always_be_said(run: Run, writer: ReplyWriter, responder: ResponderRun) -> None:
    base = situations(responder)[1]
    for offered, named in (((2, 1), ()), ((), (3,)), ((), ())):
        situation = replace(base, offered=offered, named=named)
        written = writer.stock(situation, None)
        check(run, written, situation)
        assert written.filled.items == offered[:1]
        assert (written.slotted == STOCK_OF_FILMS) == bool(offered)
        assert not written.filled.statements
        assert written.attempt == -1


def test_without_fact_slots_none_is_written(tmp_path: Path, run: Run, responder: ResponderRun) -> None:
    noisy(responder)
    text = responder.config.text.model_copy(update={"fact_slots": False})
    words = replace(responder, config=responder.config.model_copy(update={"text": text}))
    wanted = situations(words)
    for method in ("greedy", "nucleus"):
        for one in ReplyWriter(run, words).write(wanted, None, DecodingConfig(method=method, max_tokens=20)):
            slots = set(words.tokeniser.slots) - {"[item]", "[named]"}
            assert not any(slot in one.slotted for slot in slots)
            assert not one.filled.statements


def test_roles_are_never_written(run: Run, responder: ResponderRun) -> None:
    noisy(responder)
    roles = {
        number for name, number in responder.tokeniser.role_ids.items() if name not in ("[break]", "[end]")
    }
    for one in ReplyWriter(run, responder).write(
        situations(responder), None, DecodingConfig(method="nucleus", max_tokens=20)
    ):
        assert not roles & set(one.token_ids)

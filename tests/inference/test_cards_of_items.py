"""Cards go from the data into the run, and what they call not available is never recommended."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ccrs.artifacts.files import MANIFEST
from ccrs.artifacts.responder import load_responder
from ccrs.artifacts.run import Run, load_run, save_run
from ccrs.core.cards import ItemCard
from ccrs.core.errors import CheckpointError
from ccrs.data.cards import CARDS_FILE
from ccrs.data.prepared import write_prepared
from ccrs.experiments.corpus import load_corpus
from ccrs.inference.answers import TurnInput
from ccrs.inference.new_items import NewItem, extended_run
from ccrs.inference.recommend import Recommender
from ccrs.inference.talk import Talker
from tests.fixtures.tiny_run import TinyRun
from tests.training.small_runs import small_config, train_quietly, write_corpus


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A run on data with two cards."""
    folder = tmp_path_factory.mktemp("cards")
    plain = write_corpus(folder / "plain")
    first, second = (item.id for item in plain.catalogue.items[:2])
    cards = {
        first: ItemCard(available=False, text="Gone."),
        second: ItemCard(price="3 €", numbers={"price": 3}),
    }
    write_prepared(
        folder / "data",
        dataset="small",
        licence="none",
        catalogue=plain.catalogue,
        triples=plain.triples,
        dialogues=plain.dialogues,
        extras=replace(plain.extras, cards=cards),
    )
    return folder / "run", train_quietly(small_config(epochs=1), load_corpus(folder / "data"), folder / "run")


def test_the_run_keeps_the_cards_of_its_data(trained: tuple[Path, Run]) -> None:
    folder, run = trained
    assert len(run.cards) == 2
    assert load_run(folder).cards == run.cards


def test_a_run_without_cards_has_no_file_of_them(trained: tuple[Path, Run], tmp_path: Path) -> None:
    save_run(tmp_path / "run", replace(trained[1], cards={}), {**trained[1].config.model_dump()}, "card")
    assert not (tmp_path / "run" / CARDS_FILE).exists()
    assert load_run(tmp_path / "run").cards == {}


@pytest.mark.parametrize(("spoilt", "message"), [("", "was altered"), (None, "is missing")])
def test_spoilt_cards_are_noticed(
    spoilt: str | None, message: str, trained: tuple[Path, Run], tmp_path: Path
) -> None:
    save_run(tmp_path / "run", trained[1], {**trained[1].config.model_dump()}, "card")
    path = tmp_path / "run" / CARDS_FILE
    assert CARDS_FILE in json.loads((tmp_path / "run" / MANIFEST).read_text(encoding="utf-8"))["files"]
    path.unlink() if spoilt is None else path.write_text(spoilt, encoding="utf-8")
    with pytest.raises(CheckpointError, match=rf"{re.escape(str(path))}: {message}"):
        load_run(tmp_path / "run")


def test_what_is_not_available_is_never_recommended(trained: tuple[Path, Run]) -> None:
    run = trained[1]
    (gone,) = (item for item, card in run.cards.items() if not card.available)
    all_of_them = run.catalogue.num_items
    with_cards = Recommender(run).recommend("hello", k=all_of_them)
    without = Recommender(replace(run, cards={})).recommend("hello", k=all_of_them)
    assert {item.id for item in without.items} - {item.id for item in with_cards.items} == {gone}
    named = Recommender(run).recommend(items=[gone], k=3)  # it may be named
    assert named.mentions


def test_cards_stay_when_items_are_put_in(trained: tuple[Path, Run]) -> None:
    run = trained[1]
    put = extended_run(run, [NewItem("new", "New", 2000, run.catalogue.items[0].type, (), {})])
    assert put.cards == run.cards
    first = next(iter(run.cards))
    assert first not in extended_run(run, [], [first]).cards


def test_who_talks_is_not_offered_it_unless_it_is_asked_for(talking_run: TinyRun) -> None:
    run = load_run(talking_run.run)
    first = Talker(run, load_responder(talking_run.run, run), choose=False)
    words = "I loved Heat (1995)"
    (answer,) = first.answer([TurnInput(words)])
    shown = answer.shown[0].id
    barred = replace(run, cards={shown: ItemCard(available=False)})
    talker = Talker(barred, load_responder(talking_run.run, barred), choose=False)
    (answer, asked) = talker.answer([TurnInput(words), TurnInput(words, unavailable=frozenset())])
    assert shown not in {entity.id for entity in answer.shown}
    assert shown in {entity.id for entity in asked.shown}

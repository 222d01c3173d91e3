"""Graphs as judges: small graphs written in the published form, triples, and the published graphs themselves."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.readers.redial import read_redial
from ccrs.data.redial_graph_forms import GraphEntity
from ccrs.data.redial_graphs import load_joined_graph
from ccrs.evaluation.name_spans import Names
from ccrs.evaluation.truth import judge_statements, truth_figures
from ccrs.experiments.fact_sources import JUDGING_GRAPHS, facts_of_triples, is_same_film, load_graph_facts

PROJECT = Path(__file__).resolve().parents[2]

ITEMS = (
    Entity("11", "movie", "Lantern Street", is_item=True, year=2003),
    Entity("12", "movie", "Otter's Oath", is_item=True, year=1988, aliases=("Eed van de Otter",)),
    Entity("13", "movie", "Zebrano", is_item=True),
)
CATALOGUE = Catalogue((*ITEMS, Entity("p", "person", "Anna Maro"), Entity("g", "genre", "sci-fi")))


@pytest.fixture
def graph_folder(tmp_path: Path) -> Path:
    """A graph in the TMDb graph's form; its first film claims a movie id that is another film's."""
    folder = tmp_path / "kecrs-tmdkg"
    folder.mkdir()
    rows = {
        "entities.tsv": "0\tmovie\t11,12\tLantern Street (2003)\n1\tmovie\t13\tZebrano\n"
        "2\tentity\t\tAnna Maro\n3\tentity\t\tscience fiction\n4\tentity\t\tBo Tilden\n",
        "relations.tsv": "relation_id\tcount\tname\n0\t2\tgenre\n7\t1\tcrew:directing\n13\t1\tcrew:sound\n",
        "triples.tsv": "0\t7\t2\n2\t7\t0\n0\t0\t3\n1\t13\t4\n",
    }
    for name, text in rows.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_graph_folder_judges_the_films_whose_titles_agree(graph_folder: Path) -> None:
    table = load_graph_facts([graph_folder], CATALOGUE)
    assert table.holds("11", "director", "anna maro") is True
    assert table.holds("11", "genre", "science fiction") is True
    assert table.holds("11", "year", "2003") is True
    assert table.holds("12", "director", "Anna Maro") is None  # merged with a film of another title
    assert table.holds("12", "year", "1988") is None
    assert table.holds("13", "person", "Bo Tilden") is True  # any work on the film
    assert table.holds("13", "actor", "Bo Tilden") is None
    assert table.people == {"anna maro", "bo tilden"}


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        load_graph_facts([tmp_path / "kerl-wiki"], CATALOGUE)


def test_triples_of_a_corpus_judge_either_way_round() -> None:
    triples = [Triple("11", "star", "p"), Triple("g", "genre of", "11"), Triple("12", "composer", "p")]
    table = facts_of_triples(CATALOGUE, triples)
    assert table.holds("11", "actor", "Anna Maro") is True
    assert table.holds("11", "genre", "science fiction") is True
    assert table.holds("12", "person", "Anna Maro") is True
    assert table.holds("12", "actor", "Anna Maro") is None
    assert table.holds("12", "year", "1980s") is True
    assert table.holds("13", "year", "1980s") is None


@pytest.mark.parametrize(
    ("item", "name", "year", "expected"),
    [
        (0, "The Lantern Street", 2003, True),
        (0, "Lantern Street: A Story", 2004, True),
        (0, "Lantern Street", 1990, False),
        (0, "Lantern Street", None, True),
        (0, "Lantern Street II", None, False),
        (0, "Street of Lanterns", 2003, False),
        (1, "Eed van de Otter", 1988, True),
        (2, "Zebrano", 1950, True),
        (2, "Zebrano Returns", 1950, False),
    ],
)
def test_titles_and_years_tell_whether_films_are_the_same(
    item: int, name: str, year: int | None, expected: bool
) -> None:
    assert is_same_film(ITEMS[item], GraphEntity("0", "movie", name, year)) is expected


def _script() -> ModuleType:
    path = PROJECT / "scripts" / "check_statements.py"
    spec = importlib.util.spec_from_file_location("check_statements", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.realdata
def test_statements_of_people_are_found_and_mostly_hold(shared_data: Path) -> None:
    script = _script()
    release = read_redial(shared_data / "redial" / "redial_dataset.zip")
    graphs = shared_data / "redial-kg"
    own = load_joined_graph([graphs / "imdb"], release.titles)
    judge = load_graph_facts([graphs / name for name in JUDGING_GRAPHS], own.catalogue)
    names = Names.of_catalogue(own.catalogue, judge.people)
    turns = list(script.human_turns(release.dialogues, own.item_ids))
    by_key = {turn.key: turn for turn in turns}
    labels = json.loads(script.LABELS.read_text(encoding="utf-8"))
    assert [len(labels[half]) for half in script.HALVES] == [100, 100]
    halves = [script.agreement(by_key, labels[half], names, roles=True) for half in script.HALVES]
    # Measured: precision .90 and .88, recall .87 and .73, of 31 and 30 statements. One rule was mended after the
    # second half's misses had been read (.80 since): .73 is the figure to quote.
    assert min(found.precision for found in halves) > 0.84
    assert halves[0].recall > 0.83
    assert halves[1].recall > 0.69
    replies = [turn.reply for turn in turns]
    figures = truth_figures(replies, judge_statements(replies, names, judge, [t.discussed for t in turns]))
    assert figures.num_item_replies == 3671
    assert 25 < figures.per_100_item_replies < 30
    assert figures.judged_share > 0.97
    assert figures.truth is not None
    assert figures.truth.low > 0.8
    # Chance: the data's own facts given to other films.
    facts = script.facts_of_triples(own.catalogue, own.triples)
    for shuffled, low, high in ((False, 0.8, 1.0), (True, 0.0, 0.3)):
        shares = {k: v[2] / v[1] for k, v in script.confirmed(facts, judge, shuffled=shuffled).items()}
        assert all(low < share < high for share in shares.values())

"""``ccrs prepare inspired`` and ``ccrs prepare opendialkg``: what they write, say and refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccrs.data.prepared import load_prepared
from ccrs.experiments.corpus import load_corpus
from tests.cli.conftest import Command
from tests.fixtures.inspired_files import write_dbpedia, write_linked, write_tables
from tests.fixtures.opendialkg_files import write_books, write_sessions, write_turns


def test_inspired_over_a_graph(ccrs: Command, tmp_path: Path) -> None:
    source, graph = write_linked(tmp_path / "raw"), write_dbpedia(tmp_path / "kg-dbpedia")
    ended = ccrs("prepare", "inspired", "--source", source, "--graph", graph, "--out", tmp_path / "out")
    assert (ended.code, ended.err) == (0, "")
    assert "each dialogue is a user of its own" in ended.out
    assert "licence: none stated by the authors" in ended.out
    prepared = load_prepared(tmp_path / "out")
    assert prepared.manifest.dataset == "inspired"
    assert prepared.manifest.dropped["mentions of films that the graph lacks"] == 1
    assert prepared.manifest.counts["items"] == 2
    assert [d.part for d in prepared.dialogues] == ["train", "train", "validation", "test"]
    corpus = load_corpus(tmp_path / "out")
    assert [corpus.table.sample_id(0), corpus.table.num_samples] == ["train-1:0:0", 1]
    assert "train: 2 dialogues of the 801 of the release" in prepared.manifest.notes


def test_inspired_from_the_authors_tables(ccrs: Command, tmp_path: Path) -> None:
    write_tables(tmp_path / "raw")
    ended = ccrs("prepare", "inspired", "--source", tmp_path / "raw", "--out", tmp_path / "out")
    assert ended.code == 0
    prepared = load_prepared(tmp_path / "out")
    assert [entity.name for entity in prepared.catalogue.items] == ["Heat", "San Andreas", "Die Hard"]
    assert prepared.triples == ()
    (tmp_path / "raw" / "movie_database.tsv").write_text("title\tgenre\nHeat (1995)\tCrime\n")
    ccrs("prepare", "inspired", "--source", tmp_path / "raw", "--out", tmp_path / "out")
    assert len(load_prepared(tmp_path / "out").triples) == 1


def test_opendialkg_in_its_three_forms(ccrs: Command, tmp_path: Path) -> None:
    sources = {
        "turns": (write_turns(tmp_path / "turns"), "movies", 3),
        "whole": (write_books(tmp_path / "whole"), "books", 3),
        "sessions": (write_sessions(tmp_path / "sessions"), "movies", 1),
        "book sessions": (write_sessions(tmp_path / "sessions"), "books", 1),
    }
    for form, (source, domain, count) in sources.items():
        ended = ccrs(
            "prepare", "opendialkg", "--source", source, "--domain", domain, "--out", tmp_path / "out"
        )
        assert ended.code == 0, form
        assert "non-commercial" in ended.out
        prepared = load_prepared(tmp_path / "out")
        assert prepared.manifest.counts["dialogues"] == count, form
        assert prepared.manifest.dropped.get("dialogues that name no item of the domain", 0) == (
            1 if "sessions" in form else 0
        )
        assert all(d.part is not None for d in prepared.dialogues)
        types = {"movies": "movie", "books": "book"}
        assert {entity.type for entity in prepared.catalogue.items} == {types[domain]}


def test_another_seed_is_told(ccrs: Command, tmp_path: Path) -> None:
    source = write_turns(tmp_path / "raw")
    ended = ccrs("prepare", "opendialkg", "--source", source, "--seed", 5, "--out", tmp_path / "out")
    assert "drawn by dialogue with seed 5 (70% train, 15% validation, 15% test)" in ended.out


@pytest.mark.parametrize("name", ["inspired", "opendialkg"])
def test_what_is_broken_leaves_nothing(ccrs: Command, tmp_path: Path, name: str) -> None:
    source = tmp_path / "raw"
    if name == "inspired":
        write_linked(source, train=[7])
    else:
        write_turns(source, [7])
    ended = ccrs("prepare", name, "--source", source, "--out", tmp_path / "out")
    assert ended.code == 2
    assert ":1: is 7" in ended.err
    assert not (tmp_path / "out").exists()
    lenient = ccrs("prepare", name, "--source", source, "--lenient", "--out", tmp_path / "out")
    assert lenient.code == (0 if name == "opendialkg" else 2)  # no training dialogue is left of INSPIRED


def test_downloads_name_their_licence(ccrs: Command, tmp_path: Path) -> None:
    mirror = write_sessions(tmp_path / "mirror")
    ended = ccrs("data", "download", "opendialkg", "--url", mirror.as_uri() + "/", "--out", tmp_path / "raw")
    assert ended.code == 0
    assert "licence: CC BY-NC 4.0: not for commercial use" in ended.out
    assert ended.out.count("sha256") == 2
    prepared = ccrs("prepare", "opendialkg", "--source", tmp_path / "raw", "--out", tmp_path / "out")
    assert prepared.code == 0
    listed = ccrs("data", "sources").out
    assert "none stated" in listed
    assert "opendialkg_triples.txt" in listed

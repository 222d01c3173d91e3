"""The project's own graph files are read as written and refuse what they cannot hold."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.graph_format import read_entities, read_triples, write_entities, write_triples

CATALOGUE = Catalogue(
    (
        Entity("m1", "movie", "Amélie", is_item=True, year=2001, aliases=("Le Fabuleux Destin", "Amelie")),
        Entity("m2", "movie", "V/H/S", is_item=True),
        Entity("p1", "person", "Audrey Tautou"),
    )
)
TRIPLES = (Triple("m1", "star", "p1"), Triple("m2", "star", "p1"))
HEADER = "id\ttype\tname\titem\tyear\taliases\n"


def test_round_trip_keeps_everything(tmp_path: Path) -> None:
    write_entities(tmp_path / "entities.tsv", CATALOGUE)
    write_triples(tmp_path / "triples.tsv", TRIPLES)
    assert read_entities(tmp_path / "entities.tsv") == CATALOGUE
    assert read_triples(tmp_path / "triples.tsv", CATALOGUE) == TRIPLES


def test_the_file_looks_as_documented(tmp_path: Path) -> None:
    write_entities(tmp_path / "entities.tsv", CATALOGUE)
    assert (tmp_path / "entities.tsv").read_text("utf-8").splitlines() == [
        "id\ttype\tname\titem\tyear\taliases",
        "m1\tmovie\tAmélie\t1\t2001\tLe Fabuleux Destin|Amelie",
        "m2\tmovie\tV/H/S\t1\t\t",
        "p1\tperson\tAudrey Tautou\t0\t\t",
    ]


def test_reads_gzip_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    text = "\ufeff" + HEADER + "m1\tmovie\tIt\t1\t2017\t\n\n"
    path = tmp_path / "entities.tsv.gz"
    path.write_bytes(gzip.compress(text.replace("\n", "\r\n").encode()))
    assert read_entities(path).entities == (Entity("m1", "movie", "It", is_item=True, year=2017),)


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("m1\tmovie\tIt\n", 2, "found 3 values"),
        ("m1\tmovie\tIt\tyes\t\t\n", 2, "'yes'"),
        ("m1\tmovie\tIt\t1\t20x7\t\n", 2, "'20x7'"),
        ("m1\tmovie\t \t1\t\t\n", 2, "'name' is empty"),
        ("m1\tmovie\tIt\t1\t\t\n\nm1\tmovie\tUp\t1\t\t\n", 4, "stands already in line 2"),
        ("p1\tperson\tAn\t0\t\t\nm1\tmovie\tIt\t1\t\t\n", 3, "no items"),
    ],
)
def test_broken_entities_are_named_with_their_line(tmp_path: Path, body: str, line: int, said: str) -> None:
    path = tmp_path / "entities.tsv"
    path.write_text(HEADER + body, "utf-8")
    with pytest.raises(DataError) as caught:
        read_entities(path)
    assert f"{path}:{line}: " in str(caught.value)
    assert said in str(caught.value)


def test_a_wrong_or_missing_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "entities.tsv"
    for text in ("id\tname\n", ""):
        path.write_text(text, "utf-8")
        with pytest.raises(DataError, match="header must be id type name item year aliases"):
            read_entities(path)


def test_unknown_entity_of_a_triple_gives_line_and_nearest_id(tmp_path: Path) -> None:
    path = tmp_path / "triples.tsv"
    path.write_text("head\trelation\ttail\nm1\tstar\tp1\nm1\tstar\tpp1\n", "utf-8")
    with pytest.raises(DataError) as caught:
        read_triples(path, CATALOGUE)
    assert str(caught.value) == f"{path}:3: entity 'pp1' is not in the catalogue. Did you mean 'p1'?"


def test_unreadable_files_are_data_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_entities(tmp_path / "nothing.tsv")
    path = tmp_path / "entities.tsv"
    path.write_bytes(HEADER.encode() + b"m1\tmovie\t\xff\xfe\t1\t\t\n")
    with pytest.raises(DataError, match="not UTF-8"):
        read_entities(path)
    path.write_bytes(gzip.compress(HEADER.encode() * 9)[:-12])
    with pytest.raises(DataError, match="cut short"):
        read_entities(path)


@pytest.mark.parametrize(
    "entity",
    [
        Entity("m\t1", "movie", "It", is_item=True),
        Entity("m1", "movie", "It\nCame", is_item=True),
        Entity("m1", "movie", "It\rCame", is_item=True),
        Entity("m1", "movie", "", is_item=True),
        Entity("m1", "movie", "It", is_item=True, aliases=("a|b",)),
        Entity("m1", "movie", "It", is_item=True, aliases=("",)),
    ],
)
def test_values_the_format_cannot_hold_are_refused_and_nothing_is_written(
    tmp_path: Path, entity: Entity
) -> None:
    path = tmp_path / "entities.tsv"
    with pytest.raises(DataError, match=r"Take it out|Fill it in"):
        write_entities(path, Catalogue((entity,)))
    assert not path.exists()


def test_an_empty_relation_is_refused_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "triples.tsv"
    with pytest.raises(DataError, match="no relation"):
        write_triples(path, [Triple("m1", "", "p1")])
    path.write_text("head\trelation\ttail\nm1\t\tp1\n", "utf-8")
    with pytest.raises(DataError, match="relation is empty"):
        read_triples(path, CATALOGUE)

"""Which page an entity is: by its address, by its name, its year and its type."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccrs.core.errors import DataError
from ccrs.data.graph_building.addresses import RESOURCE
from ccrs.data.graph_building.corpus_entities import read_corpus_entities
from ccrs.data.graph_building.matching import match_pages
from tests.data.graph_building.dumps import write_entities_file


def page_of(
    folder: Path, rows: list[str], pages: dict[str, str | None]
) -> tuple[dict[str, str], dict[str, str]]:
    """Ids to page names and ids to reasons, where the dump has the ``pages`` of these types (None: unknown)."""
    corpus = read_corpus_entities(write_entities_file(folder / "entities.tsv", *rows))
    kinds = {RESOURCE + name: kind for name, kind in pages.items() if kind is not None}
    matches = match_pages(corpus, {RESOURCE + name for name in pages}, kinds)
    return {key: value.removeprefix(RESOURCE) for key, value in matches.page_of.items()}, matches.unmatched


@pytest.mark.parametrize(
    ("row", "pages", "page"),
    [
        ("m;movie;It;1;2017;", {"It": None, "It_(2017_film)": None, "It_(1990_film)": None}, "It_(2017_film)"),
        ("m;film;It;1;1990;", {"It_(miniseries)": None, "It_(2017_film)": None}, "It_(miniseries)"),
        ("m;movie;Heat;1;1995;", {"Heat": None}, None),
        ("m;movie;Heat;1;1995;", {"Heat": "person"}, None),
        ("m;movie;Serpico;1;1973;", {"Serpico": "movie"}, "Serpico"),
        ("m;movie;Lost;1;2004;", {"Lost": "television show"}, "Lost"),
        ("m;movie;Matrix, The;1;1999;", {"The_Matrix": "movie"}, "The_Matrix"),
        ("m;movie;whiplash;1;2014;", {"Whiplash_(2015_film)": None}, "Whiplash_(2015_film)"),
        ("m;movie;Leon;1;1994;The Pro (1994)", {"The_Pro_(1994_film)": None}, "The_Pro_(1994_film)"),
        ("p;person;Tom Hanks;0;;", {"Tom_Hanks": "person"}, "Tom_Hanks"),
        ("p;person;Ann Lee;0;;", {"Ann_Lee": None, "Ann_Lee_(director)": None}, "Ann_Lee_(director)"),
        ("g;genre;horror;0;;", {"Horror": None, "Horror_film": None}, "Horror_film"),
        ("b;board game;Go;1;;", {"Go": None, "Go_(game)": None}, "Go_(game)"),
        ("b;board game;Catan;1;1995;", {"Catan": "game"}, "Catan"),
        ("b;board game;Victoria;1;;", {"Victoria": "person"}, None),
        ("m;movie;Who?;1;2000;http://dbpedia.org/resource/Who%3F_(film)", {"Who%3F_(film)": None}, "Who%3F_(film)"),
        ("m;movie;Go;1;1999;https://en.wikipedia.org/wiki/Go_(x)", {"Go_(x)": None, "Go_(film)": None}, "Go_(x)"),
    ],
)  # fmt: skip
def test_the_likeliest_page_is_chosen(
    row: str, pages: dict[str, str | None], page: str | None, tmp_path: Path
) -> None:
    found, _ = page_of(tmp_path, [row], pages)
    assert list(found.values()) == ([] if page is None else [page])


def test_a_page_guessed_by_name_has_one_entity(tmp_path: Path) -> None:
    rows = ["a;movie;Emma;1;;", "b;movie;Emma;1;1996;", "c;movie;Emma;1;2020;", "d;movie;Emma;1;1950;"]
    pages = {"Emma_(1996_film)": None, "Emma_(2020_film)": None, "Emma_(film)": None}
    found, unmatched = page_of(tmp_path, rows, pages)
    assert found == {"a": "Emma_(film)", "b": "Emma_(1996_film)", "c": "Emma_(2020_film)"}
    assert unmatched == {"d": "its page is another entity's"}


def test_why_there_is_no_page(tmp_path: Path) -> None:
    rows = ["a;movie;Heat;1;;", "b;movie;Up;1;;", "c;movie;None;1;;"]
    _, unmatched = page_of(tmp_path, rows, {"Heat": "person", "Up": None})
    assert unmatched == {
        "a": "its page is of the type person",
        "b": "its page is of an unknown type",
        "c": "no triple in the dump",
    }


def test_lists_of_addresses(tmp_path: Path) -> None:
    path = tmp_path / "films.txt"
    path.write_text(f"id\turi\nm1\t{RESOURCE}Heat_(1995_film)\nm2\tThief (film)\n{RESOURCE}It_(2017_film)\n")
    known = read_corpus_entities(path, item_type="film")
    assert [(each.entity.id, each.entity.name, each.entity.year, each.entity.type) for each in known] == [
        ("m1", "Heat", 1995, "film"),
        ("m2", "Thief", None, "film"),
        (f"{RESOURCE}It_(2017_film)", "It", 2017, "film"),
    ]
    assert all(each.entity.is_item and each.is_addressed for each in known)
    assert known[1].pages[0].address == f"{RESOURCE}Thief_(film)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r":1: the file is empty"),
        ("id\turi\n", r":1: the file lists nothing"),
        ("a\tb\tc\n", r":1: found 3 values of which 3 are filled"),
        ("a\t\n", r":1: found 2 values of which 1 are filled"),
        ("Heat\nHeat\n", r":2: id 'Heat' stands already in line 1"),
        ("a\thttp://\n", r":1: 'http://' is no address"),
    ],
)
def test_a_list_that_cannot_be_used(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "films.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_corpus_entities(path)

"""Further facts about the items of a table, by id or by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccrs.core.errors import DataError
from ccrs.core.graph import Entity
from ccrs.data.readers.table_items import ItemTable
from ccrs.data.readers.table_triples import DOUBLED, SELF_LOOPS, MoreFacts, read_more_facts
from tests.fixtures.item_tables import items

TABLE = "id,title,year,designer,genre\n1,Catan,1995,Klaus Teuber,Trains\n2,Trains,2012,Ann Lee,\n3,Go,,,\n4,Go,,,\n"


@pytest.fixture
def table(tmp_path: Path) -> ItemTable:
    return items(tmp_path, TABLE, "games.csv")


def more(table: ItemTable, folder: Path, rows: str, **options: bool) -> MoreFacts:
    path = folder / "triples.tsv"
    path.write_text("head\trelation\ttail\n" + rows, encoding="utf-8")
    return read_more_facts(path, table, **options)


def test_heads_and_tails_by_id_by_title_and_by_name(table: ItemTable, tmp_path: Path) -> None:
    rows = (
        "1\tsequel\ttrains\nCATAN (1995)\tpublished_by\tKosmos\n2\tsequel\t1\n"
        "Klaus Teuber\tborn in\tGermany\nKosmos\tplace\tGermany\n"
    )
    found = more(table, tmp_path, rows)
    assert [(t.head, t.relation, t.tail) for t in found.triples] == [
        ("1", "sequel", "2"),
        ("1", "published by", "published by:Kosmos"),
        ("2", "sequel", "1"),
        ("person:Klaus Teuber", "born in", "born in:Germany"),
        ("published by:Kosmos", "place", "place:Germany"),
    ]
    assert found.entities == (
        Entity("published by:Kosmos", "published by", "Kosmos"),
        Entity("born in:Germany", "born in", "Germany"),
        Entity("place:Germany", "place", "Germany"),
    )


def test_a_tail_of_a_column_is_never_an_item(table: ItemTable, tmp_path: Path) -> None:
    found = more(table, tmp_path, "2\tgenre\ttrains\n2\tGenre\tGo\n1\tdesigner\tAnn Lee\n1\tdesigner\t3\n")
    assert [t.tail for t in found.triples] == ["genre:Trains", "genre:Go", "person:Ann Lee", "person:3"]


def test_loops_and_doubles_are_counted_and_cycles_are_fine(table: ItemTable, tmp_path: Path) -> None:
    rows = "1\tsequel\t1\n1\tsequel\t2\n2\tsequel\t1\n1\tsequel\t2\n1\tdesigner\tklaus teuber\n"
    found = more(table, tmp_path, rows)
    assert len(found.triples) == 2
    assert found.dropped == {SELF_LOOPS: 1, DOUBLED: 2}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "1\tsequel\t2\nCattan\tsequel\t2\n",
            r"triples\.tsv:3: the head 'Cattan' is no item.*Did you mean 'catan'",
        ),
        ("Go\tsequel\t2\n", r"triples\.tsv:2: 'Go' is the name of 2 things \('3', '4'\)"),
        ("1\tsequel\tGo\n", r"triples\.tsv:2: 'Go' is the name of 2 things"),
        ("1\t\t2\n", r"triples\.tsv:2: the relation is ''"),
        ("1\tsequel\t\n", r"triples\.tsv:2: the tail is ''"),
        ("1\tsequel\n", r"triples\.tsv:2: the row has 2 values"),
    ],
)
def test_faults(table: ItemTable, tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        more(table, tmp_path, rows)


def test_another_header(table: ItemTable, tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text("Subject,predicate,object\nCatan,publisher,Kosmos\n", encoding="utf-8")
    assert read_more_facts(path, table).relations["publisher"] == "publisher"
    path.write_text("a,b,c\n1,x,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"facts\.csv:1: found the header \['a', 'b', 'c'\]"):
        read_more_facts(path, table)
    assert more(table, tmp_path, "1\tx\ty\n2\n", lenient=True).dropped == {
        "rows of triples with too many or too few values": 1
    }

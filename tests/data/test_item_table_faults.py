"""Item tables with something wrong in them: a message with file and line, or a count."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue
from ccrs.data.graph_format import read_entities, read_triples, write_entities, write_triples
from tests.fixtures.item_tables import items

FAULTS = {
    "doubled id": ("id,title\n1,A\n2,B\n1,C\n", r"items\.csv:4: id '1' stands already in line 2"),
    "empty title": ("id,title\n1,A\n2, \n", r"items\.csv:3: the title \(title\) is empty"),
    "invisible title": ("id,title\n1,\u200b\n", r"items\.csv:2: the title \(title\) is empty"),
    "empty id": ("id,title\n,A\n", r"items\.csv:2: the id \(id\) is empty"),
    "long title": (f"id,title\n1,{'x' * 301}\n", r"items\.csv:2: the title has 301 characters"),
    "long id": (f"id,title\n{'x' * 201},A\n", r"items\.csv:2: the id has 201 characters"),
    "only a header": ("id,title\n", r"items\.csv:1: the table has a header and no rows"),
    "no title": ("id,colour\n1,red\n", r"items\.csv:1: no column is the title \(columns: id, colour\)"),
    "empty": ("", r"items\.csv:1: the table is empty"),
    "ragged": ("id,title\n1,A\n2\n", r"items\.csv:3: the row has 1 values"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_row_is_named(fault: str, tmp_path: Path) -> None:
    content, message = FAULTS[fault]
    with pytest.raises(DataError, match=message):
        items(tmp_path, content, "items.csv")


def test_faulty_rows_are_counted_when_that_is_asked_for(tmp_path: Path) -> None:
    content = f"id,title\n1,A\n1,B\n2,\n,C\n3,D,x\n4,{'x' * 301}\n5,E\n"
    table = items(tmp_path, content, "items.csv", lenient=True)
    assert [entity.name for entity in table.entities] == ["A", "E"]
    assert sum(table.dropped.values()) == 5
    with pytest.raises(DataError, match="no row is an item"):
        items(tmp_path, "id,title\n1,\n", "items.csv", lenient=True)


VALUES = st.text(alphabet=st.sampled_from("ab1239.,-|;$€:/ =@'\"[]()\n\tñ%"), max_size=10)
NAMES = [
    "id",
    "title",
    "name",
    "year",
    "tags",
    "price",
    "url",
    "image",
    "available",
    "description",
    "Players",
    "date",
]
HEADERS = st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_table_is_read_or_a_data_error(tmp_path: Path, data: st.DataObject) -> None:
    header = data.draw(HEADERS)
    rows = data.draw(st.lists(st.lists(VALUES, min_size=len(header), max_size=len(header)), max_size=6))
    stream = io.StringIO()
    csv.writer(stream).writerows([header, *rows])
    try:
        table = items(tmp_path, stream.getvalue(), lenient=data.draw(st.booleans()))
    except DataError as error:
        message = str(error)
        assert "board_games.csv" in message
        return
    catalogue = Catalogue(table.entities)
    assert catalogue.num_items > 0
    assert set(table.cards) <= {item.id for item in catalogue.items}
    write_entities(tmp_path / "entities.tsv", catalogue)
    write_triples(tmp_path / "triples.tsv", table.triples)
    assert read_entities(tmp_path / "entities.tsv") == catalogue
    assert read_triples(tmp_path / "triples.tsv", catalogue) == table.triples


def test_ten_thousand_rows_are_read_in_time(tmp_path: Path) -> None:
    rows = "".join(
        f"{n},Item {n},brand {n % 90},a{n % 7}|b{n % 11},{n % 500}.{n % 10},2{n % 1000:03},https://x.org/{n}\n"
        for n in range(10_000)
    )
    started = time.process_time()
    table = items(tmp_path, f"id,title,brand,tags,price,year,url\n{rows}", "items.csv")
    assert time.process_time() - started < 2
    assert len(table.cards) == 10_000

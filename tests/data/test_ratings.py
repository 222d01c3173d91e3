"""Ratings and purchase logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccrs.core.errors import DataError
from ccrs.core.graph import Entity
from ccrs.data.readers.ratings import REPEATED, UNKNOWN_ITEM, RatedItem, Ratings, read_ratings

ITEMS = (
    Entity("1", "game", "Catan", is_item=True, year=1995),
    Entity("2", "game", "Go", is_item=True),
    Entity("3", "game", "Chess", is_item=True),
    Entity("4", "game", "Chess", is_item=True),
)


def read(folder: Path, content: str, **options: bool) -> Ratings:
    path = folder / "ratings.csv"
    path.write_text(content, encoding="utf-8")
    return read_ratings(path, ITEMS, **options)


def test_ratings_in_time_order(tmp_path: Path) -> None:
    content = (
        "user,item,rating,time\nann,2,4,2024-05-02\nann,catan (1995),1,2024-05-01\nbob,Go,5.0,3\nbob,9,1,1\n"
    )
    found = read(tmp_path, content)
    assert found.by_user == {
        "ann": (RatedItem("1", 1), RatedItem("2", 4)),
        "bob": (RatedItem("2", 5),),
    }
    assert found.dropped == {UNKNOWN_ITEM: 1}
    assert found.timed
    assert found.rated
    assert found.threshold() == 3


def test_a_purchase_log_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = read(tmp_path, "Customer ID;SKU\nann;2\nann;1\nann;2\n")
    assert found.by_user == {"ann": (RatedItem("1", None), RatedItem("2", None))}
    assert found.dropped == {REPEATED: 1}
    assert not found.timed
    assert not found.rated
    assert found.threshold() is None


def test_the_last_rating_counts_and_one_without_value_does_not(tmp_path: Path) -> None:
    found = read(tmp_path, "user,item,rating,time\na,1,5,9\na,1,2,3\na,2,,4\nb,2,5,1\n")
    assert found.by_user == {"a": (RatedItem("1", 5),), "b": (RatedItem("2", 5),)}
    assert found.dropped == {REPEATED: 1, "ratings without a value": 1}
    assert found.threshold() is None  # all the same


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("item,rating\n1,5\n", r"ratings\.csv:1: no column is the user \(columns: item, rating\)"),
        ("user,rating\na,5\n", r"ratings\.csv:1: no column is the item"),
        ("user,item\n,1\n", r"ratings\.csv:2: the user is ''"),
        ("user,item,rating\na,1,good\n", r"ratings\.csv:2: the rating is 'good', no number"),
        ("user,item,time\na,1,soon\n", r"ratings\.csv:2: the time is 'soon'"),
        ("user,item,time\na,1,\n", r"ratings\.csv:2: the time is ''"),
        ("user,item\na,chess\n", r"ratings\.csv:2: 'chess' is the title of several items"),
        ("user,item\na,9\n", r"ratings\.csv: no row rates an item of the table \(the first is '9'\)"),
        ("user,item\n", r"ratings\.csv: no row rates an item"),
        ("user,item\na\n", r"ratings\.csv:2: the row has 1 values"),
    ],
)
def test_faults(content: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


def test_ragged_rows_are_counted_when_that_is_asked_for(tmp_path: Path) -> None:
    found = read(tmp_path, "user,item\na\na,1\n", lenient=True)
    assert found.dropped == {"rows of ratings with too many or too few values": 1}

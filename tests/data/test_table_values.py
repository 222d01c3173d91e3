"""Numbers, dates and answers as people write them, and numbers as a few readable values."""

from __future__ import annotations

import datetime
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.data.readers.table_bins import MAX_PLAIN, NUM_BINS, bins_of
from ccrs.data.readers.table_values import (
    Number,
    parse_date,
    parse_number,
    parse_time,
    parse_year,
    parse_yes_or_no,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", Number(30)),
        ("-2.5", Number(-2.5)),
        ("+7", Number(7)),
        ("1,234", Number(1234)),
        ("29,99", Number(29.99)),
        ("1,234.50", Number(1234.5)),
        ("1.234,50", Number(1234.5)),
        ("1.234.567", Number(1234567)),
        ("1 234", Number(1234)),
        ("1\u202f234,5", Number(1234.5)),
        ("1'234", Number(1234)),
        ("2e3", Number(2000)),
        ("$29.99", Number(29.99, "$")),
        ("US$ 5", Number(5, "US$")),
        ("EUR 5", Number(5, "EUR")),
        ("29,99 €", Number(29.99, "", "€")),
        ("30 min", Number(30, "", "min")),
        ("30min", Number(30, "", "min")),
        ("50%", Number(50, "", "%")),
        ("3 players", Number(3, "", "players")),
    ],
)
def test_numbers(text: str, expected: Number) -> None:
    assert parse_number(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A4",
        "3D",
        "1990s",
        "2-4",
        "4.5/5",
        "=1+1",
        "+cmd",
        "@1",
        "inf",
        "nan",
        "1e999",
        "1.2.3",
        "-",
        ".",
        "12 34",
    ],
)
def test_no_numbers(text: str) -> None:
    assert parse_number(text) is None


def test_no_text_makes_it_slow() -> None:
    started = time.perf_counter()
    for text in (
        "1" * 100_000,
        "1 " * 50_000,
        "1," * 50_000,
        "$" * 100_000,
        " " * 100_000,
        "1" + " " * 99_999,
    ):
        parse_number(text)
        parse_date(text)
        parse_time(text)
    assert time.perf_counter() - started < 1


@given(st.text(max_size=30))
def test_any_text_is_read_or_not(text: str) -> None:
    number = parse_number(text)
    assert number is None or abs(number.value) < float("inf")
    parse_date(text)
    parse_year(text)
    parse_yes_or_no(text)
    parse_time(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-05-17", (2019, 5, 17)),
        ("2019/5/7", (2019, 5, 7)),
        ("2019-05", (2019, 5, 1)),
        ("2019-05-17T10:00:00Z", (2019, 5, 17)),
        ("17.05.2019", (2019, 5, 17)),
        ("5/17/2019", (2019, 5, 17)),
        ("5/7/2019", (2019, 7, 5)),
        ("2019-13-45", None),
        ("2019", None),
        ("0000-01-01", None),
    ],
)
def test_dates(text: str, expected: tuple[int, int, int] | None) -> None:
    assert parse_date(text) == (None if expected is None else datetime.date(*expected))


def test_years_answers_and_times() -> None:
    said = ("1995", "1995.0", "2019-05-17", "0", "-3000", "12345", "soon", "$5")
    assert [parse_year(text) for text in said] == [1995, 1995, 2019, None, None, None, None, None]
    answers = ("yes", "FALSE", "In stock", "out_of_stock", "12", "0", "maybe")
    assert [parse_yes_or_no(text) for text in answers] == [True, False, True, False, True, False, None]
    times = ("881250949", "1970-01-02", "1970-01-01T00:00:10+00:00", "1970-01-01 01:00", "soon")
    assert [parse_time(text) for text in times] == [881250949.0, 86400.0, 10.0, 3600.0, None]


def test_few_whole_numbers_stay_as_they_are() -> None:
    bins = bins_of([float(number % MAX_PLAIN) for number in range(100)], after="players")
    assert bins.name(3.0) == "3 players"


def test_many_numbers_become_ranges_with_round_edges() -> None:
    minutes = [float(number) for number in (5, 10, 15, 20, 30, 30, 40, 45, 60, 60, 75, 90, 120, 180, 240)] * 5
    bins = bins_of(minutes)
    assert all(edge == round(edge) and edge % 5 == 0 for edge in bins.edges)
    names = [bins.name(edge) for edge in bins.edges]
    first, second = (str(int(edge)) for edge in bins.edges[:2])
    assert bins.name(5.0) == f"under {first}"
    assert names[0] == f"{first} to {second}"
    assert bins.name(240.0) == f"over {int(bins.edges[-1])}"
    assert bins.name(bins.edges[-1]).endswith(f"to {int(bins.edges[-1])}")
    assert bins_of([10.0, 20.5, 31.0, 42.0, 53.0, 64.0, 75.0] * 9, before="$").name(1.0).startswith("under $")


def test_one_value_that_many_have_is_a_range_of_its_own() -> None:
    bins = bins_of([0.0] * 200 + [float(number) for number in range(1, 30)])
    assert bins.name(0.0) == "under 1"
    assert bins.name(1.0) != "under 1"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60))
def test_ranges_cover_every_number_in_order(values: list[float]) -> None:
    bins = bins_of(values)
    names = [bins.name(value) for value in sorted(values)]
    assert [name for name, _ in itertools.groupby(names)] == list(dict.fromkeys(names))
    assert len(bins.edges) < NUM_BINS
    if not bins.edges:
        assert len(set(values)) <= MAX_PLAIN
    else:
        assert len(set(names)) >= 2

"""What is kept around entities is bounded and does not hang on the order of the dump."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.core.errors import DataError
from ccrs.data.graph_building.neighbourhood import Neighbourhood, Row

ROWS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("rs"), st.sampled_from("abcdefgh")), max_size=60
)


def kept(rows: list[Row], limit: int, wanted: str = "abc", most: int = 1000) -> Neighbourhood:
    near = Neighbourhood(limit, most)
    for row in rows:
        ends = tuple(end for end in dict.fromkeys((row[0], row[2])) if end in wanted)
        if ends:
            near.add(row, ends)
    near.finish()
    return near


@given(ROWS, st.integers(1, 6), st.integers(8, 60), st.randoms(use_true_random=False))
def test_the_order_does_not_matter_and_limits_hold(
    rows: list[Row], limit: int, most: int, shuffler: random.Random
) -> None:
    near = kept(rows, limit, most=most)
    mixed = rows.copy()
    shuffler.shuffle(mixed)
    again = kept(mixed, limit, most=most)
    for entity in "abc":
        own = {row for row in rows if entity in (row[0], row[2])}
        assert set(near.of(entity)) <= own
        assert len(set(near.of(entity))) == min(len(own), near.limit)
    assert near.limit == again.limit
    assert near.rows() == again.rows()
    wanted = [row for row in rows if not {row[0], row[2]}.isdisjoint("abc")]
    if len(wanted) == len(set(wanted)):  # what comes twice may be cut twice
        assert near.cut == len(set(wanted) - near.rows())


def test_duplicates_are_counted() -> None:
    near = kept([("a", "r", "b"), ("a", "r", "b"), ("b", "r", "a"), ("a", "r", "a")], 9)
    assert near.duplicates == 1
    assert near.rows() == {("a", "r", "b"), ("b", "r", "a"), ("a", "r", "a")}


def test_too_many_for_memory_halve_the_limit_then_are_refused() -> None:
    rows = [(entity, "r", f"x{number}") for number in range(8) for entity in "abcd"]
    near = kept(rows, 8, "abcd", most=20)
    assert near.limit == 4
    assert [len(list(near.of(entity))) for entity in "abcd"] == [4] * 4
    with pytest.raises(DataError, match=r"More than 3 entities .* --relations"):
        kept(rows, 8, "abcd", most=3)


def test_memory_does_not_grow_with_a_hub() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        near = Neighbourhood(50)
        for number in range(count):
            near.add((f"http://dbpedia.org/resource/Village_{number}", "country", "France"), ("France",))
        near.finish()
        assert len(near.rows()) == 50
        assert near.cut == count - 50
        high = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return high

    assert peak(50_000) < peak(5_000) + (1 << 20)

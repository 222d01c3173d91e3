"""Ids seen before: as a dictionary remembers them, in a few bytes each."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from ccrs.data.seen_ids import SeenIds


@given(st.lists(st.text(max_size=3), max_size=200))
def test_it_remembers_what_a_dictionary_remembers(names: list[str]) -> None:
    seen, known = SeenIds(), dict[str, int]()
    for number, name in enumerate(names, start=1):
        assert seen.add(name, number) == known.get(name, 0)
        known.setdefault(name, number)
        assert len(seen) == len(known)


def test_tables_that_grew_have_lost_nothing() -> None:
    seen = SeenIds()
    assert not any(seen.add(f"d{number}", number) for number in range(1, 20_001))
    assert len(seen) == 20_000
    assert [seen.add(f"d{number}", 1) for number in (1, 2, 777, 20_000)] == [1, 2, 777, 20_000]
    assert seen.add("d20001", 9) == 0


def test_an_id_takes_few_bytes_however_long_it_is() -> None:
    tracemalloc.start()
    try:
        seen = SeenIds()
        for number in range(1, 5_001):
            seen.add(f"{number}" * 50, number)
        current, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert current < 48 * 5_000 + 4_096  # two numbers of 8 bytes, in a table that is a third full or more

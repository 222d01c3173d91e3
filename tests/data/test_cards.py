"""What a shop says of its items, kept in a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.cards import ItemCard, numbers_of, unavailable_items
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity
from ccrs.data.cards import read_cards, write_cards

CATALOGUE = Catalogue(
    (
        Entity("a", "game", "A", is_item=True),
        Entity("b", "game", "B", is_item=True),
        Entity("p", "person", "P"),
    )
)
TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CARDS = st.builds(
    ItemCard,
    TEXT,
    TEXT,
    TEXT,
    st.booleans(),
    TEXT,
    st.dictionaries(st.text("ab "), st.floats(allow_nan=False, allow_infinity=False), max_size=3),
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from("ab"), CARDS))
def test_what_is_written_is_read(tmp_path: Path, cards: dict[str, ItemCard]) -> None:
    write_cards(tmp_path / "cards.jsonl", cards)
    assert read_cards(tmp_path / "cards.jsonl", CATALOGUE) == cards


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('["a"]', "is not a card"),
        ('{"id":1}', "is not a card"),
        ('{"id":"a","colour":"red"}', "is not a card"),
        ('{"id":"a","url":1}', "has a value of a wrong type"),
        ('{"id":"a","available":"no"}', "has a value of a wrong type"),
        ('{"id":"a","numbers":{"x":"1"}}', "has a value of a wrong type"),
        ('{"id":"a","numbers":{"x":NaN}}', "has a value of a wrong type"),
        ('{"id":"a","numbers":{"x":1' + "0" * 400 + "}}", "has a value of a wrong type"),
        ('{"id":"p"}', "item 'p' is not in the catalogue"),
        ('{"id":"b"}', "item 'b' has two cards"),
    ],
)
def test_a_broken_file_is_named_with_its_line(line: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "cards.jsonl"
    path.write_text('{"id":"b"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"cards\.jsonl:2: .*{problem}"):
        read_cards(path, CATALOGUE)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_cards(tmp_path / "none", CATALOGUE)
    (tmp_path / "latin").write_bytes(b'{"id":"\xe9"}\n')
    with pytest.raises(DataError, match="is not UTF-8"):
        read_cards(tmp_path / "latin", CATALOGUE)


def test_what_is_asked_of_cards() -> None:
    cards = {"a": ItemCard(available=False), "b": ItemCard(numbers={"price": 3})}
    assert unavailable_items(cards) == {"a"}
    assert numbers_of(cards) == {"b": {"price": 3}}
    assert ItemCard().says_nothing
    assert not cards["a"].says_nothing

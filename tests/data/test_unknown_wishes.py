"""What is asked for and the catalogue has no word for is told; what it has, and ordinary words, are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.core.graph import Catalogue, Entity
from ccrs.data.linking import Linker
from ccrs.data.unknown_wishes import PRICES, UnknownWishes
from tests.fixtures import games

RELATIONS = ("designer", "mechanic", "theme")
WISHES = UnknownWishes(games.catalogue(), RELATIONS)
LINKER = Linker(games.catalogue())


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("do you have laptops?", ["laptops"]),
        ("I want something with dragons", ["dragons"]),
        ("any good headphones?", ["headphones"]),
        ("Show me a Kitchenaid", ["Kitchenaid"]),
        ("do you have a cooperative game?", []),
        ("a floor game with a timer", ["floor game"]),
        ("what about dungeon games?", ["dungeon games"]),
        ("I love that game", []),
        ("the longest game you have", []),
        ("i want to buy a dining table", ["dining"]),
        ("Something cheaper, please", ["prices"]),
        ("under 20 euros", ["prices"]),
        ("something with drafting", []),
        ("any sea themes?", []),
        ("I need a present for my sister", []),
        ("I want a board game", []),
        ("anything for 4 players", []),
        ("looking for something by Uwe Rosenberg", []),
        ("I have a zeppelin", []),  # nobody asks for one
    ],
)
def test_what_nobody_here_has(text: str, unknown: list[str]) -> None:
    assert [one.name for one in WISHES.find(text, LINKER.link(text))] == unknown


def test_prices_are_known_where_there_are_any() -> None:
    assert UnknownWishes(games.catalogue(), RELATIONS, has_prices=True).find("a cheaper one?", ()) == ()


def test_films_are_asked_for_in_any_words() -> None:
    of_films = UnknownWishes(Catalogue((Entity("a", "movie", "Alien", is_item=True),)), ["director"])
    assert of_films.find("any good tearjerkers with swordfights?", ()) == ()


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    for one in WISHES.find(text, ()):
        assert one.name in (PRICES, text[one.start : one.end])

"""Amounts become bounds on the numbers of a catalogue, and last until they are replaced or let go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.core.hearing import Constraints, NumberRange
from ccrs.data.understanding.amounts import Amounts
from tests.fixtures.games import NUMBERS, hear

PRICE, TIME, LEAST, MOST = "price", "playing time", "min players", "max players"
SAID = [
    ("something under 30 euros", {PRICE: (None, 30)}),
    ("under $20 please", {PRICE: (None, 20)}),
    ("I can spend up to £40", {PRICE: (None, 40)}),
    ("between 20 and 50 dollars", {PRICE: (20, 50)}),
    ("19.99€ or less", {PRICE: (None, 19.99)}),
    ("price below 40", {PRICE: (None, 40)}),
    ("over 1,000 dollars", {PRICE: (1000, None)}),
    ("around 30 bucks", {PRICE: (24, 36)}),
    ("about 100 euros max", {PRICE: (None, 100)}),
    ("under 25", {PRICE: (None, 25)}),
    ("for 4 players", {LEAST: (None, 4), MOST: (4, None)}),
    ("a game for two players", {LEAST: (None, 2), MOST: (2, None)}),
    ("5 people", {LEAST: (None, 5), MOST: (5, None)}),
    ("at least 4 players", {MOST: (4, None)}),
    ("2-4 players", {LEAST: (None, 4), MOST: (2, None)}),
    ("at most an hour", {TIME: (None, 60)}),
    ("half an hour", {TIME: (None, 30)}),
    ("no longer than 2 hours", {TIME: (None, 120)}),
    ("30 minutes or less", {TIME: (None, 30)}),
    ("a 45 minute game", {TIME: (None, 45)}),
    ("90+ minutes", {TIME: (90, None)}),
    ("no longer than 30 minutes", {TIME: (None, 30)}),
    ("not longer than an hour", {TIME: (None, 60)}),
    ("for 3 players and under 40 dollars", {LEAST: (None, 3), MOST: (3, None), PRICE: (None, 40)}),
    # Numbers that count nothing here.
    ("from the 90s", {}),
    ("I liked Pandemic (2008)", {}),
    ("I have 3 brothers", {}),
    ("I want 5 games", {}),
    ("I played it 10 times", {}),
    ("after 2010", {}),
]


@pytest.mark.parametrize(("text", "bounds"), SAID)
def test_amounts(text: str, bounds: dict[str, tuple[float | None, float | None]]) -> None:
    found = {one.name: (one.low, one.high) for one in Amounts(NUMBERS).read(text.lower(), ())}
    assert found == {name: pytest.approx(bound) for name, bound in bounds.items()}


def test_of_several_lengths_the_adjective_tells_which() -> None:
    amounts = Amounts({"lamp": {"height": 60.0, "width": 30.0, "price": 20.0}})
    for said, found in (
        ("at least 150 cm high", NumberRange("height", 150.0, None)),
        ("taller than 150 cm", NumberRange("height", 150.0, None)),
        ("not taller than 30cm", NumberRange("height", None, 30.0)),
        ("wider than 20 cm", NumberRange("width", 20.0, None)),
        ("20 cm wide or less", NumberRange("width", None, 20.0)),
    ):
        assert amounts.read(said, ()) == (found,), said


def test_superlatives() -> None:
    amounts = Amounts(NUMBERS)
    assert amounts.extreme("the Cheapest one, please") == (PRICE, True)
    assert amounts.read("your most expensive game", ()) == ()
    assert amounts.extreme("your most expensive game") == (PRICE, False)
    assert amounts.extreme("the longest") == (TIME, False)
    assert amounts.extreme("the heaviest") is None
    assert Amounts({}).extreme("the cheapest one") is None


def test_what_is_named_is_what_cheaper_is_measured_against() -> None:
    heard = hear("something like Azul but cheaper", shown=("mars",))
    (bound,) = heard.constraints.numbers
    assert bound.high == pytest.approx(32.0)


def test_cheap_and_cheaper_are_measured_against_the_catalogue_and_what_was_shown() -> None:
    amounts = Amounts(NUMBERS)
    assert amounts.read("something cheap", ()) == (
        NumberRange(PRICE, None, 30.0),
    )  # the third of seven prices
    (cheaper,) = amounts.read("cheaper please", ("azul", "catan"))
    assert cheaper.low is None
    assert cheaper.high == pytest.approx(32.0)
    assert cheaper.high is not None
    assert cheaper.high < 32.0
    assert amounts.read("cheaper please", ()) == ()


def test_bounds_last_until_replaced_or_let_go() -> None:
    first = hear("a cooperative game under 40 dollars").constraints
    assert first.numbers == (NumberRange(PRICE, None, 40.0),)
    second = hear("for 2 players", first).constraints
    assert {one.name for one in second.numbers} == {PRICE, LEAST, MOST}
    third = hear("for 5 players, please", second).constraints
    assert {one.name: (one.low, one.high) for one in third.numbers} == {
        PRICE: (None, 40.0),
        LEAST: (None, 5.0),
        MOST: (5.0, None),
    }
    assert {one.name for one in hear("the price does not matter", third).constraints.numbers} == {LEAST, MOST}
    assert hear("anything is fine", third).constraints == Constraints()


def test_a_catalogue_without_numbers_has_no_amounts() -> None:
    assert Amounts({}).after((), "under 30 dollars for 2 players", ()) == ()


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    for one in Amounts(NUMBERS).after((), text, ("catan",)):
        assert one.name in {PRICE, TIME, LEAST, MOST}
        assert one.low is not None or one.high is not None

"""The cards of a run in the service: beneath what the store says, and items that are not to be had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ccrs.core.cards import ItemCard
from ccrs.core.errors import DataError
from ccrs.core.hearing import Constraints, NumberRange
from ccrs.serving.schemas import Filters, NumberBounds
from ccrs.serving.store.records import ItemRecord
from ccrs.serving.world import LoadedRun, World
from tests.fixtures.tiny_run import TinyRun

HEAT, SPEED = "heat-1995", "speed-1994"
CARDS = {
    HEAT: ItemCard(
        "https://x.org/heat", "https://x.org/heat.png", "3 €", True, "Cops and robbers.", {"price": 3}
    ),
    SPEED: ItemCard(price="4 €", available=False),
}


@pytest.fixture(scope="module")
def loaded(talking_run: TinyRun) -> LoadedRun:
    found = LoadedRun.load(Path(talking_run.run))
    return replace(found, run=replace(found.run, cards=CARDS))


def world(loaded: LoadedRun, *records: ItemRecord) -> World:
    return World(loaded, records, lambda _: {})


@pytest.fixture(scope="module")
def shop(loaded: LoadedRun) -> World:
    """With nothing in its store."""
    return world(loaded)


def test_a_card_is_what_the_run_says(shop: World) -> None:
    card = shop.cards.card(HEAT)
    assert (card.url, card.image, card.price, card.available, card.plot) == (
        "https://x.org/heat",
        "https://x.org/heat.png",
        "3 €",
        True,
        "Cops and robbers.",
    )


def test_what_the_store_says_goes_before(loaded: LoadedRun) -> None:
    put = ItemRecord(HEAT, "Heat", 1995, "movie", price="5 €", available=False)
    card = world(loaded, put).cards.card(HEAT)
    assert (card.price, card.available, card.url) == ("5 €", False, "https://x.org/heat")


def test_items_that_are_not_to_be_had_are_hidden_unless_asked_for(shop: World, loaded: LoadedRun) -> None:
    assert shop.hidden(None) == {SPEED}
    assert shop.hidden(Filters(available_only=False)) == frozenset()
    back = ItemRecord(SPEED, "Speed", 1994, "movie", available=True)
    assert world(loaded, back).hidden(None) == frozenset()


def test_the_text_of_a_card_is_told(shop: World, loaded: LoadedRun) -> None:
    assert "Cops and robbers." in shop.talker.facts.plots[HEAT]
    put = ItemRecord(HEAT, "Heat", 1995, "movie", plot="Another text.")
    assert world(loaded, put).talker.facts.plots[HEAT] == "Another text."


def test_a_filter_bounds_the_numbers_of_the_cards(shop: World) -> None:
    wanted = shop.constraints(Filters(numbers=[NumberBounds(name="price", high=3.5)]))
    assert wanted == Constraints(numbers=(NumberRange("price", None, 3.5),))
    allowed = shop.talker.recommender.filter.allowed(wanted)
    assert [shop.run.catalogue.entities[item].id for item in allowed.nonzero()[:, 0].tolist()] == [HEAT]


def test_a_filter_may_name_alternatives(shop: World) -> None:
    wanted = shop.constraints(Filters(any_of=[["crime", "comedy"]]))
    allowed = shop.talker.recommender.filter.allowed(wanted)
    each = [
        shop.talker.recommender.filter.allowed(shop.constraints(Filters(wanted=[g])))
        for g in ("crime", "comedy")
    ]
    assert bool(allowed.any())
    assert allowed.tolist() == (each[0] | each[1]).tolist()


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        (NumberBounds(name="prise"), "Did you mean 'price'"),
        (NumberBounds(name="price", low=3, high=2), "low = 3 is above high = 2"),
    ],
)
def test_bounds_that_mean_nothing_are_refused(shop: World, bounds: NumberBounds, told: str) -> None:
    with pytest.raises(DataError, match=told):
        shop.constraints(Filters(numbers=[bounds]))

"""Questions of fact are answered from graph and cards alone."""

from __future__ import annotations

import pytest

from ccrs.core.cards import ItemCard
from ccrs.core.hearing import Question
from ccrs.data.filling import Filler
from ccrs.inference.answers import Stated
from ccrs.inference.facts import NOT_KNOWN, FactTeller
from tests.fixtures import games

CARDS = {
    "catan": ItemCard(
        url="https://games.example/catan",
        price="35 €",
        numbers={"playing time": 75.0, "price": 35.0},
        text="Trade and build.",
    ),
    "mars": ItemCard(available=False),
    "azul": ItemCard(numbers={"playing time": 37.5}),
}


@pytest.fixture(scope="module")
def teller() -> FactTeller:
    catalogue, triples = games.catalogue(), games.triples()
    relations = ["designer", "mechanic", "theme", "price", "playing time", "designer of"]
    return FactTeller(catalogue, Filler(catalogue, triples), relations, cards=CARDS)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Question("relation", ("catan",), "designer"), "The designer of Catan (1995) is Klaus Teuber."),
        (Question("relation", ("catan",), "price"), "The price of Catan (1995) is 35 €."),
        (Question("relation", ("azul",), "playing time"), "The playing time of Azul (2017) is 37.5."),
        (Question("relation", ("azul",), "price"), "I do not know the price of Azul (2017)."),
        (Question("year", ("azul",)), "Azul (2017) is from 2017."),
        (Question("plot", ("catan",)), "Catan (1995): Trade and build."),
        (
            Question("facts", ("azul",), entity="theme:art"),
            "Yes: art is theme of Azul (2017).",
        ),
        (
            Question("facts", ("azul",), entity="theme:sea"),
            "No, not that I know: sea is not linked to Azul (2017).",
        ),
        (Question("values", (), "theme"), "Of themes there are sea, art, medicine, space and farming."),
        (Question("values", (), "price"), "I know of no price."),
        (Question("other", ("catan",)), "I cannot say that of Catan (1995): its facts do not tell."),
        (Question("other", ()), "I cannot say: I only know what stands in the catalogue."),
        (Question("year", ()), NOT_KNOWN),
        (Question("available", ("azul",)), "Yes, Azul (2017) is available."),
        (Question("available", ("mars",)), "Terraforming Mars (2016) is not available."),
        (Question("link", ("catan",)), "Catan (1995): https://games.example/catan"),
        (Question("link", ("azul",)), "I do not know where Azul (2017) can be had."),
    ],
)
def test_answers(teller: FactTeller, question: Question, said: str) -> None:
    assert teller.answer(question)[0] == said


def test_what_is_stated_is_told(teller: FactTeller) -> None:
    assert teller.answer(Question("relation", ("catan",), "theme"))[1] == (
        Stated("Catan (1995)", "theme", "sea"),
    )
    assert teller.answer(Question("values", (), "theme"))[1] == ()

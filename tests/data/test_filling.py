"""Slots back to words: different films, values that are true, articles that fit, None where it cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.data.filling import Filled, Filler, Films, Statement
from ccrs.data.slots import Slotter
from tests.fixtures.films import CATALOGUE, FACTS, TRIPLES, index

FILLER = Filler(CATALOGUE, TRIPLES)
OFFERED, NAMED = ("alien", "heat", "jaws"), ("up", "mute")


def fill(slotted: str, offered: tuple[str, ...] = OFFERED, named: tuple[str, ...] = NAMED) -> Filled | None:
    return FILLER.fill(slotted, Films([index(n) for n in offered], [index(n) for n in named]))


@pytest.mark.parametrize(
    ("slotted", "expected"),
    [
        ("Seen [item]?", "Seen Alien (1979)?"),
        ("[item] or [item]", "Alien (1979) or Heat (1995)"),
        ("Like [named], try [item]", "Like Up (2009), try Alien (1979)"),
        ("[named] and [named]", "Up (2009) and Mute"),  # the latest first
        ("[item] by [director]", "Alien (1979) by Ridley Scott"),
        ("[director] made [item]", "Ridley Scott made Alien (1979)"),
        (
            "[item] ([director]), [item] ([director])",
            "Alien (1979) (Ridley Scott), Heat (1995) (Michael Mann)",
        ),
        ("[item] with [actor] and [actor]", "Alien (1979) with Sigourney Weaver and John Hurt"),
        ("It is a [genre]", "It is a comedy"),  # no film in the reply: the latest named
        (
            "It is a great [genre]. Seen [item]?",
            "It is a great comedy. Seen Alien (1979)?",
        ),  # it: the latest named
        ("It is a [genre] [break] Seen [item]?", "It is a comedy\nSeen Alien (1979)?"),
        (
            "A great [genre] is [item].",
            "A great horror is Alien (1979).",
        ),  # in one sentence: the film that follows
        ("[item] is a [genre] movie", "Alien (1979) is a horror movie"),
        ("[item], [item] is a [genre] movie", "Alien (1979), Heat (1995) is an action movie"),
        ("An [genre] movie: [item]", "A horror movie: Alien (1979)"),
        ("a  [genre]  film, [named]", "a comedy film, Up (2009)"),
        ("[item] is from [year], the [era]", "Alien (1979) is from 1979, the 1970s"),
        ("an [era] film: [item]", "a 1970s film: Alien (1979)"),
        ("Hi! [break] Seen [item]?", "Hi!\nSeen Alien (1979)?"),
        ("[break] Hi [break]", "Hi"),
        ("No slot: a owl", "No slot: a owl"),  # words of the model's own are left alone
    ],
)
def test_filling(slotted: str, expected: str) -> None:
    filled = fill(slotted)
    assert filled is not None
    assert filled.text == expected


@pytest.mark.parametrize(
    "slotted",
    [
        "[item] [item] [item] [item]",
        "[named] [named] [named]",
        "[item] by [director] and [director]",  # Alien has one
        "[named], [named] by [director]",  # Mute has none
        "[named], [named] of [year]",
        "[item] or [item]. Both are great [genre] movies.",  # no genre in common
        "[item], [item], [item] by [director]",
        "[seeker] [item]",
        "[start]",
        "[unheard of]",
    ],
)
def test_what_cannot_be_filled_is_none(slotted: str) -> None:
    assert fill(slotted) is None


def test_facts_of_no_film_are_none() -> None:
    assert fill("a [genre]", named=()) is None
    assert fill("[year]", named=()) is None
    assert fill("[item]", offered=()) is None


def test_what_is_said_is_told() -> None:
    filled = fill("[break] [named]? [item] by [director], a [genre] of [year]")
    assert filled is not None
    alien = index("alien")
    assert filled.items == (index("up"), alien)
    assert filled.statements == (
        Statement(alien, "director", "Ridley Scott"),
        Statement(alien, "genre", "horror"),
        Statement(alien, "year", "1979"),
    )
    assert filled.words == "[item]? [item] by Ridley Scott, a horror of 1979"


def test_the_preference_comes_first() -> None:
    films = Films([index("heat")], [])
    filled = FILLER.fill(
        "[item], a [genre], a [genre]", films, lambda item, relation: FILLER.values(item, relation)[::-1]
    )
    assert filled is not None
    assert filled.text == "Heat (1995), a thriller, an action"


def test_fillable_slots_are_those_that_can_be_filled() -> None:
    for entity in CATALOGUE.items:
        item = index(entity.id)
        slots = FILLER.fillable(item)
        for slot in Slotter(CATALOGUE, TRIPLES).tokens[2:]:
            filled = FILLER.fill(f"[item] {slot}", Films([item], []))
            assert (filled is not None) == (slot in slots), (entity.id, slot)


def test_a_title_in_brackets_is_no_slot() -> None:
    filled = fill("See [item] ([year])", offered=("rec",))
    assert filled is not None
    assert filled.text == "See [Rec] (2007) (2007)"
    assert filled.words == "See [item] (2007)"


@given(
    st.lists(
        st.sampled_from([*Slotter(CATALOGUE, TRIPLES).tokens, "[break]", "a ", "an", "good", "."]), max_size=9
    )
)
def test_every_statement_holds_and_films_differ(parts: list[str]) -> None:
    filled = fill(" ".join(parts))
    if filled is None:
        return
    offered = [item for item in filled.items if item in {index(n) for n in OFFERED}]
    assert offered == [index(n) for n in OFFERED[: parts.count("[item]")]]
    assert len(filled.items) == len(set(filled.items)) == parts.count("[item]") + parts.count("[named]")
    for statement in filled.statements:
        item = CATALOGUE.entities[statement.item]
        if statement.relation in ("year", "era"):
            assert statement.value.startswith(str(item.year)[:3])
        else:
            ids = [e.id for e in CATALOGUE.entities if e.name.lower() == statement.value.lower()]
            assert (item.id, statement.relation, ids[0]) in FACTS
            assert statement.value in filled.text
    assert "  " not in filled.text
    assert "\x00" not in filled.text + filled.words
    assert "[break]" not in filled.text + filled.words

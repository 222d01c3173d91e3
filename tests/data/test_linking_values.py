"""A catalogue that is not about films: entities of every type are linked, with the evidence their words need."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccrs.core.graph import Catalogue, Entity
from ccrs.data.linking import Linker


def product(identity: str, name: str, year: int | None = None, kind: str = "board game") -> Entity:
    return Entity(identity, kind, name, is_item=True, year=year)


VALUES = {
    "colour": ("red", "light blue", "grey"),
    "material": ("wood", "leather"),
    "brand": ("Next", "Made Up", "Blue Orange", "Nordhem"),
    "mechanism": ("cooperative", "deck building", "reading", "over"),
    "players": ("4", "2 to 4 players"),
    "size": ("M",),
    "genre": ("science fiction", "war", "family"),
    "person": ("Homer", "Reiner Knizia", "Next"),
    "new": ("yes", "no"),
    "subject": ("love", "hunting"),
    "category": ("chair", "dining table", "board game"),
}
CATALOGUE = Catalogue(
    (
        product("go", "Go"),
        product("set", "Set"),
        product("it", "It", 2017),
        product("pandemic", "Pandemic", 2008),
        product("legacy", "Pandemic Legacy", 2015),
        product("red-item", "Red"),
        product("oak", "Wood Dining Table"),
        product("peace", "War and Peace"),
        *(Entity(f"{kind}:{name}", kind, name) for kind, names in VALUES.items() for name in names),
    )
)
LINKER = Linker(CATALOGUE)


def found(text: str, linker: Linker = LINKER) -> list[tuple[str, str]]:
    return [(mention.entity, text[mention.start : mention.end]) for mention in linker.link(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # what a value says is typed in lower case
        ("something red", [("colour:red", "red")]),
        (
            "a light blue one of leather",
            [("colour:light blue", "light blue"), ("material:leather", "leather")],
        ),
        ("wooden, Gray", [("material:wood", "wooden"), ("colour:grey", "Gray")]),
        (
            "co-operative, coop and deckbuilding",
            [
                ("mechanism:cooperative", "co-operative"),
                ("mechanism:cooperative", "coop"),
                ("mechanism:deck building", "deckbuilding"),
            ],
        ),
        ("chairs", [("category:chair", "chairs")]),
        ("sci-fi", [("genre:science fiction", "sci-fi")]),
        ("about war", [("genre:war", "war")]),
        ("2-4 players", [("players:2 to 4 players", "2-4 players")]),
        ("4 players in size M", [("players:4", "4 players"), ("size:M", "size M")]),
        # nothing that is no value here: function words, numbers, what says nothing, the word for all items
        ("is it over? yes, no, 4", []),
        ("I want a board game", []),
        # no verbs, and no family of one's own
        ("I love my family", []),
        ("about love, for the family", [("subject:love", "love"), ("genre:family", "family")]),
        # names that somebody gave need capitals where they are ordinary words
        ("what is next? it was made up", []),
        ("one from Next or Made Up", [("person:Next", "Next"), ("brand:Made Up", "Made Up")]),
        ("nordhem", [("brand:Nordhem", "nordhem")]),
        # people, with one name too
        (
            "by homer, by reiner knizia",
            [("person:Homer", "homer"), ("person:Reiner Knizia", "reiner knizia")],
        ),
        ("a homer", []),
        # titles need more than values
        ("I go and set it up", []),
        ("we played Go; the game set, a game called it", [("go", "Go"), ("set", "set"), ("it", "it")]),
        ("It (2017)", [("it", "It (2017)")]),
        ("pandemic legacy", [("legacy", "pandemic legacy")]),
        ("I love the Red", [("red-item", "Red")]),
        ("a wood dining table", [("material:wood", "wood"), ("category:dining table", "dining table")]),
        ("the Wood Dining Table", [("oak", "Wood Dining Table")]),
        ("war and peace", [("peace", "war and peace")]),
    ],
)
def test_what_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_of_values_of_one_name_the_one_that_more_items_have_is_meant() -> None:
    twins = Catalogue((product("a", "A"), Entity("x", "theme", "space"), Entity("y", "setting", "space")))
    assert found("space", Linker(twins)) == [("x", "space")]
    assert found("space", Linker(twins, item_popularity={"y": 3, "x": 2})) == [("y", "space")]


def test_an_exact_value_is_meant_before_another_number_of_a_popular_one() -> None:
    both = Catalogue((product("a", "A"), Entity("x", "theme", "train"), Entity("y", "theme", "trains")))
    assert found("trains", Linker(both, item_popularity={"x": 9})) == [("y", "trains")]


@pytest.mark.parametrize("kind", ["film", "Movie"])
def test_of_films_only_people_and_genres_are_linked(kind: str) -> None:
    films = Catalogue(
        (product("a", "Heat", kind=kind), Entity("x", "keyword", "robbery"), Entity("g", "genre", "horror"))
    )
    assert found("a robbery, horror", Linker(films)) == [("g", "horror")]


def test_why_a_value_was_found() -> None:
    (link,) = LINKER.explain("wooden")
    assert (link.entity.name, link.way, link.by_year) == ("wood", "spelling", False)
    (link,) = LINKER.explain("pandemic (2008)")
    assert (link.way, link.by_year) == ("exact", True)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["brand", "colour", "person", "genre", "size", "!"]), st.text(max_size=12)),
        max_size=6,
    ),
    st.text(max_size=60),
)
def test_any_names_and_any_text_do_no_harm(values: list[tuple[str, str]], text: str) -> None:
    entities = [Entity(f"v{number}", kind, name) for number, (kind, name) in enumerate(values)]
    linker = Linker(Catalogue((product("a", text[:9], kind="thing"), *entities)), typos=True)
    end = 0
    for mention in linker.link(text + " ".join(name for _, name in values)):
        assert end <= mention.start < mention.end
        end = mention.end

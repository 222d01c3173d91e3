"""What people say of things that are no films is heard by the same rules."""

from __future__ import annotations

import pytest

from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.core.hearing import Constraints, SoFar
from ccrs.core.item_words import ItemWords, plural_of
from ccrs.data.linking import Linker
from ccrs.data.understanding.hearer import Hearer
from tests.fixtures.games import hear

WISHES = [
    ("I want a cooperative game", ("mechanic:cooperative",), ()),
    ("a board game about space", ("theme:space",), ()),
    ("do you have games by Matt Leacock?", ("leacock",), ()),
    ("something with drafting", ("mechanic:drafting",), ()),
    ("a cooperative board game about the sea", ("mechanic:cooperative", "theme:sea"), ()),
    ("no farming please", (), ("theme:farming",)),
    ("anything but cooperative games", (), ("mechanic:cooperative",)),
]


@pytest.mark.parametrize(("text", "wanted", "unwanted"), WISHES)
def test_wishes(text: str, wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> None:
    found = hear(text).constraints
    assert (set(found.wanted), set(found.unwanted)) == (set(wanted), set(unwanted))


def test_what_is_of_another_type_is_wanted_as_well() -> None:
    first = hear("a cooperative game").constraints
    second = hear("I want one about the sea", first).constraints
    assert set(second.wanted) == {"mechanic:cooperative", "theme:sea"}
    third = hear("about medicine instead", second).constraints
    assert set(third.wanted) == {"mechanic:cooperative", "theme:medicine"}


@pytest.mark.parametrize(
    ("text", "opinion"),
    [
        ("I already own Catan", "seen"),
        ("I have played Catan", "seen"),
        ("I bought Catan last year", "seen"),
        ("I love Catan", "like"),
        ("Catan is boring", "dislike"),
    ],
)
def test_opinions(text: str, opinion: str) -> None:
    assert opinion in hear(text).opinions["catan"]


def test_having_it_turns_an_offer_down() -> None:
    heard = hear("I already have it", shown=("catan",))
    assert "seen" in heard.opinions["catan"]
    assert hear("I own that game", shown=("catan",)).opinions["catan"] == {"seen"}


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("who designed Catan?", "designer"),
        ("who is the designer of Catan?", "designer"),
        ("what is the theme of Catan?", "theme"),
        ("which themes does Catan have?", "theme"),
        ("how heavy is Catan?", "weight"),
        ("how tall is Catan?", "height"),
    ],
)
def test_questions(text: str, relation: str) -> None:
    question = hear(text).question
    assert question is not None
    assert (question.items, question.relation) == (("catan",), relation)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("is Catan available?", "available"),
        ("is it in stock?", "available"),
        ("Is it still available?", "available"),
        ("give me the link", "link"),
        ("where can I buy it?", "link"),
        ("is it waterproof?", "other"),
        ("How long is the warranty on Catan?", "other"),
    ],
)
def test_whether_and_where_it_can_be_had(text: str, kind: str) -> None:
    question = hear(text, shown=("catan",)).question
    assert question is not None
    assert (question.kind, question.items) == (kind, ("catan",))


def test_what_is_asked_of_the_shop() -> None:
    question = hear("do you ship to Austria?", shown=("catan",)).question
    assert question is not None
    assert (question.kind, question.items) == ("other", ())
    assert hear("is there a shorter one?", shown=("catan",)).question is None
    assert hear("can you recommend a game?").question is None
    assert hear("is it possible to get something shorter?", shown=("catan",)).question is None


def test_or_joins_only_what_stands_beside_it() -> None:
    heard = hear("a cooperative game about art or space")
    assert heard.constraints.wanted == ("mechanic:cooperative",)
    assert heard.constraints.any_of == (("theme:art", "theme:space"),)
    assert hear("for 2 players", heard.constraints).constraints.any_of == heard.constraints.any_of
    assert hear("about medicine instead", heard.constraints).constraints.any_of == ()
    assert {name for name, said in heard.opinions.items() if "like" in said} == {"theme:art", "theme:space"}


def test_a_yes_or_no_question_about_a_value() -> None:
    question = hear("does it have drafting?", shown=("azul",)).question
    assert question is not None
    assert (question.items, question.entity) == (("azul",), "mechanic:drafting")


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("what themes do you have?", "theme"),
        ("which mechanics are there?", "mechanic"),
        ("Hi! What kinds of themes are available?", "theme"),
    ],
)
def test_what_there_is_to_choose_from(text: str, relation: str) -> None:
    question = hear(text).question
    assert question is not None
    assert (question.kind, question.items, question.relation) == ("values", (), relation)


def test_games_are_no_relation() -> None:
    assert hear("what games do you have?").question is None


def test_the_same_value_of_a_relation_is_wanted() -> None:
    heard = hear("another one with the same mechanic", shown=("pandemic",))
    assert heard.constraints.wanted == ("mechanic:cooperative",)
    assert heard.question is None
    assert hear("something with the same theme as Azul").constraints.wanted == ("theme:art",)
    assert hear("games by the same designer", shown=("azul",)).constraints.wanted == ("kiesling",)


def test_words_for_items() -> None:
    games = Catalogue(
        (Entity("a", "board game", "A", is_item=True), Entity("b", "Board Game", "B", is_item=True))
    )
    assert ItemWords.of(games) == ItemWords("board game", "board games")
    assert ItemWords.of(games).head == ("game", "games")
    assert ItemWords.of(Catalogue(())) == ItemWords("item", "items")
    assert [plural_of(noun) for noun in ("toy", "battery", "box", "dish")] == [
        "toys",
        "batteries",
        "boxes",
        "dishes",
    ]
    assert ItemWords("item", "items").one == "an item"
    assert not ItemWords("board game", "board games").are_films
    assert ItemWords("movie", "movies").are_films
    assert hear("hello").constraints == Constraints()


def _tagged() -> Hearer:
    """Films with tags that are verbs of taste elsewhere."""
    items = [Entity(f"f{n}", "movie", f"Film {n}", is_item=True) for n in range(2)]
    genres = [Entity(name, "genre", name) for name in ("horror", "comedy")]
    tags = [Entity(name, "keyword", name) for name in ("hate", "love", "space")]
    triples = [
        *(Triple("f0", "genre", genre.id) for genre in genres),
        *(Triple("f1", "keyword", tag.id) for tag in tags),
    ]
    catalogue = Catalogue((*items, *genres, *tags))
    return Hearer(catalogue, triples, Linker(catalogue))


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("I hate horror", set(), {"horror"}),
        ("we really love horror", {"horror"}, set()),
        ("I do not love horror", set(), {"horror"}),
        ("My kids hate horror", set(), {"horror"}),
        ("something about hate", {"hate"}, set()),
        ("I hate horror, a comedy please", {"comedy"}, {"horror"}),
        ("No horror, some comedy instead.", {"comedy"}, {"horror"}),
        ("I hate horror, comedy", set(), {"horror", "comedy"}),
        ("a love movie about space", {"love", "space"}, set()),
    ],
)
def test_tastes_beside_wishes(text: str, wanted: set[str], unwanted: set[str]) -> None:
    found = _tagged().hear(text, SoFar()).constraints
    assert (set(found.wanted), set(found.unwanted)) == (wanted, unwanted)

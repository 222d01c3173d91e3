"""Hard constraints: what they are, and how they add up, change and go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccrs.core.graph import Catalogue, Entity
from ccrs.core.hearing import Constraints, SoFar
from ccrs.data.linking import Linker
from ccrs.data.understanding.hearer import Hearer
from tests.fixtures import films
from tests.fixtures.understanding import hear, so_far

FRESH = [
    ("I want a comedy", "comedy", "", None, None),
    ("horror movies please", "horror", "", None, None),
    ("romantic comedies", "romance comedy", "", None, None),
    ("a rom-com", "romance comedy", "", None, None),
    ("some sci fi", "sci-fi", "", None, None),
    ("something scary", "horror", "", None, None),
    ("something funny", "comedy", "", None, None),
    ("something for the kids", "family", "", None, None),
    ("something for my 6 year old", "family", "", None, None),
    ("a movie with Tom Hanks", "hanks", "", None, None),
    ("directed by Nolan", "nolan", "", None, None),
    ("a comedy by James Cameron starring Tom Hanks", "comedy cameron hanks", "", None, None),
    ("I like comedies", "comedy", "", None, None),
    ("I like comedies and horror", "", "", None, None),
    ("I like Tom Hanks movies, any suggestions?", "hanks", "", None, None),
    ("I liked Tom Hanks in Moana", "", "", None, None),
    ("who else directs like that", "", "", None, None),
    ("something like Inception", "", "", None, None),
    ("Alien was a great horror movie", "", "", None, None),
    ("I saw a comedy yesterday", "", "", None, None),
    ("a space movie", "space", "", None, None),
    ("anything about zombies", "zombies", "", None, None),
    ("Star Wars movies", "saga", "", None, None),
    ("French movies", "france", "", None, None),
    ("no horror", "", "horror", None, None),
    ("no horror or romance", "", "horror romance", None, None),
    ("not animated", "", "animation", None, None),
    ("nothing scary", "", "horror", None, None),
    ("anything but romance", "", "romance", None, None),
    ("without Adam Sandler", "", "sandler", None, None),
    ("I hate horror", "", "horror", None, None),
    ("a comedy but no Adam Sandler", "comedy", "sandler", None, None),
    ("not Titanic please", "", "titanic97", None, None),
    ("from the 80s", "", "", 1980, 1989),
    ("1990s movies", "", "", 1990, 1999),
    ("the nineties", "", "", 1990, 1999),
    ("80's or 90's horror", "horror", "", 1980, 1999),
    ("early 2000s", "", "", 2000, 2004),
    ("after 2000", "", "", 2001, None),
    ("before 1980", "", "", None, 1979),
    ("since 1990", "", "", 1990, None),
    ("nothing before 1990", "", "", 1990, None),
    ("nothing newer than 2005", "", "", None, 2005),
    ("between 1990 and 1999", "", "", 1990, 1999),
    ("after 1990 but before 2000", "", "", 1991, 1999),
    ("a movie from 1994", "", "", 1994, 1994),
    ("nothing from the 80s", "", "d1980", None, None),
    ("something recent", "", "", 2011, None),
    ("an old movie", "", "", None, 1989),
    ("I grew up in the 80s", "", "", None, None),
    ("a space comedy", "space comedy", "", None, None),
    ("zombie horror", "zombies horror", "", None, None),
    ("a family comedy", "family comedy", "", None, None),
    ("a drama about a zombie", "drama zombies", "", None, None),
    ("just zombies then", "zombies", "", None, None),
    ("Is there a horror movie with Tom Hanks?", "horror hanks", "", None, None),
    ("are there any comedies by Nolan?", "comedy nolan", "", None, None),
    ("is there the odd comedy with him or Tom Hanks?", "comedy hanks", "", None, None),
    ("a comedy like that", "comedy", "", None, None),
    ("a movie where Tom Hanks plays", "hanks", "", None, None),
    ("something that isn't a comedy", "", "comedy", None, None),
    ("a drama that does not have zombies", "drama", "zombies", None, None),
    ("nothing violent about zombies", "", "zombies", None, None),
    ("everything but romance is fine", "", "romance", None, None),
    ("w/o Tom Hanks", "", "hanks", None, None),
    ("I want to be scared", "horror", "", None, None),
    ("made in the last century", "", "", 1900, 1999),
    ("from this century", "", "", 2000, None),
]
LATER: list[tuple[str, dict[str, object], Constraints]] = [
    ("from the 90s", {"wanted": ("comedy",)}, Constraints(("comedy",), (), 1990, 1999)),
    ("with Tom Hanks", {"wanted": ("comedy",)}, Constraints(("comedy", "hanks"))),
    ("actually a comedy instead", {"wanted": ("horror",)}, Constraints(("comedy",))),
    ("a thriller", {"wanted": ("comedy", "hanks")}, Constraints(("hanks", "thriller"))),
    ("make it more romantic", {"wanted": ("comedy",)}, Constraints(("comedy", "romance"))),
    ("also with some romance", {"wanted": ("comedy",)}, Constraints(("comedy", "romance"))),
    ("from the 90s", {"year_from": 1980, "year_to": 1989}, Constraints((), (), 1990, 1999)),
    ("no horror", {"wanted": ("horror",)}, Constraints((), ("horror",))),
    ("horror please", {"unwanted": ("horror",)}, Constraints(("horror",))),
    ("no romance", {"unwanted": ("horror",)}, Constraints((), ("horror", "romance"))),
    ("anything is fine", {"wanted": ("horror",), "year_from": 1990}, Constraints()),
    ("surprise me", {"wanted": ("comedy",), "unwanted": ("horror",)}, Constraints((), ("horror",))),
    ("any year", {"wanted": ("comedy",), "year_to": 1990}, Constraints(("comedy",))),
    ("it doesn't matter what year", {"year_to": 1990}, Constraints()),
    ("let's forget about the 90s", {"year_from": 1990, "year_to": 1999}, Constraints()),
    ("never mind the genre", {"wanted": ("comedy", "hanks")}, Constraints(("hanks",))),
    ("forget about horror", {"wanted": ("horror", "hanks")}, Constraints(("hanks",))),
    ("it doesn't have to be a comedy", {"wanted": ("comedy",)}, Constraints()),
    ("thanks, bye", {"wanted": ("comedy",)}, Constraints(("comedy",))),
    ("I loved Inception", {"wanted": ("comedy",)}, Constraints(("comedy",))),
    ("I love horror", {}, Constraints()),  # a remark, after something was shown
    ("something newer", {}, Constraints((), (), 1998, None)),
    ("older please", {}, Constraints((), (), None, 1996)),
    ("something newer than Inception", {}, Constraints((), (), 2011, None)),
    ("not so old", {"year_to": 1980}, Constraints((), (), 1998, None)),
    ("could it be funnier?", {"wanted": ("romance",)}, Constraints(("romance", "comedy"))),
    ("something scarier", {"wanted": ("drama",)}, Constraints(("drama", "horror"))),
    ("one that is also funny", {"wanted": ("zombies",)}, Constraints(("zombies", "comedy"))),
    ("animated", {"wanted": ("space",)}, Constraints(("space", "animation"))),
    ("with a bit of comedy in it", {"wanted": ("romance",)}, Constraints(("romance", "comedy"))),
]

LET_GO_BEFORE = {"wanted": ("weaver", "horror"), "year_from": 1980, "year_to": 1989}
NOBODY = Constraints(("horror",), (), 1980, 1989)
NO_GENRE = Constraints(("weaver",), (), 1980, 1989)
NO_YEAR = Constraints(("weaver", "horror"))
LET_GO = [
    ("It doesn't matter who is in it, then.", NOBODY),
    ("I don't care who stars in it", NOBODY),
    ("any actor is fine", NOBODY),
    ("forget the actress", NOBODY),
    ("who's in it doesn't really matter", NOBODY),
    ("it makes no difference to me who directs", NOBODY),
    ("ok, whoever stars in it", NOBODY),
    ("with anyone, really", NOBODY),
    ("a different actress then", NOBODY),
    ("maybe with someone else", NOBODY),
    ("it doesn't need to have Sigourney Weaver in it", NOBODY),
    ("Sigourney Weaver isn't necessary", NOBODY),
    ("the genre isn't important", NO_GENRE),
    ("I don't care what genre it is", NO_GENRE),
    ("whatever kind", NO_GENRE),
    ("no need for it to be a horror movie", NO_GENRE),
    ("horror isn't that important", NO_GENRE),
    ("let's drop the horror thing", NO_GENRE),
    ("I don't care when it was made", NO_YEAR),
    ("it can be from any year really", NO_YEAR),
    ("the decade is not important", NO_YEAR),
    ("how old it is doesn't matter", NO_YEAR),
    ("without the year limit", NO_YEAR),
    ("another decade then", NO_YEAR),
    ("scrap that, a comedy", Constraints(("comedy",))),
    ("I don't care for romance", Constraints(("weaver", "horror"), ("romance",), 1980, 1989)),
    ("I don't know who that is", Constraints(("weaver", "horror"), (), 1980, 1989)),
]
IN_VAIN = [
    ("ok, then any movie with her", Constraints(("weaver",))),
    ("just something with Sigourney Weaver then", Constraints(("weaver",))),
    ("alright, any horror movie", Constraints(("horror",))),
    ("then a comedy with her", Constraints(("comedy", "weaver"), (), 1980, 1989)),
    ("and a drama with her?", Constraints(("drama", "weaver"), (), 1980, 1989)),
    ("what about the 90s?", Constraints(("weaver", "horror"), (), 1990, 1999)),
]


@pytest.mark.parametrize(("text", "expected"), LET_GO)
def test_what_is_left_open_is_let_go(text: str, expected: Constraints) -> None:
    found = hear(text, so_far("alien", **LET_GO_BEFORE)).constraints
    assert found == expected


@pytest.mark.parametrize(("text", "expected"), IN_VAIN)
def test_where_nothing_fitted_a_part_of_the_wishes_lets_the_rest_go(text: str, expected: Constraints) -> None:
    before = so_far(previous="a horror movie from the 80s with Sigourney Weaver", **LET_GO_BEFORE)
    found = hear(text, replace(before, shown=((),))).constraints
    assert (set(found.wanted), found.year_from, found.year_to) == (
        set(expected.wanted), expected.year_from, expected.year_to,
    )  # fmt: skip


@pytest.mark.parametrize(("text", "wanted", "unwanted", "year_from", "year_to"), FRESH)
def test_a_first_message(
    text: str, wanted: str, unwanted: str, year_from: int | None, year_to: int | None
) -> None:
    found = hear(text).constraints
    assert (set(found.wanted), set(found.unwanted)) == (set(wanted.split()), set(unwanted.split()))
    assert (found.year_from, found.year_to) == (year_from, year_to)


@pytest.mark.parametrize(("text", "before", "expected"), LATER)
def test_a_message_after_constraints_and_a_film(
    text: str, before: dict[str, object], expected: Constraints
) -> None:
    assert hear(text, so_far("titanic97", **before)).constraints == expected


def test_what_the_catalogue_lacks_is_not_wanted() -> None:
    hearer = Hearer(films.CATALOGUE, films.TRIPLES, Linker(films.CATALOGUE))
    assert hearer.hear("something for the kids, with zombies", SoFar()).constraints == Constraints()
    heard = hearer.hear("a scary thriller, no comedies", SoFar())
    assert heard.constraints == Constraints(("horror", "thriller"), ("comedy",))


def test_without_a_family_genre_animation_is_for_the_family() -> None:
    entities = (*films.ITEMS, Entity("cartoons", "genre", "Animation"))
    hearer = Hearer(Catalogue(entities), (), Linker(Catalogue(entities)))
    assert hearer.hear("something for the whole family", SoFar()).constraints.wanted == ("cartoons",)

"""Hard constraints: what they are, and how they add up, change and go."""

from __future__ import annotations

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
]


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

"""Likes, dislikes and what was seen, as people say it."""

from __future__ import annotations

import pytest

from tests.fixtures.understanding import hear, opinions, so_far

NAMED = [
    ("I hated Alien", "alien dislike seen"),
    ("I didn't like Alien", "alien dislike seen"),
    ("I loved Alien", "alien like seen"),
    ("I love Alien", "alien like"),
    ("not a fan of Titanic", "titanic97 dislike"),
    ("I'm not a big fan of Titanic", "titanic97 dislike"),
    ("Alien was boring", "alien dislike seen"),
    ("Alien wasn't boring", "alien like seen"),
    ("I found out that Inception is overrated", "inception dislike"),
    ("Inception is my favorite movie", "inception like"),
    ("My favorite movie is Inception", "inception like"),
    ("I have seen Alien", "alien seen"),
    ("I've already seen Alien and Inception", "alien seen, inception seen"),
    ("I have never seen Alien", ""),
    ("I haven't seen Alien but I heard it was great", ""),
    ("Have you seen Alien?", ""),
    ("I want to see Alien", ""),
    ("I saw the trailer for Alien", ""),
    ("I'm not sure if I have seen Alien", ""),
    ("I don't like comedies like Elf", "comedy dislike, elf dislike"),
    ("I would love to see Alien", ""),
    ("I've heard of Inception", ""),
    ("something like Inception", "inception like"),
    ("movies similar to Titanic (1953) please", "titanic53 like"),
    ("nothing like Alien", "alien dislike"),
    ("I loved Inception but not Alien", "alien dislike, inception like seen"),
    ("I loved Inception and hated Alien", "alien dislike seen, inception like seen"),
    ("I liked Alien, Inception and Titanic", "alien like seen, inception like seen, titanic97 like seen"),
    ("Inception was great but Titanic was awful", "inception like seen, titanic97 dislike seen"),
    ("I don't like Titanic or Inception", "inception dislike, titanic97 dislike"),
    ("I liked Tom Hanks in Moana", "moana like seen"),
    ("Inception", "inception like"),
    ("Inception, Titanic and Moana", "inception like, moana like, titanic97 like"),
    ("my kids hated Moana", "moana dislike seen"),
    ("Do you like Moana?", ""),
    ("I saw Moana yesterday. It was terrible", "moana dislike seen"),
    ("My favorite movie of all time is Inception", "inception like"),
    ("The best movie in the whole wide world is Inception", "inception like"),
    ("what a great film Alien is!", "alien like"),
    ("nothing beats Alien", "alien like"),
    ("Alien is one of my favourites", "alien like"),
    ("My least favorite movie is Alien", "alien dislike"),
    ("Alien is awesome, one of the best movies I've ever seen", "alien like seen"),
    ("I watched Alien 3, it was awful", ""),
    ("I saw Stalker. Great movie!", ""),
]
TASTES = [
    ("I can't stand Adam Sandler", "sandler dislike"),
    ("I love horror", "horror like"),
    ("I don't like horror movies", "horror dislike"),
    ("I like Tom Hanks movies, any suggestions?", "hanks like"),
    ("I don't really like Tom Hanks", "hanks dislike"),
    ("Adam Sandler is annoying", "sandler dislike"),
    ("I'm tired of romance", "romance dislike"),
    ("what do you like?", ""),
    ("I would like a comedy", ""),
    ("a comedy or a drama", "comedy like, drama like"),
    ("Tom Hanks is my favorite actor", "hanks like"),
    ("Tom Hanks is a genius, more of his movies", "hanks like"),
    ("I think Sigourney Weaver is a wonderful actress", "weaver like"),
    ("comedies are the best!", "comedy like"),
    ("sci-fi is my thing", "sci-fi like"),
    ("I'm afraid of horror movies", "horror dislike"),
]
POINTING = [
    ("I hated it", "alien dislike seen"),
    ("seen that one", "alien seen"),
    ("yes, I loved it", "alien like seen"),
    ("Already seen", "alien seen"),
    ("I have already watched it", "alien seen"),
    ("yes I have", "alien seen"),
    ("No, I haven't", ""),
    ("I haven't seen that one", ""),
    ("Great movie!", "alien like"),
    ("That was hilarious", "alien like seen"),
    ("didn't like it", "alien dislike seen"),
    ("Great suggestion, thanks", ""),
    ("that's a great idea", ""),
    ("sounds good", ""),
    ("that's perfect", ""),
    ("I love all movies", ""),
    ("I never saw it, is it good?", ""),
]
TWO = [
    ("already watched both", "alien seen, inception seen"),
    ("I've seen the first one", "alien seen"),
    ("I loved the second", "inception like seen"),
    ("I hated the last one", "inception dislike seen"),
    ("I liked the first one but not the second", "alien like seen, inception dislike"),
    ("I haven't seen either of them", ""),
    ("I've seen them", "alien seen, inception seen"),
    ("the 2010 one was great", "inception like seen"),
    ("I loved the one with Sigourney Weaver", "alien like seen"),
]


@pytest.mark.parametrize(("text", "expected"), [*NAMED, *TASTES])
def test_what_is_said_of_what_is_named(text: str, expected: str) -> None:
    assert opinions(hear(text)) == expected


@pytest.mark.parametrize(("text", "expected"), POINTING)
def test_what_is_said_of_the_film_just_shown(text: str, expected: str) -> None:
    assert opinions(hear(text, so_far("alien", named="big"))) == expected


@pytest.mark.parametrize(("text", "expected"), TWO)
def test_what_is_said_of_two_films_just_shown(text: str, expected: str) -> None:
    assert opinions(hear(text, so_far("alien", "inception"))) == expected


def test_without_a_film_shown_it_is_the_film_named_last() -> None:
    assert opinions(hear("I loved it", so_far(named="big alien"))) == "alien like seen"


def test_with_nothing_named_it_is_nothing() -> None:
    assert opinions(hear("I loved it, seen it twice")) == ""

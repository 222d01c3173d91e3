"""Questions of fact, corrections, what is turned down, and when a recommendation fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccrs.core.hearing import SoFar
from tests.fixtures.understanding import hear, opinions, so_far

ASKED = [
    ("who directed it?", "relation", "alien", "director"),
    ("who is the director", "relation", "alien", "director"),
    ("who is in it?", "relation", "alien", "actor"),
    ("Who stars in Inception?", "relation", "inception", "actor"),
    ("who wrote it?", "relation", "alien", "writer"),
    ("who composed the music?", "relation", "alien", "composer"),
    ("what genre is that?", "relation", "alien", "genre"),
    ("what kind of movie is it?", "relation", "alien", "genre"),
    ("is it scary?", "relation", "alien", "genre"),
    ("is Tom Hanks in it?", "relation", "alien", "actor"),
    ("Was Inception directed by Christopher Nolan?", "relation", "inception", "director"),
    ("what is its country?", "relation", "alien", "country"),
    ("what's the theme of Inception?", "relation", "inception", "theme"),
    ("when was it made?", "year", "alien", None),
    ("how old is it", "year", "alien", None),
    ("what year?", "year", "alien", None),
    ("what is it about?", "plot", "alien", None),
    ("what's Inception about", "plot", "inception", None),
    ("I haven't seen it. What's it about?", "plot", "alien", None),
    ("tell me more about it", "facts", "alien", None),
    ("is it any good?", "facts", "alien", None),
    ("the cast?", "relation", "alien", "actor"),
    ("who made it", "relation", "alien", "director"),
    ("what is it like?", "like_which", "alien", None),
    ("who wrote the music?", "relation", "alien", "composer"),
    ("who did the score for it?", "relation", "alien", "composer"),
    ("who's behind the music of Inception?", "relation", "inception", "composer"),
    ("which composer wrote its songs?", "relation", "alien", "composer"),
    ("who wrote the script?", "relation", "alien", "writer"),
    ("by whom was it directed?", "relation", "alien", "director"),
    ("hmm who is that by?", "relation", "alien", "director"),
    ("is it by Ridley Scott?", "relation", "alien", "director"),
    ("I'd like to know who wrote Inception", "relation", "inception", "writer"),
    ("Could you tell me when Inception was released?", "year", "inception", None),
    ("in which year was it made?", "year", "alien", None),
    ("What's the release year of Inception?", "year", "inception", None),
    ("The first one sounds interesting, when was it made?", "year", "alien", None),
]
NOT_ASKED = [
    "who else directs like that?", "what do you like?", "what should I watch?", "is there a movie like Inception?",
    "do you have any comedies?", "can you recommend something?", "who are you?", "have you seen Inception?",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "item", "relation"), ASKED)
def test_questions_of_fact(text: str, kind: str, item: str, relation: str | None) -> None:
    heard = hear(text, so_far("alien"))
    assert heard.question is not None
    assert (heard.question.kind, heard.question.items, heard.question.relation) == (kind, (item,), relation)
    assert heard.constraints.wanted == ()
    assert not heard.wants_more


def told(*items: str, previous: str) -> SoFar:
    """After a question of fact: the last turn showed nothing."""
    before = so_far(*items, previous=previous)
    return replace(before, shown=(*before.shown, ()), mentioned=before.named)


@pytest.mark.parametrize(
    ("previous", "text", "item"),
    [
        ("who directed Titanic?", "no, the other one", "titanic53"),
        ("who directed Titanic (1997)?", "No, I meant the 1953 one.", "titanic53"),
        ("who directed Titanic (1997)?", "sorry, the original", "titanic53"),
        ("Who directed Titanic?", "i was talking about the one from 1953", "titanic53"),
        ("who directed Titanic (1953)?", "not that one, the one with Leonardo DiCaprio", "titanic97"),
        ("who directed Titanic?", "I meant the 1997 one", "titanic97"),
        ("who directed Titanic?", "oops, I mean Alien", "alien"),
        ("who directed Titanic?", "and Alien?", "alien"),
        ("who directed Titanic?", "what about Inception", "inception"),
    ],
)
def test_a_question_is_asked_again_about_what_was_meant(previous: str, text: str, item: str) -> None:
    heard = hear(text, told(previous=previous))
    assert heard.question is not None
    assert (heard.question.relation, heard.question.items) == ("director", (item,))
    assert heard.opinions == {}
    assert not heard.wants_more


def test_yes_or_no_is_asked_again_about_another_person() -> None:
    heard = hear("and Leonardo DiCaprio?", told(previous="is Tom Hanks in Big?"))
    assert heard.question is not None
    assert (heard.question.items, heard.question.entity) == (("big",), "dicaprio")


@pytest.mark.parametrize(
    "text",
    ["who directed Stalker?", "when was stalker made?", "tell me about Stalker", "is Tom Hanks in Stalker?",
     "I saw Stalker. Who wrote it?", "what is Alien 3 about?"],
)  # fmt: skip
def test_a_question_about_what_the_catalogue_lacks_is_about_no_item(text: str) -> None:
    heard = hear(text, so_far("alien"))
    assert heard.question is not None
    assert heard.question.items == ()
    assert heard.opinions == {}
    assert not heard.wants_more


def test_it_goes_on_being_what_the_catalogue_lacks() -> None:
    question = hear("and who wrote it?", told("alien", previous="who directed Stalker?")).question
    assert question is not None
    assert question.items == ()


@pytest.mark.parametrize("text", NOT_ASKED)
def test_what_is_no_question_of_fact(text: str) -> None:
    assert hear(text, so_far("alien")).question is None


@pytest.mark.parametrize(
    ("text", "entity"),
    [("is Tom Hanks in it?", "hanks"), ("is it scary?", "horror"), ("Was it directed by Christopher Nolan?", "nolan"),
     ("who directed it?", None)],
)  # fmt: skip
def test_whether_it_is_linked(text: str, entity: str | None) -> None:
    question = hear(text, so_far("alien")).question
    assert question is not None
    assert question.entity == entity


def test_the_second_one() -> None:
    question = hear("tell me more about the second one", so_far("alien", "inception")).question
    assert question is not None
    assert question.items == ("inception",)


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("what else did he direct?", "scott"),
        ("any other movies by the same director?", "scott"),
        ("what else has Tom Hanks been in?", "hanks"),
        ("more with the same actress", "weaver"),
        ("anything by the director of Inception?", "nolan"),
    ],
)
def test_more_of_a_person_is_a_wish(text: str, person: str) -> None:
    heard = hear(text, so_far("alien"))
    assert heard.constraints.wanted == (person,)
    assert heard.question is None
    assert heard.wants_more


@pytest.mark.parametrize(
    "text",
    ["no, the other one", "I meant the one from 1953", "No, I meant Titanic (1953)", "the 1953 one",
     "not that one, the 1953 one", "no, the other Titanic", "the other one, the 1953 Titanic"],
)  # fmt: skip
def test_a_correction_moves_what_was_said(text: str) -> None:
    heard = hear(text, so_far("alien", previous="I hated Titanic"))
    assert heard.undone == ("titanic97",)
    assert opinions(heard) == "titanic53 dislike seen"
    assert heard.rejected == ()


def test_another_film_was_meant() -> None:
    heard = hear("sorry, I meant Inception", so_far("moana", previous="I loved Alien"))
    assert heard.undone == ("alien",)
    assert heard.opinions == {"inception": frozenset({"like", "seen"})}


@pytest.mark.parametrize(
    "text",
    ["not that one", "something else", "another one please", "no thanks", "none of those", "too old", "not interested",
     "no, something funny", "anything else?", "it's not my thing"],
)  # fmt: skip
def test_what_was_shown_is_turned_down(text: str) -> None:
    heard = hear(text, so_far("alien", "inception"))
    assert set(heard.rejected) >= (
        {"alien"} if text in ("not that one", "it's not my thing") else {"alien", "inception"}
    )
    assert heard.wants_more


@pytest.mark.parametrize(
    "text",
    [
        "who directed it?",
        "I haven't seen that",
        "no, I haven't seen it",
        "sounds good",
        "thanks!",
        "I loved it",
    ],
)
def test_what_was_shown_is_not_turned_down(text: str) -> None:
    assert hear(text, so_far("alien")).rejected == ()


def test_what_is_disliked_in_passing_is_not_turned_down() -> None:
    heard = hear("I loved Titanic but not Alien", so_far("inception"))
    assert heard.rejected == heard.constraints.unwanted == ()


def test_one_is_turned_down_by_name() -> None:
    heard = hear("not Inception", so_far("alien", "inception"))
    assert heard.rejected == ("inception",)
    assert heard.constraints.unwanted == ("inception",)


@pytest.mark.parametrize(
    "text", ["thanks, bye", "thank you so much!", "I'll watch it, thanks", "goodbye", "have a great day"]
)
def test_no_recommendation_fits(text: str) -> None:
    assert not hear(text, so_far("alien")).wants_more


@pytest.mark.parametrize(
    "text", ["hi", "thanks, any others?", "I loved it", "a comedy", "seen it. what else?", "I like horror"]
)
def test_a_recommendation_fits(text: str) -> None:
    assert hear(text, so_far("alien")).wants_more

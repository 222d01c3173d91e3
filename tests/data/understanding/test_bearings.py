"""What *it*, *that one*, ordinals, *his* and namesakes mean after a reply."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccrs.core.dialogue import Message
from ccrs.core.hearing import SoFar
from tests.fixtures.understanding import LINKER, hear, opinions, so_far


def answered(before: SoFar, reply: str, mentioned: str = "") -> SoFar:
    """With the recommender's words, and what the seeker named so far (ids, blanks between)."""
    asked = Message("recommender", reply, LINKER.link(reply))
    return replace(before, asked=asked, mentioned=tuple(mentioned.split()))


OFFERED = answered(so_far("moana", "alien", "inception"), "How about Alien?")
"""Alien is offered in words, the others stand beside it as cards."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I hated that one", "alien dislike seen"),
        ("i've seen that", "alien seen"),
        ("Oh, I love it!", "alien like"),
        ("already seen", "alien seen"),
        ("that movie was terrible", "alien dislike seen"),
        ("Great movie!", "alien like"),
        ("I've seen the first one", "moana seen"),
        ("loved the third one", "inception like seen"),
        ("I've seen the first two", "alien seen, moana seen"),
        ("seen all but the last one", "alien seen, moana seen"),
        ("I have seen all of them", "alien seen, inception seen, moana seen"),
        ("number two was great", "alien like seen"),
    ],
)
def test_what_the_reply_names_is_it_and_ordinals_count_the_cards(text: str, expected: str) -> None:
    assert opinions(hear(text, OFFERED)) == expected


@pytest.mark.parametrize(
    "text", ["one that is funny", "a scary one", "something that is also funny", "ok, a funny one"]
)
def test_what_is_wanted_is_no_praise_of_what_was_shown(text: str) -> None:
    assert hear(text, OFFERED).opinions == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I saw Big and Elf. The first was great, the second was awful", "big like seen, elf dislike seen"),
        (
            "I've seen both Alien and Big, loved the former, hated the latter",
            "alien like seen, big dislike seen",
        ),
        ("Alien is great and so is Inception", "alien like, inception like"),
    ],
)
def test_ordinals_count_what_the_message_names(text: str, expected: str) -> None:
    assert opinions(hear(text)) == expected


@pytest.mark.parametrize(
    "text",
    ["i cant decide between Alien and Inception", "Alien or Inception?", "I'm torn between Alien and Inception",
     "Alien versus Inception, hmm", "should I watch Alien or Inception?"],
)  # fmt: skip
def test_ordinals_count_what_is_weighed(text: str) -> None:
    before = answered(so_far("moana", "big", previous=text), "How about Moana?", "alien inception")
    for words, item in (
        ("the first one", "alien"),
        ("the second one", "inception"),
        ("the latter", "inception"),
    ):
        question = hear(f"who directed {words}?", before).question
        assert question is not None
        assert question.items == (item,)


def test_after_an_answer_it_is_what_was_asked_about() -> None:
    told = replace(so_far("moana", "alien", named="alien"), shown=(("moana", "alien"), ()))
    question = hear("and who wrote it?", answered(told, "The director of Alien is Ridley Scott.")).question
    assert question is not None
    assert question.items == ("alien",)


@pytest.mark.parametrize(
    "text",
    ["give me one of his movies", "something with him", "more of his films please", "which of his movies do you have?",
     "Any of his other films?", "a comedy of his"],
)  # fmt: skip
@pytest.mark.parametrize("mentioned", ["hanks", "weaver hanks big"])
def test_his_movies_are_those_of_the_person_named_last(text: str, mentioned: str) -> None:
    before = answered(so_far("moana"), "How about Moana?", mentioned)
    assert "hanks" in hear(text, before).constraints.wanted


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("I loved Titanic, the 1953 one", "titanic53"),
        ("I loved Titanic from 1953", "titanic53"),
        ("I loved the 1953 Titanic", "titanic53"),
        ("I loved Titanic (the old one)", "titanic53"),
        ("I loved the original Titanic", "titanic53"),
        ("I loved Titanic, the new version", "titanic97"),
        ("I loved Titanic with Leonardo DiCaprio", "titanic97"),
        ("I loved Titanic. The 1953 version.", "titanic53"),
        ("I loved Titanic. The drama one, I mean", "titanic53"),
        ("I loved Titanic", "titanic97"),
    ],
)
def test_words_beside_a_title_pick_among_namesakes(text: str, item: str) -> None:
    heard = hear(text)
    assert opinions(heard) == f"{item} like seen"
    assert [mention.entity for mention in heard.message.mentions][:1] == [item]


@pytest.mark.parametrize(
    "text", ["I have seen the old one", "no, I saw the original Titanic (1953)", "I like the other one"]
)
def test_who_names_another_version_than_the_recommender_corrects_nothing(text: str) -> None:
    before = answered(so_far("titanic97"), "How about Titanic (1997)?")
    assert hear(text, before).undone == ()


@pytest.mark.parametrize("text", ["actually no, I hated it", "wait, no, I hated it", "sorry, no, I hated it"])
def test_who_takes_back_speaks_of_what_he_named(text: str) -> None:
    before = answered(so_far("moana", previous="I loved Alien"), "How about Moana?")
    assert opinions(hear(text, before)) == "alien dislike seen"

"""Titles and people that a catalogue does not have, found by where they stand; and what is none of them."""

from __future__ import annotations

import pytest

from ccrs.data.unknown_titles import KnownTitles
from tests.fixtures.understanding import CATALOGUE, LINKER

TITLES = KnownTitles(LINKER, CATALOGUE)

FOUND = [
    ("who directed Stalker?", "Stalker"),
    ("who directed stalker again?", "stalker"),
    ("Tell me who wrote Seven Samurai", "Seven Samurai"),
    ("who is the director of Metropolis?", "Metropolis"),
    ("when was Solaris made?", "Solaris"),
    ("what year did Oppenheimer come out?", "Oppenheimer"),
    ("what's Nosferatu about?", "Nosferatu"),
    ("who plays the lead in Yojimbo?", "Yojimbo"),
    ("Who's in Everything Everywhere All at Once?", "Everything Everywhere All at Once"),
    ("is Tom Hanks in Barbie?", "Barbie"),
    ("who made The Rules of the Shining?", "The Rules of the Shining"),
    ("i loved Amadeus! a comedy like that please", "Amadeus"),
    ("I watched The Lives of Others yesterday", "The Lives of Others"),
    ("My favorite movie is Persona", "Persona"),
    ("have you heard of Persona?", "Persona"),
    ("do you have Persona?", "Persona"),
    ("tell me about Persona", "Persona"),
    ("I liked Alien and Persona", "Persona"),
    ("watched Titanic II yesterday, it was awful", "Titanic II"),
    ("I loved Alien 3", "Alien 3"),
    ("Inception part 2 was bad", "Inception part 2"),
    ("I saw Alien: Covenant", "Alien: Covenant"),
    ("do you have anything with Zbigniew Cybulski?", "Zbigniew Cybulski"),
    ("films by Andrei Tarkovsky please", "Andrei Tarkovsky"),
    ("a comedy starring Jean Gabin", "Jean Gabin"),
]
NOT_FOUND = [
    "who directed it?", "who directed that movie?", "who directed the horror movie with Tom Hanks?",
    "who directed Alien again?", "Who wrote Inception and Titanic?", "I saw Titanic 3 times", "Alien 10/10",
    "I loved Alien. Inception, too", "I watched it on Netflix", "I love Horror movies", "I like Nolan",
    "I LOVED IT SO MUCH", "Have You Seen Any Great New Movies Lately", "I love Disney movies", "with my Mom please",
    "anything with Tom Hanks?", "Does it take place in Hawaii?", "what is it about?",
    "who is in the mood for a comedy?",
    "I like Psychological Horror", "I enjoyed Alien: Great movie", "when was it made?", "do you know any comedies?",
    "What year is it from", "I saw it in March", "Titanic - Best movie ever", "I loved Alien I also loved Big",
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), FOUND)
def test_what_the_catalogue_lacks_is_found_where_names_stand(text: str, name: str) -> None:
    mentions, unknown = TITLES.read(text)
    assert [title.name for title in unknown] == [name]
    assert text[unknown[0].start : unknown[0].end] == name
    assert not any(m.start < unknown[0].end and unknown[0].start < m.end for m in mentions)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_ordinary_words_and_known_names_are_left_alone(text: str) -> None:
    assert TITLES.read(text)[1] == ()


def test_people_are_told_from_titles() -> None:
    assert [title.kind for title in TITLES.read("I loved Amadeus. More with Jean Gabin?")[1]] == [
        "item",
        "person",
    ]

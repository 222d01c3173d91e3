"""Mistyped names and names between cue words: found where a name may stand, and nowhere else."""

from __future__ import annotations

import random
import string
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ccrs.core.graph import Catalogue, Entity
from ccrs.data.linking import Linker
from ccrs.data.linking_typos import allowed_edits, distance, is_plain
from tests.data.test_linking import ENTITIES, PIECES, film

MORE = (
    film("jumanji", "Jumanji", 2017),
    film("starwars", "Star Wars", 1977),
    film("mile", "The Green Mile", 1999),
    film("taken2", "Taken 2", 2012),
    film("taken", "Taken", 2008),
    film("just", "Just Go with It", 2011),
    film("getout", "Get Out", 2017),
    film("quest", "The Quest", 1996),
    film("stone", "Emma Stone", 2017),
    film("us", "Us", 2019),
    film("go", "Go", 1999),
    film("martian", "The Martian", 2015),
    Entity("p9", "person", "Emma Stone"),
)
CATALOGUE = Catalogue(tuple(sorted((*ENTITIES, *MORE), key=lambda entity: not entity.is_item)))
PLAIN, CUED, LINKER = Linker(CATALOGUE), Linker(CATALOGUE, cues=True), Linker(CATALOGUE, typos=True)


def found(text: str, linker: Linker = LINKER) -> list[tuple[str, str]]:
    return [(mention.entity, text[mention.start : mention.end]) for mention in linker.link(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # one word, where something says that a title stands there
        ("have you seen jumanij?", [("jumanji", "jumanij")]),
        ("I watched Jumanjy last night", [("jumanji", "Jumanjy")]),
        ('"Jumamji" is fun', [("jumanji", "Jumamji")]),
        ("jumamji (2017)", [("jumanji", "jumamji (2017)")]),
        (
            "titanic, jumamji and the matrix",
            [(x, y) for x, y in (("titanic97", "titanic"), ("jumanji", "jumamji"), ("matrix", "the matrix"))],
        ),
        ("the jumamjis of old", []),
        ("we do martial arts", []),
        # words beside it that are right say enough
        ("the gren mile with adam sandlr", [("mile", "the gren mile"), ("p1", "adam sandlr")]),
        ("the dark kinght rises", [("rises", "the dark kinght rises")]),
        ("starwars", [("starwars", "starwars")]),
        ("comdy or horrro", [("g2", "comdy"), ("g3", "horrro")]),
        # ordinary words are nobody's mistakes, and what is exact stays
        ("I like the greek mole and green miles", []),
        ("have you seen titanic?", [("titanic97", "titanic")]),
        ("taken tow", []),
        ("we met over horses", []),
    ],
)
def test_typos(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected
    assert all(mention in LINKER.link(text) for mention in CUED.link(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("have you seen up?", [("up", "up")]),
        ("have you seen it? what about her", []),
        ("I saw us in the mirror, we go", []),
        ("movies like up, go and titanic", [("up", "up"), ("go", "go"), ("titanic97", "titanic")]),
        ("the movie her", [("her", "her")]),
        ("a film called us", [("us", "us")]),
        ("I called her", []),
        ("the it movie and the new it", [("it", "it"), ("it", "it")]),
        ("check out get out, or taken 2", [("getout", "get out"), ("taken2", "taken 2")]),
        ("get out! it was taken from us", []),
        ("taken was a great one", [("taken", "taken")]),
        ("I liked Just Go with It", [("just", "Just Go with It")]),
        ("I liked Taken 2", [("taken2", "Taken 2")]),
        ("that film It was good", []),
        ("a quest of ours", []),
        ("I saw The Quest", [("quest", "The Quest")]),
        ("with Emma Stone", [("p9", "Emma Stone")]),
        ("Emma Stone (2017)", [("stone", "Emma Stone (2017)")]),
        ("lol, titanic", [("titanic97", "titanic")]),
    ],
)
def test_cues(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text, CUED) == expected


def test_cues_and_typos_are_off_unless_asked_for() -> None:
    for text in ("have you seen up?", "have you seen jumanij?", "check out get out", "starwars"):
        assert found(text, PLAIN) == []


def test_what_is_talked_of_much_is_forgiven_without_a_cue() -> None:
    known = Linker(CATALOGUE, item_popularity={"jumanji": 500, "martian": 500}, typos=True)
    assert found("we love jumamji", known) == [("jumanji", "jumamji")]
    assert found("we love martial arts", known) == []


def test_why() -> None:
    assert [link.way for link in LINKER.explain("the gren mile, titanic, matrix")] == [
        "typo",
        "exact",
        "shortened",
    ]


words = st.text("abcdef", max_size=7)


@given(words, words)
def test_the_distance_is_that_of_the_definition(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= distance(one, other) <= max(len(one), len(other))


def test_known_distances() -> None:
    known = {
        ("titanic", "titnaic"): 1,
        ("kitten", "sitting"): 3,
        ("", "abc"): 3,
        ("ca", "abc"): 3,
        ("abcd", "badc"): 2,
    }
    assert {pair: distance(*pair) for pair in known} == known
    assert [allowed_edits("a" * length) for length in (4, 5, 9, 10, 30)] == [0, 1, 1, 2, 2]


def test_forms_of_ordinary_words_are_plain() -> None:
    assert all(is_plain(word) for word in ("horses", "loving", "stopped", "stories", "tables", "cooker"))
    assert not any(is_plain(word) for word in ("jumanji", "titanic", "spiderman"))


@settings(max_examples=200)
@given(st.sampled_from(["Jumanji", "Titanic", "Istanbul", "Airplane"]), st.data())
def test_any_single_mistake_inside_a_quoted_title_is_found(title: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(title) - 2))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    before, here, behind = title[:place], title[place], title[place + 1 :]
    typed = data.draw(
        st.sampled_from([before + behind, before + letter + here + behind, before + letter + behind])
    )
    known = {"Jumanji": "jumanji", "Titanic": "titanic97", "Istanbul": "istanbul", "Airplane": "airplane"}
    if not is_plain(typed.lower()):
        assert found(f'I saw "{typed}"') == [(known[title], typed)]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(
            st.sampled_from([*PIECES, "jumanij", "sene ", "seen ", "\u0301", "\u202e"]) | st.text(max_size=4),
            max_size=12,
        ).map("".join),
    )
)
@example("jumanij" * 40)
@example("ju\u0301manij seen jumanij\u0301")
@example("שלום jumanij (2017)")
def test_any_text_gives_mentions_in_range_apart_and_keeps_the_exact_ones(text: str) -> None:
    mentions = LINKER.link(text)
    end = 0
    for mention in mentions:
        assert end <= mention.start < mention.end <= len(text)
        end = mention.end
    assert set(CUED.link(text)) <= set(mentions)


HOSTILE = {
    "letters": "a" * 100_000,
    "a title ten thousand times": "Titanic (1997) " * 10_000,
    "a list of titles": "titanic, up, " * 8_000,
    "mistakes": "jumanij the gren mile " * 5_000,
    "new words": " ".join("".join(random.Random(n).choices("abcdefghij", k=9)) for n in range(10_000)),
    "shouting": "TITANIC UP IT " * 8_000,
    "emoji": "\U0001f600\u200d\U0001f6a2 titanic " * 6_000,
    "accents": ("e\u0301" * 40 + " ") * 1_250,
    "an accent without end": "e" + "\u0301" * 100_000,
    "right to left": "\u202e\u05e9\u05dc\u05d5\u05dd jumanij " * 6_000,
    "years": "titanic (" * 12_000,
    "apostrophes": "'s " * 33_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(name: str) -> None:
    begin = time.process_time()
    LINKER.link(HOSTILE[name])
    # Measured below 1 s; the bound leaves room for a busy machine.
    assert time.process_time() - begin < 4

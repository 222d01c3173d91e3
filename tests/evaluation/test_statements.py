"""Statements found in replies, on sentences made up for the purpose and on people's own."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccrs.core.graph import Catalogue, Entity
from ccrs.evaluation.genre_words import GENRES, find_genres, genres_of_label
from ccrs.evaluation.name_spans import FilmSpan, Names, find_names
from ccrs.evaluation.statements import extract_statements

FILMS = [
    ("otter", "The Otter's Oath", 1988),
    ("lantern", "Lantern Street", 2003),
    ("it", "It", 2017),
    ("up", "Up", 2009),
    ("frost", "Frost Giants 2049", 2016),
    ("mole90", "Mole Hill", 1990),
    ("mole15", "Mole Hill", 2015),
    ("why", "Why Not, Édith?", 1999),
    ("zebrano", "Zebrano", None),
]
PEOPLE = ["Anna Maro", "Bo Tilden", "Zoë O'Hara", "Max Power", "Will Young", "Lantern Street", "Cher"]
NAMES = Names.build(FILMS, PEOPLE)
DISCUSSED = "mole90"

STATED = [
    # genres of a film in the sentence
    ("The Otter's Oath (1988) is a great comedy.", [("otter", "genre", "comedy")]),
    ("How about a comedy like The Otter's Oath (1988)?", [("otter", "genre", "comedy")]),
    ("I love thrillers such as Lantern Street (2003).", [("lantern", "genre", "thriller")]),
    ("If you like scary movies, try It (2017).", [("it", "genre", "horror")]),
    ("My favorite western is Lantern Street (2003).", [("lantern", "genre", "western")]),
    ("Have you seen It (2017), a romantic drama?", [("it", "genre", "romance"), ("it", "genre", "drama")]),
    ("Lantern Street (2003) is a rom-com", [("lantern", "genre", "comedy"), ("lantern", "genre", "romance")]),
    ("It (2017) is not only a drama but a thriller", [("it", "genre", "drama"), ("it", "genre", "thriller")]),
    ("Comedies like Up (2009), It (2017) and Zebrano", [(f, "genre", "comedy") for f in ("up", "it", "zebrano")]),
    ("It (2017) is horror, Up (2009) is an animated film", [("it", "genre", "horror"), ("up", "genre", "animation")]),
    ("Up (2009) is kind of a thriller", [("up", "genre", "thriller")]),
    ("What kind of comedies like that have you seen, Up (2009)?", []),
    ("Up (2009) is great for kids", [("up", "genre", "family")]),
    ("Up (2009) is one of my favorite sci-fi movies", [("up", "genre", "science fiction")]),
    ("I heard Up (2009) is hilarious", [("up", "genre", "comedy")]),
    ("Zebrano is an excellent action movie", [("zebrano", "genre", "action")]),
    ("Frost Giants 2049 (2016) is a war movie", [("frost", "genre", "war")]),
    # of a film named in another sentence, or before the reply
    ("Try Up (2009). It is a comedy!", [("up", "genre", "comedy")]),
    ("Have you seen Up (2009)? Very funny movie.", [("up", "genre", "comedy")]),
    ("Try Up (2009) or It (2017). Both are comedies.", [("up", "genre", "comedy"), ("it", "genre", "comedy")]),
    ("I saw a good mystery. Lantern Street (2003)!", [("lantern", "genre", "mystery")]),
    ("It was so funny!", [(DISCUSSED, "genre", "comedy")]),
    ("It's a fantasy. Another one is Up (2009).", [(DISCUSSED, "genre", "fantasy")]),
    ("Yes, a really scary one", [(DISCUSSED, "genre", "horror")]),
    # people and their roles
    ("Up (2009) is directed by Anna Maro.", [("up", "director", "Anna Maro")]),
    ("Up (2009), from director Bo Tilden", [("up", "director", "Bo Tilden")]),
    ("Up (2009) was written by Bo Tilden", [("up", "writer", "Bo Tilden")]),
    ("Up (2009) stars Anna Maro and Bo Tilden.", [("up", "actor", "Anna Maro"), ("up", "actor", "Bo Tilden")]),
    ("Lantern Street (2003) with zoe o'hara is good", [("lantern", "actor", "Zoë O'Hara")]),
    ("Up (2009) has Anna Maro in it and it is a western.", [("up", "actor", "Anna Maro"), ("up", "genre", "western")]),
    ("Anna Maro directed Up (2009).", [("up", "director", "Anna Maro")]),
    ("Anna Maro is great in Up (2009).", [("up", "actor", "Anna Maro")]),
    ("Up (2009) is a Bo Tilden movie", [("up", "person", "Bo Tilden")]),
    ("Try Up (2009). I love Anna Maro.", [("up", "person", "Anna Maro")]),
    ("Anna Maro movies like Up (2009) and It (2017)", [("up", "person", "Anna Maro"), ("it", "person", "Anna Maro")]),
    ("There is Up (2009) with Anna Maro or It (2017)", [("up", "actor", "Anna Maro")]),
    # years
    ("Zebrano is a classic from 1974.", [("zebrano", "year", "1974")]),
    ("Zebrano came out in the 90's", [("zebrano", "year", "1990s")]),
    ("Zebrano is a great eighties movie", [("zebrano", "year", "1980s")]),
    ("If you like 2000s comedies, Zebrano", [("zebrano", "year", "2000s"), ("zebrano", "genre", "comedy")]),
    # titles: bare, folded, of two films
    ("Mole Hill is a documentary", [(DISCUSSED, "genre", "documentary")]),
    ("Mole Hill (2015) is good. Mole Hill has Bo Tilden in it", [("mole15", "actor", "Bo Tilden")]),
    ("why not, edith? (1999) is a musical", [("why", "genre", "musical")]),
    # nothing stated
    ("Do you like comedies?", []),
    ("What kind of horror movies do you like?", []),
    ("I love action movies. Have you seen Up (2009)?", []),
    ("I prefer comedies to Up (2009), sorry, I love dramas", []),
    ("Is Up (2009) a comedy?", []),
    ("Is it the one with Anna Maro?", []),
    ("Up (2009) is not a comedy", []),
    ("Up (2009) isn't directed by Anna Maro", []),
    ("Up (2009) is not really that scary", []),
    ("Do you like Anna Maro?", []),
    ("Unknown Thing (1950) is a comedy", []),
    ("I watched Up (2009) with my family in my 20s", []),
    ("It cost 1990 dollars. Up (2009)", []),
    ("you will young man. Up (2009)", []),
    ("I recommend movies with Anna Maro", []),
    ("Do you want a comedy or Up (2009)?", []),
    ("", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STATED, ids=[text[:50] for text, _ in STATED])
def test_a_sentence_states_exactly_what_a_reader_sees(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    found = [(s.film, s.kind, s.value) for s in extract_statements(text, NAMES, DISCUSSED)]
    assert sorted(found) == sorted(expected)


def test_spans_mark_the_words_of_the_value_and_a_statement_is_told_once() -> None:
    text = "Up (2009) is a Comedy by Anna Maro. It is a comedy."
    found = extract_statements(text, NAMES)
    assert [(s.value, text[s.start : s.end]) for s in found] == [
        ("comedy", "Comedy"),
        ("Anna Maro", "Anna Maro"),
    ]


def test_without_a_discussed_film_what_points_nowhere_states_nothing() -> None:
    assert extract_statements("It was so funny!", NAMES) == []


@pytest.mark.parametrize(
    ("text", "films"),
    [
        ("It is up to you, it (2017) or Up", ["it"]),
        ("zebrano", []),
        ("I saw Zebrano Hotel", []),
        ("the otter's oath", ["otter"]),
        ("Lantern Street!!", ["lantern"]),
        ("Mole Hill", [None]),
        ("Mole Hill (2015) and then Mole Hill", ["mole15", "mole15"]),
        ("Mole Hill (1700)", [None]),
        ("Frost Giants 2049 ( 2016 )", ["frost"]),
    ],
)
def test_titles_without_a_year_must_look_like_titles(text: str, films: list[str | None]) -> None:
    found, _ = find_names(text, NAMES)
    assert [span.film for span in found] == films


def test_the_span_of_a_film_takes_in_its_year() -> None:
    text = "See Why Not, Édith? (1999)."
    assert find_names(text, NAMES)[0] == [FilmSpan("why", 4, len(text) - 1)]


def test_people_of_one_word_are_not_in_the_lexicon_and_aliases_of_items_are() -> None:
    items = [Entity("a", "movie", "Zebrano", is_item=True, year=1990, aliases=("Zebra Wood",))]
    people = [
        Entity("p", "person", "Anna Maro"),
        Entity("q", "person", "Cher"),
        Entity("g", "genre", "Bo Tilden"),
    ]
    names = Names.of_catalogue(Catalogue((*items, *people)), ["anna maro", "Max Power"])
    assert set(names.people.values()) == {"Anna Maro", "Max Power"}
    assert set(names.titles) == {("zebrano",), ("zebra", "wood")}


@pytest.mark.parametrize(
    ("label", "genres"),
    [
        ("Science Fiction", {"science fiction"}),
        ("sci-fi", {"science fiction"}),
        ("science fiction film", {"science fiction"}),
        ("romantic comedy", {"romance", "comedy"}),
        ("comedy drama", {"comedy", "drama"}),
        ("crime thriller", {"crime", "thriller"}),
        ("children's film", {"family"}),
        ("War", {"war"}),
        ("war film", {"war"}),
        ("Music", {"musical"}),
        ("Western film", {"western"}),
        ("film-noir", {"crime"}),
        ("scary", {"horror"}),
        ("superhero film", {"superhero"}),
        ("film based on a novel", set()),
        ("", set()),
    ],
)
def test_the_names_that_graphs_give_to_a_genre_are_one(label: str, genres: set[str]) -> None:
    assert genres_of_label(label) == genres


def test_every_genre_is_the_label_of_itself() -> None:
    assert all(genre in genres_of_label(genre) for genre in GENRES)


def test_genre_words_inside_other_words_are_none() -> None:
    assert find_genres("an attraction for a dramatist in a warehouse, a familymovie, comedians") == []


_PIECES = [
    "Up (2009)", "It (2017)", "Mole Hill", "a comedy", "scary", "Anna Maro", "directed by", "not", "?", "!", ". ",
    ", ", " and ", "if you like ", "it is", "have you seen ", "the 90's", "in 1999", "(", ")", "'", "\n", "…", "İ",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=120), st.lists(st.sampled_from(_PIECES), max_size=25).map(" ".join)))
def test_any_text_is_read_and_all_spans_lie_inside_it(text: str) -> None:
    for statement in extract_statements(text, NAMES, DISCUSSED):
        assert 0 <= statement.start < statement.end <= len(text)
        assert statement.film in {film for film, _, _ in FILMS}
    films, people = find_names(text, NAMES)
    spans = sorted((span.start, span.end) for span in (*films, *people))
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_three_thousand_replies_take_far_less_than_ten_seconds() -> None:
    texts = [text for text, _ in STATED] + [
        "like to watch! " * 40,
        "a b " * 100,
        "Anna Maro, Bo Tilden and " * 20,
    ]
    before = time.process_time()
    for number in range(300):
        extract_statements(texts[number % len(texts)], NAMES)
    assert time.process_time() - before < 10 / 10

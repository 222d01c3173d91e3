"""Where listed names stand in a text: as they are written there, misspelt, in part, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.data.readers.named_spans import is_named, place_names


def found(text: str, *names: str) -> list[tuple[str, str]]:
    mentions, _ = place_names(text, [(name, name) for name in names])
    assert all(mention.marked for mention in mentions)
    return [(mention.entity, text[mention.start : mention.end]) for mention in mentions]


@pytest.mark.parametrize(
    ("text", "name", "written"),
    [
        ("have you seen mamma mia yet?", "Mamma Mia!", "mamma mia"),
        ("Matrix is good", "The Matrix", "Matrix"),
        ("the new Avengers: End Game was great", "Avengers: Endgame", "Avengers: End Game"),
        ("I saw SpiderMan", "Spider-Man", "SpiderMan"),
        ("i like rocky ii", "Rocky 2", "rocky ii"),
        ("The Rise of Skywalker", "Star Wars: The Rise of Skywalker", "The Rise of Skywalker"),
        ("watch Rogue One now", "Rogue One: A Star Wars Story", "Rogue One"),
        ("you would like Sleepy Hallow!", "Sleepy Hollow", "Sleepy Hallow"),
        ("ford vs ferrari", "Ford v Ferrari", "ford vs ferrari"),
        ("Amelie", "Amélie", "Amelie"),
    ],
)
def test_a_name_is_found_as_people_write_it(text: str, name: str, written: str) -> None:
    assert found(text, name) == [(name, written)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("it is rated R", "Rated X"),
        ("do you like Jumanji?", "Jumanji: The Next Level"),
        ("Good Morning friend", "Good Morning, Vietnam"),
        ("upward", "Up"),
        ("", "Up"),
        ("anything", "..."),
    ],
)
def test_what_does_not_stand_there_is_told(text: str, name: str) -> None:
    assert place_names(text, [("e", name)]) == ((), [("e", name)])


def test_longer_names_come_first_and_none_over_another() -> None:
    text = "Terminator: Dark Fate is like Terminator, truth or dare?"
    assert found(text, "Terminator", "Terminator: Dark Fate", "Truth or Dare", "The Dare") == [
        ("Terminator: Dark Fate", "Terminator: Dark Fate"),
        ("Terminator", "Terminator"),
        ("Truth or Dare", "truth or dare"),
    ]
    assert place_names(text, [("d", "The Dare"), ("t", "Truth or Dare")])[1] == [("d", "The Dare")]


def test_a_name_listed_twice_is_placed_twice_or_found_once() -> None:
    assert len(found("Heat, and again Heat", "Heat", "Heat")) == 2
    mentions, lost = place_names("only Heat", [("h", "Heat"), ("h", "Heat")])
    assert (len(mentions), lost) == (1, [])


def test_is_named() -> None:
    assert is_named("I love the space jam.", "Space Jam")
    assert not is_named("a jam", "Space Jam")


@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=3), st.text(max_size=12)), max_size=5))
def test_every_mention_lies_in_the_text_and_each_name_is_placed_or_lost(
    text: str, named: list[tuple[str, str]]
) -> None:
    mentions, lost = place_names(text, named)
    end = 0
    for mention in mentions:
        assert end <= mention.start < mention.end <= len(text)
        end = mention.end
    assert {one[0] for one in named} == {m.entity for m in mentions} | {one[0] for one in lost}

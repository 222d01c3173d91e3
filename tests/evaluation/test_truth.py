"""Statements judged on a graph small enough to judge them by hand."""

from __future__ import annotations

import math

import pytest

from ccrs.core.errors import CcrsError
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.name_spans import Names
from ccrs.evaluation.statements import Statement, StatementKind
from ccrs.evaluation.truth import (
    Fact,
    FactTable,
    JudgedStatement,
    judge_statements,
    normalised_name,
    truth_figures,
)

TABLE = FactTable.build(
    [
        Fact("up", "genre", "Comedy film"),
        Fact("up", "genre", "Sci-Fi"),
        Fact("up", "genre", "film based on a novel"),
        Fact("up", "director", "Anna Maro"),
        Fact("up", "actor", "Zoë O'Hara"),
        Fact("up", "person", "Composer One"),
        Fact("up", "year", "1994"),
        Fact("it", "genre", "horror film"),
        Fact("it", "actor", "Bo Tilden Jr."),
        Fact("bare", "genre", "film based on a novel"),
        Fact("bare", "director", "?"),
    ]
)


@pytest.mark.parametrize(
    ("film", "kind", "value", "expected"),
    [
        ("up", "genre", "comedy", True),
        ("up", "genre", "science fiction", True),
        ("up", "genre", "horror", False),  # the table knows the genre, and the film's genres
        ("up", "genre", "superhero", None),  # no film of the table has it
        ("bare", "genre", "comedy", None),  # no genre that can be compared
        ("gone", "genre", "comedy", None),
        ("up", "director", "ANNA MARO", True),
        ("up", "director", "Zoe O’Hara", False),  # known, but as an actor
        ("up", "actor", "zoe o'hara", True),
        ("up", "actor", "Bo Tilden", False),
        ("it", "actor", "Bo Tilden", True),
        ("up", "actor", "Nobody Here", None),
        ("it", "director", "Anna Maro", None),  # no director of the film is known
        ("up", "writer", "Anna Maro", None),
        ("up", "person", "Anna Maro", True),  # any role
        ("up", "person", "Composer One", True),
        ("up", "person", "Bo Tilden", False),
        ("gone", "person", "Bo Tilden", None),
        ("bare", "director", "Anna Maro", None),  # a name without letters is no name
        ("up", "year", "1994", True),
        ("up", "year", "1995", False),
        ("up", "year", "1990s", True),
        ("up", "year", "1980s", False),
        ("it", "year", "1990s", None),
    ],
)
def test_a_statement_holds_fails_or_cannot_be_judged(
    film: str, kind: StatementKind, value: str, expected: bool | None
) -> None:
    assert TABLE.holds(film, kind, value) is expected


def test_the_table_knows_its_people_genres_and_films() -> None:
    assert TABLE.people == {"anna maro", "zoe o hara", "bo tilden", "composer one"}
    assert TABLE.genres == {"comedy", "science fiction", "horror"}
    assert TABLE.num_films == 2


def test_an_empty_table_judges_nothing() -> None:
    empty = FactTable.build([])
    assert empty.holds("up", "genre", "comedy") is None
    assert empty.people == empty.genres == frozenset()


def test_names_are_compared_without_case_accents_and_junior() -> None:
    assert normalised_name("Zoë  O’HARA") == normalised_name("zoe o'hara") == "zoe o hara"
    assert normalised_name("Robert Low Jr.") == "robert low"
    assert normalised_name("Cher Jr.") == "cher jr"


def reply(user: str, text: str, *items: str) -> JudgedReply:
    return JudgedReply(user, "d", 1, text, "", text, "", items)


NAMES = Names.build([("up", "Up", 1994), ("it", "It", 2017)], ["Anna Maro", "Zoë O'Hara"])
REPLIES = [
    reply("a", "Up (1994) is a comedy with Zoe O'Hara.", "up"),  # both hold
    reply("a", "It (2017) is a comedy directed by Anna Maro", "it"),  # false; no director to judge by
    reply("b", "It was a horror movie", *()),  # of the film discussed: holds, in a reply without item
    reply("c", "Do you like comedies?"),
    reply("d", "Try It (2017)", "it"),
]


def test_figures_count_by_hand() -> None:
    judged = judge_statements(REPLIES, NAMES, TABLE, [None, None, "it", None, "up"])
    assert [(row.reply, row.statement.kind, row.holds) for row in judged] == [
        (0, "genre", True),
        (0, "actor", True),
        (1, "genre", False),
        (1, "director", None),
        (2, "genre", True),
    ]
    figures = truth_figures(REPLIES, judged)
    assert (figures.num_replies, figures.num_item_replies) == (5, 3)
    assert (figures.num_statements, figures.num_judged, figures.num_true) == (5, 4, 3)
    assert figures.judged_share == pytest.approx(4 / 5)
    assert figures.per_100_item_replies == pytest.approx(100 * 4 / 3)
    assert figures.truth is not None
    assert figures.truth.mean == pytest.approx(3 / 4)
    # Two users: resamples hold a alone (2/3), b alone (1) or both (3/4).
    assert figures.truth.low == pytest.approx(2 / 3)
    assert figures.truth.high == pytest.approx(1)
    kinds = {kind: (c.num_statements, c.num_judged, c.num_true) for kind, c in figures.by_kind.items()}
    assert kinds == {"director": (1, 0, 0), "actor": (1, 1, 1), "genre": (3, 3, 2)}


def test_one_user_gives_a_mean_without_interval_and_nothing_judged_no_truth() -> None:
    one = truth_figures(REPLIES, [JudgedStatement(0, Statement("up", "genre", "comedy", 0, 1), holds=True)])
    assert one.truth is not None
    assert one.truth.mean == 1
    assert math.isnan(one.truth.low)
    none = truth_figures([], [])
    assert none.truth is None
    assert none.judged_share == none.per_100_item_replies == 0


def test_discussed_films_must_be_one_a_reply() -> None:
    with pytest.raises(CcrsError, match="1 discussed films, 5 replies"):
        judge_statements(REPLIES, NAMES, TABLE, ["it"])

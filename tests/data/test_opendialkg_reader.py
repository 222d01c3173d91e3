"""The OpenDialKG reader on small releases in its three forms, on damaged ones, and on the real ones."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.dialogue import Dialogue
from ccrs.core.errors import DataError
from ccrs.data.opendialkg_graphs import load_film_graph, load_triples
from ccrs.data.readers.opendialkg import SHARES, part_of, read_opendialkg
from ccrs.data.readers.opendialkg_csv import NOT_NEAR
from ccrs.data.readers.opendialkg_turns import NOT_IN_TEXT
from ccrs.data.readers.packed_files import read_packed
from tests.fixtures.opendialkg_files import (
    BOOK_SESSION,
    CONTEXT,
    SESSION,
    chat,
    said,
    turn,
    walk,
    write_books,
    write_sessions,
    write_turns,
)


def told(dialogue: Dialogue) -> list[tuple[str, str, list[str]]]:
    return [(m.speaker, m.text, [one.entity for one in m.mentions]) for m in dialogue.messages]


def test_turns_become_whole_dialogues(tmp_path: Path) -> None:
    release = read_opendialkg(write_turns(tmp_path))
    assert release.form == "turns"
    assert [(d.id, d.user) for d in release.dialogues] == [("0", "0"), ("3", "3"), ("7", "7")]
    assert told(release.dialogues[0]) == [
        ("seeker", CONTEXT[0], ["Heat"]),
        ("recommender", CONTEXT[1], ["Al Pacino"]),
        ("seeker", CONTEXT[2], []),  # "it" is not the item of the reply
        ("recommender", "Then watch Alien, or It.", ["Alien", "It"]),
    ]
    assert all(m.marked for d in release.dialogues for message in d.messages for m in message.mentions)
    assert set(release.sources) == {f"{part}_processed.jsonl" for part in ("train", "valid", "test")}


def test_two_messages_of_one_speaker_stand_at_the_beginning(tmp_path: Path) -> None:
    first = turn(1, 2, context=CONTEXT[:2], resp="Alien", rec=["Alien"], entity=[])
    dialogue = read_opendialkg(write_turns(tmp_path, [first])).dialogues[1]
    assert [m.speaker for m in dialogue.messages] == ["seeker", "seeker", "recommender"]


def test_parts_are_drawn_by_dialogue() -> None:
    parts = Counter(part_of(str(number), 0) for number in range(4000))
    for part, share in SHARES.items():
        assert parts[part] / 4000 == pytest.approx(share, abs=0.02)
    assert [part_of(str(n), 0) for n in range(40)] == [part_of(str(n), 0) for n in range(40)]
    assert [part_of(str(n), 0) for n in range(40)] != [part_of(str(n), 1) for n in range(40)]


TURN_FAULTS: list[tuple[Any, str]] = [
    (turn(1, 3, context="Hi"), r"train_processed\.jsonl:1: 'context' is 'Hi'\. Give a list of strings"),
    (turn(1, 3, rec=[4]), r":1: 'rec' is \[4\]"),
    (turn(1, 3, resp=" "), r":1: the turn has no reply or no context"),
    (turn(1, 3, context=[]), r":1: the turn has no reply or no context"),
    (turn(1, 3, dialog_id="x"), r":1: 'dialog_id' is 'x', not a whole number"),
    ({"dialog_id": 1}, r":1: key 'context' is missing"),
    ([1], r":1: is \[1\], not a JSON object"),
    (turn(0, 1), r"valid_processed\.jsonl:1: turn 1 of dialogue 0 stands twice"),
]


@pytest.mark.parametrize(("line", "words"), TURN_FAULTS)
def test_a_faulty_turn_is_named(tmp_path: Path, line: Any, words: str) -> None:
    write_turns(tmp_path, [line, turn(9, 3)])
    with pytest.raises(DataError, match=words):
        read_opendialkg(tmp_path)
    release = read_opendialkg(tmp_path, lenient=True)
    assert {"3", "9"} <= {dialogue.id for dialogue in release.dialogues}
    assert sum(n for reason, n in release.dropped.items() if reason.startswith("turns skipped")) == 1


def test_turns_that_do_not_fit_are_named(tmp_path: Path) -> None:
    write_turns(tmp_path, [turn(5, 1, resp="Something else"), turn(5, 3)])
    with pytest.raises(DataError, match=r"train_processed\.jsonl:1: what was said before does not fit"):
        read_opendialkg(tmp_path)
    release = read_opendialkg(tmp_path, lenient=True)
    assert release.dropped["dialogues skipped: turns do not fit"] == 1
    assert "5" not in {dialogue.id for dialogue in release.dialogues}


def test_whole_dialogues_about_books(tmp_path: Path) -> None:
    release = read_opendialkg(write_books(tmp_path), domain="books")
    assert (release.form, len(release.dialogues)) == ("whole", 3)
    assert told(release.dialogues[0]) == [
        ("seeker", "a book like Zodiac?", ["Zodiac"]),
        ("recommender", "Neal Stephenson wrote Seveneves", ["Neal Stephenson", "Seveneves"]),
    ]
    assert release.items == {"Zodiac", "Seveneves"}
    graph = load_triples(release, "books", None)
    kinds = [(e.name, e.type, e.is_item) for e in graph.catalogue.entities]
    assert kinds == [
        ("Zodiac", "book", True),
        ("Seveneves", "book", True),
        ("Neal Stephenson", "entity", False),
    ]


BOOK_FAULTS: list[tuple[Any, str]] = [
    ({}, r"dialog_Books\.jsonl:1: is \{\}, not a list of messages"),
    ([said("boss", "x")], r":1: message 0: 'role' is 'boss'\. Allowed: user, assistant"),
    ([{"role": "user", "text": "x"}], r":1: message 0: key 'entity' is missing"),
    ([said("user", "x") | {"text": None}], r":1: message 0: 'text' is None"),
]


@pytest.mark.parametrize(("line", "words"), BOOK_FAULTS)
def test_a_faulty_whole_dialogue_is_named(tmp_path: Path, line: Any, words: str) -> None:
    write_books(tmp_path, [line, [said("user", "hello")]])
    with pytest.raises(DataError, match=words):
        read_opendialkg(tmp_path, domain="books")
    assert len(read_opendialkg(tmp_path, domain="books", lenient=True).dialogues) == 1


def test_the_authors_own_form(tmp_path: Path) -> None:
    release = read_opendialkg(write_sessions(tmp_path))
    assert release.form == "sessions"
    assert told(release.dialogues[0]) == [
        ("seeker", "Do you know Heat?", ["Heat"]),
        ("recommender", "Yes, from the maker of Collateral.", ["Collateral"]),
        ("seeker", "Thanks", []),
    ]
    assert release.dropped == {NOT_NEAR: 2}  # Michael Mann and Jane Austen


def test_what_is_a_film_or_a_book_is_told_by_the_triples(tmp_path: Path) -> None:
    release = read_opendialkg(write_sessions(tmp_path))
    triples = read_packed(tmp_path, "opendialkg_triples.txt")
    films, books = (load_triples(release, domain, triples) for domain in ("movies", "books"))
    assert [(e.id, e.year) for e in films.catalogue.items] == [("Heat", 1995), ("Collateral", None)]
    kinds = {e.id: e.type for e in films.catalogue.entities}
    assert (kinds["Michael Mann"], kinds["1995"]) == ("person", "year")
    assert {(t.head, t.relation, t.tail) for t in films.triples} == {
        ("Heat", "director", "Michael Mann"),
        ("Heat", "year", "1995"),
        ("Collateral", "director", "Michael Mann"),
    }
    assert [e.id for e in books.catalogue.items] == ["Emma"]
    assert "Pluto" not in films.catalogue.index


SESSION_FAULTS: list[tuple[Any, str]] = [
    ("{", r"opendialkg\.csv:2: 'Messages' is not valid JSON"),
    ({"a": 1}, r":2: 'Messages' is \{'a': 1\}\. Give a list of objects"),
    ([chat("boss", "hi")], r":2: action 0: 'sender' is 'boss'\. Allowed: user, assistant"),
    ([chat("user", "hi") | {"message": 3}], r":2: action 0: 'message' is 3, not a string"),
    ([walk("user", ("a", "b"))], r":2: action 0: the path is \[0\.5, "),
    ([walk("user") | {"metadata": {"path": 7}}], r":2: action 0: the path is 7"),
]


@pytest.mark.parametrize(("row", "words"), SESSION_FAULTS)
def test_a_faulty_session_is_named(tmp_path: Path, row: Any, words: str) -> None:
    write_sessions(tmp_path, [row, SESSION])
    with pytest.raises(DataError, match=words):
        read_opendialkg(tmp_path)
    release = read_opendialkg(tmp_path, lenient=True)
    assert [d.id for d in release.dialogues] == ["1"]
    assert sum(n for reason, n in release.dropped.items() if reason.startswith("dialogues skipped")) == 1


def test_the_line_of_a_row_is_where_it_begins(tmp_path: Path) -> None:
    write_sessions(tmp_path, [json.dumps(SESSION, indent=1), "{"])
    with pytest.raises(
        DataError, match=rf"opendialkg\.csv:{2 + json.dumps(SESSION, indent=1).count(chr(10)) + 1}:"
    ):
        read_opendialkg(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Text\nhello\n", r"opendialkg\.csv:1: the header is \['Text'\]"),
        (b'Messages,User Rating,Assistant Rating\n"[]', r"opendialkg\.csv:2: is not CSV"),
        (b"Messages,User Rating,Assistant Rating\n", r"opendialkg\.csv: holds no dialogues"),
        (b"\xff\xfeM\x00", r"opendialkg\.csv:1: is not UTF-8 text"),
        (b"", r"opendialkg\.csv:1: the header is \[\]"),
        (
            b"Messages,User Rating,Assistant Rating\n" + b"x" * 200_000,
            r"opendialkg\.csv:2: is not CSV \(field larger",
        ),
    ],
)
def test_what_is_no_such_table_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    (write_sessions(tmp_path) / "opendialkg.csv").write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_opendialkg(tmp_path)


@pytest.mark.parametrize(
    ("triples", "words"),
    [
        ("a\tb\n", r"opendialkg_triples\.txt:1: found 2 values"),
        ("a\tb\tc\na\t\tc\n", r"opendialkg_triples\.txt:2: found 3 values, not subject"),
        ("a\tb\tc\n", r"opendialkg_triples\.txt: no dialogue names an item of the domain 'movies'"),
    ],
)
def test_faulty_triples_are_named(tmp_path: Path, triples: str, words: str) -> None:
    release = read_opendialkg(write_sessions(tmp_path, triples=triples))
    with pytest.raises(DataError, match=words):
        load_triples(release, "movies", read_packed(tmp_path, "opendialkg_triples.txt"))


def test_a_release_of_another_domain_is_named(tmp_path: Path) -> None:
    write_turns(tmp_path)
    with pytest.raises(DataError, match=r"no whole OpenDialKG release about books\. Give opendialkg\.csv or"):
        read_opendialkg(tmp_path, domain="books")


def test_the_film_graph(tmp_path: Path) -> None:
    graph = load_film_graph(write_turns(tmp_path) / "kg")
    assert [(e.id, e.type, e.year) for e in graph.catalogue.items] == [
        ("Heat", "movie", 1995),
        ("Alien", "movie", None),
        ("It", "movie", None),
    ]
    others = {e.id: e.type for e in graph.catalogue.entities[3:]}
    assert others == {"Al Pacino": "person", "1995": "year", "Crime": "genre", "Psycho": "movie"}
    assert len(graph.triples) == 4
    assert graph.dropped == {"doubled triples and self-loops": 1}


JSON = st.recursive(
    st.none() | st.integers(-2, 3) | st.sampled_from(["", "user", "chat", "Heat"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "sender",
                    "message",
                    "metadata",
                    "path",
                    "context",
                    "entity",
                    "rec",
                    "resp",
                    "dialog_id",
                ]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(JSON, max_size=3))
def test_any_json_is_read_or_refused(tmp_path: Path, values: list[Any]) -> None:
    folders = tmp_path / "turns", tmp_path / "sessions"
    write_turns(folders[0], [*values, turn(9, 3)])
    write_sessions(folders[1], [*values, SESSION, BOOK_SESSION])
    for folder in folders:
        with suppress(DataError):
            read_opendialkg(folder)
        assert read_opendialkg(folder, lenient=True).dialogues


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Path:
    folder = shared_data / "opendialkg"
    if not folder.is_dir():
        pytest.skip(f"no OpenDialKG in {shared_data}")
    return folder


@pytest.mark.realdata
def test_the_real_turns(real: Path) -> None:
    release = read_opendialkg(real)
    assert len(release.dialogues) == 5_170
    assert release.dropped[NOT_IN_TEXT] < 100
    parts = Counter(dialogue.part for dialogue in release.dialogues)
    assert parts == {"train": 3_645, "validation": 755, "test": 770}
    assert all(d.messages[0].speaker == "seeker" for d in release.dialogues)
    assert all(d.messages[-1].speaker == "recommender" for d in release.dialogues)


@pytest.mark.realdata
def test_the_real_books(real: Path) -> None:
    release = read_opendialkg(real, domain="books")
    assert (len(release.dialogues), len(release.items or ())) == (1_901, 1_146)
    assert sum(len(d.messages) for d in release.dialogues) == 13_626


@pytest.mark.realdata
def test_the_real_film_graph(real: Path) -> None:
    graph = load_film_graph(real / "kg")
    assert (graph.catalogue.num_items, graph.catalogue.num_entities) == (2_965, 12_460)
    assert sum(entity.type == "movie" for entity in graph.catalogue.entities) == 3_662
    assert len(graph.triples) + graph.dropped["doubled triples and self-loops"] == 46_402

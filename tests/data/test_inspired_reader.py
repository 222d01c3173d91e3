"""The INSPIRED reader on small releases in both forms, on damaged ones, and on the real one."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.dialogue import Mention
from ccrs.core.errors import DataError
from ccrs.data.inspired_graphs import load_inspired_graph
from ccrs.data.readers.inspired import NO_MESSAGES, NO_TEXT, NOT_IN_TEXT, InspiredRelease, read_inspired
from tests.fixtures.inspired_files import (
    COLUMNS,
    DBPEDIA,
    message,
    row,
    write_dbpedia,
    write_linked,
    write_names,
    write_tables,
)


def test_the_linked_form(tmp_path: Path) -> None:
    release = read_inspired(write_linked(tmp_path))
    assert release.form == "linked"
    assert [(d.id, d.user, d.part) for d in release.dialogues] == [
        ("train-0", "train-0", "train"),
        ("train-1", "train-1", "train"),
        ("validation-0", "validation-0", "validation"),
        ("test-0", "test-0", "test"),
    ]
    first, second, third = release.dialogues[0].messages
    assert [m.speaker for m in (first, second, third)] == ["recommender", "seeker", "recommender"]
    assert second.text == 'I liked "knives out" and Heat'
    assert second.mentions == (
        Mention("Knives Out (2019)", 9, 19, marked=True),
        Mention("Heat (1995)", 25, 29, marked=True),
    )
    assert release.pages == {"Knives Out (2019)": DBPEDIA + "Knives_Out>"}
    assert release.dropped == {NOT_IN_TEXT: 1, NO_TEXT: 1}
    assert release.titles == ("Knives Out (2019)", "Heat (1995)", "Nowhere (1997)")
    assert set(release.sources) == {
        "train_dbpedia.jsonl",
        "valid_dbpedia.jsonl.gz",
        "test_dbpedia.jsonl",
    }


def test_the_authors_own_form(tmp_path: Path) -> None:
    release = read_inspired(write_tables(tmp_path))
    assert release.form == "tables"
    assert [(d.id, d.part) for d in release.dialogues] == [("a", "train"), ("b", "validation"), ("c", "test")]
    (first, second) = release.dialogues[0].messages
    assert (first.speaker, second.speaker) == ("seeker", "recommender")
    assert first.text == 'I saw "Heat" twice'
    assert second.text == 'San Andreas is like Die Hard, a 5" gun'
    assert [m.entity for m in second.mentions] == ["San Andreas (2015)", "Die Hard (1988)"]
    assert release.pages == {}


def _changed(**changes: Any) -> list[Any]:
    return [message("Hello", "SEEKER") | changes]


LINKED_FAULTS: list[tuple[Any, str]] = [
    ({"text": "x"}, r"train_dbpedia\.jsonl:1: is \{.*\}, not a list of messages"),
    ([3], r":1: message 0: is 3\. A message must be an object"),
    (_changed(role="BOSS"), r"message 0: the speaker is 'BOSS'\. Allowed: RECOMMENDER, SEEKER"),
    (_changed(text=4), r"message 0: 'text' is 4, not a string"),
    (_changed(movie="Heat"), r"message 0: 'movie' is 'Heat'\. Give a list of strings"),
    (_changed(movie=[1]), r"message 0: 'movie' is \[1\]"),
    (_changed(movie_link=["x"]), r"message 0: 1 'movie_link' beside 0 'movie_name'"),
    ([{"role": "SEEKER", "text": "x"}], r"message 0: key 'movie' is missing"),
]


@pytest.mark.parametrize(("line", "words"), LINKED_FAULTS)
def test_a_faulty_line_is_named(tmp_path: Path, line: Any, words: str) -> None:
    write_linked(tmp_path, train=[line, [message("Fine", "SEEKER")]])
    with pytest.raises(DataError, match=words):
        read_inspired(tmp_path)
    release = read_inspired(tmp_path, lenient=True)
    assert sum(dialogue.part == "train" for dialogue in release.dialogues) == 1
    assert sum(n for reason, n in release.dropped.items() if reason.startswith("dialogues skipped")) == 1


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"[1\n", r"train_dbpedia\.jsonl:1: is not valid JSON"),
        (b'[{"text": "\xff"}]\n', r":1: is not UTF-8 text"),
        (b'[{"text": "\\ud800"}]\n', r":1: is not UTF-8 text"),
        (b"[" * 100_000 + b"\n", r":1: cannot be read as JSON"),
        (b"\n\n", r"holds no dialogues"),
    ],
)
def test_what_is_no_json_is_named(tmp_path: Path, raw: bytes, words: str) -> None:
    (write_linked(tmp_path) / "train_dbpedia.jsonl").write_bytes(raw)
    with pytest.raises(DataError, match=words):
        read_inspired(tmp_path)


TABLE_FAULTS: list[tuple[str, str]] = [
    ("a\t1\n", r"train\.tsv:2: found 2 values, the header names 6"),
    (row("a", 1, "BOSS", "hello"), r"train\.tsv:2: the speaker is 'BOSS'"),
    (row("", 1, "SEEKER", "hello"), r"train\.tsv:2: 'dialog_id' is empty"),
]


@pytest.mark.parametrize(("rows", "words"), TABLE_FAULTS)
def test_a_faulty_row_is_named(tmp_path: Path, rows: str, words: str) -> None:
    write_tables(tmp_path, train=rows + row("fine", 1, "SEEKER", "hello"))
    with pytest.raises(DataError, match=words):
        read_inspired(tmp_path)
    release = read_inspired(tmp_path, lenient=True)
    assert [d.id for d in release.dialogues if d.part == "train"] == ["fine"]


def test_a_dialogue_in_two_tables_is_named(tmp_path: Path) -> None:
    write_tables(tmp_path, test=row("a", 1, "SEEKER", "hello"))
    with pytest.raises(DataError, match=r"test\.tsv:2: dialogue 'a' stands in another file as well"):
        read_inspired(tmp_path)


def test_other_columns_are_named(tmp_path: Path) -> None:
    folder = write_tables(tmp_path)
    (folder / "train.tsv").write_text("dialog_id\tspeaker\n")
    with pytest.raises(DataError, match=r"train\.tsv:1: column 'utt_id' is missing"):
        read_inspired(tmp_path)
    (folder / "train.tsv").write_bytes("\t".join(COLUMNS).encode("utf-16"))
    with pytest.raises(DataError, match=r"train\.tsv:1: is not UTF-8 text"):
        read_inspired(tmp_path)


def test_a_folder_without_a_release_is_named(tmp_path: Path) -> None:
    for folder, words in (
        (tmp_path, "holds no whole INSPIRED release"),
        (tmp_path / "gone", "there is no such folder"),
    ):
        with pytest.raises(DataError, match=words):
            read_inspired(folder)
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(DataError, match="is not a folder"):
        read_inspired(file)


def test_a_broken_compressed_file_is_named(tmp_path: Path) -> None:
    folder = write_linked(tmp_path)
    path = folder / "valid_dbpedia.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(DataError, match=r"valid_dbpedia\.jsonl\.gz: the compressed file is cut short"):
        read_inspired(folder)


def test_a_dialogue_of_blank_messages_is_dropped(tmp_path: Path) -> None:
    write_linked(tmp_path, train=[[message(" ", "SEEKER")], [message("Hi", "SEEKER")], []])
    release = read_inspired(tmp_path)
    assert [d.id for d in release.dialogues if d.part == "train"] == ["train-1"]
    assert release.dropped[NO_MESSAGES] == 2


def test_items_are_what_the_graph_lists(tmp_path: Path) -> None:
    release = read_inspired(write_linked(tmp_path))
    found = load_inspired_graph([write_dbpedia(tmp_path / "db")], release)
    catalogue = found.graph.catalogue
    assert [(e.id, e.type, e.name, e.year) for e in catalogue.items] == [
        ("0", "movie", "Knives Out", 2019),
        ("3", "movie", "Alien", 1979),  # an item that no dialogue names
    ]
    assert found.films["Knives Out (2019)"] == "0"
    assert "Heat (1995)" not in found.films
    others = {e.name: e.type for e in catalogue.entities[catalogue.num_items :]}
    assert others == {"Daniel Craig": "person", "Mystery film": "genre"}
    assert [(t.head, t.relation) for t in found.graph.triples] == [("0", "starring"), ("0", "genre")]
    assert found.graph.dropped == {"self-loops": 1}


def test_graphs_are_joined_on_the_films(tmp_path: Path) -> None:
    release = read_inspired(write_linked(tmp_path))
    found = load_inspired_graph([write_dbpedia(tmp_path / "db"), write_names(tmp_path / "names")], release)
    relations = sorted((t.head, t.relation, t.tail) for t in found.graph.triples)
    assert ("0", "director", "imdb:2") in relations
    assert ("0", "star", "dbpedia:1") in relations  # one Daniel Craig
    assert found.graph.catalogue.num_items == 2


def test_without_a_graph_all_films_are_items(tmp_path: Path) -> None:
    found = load_inspired_graph([], read_inspired(write_linked(tmp_path)))
    assert [entity.name for entity in found.graph.catalogue.entities] == ["Knives Out", "Heat", "Nowhere"]
    assert found.graph.triples == ()


def test_dialogues_without_a_film_are_named(tmp_path: Path) -> None:
    release = read_inspired(write_linked(tmp_path, train=[[message("Hi", "SEEKER", (" ", None))]]))
    assert release.titles == ()
    with pytest.raises(DataError, match="the release: no film of the dialogues is an item"):
        load_inspired_graph([], release)


def test_the_authors_table_of_films(tmp_path: Path) -> None:
    folder = write_tables(tmp_path)
    (folder / "movie_database.tsv").write_text(
        "title\tyear\tgenre\tactors\tdirector\n"
        "Heat\t1995\tCrime, Drama\tAl Pacino, Robert De Niro\tMichael Mann\n"
        "Die Hard\t1988\tCrime\t\t\n"
        "Unseen\t2000\tHorror\tNobody Here\t\n"
    )
    found = load_inspired_graph([folder], read_inspired(folder))
    names = {entity.id: entity.name for entity in found.graph.catalogue.entities}
    facts = {(names[t.head], t.relation, names[t.tail]) for t in found.graph.triples}
    assert facts == {
        ("Heat", "genre", "Crime"),
        ("Heat", "genre", "Drama"),
        ("Heat", "star", "Al Pacino"),
        ("Heat", "star", "Robert De Niro"),
        ("Heat", "director", "Michael Mann"),
        ("Die Hard", "genre", "Crime"),
    }
    (folder / "movie_database.tsv").write_text("title\tgenre\nHeat\n")
    with pytest.raises(DataError, match=r"movie_database\.tsv:2: found 1 values, the header names 2"):
        load_inspired_graph([folder], read_inspired(folder))


def _write(folder: Path, name: str, value: Any) -> None:
    (folder / name).write_text(json.dumps(value))


GRAPH_FAULTS: list[tuple[str, Any, str]] = [
    ("item_ids.json", [9], r"item_ids\.json: item 9 is not a listed entity"),
    ("item_ids.json", {}, r"item_ids\.json: is not a JSON list"),
    ("entity2id.json", [], r"entity2id\.json: is not a JSON object"),
    ("entity2id.json", {"a": "0"}, r"entity2id\.json: 'a' is '0', not a whole number"),
    ("entity2id.json", {"a": 0, "b": 0}, r"entity2id\.json: number 0 is given twice"),
    ("dbpedia_subkg.json", {"9": []}, r"dbpedia_subkg\.json: head '9' is not a listed entity"),
    ("dbpedia_subkg.json", {"0": [[7, 0]]}, r"head 0 has \[7, 0\], not a listed relation and entity"),
    ("dbpedia_subkg.json", {"0": 5}, r"head 0 has 5"),
    ("item_ids.json", [], r"no film of the dialogues is an item of this graph"),
]


@pytest.mark.parametrize(("name", "value", "words"), GRAPH_FAULTS)
def test_a_faulty_graph_is_named(tmp_path: Path, name: str, value: Any, words: str) -> None:
    release = read_inspired(write_linked(tmp_path))
    folder = write_dbpedia(tmp_path / "db")
    _write(folder, name, value)
    with pytest.raises(DataError, match=words):
        load_inspired_graph([folder], release)


def test_an_unknown_graph_and_one_given_twice_are_named(tmp_path: Path) -> None:
    release = read_inspired(write_linked(tmp_path))
    with pytest.raises(DataError, match="the form of this graph is not known"):
        load_inspired_graph([tmp_path], release)
    folder = write_dbpedia(tmp_path / "db")
    with pytest.raises(DataError, match="Graph 'dbpedia' is given twice"):
        load_inspired_graph([folder, folder], release)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "SEEKER", "Heat (1995)"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "role", "movie", "movie_link", "movie_name"]), inner)
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(JSON, max_size=3))
def test_any_json_is_read_or_refused(tmp_path: Path, lines: list[Any]) -> None:
    write_linked(tmp_path, train=[*lines, [message("Fine", "SEEKER")]])
    with suppress(DataError):
        read_inspired(tmp_path)
    assert len(read_inspired(tmp_path, lenient=True).dialogues) >= 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_text_of_a_table_is_read_or_refused(tmp_path: Path, text: str) -> None:
    write_tables(tmp_path, train=row("fine", 1, "SEEKER", "hello") + text)
    with suppress(DataError):
        read_inspired(tmp_path)
    assert read_inspired(tmp_path, lenient=True).dialogues


@pytest.fixture(scope="module")
def real(shared_data: Path) -> InspiredRelease:
    folder = shared_data / "inspired"
    if not folder.is_dir():
        pytest.skip(f"no INSPIRED in {shared_data}")
    return read_inspired(folder)


@pytest.mark.realdata
def test_the_real_release(real: InspiredRelease) -> None:
    parts = Counter(dialogue.part for dialogue in real.dialogues)
    assert parts == {"train": 801, "validation": 99, "test": 99}
    messages = Counter[str]()
    for dialogue in real.dialogues:
        messages[str(dialogue.part)] += len(dialogue.messages)
    assert messages == {"train": 16_982, "validation": 2_053, "test": 2_089}
    assert len(real.titles) == 1_806
    mentions = sum(len(m.mentions) for d in real.dialogues for m in d.messages)
    assert mentions + real.dropped[NOT_IN_TEXT] <= 5_191
    assert 4_700 < mentions < 4_730


@pytest.mark.realdata
def test_the_real_graphs(real: InspiredRelease, shared_data: Path) -> None:
    folder = shared_data / "inspired"
    found = load_inspired_graph([folder / "kg-dbpedia"], real)
    assert found.graph.catalogue.num_items == 1_123
    dropped = sum(found.graph.dropped[reason] for reason in ("self-loops", "inverse copies"))
    assert len(found.graph.triples) + dropped == 38_903
    both = load_inspired_graph([folder / "kg-dbpedia", folder / "kg-imdb"], real)
    assert both.graph.catalogue.num_items == 1_123


@pytest.mark.realdata
def test_the_authors_real_tables(shared_data: Path, tmp_path: Path) -> None:
    """The published train table is too large to lie beside the others: dev stands in for it here."""
    folder = shared_data / "inspired"
    if not folder.is_dir():
        pytest.skip(f"no INSPIRED in {shared_data}")
    content = gzip.decompress((folder / "original_dev.tsv.gz").read_bytes())
    (tmp_path / "train.tsv").write_bytes(content)
    (tmp_path / "dev.tsv").write_bytes(content.replace(b"live.pkl", b"again.pkl"))
    (tmp_path / "test.tsv").write_bytes(gzip.decompress((folder / "original_test.tsv.gz").read_bytes()))
    release = read_inspired(tmp_path)
    parts = Counter(dialogue.part for dialogue in release.dialogues)
    assert (parts["train"], parts["test"]) == (99, 99)
    rows = sum(len(d.messages) for d in release.dialogues if d.part == "train")
    assert rows == 3_538
    assert not any("QUOTATION_MARK" in m.text for d in release.dialogues for m in d.messages)

"""Reading dumps: every form they come in, faults told by line, memory that does not grow with them."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.errors import DataError
from ccrs.data.graph_building import dump as dump_module
from ccrs.data.graph_building.dump import Dump, token
from ccrs.data.graph_building.statements import Literal, Statement
from tests.data.graph_building.dumps import FACTS, LABEL, ONTOLOGY, RESOURCE, dump_text, line

PACINO = RESOURCE + "Al_Pacino"


def found(path: Path, *names: str, lenient: bool = False) -> list[tuple[str, str, str | Literal]]:
    """The triples around pages, by the last parts of their addresses where they have them."""
    wanted = {token(RESOURCE + name) for name in names}
    return [
        (
            each.subject.removeprefix(RESOURCE),
            each.relation.removeprefix(ONTOLOGY),
            each.object if isinstance(each.object, Literal) else each.object.removeprefix(RESOURCE),
        )
        for each in Dump(path, lenient=lenient).around(wanted)
    ]


def around(name: str) -> list[tuple[str, str, str]]:
    return [fact for fact in FACTS if name in (fact[0], fact[2])]


def two_streams(data: bytes) -> bytes:
    return bz2.compress(data[: len(data) // 2]) + bz2.compress(data[len(data) // 2 :])


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "bz2": bz2.compress,
    "bz2 of several streams": two_streams,
    "gzip": gzip.compress,
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "windows": lambda data: data.replace(b"\n", b"\r\n"),
    "no last new line": lambda data: data.removesuffix(b"\n"),
    "no comments": lambda data: b"".join(
        row for row in data.splitlines(keepends=True) if not row.startswith(b"#")
    ),
    "blank lines": lambda data: data.replace(b"\n", b"\n\n"),
    "tabs": lambda data: data.replace(b"> <", b">\t<"),
    "no blanks": lambda data: data.replace(b"> <", b"><").replace(b"> .", b">."),
    "quads": lambda data: data.replace(b"> .", b"> <http://dbpedia.org/graph> ."),
    "remarks": lambda data: data.replace(b"> .", b"> . # see <http://example.org/>"),
    "percent signs": lambda data: data.replace(b"(", b"%28").replace(b")", b"%29"),
    "texts between": lambda data: data.replace(
        b"\n", f'\n<{PACINO}x> <{ONTOLOGY}name> "<{PACINO}> ."@en .\n'.encode()
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_dump_says_the_same(form: str, tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(FORMS[form](dump_text().encode()))
    assert found(path, "Al_Pacino") == around("Al_Pacino")
    assert found(path, "Heat_(1995_film)", "Amélie") == around("Heat_(1995_film)") + around("Amélie")


def test_escaped_addresses_are_found_in_both_ways_of_reading(tmp_path: Path) -> None:
    path = tmp_path / "dump.nt"
    rows = [line("Am%C3%A9lie", "starring", "Audrey_Tautou"), line("Am\\u00E9lie", "director", "X")]
    path.write_text("\n".join(rows) + "\n")
    expected = [("Amélie", "starring", "Audrey_Tautou"), ("Amélie", "director", "X")]
    assert found(path, "Amélie") == expected
    path.write_text("# a comment\n" + "\n".join(rows) + "\n")
    assert found(path, "Amélie") == expected


def test_short_names_of_one_line_are_read(tmp_path: Path) -> None:
    path = tmp_path / "dump.ttl"
    path.write_text(
        f"@prefix dbr: <{RESOURCE}> .\nPREFIX dbo: <{ONTOLOGY}>\n@base <http://example.org/> .\n"
        "dbr:Serpico dbo:starring dbr:Al_Pacino .\n"
        f"<{RESOURCE}Serpico> dbo:director dbr:Al_Pacino.\n"
        "dbr:Serpico a dbo:Film .\ndbr:Al_Pacino dbo:age 83 .\n_:b1 dbo:about dbr:Al_Pacino .\n"
    )
    assert found(path, "Al_Pacino") == [
        ("Serpico", "starring", "Al_Pacino"),
        ("Serpico", "director", "Al_Pacino"),
        ("Al_Pacino", "age", Literal("83")),
        ("_:b1", "about", "Al_Pacino"),
    ]


def test_texts_are_read_with_their_language(tmp_path: Path) -> None:
    path = tmp_path / "labels.ttl"
    path.write_text(f'<{PACINO}> <{LABEL}> "Al \\"Sonny\\" Pac\\u00EDno"@en .\n')
    (statement,) = Dump(path).around({token(PACINO)}, subjects_only=True)
    assert statement == Statement(PACINO, LABEL, Literal('Al "Sonny" Pacíno', "en"))


def test_the_checksum_and_the_end_are_told(tmp_path: Path) -> None:
    for data, is_cut_short in ((dump_text(), False), (dump_text().rpartition("# completed")[0], True)):
        path = tmp_path / "dump.bz2"
        path.write_bytes(bz2.compress(data.encode()))
        read: list[int] = []
        dump = Dump(path, on_bytes=read.append)
        assert list(dump.around(set())) == []
        assert dump.is_cut_short == is_cut_short
        assert dump.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert sum(read) == path.stat().st_size
        assert dump.lines == len(data.splitlines())


GOOD = line("A", "b", "C").encode() + b"\n"
FAULTS: dict[str, tuple[bytes, int, str]] = {
    "prose": (GOOD + b"Once upon a time.\n", 2, "is no triple"),
    "table": (GOOD + b"id\tname\n", 2, "is no triple"),
    "two words": (b"a b\n" + GOOD, 1, "is no triple"),
    "xml": (b'<?xml version="1.0"?>\n<rdf:RDF>\n', 1, "is no triple"),
    "semicolon": (GOOD + f"<{PACINO}> <{ONTOLOGY}b> <{PACINO}> ;\n".encode(), 2, "several lines"),
    "subject alone": (GOOD + f"<{PACINO}>\n".encode(), 2, "several lines"),
    "blank node list": (GOOD + f"<{PACINO}> <{ONTOLOGY}b> [\n".encode(), 2, "several lines"),
    "cut in the middle": (GOOD + line("A", "b", "C").encode()[:50], 2, "several lines"),
    "cp1252": (GOOD + line("Amélie", "b", "C").encode("cp1252") + b"\n", 2, "is not UTF-8 text"),
    "utf-16": ((GOOD * 3).decode().encode("utf-16"), 1, "is not UTF-8 text"),
    "unknown prefix": (GOOD + b"dbr:A dbo:b dbr:C .\n", 2, "prefix 'dbr:'"),
    "escape": (GOOD + line("A\\uD83D", "b", "C").encode() + b"\n", 2, "cannot be read"),
    "escape alone": (GOOD * 4000 + b"\\u0041\n", 4001, "is no triple"),
    "text not ended": (GOOD + f'<{PACINO}> <{LABEL}> "Al\n'.encode(), 2, "several lines"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_line_is_told_by_its_number(fault: str, tmp_path: Path) -> None:
    data, number, problem = FAULTS[fault]
    path = tmp_path / "dump.ttl"
    path.write_bytes(data)
    with pytest.raises(DataError) as told:
        found(path, "A")
    assert str(told.value).startswith(f"{path}:{number}: ")
    assert problem in str(told.value)
    if GOOD in data:
        assert ("A", "b", "C") in found(path, "A", lenient=True)


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress])
@pytest.mark.parametrize("damage", ["cut", "altered"])
def test_a_damaged_archive_is_told(pack: Callable[[bytes], bytes], damage: str, tmp_path: Path) -> None:
    whole = pack("".join(line(f"A{n * n}", "b", f"C{n}") + "\n" for n in range(20_000)).encode())
    half = len(whole) // 2
    path = tmp_path / "dump.ttl.bz2"
    path.write_bytes(whole[:half] if damage == "cut" else whole[:-8] + bytes(8))
    with pytest.raises(DataError, match=r"cut short or broken near byte [\d,]+ .* Fetch it again") as told:
        found(path, "A")
    assert str(told.value).startswith(f"{path}:")


def test_other_archives_and_missing_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(DataError, match=r"is a zip archive\. Unpack it first"):
        found(tmp_path / "a", "A")
    with pytest.raises(DataError, match=r"cannot be read \(No such file"):
        found(tmp_path / "none", "A")
    (tmp_path / "empty").touch()
    assert found(tmp_path / "empty", "A") == []


def test_an_endless_line_is_told_and_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump_module, "LONGEST_LINE", 1 << 20)
    path = tmp_path / "dump.nt"
    with path.open("wb") as stream:
        stream.write(GOOD)
        stream.writelines(b"x" * (1 << 20) for _ in range(30))
    tracemalloc.start()
    with pytest.raises(DataError, match=r":2: the line is longer than 1,048,576 bytes"):
        found(path, "A")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_long_text_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "dump.nt"
    path.write_text(f'<{PACINO}> <{LABEL}> "{"long " * 500_000}"@en .\n' + line("A", "b", "C") + "\n")
    assert found(path, "A") == [("A", "b", "C")]


NAMES = st.sampled_from(["A", "B", "Amélie", "Who%3F", "It_(film)"])
PLAIN_TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='"\\'), max_size=8)
ROWS = st.one_of(
    st.builds(line, NAMES, NAMES, NAMES),
    st.builds(
        '<{0}{1}> <{2}> "{3} . <{0}A>" .'.format, st.just(RESOURCE), NAMES, st.just(LABEL), PLAIN_TEXTS
    ),
    st.sampled_from(["", "# note", "#"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(ROWS, max_size=20), st.integers(1, 400))
def test_blocks_of_any_size_say_what_the_lines_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str], size: int
) -> None:
    """The quick way and the way line by line agree with reading the lines one after another."""
    path = tmp_path / "dump.ttl"
    path.write_text("\n".join(rows), encoding="utf-8", newline="\n")
    expected = [
        row
        for row in rows
        if row.startswith((f"<{RESOURCE}A>", f"<{RESOURCE}Who%3F>"))
        or row.endswith((f" <{RESOURCE}A> .", f" <{RESOURCE}Who%3F> ."))
    ]
    monkeypatch.setattr(dump_module, "BLOCK", size)
    statements = list(Dump(path).around({token(RESOURCE + "A"), token(RESOURCE + "Who%3F")}))
    assert len(statements) == len(expected)
    for statement, row in zip(statements, expected, strict=True):
        assert row.startswith(f"<{statement.subject}> <{statement.relation}> ")
        assert isinstance(statement.object, Literal) == row.endswith('" .')


def peak_of(path: Path, lines: int) -> int:
    """Peak memory of reading a dump of so many lines, in bytes."""

    def rows() -> Iterator[str]:
        yield from (line(f"Page_{n}", "starring", f"Person_{n % 999}") + "\n" for n in range(lines))

    with path.open("w") as stream:
        stream.writelines(rows())
    tracemalloc.start()
    assert len(found(path, "Page_7", "Page_17")) == 2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.slow
def test_memory_does_not_grow_with_the_dump(tmp_path: Path) -> None:
    small, large = peak_of(tmp_path / "small.nt", 30_000), peak_of(tmp_path / "large.nt", 300_000)
    assert large < 1.1 * small
    assert large < 16 << 20

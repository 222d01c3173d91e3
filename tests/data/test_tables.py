"""Tables that people bring: how they are written is found out, and what is wrong is named with its line."""

from __future__ import annotations

import codecs
import csv
import gzip
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import ccrs.data.readers.table_text as text_module
from ccrs.core.errors import DataError
from ccrs.data.readers.table import MAX_CELL, Table, clean, file_kind, folded_name, is_missing
from ccrs.data.readers.table_text import MAX_LINE, TextLines


def read(path: Path, **options: str) -> list[list[str]]:
    """Header and rows."""
    table = Table(path, **options)  # type: ignore[arg-type]
    return [list(table.header.columns), *(row.values for row in table)]


def written(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found_out(delimiter: str, tmp_path: Path) -> None:
    content = f"id{delimiter}title{delimiter}tags\n1{delimiter}A, b{delimiter}x\n".replace("A, b", '"A, b"')
    assert read(written(tmp_path, content)) == [["id", "title", "tags"], ["1", "A, b", "x"]]


def test_of_one_column_the_ending_decides_and_a_stated_delimiter_goes_before(tmp_path: Path) -> None:
    assert Table(written(tmp_path, "title\nA\n")).header.delimiter == ","
    assert Table(written(tmp_path, "title\nA\n", "t.tsv")).header.delimiter == "\t"
    path = written(tmp_path, "a:b\n1:2\n")
    assert read(path, delimiter=":") == [["a", "b"], ["1", "2"]]
    assert Table(written(tmp_path, "a\tb,c,d\n1\t2\n"), delimiter="tab").header.columns == ("a", "b,c,d")
    with pytest.raises(DataError, match="--delimiter '::' is not one character"):
        Table(path, delimiter="::")


def test_a_spreadsheet_may_state_the_delimiter_in_a_line_of_its_own(tmp_path: Path) -> None:
    table = Table(written(tmp_path, "\r\nsep=;\r\nid;a,b,c,d\r\n1;x\r\n"))
    assert table.header.columns == ("id", "a,b,c,d")
    assert [(row.line, row.values) for row in table] == [(4, ["1", "x"])]


def test_quotes_line_ends_and_blank_rows(tmp_path: Path) -> None:
    content = 'id,title\r\n\r\n1,"A ""big""\r\none"\r\n,\r\n2,5" disc\r3,=HYPERLINK("x")\n'
    table = Table(written(tmp_path, content))
    assert [(row.line, row.values) for row in table] == [
        (3, ["1", 'A "big" one']),
        (6, ["2", '5" disc']),
        (7, ["3", '=HYPERLINK("x")']),
    ]


@pytest.mark.parametrize(
    ("encoding", "asked"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("cp1252", "cp1252"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encodings(encoding: str, asked: str | None, tmp_path: Path) -> None:
    path = written(tmp_path, "id,title\n1,Café €\n".encode(encoding))
    assert read(path, **({} if asked is None else {"encoding": asked}))[1] == ["1", "Café €"]
    if encoding == "utf-16":
        assert path.read_bytes().startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def test_a_mark_goes_before_the_encoding_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, "id,title\n1,Café\n".encode("utf-8-sig"))
    assert read(path, encoding="cp1252")[1] == ["1", "Café"]


def test_another_encoding_is_named_with_line_and_byte(tmp_path: Path) -> None:
    rows = "".join(f"{number},plain\n" for number in range(5000))
    path = written(tmp_path, f"id,title\n{rows}x,Café\n".encode("cp1252"))
    expected = r"t\.csv:5002: is not UTF-8 text \(byte 0xe9 at 6 of the line\)\. .*--encoding cp1252"
    with pytest.raises(DataError, match=expected):
        read(path)
    with pytest.raises(DataError, match="is not CP1252 text"):
        read(written(tmp_path, b"id,title\n1,\x81\n"), encoding="cp1252")
    with pytest.raises(DataError, match="--encoding 'klingon' is not known"):
        read(path, encoding="klingon")


FAULTS = {
    "empty": (b"", r"t\.csv:1: the table is empty"),
    "blank": (b"\n , ,\n", r"t\.csv:1: the table is empty"),
    "NUL": (b"id,title\n1,a\0b\n", r"t\.csv:2: holds a NUL byte"),
    "UTF-16 without mark": ("id,title\n".encode("utf-16-le"), r"t\.csv:1: holds a NUL byte.*utf-16-le"),
    "short row": (b"id,title\n1,a\n2\n", r"t\.csv:3: the row has 1 values, the header 2"),
    "long row": (b"id,title\n1,a,b\n", r"t\.csv:2: the row has 3 values, the header 2.*comma"),
    "open quote": (b'id,title\n1,"a\n2,b\n', r"t\.csv:2: the quotes of the row are wrong"),
    "quote in quotes": (b'id,title\n1,"a"b\n', r"t\.csv:2: the quotes of the row are wrong"),
    "doubled column": (b"id,Title,TITLE\n", r"t\.csv:1: columns 2 and 3 are both called 'TITLE'"),
    "gigantic cell": (b"id,title\n1," + b"x" * (MAX_CELL + 1), r"t\.csv:2: value 2 has 100,001 characters"),
    "gigantic quoted cell": (
        b'id,title\n1,"' + b"x\n" * MAX_CELL,
        r"t\.csv:2: a value has more than 100,000",
    ),
    "gigantic line": (b"id,title\n" + b"1," * MAX_LINE, r"t\.csv:2: the line has more than 1,000,000"),
    "many columns": (b",".join(b"c%d" % n for n in range(1001)), r"t\.csv:1: the header has 1,001 columns"),
    "zip": (b"PK\x03\x04rest", r"t\.csv: is a zip archive or an Excel workbook"),
    "cut gzip": (gzip.compress(b"id,title\n1,a\n")[:-9], r"t\.csv:\d+: the compressed file is cut short"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_and_line(fault: str, tmp_path: Path) -> None:
    content, expected = FAULTS[fault]
    with pytest.raises(DataError, match=expected):
        read(written(tmp_path, content))


def test_files_that_are_not_there_or_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: cannot be read \(No such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path)


def test_ragged_rows_are_counted_when_that_is_asked_for(tmp_path: Path) -> None:
    table = Table(written(tmp_path, "id,title\n1,a\n2\n3,b,c\n4,d\n"), lenient=True)
    assert [row.values for row in table] == [["1", "a"], ["4", "d"]]
    assert table.num_ragged == 2


def test_gzip_is_read_and_a_bomb_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(written(tmp_path, gzip.compress(b"id,title\n1,a\n")))[1] == ["1", "a"]
    monkeypatch.setattr(text_module, "MIN_UNPACKED", 1 << 20)
    bomb = written(tmp_path, gzip.compress(b"id,title\n" + b"1,a\n" * 3_000_000), "bomb.csv.gz")
    with pytest.raises(DataError, match=r"bomb\.csv\.gz: holds more than [\d,]+ bytes"):
        sum(1 for _ in TextLines(bomb))


def test_a_real_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../climbs.csv", "id,title\n")
    with pytest.raises(DataError, match="save the sheet as CSV"):
        Table(path)
    assert not (tmp_path.parent.parent / "climbs.csv").exists()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  a \t b\x00\x07 ", "a b"),
        ("\u200b\u200d", ""),
        ("\u00a0x\u2003y", "x y"),
        ("क्‍ष", "क्‍ष"),
        ("?!", "?!"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("\ud800", ""),
    ],
)
def test_values_are_cleaned(value: str, expected: str) -> None:
    assert clean(value) == expected


def test_a_table_of_old_line_ends(tmp_path: Path) -> None:
    assert read(written(tmp_path, "id,title\r1,a\r2,b\r")) == [["id", "title"], ["1", "a"], ["2", "b"]]


def test_small_things() -> None:
    assert folded_name(" Item-ID (new)") == "item_id_new"
    assert [value for value in ("", "N/A", "-", "null", "NaN", "none", "0") if not is_missing(value)] == [
        "none",
        "0",
    ]
    assert [file_kind(Path(name)) for name in ("a.CSV.gz", "a.csv.txt", "a")] == [".csv", ".txt", ""]


CELLS = st.text(alphabet=st.sampled_from("ab1 ,;|\t\"\n\r'=@+-.[]()é\0\u200b"), max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(CELLS.map(str.encode), st.binary(max_size=60), st.text(max_size=40).map(str.encode)))
@example(b"\xff\xfea")
@example(b"\x1f\x8b")
@example(b'"')
def test_any_bytes_are_a_table_or_a_data_error(tmp_path: Path, content: bytes) -> None:
    try:
        rows = read(written(tmp_path, content))
    except DataError as error:
        message = str(error)
        assert "t.csv" in message
    else:
        assert {len(row) for row in rows} == {len(rows[0])}
        assert not any("\n" in value or "\t" in value for row in rows for value in row)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=3, max_size=3), max_size=5
    ),
    st.sampled_from(",;\t|"),
)
def test_what_the_csv_module_writes_is_read_back(
    tmp_path: Path, rows: list[list[str]], delimiter: str
) -> None:
    path = tmp_path / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([["id", "title", "x"], *rows])
    cleaned = ([clean(value) for value in row] for row in rows)
    assert read(path)[1:] == [row for row in cleaned if any(row)]

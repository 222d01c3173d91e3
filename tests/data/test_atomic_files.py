"""Atomic files: what is read, what comes back as it was written, and whatever can be wrong with them."""

from __future__ import annotations

import contextlib
import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccrs.core.errors import ConfigError, DataError
from ccrs.core.graph import Entity, Triple
from ccrs.data.atomic_files import MAX_LINE, AtomicTable, read_lines, write_table
from ccrs.data.readers.atomic import NO_YEAR, NUMBERS, ItemReading, read_atomic

ITEM = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\tprice:float\n"
INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
FILES = {
    ".inter": f"{INTER}u\t1\t5\t978300760\nu\t2\t\t978300761.5\n",
    ".item": f"{ITEM}1\tToy Story\t1995\tComedy Animation\t1.5\n2\tHeat\tsoon\tDrama Drama\t\n",
    ".kg": "head_id:token\trelation_id:token\ttail_id:token\nm.1\tfilm.film.actor\tm.9\nm.9\tknows\tm.2\n",
    ".link": "item_id:token\tentity_id:token\n1\tm.1\n2\tm.2\n",
    ".ent": "ent_id:token\tname:token_seq\ttype:token\nm.9\tTom Hanks\tperson\n",
}


def write(folder: Path, **changed: str | None) -> Path:
    """The files with some of them changed (``inter="..."``) or left out (``kg=None``)."""
    folder.mkdir(parents=True, exist_ok=True)
    for ending, content in (FILES | {f".{name}": text for name, text in changed.items()}).items():
        if content is not None:
            (folder / f"x{ending}").write_text(content, encoding="utf-8", newline="")
    return folder


def test_items_graph_and_interactions_are_read(tmp_path: Path) -> None:
    release = read_atomic(write(tmp_path), reading=ItemReading(item_type="film"))
    assert release.entities == (
        Entity("1", "film", "Toy Story", True, 1995),
        Entity("2", "film", "Heat", True),
        Entity("class:Comedy", "class", "Comedy"),
        Entity("class:Animation", "class", "Animation"),
        Entity("class:Drama", "class", "Drama"),
        Entity("m.9", "person", "Tom Hanks"),
    )
    assert release.triples == (
        Triple("1", "class", "class:Comedy"),
        Triple("1", "class", "class:Animation"),
        Triple("2", "class", "class:Drama"),
        Triple("1", "film.film.actor", "m.9"),
        Triple("m.9", "knows", "2"),
    )
    assert [(row.item, row.rating, row.time) for row in release.interactions] == [
        ("1", 5.0, 978300760),
        ("2", None, 978300761),
    ]
    assert release.dropped == {NUMBERS: 1, NO_YEAR: 1}
    assert set(release.sources) == {"x.inter", "x.item", "x.kg", "x.link", "x.ent"}


def test_titles_of_other_origin_are_read_as_people_say_them(tmp_path: Path) -> None:
    items = "item_id:token\tname:token\n1\tLion King, The (1994)\n"
    folder = write(tmp_path, item=items, inter="user_id:token\titem_id:token\nu\t1\n", kg=None, link=None)
    first = read_atomic(folder).entities[0]
    assert first == Entity("1", "item", "The Lion King", True, 1994, ("Lion King, The",))
    told = items.replace("name:token", "name:token\taliases:token_seq").replace("(1994)", "(1994)\t")
    folder = write(tmp_path, item=told, inter="user_id:token\titem_id:token\nu\t1\n", kg=None, link=None)
    assert read_atomic(folder).entities[0].name == "Lion King, The (1994)"


def test_columns_and_separator_may_be_chosen(tmp_path: Path) -> None:
    items = (
        "item_id:token\tlabel:token_seq\tkinds:token_seq\turl:token\n1\tA B\tslow food, fast food\thttp://x\n"
    )
    folder = write(tmp_path, item=items, inter="user_id:token\titem_id:token\nu\t1\n", kg=None, link=None)
    reading = ItemReading("label", "book", ["kinds"], ", ")
    release = read_atomic(folder, reading=reading)
    assert [entity.name for entity in release.entities] == ["A B", "slow food", "fast food", "Tom Hanks"]
    assert not release.has_ratings
    with pytest.raises(DataError, match=r"x\.item:1: has no column 'cost' .*--column"):
        read_atomic(folder, reading=ItemReading("label", columns=["cost"]))
    with pytest.raises(DataError, match=r"x\.item:1: has no column of titles\. .*--title"):
        read_atomic(folder)
    with pytest.raises(ConfigError, match="separator = ''"):
        ItemReading(separator="")


@pytest.mark.parametrize(
    ("ending", "content", "message"),
    [
        ("inter", "user_id:token\trating:float\nu\t1\n", r"x\.inter:1: has no column 'item_id'"),
        ("inter", "user_id:float\titem_id:token\nu\t1\n", None),
        ("inter", "user_id\titem_id\nu\t1\n", r"x\.inter:1: has 'user_id' as the name of a column"),
        ("inter", "user_id:tokens\titem_id:token\nu\t1\n", r"x\.inter:1: has 'user_id:tokens'"),
        ("inter", "user_id:token\tuser_id:token\nu\t1\n", r"x\.inter:1: has the column 'user_id' twice"),
        ("inter", INTER.replace("rating:float", "rating:token"), r"x\.inter:1: has the column rating:token"),
        ("inter", f"{INTER}u\t1\t5\n", r"x\.inter:2: has 3 values separated by tabs, not 4"),
        ("inter", f"{INTER}u\t1\t5\t1\nu\t9\t5\t1\n", r"x\.inter:3: item '9' is not in the \.item file"),
        ("inter", f"{INTER} \t1\t5\t1\n", r"x\.inter:2: has no user"),
        ("inter", f"{INTER}u\t1\tfive\t1\n", r"x\.inter:2: rating 'five' is no number"),
        ("inter", f"{INTER}u\t1\tnan\t1\n", r"x\.inter:2: rating 'nan' is no number"),
        ("inter", f"{INTER}u\t1\t5\t1e300\n", r"x\.inter:2: timestamp 1e300 is beyond 64 bits"),
        ("inter", INTER, r"x\.inter: holds no interaction"),
        ("inter", "", r"x\.inter:1: has '' as the name of a column"),
        (
            "inter",
            "user_id:token\titem_id:token\tspeaker:token\nu\t1\twaiter\n",
            r"x\.inter:2: column 'speaker' holds 'waiter'\. It may hold: nothing, seeker, recommender",
        ),
        ("inter", "user_id:token\titem_id:token\tsession_id:token\nu\t1\t\n", r"x\.inter:2: has no session"),
        ("item", f"{ITEM}1\tA\t\t\t\n1\tB\t\t\t\n", r"x\.item:3: item '1' stands already in line 2"),
        ("item", f"{ITEM}1\t \t\t\t\n", r"x\.item:2: item '1' has no title"),
        ("item", f"{ITEM}\tA\t\t\t\n", r"x\.item:2: has no item id"),
        ("item", ITEM, r"x\.item: lists no item"),
        ("kg", "head_id:token\trelation_id:token\nm.1\tr\n", r"x\.kg:1: has no column 'tail_id'"),
        (
            "kg",
            FILES[".kg"].replace("tail_id:token", "tail_id:float"),
            r"x\.kg:1: has the column tail_id:float",
        ),
        ("kg", f"{FILES['.kg']}m.1\t\tm.9\n", r"x\.kg:4: column 'relation_id' is empty"),
        (
            "kg",
            f"{FILES['.kg']}1\tr\tm.9\n",
            r"x\.kg:4: entity '1' has the id of an item that \.link does not",
        ),
        ("link", f"{FILES['.link']}1\tm.3\n", r"x\.link:4: item '1' stands already in line 2"),
        (
            "link",
            "item_id:token\tentity_id:token\n1\tm.1\n2\tm.1\n",
            r"x\.link:3: links entity 'm\.1' to a sec",
        ),
        ("link", f"{FILES['.link']}7\tm.3\n", r"x\.link:4: item '7' is not in the \.item file"),
        ("link", None, r"x\.link: is missing, but x\.kg is there"),
        ("ent", f"{FILES['.ent']}m.9\tAgain\tperson\n", r"x\.ent:3: entity 'm\.9' stands already in line 2"),
        ("item", None, r"x\.item: is missing"),
        ("inter", None, r"holds 0 \.inter files"),
    ],
)
def test_a_fault_is_named_with_file_and_line(
    tmp_path: Path, ending: str, content: str | None, message: str | None
) -> None:
    folder = write(tmp_path, **{ending: content})
    with pytest.raises(DataError, match=message or r"x\.inter:1: has the column user_id:float"):
        read_atomic(folder)


def test_one_set_of_several_is_chosen_by_its_name(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "y.inter").write_text("")
    with pytest.raises(DataError, match=r"holds 2 \.inter files \(x, y\)\. Say which with --name"):
        read_atomic(tmp_path)
    assert len(read_atomic(tmp_path, "x").interactions) == 2
    with pytest.raises(DataError, match=r"'\.\./x' is no name"):
        read_atomic(tmp_path, "../x")
    with pytest.raises(DataError, match="is no folder"):
        read_atomic(tmp_path / "x.inter")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (INTER.encode("utf-16"), r"x\.inter:1: is no UTF-8 text \(UTF-16\?\)"),
        (
            f"{INTER}u\t1\t5\t1\n".encode() + b"\xe9\t1\t5\t1\n",
            r"x\.inter:3: is not UTF-8 text \(byte 0xe9\)",
        ),
        (INTER.encode() + b"x" * (MAX_LINE + 1), r"x\.inter:2: is longer than"),
    ],
)
def test_other_encodings_and_gigantic_cells(tmp_path: Path, raw: bytes, message: str) -> None:
    folder = write(tmp_path)
    (folder / "x.inter").write_bytes(raw)
    with pytest.raises(DataError, match=message):
        read_atomic(folder)


def test_a_byte_order_mark_and_windows_line_ends_are_passed_over(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "x.inter").write_bytes(b"\xef\xbb\xbf" + FILES[".inter"].replace("\n", "\r\n").encode())
    assert read_atomic(folder).interactions == read_atomic(write(tmp_path / "plain")).interactions


def written(rows: list[tuple[str, str]]) -> list[list[str]]:
    """The rows as they are read again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.item"
        write_table(path, {"item_id": "token", "title": "token_seq"}, rows, required=1)
        table = AtomicTable(str(path), read_lines(path))
        found = [values for _, values in table.rows(("item_id", "title"))]
        # RecBole has the file read as CSV with double quotes.
        with path.open(encoding="utf-8", newline="") as stream:
            assert list(csv.reader(stream, delimiter="\t"))[1:] == found
        return found


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=5))
@settings(max_examples=300, deadline=None)
def test_what_is_written_is_read_again_or_refused(rows: list[tuple[str, str]]) -> None:
    cells = [cell for row in rows for cell in row]
    unfit = any(
        set(cell) & set("\t\n\r\0") or "\ud800" <= max(cell, default="") <= "\udfff" for cell in cells
    )
    blank = any(not item.strip() for item, _ in rows)
    if unfit or blank:
        with pytest.raises(DataError, match=r"x\.item: "):
            written(rows)
    else:
        assert written(rows) == [list(row) for row in rows]


@pytest.mark.parametrize(
    "title", ['"Crocodile" Dundee', '"quoted"', '"', '""', 'He said "go"', "'single'", " a "]
)
def test_quotes_and_blanks_survive(title: str) -> None:
    assert written([("1", title)]) == [["1", title]]


def test_quotes_that_are_no_csv_are_read_as_they_stand() -> None:
    table = AtomicTable("x", ["a:token\tb:token", '"Open\tend"', '"A" B\t"C ""D"""'])
    assert [values for _, values in table.rows(("a", "b"))] == [['"Open', 'end"'], ['"A" B', 'C "D"']]


@given(st.sampled_from(sorted(FILES)), st.text(max_size=60))
@settings(max_examples=80, deadline=None)
def test_no_text_brings_anything_but_a_data_error(ending: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = write(Path(name))
        (folder / f"x{ending}").write_bytes((FILES[ending] + text).encode("utf-8", errors="surrogatepass"))
        with contextlib.suppress(DataError):
            read_atomic(folder)

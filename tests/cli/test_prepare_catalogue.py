"""``ccrs prepare own --items``: what a person types, sees, and is told when something is wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ccrs.data.prepared import load_prepared
from tests.cli.conftest import Command

TABLE = (
    "sku;name;mfg;colors;weight;price;available\n"
    "a1;Lamp One;Acme;red|blue;1 kg;10,50 €;yes\n"
    "a2;Lamp Two;Acme;red;2 kg;20,00 €;no\n"
    "a3;Chair;Bolt;blue|green;5 kg;99,00 €;yes\n"
    "a4;Desk;Bolt;green;9 kg;199,00 €;yes\n"
)


def table(folder: Path, content: str | bytes = TABLE) -> Path:
    path = folder / "products.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_a_table_becomes_a_prepared_corpus(ccrs: Command, tmp_path: Path) -> None:
    (tmp_path / "facts.csv").write_text("head,relation,tail\nChair,goes with,Desk\n", encoding="utf-8")
    (tmp_path / "orders.csv").write_text("customer,sku\nann,a1\nann,a3\nbob,a4\n", encoding="utf-8")
    ended = ccrs(
        *("prepare", "own", "--items", table(tmp_path), "--out", tmp_path / "out", "--name", "shop"),
        *("--columns", "mfg=maker,weight=skip", "--triples", tmp_path / "facts.csv"),
        *("--ratings", tmp_path / "orders.csv", "--session-size", "2", "--users", "3"),
    )
    assert (ended.code, ended.err) == (0, "")
    for part in (
        "cards                4",
        "note: items: 4 of the type 'product', from products.csv (utf-8, columns separated by ;",
        "note: relations: maker, color, price",
        "note: columns left out: weight",
        "note: orders.csv: a purchase counts as liking",
        "note: no dialogues were given: those here are simulated",
        "dropped or merged: 1 users with too few liked items for a session",
    ):
        assert part in ended.out
    corpus = load_prepared(tmp_path / "out")
    assert corpus.manifest.dataset == "shop"
    assert {t.relation for t in corpus.triples} == {"maker", "color", "price", "goes with"}
    assert not corpus.extras.cards["a2"].available


def test_dialogues_of_text_with_stated_speakers(ccrs: Command, tmp_path: Path) -> None:
    (tmp_path / "chats.txt").write_text("Max: I like Lamp One\nIda: Try Desk\n", encoding="utf-8")
    ended = ccrs(
        *("prepare", "own", "--items", table(tmp_path), "--out", tmp_path / "out"),
        *("--dialogues", tmp_path / "chats.txt", "--seeker", "Max", "--recommender", "Ida"),
        *("--item-type", "piece of furniture"),
    )
    assert ended.code == 0, ended
    corpus = load_prepared(tmp_path / "out")
    assert corpus.catalogue.items[0].type == "piece of furniture"
    assert [m.mentions[0].entity for m in corpus.dialogues[0].messages] == ["a1", "a4"]


FAULTS: dict[str, tuple[str | bytes, list[str], list[str]]] = {
    "doubled id": (TABLE + "a1;Sofa;;;;;\n", [], ["products.csv:6: id 'a1' stands already in line 2"]),
    "empty title": (TABLE + "a5;;;;;;\n", [], ["products.csv:6: the title (name) is empty", "--lenient"]),
    "ragged": (TABLE + "a5;Sofa\n", [], ["products.csv:6: the row has 2 values, the header 7"]),
    "cp1252": (
        TABLE.encode("cp1252"),
        [],
        ["products.csv:2: is not UTF-8 text (byte 0x80", "--encoding cp1252"],
    ),
    "NUL": (TABLE + "a5;So\0fa;;;;;\n", [], ["products.csv:6: holds a NUL byte"]),
    "gigantic cell": (TABLE + f"a5;{'x' * 200_000};;;;;\n", [], ["products.csv:6: ", "more than 100,000"]),
    "a workbook": (b"PK\x03\x04", [], ["is a zip archive or an Excel workbook", "save the sheet as CSV"]),
    "bomb": (gzip.compress(b"id,title\n" + b"a" * 3_000_000), [], ["products.csv:2: the line has more than"]),
    "empty": ("", [], ["products.csv:1: the table is empty"]),
    "only a header": ("id;title\n", [], ["products.csv:1: the table has a header and no rows"]),
    "unknown column": (TABLE, ["--columns", "size=skip"], ["'size', which is no column", "sku, name, mfg"]),
    "unknown encoding": (TABLE, ["--encoding", "x"], ["--encoding 'x' is not known", "cp1252"]),
    "two catalogues": (TABLE, ["--entities", "e.tsv"], ["--items and --entities are both catalogues"]),
    "no such triples": (TABLE, ["--triples", "none.tsv"], ["none.tsv: cannot be read"]),
    "no such dialogues": (TABLE, ["--dialogues", "none.txt"], ["none.txt: cannot be read"]),
    "no such ratings": (TABLE, ["--ratings", "none.csv"], ["none.csv: cannot be read"]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_nothing_is_written(fault: str, refused: Command, tmp_path: Path) -> None:
    content, options, expected = FAULTS[fault]
    path = table(tmp_path, content)
    ended = refused("prepare", "own", "--items", path, "--out", tmp_path / "out", *options)
    for part in expected:
        assert part in ended.err
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_table_the_other_form_is_asked_for(refused: Command, tmp_path: Path) -> None:
    ended = refused("prepare", "own", "--out", tmp_path / "out", "--dialogues", "d.jsonl")
    assert "Give --items TABLE, or all of --dialogues, --entities and --triples" in ended.err


def test_other_encodings_and_packed_tables(ccrs: Command, tmp_path: Path) -> None:
    checksums = set()
    for content, options in (
        (TABLE.encode("utf-16"), []),
        (TABLE.encode("utf-8-sig"), []),
        (TABLE.encode("cp1252"), ["--encoding", "cp1252"]),
        (gzip.compress(TABLE.encode()), []),
    ):
        path = table(tmp_path, content)
        ended = ccrs("prepare", "own", "--items", path, "--out", tmp_path / "out", "--users", "2", *options)
        assert ended.code == 0, ended
        checksums.add(load_prepared(tmp_path / "out").manifest.checksum)
    assert len(checksums) == 1

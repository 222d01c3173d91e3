"""The examples of ``docs/data-formats.md`` are what the readers accept."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from ccrs.data import prepared
from ccrs.data.graph_format import read_entities, read_triples
from ccrs.data.readers.jsonl import read_dialogues
from ccrs.data.readers.table_columns import KINDS
from ccrs.experiments.prepare_own import OwnSources, prepare_catalogue

PAGE = Path(__file__).parents[2] / "docs" / "data-formats.md"


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A folder with the page's examples as files."""
    blocks = re.findall(r"```(?:json|tsv)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    dialogue, entities, triples = blocks
    (tmp_path / "dialogues.jsonl").write_text(json.dumps(json.loads(dialogue)), encoding="utf-8")
    (tmp_path / "entities.tsv").write_text(entities, encoding="utf-8")
    (tmp_path / "triples.tsv").write_text(triples, encoding="utf-8")
    return tmp_path


def test_the_examples_of_the_page_fit_together(examples: Path) -> None:
    catalogue = read_entities(examples / "entities.tsv")
    assert [entity.title for entity in catalogue.items] == ["Heat (1995)", "Thief (1981)"]
    assert len(read_triples(examples / "triples.tsv", catalogue)) == 3
    (dialogue,), _ = read_dialogues(examples / "dialogues.jsonl", known_entities=catalogue.index)
    words = [text.text[m.start : m.end] for text in dialogue.messages for m in text.mentions]
    assert words == ["Heat (1995)", "Thief"]


def test_the_page_tells_every_key_of_the_manifest() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for field in dataclasses.fields(prepared.Manifest):
        assert f"| `{field.name}` |" in page
    assert f"version of this format, {prepared.FORMAT_VERSION}." in page


def page_block(kind: str) -> str:
    (block,) = re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(block)


def test_the_table_and_the_dialogues_of_the_page_are_read(tmp_path: Path) -> None:
    (tmp_path / "board_games.csv").write_text(page_block("csv"), encoding="utf-8")
    (tmp_path / "chats.txt").write_text(page_block("text"), encoding="utf-8")
    sources = OwnSources(tmp_path / "board_games.csv", dialogues=tmp_path / "chats.txt")
    prepare_catalogue(sources, tmp_path / "out")
    corpus = prepared.load_prepared(tmp_path / "out")
    assert [item.title for item in corpus.catalogue.items] == [
        "Azul Tiles (2017)",
        "Brass Works (2018)",
        "Cedar Grove",
    ]
    assert {triple.relation for triple in corpus.triples} == {
        "designer",
        "playing time",
        "feature",
        "price",
        "decade",
    }
    assert not corpus.extras.cards["g2"].available
    assert corpus.extras.cards["g3"].numbers == {"playing time": 30, "price": 19.5}
    named = [m.entity for d in corpus.dialogues for message in d.messages for m in message.mentions]
    assert named == ["g1", "g3", "g2"]


def test_the_page_tells_every_kind_of_column() -> None:
    page = PAGE.read_text(encoding="utf-8")
    kinds = page[page.index("Kinds:") : page.index("--aliases-column")]
    assert re.findall(r"`(\w+)`", kinds) == list(KINDS)

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

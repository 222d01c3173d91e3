"""docs/build-a-graph.md is done as written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ccrs.data.graph_building.neighbourhood import MAX_TRIPLES
from tests.cli.conftest import Command, ccrs
from tests.conftest import PROJECT

__all__ = ["ccrs"]  # a fixture
PAGE = (PROJECT / "docs" / "build-a-graph.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_gives_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ccrs: Command
) -> None:
    entities, triples = blocks("tsv")
    (dump,), (output,) = blocks("turtle"), blocks("text")
    build, prepare = (shlex.split(block)[1:] for block in blocks("sh"))
    (tmp_path / "films.tsv").write_text(entities, encoding="utf-8")
    (tmp_path / "objects.ttl").write_text(dump, encoding="utf-8")
    (tmp_path / "dialogues.jsonl").write_text(
        '{"id": "d", "user": "u", "messages": [{"speaker": "seeker", "text": "Heat (1995)"}]}\n'
    )
    monkeypatch.chdir(tmp_path)
    built = ccrs(*build)
    assert (built.code, built.out) == (0, output)
    assert (tmp_path / "graph" / "triples.tsv").read_text(encoding="utf-8") == triples
    assert ccrs(*prepare).code == 0


def test_the_page_names_the_files_and_figures() -> None:
    assert f"{MAX_TRIPLES:,} triples" in PAGE
    for option in (
        "--hops",
        "--min-relation-count",
        "--max-neighbours",
        "--relations",
        "--item-type",
        "--lenient",
    ):
        assert f"| `{option}` |" in PAGE

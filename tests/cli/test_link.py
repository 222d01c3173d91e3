"""``ccrs data link`` says which entities a text names, and refuses what it cannot read."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import load_prepared, write_prepared
from ccrs.experiments.link import load_linker
from tests.cli.conftest import Command
from tests.fixtures.tiny_run import TinyRun

CATALOGUE = Catalogue(
    (
        Entity("old", "board game", "Pandemic", is_item=True, year=1990),
        Entity("new", "board game", "Pandemic", is_item=True, year=2008),
        Entity("go", "board game", "Go", is_item=True),
        Entity("coop", "mechanism", "cooperative", aliases=("team play",)),
    )
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("link") / "games"
    message = Message("seeker", "Pandemic", (Mention("old", 0, 8, marked=True),))
    write_prepared(
        folder,
        dataset="games",
        licence="none",
        catalogue=CATALOGUE,
        triples=(Triple("old", "mechanism", "coop"),),
        dialogues=[Dialogue("d", "u", (message,))],
    )
    return folder


def test_a_table_says_which_words_which_entity_and_why(prepared: Path, ccrs: Command) -> None:
    ended = ccrs("data", "link", prepared, "--text", "Pandemic or pandmeic (2008)", "--text", "team play")
    rows = [line.split("  ") for line in ended.out.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert ended.code == 0
    assert cells[2:] == [
        ["1", "Pandemic", "Pandemic (1990)", "old", "board game", "exact"],
        ["1", "pandmeic (2008)", "Pandemic (2008)", "new", "board game", "typo, year"],
        ["2", "team play", "cooperative", "coop", "mechanism", "alias"],
    ]


def test_json_lines_from_a_file_without_typos(prepared: Path, tmp_path: Path, ccrs: Command) -> None:
    file = tmp_path / "talk.txt"
    file.write_text("\ufeffwe like cooperative games\r\n\nhave you played pandmeic?\n", encoding="utf-8")
    ended = ccrs("data", "link", prepared, file, "--json", "--no-typos")
    first, second = map(json.loads, ended.out.splitlines())
    (link,) = first["links"]
    assert (link["words"], link["entity"], link["why"]) == ("cooperative", "coop", "exact")
    assert first["text"][link["start"] : link["end"]] == "cooperative"
    assert second["links"] == []


def test_standard_input(prepared: Path, ccrs: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"nothing of it\n")))
    ended = ccrs("data", "link", prepared, "-")
    assert (ended.code, ended.out) == (0, "")
    assert "No entity" in ended.err


def test_a_run(tiny: TinyRun, ccrs: Command) -> None:
    linker = load_linker(tiny.run)
    item = next(item for item in load_prepared(tiny.data).catalogue.items if item.year is not None)
    ended = ccrs("data", "link", tiny.run, "--text", f"I saw {item.title}", "--json")
    assert [link["entity"] for link in json.loads(ended.out)["links"]] == [item.id]
    assert [mention.entity for mention in linker.link(item.title)] == [item.id]


def test_what_is_refused(prepared: Path, tmp_path: Path, refused: Command) -> None:
    assert "--text or one FILE" in refused("data", "link", prepared).err
    assert "--text or one FILE" in refused("data", "link", prepared, "-", "--text", "x").err
    assert "neither a prepared folder" in refused("data", "link", tmp_path, "--text", "x").err
    assert "cannot be read" in refused("data", "link", prepared, tmp_path / "none.txt").err
    wide = tmp_path / "wide.txt"
    wide.write_bytes("Pandemic".encode("utf-16"))
    assert "not UTF-8" in refused("data", "link", prepared, wide).err


def test_the_linker_is_public() -> None:
    import ccrs as package  # noqa: PLC0415 - what is asked for is the attribute
    from ccrs.data.linking import Linker  # noqa: PLC0415

    assert package.Linker is Linker

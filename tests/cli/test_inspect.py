"""``ccrs data inspect``: in the terminal, as JSON and as a page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import write_prepared
from tests.cli.conftest import Command

EVIL = '<script>alert("1")</script>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    items = (
        Entity("a", "board game", EVIL, is_item=True),
        Entity("b", "board game", "L" * 10_000, is_item=True),
    )
    text = f"Is {EVIL} good?"
    mention = Mention("a", 3, 3 + len(EVIL))
    write_prepared(
        tmp_path / "games",
        dataset="games",
        licence="CC0",
        catalogue=Catalogue((*items, Entity("p", "person", "\x1b[31mRed\x1b[0m"))),
        triples=[Triple("a", "designer", "p")],
        dialogues=[Dialogue(f"d{n}", "ann", (Message("seeker", text, (mention,)),)) for n in range(4)],
    )
    return tmp_path / "games"


def test_the_terminal_shows_tables_warnings_and_examples(ccrs: Command, folder: Path) -> None:
    ended = ccrs("data", "inspect", folder, "--examples", 1)
    assert (ended.code, ended.err) == (0, "")
    assert "dialogues            4" in ended.out
    assert "! There are only 4 dialogues" in ended.out
    assert "designer 1 100.0% 1 1 1 50.0%" in re.sub(" +", " ", ended.out)
    assert ended.out.count("seeker: Is [<script>alert(") == 1
    assert "\x1b" not in ended.out
    assert max(map(len, ended.out.splitlines())) < 500


def test_json_is_the_only_thing_on_standard_output(ccrs: Command, folder: Path, tmp_path: Path) -> None:
    ended = ccrs("data", "inspect", folder, "--json", "--html", tmp_path / "games.html")
    found = json.loads(ended.out)
    assert ended.err == f"page written to {tmp_path / 'games.html'}\n"
    assert found["items"] == "board games"
    assert found["graph"]["without_facts"] == {"count": 1, "share": 0.5, "examples": ["L" * 10_000]}
    assert found["dialogues"]["by_item_mentions"] == {"0": 0, "1": 4}
    assert len(found["dialogues"]["examples"]) == 3


def test_the_page_holds_any_title_as_text(ccrs: Command, folder: Path, tmp_path: Path) -> None:
    ccrs("data", "inspect", folder, "--html", tmp_path / "games.html")
    page = (tmp_path / "games.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;" in page
    assert len(page) < 50_000


def test_what_cannot_be_done_is_refused_and_nothing_is_left(
    refused: Command, folder: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert (
        "Write the page beside it" in refused("data", "inspect", folder, "--html", folder / "page.html").err
    )
    ended = refused("data", "inspect", tmp_path / "none", "--html", tmp_path / "x.html")
    assert "none/manifest.json: cannot be read" in ended.err
    (folder / "triples.tsv").write_text("head\trelation\ttail\n", encoding="utf-8")
    assert "was altered" in refused("data", "inspect", folder, "--html", tmp_path / "x.html").err
    assert sorted(tmp_path.rglob("*")) == before

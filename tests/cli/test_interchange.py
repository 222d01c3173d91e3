"""``ccrs data export-recbole``, ``ccrs prepare recbole`` and ``ccrs hub``: what a person sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.fixtures.fake_hub import fake_hub, keep_to
from tests.fixtures.tiny_run import TinyRun


def test_out_and_in_again(ccrs: Command, smallest: TinyRun, tmp_path: Path) -> None:
    out = ccrs("data", "export-recbole", smallest.data, "--out", tmp_path / "films")
    assert out.code == 0
    assert "films.inter" in out.out
    assert "messages (atomic files have no place for them)" in out.out
    back = ccrs("prepare", "recbole", "--source", tmp_path / "films", "--out", tmp_path / "data")
    assert back.code == 0
    assert "its texts are made up" in back.out


def test_a_fault_is_one_message(refused: Command, tmp_path: Path) -> None:
    (tmp_path / "x.inter").write_text("user_id:token\nu\n")
    (tmp_path / "x.item").write_text("item_id:token\ttitle:token_seq\n1\tHeat\n")
    ended = refused("prepare", "recbole", "--source", tmp_path, "--out", tmp_path / "data")
    assert "x.inter:1: has no column 'item_id'" in ended.err
    assert not (tmp_path / "data").exists()
    assert "not a prepared corpus" in refused("data", "export-recbole", tmp_path, "--out", tmp_path / "y").err


def test_a_run_is_pushed_pulled_and_judged(
    ccrs: Command, refused: Command, smallest: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_hub() as hub:
        keep_to(monkeypatch, hub, tmp_path / "cache")
        pushed = ccrs("hub", "push", smallest.run, "me/films", "--public", "--endpoint", hub.endpoint)
        assert pushed.code == 0, pushed.err
        assert pushed.out.startswith(f"{hub.endpoint}/me/films/commit/")
        assert not hub.repositories["me/films"].private
        pulled = ccrs("hub", "pull", "me/films", "--out", tmp_path / "run", "--endpoint", hub.endpoint)
        assert pulled.code == 0, pulled.err
        missing = refused("hub", "pull", "me/none", "--out", tmp_path / "no", "--endpoint", hub.endpoint)
        assert "me/none: the hub refuses or cannot be reached" in missing.err
    assert "published without its split" in refused("evaluate", tmp_path / "run", "--split", "test").err
    assert ccrs("recommend", tmp_path / "run", "--text", "I loved Amber (1990)").code == 0

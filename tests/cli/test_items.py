"""``ccrs items``: put in, found, recommended, taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.fixtures.tiny_run import TinyRun


@pytest.fixture
def store(tmp_path: Path) -> list[str]:
    return ["--store", f"sqlite:///{tmp_path / 'people.db'}"]


@pytest.mark.slow
def test_an_item_comes_and_goes(
    ccrs: Command, refused: Command, talking_run: TinyRun, store: list[str]
) -> None:
    run = talking_run.run
    put = ccrs(
        "items",
        "put",
        run,
        "warm",
        "--title",
        "Warm",
        "--year",
        "2026",
        "--fact",
        "director=Michael Mann",
        *store,
    )
    assert put.code == 0
    assert "Michael Mann" in put.out
    assert "Warm" in ccrs("items", "find", run, "warm", *store).out
    assert ccrs("items", "delete", run, "warm", *store).out.startswith("warm is out")
    assert "0 of 0" in ccrs("items", "find", run, "warm", *store).out
    assert "There is no item 'warm'" in refused("items", "delete", run, "warm", *store).err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--fact", "director"], "RELATION=NAME"),
        (["--fact", "baker=Ann"], "baker"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_stored(
    options: list[str], told: str, ccrs: Command, refused: Command, talking_run: TinyRun, store: list[str]
) -> None:
    assert told in refused("items", "put", talking_run.run, "qq", "--title", "Qqzz", *options, *store).err
    assert "0 of 0" in ccrs("items", "find", talking_run.run, "Qqzz", *store).out

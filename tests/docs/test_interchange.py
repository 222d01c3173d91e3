"""docs/interchange.md is done as written: out to atomic files and back, to a hub and back."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from ccrs.data.prepared import load_prepared
from tests.cli.conftest import Command, ccrs
from tests.conftest import PROJECT
from tests.fixtures.fake_hub import fake_hub, keep_to
from tests.fixtures.tiny_run import smallest_run

__all__ = ["ccrs"]  # a fixture
PAGE = (PROJECT / "docs" / "interchange.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_is_done_as_written(
    ccrs: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    small = smallest_run(tmp_path_factory.getbasetemp() / "smallest-run")
    shutil.copytree(small.data, tmp_path / "data" / "mine")
    shutil.copytree(small.run, tmp_path / "runs" / "mine")
    monkeypatch.chdir(tmp_path)
    yaml = pytest.importorskip("yaml")
    with fake_hub() as hub:
        keep_to(monkeypatch, hub, tmp_path / "cache")
        for language, body in _BLOCK.findall(PAGE):
            if language == "sh":
                for line in body.splitlines():
                    ended = ccrs(*shlex.split(line)[1:])
                    assert ended.code == 0, (line, ended.err)
            elif language == "python":
                exec(compile(body, "interchange.md", "exec"), {})  # noqa: S102 - it is our own page
            else:
                _check_columns(yaml.safe_load(body))
        assert hub.repositories["someone/ccrs-mine"].private
    assert load_prepared(Path("data/again")).triples == load_prepared(Path("data/mine")).triples
    assert (tmp_path / "runs" / "pulled" / "run.json").is_file()


def _check_columns(config: dict[str, object]) -> None:
    """What RecBole is told to load is there."""
    assert isinstance(config["load_col"], dict)
    for ending, columns in config["load_col"].items():
        file = Path(str(config["data_path"])) / "mine" / f"{config['dataset']}.{ending}"
        header = file.read_text(encoding="utf-8").splitlines()[0].split(str(config["field_separator"]))
        assert {column.split(":")[0] for column in header} >= set(columns)


def test_the_columns_of_the_page_are_those_that_are_written(tmp_path: Path) -> None:
    told = dict(re.findall(r"^\| `mine(\.\w+)` \| (.*?) \|", PAGE, re.MULTILINE))
    assert set(told) == {".inter", ".item", ".kg", ".link", ".ent"}
    small = smallest_run(tmp_path / "small")
    from ccrs.experiments.interchange import export_recbole  # noqa: PLC0415 - beside what it is compared with

    export_recbole(small.data, tmp_path / "mine")
    for ending, columns in told.items():
        header = (tmp_path / "mine" / f"mine{ending}").read_text(encoding="utf-8").splitlines()[0].split("\t")
        named = re.findall(r"`([\w:]+)`", columns)
        assert [column for column in named if column in header] == header, ending

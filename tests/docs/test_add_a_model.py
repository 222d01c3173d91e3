"""docs/add-a-model.md is done as written: a package of somebody else, found by its entry point."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ccrs.cli.main import main
from ccrs.models.registry import all_models
from tests.conftest import PROJECT
from tests.fixtures.tiny_run import TinyRun

PAGE = PROJECT / "docs" / "add-a-model.md"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [body for kind, body in _BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind == language]


def installed(folder: Path, entry: str | None = None) -> Path:
    """The page's package as pip would leave it: the module, and beside it what names its entry points."""
    (model,) = blocks("python")
    project = tomllib.loads(blocks("toml")[0])
    assert len(model.splitlines()) < 70
    (folder / "recency_model.py").write_text(model, encoding="utf-8")
    name, version = project["project"]["name"], project["project"]["version"]
    meta = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (group,) = project["project"]["entry-points"]
    (line,) = (f"{key} = {value}" for key, value in project["project"]["entry-points"][group].items())
    (meta / "entry_points.txt").write_text(f"[{group}]\n{entry or line}\n")
    return folder


Ccrs = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ccrs(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Ccrs]:
    """The command line where the package of a folder is installed: exit code, output, errors."""

    def command(folder: Path, *words: str) -> tuple[int, str, str]:
        monkeypatch.syspath_prepend(folder)
        monkeypatch.setattr(sys, "argv", ["ccrs", *words])
        all_models.cache_clear()
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        seen = capfd.readouterr()
        assert "Traceback" not in seen.err
        return int(ended.value.code or 0), seen.out, seen.err

    yield command
    sys.modules.pop("recency_model", None)
    monkeypatch.undo()
    all_models.cache_clear()


def test_the_page_from_file_to_table(
    tmp_path: Path, tiny: TinyRun, ccrs: Ccrs, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = installed(tmp_path)
    (tmp_path / "recency.toml").write_text(blocks("toml")[1], encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine").symlink_to(tiny.data.resolve())
    monkeypatch.chdir(tmp_path)
    outputs = {}
    for line in blocks("sh")[0].splitlines():
        words = shlex.split(line)
        assert words[0] == "ccrs"
        code, out, err = ccrs(package, *words[1:])
        assert code == 0, err
        outputs[words[1]] = out
    assert re.search(r"^recency +no .*the latest counting most$", outputs["models"], re.MULTILINE)
    assert "HR@10" in outputs["evaluate"]
    assert re.search(r"^ +1 +1 .+", outputs["recommend"], re.MULTILINE)
    assert "no attention to show" in outputs["recommend"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("recency = recency_model:NOTHING", "cannot be loaded (AttributeError"),
        ("recency = no_such_module:ROW", "cannot be loaded (ModuleNotFoundError"),
        ("recency = recency_model:Recency", "is a type, not a ModelRow"),
        ("kbrd = recency_model:ROW", "there is a model of this name already"),
    ],
)
def test_an_entry_point_that_is_no_model(tmp_path: Path, entry: str, message: str, ccrs: Ccrs) -> None:
    code, _, err = ccrs(installed(tmp_path, entry), "models")
    assert code == 2
    assert message in err

"""What the README says is true: its commands parse, its Python runs, its tree names the folders there are."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ccrs.cli.main import app
from tests.conftest import PROJECT
from tests.fixtures.tiny_run import TinyRun

README = PROJECT / "README.md"
PAGES = sorted(
    [README, PROJECT / "CONTRIBUTING.md", PROJECT / "CHANGELOG.md", *(PROJECT / "docs").glob("*.md")]
)
PACKAGE = PROJECT / "src" / "ccrs"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [body for kind, body in _BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def commands() -> Iterator[str]:
    """Every command line of the README's shell blocks."""
    for block in blocks(README, "sh"):
        yield from (line for line in block.splitlines() if line.strip() and not line.startswith("#"))


def ccrs_commands() -> list[str]:
    return [line for line in commands() if line.startswith("ccrs ")]


def test_it_opens_with_what_it_is_and_the_two_commands() -> None:
    text = README.read_text(encoding="utf-8")
    title, *rest = text.splitlines()
    assert title.startswith("# ccrs")
    first = rest.index("```sh")
    assert len([line for line in rest[:first] if line]) == 3
    assert rest[first + 1 : first + 4] == ["make demo", "make test", "```"]


def test_every_command_is_known() -> None:
    assert {line.split()[0] for line in commands()} == {"ccrs", "make"}
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {line.split()[1] for line in commands() if line.startswith("make ")} <= set(targets)


@pytest.mark.parametrize("line", ccrs_commands())
def test_a_command_parses(line: str) -> None:
    """Verbs and options are there, every argument has its type, nothing required is missing."""
    words = shlex.split(line)[1:]
    command: Any = typer.main.get_command(app)
    context = command.make_context("ccrs", [], resilient_parsing=True)
    while hasattr(command, "commands"):
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    parsed = command.make_context(command.name, words, parent=context)
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= options
    assert all(parsed.params[p.name] is not None for p in command.params if p.required)


@pytest.mark.parametrize("line", [line for line in ccrs_commands() if "configs/" in line])
def test_a_named_configuration_is_there(line: str) -> None:
    for word in shlex.split(line):
        if word.startswith("configs/"):
            assert (PROJECT / word).is_file()


def test_the_three_commands_of_redial_are_there() -> None:
    three = [
        "ccrs prepare redial --source redial_dataset.zip --graph redial-kg/imdb --out data/redial",
        "ccrs train configs/recommender/redial.toml --data data/redial --out runs/redial --folds 5",
        "ccrs evaluate runs/redial",
    ]
    assert [line for line in ccrs_commands() if line in three] == three


def test_the_python_runs(
    tiny: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = blocks(README, "python")
    statements = [line for line in block.splitlines() if line.strip()]
    assert len(statements) == 5
    (tmp_path / "demo-run").symlink_to(tiny.folder)
    script = tmp_path / "readme.py"
    script.write_text(block, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(script))
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed] == ["1", "2", "3", "4", "5"]


def tree() -> tuple[set[str], set[str]]:
    """The folders that the README's tree names: of the top level, and below ``src/ccrs``."""
    (block,) = [block for block in blocks(README, "text") if "src/ccrs/" in block]
    top: set[str] = set()
    package: set[str] = set()
    for line in block.splitlines():
        name, _, about = line.strip().partition(" ")
        assert name.endswith("/"), line
        assert about.strip(), line
        (package if line.startswith(" ") else top).add(name.rstrip("/"))
    return top, package


def test_the_tree_names_every_folder_of_the_package_and_no_other() -> None:
    folders = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*")
        if path.is_dir() and any(path.glob("*.py"))
    }
    assert tree()[1] == folders


def test_the_tree_names_the_folders_at_the_top() -> None:
    named = tree()[0]
    assert all((PROJECT / folder).is_dir() for folder in named)
    git = shutil.which("git")
    if git is None or not (PROJECT / ".git").exists():
        return  # a copy without history: what else lies there is not ours to judge
    listed = subprocess.run([git, "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True)
    tracked = {line.split("/")[0] for line in listed.stdout.splitlines() if "/" in line}
    assert tracked - {"src"} <= named - {"src/ccrs"}


def test_there_is_a_place_for_the_results() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count("<!-- results:begin -->") == text.count("<!-- results:end -->") == 1
    assert text.index("<!-- results:begin -->") < text.index("<!-- results:end -->")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_named_in_a_page_are_there(page: Path) -> None:
    """A path in code quotes that ends in .py or .toml is one of the project's, from its root or its package."""
    for name in re.findall(r"`([\w./-]+\.(?:py|toml))`", page.read_text(encoding="utf-8")):
        places = [PROJECT / name, PACKAGE / name, PACKAGE / "data" / "readers" / name]
        assert any(place.is_file() for place in places), name


def test_no_path_of_a_machine_stands_in_a_page() -> None:
    for page in [*PAGES, PROJECT / "CITATION.cff", PROJECT / "examples" / "recommend.ipynb"]:
        assert not re.search(r"/(home|root|Users|work|tmp)/", page.read_text(encoding="utf-8")), page

"""docs/your-data.md is done as written, on the table it speaks of; the parts with training are slow."""

from __future__ import annotations

import csv
import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import unicodedata
import urllib.request
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from ccrs.data.prepared import load_prepared
from ccrs.data.readers.table_columns import KINDS
from tests.cli.conftest import Command, ccrs
from tests.conftest import PROJECT

__all__ = ["ccrs"]  # a fixture
PAGE = (PROJECT / "docs" / "your-data.md").read_text(encoding="utf-8")
TABLE = PROJECT / "examples" / "board-games" / "board_games.csv"
SEPARATED = ("other_names", "designers", "player_count", "mechanics", "category", "themes")
BASH = shutil.which("bash") or "/bin/bash"
SMALL = ("--users", "100")  # the page has this option too, for a try
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A shell block of the page, and the text that follows as what it prints ("" for none)."""

    commands: tuple[str, ...]
    printed: str


def steps() -> list[Step]:
    """Every shell block in order; a command goes on after a backslash or up to the end of its heredoc."""
    found = []
    blocks = [*_BLOCK.findall(PAGE), ("", "")]
    for (language, body), (following, printed) in itertools.pairwise(blocks):
        if language == "sh":
            commands = re.findall(
                r"^\S.*<<'END'\n(?:.*\n)*?END$|^(?:.*\\\n)*.+$", body.strip("\n"), re.MULTILINE
            )
            found.append(Step(tuple(commands), printed if following == "text" else ""))
    return found


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values(row: dict[str, str], column: str) -> list[str]:
    return [value for value in row[column].split("|") if value]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the page's commands can be given."""
    for folder in ("configs", "examples"):
        (tmp_path / folder).symlink_to(PROJECT / folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def without_numbers(line: str) -> str:
    """A printed line whatever its numbers are, and however wide its columns."""
    return " ".join(re.sub(r"-+", "-", re.sub(r"\d[\d,.]*", "#", line)).split())


def test_the_page_has_what_the_tests_look_for() -> None:
    first_words = Counter(shlex.split(c)[0] for step in steps() for c in step.commands)
    assert set(first_words) == {"head", "ccrs", "printf", "curl", "cat"}
    verbs = [c.split()[1] for step in steps() for c in step.commands if c.startswith("ccrs ")]
    assert list(dict.fromkeys(verbs)) == ["prepare", "data", "train", "recommend", "serve"]
    assert all(step.printed for step in steps()[:3])
    (kinds,) = re.findall(r"What `--columns` may say a column is: (.*?)\.\n", PAGE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", kinds)) == set(KINDS)


def test_all_but_training_is_done_as_written(ccrs: Command, place: Path) -> None:
    done = 0
    for step in steps():
        seen = ""
        for command in step.commands:
            if command.startswith(("ccrs prepare ", "ccrs data ")):
                words = shlex.split(command.replace("\\\n", ""))[1:]
                smaller = words[0] == "prepare" and not {"--users", "--dialogues"} & set(words)
                ended = ccrs(*words, *(SMALL if smaller else ()))
                assert ended.code == 0, (command, ended.err)
                seen += ended.out
                done += 1
            elif command.startswith(("head ", "cat ")) or ".csv" in command:
                ran = subprocess.run([BASH, "-c", command], check=True, capture_output=True, text=True)
                seen += ran.stdout
        if seen:
            shown = {without_numbers(line) for line in step.printed.splitlines()} - {"", "..."}
            assert shown <= {without_numbers(line) for line in seen.splitlines()}
    assert done >= 7
    check_what_was_made(place / "data")


def check_what_was_made(data: Path) -> None:
    games = load_prepared(data / "games")
    assert {entity.type for entity in games.catalogue.items} == {"board game"}
    assert games.catalogue.num_items == len(rows())
    facts = load_prepared(data / "games-facts")
    assert {triple.relation for triple in facts.triples} >= {"award", "followed by"}
    chats = load_prepared(data / "games-chats")
    named = [{m.entity for message in d.messages for m in message.mentions} for d in chats.dialogues]
    assert len(named) == 2
    assert named[0] >= {"carcassonne", "azul", "kingdomino"}
    assert named[1] >= {"pandemic", "spirit-island", "forbidden-desert"}
    rated = load_prepared(data / "games-ratings")
    sessions = [dialogue for dialogue in rated.dialogues if dialogue.user in ("u1", "u2")]
    assert Counter(dialogue.user for dialogue in sessions) == {"u1": 1, "u2": 1}
    renamed = load_prepared(data / "games-renamed")
    relations = {triple.relation for triple in renamed.triples}
    assert "mechanism" in relations
    assert not relations & {"mechanic", "publisher"}
    german = load_prepared(data / "spiele")
    assert {item.name for item in german.catalogue.items} == {"Märchenwald", "Königsburg"}
    assert {e.name for e in german.catalogue.entities if e.type == "mechanic"} == {
        "würfeln",
        "sammeln",
        "bieten",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("title,designer\nK\u00f6nigsburg,Jo\n".encode("cp1252"), "is not UTF-8 text"),
        (b"PK\x03\x04 a workbook", "is a zip archive or an Excel workbook"),
        (b"title,designer\nCaylus, the board game,William Attia\n", "the row has 3 values, the header 2"),
        (b"game,designer\nCaylus,William Attia\n", "no column is the title"),
        (b"id,title\n1,Caylus\n1,Catan\n", "id '1' stands already in line 2"),
    ],
)
def test_the_messages_of_the_page_are_the_real_ones(
    content: bytes, message: str, ccrs: Command, place: Path
) -> None:
    (place / "table.csv").write_bytes(content)
    ended = ccrs("prepare", "own", "--items", "table.csv", "--out", "data/faulty")
    assert ended.code == 2
    assert message in ended.err
    assert not (place / "data").exists()
    listed = [
        re.sub(r"\d+ values, the header \d+|'…'|…", "~", cell)
        for cell in re.findall(r"^\| `(.*?)` \|", PAGE, re.M)
    ]
    told = re.sub(r"\d+ values, the header \d+|'1'|2$", "~", message)
    assert any(told in cell for cell in listed), (told, listed)


@pytest.mark.slow
def test_the_whole_page_is_done_as_written(place: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",  # more threads wait for one another where other tests run beside
    }
    titles = {row["title"] for row in rows()}
    servers: list[subprocess.Popen[bytes]] = []
    printed: dict[str, str] = {}
    try:
        for command in (command for step in steps() for command in step.commands):
            if command.startswith("ccrs serve "):
                servers.append(subprocess.Popen(shlex.split(command), env=environment))
                wait_for(re.findall(r"http://127[\d.:]+", PAGE)[0] + "/readyz")
                continue
            shell = [BASH, "-euo", "pipefail", "-c", command]
            ran = subprocess.run(shell, capture_output=True, text=True, env=environment, check=False)
            assert ran.returncode == 0, (command, ran.stderr)
            printed[command] = ran.stdout
    finally:
        for server in servers:
            server.terminate()
            server.wait(30)
    for command, shown in printed.items():
        if command.startswith(("ccrs recommend ", "curl ")) or "ccrs chat" in command:
            assert sum(title in shown for title in titles) >= 3, (command, shown)


def wait_for(address: str) -> None:
    """Return when a server answers at ``address``."""
    for _ in range(240):
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"nothing answers at {address}")


def test_the_table_is_whole() -> None:
    table = rows()
    assert 180 <= len(table) <= 260
    names = Counter(name.casefold() for row in table for name in [row["title"], *values(row, "other_names")])
    assert max(names.values()) == 1
    for column in ("id", "title"):
        doubled = [
            name for name, count in Counter(row[column].casefold() for row in table).items() if count > 1
        ]
        assert not doubled
    for row in table:
        blank = [
            column for column, value in row.items() if not value and column not in ("themes", "other_names")
        ]
        assert not blank, row["title"]
        assert all(value == " ".join(value.split()) for value in row.values()), row["title"]
        for column in SEPARATED:
            assert len(set(values(row, column))) == len(values(row, column)), (row["title"], column)
        assert 1930 <= int(row["year"]) <= 2024, row["title"]
    assert f"each of {len(table)} board games" in " ".join(PAGE.split())


def test_the_numbers_of_the_table_are_plausible() -> None:
    for row in rows():
        minutes, age = (int(row[c].split()[0]) for c in ("playing_time", "minimum_age"))
        assert row["playing_time"] == f"{minutes} min"
        assert row["minimum_age"] == f"{age} years"
        assert 5 <= minutes <= 480, row["title"]
        assert 2 <= age <= 18, row["title"]
        counts = values(row, "player_count")
        numbers = [int(count.split()[0]) for count in counts if count[0].isdigit()]
        assert numbers == list(range(numbers[0], numbers[-1] + 1)), row["title"]
        assert counts[len(numbers) :] in ([], ["more than 10 players"]), row["title"]
        assert not counts[len(numbers) :] or numbers[-1] == 10, row["title"]


def test_values_of_the_table_are_shared_and_spelt_alike() -> None:
    counts = {column: Counter(v for row in rows() for v in values(row, column)) for column in SEPARATED}
    assert min(counts["mechanics"].values()) >= 3
    assert min(counts["category"].values()) >= 3
    assert sum(count >= 2 for count in counts["designers"].values()) >= 40
    for column, found in counts.items():
        plain = Counter(spelling(value) for value in found)
        assert max(plain.values()) == 1, (column, plain.most_common(3))
    for column in ("mechanics", "category"):
        assert all(value == value.lower() for value in counts[column])


def spelling(value: str) -> str:
    """A value without capitals, accents and signs, so that two spellings of a name are one."""
    return "".join(c for c in unicodedata.normalize("NFKD", value).casefold() if c.isalnum())

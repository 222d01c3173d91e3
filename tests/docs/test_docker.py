"""The image and the compose file, as far as they can be checked without an engine: nothing in them is out of date."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from ccrs.cli.main import app
from ccrs.serving.api.metrics import Metrics
from ccrs.serving.api.settings import ServerSettings
from ccrs.serving.store.sql_store import open_store
from tests.conftest import PROJECT
from tests.fixtures.fake_service import FakeService
from tests.fixtures.postgres import PostgresServer, postgres
from tests.serving.api.asking import asked, running

__all__ = ["postgres"]  # a fixture
DOCKERFILE = PROJECT / "Dockerfile"
DEPLOYMENT, SCALING = PROJECT / "docs" / "deployment.md", PROJECT / "docs" / "scaling.md"
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
SERVER, DATABASE = COMPOSE["services"]["server"], COMPOSE["services"]["database"]
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?])([^}]*))?\}")


def instructions() -> list[tuple[str, str]]:
    """(word, rest) of the Dockerfile, with continued lines joined and comments left out."""
    lines = [line for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    text = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found = [line.partition(" ") for line in text.splitlines() if line.strip()]
    return [(word, rest.strip()) for word, _, rest in found]


def of(word: str, last_stage: bool = False) -> list[str]:
    """What follows a word, in the whole file or in the image that is kept."""
    all_of_them = instructions()
    stages = [place for place, (name, _) in enumerate(all_of_them) if name == "FROM"]
    return [rest for name, rest in all_of_them[stages[-1] if last_stage else 0 :] if name == word]


def environment() -> dict[str, str]:
    """What the image sets."""
    (line,) = of("ENV", last_stage=True)
    return dict(word.split("=", 1) for word in shlex.split(line))


def sources() -> list[str]:
    """What is copied from the project."""
    return [word for rest in of("COPY") if not rest.startswith("--from=") for word in shlex.split(rest)[:-1]]


def is_ignored(path: str) -> bool:
    """Whether the last line of .dockerignore that fits a path, or a folder above it, leaves it out."""
    ignored = False
    for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        parts = Path(path).parts
        whole = [str(Path(*parts[:end])) for end in range(1, len(parts) + 1)]
        candidates = [*whole, *parts] if "**/" in line else whole
        if any(fnmatch.fnmatchcase(candidate, pattern) for candidate in candidates):
            ignored = not line.startswith("!")
    return ignored


def test_it_is_made_in_stages_of_one_pinned_python() -> None:
    stages = of("FROM")
    assert stages == ["python:3.11-slim AS build", "python:3.11-slim"]
    assert "3.11" in PYPROJECT["project"]["requires-python"]
    assert [word for word, _ in instructions() if word in {"ADD", "MAINTAINER", "ONBUILD"}] == []


def test_what_is_copied_is_there_and_is_not_left_out() -> None:
    assert sources()
    for source in sources():
        assert (PROJECT / source).exists(), source
        assert not is_ignored(source), source
    (kept,) = of("COPY", last_stage=True)
    assert kept == "--from=build /opt/ccrs /opt/ccrs"


def test_what_the_package_is_built_of_is_copied() -> None:
    project = PYPROJECT["project"]
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [project["readme"], *project["license-files"], *wheel["packages"], "constraints.txt"]
    for path in needed:
        assert any(Path(path).is_relative_to(source) for source in sources()), path
    for path in (PROJECT / "src" / "ccrs" / "serving").rglob("*"):
        relative = path.relative_to(PROJECT)
        if "__pycache__" not in relative.parts:
            assert not is_ignored(str(relative)), relative


@pytest.mark.parametrize(
    "path",
    [".git/config", ".env", "runs/talk/people.db", "data/redial/x", ".venv/bin/python", "tests/conftest.py",
     "src/ccrs/__pycache__/main.cpython-311.pyc", "src/ccrs.egg-info/PKG-INFO"],
)  # fmt: skip
def test_what_is_nobodys_business_is_left_out(path: str) -> None:
    assert is_ignored(path)


def test_packages_are_those_that_were_tried_together() -> None:
    installs = [run for run in of("RUN") if "pip install" in run]
    assert len(installs) == 2
    assert all("-c constraints.txt" in run for run in installs)
    assert installs[0].endswith(" torch")
    pins = (PROJECT / "constraints.txt").read_text(encoding="utf-8")
    assert re.search(r"^torch==[0-9.]+$", pins, re.MULTILINE)
    extras = next(rest for rest in of("ARG") if rest.startswith("EXTRAS=")).removeprefix("EXTRAS=").strip('"')
    assert set(extras.split(",")) <= set(PYPROJECT["project"]["optional-dependencies"])
    assert "postgres" in extras.split(",")


def test_it_runs_as_nobody_special_and_carries_no_secret() -> None:
    (user,) = of("USER", last_stage=True)
    number, _, group = user.partition(":")
    assert int(number) >= 10_000
    assert int(group) >= 10_000
    words = [word for word, _ in instructions()]
    assert words.index("USER") > max(place for place, word in enumerate(words) if word in {"RUN", "COPY"})
    text = DOCKERFILE.read_text(encoding="utf-8").lower()
    for word in ("password", "secret", "sudo", "curl", "wget", "apt-get", "chmod 777", ":latest"):
        assert word not in text, word


def test_nothing_is_written_but_where_it_may_be() -> None:
    """So that the root can be mounted read-only, as compose does."""
    set_by_image = environment()
    assert set_by_image["HOME"] == set_by_image["MPLCONFIGDIR"] == "/tmp"  # noqa: S108
    assert set_by_image["PYTHONDONTWRITEBYTECODE"] == "1"
    assert of("VOLUME", last_stage=True) == ["/data"]
    assert set_by_image["CCRS_STORE"] == "sqlite:////data/people.db"
    assert SERVER["read_only"] is True
    assert SERVER["tmpfs"] == ["/tmp"]  # noqa: S108


def parsed(words: list[str]) -> dict[str, Any]:
    """A command line as the real command parses it; fails when it does not."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("ccrs", [], resilient_parsing=True)
    while hasattr(command, "commands"):
        assert words[0] in command.commands, words
        command, words = command.commands[words[0]], words[1:]
    return dict(command.make_context(command.name, list(words), parent=context).params)


def test_what_it_starts_is_a_command_of_ours() -> None:
    assert json.loads(of("ENTRYPOINT")[0]) == [next(iter(PYPROJECT["project"]["scripts"]))]
    started = parsed(json.loads(of("CMD", last_stage=True)[0]))
    assert str(started["run"]) == "/run-folder"
    assert started["host"] == "0.0.0.0"  # noqa: S104 - within the container
    assert of("EXPOSE") == [str(ServerSettings().port)]


def check() -> list[str]:
    """The command of the health check, of this Python."""
    (line,) = of("HEALTHCHECK")
    command: list[str] = json.loads(line.partition("CMD ")[2])
    assert command[0] == "python"
    return [sys.executable, *command[1:]]


def health(port: int) -> int:
    """The exit status of the health check against a port."""
    return subprocess.run(
        check(), env={**os.environ, "CCRS_PORT": str(port)}, capture_output=True, check=False
    ).returncode


def test_the_health_check_tells_life_from_death() -> None:
    assert "/healthz'" in check()[-1]
    with running(asked().app, ServerSettings()) as (address, _):
        port = int(address.rpartition(":")[2])
        assert health(port) == 0
    assert health(port) == 1


def test_compose_starts_the_server_with_the_database() -> None:
    assert set(COMPOSE["services"]) == {"server", "database"}
    started = parsed(SERVER["command"])
    assert str(started["run"]) == "/run-folder"
    assert started["workers"] == 2
    assert SERVER["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert DATABASE["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    run = SERVER["volumes"][0]
    assert run.startswith("${CCRS_RUN:?")
    assert run.endswith(":/run-folder:ro")
    assert SERVER["build"] == "."


def test_the_database_is_pinned_kept_and_out_of_reach() -> None:
    assert re.fullmatch(r"postgres:\d+", DATABASE["image"])
    assert "ports" not in DATABASE
    assert DATABASE["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert DATABASE["volumes"] == ["people:/var/lib/postgresql/data"]
    assert "people" in COMPOSE["volumes"]


def test_the_server_is_reached_from_this_machine_alone_and_may_do_little() -> None:
    assert SERVER["ports"] == ["127.0.0.1:8000:8000"]
    assert SERVER["cap_drop"] == ["ALL"]
    assert SERVER["security_opt"] == ["no-new-privileges:true"]
    assert not SERVER.get("privileged")
    grace = int(SERVER["stop_grace_period"].removesuffix("s"))
    assert grace > ServerSettings().shutdown_seconds


def test_the_password_comes_from_a_file_of_ones_own() -> None:
    for service, name in ((SERVER, "PGPASSWORD"), (DATABASE, "POSTGRES_PASSWORD")):
        variable = _VARIABLE.fullmatch(service["environment"][name])
        assert variable is not None
        assert variable[1] == "POSTGRES_PASSWORD"
        assert variable[2] == ":?", "compose says what is missing"
    assert "@" in SERVER["environment"]["CCRS_STORE"]
    assert ":" not in SERVER["environment"]["CCRS_STORE"].split("://")[1], "no password in the address"
    assert "\n.env\n" in (PROJECT / ".gitignore").read_text(encoding="utf-8")


def test_a_store_takes_the_password_from_the_environment(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.new_database()
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    with open_store(url.replace(f":{postgres.password}@", "@")) as store:
        store.ping()


def known_variables() -> set[str]:
    """All ``CCRS_`` variables that the program or the compose file reads."""
    return {f"CCRS_{name.upper()}" for name in ServerSettings.model_fields} | {"CCRS_STORE", "CCRS_RUN"}


def test_variables_are_known() -> None:
    used = set(SERVER["environment"]) | set(environment())
    assert {name for name in used if name.startswith("CCRS_")} <= known_variables()


def test_settings_are_taken_as_compose_gives_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVER["environment"].items():
        default = _VARIABLE.fullmatch(value)
        monkeypatch.setenv(name, value if default is None or default[2] != ":-" else default[3])
    assert ServerSettings() == ServerSettings(trust_proxy=False)
    monkeypatch.setenv("CCRS_TRUST_PROXY", "true")
    assert ServerSettings().trust_proxy


def commands(page: Path) -> list[str]:
    """The command lines of a page's shell blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("handbook", [DEPLOYMENT, SCALING], ids=lambda handbook: handbook.stem)
def test_the_commands_of_the_handbook_parse(handbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0
    for line in commands(handbook):
        words = shlex.split(line, comments=True)
        if words[0] == "docker":  # there the store comes from the environment, and only there
            monkeypatch.setenv("CCRS_STORE", SERVER["environment"]["CCRS_STORE"])
        else:
            monkeypatch.delenv("CCRS_STORE", raising=False)
        if words[:3] == ["docker", "compose", "run"]:
            words = ["ccrs", *words[words.index("server") + 1 :]]
        elif words[:3] == ["docker", "compose", "exec"] and "server" in words:
            words = words[words.index("ccrs") :]
        if words[0] == "ccrs":
            parsed(words[1:])
            tried += 1
    assert tried >= 2


@pytest.mark.parametrize("handbook", [DEPLOYMENT, SCALING], ids=lambda handbook: handbook.stem)
def test_what_the_handbook_names_is_there(handbook: Path) -> None:
    text = handbook.read_text(encoding="utf-8")
    assert set(re.findall(r"\bCCRS_[A-Z_]+\b", text)) <= known_variables()
    counts = Metrics().text(FakeService()).decode()
    for name in re.findall(r"\bccrs_[a-z_]+\b", text):
        assert name.removesuffix("_bucket") in counts, name
    assert "TODO" not in text
    services = re.findall(r"docker compose (?:run|exec|logs)(?: -\S+| --\S+)* (\w+)", text)
    assert set(services) <= set(COMPOSE["services"])

"""The examples of the server run as they stand, against a real server."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Command, ccrs
from tests.docs.conftest import PROJECT
from tests.fixtures.tiny_run import TinyRun

__all__ = ["ccrs"]  # a fixture
EXAMPLES = PROJECT / "examples"


@pytest.fixture(scope="module")
def server(talking_run: TinyRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of ``ccrs serve`` on the tiny run, which is stopped politely at the end."""
    store = f"sqlite:///{tmp_path_factory.mktemp('people') / 'people.db'}"
    command = [
        sys.executable,
        "-m",
        "ccrs.cli.main",
        "serve",
        str(talking_run.run),
        "--port",
        "0",
        "--store",
        store,
    ]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert "http://" in told, told
        yield told[told.index("http://") :].split()[0]
        process.terminate()
        assert process.wait(30) in (0, -signal.SIGTERM)


def ran(command: list[str]) -> str:
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stderr + found.stdout
    return found.stdout


@pytest.mark.slow
def test_the_rest_client_holds_a_conversation(server: str) -> None:
    shown = ran([sys.executable, str(EXAMPLES / "rest_client.py"), server])
    assert shown.startswith("ccrs: ")
    assert "offered again: False" in shown


def test_the_openai_client_holds_a_conversation(server: str) -> None:
    shown = ran([sys.executable, str(EXAMPLES / "openai_client.py"), server])
    assert shown.count("ccrs: ") == 2
    assert "(" in shown


def test_curl_holds_a_conversation(server: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; examples/curl.sh needs it")
    shown = ran(["bash", str(EXAMPLES / "curl.sh"), server])
    assert "event: done" in shown
    assert '"opinion":"like"' in shown


def test_chat_talks_to_the_server(server: str, monkeypatch: pytest.MonkeyPatch, ccrs: Command) -> None:
    said = b"I love Heat (1995)\n/why\n/reset\nhello\n/quit\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said), encoding="utf-8"))
    found = ccrs("chat", "--url", server, "--user", "dora")
    assert found.code == 0, found.err
    assert "Hello dora. 0 earlier dialogues remembered." in found.err
    assert "change by adapting" in found.out
    assert "1 earlier dialogue remembered." in found.out
    nowhere = ccrs("chat", "--url", "http://127.0.0.1:9", "--user", "dora")
    assert nowhere.code == 2
    assert "cannot be reached" in nowhere.err

"""``ccrs serve``: the process, its signals, and what it refuses."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from ccrs.cli.serve import settings_of
from ccrs.core.errors import ConfigError
from ccrs.serving.store.sql_store import open_store
from tests.cli.conftest import Command
from tests.fixtures.tiny_run import TinyRun

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder that looks like a run."""
    (tmp_path / "run.json").write_text("{}")
    return tmp_path


@contextmanager
def process(*command: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its address."""
    arguments = [sys.executable, "-m", *map(str, command)]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            if "Serving" not in line:
                server.kill()
                pytest.fail(f"{line}{server.communicate()[1]}")
            yield server, line.split(" at ")[1].split()[0]
        finally:
            server.kill()


@pytest.mark.slow
def test_a_server_from_its_start_to_its_graceful_end(run: Path) -> None:
    with process("tests.fixtures.fake_server", "serve", run, "--port", "0") as (server, address):
        assert httpx.get(f"{address}/readyz").json()["ready"] is True
        dialogue = httpx.post(f"{address}/v1/users/anna/dialogues").json()["id"]

        def talk() -> str:
            path = f"{address}/v1/dialogues/{dialogue}/turns"
            headers = {"accept": "text/event-stream"}
            return httpx.post(path, json={"text": "secret words"}, headers=headers, timeout=10).text

        server.send_signal(signal.SIGHUP)
        assert server.stdout is not None
        assert server.stdout.readline() == "The run was loaded anew: fake-2.\n"
        with ThreadPoolExecutor(1) as pool:
            talking = pool.submit(talk)
            while "ccrs_in_flight 2.0" not in httpx.get(f"{address}/metrics").text:
                assert not talking.done()
            server.send_signal(signal.SIGTERM)
            assert "event: done" in talking.result(10)
        _, log = server.communicate(timeout=10)
        assert server.returncode in {0, -signal.SIGTERM}
    assert "POST /v1/dialogues/{dialogue}/turns 200" in log
    assert "secret words" not in log
    assert "anna" not in log
    assert "Traceback" not in log


def test_no_keys_no_others(run: Path, ccrs: Command, refused: Command) -> None:
    """A server that others can reach does not start without keys; a revoked one is none."""
    url = f"sqlite:///{run / 'people.db'}"
    others = ("serve", run, "--host", "0.0.0.0", "--port", "0")  # noqa: S104
    assert "ccrs keys create" in refused(*others).err
    assert "ccrs keys create" in refused("serve", run, "--require-keys", "--port", "0").err
    ccrs("keys", "create", "shop", "--store", url)
    assert "ccrs keys create" not in refused(*others).err  # now it stops only at the run, which is none
    with open_store(url) as store:
        store.revoke_key(store.keys()[0].id)
    assert "ccrs keys create" in refused(*others).err


def test_a_port_that_is_taken(run: Path, refused: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refused("serve", run, "--port", str(port)).err
    assert str(port) in told
    assert "--port" in told


def test_an_address_that_is_none(run: Path, refused: Command) -> None:
    assert "256.1.1.1" in refused("serve", run, "--host", "256.1.1.1").err


def test_a_run_that_is_not_there(tmp_path: Path, refused: Command) -> None:
    assert "ccrs train" in refused("serve", tmp_path / "nothing").err


def test_a_run_that_is_broken(run: Path, refused: Command) -> None:
    refused("serve", run, "--port", "0")


def test_settings_come_from_the_environment_and_options_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCRS_PORT", "9000")
    monkeypatch.setenv("CCRS_MAX_BODY", "77")
    monkeypatch.setenv("CCRS_ALLOWED_HOSTS", '["chat.example"]')
    settings = settings_of(port=9001, host=None)
    assert (settings.port, settings.max_body, settings.allowed_hosts) == (9001, 77, ("chat.example",))
    monkeypatch.setenv("CCRS_PORT", "many")
    monkeypatch.setenv("CCRS_RATE_PER_KEY", "often")
    with pytest.raises(ConfigError, match=r"port.*rate_per_key|rate_per_key.*port"):
        settings_of()


@pytest.mark.slow
def test_two_workers_serve_one_run(talking_run: TinyRun, tmp_path: Path) -> None:
    """Users hop between processes, the counts are those of both, and SIGHUP replaces them one by one."""
    store = tmp_path / "people.db"
    command = (
        "ccrs.cli.main",
        "serve",
        talking_run.run,
        "--port",
        "0",
        "--workers",
        "2",
        "--store",
        store,
    )
    with process(*command) as (server, address):
        transport = httpx.HTTPTransport(retries=3)
        with httpx.Client(
            transport=transport, base_url=address, timeout=60, headers={"connection": "close"}
        ) as client:
            dialogues = [client.post("/v1/users/anna/dialogues").json()["id"] for _ in range(12)]
            for dialogue in dialogues:
                assert client.get(f"/v1/dialogues/{dialogue}").json()["user"] == "anna"
            server.send_signal(signal.SIGHUP)
            for dialogue in dialogues * 3:
                assert client.get(f"/v1/dialogues/{dialogue}").status_code == 200
            counts = client.get("/metrics").text
            begun = 'ccrs_requests_total{method="POST",route="/v1/users/{user}/dialogues",status="201"} 12.0'
            assert begun in counts
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=60)
    assert server.returncode == 0, log
    assert "Traceback" not in log


@pytest.mark.slow
def test_workers_that_cannot_start_end_the_server(run: Path) -> None:
    command = [sys.executable, "-m", "ccrs.cli.main", "serve", str(run), "--port", "0", "--workers", "2"]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ)
    )
    assert ended.returncode == 2
    assert "error: " in ended.stderr
    assert "Traceback" not in ended.stderr

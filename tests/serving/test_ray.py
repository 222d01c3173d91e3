"""The same server on Ray Serve: two replicas behind one address, on a cluster of this machine alone."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import httpx
import psutil
import pytest

from ccrs.cli.main import main
from ccrs.core.errors import ConfigError
from ccrs.serving.api.running import Job
from ccrs.serving.api.settings import ServerSettings
from ccrs.serving.ray_app import ADDRESS, Replicas, keep_to_loopback, run_on_ray
from tests.fixtures.serving_process import ServingProcess, serving_process
from tests.fixtures.tiny_run import TinyRun
from tests.serving.api.asking import EVENTS, sse

NOT_INSTALLED = (
    "RAY IS NOT INSTALLED, so nothing of `ccrs serve --ray` is tested here: "
    "install the extra, pip install -e '.[ray]', and run again"
)


@pytest.mark.parametrize(
    ("text", "least", "most"), [("1", 1, 1), ("2:2", 2, 2), ("1:4", 1, 4), ("7:1000", 7, 1000)]
)
def test_how_many_replicas(text: str, least: int, most: int) -> None:
    assert Replicas.parse(text) == Replicas(least, most)


@pytest.mark.parametrize(
    "text", ["", "0", "0:3", "4:1", "a", "1:", ":2", "1:2:3", "-1:2", "1.5", "1:1001", "²"]
)
def test_what_is_no_number_of_replicas(text: str) -> None:
    with pytest.raises(ConfigError, match="MIN:MAX with 1 <= MIN <= MAX <= 1000"):
        Replicas.parse(text)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The error of a command that must end with exit code 2."""
    with patch.object(sys, "argv", ["ccrs", *words]), pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    return capsys.readouterr().err


def test_without_ray_it_says_what_to_install(
    talking_run: TinyRun, capsys: pytest.CaptureFixture[str]
) -> None:
    with patch.dict(os.environ), patch.dict(sys.modules, {"ray": None, "ray.serve": None}):
        error = told(capsys, "serve", str(talking_run.run), "--ray")
    assert error == (
        "error: --ray needs Ray Serve, which is not installed. Install it: pip install 'ccrs[ray]'\n"
    )


def test_options_that_do_not_go_together(talking_run: TinyRun, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(talking_run.run)
    assert "exclude each other" in told(capsys, "serve", run, "--ray", "--workers", "2")
    assert "goes with --ray" in told(capsys, "serve", run, "--replicas", "2")
    assert "MIN:MAX" in told(capsys, "serve", run, "--ray", "--replicas", "many")


def test_machines_of_a_cluster_share_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, "10.0.0.1:6379")
    job = Job(Path("run"), "sqlite:///people.db", ServerSettings())
    with pytest.raises(ConfigError, match="PostgreSQL"):
        run_on_ray(job, Replicas(1, 2), print)


def test_an_inner_server_keeps_to_loopback_or_there_is_none() -> None:
    bound: list[str] = []
    module = ModuleType("replica")
    with pytest.raises(ConfigError, match="not known to keep to one machine"):
        keep_to_loopback(module)
    module.add_port_to_grpc_server = lambda _, place: bound.append(place)  # type: ignore[attr-defined]
    keep_to_loopback(module)
    module.add_port_to_grpc_server(None, "[::]:0")
    assert bound == ["127.0.0.1:0"]


@pytest.fixture(scope="module")
def served(talking_run: TinyRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingProcess]:
    if find_spec("ray") is None:
        pytest.skip(NOT_INSTALLED)
    folder = tmp_path_factory.mktemp("ray")
    options = ("--ray", "--replicas", "2", "--threads", "1", "--store", f"sqlite:///{folder}/people.db")
    with serving_process(talking_run.run, folder, *options, env={ADDRESS: ""}) as served:
        assert "with Ray" in (folder / "stdout").read_text()
        session = session_of(served)
        assert session.is_dir()
        yield served
    assert not session.exists()


def session_of(served: ServingProcess) -> Path:
    """Where Ray keeps what it writes while it runs."""
    for child in served.children():
        for word in child.cmdline():
            if word.startswith("--log_dir="):
                return Path(word.removeprefix("--log_dir=")).parent
    raise AssertionError("nothing of Ray runs")


def ask(served: ServingProcess, method: str, path: str, **kwargs: Any) -> httpx.Response:
    """One request by a new connection; Ray chooses the replica."""
    answer = httpx.request(method, f"{served.address}{path}", timeout=60, **kwargs)
    assert answer.is_success, answer.text
    return answer


def begin(served: ServingProcess, user: str) -> str:
    """The id of a new dialogue."""
    return str(ask(served, "POST", f"/v1/users/{user}/dialogues").json()["id"])


def who_answered(served: ServingProcess, route: str) -> set[str]:
    """The processes of the replicas that answered a route, of their own logs."""
    lines = served.log.read_text().splitlines()
    return {
        match[1]
        for line in lines
        if route in line and (match := re.search(r"ServeReplica:ccrs:ccrs pid=(\d+)", line))
    }


def within(seconds: float, holds: Any) -> None:
    """Until it holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


@pytest.mark.slow
def test_both_replicas_answer_and_are_counted_together(served: ServingProcess) -> None:
    for _ in range(30):
        assert ask(served, "GET", "/readyz").json()["ready"]
    within(20, lambda: len(who_answered(served, "GET /readyz")) == 2)
    counts = ask(served, "GET", "/metrics").text
    assert 'ccrs_requests_total{method="GET",route="/readyz",status="200"} 30.0\n' in counts


@pytest.mark.slow
def test_a_dialogue_goes_on_whichever_replica_answers(served: ServingProcess) -> None:
    dialogue = begin(served, "hopper")
    path = f"/v1/dialogues/{dialogue}/turns"
    said = [f"I loved Heat (1995), and this is number {number}" for number in range(12)]
    turns = [ask(served, "POST", path, json={"text": text}).json() for text in said]
    assert [turn["number"] for turn in turns] == list(range(12))
    within(20, lambda: len(who_answered(served, "POST /v1/dialogues/{dialogue}/turns")) == 2)
    seen = [ask(served, "GET", f"/v1/dialogues/{dialogue}").json() for _ in range(8)]
    assert all(one == seen[0] for one in seen)
    assert [turn["said"] for turn in seen[0]["turns"]] == said
    key = {"idempotency-key": "ray-1"}
    again = [ask(served, "POST", path, json={"text": "once"}, headers=key).json()["id"] for _ in range(6)]
    assert len(set(again)) == 1


@pytest.mark.slow
def test_a_turn_is_streamed(served: ServingProcess) -> None:
    path = f"{served.address}/v1/dialogues/{begin(served, 'listener')}/turns"
    with httpx.stream(
        "POST", path, json={"text": "I loved Heat (1995)"}, headers=EVENTS, timeout=60
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        pieces = list(answer.iter_raw())
    assert len(pieces) > 1
    events = sse(b"".join(pieces).decode())
    kinds = [kind for kind, _ in events]
    assert kinds[:2] == ["heard", "items"]
    assert set(kinds[2:-1]) == {"token"}
    assert kinds[-1] == "done"
    turn = json.loads(events[-1][1])["turn"]
    assert "".join(json.loads(data)["token"] for kind, data in events if kind == "token") == turn["reply"]


@pytest.mark.slow
def test_turns_at_once_are_stored_one_after_another_or_refused(served: ServingProcess) -> None:
    dialogue = begin(served, "crowd")

    def speak(number: int) -> tuple[int, str]:
        text = f"I loved Heat (1995), number {number}"
        path = f"{served.address}/v1/dialogues/{dialogue}/turns"
        return httpx.post(path, json={"text": text}, timeout=60).status_code, text

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(speak, range(16)))
    assert {status for status, _ in said} == {200, 409}
    turns = ask(served, "GET", f"/v1/dialogues/{dialogue}").json()["turns"]
    assert sorted(turn["said"] for turn in turns) == sorted(text for status, text in said if status == 200)


@pytest.mark.slow
def test_an_item_put_in_is_known_to_both_and_errors_keep_their_shape(served: ServingProcess) -> None:
    ask(served, "PUT", "/v1/items/night-train", json={"title": "Night Train North", "year": 2031})

    def status() -> int:
        return httpx.get(f"{served.address}/v1/items/night-train", timeout=60).status_code

    within(20, lambda: all(status() == 200 for _ in range(12)))
    answer = httpx.get(f"{served.address}/v1/items/nothing", timeout=60)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.slow
def test_others_can_reach_nothing_and_names_of_people_are_not_logged(served: ServingProcess) -> None:
    begin(served, "somebody-special")
    ask(served, "GET", "/v1/users/somebody-special/profile")
    places = [
        connection.laddr.ip
        for child in served.children()
        for connection in child.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(places) > 4
    assert {place.removeprefix("::ffff:") for place in places} == {"127.0.0.1"}
    within(20, lambda: who_answered(served, "GET /v1/users/{user}/profile"))
    logs = [path for path in session_of(served).rglob("*") if path.is_file()]
    assert len(logs) > 4
    for path in (*logs, served.log):
        assert b"somebody-special" not in path.read_bytes(), path

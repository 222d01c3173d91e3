"""Real servers: streams over a socket, a graceful end, broken and slow clients."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from ccrs.serving.api.outer import SAFETY
from ccrs.serving.api.settings import ServerSettings
from tests.fixtures.fake_service import FakeService
from tests.serving.api.asking import EVENTS, Asked, asked, running, wait_for


@contextmanager
def served(service: FakeService, **settings: object) -> Iterator[tuple[str, uvicorn.Server, Asked]]:
    ask = asked(service, **settings)
    with running(ask.app, ServerSettings(**settings)) as (address, server):  # type: ignore[arg-type]
        yield address, server, ask


def test_a_stream_comes_piece_by_piece() -> None:
    with served(FakeService(delay=0.1)) as (address, _, _), httpx.Client(base_url=address) as client:
        dialogue = client.post("/v1/users/anna/dialogues").json()["id"]
        times: dict[str, float] = {}
        with client.stream(
            "POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "Heat"}, headers=EVENTS
        ) as answer:
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    times.setdefault(line, time.perf_counter())
        assert times["event: done"] - times["event: heard"] > 0.3
        assert len(client.get(f"/v1/dialogues/{dialogue}").json()["turns"]) == 1


def test_a_client_that_leaves_stops_the_work() -> None:
    service = FakeService(delay=0.2)
    with served(service) as (address, _, _), httpx.Client(base_url=address) as client:
        path = f"/v1/dialogues/{client.post('/v1/users/anna/dialogues').json()['id']}/turns"
        with client.stream("POST", path, json={"text": "Heat"}, headers=EVENTS) as answer:
            next(answer.iter_lines())
        wait_for(lambda: service.stopped == 1)
        with pytest.raises(httpx.ReadTimeout):
            client.post(path, json={"text": "Heat"}, timeout=0.3)
        wait_for(lambda: service.stopped == 2)


def test_a_graceful_end_finishes_streams() -> None:
    service = FakeService(delay=0.2)
    with served(service) as (address, server, ask):
        with httpx.Client(base_url=address, timeout=10) as client:
            dialogue = client.post("/v1/users/anna/dialogues").json()["id"]

            def talk() -> str:
                path = f"/v1/dialogues/{dialogue}/turns"
                return client.post(path, json={"text": "Heat"}, headers=EVENTS).text

            with ThreadPoolExecutor(1) as pool:
                talking = pool.submit(talk)
                wait_for(lambda: service.started == 1)
                server.should_exit = True
                assert talking.result(10).rstrip().rpartition("event: ")[2].startswith("done")
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{address}/healthz")
        assert len(ask.service.dialogues["local", dialogue].turns) == 1


def test_an_end_does_not_wait_for_ever() -> None:
    service = FakeService(delay=30)
    with served(service, shutdown_seconds=1) as (address, server, _):
        dialogue = httpx.post(f"{address}/v1/users/anna/dialogues").json()["id"]

        def talk() -> None:
            with pytest.raises(httpx.HTTPError):
                httpx.post(
                    f"{address}/v1/dialogues/{dialogue}/turns", json={"text": "a"}, headers=EVENTS, timeout=20
                )

        thread = threading.Thread(target=talk)
        thread.start()
        wait_for(lambda: service.started == 1)
        begun = time.monotonic()
        server.should_exit = True
        thread.join(10)
        assert time.monotonic() - begun < 6
    assert service.stopped == 1


def exchange(address: str, sent: bytes, seconds: float = 5.0) -> bytes:
    """What comes back for bytes, until the server closes.

    A server that answers before it has read everything ends with a reset instead of a close; what it said counts.
    """
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        connection.sendall(sent)
        came = b""
        try:
            while piece := connection.recv(65536):
                came += piece
        except ConnectionResetError:
            if not came:
                raise
        return came


def told(answer: bytes) -> tuple[int, dict[str, str], dict[str, object]]:
    """Status, headers and error of a raw answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body)["error"]


@pytest.mark.parametrize(
    "sent",
    [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"a" * 100_000, b"GET /\xff HTTP/1.1\r\nhost: a\r\n\r\n",
     b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n"],
)  # fmt: skip
def test_broken_http_is_told_in_our_shape(sent: bytes) -> None:
    with served(FakeService()) as (address, _, _):
        status, headers, error = told(exchange(address, sent))
        assert status == 400
        assert error["code"] == "bad_http"
        assert headers.items() >= {name: value.lower() for name, value in SAFETY.items()}.items()
        assert httpx.get(f"{address}/healthz").is_success


@pytest.mark.parametrize("sent", [b"", b"GET /", b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\nGET /"])
def test_a_head_that_does_not_come_ends_the_connection(sent: bytes) -> None:
    with served(FakeService(), header_seconds=0.3) as (address, _, _):
        begun = time.monotonic()
        exchange(address, sent)
        assert 0.2 < time.monotonic() - begun < 4


def test_a_slow_answer_is_no_slow_head() -> None:
    with served(FakeService(delay=0.6), header_seconds=0.2) as (address, _, _), httpx.Client() as client:
        for _ in range(2):  # on one connection
            assert client.post(f"{address}/v1/recommendations", json={"text": "Heat"}).is_success


def test_connections_have_a_number() -> None:
    with served(FakeService(), max_connections=2) as (address, _, _):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))), socket.create_connection((host, int(port))):
            time.sleep(0.1)
            status, headers, error = told(exchange(address, b""))
            assert (status, headers["retry-after"], error["code"]) == (503, "1", "busy")
        wait_for(lambda: _answers(address))


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").is_success
    except httpx.HTTPError:
        return False


def test_a_body_that_stops_half_way_is_given_up() -> None:
    with served(FakeService(), body_seconds=0.3) as (address, _, _):
        head = b"POST /v1/feedback HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        status, _, error = told(exchange(address, head + b"content-length: 100\r\n\r\n{"))
        assert (status, error["code"]) == (408, "too_slow")


def test_websockets_are_not_spoken() -> None:
    with served(FakeService()) as (address, _, _):
        headers = {
            "connection": "upgrade",
            "upgrade": "websocket",
            "sec-websocket-key": "a",
            "sec-websocket-version": "13",
        }
        assert (
            httpx.get(f"{address}/v1/items", headers=headers).status_code == 200
        )  # as if it were not asked for

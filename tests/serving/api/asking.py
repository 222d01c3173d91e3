"""Requests to an app without a network, one after another or at once, and a real server in a thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from ccrs.serving.api.app import create_app
from ccrs.serving.api.running import address_of, bind, server_config
from ccrs.serving.api.settings import ServerSettings
from tests.fixtures.fake_service import FakeService, FakeStore

OWN = "http://127.0.0.1:8000"
OUTSIDE = {"host": "0.0.0.0"}  # noqa: S104 - the settings of a server that others can reach
EVENTS = {"accept": "text/event-stream"}


@dataclass
class Asked:
    """An app over a fake service, and the ways to ask it."""

    service: FakeService
    store: FakeStore
    app: FastAPI

    def __call__(
        self, method: str, path: str, *, key: str | None = None, client: str = "127.0.0.1", **kwargs: Any
    ) -> httpx.Response:
        """One request."""
        headers = dict(kwargs.pop("headers", {}))
        if key is not None:
            headers["authorization"] = f"Bearer {key}"

        async def send() -> httpx.Response:
            async with self.client(client) as session:
                return await session.request(method, path, headers=headers, **kwargs)

        return asyncio.run(send())

    def client(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """For requests within one event loop."""
        transport = httpx.ASGITransport(self.app, client=(address, 4711), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=OWN)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What a coroutine gives."""
        return asyncio.run(work)

    def dialogue(self, user: str = "anna", **kwargs: Any) -> str:
        """The id of a new dialogue."""
        begun = self("POST", f"/v1/users/{user}/dialogues", **kwargs)
        assert begun.status_code == 201, begun.text
        return str(begun.json()["id"])


def asked(service: FakeService | None = None, store: FakeStore | None = None, **settings: Any) -> Asked:
    """An app with these settings."""
    service, store = service or FakeService(), store or FakeStore()
    return Asked(service, store, create_app(service, store, ServerSettings(**settings)))


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The error of an answer, after checking that it is one in our shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["code"] == code
    assert len(body["error"]["message"]) > 10
    return dict(body["error"])


def sse(text: str) -> list[tuple[str, str]]:
    """(event, data) of a stream, read as the standard says; comments are left out."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if fields:
            assert set(fields) == {"event", "data"}, block
            events.append((fields["event"], fields["data"]))
    return events


@contextmanager
def running(app: FastAPI, settings: ServerSettings) -> Iterator[tuple[str, uvicorn.Server]]:
    """A real server on a free port; ``should_exit`` ends it gracefully."""
    listening = bind("127.0.0.1", 0)
    server = uvicorn.Server(server_config(app, settings))
    address = address_of(listening)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield address, server
    finally:
        server.should_exit = True
        thread.join(15)
        listening.close()
        assert not thread.is_alive()


def wait_for(condition: Any, seconds: float = 8.0) -> None:
    """Until it holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)

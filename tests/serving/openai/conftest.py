"""The real client of the protocol, in process and over a socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import openai
import pytest
import uvicorn
from openai.types.chat import ChatCompletion

from tests.serving.openai.recording import HI, KEY, RecordingService, app_of

Connect = Callable[..., AbstractAsyncContextManager[openai.AsyncOpenAI]]
Serve = Callable[[Any], openai.OpenAI]


@pytest.fixture
def service() -> RecordingService:
    return RecordingService()


@asynccontextmanager
async def connected(service: Any, key: str = KEY, **settings: Any) -> AsyncIterator[openai.AsyncOpenAI]:
    """The client, in process."""
    transport = httpx.ASGITransport(app_of(service, **settings), raise_app_exceptions=False)
    async with (
        httpx.AsyncClient(transport=transport) as http,
        openai.AsyncOpenAI(api_key=key, base_url="http://test/v1", http_client=http, max_retries=0) as client,
    ):
        yield client


async def ask(connect: Connect, service: RecordingService, **fields: Any) -> ChatCompletion:
    """A request with defaults."""
    asked: dict[str, Any] = {"model": "ccrs", "messages": HI} | fields
    async with connect(service) as client:
        completion = await client.chat.completions.create(**asked)
    assert isinstance(completion, ChatCompletion)
    return completion


async def refusal(connect: Connect, service: RecordingService, **fields: Any) -> openai.APIStatusError:
    """The error of a request that fails."""
    with pytest.raises(openai.APIStatusError) as caught:
        await ask(connect, service, **fields)
    body = caught.value.response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return caught.value


@pytest.fixture
def connect() -> Connect:
    return connected


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Runs a service on a free port of the loopback address and gives a client of it."""
    running: list[tuple[uvicorn.Server, threading.Thread, openai.OpenAI]] = []

    def start(service: Any) -> openai.OpenAI:
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app_of(service), log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        until = time.monotonic() + 10
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        client = openai.OpenAI(
            api_key=KEY, base_url=f"http://127.0.0.1:{listening.getsockname()[1]}/v1", max_retries=0
        )
        running.append((server, thread, client))
        return client

    yield start
    for server, thread, client in running:
        client.close()
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()

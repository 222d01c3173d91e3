"""The real app over the steered fake service, on a free port of the loopback address, in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from ccrs.serving.api.app import create_app
from ccrs.serving.api.settings import ServerSettings
from tests.fixtures.fake_service import FakeStore
from tests.web.page_service import PageService


@dataclass(frozen=True)
class PageServer:
    """Where it listens, and what stands behind it."""

    url: str
    service: PageService
    keys: FakeStore


@contextmanager
def serving(*, require_keys: bool = False) -> Iterator[PageServer]:
    """A server of its own for one test: nothing is left over from another."""
    service, keys = PageService(), FakeStore()
    app = create_app(service, keys, ServerSettings(require_keys=require_keys, allowed_hosts=("127.0.0.1",)))
    config = uvicorn.Config(app, port=0, log_level="critical", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the page's server did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield PageServer(f"http://127.0.0.1:{port}", service, keys)
    finally:
        server.should_exit = True
        thread.join(10)

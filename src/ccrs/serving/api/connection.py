"""Connections below HTTP: how slow a request's head may come, how many there may be, what broken HTTP is answered."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ccrs.serving.api.outer import SAFETY
from ccrs.serving.schemas import ErrorBody, Problem


class LimitedConfig(uvicorn.Config):
    """The HTTP engine's settings with the limits of a connection among them.

    Here and not on a class made for them, as such a class cannot be sent to a worker.
    """

    header_seconds: float = 10.0
    max_connections: int = 2000


class Connection(H11Protocol):
    """One connection of a client; the limits stand in the engine's settings."""

    config: LimitedConfig
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, or refuse when there are too many connections."""
        super().connection_made(transport)
        if len(self.connections) > self.config.max_connections:
            self._refuse(503, "busy", "The server is busy: too many connections. Try again soon.")
            return
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.conn.their_state is h11.IDLE:
            self._await_head()

    def send_400_response(self, msg: str) -> None:
        """Broken HTTP."""
        self._refuse(400, "bad_http", "This is not HTTP, or its head is too large. Mend the client.")

    def _await_head(self) -> None:
        self._stop_waiting()
        self._head_timer = self.loop.call_later(self.config.header_seconds, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, status: int, code: str, message: str) -> None:
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:  # else an answer is under way
            self.transport.write(_raw_answer(status, code, message))
        self.transport.close()


def _raw_answer(status: int, code: str, message: str) -> bytes:
    """A whole answer as bytes, where no request could be read."""
    body = Problem(error=ErrorBody(code=code, message=message)).model_dump_json().encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
        "cache-control": "no-store",
        **({"retry-after": "1"} if status == 503 else {}),
        **SAFETY,
    }
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body

"""The outermost middleware: headers of safety on every answer, one log line, counts, and no error gets out."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ccrs.serving.api.access_log import note_failure, note_request
from ccrs.serving.api.answers import answer_at
from ccrs.serving.api.metrics import Metrics

GONE = 499
"""Logged when whoever asked left before an answer began; the number that proxies use."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFETY = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_SAFETY = [(name.encode(), value.encode()) for name, value in SAFETY.items()]
_NO_STORE = (b"cache-control", b"no-store")


class ClientGone(Exception):  # noqa: N818 - nothing is wrong
    """Whoever asked has left; there is nobody to answer."""


class Outer:
    """See the module's docstring."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})  # nothing here speaks it
            return
        begun, status = time.perf_counter(), 0

        async def decorated(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": _safe(message.get("headers", []))}
            await send(message)

        self.metrics.in_flight.inc()
        try:
            await self.app(scope, receive, decorated)
        except ClientGone:
            pass
        except Exception as error:  # whatever it is, it is noted and nobody is told its inside
            note_failure(error)
            if status == 0:
                await answer_at(scope["path"], error)(scope, receive, decorated)
        finally:
            self.metrics.in_flight.dec()
            seconds = time.perf_counter() - begun
            route = route_of(scope)
            self.metrics.answered(scope["method"], route, status or GONE, seconds)
            note_request(scope["method"], route, status or GONE, seconds)


def route_of(scope: Scope) -> str:
    """The template of the route that answered, ``unmatched`` where none did."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "unmatched"


def _safe(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers with those of safety; an answer that does not say how long it may be kept is not kept."""
    names = {name.lower() for name, _ in headers}
    kept = [] if b"cache-control" in names else [_NO_STORE]
    return [*headers, *(pair for pair in _SAFETY if pair[0] not in names), *kept]

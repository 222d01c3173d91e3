"""Bodies of requests: how large, how deep, of what type and how slow they may be."""

from __future__ import annotations

import asyncio
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ccrs.serving.api.answers import answer_at
from ccrs.serving.api.outer import ClientGone
from ccrs.serving.api.problems import Refused
from ccrs.serving.api.settings import ServerSettings

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_JSON = re.compile(r'application/json(\s*;\s*charset\s*=\s*"?utf-?8"?)?\s*', re.IGNORECASE)
# Possessive: a string that does not end is taken to the end of the body, and nothing is read twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class Bodies:
    """The middleware: reads the whole body, checks it and hands it on."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            await self.app(scope, receive, send)
            return
        try:
            body = await self._read(Headers(scope=scope), receive)
        except Refused as error:
            response = answer_at(scope["path"], error)
            response.headers["Connection"] = "close"  # the rest of the body is not read
            await response(scope, receive, send)
            return
        await self.app(scope, _replayed(body, receive), send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        """The body; raises ``Refused`` with 408, 413, 415 or 400."""
        length = headers.get("content-length", "0")
        if not length.isdigit() or len(length) > 15 or int(length) > self.settings.max_body:
            raise self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGone
                    body += message.get("body", b"")
                    if len(body) > self.settings.max_body:
                        raise self._too_large()
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            raise Refused(408, "too_slow", "The body did not arrive in time. Send it again.") from None
        if body:
            self._check(headers, bytes(body))
        return bytes(body)

    def _check(self, headers: Headers, body: bytes) -> None:
        if "content-encoding" in headers or not _JSON.fullmatch(headers.get("content-type", "")):
            raise Refused(
                415,
                "not_json",
                "Bodies are JSON in UTF-8, not compressed. Send 'Content-Type: application/json'.",
            )
        if depth_of(body, self.settings.max_depth) > self.settings.max_depth:
            raise Refused(
                400, "too_deep", f"Brackets may stand {self.settings.max_depth} deep. Send flatter JSON."
            )
        if _NUL.search(body):
            raise Refused(400, "bad_input", "The text holds the character U+0000. Take it out.")

    def _too_large(self) -> Refused:
        return Refused(413, "too_large", f"A body may have {self.settings.max_body} bytes. Send less.")


def depth_of(body: bytes, enough: int) -> int:
    """How deep brackets stand in one another outside of strings; counting stops above ``enough``."""
    depth = deepest = 0
    for sign in _STRING.sub(b"", body).translate(None, _NO_BRACKETS):
        depth += 1 if sign in b"[{" else -1
        deepest = max(deepest, depth)
        if deepest > enough:
            break
    return deepest


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What gives the body once, and then what comes after it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay

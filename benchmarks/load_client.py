"""One connection of the load generator: HTTP by hand, so that the generator itself costs little."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

PATIENCE = 60.0
"""Seconds until an answer is given up."""
_LIMIT = 2**22  # bytes of one line or chunk
BROKEN = 0
"""Status of a request that got no answer."""


@dataclass
class Answer:
    """What came back: ``first`` is the seconds until the first ``token`` event, ``seconds`` until the end."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    first: float | None = None


@dataclass(frozen=True)
class Ask:
    """One request; ``path`` and ``body`` are sent as they are."""

    method: str
    path: str
    body: bytes = b""
    streams: bool = False
    headers: str = ""
    """More header lines, each ended by CR LF."""

    def head(self, host: str) -> bytes:
        """All that is sent before the body."""
        accept = "text/event-stream" if self.streams else "application/json"
        lines = f"{self.method} {self.path} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n{self.headers}"
        if self.body or self.method in ("POST", "PUT"):
            kind = "" if "content-type:" in self.headers.lower() else "Content-Type: application/json\r\n"
            lines += f"{kind}Content-Length: {len(self.body)}\r\n"
        return (lines + "\r\n").encode("utf-8", "surrogateescape")


class Connection:
    """A connection that is kept open, and opened again where the server closes it."""

    def __init__(self, host: str, port: int, *, headers: str = "") -> None:
        self.host, self.port, self.headers = host, port, headers
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, asked: Ask) -> Answer:
        """Send one request and read its answer; status ``BROKEN`` when the connection ends before it."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._asked(asked, begun)
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError) as error:
            await self.close()
            answer = Answer(BROKEN, body=repr(error).encode())
        answer.seconds = time.perf_counter() - begun
        return answer

    async def close(self) -> None:
        """End the connection."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _asked(self, asked: Ask, begun: float) -> Answer:
        if self._writer is None or self._writer.is_closing() or self._reader is None or self._reader.at_eof():
            await self.close()
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port, limit=_LIMIT)
        reader, writer = self._reader, self._writer
        head = asked.head(f"{self.host}:{self.port}")
        if self.headers:
            line, _, rest = head.partition(b"\r\n")
            head = line + b"\r\n" + self.headers.encode() + rest
        writer.write(head + asked.body)
        answer = await self._head(reader)
        if "chunked" in answer.headers.get("transfer-encoding", ""):
            await self._chunks(reader, answer, begun)
        elif length := int(answer.headers.get("content-length", "0")):
            answer.body = await reader.readexactly(length)
        if answer.headers.get("connection", "").lower() == "close":
            await self.close()
        return answer

    async def _head(self, reader: asyncio.StreamReader) -> Answer:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        return Answer(int(lines[0].split(" ")[1]), headers)

    async def _chunks(self, reader: asyncio.StreamReader, answer: Answer, begun: float) -> None:
        pieces = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            piece = (await reader.readexactly(size + 2))[:-2]
            if answer.first is None and b"event: token" in piece:
                answer.first = time.perf_counter() - begun
            pieces.append(piece)
        await reader.readexactly(2)
        answer.body = b"".join(pieces)

"""Replies as server-sent events of the OpenAI protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ccrs.serving.api.access_log import note_failure
from ccrs.serving.api.openai_errors import openai_event_of
from ccrs.serving.api.openai_replies import Ended, Part, Piece, Replies, usage_of
from ccrs.serving.api.openai_schemas import Chunk, ChunkChoice, Delta, Usage
from ccrs.serving.api.outer import ClientGone
from ccrs.serving.api.problems import Refused, status_of
from ccrs.serving.api.settings import ServerSettings
from ccrs.serving.api.streams import HEARTBEAT

DONE = b"data: [DONE]\n\n"
# Proxies that buffer would make one block of a stream of words.
_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no"}


@dataclass(frozen=True)
class Stamp:
    """What all events of an answer have in common."""

    id: str
    created: int
    model: str
    version: str

    def event(self, choices: list[ChunkChoice], *, with_usage: bool, usage: Usage | None = None) -> bytes:
        """A chunk as a server-sent event; ``usage`` stands in it, null or not, where it was asked for."""
        chunk = Chunk(
            id=self.id,
            created=self.created,
            model=self.model,
            system_fingerprint=self.version,
            choices=choices,
            usage=usage,
        )
        data = chunk.model_dump(mode="json", exclude=None if with_usage else {"usage"})
        for choice in data["choices"]:
            choice["delta"] = {name: value for name, value in choice["delta"].items() if value is not None}
            if choice["ccrs"] is None:
                del choice["ccrs"]
        return event_of(data)


def event_of(data: dict[str, Any]) -> bytes:
    """Data as a server-sent event."""
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


class EventStream(Response):
    """A stream of the protocol: roles, pieces, reasons, ends, counts of tokens, ``[DONE]``.

    ``first`` is there before the stream begins, so that what goes wrong before it gets a status of its own; what goes
    wrong later is told as an event with an error.
    """

    def __init__(
        self,
        stamp: Stamp,
        first: Part | None,
        replies: Replies,
        settings: ServerSettings,
        *,
        with_usage: bool,
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self.stamp, self.first, self.replies, self.settings = stamp, first, replies, settings
        self.with_usage = with_usage
        self._ended: list[Ended] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all events, then end; the connection's end stops the work."""
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            with suppress(ClientGone, OSError):
                async for data in self._frames():
                    await send({"type": "http.response.body", "body": data, "more_body": True})
                await send({"type": "http.response.body", "body": DONE, "more_body": False})
        finally:
            await self.replies.close()

    async def _frames(self) -> AsyncIterator[bytes]:
        for number in range(self.replies.num_choices):
            yield self._chunk(ChunkChoice(index=number, delta=Delta(role="assistant", content="")))
        try:
            async for part in self._parts():
                for data in [HEARTBEAT] if part is None else self._told(part):
                    yield data
        except ClientGone:
            raise
        except Exception as error:  # the answer has begun: it is told within it
            if status_of(error) == 500:
                note_failure(error)
            yield event_of(openai_event_of(error))
            return
        if self.with_usage:
            yield self.stamp.event([], with_usage=True, usage=usage_of(self._ended))

    async def _parts(self) -> AsyncIterator[Part | None]:
        """The parts, None where one is waited for long; raises ``Refused`` when it takes too long altogether."""
        clock = asyncio.get_running_loop().time
        end = clock() + self.settings.stream_seconds
        part = self.first
        while part is not None:
            yield part
            while True:
                left = end - clock()
                if left <= 0:
                    raise Refused(503, "timeout", "The reply took too long. Try again.")
                try:
                    part = await self.replies.next(min(left, self.settings.heartbeat_seconds))
                    break
                except TimeoutError:
                    yield None

    def _told(self, part: Part) -> list[bytes]:
        """The events of a part: its text, or the rest of it with the reasons and then the end."""
        if isinstance(part, Piece):
            return [self._chunk(ChunkChoice(index=part.number, delta=Delta(content=part.text)))]
        self._ended.append(part)
        last = ChunkChoice(index=part.number, delta=Delta(content=part.rest), ccrs=part.extension)
        end = ChunkChoice(index=part.number, delta=Delta(), finish_reason=part.finish_reason)
        return [self._chunk(last), self._chunk(end)]

    def _chunk(self, choice: ChunkChoice) -> bytes:
        return self.stamp.event([choice], with_usage=self.with_usage)

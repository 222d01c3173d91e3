"""Turns as they come: server-sent events with heartbeats, and work that ends when nobody listens any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ccrs.serving.api.access_log import note_failure
from ccrs.serving.api.outer import ClientGone
from ccrs.serving.api.problems import body_of, status_of
from ccrs.serving.api.settings import ServerSettings
from ccrs.serving.schemas import ErrorBody, StreamEvent, Turn

HEARTBEAT = b": still here\n\n"
_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no"}


class _End:
    """After the last event."""


class Flow:
    """The events of a turn, made by a task of its own, which is cancelled when whoever asked leaves.

    One task runs the whole of the service's generator, so that timeouts and locks within it hold.
    """

    def __init__(self, events: AsyncIterator[StreamEvent], receive: Receive) -> None:
        self._queue: asyncio.Queue[StreamEvent | BaseException | _End] = asyncio.Queue()
        self._making = asyncio.create_task(self._make(events))
        self._watching = asyncio.create_task(self._watch(receive))

    async def next(self, patience: float | None = None) -> StreamEvent | None:
        """The next event, None after the last one.

        Raises ``TimeoutError`` after ``patience`` seconds, ``ClientGone``, and what the service raises.
        """
        async with asyncio.timeout(patience):
            got = await self._queue.get()
        if isinstance(got, BaseException):
            raise got
        return None if isinstance(got, _End) else got

    async def close(self) -> None:
        """Stop the work where it is not done."""
        for task in (self._watching, self._making):
            task.cancel()
        await asyncio.gather(self._watching, self._making, return_exceptions=True)

    async def _make(self, events: AsyncIterator[StreamEvent]) -> None:
        try:
            async for event in events:
                self._queue.put_nowait(event)
            self._queue.put_nowait(_End())
        except Exception as error:  # raised again where the event is awaited
            self._queue.put_nowait(error)
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._making.cancel()
        self._queue.put_nowait(ClientGone())


async def whole_turn(events: AsyncIterator[StreamEvent], receive: Receive) -> Turn:
    """The finished turn; raises what the service raises, and ``ClientGone``."""
    flow = Flow(events, receive)
    try:
        turn: Turn | None = None
        while (event := await flow.next()) is not None:
            turn = event.turn or turn
        if turn is None:
            raise RuntimeError("the service ended a turn without 'done'")
        return turn
    finally:
        await flow.close()


class EventStream(Response):
    """A turn as server-sent events; made by ``event_stream``."""

    def __init__(self, first: StreamEvent | None, flow: Flow, settings: ServerSettings) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self.first, self.flow, self.settings = first, flow, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all events, then end; the connection's end stops the work."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            with suppress(ClientGone, OSError):
                async for data in self._frames():
                    await send({"type": "http.response.body", "body": data, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self.flow.close()

    async def _frames(self) -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop().time
        end = clock() + self.settings.stream_seconds
        event = self.first
        while event is not None:
            yield frame(event)
            while True:
                left = end - clock()
                if left <= 0:
                    late = ErrorBody(code="timeout", message="The reply took too long. Try again.")
                    yield frame(StreamEvent(event="error", error=late))
                    return
                try:
                    event = await self.flow.next(min(left, self.settings.heartbeat_seconds))
                    break
                except TimeoutError:
                    yield HEARTBEAT
                except ClientGone:
                    raise
                except Exception as error:  # the answer has begun: it is told within it
                    if status_of(error) == 500:
                        note_failure(error)
                    yield frame(StreamEvent(event="error", error=body_of(error)))
                    return


async def event_stream(
    events: AsyncIterator[StreamEvent], receive: Receive, settings: ServerSettings
) -> EventStream:
    """A stream whose first event is there, so that what goes wrong before it gets a status of its own."""
    flow = Flow(events, receive)
    try:
        return EventStream(await flow.next(), flow, settings)
    except BaseException:
        await flow.close()
        raise


def frame(event: StreamEvent) -> bytes:
    """One event on the wire; JSON has no line breaks."""
    told = {"event", *(name for name, value in event if value is not None)}
    return f"event: {event.event}\ndata: {event.model_dump_json(include=told)}\n\n".encode()

"""Replies of the service as pieces of text, several choices at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from starlette.types import Receive

from ccrs.serving.api.openai_schemas import Extension, Usage
from ccrs.serving.api.outer import ClientGone
from ccrs.serving.api.problems import Refused
from ccrs.serving.protocols import Spoken
from ccrs.serving.schemas import ErrorBody, StreamEvent
from ccrs.serving.stopping import StopCutter

_BROKEN = ErrorBody(code="internal", message="The reply broke off. Try again.")
_STATUS = {"bad_input": 400, "not_found": 404, "conflict": 409, "busy": 503, "store_unavailable": 503}

Counted = Callable[[AsyncIterator[StreamEvent]], AsyncIterator[StreamEvent]]


@dataclass(frozen=True)
class Piece:
    """Some text of a choice."""

    number: int
    text: str


@dataclass(frozen=True)
class Ended:
    """The end of a choice, with the text that was still kept back."""

    number: int
    rest: str
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int
    extension: Extension


Part = Piece | Ended


def usage_of(ended: Sequence[Ended]) -> Usage:
    """The tokens of all choices; the history is read once."""
    prompt = max((each.prompt_tokens for each in ended), default=0)
    completion = sum(each.completion_tokens for each in ended)
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)


async def parts_of(
    number: int, source: AsyncIterator[StreamEvent | Spoken], stops: Sequence[str], counted: Counted
) -> AsyncGenerator[Part, None]:
    """A choice as pieces without its stop strings, an ``Ended`` at last.

    Raises what the service raises, and ``Refused`` for an error that it tells of in an event.
    """
    told = _Told(source)
    cutter, has_text = StopCutter(stops), False
    events = counted(told.events())
    try:
        async for event in events:
            if event.event == "error":
                body = event.error or _BROKEN
                raise Refused(_STATUS.get(body.code, 500), body.code, body.message)
            if event.event != "token" or not event.token:
                continue
            has_text = True
            text = cutter.feed(event.token)
            if text:
                yield Piece(number, text)
    finally:
        await _close(events)
    spoken = told.spoken
    if spoken is None:
        raise Refused(500, _BROKEN.code, _BROKEN.message)
    turn = spoken.turn
    rest = ("" if has_text else cutter.feed(turn.reply)) + cutter.rest()
    extension = Extension(
        items=turn.items, explanation=turn.explanation, remarks=turn.remarks, turn=turn.id or None
    )
    reason = "stop" if cutter.stopped else spoken.finish_reason
    yield Ended(number, rest, reason, spoken.prompt_tokens, spoken.completion_tokens, extension)


class _Told:
    """The events of the service, with what it tells of the finished reply put aside."""

    def __init__(self, source: AsyncIterator[StreamEvent | Spoken]) -> None:
        self.source = source
        self.spoken: Spoken | None = None

    async def events(self) -> AsyncGenerator[StreamEvent, None]:
        """The events; closes the source."""
        try:
            async for event in self.source:
                if isinstance(event, Spoken):
                    self.spoken = event
                else:
                    yield event
        finally:
            await _close(self.source)


class Replies:
    """Choices that are made at the same time, each by a task of its own; all end when whoever asked leaves."""

    def __init__(self, sources: Sequence[AsyncGenerator[Part, None]], receive: Receive) -> None:
        self.num_choices = self._num_open = len(sources)
        self._queue: asyncio.Queue[Part | Exception] = asyncio.Queue()
        self._making = [asyncio.create_task(self._make(source)) for source in sources]
        self._watching = asyncio.create_task(self._watch(receive))

    async def next(self, patience: float | None = None) -> Part | None:
        """The next part of any choice, None after the last one.

        Raises ``TimeoutError`` after ``patience`` seconds, ``ClientGone``, and what the service raises.
        """
        if not self._num_open:
            return None
        async with asyncio.timeout(patience):
            got = await self._queue.get()
        if isinstance(got, Exception):
            raise got
        self._num_open -= isinstance(got, Ended)
        return got

    async def close(self) -> None:
        """Stop the work where it is not done."""
        tasks = [self._watching, *self._making]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _make(self, source: AsyncGenerator[Part, None]) -> None:
        try:
            async for part in source:
                self._queue.put_nowait(part)
        except Exception as error:  # raised again where the part is awaited
            self._queue.put_nowait(error)
        finally:
            await source.aclose()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        for task in self._making:
            task.cancel()
        self._queue.put_nowait(ClientGone())


async def _close(source: AsyncIterator[object]) -> None:
    """Let a source that is left early clean up now, not when it is collected."""
    if isinstance(source, AsyncGenerator):
        await source.aclose()

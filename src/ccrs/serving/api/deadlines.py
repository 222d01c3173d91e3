"""Every request ends: after some seconds, or some minutes for a stream."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ccrs.serving.api.answers import answer_at
from ccrs.serving.api.problems import Refused
from ccrs.serving.api.settings import ServerSettings


class Deadlines:
    """The middleware; work that is late is cancelled."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                if _is_stream(message):
                    # Streams end themselves, with an event that says so; this is for those that nobody reads.
                    late = self.settings.stream_seconds + self.settings.heartbeat_seconds
                    deadline.reschedule(asyncio.get_running_loop().time() + late)
            await send(message)

        try:
            async with asyncio.timeout(self.settings.request_seconds) as deadline:
                await self.app(scope, receive, noting)
        except TimeoutError:
            if not deadline.expired():
                raise
            if not started:
                message = "The answer took too long. Try again soon."
                late_answer = answer_at(scope["path"], Refused(503, "timeout", message, retry_after=2.0))
                await late_answer(scope, receive, send)


def _is_stream(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in message.get("headers", [])
    )

"""A service that says what a test tells it to, and notes what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import FastAPI

from ccrs.serving.api.app import create_app
from ccrs.serving.api.settings import ServerSettings
from ccrs.serving.protocols import Said, Sampling, Spoken
from ccrs.serving.schemas import Card, ErrorBody, Explanation, Share, StreamEvent, Turn
from tests.fixtures.fake_service import FakeStore

VERSION = "run-7"
KEY = "right"
HI: list[Any] = [{"role": "user", "content": "Hi"}]
ITEMS = [Card(id="m1", title="Heat", year=1995, reason="It shares Michael Mann.")]
EXPLANATION = Explanation(relations=[Share(name="director", weight=0.8, unadapted=0.3)])


@dataclass(frozen=True)
class Asked:
    """One call of ``answer_history``."""

    tenant: str
    user: str | None
    history: tuple[Said, ...]
    sampling: Sampling
    number: int


@dataclass
class RecordingService:
    """Replies with ``tokens``; ``fails_first`` and ``fails_later`` are raised before and after the first token."""

    tokens: Sequence[str] = ("You ", "could ", "watch ", "Heat.")
    finish_reason: Literal["stop", "length"] = "stop"
    fails_first: Exception | None = None
    fails_later: Exception | None = None
    error: ErrorBody | None = None
    delay: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    num_closed_early: int = 0

    def version(self) -> str:
        """The version that answers."""
        return str(self.readiness().get("model") or self.readiness().get("version") or "")

    def readiness(self) -> dict[str, Any]:
        """Ready."""
        return {"ready": True, "model": VERSION}

    async def answer_history(
        self,
        tenant: str,
        user: str | None,
        history: Sequence[Said],
        sampling: Sampling,
        *,
        number: int = 0,
    ) -> AsyncIterator[StreamEvent | Spoken]:
        """As told; the stop strings are left to the caller."""
        self.asked.append(Asked(tenant, user, tuple(history), sampling, number))
        if self.fails_first is not None:
            raise self.fails_first
        is_finished = False
        try:
            yield StreamEvent(event="heard", heard=[])
            yield StreamEvent(event="items", items=ITEMS)
            for place, token in enumerate(self.tokens):
                await asyncio.sleep(self.delay)
                yield StreamEvent(event="token", token=token)
                if place == 0 and self.fails_later is not None:
                    raise self.fails_later
            if self.error is not None:
                yield StreamEvent(event="error", error=self.error)
            is_finished = True
            turn = self._turn(history[-1].text, number)
            yield StreamEvent(event="done", turn=turn)
            yield Spoken(turn, self.finish_reason, 11, len(self.tokens))
        finally:
            self.num_closed_early += not is_finished

    def _turn(self, said: str, number: int) -> Turn:
        return Turn(
            id=f"t{number}",
            number=0,
            created=0.0,
            said=said,
            reply="".join(self.tokens),
            items=ITEMS,
            explanation=EXPLANATION,
            remarks=["a remark"],
            model=VERSION,
        )


def app_of(service: Any, **settings: Any) -> FastAPI:
    """The server's app, which knows one key, of the tenant ``shop``."""
    keys = FakeStore()
    keys.add(KEY, "shop")
    return create_app(service, keys, ServerSettings(require_keys=True, **settings))

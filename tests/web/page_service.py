"""The fake service with what the page's tests steer: demo people, explanations, a gate for the reply's pieces."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

from ccrs.serving import schemas
from tests.fixtures.fake_service import FakeService

DEMO = {
    "users": [
        {"name": "anna", "about": "follows the director (favourites: Michael Mann)"},
        {"name": "bert", "about": "follows the actors (favourites: Tom Hanks)"},
        {"name": "carla", "about": "follows nothing special"},
    ],
    "words": "I loved Heat and Catch Me If You Can. What next?",
}


class PageService(FakeService):
    """``gate``: when closed, a stream waits after each piece for ``let_through``. ``demo``: told by readiness.

    ``changes`` are put into every card, ``told`` into every explanation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.demo = True
        self.changes: dict[str, Any] = {}
        self.told: dict[str, Any] = {}
        self.reply: str | None = None
        self.turns_asked: list[tuple[str, str]] = []  # dialogue, idempotency key
        self._passes: threading.Semaphore | None = None

    def reset(self) -> None:
        """As new: nobody said anything, nothing is steered."""
        self.__init__()  # type: ignore[misc]

    def close_gate(self) -> None:
        """From now on no piece goes out by itself."""
        self._passes = threading.Semaphore(0)

    def let_through(self, pieces: int) -> None:
        """So many pieces may go out."""
        assert self._passes is not None
        for _ in range(pieces):
            self._passes.release()

    async def turn(
        self,
        tenant: str,
        dialogue: str,
        request: schemas.TurnRequest,
        *,
        once: tuple[str, str] | None = None,
    ) -> AsyncIterator[schemas.StreamEvent]:
        """As the fake service; pieces wait at the gate."""
        self.turns_asked.append((dialogue, once[0] if once else ""))
        async for event in super().turn(tenant, dialogue, request, once=once):
            passes = self._passes
            while event.event == "token" and passes is not None and not passes.acquire(blocking=False):
                await asyncio.sleep(0.01)
            yield event

    def readiness(self) -> dict[str, Any]:
        """With the demo's people."""
        return super().readiness() | ({"demo": DEMO} if self.demo else {})

    def _answer(self, *args: Any) -> schemas.Turn:
        turn = super()._answer(*args)
        update: dict[str, Any] = {
            "items": [card.model_copy(update=self.changes) for card in turn.items],
            "explanation": turn.explanation.model_copy(update=self.told),
        }
        if self.reply is not None:
            update["reply"] = self.reply
        return turn.model_copy(update=update)

"""What runs beside the app."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from functools import partial

from ccrs.core.errors import CheckpointError
from ccrs.serving.api.app import create_app
from ccrs.serving.api.companions import DAY, closed_at_end, reload_on_hangup, retention
from ccrs.serving.api.settings import ServerSettings
from ccrs.serving.errors import StoreError
from tests.fixtures.fake_service import FakeService, FakeStore


class Kept:
    """A store that notes what it is told to delete, and is broken the first time."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.closed = 0

    def expire(self, before: float) -> int:
        """Noted."""
        self.asked.append(before)
        if len(self.asked) == 1:
            raise StoreError("gone for a while")
        return 0

    def close(self) -> None:
        """Noted."""
        self.closed += 1


def test_old_dialogues_are_deleted_again_and_again() -> None:
    kept = Kept()

    async def work() -> None:
        async with retention(kept, days=30, every=0.01):
            while len(kept.asked) < 3:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(work(), 5))
    assert abs(kept.asked[0] - (time.time() - 30 * DAY)) < 10


def test_companions_live_as_long_as_the_app() -> None:
    kept = Kept()
    app = create_app(FakeService(), FakeStore(), ServerSettings(), companions=[partial(closed_at_end, kept)])

    async def work() -> None:
        async with app.router.lifespan_context(app):
            assert kept.closed == 0

    asyncio.run(work())
    assert kept.closed == 1


def test_a_hangup_loads_the_run_anew_and_a_broken_run_changes_nothing() -> None:
    service, told = FakeService(), list[str]()

    async def broken() -> str:
        raise CheckpointError("altered")

    async def work() -> None:
        async with reload_on_hangup(service, told.append):
            os.kill(os.getpid(), signal.SIGHUP)
            while not told:
                await asyncio.sleep(0.01)
            service.reload = broken  # type: ignore[method-assign]
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0.05)

    before = signal.getsignal(signal.SIGHUP)
    asyncio.run(asyncio.wait_for(work(), 5))
    signal.signal(signal.SIGHUP, before)
    assert told == ["The run was loaded anew: fake-2."]
    assert service.reloads == 1

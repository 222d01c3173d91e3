"""What runs beside the app as long as it does: retention, items of others, reloading on SIGHUP, the end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from anyio.to_thread import run_sync
from prometheus_client.multiprocess import mark_process_dead

from ccrs.core.errors import CcrsError
from ccrs.serving.api.access_log import FAILURES, note_failure
from ccrs.serving.protocols import ChatService

DAY = 86_400.0
_EVERY = 3600.0  # seconds between two looks for what is too old
_REFRESH_EVERY = 2.0  # seconds between two looks for items that another process put in


class Expiring(Protocol):
    """The part of a store that deletes what is old."""

    def expire(self, before: float) -> int:
        """Delete dialogues whose last turn is older; how many."""
        ...


class Refreshing(Protocol):
    """The part of a catalogue that takes over what other processes changed."""

    def refresh(self) -> bool:
        """Take it over; whether there was anything."""
        ...


class Closable(Protocol):
    """A service or a store, at its end."""

    def close(self) -> None:
        """End."""
        ...


@asynccontextmanager
async def closed_at_end(open_thing: Closable) -> AsyncIterator[None]:
    """Close it when the app ends."""
    try:
        yield
    finally:
        await run_sync(open_thing.close)


@asynccontextmanager
async def retention(store: Expiring, days: float, every: float = _EVERY) -> AsyncIterator[None]:
    """Delete dialogues older than so many days, now and again and again."""

    async def look() -> None:
        while True:
            try:
                await run_sync(store.expire, time.time() - days * DAY)
            except CcrsError as error:  # the store is gone for a while: the next look does the work
                note_failure(error)
            await asyncio.sleep(every)

    task = asyncio.create_task(look())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def refreshed(catalogue: Refreshing, every: float = _REFRESH_EVERY) -> AsyncIterator[None]:
    """Take over items that other processes on the same store put in, again and again.

    A store that is away is asked again; its absence is noted once, not at every look.
    """

    async def look() -> None:
        away = False
        while True:
            await asyncio.sleep(every)
            try:
                await run_sync(catalogue.refresh)
                away = False
            except Exception as error:  # whatever it is: a process that stops looking goes on with old items
                if not away:
                    note_failure(error)
                away = True

    task = asyncio.create_task(look())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def reload_on_hangup(service: ChatService, tell: Callable[[str], None]) -> AsyncIterator[None]:
    """Load the run anew on SIGHUP; a terminal that was closed ends the server instead."""
    if threading.current_thread() is not threading.main_thread():  # signals come to the main thread only
        yield
        return
    loop = asyncio.get_running_loop()
    had_terminal, tasks = has_terminal(), set[asyncio.Task[None]]()

    async def reload() -> None:
        try:
            tell(f"The run was loaded anew: {await service.reload()}.")
        except CcrsError as error:
            FAILURES.error("the run could not be loaded anew, the one before goes on: %s", error)

    def hung_up() -> None:
        if had_terminal and not has_terminal():
            signal.raise_signal(signal.SIGTERM)
            return
        task = asyncio.ensure_future(reload())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, hung_up)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


@asynccontextmanager
async def counted_while_alive(folder: str) -> AsyncIterator[None]:
    """Take this worker's gauges out of the sum of all when it ends."""
    try:
        yield
    finally:
        mark_process_dead(os.getpid(), folder)  # type: ignore[no-untyped-call]


def has_terminal() -> bool:
    """Whether a person sits at a terminal that this process hangs on."""
    try:
        os.tcgetpgrp(sys.stdin.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return True

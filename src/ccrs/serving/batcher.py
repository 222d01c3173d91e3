"""Requests that come together are worked out together, and no more is taken on than can be done."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ccrs.serving.errors import Busy

Given = TypeVar("Given")
Result = TypeVar("Result")


@dataclass(frozen=True)
class BatcherSettings:
    """At most ``max_batch`` together; at most ``max_waiting`` may wait, none longer than ``max_wait`` seconds.

    Nobody joins a line that takes longer than ``max_line`` seconds at the pace of late: better to be told at once.
    ``delay`` is how long (seconds) a batch waits for requests that are announced and not yet there.
    """

    max_batch: int = 32
    max_waiting: int = 96
    max_wait: float = 20.0
    max_line: float = 1.5
    delay: float = 0.004


@dataclass
class _Job(Generic[Given, Result]):
    given: Given
    future: Future[Result] = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)


class Batcher(Generic[Given, Result]):
    """A thread that works on what is waiting, as one batch.

    ``work`` maps a batch to its results, in order; what it raises reaches everybody of the batch. Who waits alone is
    never delayed: a batch waits only for others that were announced with ``coming``.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[Given]], Sequence[Result]],
        settings: BatcherSettings | None = None,
    ) -> None:
        self.settings = settings or BatcherSettings()
        self.num_batches = self.num_done = self.num_refused = 0
        self._work = work
        self._waiting: deque[_Job[Given, Result]] = deque()
        self._ready = threading.Condition()
        self._announced = 0
        self._closed = False
        self._seconds_each = 0.0  # of late, by job
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Announce a request whose data is still being read; end with ``enqueue``, and wait for the result outside."""
        with self._ready:
            self._announced += 1
        try:
            yield
        finally:
            with self._ready:
                self._announced -= 1
                self._ready.notify()

    async def submit(self, given: Given) -> Result:
        """The result for ``given``; raises ``Busy`` when too many wait, or when the wait was too long."""
        return await asyncio.wrap_future(self.enqueue(given))

    def enqueue(self, given: Given) -> Future[Result]:
        """The same from a thread; to cancel the future takes a request back that was not begun."""
        with self._ready:
            if self._closed:
                raise Busy("The server is stopping. Try again in a moment.", retry_after=2.0)
            line = self._seconds_each * len(self._waiting)
            if len(self._waiting) >= self.settings.max_waiting or line > self.settings.max_line:
                self.num_refused += 1
                raise Busy("Too many people are talking at once. Try again in a moment.", self.retry_after)
            job: _Job[Given, Result] = _Job(given)
            self._waiting.append(job)
            self._ready.notify()
        return job.future

    @property
    def retry_after(self) -> float:
        """Seconds until half of those waiting are served, at the pace of late."""
        return max(1.0, round(self._seconds_each * len(self._waiting) / 2, 1))

    @property
    def num_waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def close(self) -> None:
        """Finish what waits, then end the thread."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while True:
            jobs = self._next()
            if jobs is None:
                return
            begun = time.monotonic()
            self._serve(jobs)
            each = (time.monotonic() - begun) / max(len(jobs), 1)
            self._seconds_each = each if not self._seconds_each else 0.7 * self._seconds_each + 0.3 * each

    def _next(self) -> list[_Job[Given, Result]] | None:
        """The next batch, late and cancelled jobs sorted out; None at the end."""
        with self._ready:
            self._ready.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            until = time.monotonic() + self.settings.delay
            while self._hoped_for():
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._ready.wait(left)
            count = min(len(self._waiting), self.settings.max_batch)
            return [self._waiting.popleft() for _ in range(count)]

    def _hoped_for(self) -> bool:
        """Whether others are on their way and there is room for them."""
        return not self._closed and self._announced > 0 and len(self._waiting) < self.settings.max_batch

    def _serve(self, jobs: Sequence[_Job[Given, Result]]) -> None:
        late = time.monotonic() - self.settings.max_wait
        taken: list[_Job[Given, Result]] = []
        for job in jobs:
            if not job.future.set_running_or_notify_cancel():
                continue
            if job.since < late:
                self.num_refused += 1
                job.future.set_exception(Busy("The server did not get to it in time. Try again.", 2.0))
            else:
                taken.append(job)
        if not taken:
            return
        try:
            results = self._work([job.given for job in taken])
            for job, result in zip(taken, results, strict=True):
                job.future.set_result(result)
        except BaseException as error:
            for job in taken:
                if not job.future.done():
                    job.future.set_exception(error)
        self.num_batches += 1
        self.num_done += len(taken)

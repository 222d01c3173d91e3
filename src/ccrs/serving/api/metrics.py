"""Counts for Prometheus. Labels are routes, methods and statuses: nothing that a person chose."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol, runtime_checkable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from ccrs.serving.schemas import StreamEvent

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


@runtime_checkable
class Measured(Protocol):
    """A service that counts for itself (cache hits, for example)."""

    def metrics(self) -> dict[str, float]:
        """Names to values."""
        ...


class Metrics:
    """The counts of one app; with ``folder`` those of all workers are put together when read."""

    def __init__(self, folder: str | None = None) -> None:
        self.registry = CollectorRegistry()
        self.folder = folder
        r = self.registry
        self.requests = Counter(
            "ccrs_requests", "Requests answered.", ["method", "route", "status"], registry=r
        )
        self.seconds = Histogram(
            "ccrs_request_seconds",
            "From request to the end of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=r,
        )
        self.first_token = Histogram(
            "ccrs_first_token_seconds",
            "From a turn's begin to its first token.",
            buckets=_SECONDS,
            registry=r,
        )
        self.in_flight = Gauge("ccrs_in_flight", "Requests at work.", registry=r, multiprocess_mode="livesum")
        self.turns = Counter("ccrs_turns", "Turns answered and stored.", registry=r)
        self.tokens = Counter("ccrs_reply_tokens", "Pieces of replies sent.", registry=r)
        self.refusals = Counter("ccrs_refusals", "Requests turned down, by reason.", ["reason"], registry=r)
        self.service = Gauge(
            "ccrs_service", "What the service counts.", ["name"], registry=r, multiprocess_mode="livesum"
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request is over."""
        method = method if method in METHODS else "other"
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def refused(self, reason: str) -> None:
        """One request was turned down; ``reason`` is an error's code."""
        self.refusals.labels(reason).inc()

    async def counted(self, events: AsyncIterator[StreamEvent]) -> AsyncIterator[StreamEvent]:
        """The events of a turn as they are, counted."""
        begun, first = time.perf_counter(), True
        try:
            async for event in events:
                if event.event == "token":
                    if first:
                        self.first_token.observe(time.perf_counter() - begun)
                    first = False
                    self.tokens.inc()
                elif event.event == "done":
                    self.turns.inc()
                yield event
        finally:
            if isinstance(events, AsyncGenerator):  # it ends with this one, not when it is collected
                await events.aclose()

    def text(self, service: object) -> bytes:
        """The page that Prometheus reads."""
        if isinstance(service, Measured):
            for name, value in service.metrics().items():
                self.service.labels(name).set(value)
        if self.folder is None:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, path=self.folder)  # type: ignore[no-untyped-call]
        return generate_latest(together)

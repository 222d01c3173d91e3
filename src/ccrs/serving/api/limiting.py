"""Rates by key and address, and how many requests are at work at once; in the memory of one process."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from ccrs.serving.api.problems import Refused
from ccrs.serving.api.settings import ServerSettings

MAX_KNOWN = 50_000
_OTHERS = "others"


class Rates:
    """Requests in a window of time; raises ``Refused`` (429) when there are more.

    At most ``MAX_KNOWN`` callers are counted apart; those above share one count, so that memory is bounded.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._storage = MemoryStorage()
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._key = _rate(settings.rate_per_key)
        self._address = _rate(settings.rate_per_address)
        self._wrong = _rate(settings.wrong_keys_per_address)

    def of_key(self, key: str) -> None:
        """One request with a key (by its id)."""
        self._hit(self._key, "key", key, "this key")

    def of_address(self, address: str) -> None:
        """One request from an address."""
        self._hit(self._address, "address", address, "this address")

    def wrong_key(self, address: str) -> None:
        """One key that is not known."""
        if self._wrong is not None:
            self._limiter.hit(self._wrong, "wrong", self._counted(address))

    def check_wrong_keys(self, address: str) -> None:
        """Raises when an address has tried too many keys."""
        if self._wrong is not None and not self._limiter.test(self._wrong, "wrong", self._counted(address)):
            raise self._refusal(
                self._wrong, "wrong", self._counted(address), "unknown keys from this address"
            )

    def _hit(self, rate: RateLimitItem | None, kind: str, who: str, told: str) -> None:
        if rate is None:
            return
        who = self._counted(who)
        if not self._limiter.hit(rate, kind, who):
            raise self._refusal(rate, kind, who, f"requests of {told}")

    def _refusal(self, rate: RateLimitItem, kind: str, who: str, told: str) -> Refused:
        wait = self._limiter.get_window_stats(rate, kind, who).reset_time - time.time()
        message = f"Too many {told}: {rate} are allowed. Wait as long as Retry-After says."
        return Refused(429, "rate_limited", message, retry_after=max(wait, 1.0))

    def _counted(self, who: str) -> str:
        return who if len(self._storage.storage) < MAX_KNOWN else _OTHERS


class Slots:
    """Work at once; raises ``Refused`` where there is too much."""

    def __init__(self, settings: ServerSettings) -> None:
        self._most, self._most_turns = settings.max_in_flight, settings.max_turns_per_caller
        self._in_flight = 0
        self._turns: Counter[str] = Counter()

    @contextmanager
    def request(self) -> Iterator[None]:
        """A place for a request: 503 when all are taken."""
        if self._in_flight >= self._most:
            message = f"The server is busy: {self._most} requests are at work. Try again soon."
            raise Refused(503, "busy", message, retry_after=1.0)
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    @contextmanager
    def turn(self, caller: str) -> Iterator[None]:
        """A place for a turn of a caller: 429 when his are taken."""
        if self._turns[caller] >= self._most_turns:
            message = f"You have {self._most_turns} turns at work. Wait for one to end."
            raise Refused(429, "too_many_turns", message, retry_after=1.0)
        self._turns[caller] += 1
        try:
            yield
        finally:
            self._turns[caller] -= 1
            if not self._turns[caller]:
                del self._turns[caller]


def network_of(address: str) -> str:
    """Who counts as one: an IPv4 address, or the /64 network of an IPv6 one, of which anybody has plenty."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _rate(text: str) -> RateLimitItem | None:
    return parse(text) if text else None

"""Adaptations of the people who were here last, within a budget of bytes; whoever returns later is adapted anew."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from ccrs.inference.user_state import UserState
from ccrs.meta.reply_adaptation import Inner

Key = tuple[str, str, str]
"""Tenant, user, and the dialogue under way, which is not adapted to ("" outside of one)."""
_OVERHEAD = 2048  # bytes of Python objects around an entry, roughly


@dataclass(frozen=True)
class Adaptation:
    """What adapting to somebody's earlier dialogues gave; ``signature`` tells which dialogues, under which run.

    ``has_inner`` is False where only the recommender was adapted so far: ``inner`` may be None afterwards, too.
    """

    signature: str
    state: UserState | None
    inner: Inner | None = None
    has_inner: bool = False

    @property
    def num_bytes(self) -> int:
        """What is kept in memory for it."""
        inner = self.inner or {}
        return (
            _OVERHEAD
            + (0 if self.state is None else self.state.num_bytes)
            + sum(value.numel() * value.element_size() for value in inner.values())
        )


class AdaptationCache:
    """Least recently used go first when ``byte_budget`` is passed. May be used from any thread."""

    def __init__(self, byte_budget: int) -> None:
        self.byte_budget = byte_budget
        self.num_bytes = 0
        self.hits = self.misses = 0
        self._entries: OrderedDict[Key, Adaptation] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key, signature: str, *, counted: bool = True) -> Adaptation | None:
        """The adaptation of somebody, if it is of just these dialogues; ``counted`` as a hit or a miss."""
        with self._lock:
            found = self._entries.get(key)
            if found is None or found.signature != signature:
                self.misses += counted
                return None
            self.hits += counted
            self._entries.move_to_end(key)
            return found

    def put(self, key: Key, adaptation: Adaptation) -> None:
        """Keep an adaptation in the place of an older one of the same person; one above the budget is not kept."""
        with self._lock:
            self._drop(key)
            if adaptation.num_bytes > self.byte_budget:
                return
            self._entries[key] = adaptation
            self.num_bytes += adaptation.num_bytes
            while self.num_bytes > self.byte_budget:
                self._drop(next(iter(self._entries)))

    def forget(self, tenant: str, user: str) -> None:
        """Drop somebody, who was deleted."""
        with self._lock:
            for key in [key for key in self._entries if key[:2] == (tenant, user)]:
                self._drop(key)

    def clear(self) -> None:
        """Drop everybody: another run answers from now on."""
        with self._lock:
            self._entries.clear()
            self.num_bytes = 0

    def _drop(self, key: Key) -> None:
        found = self._entries.pop(key, None)
        if found is not None:
            self.num_bytes -= found.num_bytes

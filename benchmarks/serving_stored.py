"""A server over very many stored people: its start, its memory while strangers come by, bytes on disk (m)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Row
from benchmarks.serving_bulk import copy_users, make_tables, stored
from benchmarks.serving_people import opened, seed_talking
from benchmarks.serving_server import Server, Start, serving
from benchmarks.serving_setting import Serving, one
from benchmarks.timing import Spread
from ccrs.serving.engine import EngineSettings
from tests.fixtures import postgres

TEMPLATES = 60
"""People who really talked, of whom all others are copies."""
CACHE_BYTES = 2**20
"""A budget that 2,000 people overflow, so that the cache is seen at its limit."""
MOST = 7 * 2**30
"""Bytes on disk of a store."""
FEW = 1_000
"""Copies by which the size of one is found."""


def stored_people(setting: Serving) -> list[Row]:
    """The same over a file of SQLite and over PostgreSQL."""
    rows = _measured(setting, "SQLite", setting.new_store("stored"), setting.sizes.sqlite_users)
    with _postgres() as url:
        if url is None:
            row = Row("m", "PostgreSQL", one(float("nan")), note=postgres.MISSING)
            return [*rows, row]
        return rows + _measured(setting, "PostgreSQL", url, setting.sizes.postgres_users)


def _measured(setting: Serving, kind: str, store: str, wanted: int) -> list[Row]:
    """Fill a store, serve it, and let people come by."""
    setting.announce(f"{wanted:,} people in {kind}", TEMPLATES + 3)
    make_tables(store)
    with opened(setting, store) as service:
        seed_talking(setting, service, "template-", TEMPLATES, advance=setting.bench.advance)
    count = min(wanted, _room(setting, store))
    copy_users(store, "template-%", "person-", count)
    held = stored(store)
    setting.bench.advance()
    rows = _flow(setting, kind, store, count, None)
    setting.bench.advance()
    rows += _flow(setting, f"{kind}, cache of 1 MiB", store, count, CACHE_BYTES)
    setting.bench.advance()
    short = "" if count == wanted else f"; {wanted:,} were wanted, the disk has no room for them"
    size = Row("m", f"{kind}: bytes on disk of a person", one(held.bytes), "B", note=held.note + short)
    return [size, *rows]


def _room(setting: Serving, store: str) -> int:
    """How many people fit on the disk, or in ``MOST`` bytes where that is less; copying needs some, too."""
    before = stored(store).total
    copy_users(store, "template-%", "few-", FEW)
    each = (stored(store).total - before) / FEW
    most = min(MOST, shutil.disk_usage(setting.scratch).free // 3)
    return max(FEW, int(most / each))


def _flow(setting: Serving, kind: str, store: str, count: int, cache_bytes: int | None) -> list[Row]:
    """Have ``visitors`` different people ask a server once; with ``cache_bytes`` only its memory is told."""
    start = replace(setting.start(store), cache_bytes=cache_bytes)
    visitors = np.random.default_rng(0).permutation(count)[: setting.sizes.visitors].tolist()
    starts = [] if cache_bytes is not None else [_first_answer(start, visitors[0]) for _ in range(2)]
    with serving(start) as server:
        first = _asked(server, visitors[:1])[0]
        starts.append(server.ready + first)
        memory = [server.resident()]
        seconds: list[float] = []
        for part in np.array_split(np.asarray(visitors[1:]), 8):
            seconds += _asked(server, part.tolist())
            memory.append(server.resident())
        cache = server.counts()
    held = _memory(kind, memory, cache, is_full=cache_bytes is not None)
    return [held] if cache_bytes is not None else [*_times(kind, starts, seconds), held]


def _first_answer(start: Start, visitor: int) -> float:
    """Seconds from the start of a server to the first recommendation."""
    with serving(start) as server:
        return server.ready + _asked(server, [visitor])[0]


def _times(kind: str, starts: list[float], seconds: list[float]) -> list[Row]:
    told = ", ".join(f"{start:.1f}" for start in starts)
    people = f"{len(seconds)} people, none in the cache"
    milliseconds = Spread.of(seconds).scaled(1e3)
    high = one(1e3 * float(np.percentile(seconds, 99)))
    best = one(min(starts))
    return [
        Row("m", f"{kind}: from the start to the first recommendation", best, "s", 5, note=f"starts: {told}"),
        Row("m", f"{kind}: another person each time, p50", milliseconds, "ms", note=people),
        Row("m", f"{kind}: another person each time, p99", high, "ms"),
    ]


def _memory(kind: str, memory: list[float], cache: Mapping[str, float], *, is_full: bool) -> Row:
    """Memory at the end over that in the middle: a cache that is full does not grow, one with room does."""
    course = ", ".join(f"{size:.0f}" for size in memory)
    note = (
        f"MiB: {course}; in the cache {cache['cache_entries']:.0f} people, {cache['cache_bytes'] / 2**20:.1f} MiB "
        f"(the product's own budget: {EngineSettings().cache_bytes / 2**20:.0f})"
    )
    name = f"{kind}: memory after all / after half of them"
    return Row(
        "m", name, one(memory[-1] / memory[len(memory) // 2]), "x", 1.05 if is_full else None, note=note
    )


def _asked(server: Server, numbers: list[int]) -> list[float]:
    requests = [("POST", "/v1/recommendations", {"user": f"person-{n}", "k": 10}) for n in numbers]
    answers: list[dict[str, Any]] = server.load("asks", requests=requests)["answers"]
    failed = [answer for answer in answers if answer["status"] != 200]
    if failed:
        raise RuntimeError(f"a recommendation failed: {failed[0]}")
    return [answer["seconds"] for answer in answers]


@contextmanager
def _postgres() -> Iterator[str | None]:
    """A private server, with more memory than the tests give theirs; None where it is not installed."""
    binaries: Path | None = postgres._binaries()
    if binaries is None:
        yield None
        return
    with postgres._running(binaries) as server:
        yield server.new_database()

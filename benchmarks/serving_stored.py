"""A server over very many stored people: its start, its memory while strangers come by, bytes on disk (m)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Row
from benchmarks.serving_bulk import Stored, copy_users, make_tables, stored
from benchmarks.serving_people import opened, seed_talking
from benchmarks.serving_server import Server, serving
from benchmarks.serving_setting import Serving, one
from benchmarks.timing import Spread
from tests.fixtures import postgres

TEMPLATES = 60
"""People who really talked, of whom all others are copies."""
CACHE_BYTES = 2**20
"""A budget that 2,000 people overflow, so that the cache is seen at its limit."""
FREE = 6 * 2**30


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
    copy_users(store, "template-%", "few-", 1_000)
    count = min(wanted, _room(setting, stored(store)))
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


def _room(setting: Serving, few: Stored) -> int:
    """How many people fit on the disk, or in ``FREE`` bytes where that is less; what makes them needs some, too."""
    free = min(FREE, shutil.disk_usage(setting.scratch).free // 3)
    return max(1_000, int(free / few.bytes))


def _flow(setting: Serving, kind: str, store: str, count: int, cache_bytes: int | None) -> list[Row]:
    """Start a server, and have as many different people as ``visitors`` ask it once."""
    start = setting.start(store)
    if cache_bytes is not None:
        start = type(start)(start.run, start.store, start.threads, cache_bytes=cache_bytes)
    visitors = np.random.default_rng(0).permutation(count)[: setting.sizes.visitors].tolist()
    with serving(start) as server:
        first = _asked(server, visitors[:1])[0]
        ready = server.ready + first
        at_start = server.resident()
        seconds, memory = [first], []
        for part in np.array_split(np.asarray(visitors[1:]), 8):
            seconds += _asked(server, part.tolist())
            memory.append(server.resident())
        cache = _cache(server)
    if cache_bytes is None:
        rows = [
            Row(
                "m",
                f"{kind}: from the start to the first recommendation",
                one(ready),
                "s",
                5,
                note=f"/readyz after {server.ready:.1f} s",
            ),
            Row(
                "m",
                f"{kind}: another person each time, p50",
                Spread.of(seconds[1:]).scaled(1e3),
                "ms",
                note=f"{len(seconds)} people, none in the cache",
            ),
            Row(
                "m",
                f"{kind}: another person each time, p99",
                one(1e3 * float(np.percentile(seconds[1:], 99))),
                "ms",
            ),
        ]
    else:
        rows = []
    course = ", ".join(f"{size:.0f}" for size in (at_start, *memory))
    half = len(memory) // 2
    note = f"MiB: {course}; {cache}"
    return [
        *rows,
        Row(
            "m",
            f"{kind}: memory after all / after half of them",
            one(memory[-1] / memory[half - 1]),
            "x",
            1.05,
            note=note,
        ),
    ]


def _asked(server: Server, numbers: list[int]) -> list[float]:
    requests = [("POST", "/v1/recommendations", {"user": f"person-{n}", "k": 10}) for n in numbers]
    answers: list[dict[str, Any]] = server.load("asks", requests=requests)["answers"]
    failed = [answer for answer in answers if answer["status"] != 200]
    if failed:
        raise RuntimeError(f"a recommendation failed: {failed[0]}")
    return [answer["seconds"] for answer in answers]


def _cache(server: Server) -> str:
    """What the server says of its cache."""
    counts = server.counts()
    return (
        f"cache: {counts['cache_entries']:.0f} people, {counts['cache_bytes'] / 2**20:.1f} MiB, "
        f"{counts['cache_misses']:.0f} misses"
    )


@contextmanager
def _postgres() -> Iterator[str | None]:
    """A private server, with more memory than the tests give theirs; None where it is not installed."""
    binaries: Path | None = postgres._binaries()
    if binaries is None:
        yield None
        return
    with postgres._running(binaries) as server:
        yield server.new_database()

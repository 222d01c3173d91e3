"""Recommendations by a server: to people it has at hand and to people it adapts to first, with and without HTTP (i)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.report import Row
from benchmarks.serving_bulk import copy_users
from benchmarks.serving_people import opened, seed_known
from benchmarks.serving_server import Server, serving
from benchmarks.serving_setting import Latency, Serving
from benchmarks.serving_stages import stages
from ccrs.serving.schemas import RecommendationRequest
from ccrs.serving.service import Service
from ccrs.serving.store.records import LOCAL

_K = 10


def recommending(setting: Serving) -> list[Row]:
    """Recommendations over HTTP and within the process, to known people and to cold ones."""
    sizes = setting.sizes
    store = setting.new_store("recommending")
    setting.announce("people with 20 dialogues", sizes.known)
    with opened(setting, store) as service:
        known = seed_known(setting, service, "known-", sizes.known)
    copy_users(store, "known-%", "cold-", sizes.cold * (2 * sizes.passes))
    rows = _over_http(setting, store, known)
    with opened(setting, store) as service:
        return [*rows, *_within(setting, service, known), *stages(setting, service, known)]


def _over_http(setting: Serving, store: str, known: Sequence[str]) -> list[Row]:
    sizes = setting.sizes
    texts = [line for number in range(50) for line in setting.lines(number, 2)]
    warm, worded, cold, cpu = [], [], [], []
    setting.announce("recommendations over HTTP", sizes.passes)
    with serving(setting.start(store)) as server:
        for number in range(sizes.passes):
            _asked(server, [(name, "") for name in known] * 2)  # those who came in between took their places
            people = [known[n % len(known)] for n in range(sizes.requests)]
            report = _asked(server, [(name, "") for name in people])
            warm.append(_seconds(report))
            cpu.append((report["server_cpu"], report["cpu"], len(people)))
            said = [(name, texts[n % len(texts)]) for n, name in enumerate(people)]
            worded.append(_seconds(_asked(server, said)))
            fresh = range(number * sizes.cold, (number + 1) * sizes.cold)
            cold.append(_seconds(_asked(server, [(f"cold-{n}", "") for n in fresh])))
            setting.bench.advance()
    found = Latency.of(warm, 99)
    best = min(cpu, key=lambda pair: pair[0])
    used = f"CPU a request: server {1e3 * best[0] / best[2]:.1f} ms, load generator {1e3 * best[1] / best[2]:.2f} ms"
    spoken, fresh_ones = Latency.of(worded, 99), Latency.of(cold, 99)
    return [
        Row("i", "known person, p50", found.spread, "ms", 5, note=f"{found.note}; {used}"),
        Row("i", "known person, p99", found.tail, "ms", 25),
        Row("i", "known person who says something, p50", spoken.spread, "ms", note=spoken.note),
        Row("i", "known person who says something, p99", spoken.tail, "ms"),
        Row("i", "cold person with 20 dialogues, p50", fresh_ones.spread, "ms", 15, note=fresh_ones.note),
        Row("i", "cold person with 20 dialogues, p99", fresh_ones.tail, "ms"),
    ]


def _asked(server: Server, people: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """One connection asks for a recommendation for each (name, text), one after another."""
    requests = [
        ("POST", "/v1/recommendations", {"user": name, "text": text, "k": _K}) for name, text in people
    ]
    report = server.load("asks", requests=requests)
    failed = [answer for answer in report["answers"] if answer["status"] != 200]
    if failed:
        raise RuntimeError(f"a recommendation failed: {failed[0]}")
    return report


def _seconds(report: dict[str, Any]) -> list[float]:
    return [answer["seconds"] for answer in report["answers"]]


def _within(setting: Serving, service: Service, known: Sequence[str]) -> list[Row]:
    """The same calls of the service without HTTP and JSON."""
    sizes = setting.sizes
    first = sizes.cold * sizes.passes
    setting.announce("recommendations without HTTP", sizes.passes)
    warm, cold = [], []
    for number in range(sizes.passes):
        people = [known[n % len(known)] for n in range(sizes.requests)]
        asyncio.run(_timed(service, known))
        warm.append(asyncio.run(_timed(service, people)))
        fresh = range(first + number * sizes.cold, first + (number + 1) * sizes.cold)
        cold.append(asyncio.run(_timed(service, [f"cold-{n}" for n in fresh])))
        setting.bench.advance()
    rows = []
    for name, passes in (("known person", warm), ("cold person with 20 dialogues", cold)):
        found = Latency.of(passes, 99)
        rows += [
            Row("i", f"{name}, without HTTP, p50", found.spread, "ms", note=found.note),
            Row("i", f"{name}, without HTTP, p99", found.tail, "ms"),
        ]
    return rows


async def _timed(service: Service, people: Sequence[str]) -> list[float]:
    seconds = []
    for name in people:
        begun = time.perf_counter()
        await service.recommend(LOCAL, RecommendationRequest(user=name, k=_K))
        seconds.append(time.perf_counter() - begun)
    return seconds

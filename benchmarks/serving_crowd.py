"""Many people at once: as many as chat, and many more than can be served (k, l)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.report import Row
from benchmarks.serving_server import Server, serving
from benchmarks.serving_setting import Latency, Serving, one
from benchmarks.timing import Spread

TIMES_CAPACITY = 4
RECOVERED = 3
"""Lone turns in a row that are as quick as usual."""
PATIENCE = 30.0


@dataclass(frozen=True)
class Pass:
    """What one crowd did: turns a second, the seconds of each turn, failures, the server's seconds of CPU a turn."""

    rate: float
    seconds: list[float]
    failures: list[dict[str, Any]]
    cpu: float
    load_cpu: float


def crowd(setting: Serving) -> list[Row]:
    """People who all chat at once, against the same server that writes one reply at a time."""
    sizes = setting.sizes
    stores = [setting.new_store("together"), setting.new_store("one-by-one")]
    setting.announce("a crowd", 2 * sizes.passes)
    together: list[Pass] = []
    alone: list[Pass] = []
    with ExitStack() as running:
        batched = running.enter_context(serving(setting.start(stores[0])))
        single = running.enter_context(serving(replace(setting.start(stores[1]), most_replies=1)))
        for server in (batched, single):
            crowded(setting, server, "warm-up", people=8, lines=1)
        for number in range(sizes.passes):
            for server, passes in ((batched, together), (single, alone)):
                name = f"pass-{number}"
                passes.append(crowded(setting, server, name, people=sizes.people, lines=sizes.lines))
                setting.bench.advance()
        batches = _batches(batched)
    failures = [failure for found in (*together, *alone) for failure in found.failures]
    best, best_alone = max(found.rate for found in together), max(found.rate for found in alone)
    latency = Latency.of([found.seconds for found in together], 95)
    latency_alone = Latency.of([found.seconds for found in alone], 95)
    ratios = [a.rate / b.rate for a, b in zip(together, alone, strict=True)]
    cpu = f"server CPU a turn {1e3 * together[0].cpu:.0f} ms, load generator {1e3 * together[0].load_cpu:.1f} ms"
    people = f"{sizes.people} people"
    return [
        Row(
            "k",
            f"{people}: failed turns",
            one(len(failures)),
            "",
            0,
            note=str(failures[:1]) if failures else "",
        ),
        Row(
            "k",
            f"{people}: turns a second",
            Spread.of([f.rate for f in together]),
            "/s",
            note=f"best {best:.1f}; {cpu}",
        ),
        Row("k", f"{people}: replies written together", one(batches)),
        Row("k", f"{people}: a turn, p50", latency.spread, "ms", note=latency.note),
        Row("k", f"{people}: a turn, p95", latency.tail, "ms"),
        Row(
            "k",
            f"{people}, one reply at a time: turns a second",
            Spread.of([f.rate for f in alone]),
            "/s",
            note=f"best {best_alone:.1f}; server CPU a turn {1e3 * alone[0].cpu:.0f} ms",
        ),
        Row(
            "k",
            f"{people}, one reply at a time: a turn, p50",
            latency_alone.spread,
            "ms",
            note=latency_alone.note,
        ),
        Row("k", f"{people}, one reply at a time: a turn, p95", latency_alone.tail, "ms"),
        Row(
            "k",
            f"{people}: together / one at a time, turns a second",
            Spread.of(ratios),
            "x",
            3,
            at_least=True,
        ),
    ]


def crowded(setting: Serving, server: Server, name: str, *, people: int, lines: int) -> Pass:
    """New people who all chat at once."""
    chats = [{"user": f"{name}-{n}", "lines": setting.lines(n, lines)} for n in range(people)]
    report = server.load("chats", chats=chats)
    turns = report["turns"]
    done = [turn["seconds"] for turn in turns if turn["status"] == 200 and not turn.get("failed")]
    failures = [turn for turn in turns if turn["status"] != 200 or turn.get("failed")]
    cpu, load_cpu = report["server_cpu"] / len(turns), report["cpu"] / len(turns)
    return Pass(len(done) / report["seconds"], done or [0.0], failures, cpu, load_cpu)


def overload(setting: Serving) -> list[Row]:
    """Four times as many turns as can be answered, whether or not there are answers; then a lone person again."""
    sizes = setting.sizes
    setting.announce("overload", 3)
    with serving(setting.start(setting.new_store("overload"))) as server:
        crowded(setting, server, "warm-up", people=8, lines=1)
        measured = crowded(setting, server, "capacity", people=sizes.people, lines=sizes.lines)
        setting.bench.advance()
        usual = crowded(setting, server, "alone", people=1, lines=12).seconds
        limit = 1.5 * float(np.percentile(usual, 95))
        setting.bench.advance()
        rate = TIMES_CAPACITY * measured.rate
        before = server.resident()
        with server.watched() as samples:
            report = server.load(
                "flood",
                rate=rate,
                seconds=sizes.flood_seconds,
                users=[f"flood-{n}" for n in range(int(rate * sizes.flood_seconds))],
                lines=[line for n in range(40) for line in setting.lines(n, 2)],
                usual=limit,
                num_usual=RECOVERED,
                patience=PATIENCE,
                prober="prober",
            )
        after = server.resident()
        setting.bench.advance()
    return [*_answers(report, rate), *_recovery(report, limit), *_memory(before, after, samples, report)]


def _answers(report: dict[str, Any], rate: float) -> list[Row]:
    answers = report["answers"]
    kinds = Counter(answer["status"] for answer in answers)
    refused = [answer for answer in answers if answer["status"] == 503]
    silent = sum(1 for answer in refused if not answer["retry_after"])
    others = [a for a in answers if a["status"] not in (200, 503) or (a["status"] == 200 and a.get("failed"))]
    taken = [a["seconds"] for a in answers if a["status"] == 200 and not a.get("failed")]
    offered = len(answers) / report["offered_seconds"]
    told = ", ".join(f"{status}: {count}" for status, count in sorted(kinds.items()))
    refusing = [a["seconds"] for a in refused] or [0.0]
    return [
        Row("l", "turns offered a second", one(offered), "/s", note=f"wanted {rate:.1f}; {told}"),
        Row(
            "l",
            "turns answered a second",
            one(len(taken) / (report["offered_seconds"] + report["drained"])),
            "/s",
        ),
        Row("l", "share answered 503", one(len(refused) / len(answers))),
        Row("l", "503 without Retry-After", one(silent), "", 0),
        Row("l", "other failures", one(len(others)), "", 0, note=str(others[:1]) if others else ""),
        Row("l", "until a 503, p50", Spread.of(refusing).scaled(1e3), "ms"),
        Row(
            "l",
            "a turn that is taken, p50",
            Spread.of(taken or [0.0]),
            "s",
            note=f"longest {max(taken or [0]):.1f} s",
        ),
    ]


def _recovery(report: dict[str, Any], limit: float) -> list[Row]:
    """When a lone turn began that took no longer than usual, as did those after it."""
    probes = report["probes"]
    recovered = probes[-RECOVERED]["began"] if len(probes) >= RECOVERED else PATIENCE
    slow = probes[-1]["seconds"] > limit or probes[-1]["status"] != 200
    note = (
        f"usual: at most {1e3 * limit:.0f} ms, 1.5 times p95 alone; the last answer of the load came "
        f"{report['drained']:.1f} s after its end; {len(probes)} lone turns tried"
    )
    return [
        Row(
            "l",
            "after the load, until a lone turn is as quick as usual",
            one(PATIENCE if slow else recovered),
            "s",
            2,
            note=note,
        )
    ]


def _memory(
    before: float, after: float, samples: list[tuple[float, float]], report: dict[str, Any]
) -> list[Row]:
    highest = max(size for _, size in samples)
    course = ", ".join(f"{size:.0f}" for size in _thinned(samples))
    return [
        Row("l", "memory before", one(before), "MiB"),
        Row(
            "l",
            "highest memory under load / before",
            one(highest / before),
            "x",
            1.5,
            note=f"MiB over time: {course}",
        ),
        Row("l", "memory after", one(after), "MiB", note=f"{len(report['answers'])} turns were offered"),
    ]


def _thinned(samples: list[tuple[float, float]], count: int = 12) -> Iterator[float]:
    """About ``count`` of the samples, evenly."""
    for place in np.linspace(0, len(samples) - 1, min(count, len(samples))).astype(int).tolist():
        yield samples[place][1]


def _batches(server: Server) -> float:
    """How many replies the server has written together on average."""
    counts = server.counts()
    return counts["replies_done"] / max(counts["reply_batches"], 1.0)

"""Time and memory of ``ccrs prepare own`` at growing sizes, each in a process of its own (part ``preparing``)."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.apart import measured_apart
from benchmarks.bench import Bench
from benchmarks.raw_corpus import RawFiles, RawSize, write_raw
from benchmarks.report import Row
from benchmarks.timing import Spread

SECONDS, GIGABYTES = 60.0, 1.0
"""Held to these: 10,000 dialogues and a graph of 300,000 edges."""
SLOWER, LARGER = 1.5, 2.0
"""Held to these: processor time of one more dialogue and peak memory, over those of the smallest size."""


def preparing(bench: Bench) -> list[Row]:
    """Prepare 10,000 dialogues times each of the multiples over one graph (g); a million by streaming at 100."""
    size = RawSize(mean_messages=bench.messages)
    rows: list[Row] = []
    first: dict[str, float] = {}
    for multiple in bench.multiples:
        count = multiple * size.num_dialogues
        bench.announce(f"preparing {count:,} dialogues", 2)
        with tempfile.TemporaryDirectory() as scratch:
            files = write_raw(Path(scratch) / "raw", replace(size, num_dialogues=count))
            bench.advance()
            found = prepared_apart(files, Path(scratch) / "out", load=multiple == bench.multiples[0])
            bench.advance()
        found["each"] = (found["cpu"] - found["graph"]) / count
        rows += _rows(count, found, first)
        first = first or found
    return rows


def prepared_apart(files: RawFiles, out: Path, *, load: bool = False) -> dict[str, float]:
    """Prepare in a process of its own; what it measured, memory in GB (10^9 bytes)."""
    paths = [str(path) for path in (files.dialogues, files.entities, files.triples, out)]
    return measured_apart("benchmarks.one_preparation", [*paths, *(["--load"] if load else [])])


def _rows(count: int, found: dict[str, float], first: dict[str, float]) -> list[Row]:
    """The figures of one size; ``first`` are those of the smallest, empty for itself."""
    name = f"prepare own, {count:,} dialogues"
    share = f"linking {found['linking'] / found['cpu']:.0%} of the processor time"
    graph = f"reading and indexing the graph {found['graph']:.1f} s"
    counts = f"{found['messages']:,} messages, {found['triples']:,} triples; {share}, {graph}"
    memory = f"imports {found['imported']:.2f}"
    rows = [
        Row(
            "g",
            f"{name}: time",
            _one(found["wall"]),
            "s",
            SECONDS if count <= RawSize().num_dialogues else None,
            cpu=_one(found["cpu"]),
            note=counts,
        ),
        Row("g", f"{name}: peak memory", _one(found["peak"]), "GB", GIGABYTES, note=memory),
        Row("g", f"{name}: each dialogue, processor time", _one(1e3 * found["each"]), "ms"),
    ]
    if first:
        slower, larger = found["each"] / first["each"], found["peak"] / first["peak"]
        rows += [
            Row("g", f"{name}: each dialogue, over the first size", _one(slower), "x", SLOWER),
            Row("g", f"{name}: memory, over the first size", _one(larger), "x", LARGER),
        ]
    if "load seconds" in found:
        peak = f"peak {found['load peak']:.2f} GB, all in memory: it grows with the corpus"
        rows.append(
            Row("g", f"{name}: loading what was prepared", _one(found["load seconds"]), "s", note=peak)
        )
    return rows


def _one(value: float) -> Spread:
    return Spread(value, value, value, 1)

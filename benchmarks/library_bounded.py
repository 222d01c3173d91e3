"""A KBRD step with the graph library's layer, stopped when it takes too long: on KBRD's own graph it does."""

from __future__ import annotations

import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.apart import ROOT, environment
from benchmarks.bench import Bench
from benchmarks.library_convolution import REPEATS, our_steps
from benchmarks.report import Row
from benchmarks.timing import WARM_UPS, Spread

BOUND = 120.0
"""Seconds of the clock that the library's step may take."""


@dataclass(frozen=True)
class Bounded:
    """The processor time of one step, or a lower bound of it where the step was stopped."""

    cpu: float
    note: str
    ended: bool


def kbrd_bounded(bench: Bench) -> list[Row]:
    """One step with the library's layer over ours on the same graph, by processor time (g)."""
    ours = our_steps(bench.corpus)
    bench.announce("KBRD step, ours", REPEATS + WARM_UPS)
    taken = []
    for number in range(REPEATS + WARM_UPS):
        taken.append(sum(part.cpu for part in ours(number)))
        bench.advance()
    cpu = Spread.of(taken[WARM_UPS:])
    bench.announce(f"KBRD step, library (at most {BOUND:.0f} s)", 1)
    theirs = _step_apart(bench.folder)
    bench.advance()
    told = "one step of the library" if theirs.ended else "at least (the library's step did not end)"
    ratio = Spread.of([theirs.cpu / cpu.median])
    note = f"{bench.corpus.catalogue.num_entities:,} entities, {len(bench.corpus.triples):,} triples; {theirs.note}"
    return [
        Row("g", f"KBRD step, library layer / ours, {told}", ratio, "x", 10, at_least=True, note=note),
        Row("g", "KBRD step, ours, processor time on this graph", cpu, "s"),
    ]


def _step_apart(data: Path) -> Bounded:
    """A step of the library in a process of its own, which its memory cannot take along."""
    before = _of_children()
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.one_library_step", str(data)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None  # noqa: S101 - tells the type checker what PIPE means
        begun = process.stdout.readline()
        if not begun:
            raise RuntimeError("benchmarks.one_library_step failed before its step began (see above).")
        began = float(begun)
        try:
            rest, _ = process.communicate(timeout=BOUND)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return Bounded(_of_children() - before - began, f"stopped after {BOUND:.0f} s", ended=False)
    if process.returncode:
        taken = _of_children() - before - began
        return Bounded(taken, f"failed with code {process.returncode} (out of memory?)", ended=False)
    return Bounded(float(rest) - began, "the step ended", ended=True)


def _of_children() -> float:
    """Processor seconds of the processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

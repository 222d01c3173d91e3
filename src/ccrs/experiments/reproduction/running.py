"""Do the work of a plan, in several processes, skipping what is done."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

import torch

from ccrs.experiments.corpus import load_corpus
from ccrs.experiments.reproduction.timing import Forecast
from ccrs.experiments.reproduction.work import Work

Announce = Callable[[str], None]


def run_units(
    units: Sequence[Work], data: Path, out: Path, *, processes: int, keep: bool, announce: Announce
) -> None:
    """Do all ``units`` that are not done in ``out`` yet; one that needs another stands behind it.

    A killed run goes on where it stood: finished units are skipped, and the one in work resumes from its last
    epoch. ``keep`` leaves the trained runs in ``out``/runs; else one is removed when it is judged and no other unit
    waits for it. Raises ``ConfigError`` when outcomes there were made with another configuration or other data.
    """
    corpus = load_corpus(data)
    seconds = {unit.name: unit.finished(corpus, out) for unit in units}
    done = {name: one for name, one in seconds.items() if one is not None}
    waiting = {unit.name: unit for unit in units if unit.name not in done}
    forecast = Forecast(units, done)
    announce(f"{len(units)} trainings in the plan, {len(done)} done before")
    by_name = {unit.name: unit for unit in units}
    for unit, taken in _finishing(list(waiting.values()), data, out, processes):
        del waiting[unit.name]
        needed = {other.after for other in waiting.values()}
        for name in (unit.name, unit.after):
            if not keep and name is not None and name not in needed and name not in waiting:
                by_name[name].clear(out)
        announce(forecast.told(unit, taken, processes))


def _finishing(units: Sequence[Work], data: Path, out: Path, processes: int) -> Iterator[tuple[Work, float]]:
    """Every unit when it is done, with the seconds it took."""
    if processes > 1 and units:
        yield from _side_by_side(units, data, out, processes)
        return
    for unit in units:
        yield unit, unit.run(data, out, quiet=False)


def _side_by_side(
    units: Sequence[Work], data: Path, out: Path, processes: int
) -> Iterator[tuple[Work, float]]:
    """The same in several processes; what needs another unit starts when that is done."""
    left = list(units)
    working: dict[Future[float], Work] = {}
    pool = ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("spawn"), initializer=_one_thread
    )
    with pool:
        try:
            while left or working:
                undone = {unit.name for unit in (*left, *working.values())}
                ready = [unit for unit in left if unit.after not in undone]
                for unit in ready[: processes - len(working)]:
                    left.remove(unit)
                    working[pool.submit(unit.run, data, out, quiet=True)] = unit
                for future in wait(working, return_when=FIRST_COMPLETED).done:
                    yield working.pop(future), future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one_thread() -> None:
    """Processes side by side take one core each."""
    torch.set_num_threads(1)

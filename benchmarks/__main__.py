"""``python -m benchmarks``: measure, print the table, write the JSON. A missed target is shown, never raised."""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.bench import Bench
from benchmarks.machine import describe
from benchmarks.parts import PARTS
from benchmarks.report import Row, table, write
from benchmarks.serving import ALL, SERVING_PARTS, add_sizes, sizes_of
from benchmarks.serving_setting import Serving
from benchmarks.world import WorldSize, write_world
from ccrs.core.errors import CcrsError
from ccrs.experiments.corpus import load_corpus

RESULTS = Path(__file__).parent / "results"
REPEATS, QUICK_REPEATS = 24, 5


def main() -> int:
    """Run what the command line asks for; returns the exit code."""
    options = _options()
    repeats = options.repeats or (QUICK_REPEATS if options.quick else REPEATS)
    console = Console(stderr=True)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        with tempfile.TemporaryDirectory() as scratch, _progress(console) as progress:
            rows = _measure(options, repeats, Path(scratch), progress)
    except CcrsError as error:
        console.print(str(error), style="red", markup=False)
        return 2
    machine = describe()
    path = options.out or RESULTS / f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}.json"
    chosen = {
        "data": "given" if options.data else "synthetic",
        "responder": "given" if options.run else "untrained",
        "repeats": repeats,
        "only": _parts(options),
    }
    write(path, rows, machine, chosen)
    print(" · ".join(f"{name} {value}" for name, value in machine.items()))
    print(
        f"data {chosen['data']} · {repeats} repetitions, alternating; medians of the ratios within a repetition\n"
    )
    print(table(rows))
    print(f"\nWritten to {path}")
    return 0


def _measure(options: argparse.Namespace, repeats: int, scratch: Path, progress: Progress) -> list[Row]:
    task = progress.add_task("data", total=None)
    folder = options.data or scratch / "world"
    if options.data is None:
        progress.update(task, description="writing a synthetic corpus")
        write_world(folder, WorldSize())
    progress.update(task, description="reading the corpus")
    place = [""]
    bench = Bench(
        folder=folder,
        corpus=load_corpus(folder),
        repeats=repeats,
        is_real=options.data is not None,
        advance=lambda: progress.advance(task),
        announce=lambda what, count: progress.reset(task, total=count, description=f"{place[0]}: {what}"),
        talk=options.run,
        multiples=tuple(options.multiples),
        messages=options.messages,
        entity_links=options.entity_links,
    )
    rows: list[Row] = []
    names = _parts(options)
    serving = Serving(bench, sizes_of(options), scratch, options.threads)
    for number, name in enumerate(names, start=1):
        place[0] = f"part {number} of {len(names)}"
        rows += SERVING_PARTS[name](serving) if name in SERVING_PARTS else PARTS[name](bench)
    # Rows of one letter stand together, whichever part measured them.
    return sorted(rows, key=lambda row: row.part)


def _parts(options: argparse.Namespace) -> list[str]:
    """The parts asked for; those of servers only by name, as they take long and want a machine to themselves."""
    asked: list[str] = options.only or list(PARTS)
    return [part for name in asked for part in (SERVING_PARTS if name == ALL else (name,))]


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="a prepared corpus (default: a synthetic one)"
    )
    parser.add_argument(
        "--run",
        type=Path,
        metavar="DIR",
        help="a run with a responder, trained on the data, for the times of replies (default: untrained weights)",
    )
    parser.add_argument("--repeats", type=_positive, metavar="N", help=f"repetitions (default {REPEATS})")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_REPEATS} repetitions, to try it")
    parser.add_argument(
        "--threads", type=_positive, metavar="N", help="of torch; 1 disturbs least on a busy machine"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*PARTS, ALL, *SERVING_PARTS],
        metavar="PART",
        help=f"of {', '.join(PARTS)}; of servers, not measured unless named: {', '.join(SERVING_PARTS)}, "
        f"or {ALL} for all of these",
    )
    parser.add_argument(
        "--multiples",
        nargs="+",
        type=_positive,
        default=[1, 10],
        metavar="N",
        help="sizes of the part preparing, in 10,000 dialogues (default 1 10; 100 takes about ten minutes)",
    )
    parser.add_argument(
        "--messages",
        type=_positive,
        default=10,
        metavar="N",
        help="messages of a dialogue in the part preparing (default 10)",
    )
    parser.add_argument(
        "--entity-links",
        type=Path,
        metavar="FILE",
        help="for the part linking: texts with the names another linker found (gzipped JSON)",
    )
    add_sizes(parser, _positive)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where the JSON goes (default: benchmarks/results)"
    )
    return parser.parse_args()


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not 1 or more")
    return value


if __name__ == "__main__":
    raise SystemExit(main())

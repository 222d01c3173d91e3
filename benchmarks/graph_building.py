"""Speed and memory of ``ccrs data build-graph`` on a made dump of about 200 MB (part ``graph-building``)."""

from __future__ import annotations

import bz2
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.apart import measured_apart
from benchmarks.bench import Bench, both
from benchmarks.report import Row
from benchmarks.timing import Seconds, Spread, ratios
from ccrs.data.graph_building.dump import BLOCK, Dump, token

MEGABYTES, SMALL, PACKED = 200, 20, 20
PAGES, FILMS = 100_000, 7_000
REPEATS = 5
SLOWER, SLOWER_UNPACKING, GIGABYTES, LARGER = 2.0, 1.5, 2.0, 1.5
"""Held to these: time over cutting each line at its blanks, and over unpacking bzip2; peak memory; that over the one
of the small dump."""

_RELATIONS = ("starring", "director", "country", "birthPlace", "team", "genre", "musicComposer", "isPartOf")


def graph_building(bench: Bench) -> list[Row]:
    """Streaming against plain reading within one run; the whole command in a process of its own (h)."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        bench.announce("writing a dump", 2)
        dumps = {
            size: write_dump(folder / f"dump-{size}.ttl", size * 1_000_000) for size in (SMALL, MEGABYTES)
        }
        entities = write_films(folder / "entities.tsv")
        return [*_streaming(bench, dumps[MEGABYTES]), *_whole(bench, dumps, entities, folder)]


def write_dump(path: Path, size: int, seed: int = 0) -> Path:
    """A dump of about ``size`` bytes, one triple a line: few pages are the ends of very many triples.

    What lies behind the first bytes, as many as the small dump has, is about other pages: most of a
    real dump has nothing to do with a corpus, and what is kept must be the same for both sizes.
    """
    rng = np.random.default_rng(seed)
    written = 0
    with path.open("w", encoding="utf-8") as stream:
        while written < size:
            prefix = "" if written < SMALL * 1_000_000 else "Far_"
            subjects, objects = (
                rng.integers(PAGES, size=10_000),
                (PAGES * rng.random(10_000) ** 4).astype(int),
            )
            relations = rng.integers(len(_RELATIONS), size=10_000)
            for subject, relation, value in zip(subjects, relations, objects, strict=True):
                written += stream.write(
                    f"<http://dbpedia.org/resource/{prefix}{_page(subject)}> "
                    f"<http://dbpedia.org/ontology/{_RELATIONS[relation]}> "
                    f"<http://dbpedia.org/resource/{prefix}{_page(value)}> .\n"
                )
    return path


def write_films(path: Path) -> Path:
    """An entities.tsv of films that the dump names."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write("id\ttype\tname\titem\tyear\taliases\n")
        stream.writelines(f"{n}\tmovie\tMade Up {n}é\t1\t{1950 + n % 70}\t\n" for n in range(0, 7 * FILMS, 7))
    return path


def _page(number: int) -> str:
    """A page's name: every seventh is a film; one in twenty is written with percent signs, as DBpedia may."""
    name = f"Made_Up_{number}é" + (f"_({1950 + number % 70}_film)" if number % 7 == 0 else "")
    return name.replace("é", "%C3%A9") if number % 20 == 0 else name


def _streaming(bench: Bench, dump: Path) -> list[Row]:
    wanted = {token(f"http://dbpedia.org/resource/{_page(7 * number)}") for number in range(FILMS)}

    packed = dump.with_suffix(".bz2")
    packed.write_bytes(bz2.compress(dump.read_bytes()[-PACKED * 1_000_000 :].partition(b"\n")[2]))
    actions: dict[str, Callable[[int], object]] = {
        "lines": lambda _: _read_lines(dump),
        "cut": lambda _: _cut_lines(dump),
        "ours": lambda _: _stream(dump, wanted),
        "unpacked": lambda _: _unpack(packed),
        "ours of bz2": lambda _: _stream(packed, wanted),
    }
    times = bench.alternate("streaming a dump", actions, min(bench.repeats, REPEATS))
    megabytes = dump.stat().st_size / 1e6

    def speed(name: str, size: float = megabytes) -> tuple[Spread, Spread]:
        return both([Seconds(size / time.wall, size / time.cpu) for time in times[name]])

    def row(what: str, above: str, below: str, target: float | None) -> Row:
        wall, cpu = ratios(times, above, below)
        return Row("h", f"build-graph: streaming / {what}", wall, "x", target, cpu=cpu)

    return [
        row("reading lines and doing nothing", "ours", "lines", None),
        row("cutting each line at its blanks", "ours", "cut", SLOWER),
        row("unpacking, of bz2", "ours of bz2", "unpacked", SLOWER_UNPACKING),
        Row("h", "build-graph: streaming, checking, hashing", speed("ours")[0], "MB/s", cpu=speed("ours")[1]),
        Row("h", "build-graph: reading lines", speed("lines")[0], "MB/s", cpu=speed("lines")[1]),
        Row("h", "unpacking bz2", speed("unpacked", PACKED)[0], "MB/s", cpu=speed("unpacked", PACKED)[1]),
    ]


def _read_lines(path: Path) -> None:
    with path.open("rb") as stream:
        for _line in stream:
            pass


def _cut_lines(path: Path) -> None:
    with path.open("rb") as stream:
        for line in stream:
            line.split(b" ")


def _unpack(path: Path) -> None:
    with bz2.BZ2File(path) as stream:
        while stream.read(BLOCK):
            pass


def _stream(path: Path, wanted: set[bytes]) -> None:
    for _statement in Dump(path).around(wanted):
        pass


def _whole(bench: Bench, dumps: dict[int, Path], entities: Path, folder: Path) -> list[Row]:
    bench.announce("building graphs", 2 * len(dumps))
    rows = []
    for hops in (1, 2):
        found = {}
        for size, dump in dumps.items():
            found[size] = _apart(entities, dump, folder / "out", hops)
            bench.advance()
        large = found[MEGABYTES]
        name = f"build-graph: {MEGABYTES} MB, {hops} hop{'s' if hops > 1 else ''}"
        note = f"{large['triples']:,.0f} triples"
        rows += [
            Row("h", f"{name}: time", _one(large["seconds"]), "s", note=note),
            Row("h", f"{name}: peak memory", _one(large["gigabytes"]), "GB", GIGABYTES),
        ]
        if hops == 1:
            growth = large["gigabytes"] / found[SMALL]["gigabytes"]
            what = f"build-graph: peak memory, {MEGABYTES} MB / {SMALL} MB"
            rows.append(Row("h", what, _one(growth), "x", LARGER))
    return rows


def _apart(entities: Path, dump: Path, out: Path, hops: int) -> dict[str, float]:
    """Build in a process of its own; seconds, peak memory (10^9 bytes) and triples."""
    return measured_apart("benchmarks.one_building", [str(entities), str(dump), str(out), str(hops)])


def _one(value: float) -> Spread:
    return Spread.of([value])

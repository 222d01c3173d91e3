"""``ccrs data build-graph``: a knowledge graph around a corpus, from a dump of DBpedia."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from ccrs.cli.printing import say, table
from ccrs.data.redial_graph_types import UNTYPED
from ccrs.experiments import build_graph as experiments

SHOWN = 10
"""Relations and unmatched entities that are printed; the report has all."""


def build_graph(
    entities: Annotated[
        Path,
        typer.Option(
            "--entities",
            help="What the corpus knows: entities.tsv, a prepared folder, or a list of DBpedia addresses.",
            show_default=False,
        ),
    ],
    dbpedia: Annotated[
        Path,
        typer.Option(
            "--dbpedia",
            help="Dump of triples, Turtle or N-Triples; .bz2 and .gz are fine.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write (all or nothing).", show_default=False)],
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Dump of names (labels_en.ttl), for readable names.")
    ] = None,
    types: Annotated[
        Path | None, typer.Option("--types", help="Dump of classes (instance-types_en.ttl), for types.")
    ] = None,
    hops: Annotated[
        int, typer.Option("--hops", min=1, max=2, help="2 takes the triples of the neighbours too.")
    ] = 1,
    min_relation_count: Annotated[
        int, typer.Option("--min-relation-count", min=0, help="Relations with fewer triples are dropped.")
    ] = 10,
    max_neighbours: Annotated[
        int, typer.Option("--max-neighbours", min=1, help="Triples that one entity brings in at most.")
    ] = 200,
    relations: Annotated[
        list[str] | None,
        typer.Option("--relations", help="Take these only, by name or address; commas or repeated."),
    ] = None,
    item_type: Annotated[
        str, typer.Option("--item-type", help="Type of the items of a plain list.")
    ] = UNTYPED,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Count and skip broken lines instead of stopping.")
    ] = False,
) -> None:
    """Build a knowledge graph around the entities of a corpus (docs/build-a-graph.md).

    Example: `ccrs data build-graph --entities data/mine --dbpedia mappingbased-objects_en.ttl.bz2 --out data/graph`
    """
    wanted = frozenset(name.strip() for text in relations or () for name in text.split(",") if name.strip())
    building = experiments.GraphBuilding(
        hops=hops,
        max_neighbours=max_neighbours,
        min_relation_count=min_relation_count,
        relations=wanted or None,
        item_type=item_type,
        lenient=lenient,
    )
    columns = (TextColumn("reading the dump"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("reading", total=None)
        report = experiments.build_graph(
            entities,
            dbpedia,
            out,
            labels=labels,
            types=types,
            building=building,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    show(report, out)


def show(report: experiments.GraphReport, out: Path) -> None:
    """What was built, what was not found and what was left out."""
    say(f"{report.matched:,} of {report.corpus_size:,} entities of the corpus are in the dump")
    say(table(["in the graph", "count"], [[name, f"{count:,}"] for name, count in report.counts.items()]))
    for name, count in list(report.relations.items())[:SHOWN]:
        say(f"relation: {name} ({count:,} triples)")
    if len(report.relations) > SHOWN:
        say(f"relation: and {len(report.relations) - SHOWN:,} more")
    for each in report.unmatched[:SHOWN]:
        say(f"not found: {each.title} ({each.id}): {each.reason}")
    if len(report.unmatched) > SHOWN:
        say(f"not found: {len(report.unmatched) - SHOWN:,} more, listed in the report")
    for reason, count in report.dropped.items():
        say(f"left out: {count:,} {reason}")
    for note in report.notes:
        say(f"note: {note}")
    say(f"written to {out}")

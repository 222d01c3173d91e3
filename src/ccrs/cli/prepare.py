"""``ccrs prepare``: raw data to a prepared corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.printing import say, table
from ccrs.data.prepared import Manifest
from ccrs.experiments import prepare as experiments
from ccrs.experiments.prepare_movielens import prepare_movielens
from ccrs.simulation.corpus import SimulationConfig

app = typer.Typer(help="Turn raw dialogues and a graph into a prepared corpus.", no_args_is_help=True)
Out = Annotated[Path, typer.Option("--out", help="Folder to write (all or nothing).", show_default=False)]


@app.command()
def redial(
    source: Annotated[
        Path, typer.Option("--source", help="The release: its zip or folder.", show_default=False)
    ],
    graph: Annotated[
        list[Path],
        typer.Option("--graph", help="A graph folder; give several to join them.", show_default=False),
    ],
    out: Out,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Count and skip broken dialogues instead of stopping.")
    ] = False,
    side_graph: Annotated[
        list[Path] | None,
        typer.Option("--side-graph", help="A graph kept apart, for models that name it (KECRS)."),
    ] = None,
    word_graph: Annotated[
        list[Path] | None,
        typer.Option("--word-graph", help="Triples of words, for KGSF and RevCore; several are joined."),
    ] = None,
    reviews: Annotated[
        Path | None, typer.Option("--reviews", help="JSON: movie id to review, for RevCore.")
    ] = None,
) -> None:
    """Prepare ReDial.

    Examples: `ccrs prepare redial --source redial_dataset.zip --graph redial-kg/imdb --out data/redial` ·
    `... --side-graph redial-kg/kecrs-tmdkg --word-graph conceptnet.tsv.gz --reviews reviews.json.gz`
    """
    manifest = experiments.prepare_redial(
        source,
        graph,
        out,
        lenient=lenient,
        side_graphs=side_graph or [],
        word_graphs=word_graph or [],
        reviews=reviews,
    )
    show(manifest, out)


@app.command()
def movielens(
    source: Annotated[
        Path,
        typer.Option(
            "--source",
            help="ml-100k or ml-1m: zip or folder; or a wheel with .inter files.",
            show_default=False,
        ),
    ],
    out: Out,
    session_size: Annotated[
        int, typer.Option("--session-size", min=1, help="Liked films that make a session.")
    ] = 8,
    min_sessions: Annotated[
        int, typer.Option("--min-sessions", min=1, help="Users with fewer sessions are left out.")
    ] = 2,
) -> None:
    """Prepare MovieLens: ratings in time order as sessions of liked films.

    Examples: `ccrs prepare movielens --source ml-100k.zip --out data/movielens` ·
    `... --source recbole-1.2.1-py3-none-any.whl` (with a Freebase graph)
    """
    show(prepare_movielens(source, out, session_size=session_size, min_sessions=min_sessions), out)


@app.command()
def own(
    dialogues: Annotated[
        Path, typer.Option("--dialogues", help="Dialogues, one JSON object a line.", show_default=False)
    ],
    entities: Annotated[Path, typer.Option("--entities", help="entities.tsv", show_default=False)],
    triples: Annotated[Path, typer.Option("--triples", help="triples.tsv", show_default=False)],
    out: Out,
    name: Annotated[str, typer.Option("--name", help="What tables call the data set.")] = "own",
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Count and skip broken dialogues instead of stopping.")
    ] = False,
) -> None:
    """Prepare dialogues and a graph in the project's own formats (docs/data-formats.md).

    Example: `ccrs prepare own --dialogues d.jsonl --entities entities.tsv --triples triples.tsv --out data/mine`
    """
    show(experiments.prepare_own(dialogues, entities, triples, out, name=name, lenient=lenient), out)


@app.command()
def simulated(
    out: Out,
    users: Annotated[int, typer.Option("--users", min=10, help="How many people to simulate.")] = 800,
    seed: Annotated[int, typer.Option("--seed", help="The same seed writes the same dialogues.")] = 0,
) -> None:
    """Prepare the embedded corpus: real films, simulated people whose preferences are known.

    Example: `ccrs prepare simulated --out data/simulated`
    """
    show(experiments.prepare_simulated(SimulationConfig(num_users=users, seed=seed), out), out)


def show(manifest: Manifest, out: Path) -> None:
    """What was prepared, and what was dropped and why."""
    say(table(["prepared", "count"], [[name, f"{count:,}"] for name, count in manifest.counts.items()]))
    for reason, count in manifest.dropped.items():
        say(f"dropped or merged: {count:,} {reason}")
    for note in manifest.notes:
        say(f"note: {note}")
    say(f"licence: {manifest.licence}\nwritten to {out}")

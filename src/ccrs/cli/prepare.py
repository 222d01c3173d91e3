"""``ccrs prepare``: raw data to a prepared corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.printing import say, table
from ccrs.core.errors import ConfigError
from ccrs.data.prepared import Manifest
from ccrs.data.readers.opendialkg import Domain as OpenDialKGDomain
from ccrs.data.readers.plain_dialogues import SpeakerNames
from ccrs.data.readers.table_items import TableConfig
from ccrs.experiments import prepare as experiments
from ccrs.experiments.prepare_inspired import prepare_inspired
from ccrs.experiments.prepare_movielens import prepare_movielens
from ccrs.experiments.prepare_opendialkg import prepare_opendialkg
from ccrs.experiments.prepare_own import OwnConfig, OwnSources, prepare_catalogue, prepare_own
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
    out: Out,
    items: Annotated[
        Path | None,
        typer.Option("--items", help="A CSV or TSV table with a title for each item.", show_default=False),
    ] = None,
    triples: Annotated[
        Path | None,
        typer.Option("--triples", help="Further facts: head, relation, tail.", show_default=False),
    ] = None,
    dialogues: Annotated[
        Path | None,
        typer.Option(
            "--dialogues", help="JSON lines, a CSV table, or text; none: simulated.", show_default=False
        ),
    ] = None,
    ratings: Annotated[
        Path | None,
        typer.Option("--ratings", help="A CSV of user, item, rating and time.", show_default=False),
    ] = None,
    entities: Annotated[
        Path | None, typer.Option("--entities", help="entities.tsv, instead of --items.", show_default=False)
    ] = None,
    item_type: Annotated[
        str | None,
        typer.Option("--item-type", help='What one is called ("board game").', show_default="by file name"),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns", help='Rename, skip or say a kind: "mfg=maker,weight=skip".', show_default=False
        ),
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option("--separator", help="Between several values of a cell.", show_default="| and ;"),
    ] = None,
    aliases_column: Annotated[
        str | None, typer.Option("--aliases-column", help="The column of other names.", show_default=False)
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help="Between the columns.", show_default="found out")
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding", help="Of all tables and texts, like cp1252.", show_default="UTF-8 or UTF-16"
        ),
    ] = None,
    seeker: Annotated[
        str | None, typer.Option("--seeker", help="Who seeks, in dialogues of text.", show_default=False)
    ] = None,
    recommender: Annotated[
        str | None, typer.Option("--recommender", help="Who recommends, in them.", show_default=False)
    ] = None,
    liked: Annotated[
        float | None,
        typer.Option("--liked", help="The lowest rating that is liking.", show_default="above the middle"),
    ] = None,
    session_size: Annotated[
        int, typer.Option("--session-size", min=1, help="Liked items that make a session.")
    ] = 4,
    min_sessions: Annotated[
        int, typer.Option("--min-sessions", min=1, help="Raters with fewer sessions are left out.")
    ] = 1,
    users: Annotated[
        int | None, typer.Option("--users", min=2, help="How many people to simulate.", show_default="800")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the simulation.")] = 0,
    name: Annotated[str, typer.Option("--name", help="What tables call the data set.")] = "own",
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Count and skip broken rows and dialogues.")
    ] = False,
) -> None:
    """Prepare your own catalogue, with or without dialogues and ratings (docs/data-formats.md).

    Examples: `ccrs prepare own --items board_games.csv --out data/games` ·
    `... --items shop.csv --columns "mfg=maker,weight=skip" --ratings orders.csv --dialogues chats.txt` ·
    `ccrs prepare own --dialogues d.jsonl --entities entities.tsv --triples triples.tsv --out data/mine`
    """
    if items is None:
        if entities is None or dialogues is None or triples is None:
            raise ConfigError(
                "Give --items TABLE, or all of --dialogues, --entities and --triples in the project's own formats."
            )
        show(prepare_own(dialogues, entities, triples, out, name=name, lenient=lenient), out)
        return
    if entities is not None:
        raise ConfigError("--items and --entities are both catalogues. Give one of them.")
    form = TableConfig(item_type, columns, aliases_column, separator, delimiter, encoding, lenient)
    config = OwnConfig(
        name=name,
        table=form,
        speakers=SpeakerNames(seeker, recommender),
        liked=liked,
        session_size=session_size,
        min_sessions=min_sessions,
        users=users,
        seed=seed,
    )
    show(prepare_catalogue(OwnSources(items, triples, dialogues, ratings), out, config), out)


@app.command()
def inspired(
    source: Annotated[
        Path,
        typer.Option(
            "--source",
            help="Folder with train.tsv, dev.tsv, test.tsv, or with *_dbpedia.jsonl.",
            show_default=False,
        ),
    ],
    out: Out,
    graph: Annotated[
        list[Path] | None,
        typer.Option(
            "--graph",
            help="A graph folder; several are joined. Left out: movie_database.tsv, where it is there.",
            show_default=False,
        ),
    ] = None,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Count and skip broken dialogues instead of stopping.")
    ] = False,
) -> None:
    """Prepare INSPIRED, the authors' tables or the form that is linked to DBpedia.

    Examples: `ccrs prepare inspired --source inspired --graph inspired/kg-dbpedia --out data/inspired` ·
    `ccrs prepare inspired --source dialog_data --out data/inspired`
    """
    show(prepare_inspired(source, out, graph=graph or [], lenient=lenient), out)


@app.command()
def opendialkg(
    source: Annotated[
        Path,
        typer.Option(
            "--source",
            help="Folder with opendialkg.csv and opendialkg_triples.txt, or with *_processed.jsonl and kg/.",
            show_default=False,
        ),
    ],
    out: Out,
    domain: Annotated[OpenDialKGDomain, typer.Option("--domain", help="What is recommended.")] = "movies",
    seed: Annotated[int, typer.Option("--seed", help="Of the parts, which are drawn by dialogue.")] = 0,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Count and skip broken dialogues instead of stopping.")
    ] = False,
) -> None:
    """Prepare OpenDialKG (CC BY-NC 4.0: not for commercial use), its films or its books.

    Examples: `ccrs prepare opendialkg --source opendialkg --out data/opendialkg` · `... --domain books`
    """
    show(prepare_opendialkg(source, out, domain=domain, seed=seed, lenient=lenient), out)


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

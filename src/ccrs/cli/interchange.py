"""``ccrs data export-recbole``, ``ccrs prepare recbole`` and ``ccrs hub``: from and to other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccrs.artifacts.hub import HubAccess, pull_run, push_run
from ccrs.cli.prepare import show
from ccrs.cli.printing import remark, say, table
from ccrs.data.readers.atomic import ItemReading
from ccrs.experiments import interchange
from ccrs.experiments.interchange_dialogues import DialogueReading

hub = typer.Typer(
    help="Fetch and publish runs on the Hugging Face hub (to call this is to allow the network).",
    no_args_is_help=True,
)
Endpoint = Annotated[
    str | None,
    typer.Option(
        "--endpoint", help="Another hub than the library's own, by its address.", show_default=False
    ),
]


def export_recbole(
    prepared: Annotated[Path, typer.Argument(help="A prepared folder.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder to write (all or nothing).", show_default=False)],
    name: Annotated[
        str | None,
        typer.Option("--name", help="What the files are called; the folder's name when not given."),
    ] = None,
) -> None:
    """Write a prepared corpus as RecBole's atomic files: .inter, .item, .kg, .link, .ent.

    The texts of the dialogues are not in them: the files have no place for texts.

    Example: `ccrs data export-recbole data/redial --out dataset/redial`
    """
    exported = interchange.export_recbole(prepared, out, name=name)
    say(table(["file", "rows"], [[file, f"{count:,}"] for file, count in exported.rows.items()]))
    for reason, count in exported.left_out.items():
        say(f"not in the files: {count:,} {reason}")
    say(f"written to {out}")


def prepare_recbole(
    source: Annotated[
        Path,
        typer.Option("--source", help="Folder with .inter, .item and so on.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write (all or nothing).", show_default=False)],
    name: Annotated[
        str | None,
        typer.Option("--name", help="What the files are called, if the folder holds several sets."),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option("--title", help="The column of .item with the titles; found by its name otherwise."),
    ] = None,
    item_type: Annotated[
        str, typer.Option("--item-type", help="What an item is, where no column says so.")
    ] = "item",
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="A column of .item that becomes facts; repeat it. All when not given."),
    ] = None,
    separator: Annotated[
        str, typer.Option("--separator", help="What stands between the values of a token_seq.")
    ] = " ",
    liked_from: Annotated[
        float, typer.Option("--liked-from", help="The lowest rating that counts as liking.")
    ] = 4.0,
    session_size: Annotated[
        int,
        typer.Option("--session-size", min=1, help="Liked items that make a session, where none is told."),
    ] = 8,
    min_sessions: Annotated[
        int, typer.Option("--min-sessions", min=1, help="Users with fewer of those sessions are left out.")
    ] = 2,
    licence: Annotated[str, typer.Option("--licence", help="The licence of the data.")] = "the owner's",
) -> None:
    """Prepare RecBole's atomic files: .inter and .item, and .kg with .link (and .ent) where they are there.

    Rows with a session_id become one dialogue a session; others are cut into sessions by user and time.

    Examples: `ccrs prepare recbole --source dataset/redial --out data/redial-again` ·
    `... --source dataset/amazon-books --item-type book --column class --separator ", "`
    """
    manifest = interchange.prepare_recbole(
        source,
        out,
        name=name,
        items=ItemReading(title, item_type, column, separator),
        dialogues=DialogueReading(liked_from, session_size, min_sessions),
        licence=licence,
    )
    show(manifest, out)


@hub.command()
def pull(
    repository: Annotated[str, typer.Argument(help="The repository: owner/name.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder to write (all or nothing).", show_default=False)],
    revision: Annotated[
        str | None, typer.Option("--revision", help="A branch, tag or commit.", show_default=False)
    ] = None,
    endpoint: Endpoint = None,
) -> None:
    """Fetch a run and check every file of it.

    Examples: `ccrs hub pull someone/ccrs-redial --out runs/redial` · `... --revision 1f0a9c2`
    """
    pull_run(repository, out, revision=revision, access=HubAccess(endpoint))
    say(f"written to {out}")
    remark(f"try it: ccrs recommend {out} --text ...")


@hub.command()
def push(
    run: Annotated[Path, typer.Argument(help="The folder of a run.", show_default=False)],
    repository: Annotated[str, typer.Argument(help="The repository: owner/name.", show_default=False)],
    public: Annotated[
        bool, typer.Option("--public", help="Make a new repository public; it is private otherwise.")
    ] = False,
    message: Annotated[str, typer.Option("--message", help="What the commit says.")] = "A run of ccrs",
    revision: Annotated[
        str | None, typer.Option("--revision", help="The branch to write to.", show_default=False)
    ] = None,
    endpoint: Endpoint = None,
) -> None:
    """Publish a run without the ids of its users; replies it learned by heart go with it.

    Log in first with the hub's own tool (`hf auth login`).

    Examples: `ccrs hub push runs/redial someone/ccrs-redial` · `... --public --message "Five epochs"`
    """
    address = push_run(
        run, repository, private=not public, message=message, revision=revision, access=HubAccess(endpoint)
    )
    say(address)

"""``ccrs data``: get data sets and look at what was prepared."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from ccrs.cli.build_graph import build_graph
from ccrs.cli.inspect import inspect
from ccrs.cli.link import link
from ccrs.cli.printing import say, table
from ccrs.core.files import sha256
from ccrs.data import download as downloads

app = typer.Typer(help="Get data sets; look at prepared ones.", no_args_is_help=True)
app.command("build-graph")(build_graph)
app.command("inspect")(inspect)
app.command("link")(link)


@app.command()
def sources() -> None:
    """Say which data sets can be downloaded, from where and under which licence."""
    rows = [
        [name, source.licence, file.url]
        for name, source in downloads.SOURCES.items()
        for file in source.files
    ]
    say(table(["data set", "licence", "address"], rows))


@app.command()
def download(
    name: Annotated[str, typer.Argument(help="A data set of `ccrs data sources`.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder to put the file in.")] = Path("data"),
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            help="A mirror, or file:///...; of several files their folder, with a / at its end.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Download a data set and say its licence; an interrupted download goes on where it stopped.

    Examples: `ccrs data download redial --out data` · `ccrs data download inspired` · `ccrs data download opendialkg`
    """
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(name, total=None)
        paths = downloads.download(
            name,
            out,
            url=url,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
            announce=lambda file: progress.reset(task, description=file.file),
        )
    source = downloads.SOURCES[name]
    for path, file in zip(paths, source.files, strict=True):
        say(f"{path}\nsha256 {sha256(path)}\n{file.checksum_note}")
    say(f"licence: {source.licence}\nfrom {source.home}")

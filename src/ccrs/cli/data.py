"""``ccrs data``: get data sets and look at what was prepared."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from ccrs.cli.prepare import show as show_manifest
from ccrs.cli.printing import say, table
from ccrs.core.files import sha256
from ccrs.data import download as downloads
from ccrs.data.prepared import load_prepared

app = typer.Typer(help="Get data sets; look at prepared ones.", no_args_is_help=True)


@app.command()
def sources() -> None:
    """Say which data sets can be downloaded, from where and under which licence."""
    rows = [[name, source.licence, source.url] for name, source in downloads.SOURCES.items()]
    say(table(["data set", "licence", "address"], rows))


@app.command()
def download(
    name: Annotated[str, typer.Argument(help="A data set of `ccrs data sources`.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder to put the file in.")] = Path("data"),
    url: Annotated[
        str | None, typer.Option("--url", help="A mirror, or file:///... ", show_default=False)
    ] = None,
) -> None:
    """Download a data set; an interrupted download goes on where it stopped.

    Example: `ccrs data download redial --out data`
    """
    columns = (TextColumn(name), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(name, total=None)
        path = downloads.download(
            name,
            out,
            url=url,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    source = downloads.SOURCES[name]
    say(f"{path}\nsha256 {sha256(path)}\n{source.checksum_note}\nlicence: {source.licence}")


@app.command()
def inspect(folder: Annotated[Path, typer.Argument(help="A prepared folder.", show_default=False)]) -> None:
    """Check a prepared folder against its manifest and say what it holds."""
    show_manifest(load_prepared(folder).manifest, folder)

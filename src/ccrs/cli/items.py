"""``ccrs items``: put items into the catalogue of a store, change them, take them out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from ccrs.cli.printing import say, table
from ccrs.core.errors import ConfigError, DataError
from ccrs.serving.assembly import open_service
from ccrs.serving.schemas import ItemIn
from ccrs.serving.service import Service

app = typer.Typer(
    help="Items of a catalogue that change while it is served.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Run = Annotated[Path, typer.Argument(help="Folder of a run with a responder.", show_default=False)]
Store = Annotated[
    str | None,
    typer.Option("--store", help="Where people and items are kept.", show_default="RUN/people.db"),
]


@app.command("put")
def put(
    run: Run,
    item: Annotated[str, typer.Argument(help="Id of the item.", show_default=False)],
    title: Annotated[str, typer.Option("--title", help="Its title, without the year.", show_default=False)],
    year: Annotated[
        int | None, typer.Option("--year", min=0, max=9999, help="Its year.", show_default=False)
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option("--fact", help="RELATION=NAME; may be given often.", show_default=False),
    ] = None,
    plot: Annotated[str | None, typer.Option("--plot", help="What it is about.", show_default=False)] = None,
    url: Annotated[str | None, typer.Option("--url", help="Where it can be had.", show_default=False)] = None,
    image: Annotated[
        str | None, typer.Option("--image", help="Address of a picture (https).", show_default=False)
    ] = None,
    price: Annotated[
        str | None, typer.Option("--price", help="Its price, as it is shown.", show_default=False)
    ] = None,
    available: Annotated[
        bool, typer.Option("--available/--not-available", help="Whether it may be offered.")
    ] = True,
    store: Store = None,
) -> None:
    """Put an item in, or change it: it can be recommended at once, without retraining.

    Example: `ccrs items put runs/talk new-1 --title "New Film" --year 2026 --fact "director=Michael Mann"`
    """
    given = {"year": year, "plot": plot, "url": url, "image": image, "price": price}
    content: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if fact:
        content["facts"] = facts_of(fact)
    try:
        wanted = ItemIn.model_validate({"title": title, "available": available, **content})
    except ValidationError as error:
        raise ConfigError(f"{item}: {error.errors()[0]['msg']}. Mend the option.") from error
    with opened(run, store) as service:
        card = asyncio.run(service.put_item(item, wanted))
    say(json.dumps(card.model_dump(exclude_defaults=True), ensure_ascii=False, indent=2))


@app.command("delete")
def delete(
    run: Run,
    item: Annotated[str, typer.Argument(help="Id of the item.", show_default=False)],
    store: Store = None,
) -> None:
    """Take an item out: it is offered no more.

    Example: `ccrs items delete runs/talk new-1`
    """
    with opened(run, store) as service:
        asyncio.run(service.delete_item(item))
    say(f"{item} is out of the catalogue.")


@app.command("find")
def find(
    run: Run,
    text: Annotated[str, typer.Argument(help="Part of a title.")] = "",
    number: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many.")] = 10,
    store: Store = None,
) -> None:
    """Find items by title.

    Example: `ccrs items find runs/talk heat`
    """
    with opened(run, store) as service:
        page = asyncio.run(service.search_items(text, number, 0))
    rows = [
        [card.id, card.title, str(card.year or ""), "" if card.available else "no"] for card in page.items
    ]
    say(table(["id", "title", "year", "available"], rows))
    say(f"{len(page.items)} of {page.total}")


@contextmanager
def opened(run: Path, store: str | None) -> Iterator[Service]:
    """A service on the run and its store; a server on the same store takes changes over within seconds."""
    service = open_service(run, store)
    try:
        yield service
    finally:
        service.close()


def facts_of(given: list[str]) -> dict[str, list[str]]:
    """``RELATION=NAME`` as facts; raises ``DataError`` for another form."""
    facts: dict[str, list[str]] = {}
    for one in given:
        relation, equals, name = one.partition("=")
        if not equals or not relation.strip() or not name.strip():
            raise DataError(
                f"--fact {one!r}: not of the form RELATION=NAME. Example: --fact 'director=Ann Lee'"
            )
        facts.setdefault(relation.strip(), []).append(name.strip())
    return facts

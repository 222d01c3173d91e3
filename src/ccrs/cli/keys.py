"""``ccrs keys``: who may use a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from ccrs.cli.printing import remark, say, table
from ccrs.core.errors import DataError
from ccrs.serving.schemas import Name
from ccrs.serving.store.protocol import Store

app = typer.Typer(help="Make, list and revoke the keys of a server.", no_args_is_help=True)
StoreUrl = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="CCRS_STORE",
        show_envvar=False,
        help="The server's store: sqlite or postgresql URL.",
        show_default=False,
    ),
]


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.", show_default=False)],
    store: StoreUrl,
    admin: Annotated[
        bool, typer.Option("--admin", help="It may change the catalogue, reload the run and read the counts.")
    ] = False,
    tenant: Annotated[
        str | None,
        typer.Option(
            "--tenant", help="Whose users it sees; keys of one tenant share them.", show_default="NAME"
        ),
    ] = None,
) -> None:
    """Make a key and print its secret, which is never told again.

    Examples: `ccrs keys create shop --store sqlite:///runs/talk/people.db` · `ccrs keys create ops --admin --store URL`
    """
    with _opened(store) as kept:
        record, secret = kept.create_key(_checked(tenant or name), _checked(name), admin=admin)
    remark(f"Key {record.id} of tenant {record.tenant}. Keep this secret; it is told only once:")
    say(secret)


@app.command("list")
def list_keys(store: StoreUrl) -> None:
    """List all keys, the revoked ones too, without their secrets.

    Example: `ccrs keys list --store sqlite:///runs/talk/people.db`
    """
    with _opened(store) as kept:
        rows = [
            [k.id, k.name, k.tenant, "yes" if k.admin else "no", _day(k.created), _day(k.revoked)]
            for k in kept.keys()  # noqa: SIM118 - a method of the store
        ]
    if not rows:
        remark("There are no keys. Make one: ccrs keys create NAME --store URL")
        return
    say(table(["id", "name", "tenant", "admin", "made", "revoked"], rows))


@app.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, as `list` shows it.", show_default=False)],
    store: StoreUrl,
) -> None:
    """Revoke a key: from now on it opens nothing.

    Example: `ccrs keys revoke ID --store sqlite:///runs/talk/people.db`
    """
    with _opened(store) as kept:
        kept.revoke_key(key)
    remark(f"Key {key} is revoked.")


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    from ccrs.serving.store.sql_store import open_store  # noqa: PLC0415 - the other commands need no database

    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def _checked(name: str) -> str:
    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        raise DataError(
            f"{name!r} is no name for a key or tenant. Use 1 to 64 letters, digits and _ . @ -, a letter first."
        ) from error


def _day(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")

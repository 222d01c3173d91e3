"""``ccrs serve``: a run behind an address, for the page and for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from ccrs.artifacts.files import MANIFEST
from ccrs.cli.printing import remark, say
from ccrs.core.errors import CheckpointError, ConfigError
from ccrs.serving.api.settings import ServerSettings

if TYPE_CHECKING:
    from ccrs.serving.api.running import Job

_REPLICAS = "1:4"


def serve(
    run: Annotated[Path, typer.Argument(help="Folder of a run with a responder.", show_default=False)],
    host: Annotated[
        str | None,
        typer.Option(
            "--host", help="Address to listen on. Others than loopback need keys.", show_default="127.0.0.1"
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.", show_default="8000"),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            envvar="CCRS_STORE",
            show_envvar=False,
            help="Where people are kept: sqlite or postgresql URL.",
            show_default="RUN/people.db",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=256, help="Processes that serve.", show_default="1")
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allowed-host", help="A name the server goes by. May be given often.", show_default=False
        ),
    ] = None,
    require_keys: Annotated[
        bool, typer.Option("--require-keys", help="Ask for keys on loopback too, as behind a proxy.")
    ] = False,
    trust_proxy: Annotated[
        bool, typer.Option("--trust-proxy", help="Take addresses from X-Forwarded-For; asks for keys.")
    ] = False,
    retention_days: Annotated[
        float | None,
        typer.Option(
            "--retention-days", min=0.001, help="Delete dialogues that are older.", show_default=False
        ),
    ] = None,
    choose: Annotated[
        bool, typer.Option("--choose", help="Choose replies among candidates: better, several times slower.")
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option("--threads", min=1, help="Threads of one worker's model.", show_default=False),
    ] = None,
    ray: Annotated[
        bool, typer.Option("--ray", help="Serve with replicas on Ray Serve, on one machine or more.")
    ] = False,
    replicas: Annotated[
        str | None,
        typer.Option(
            "--replicas", metavar="MIN:MAX", help="How many replicas with --ray.", show_default="1:4"
        ),
    ] = None,
) -> None:
    """Serve a run over HTTP: the chat page, the REST API, the OpenAI-compatible endpoint.

    Examples: `ccrs serve runs/talk` · `ccrs serve runs/talk --host 0.0.0.0 --store postgresql+psycopg://db/ccrs`
    """
    if not (run / MANIFEST).exists():
        raise CheckpointError(
            f"{run}: there is no finished run. Train one: ccrs train CONFIG --data DIR --out {run}"
        )
    settings = settings_of(
        host=host,
        port=port,
        workers=workers,
        allowed_hosts=tuple(allowed_host) if allowed_host else None,
        require_keys=require_keys or None,
        trust_proxy=trust_proxy or None,
        retention_days=retention_days,
    )
    from ccrs.serving.api.running import Job, run_server  # noqa: PLC0415 - the other commands need no HTTP engine

    job = Job(run, store or store_of(run), settings, choose, threads)
    try:
        if ray:
            _serve_on_ray(job, replicas or _REPLICAS)
        elif replicas is not None:
            raise ConfigError(f"--replicas {replicas} goes with --ray. Without it say --workers.")
        else:
            run_server(job, say)
    except KeyboardInterrupt:
        remark("Stopped.")


def _serve_on_ray(job: Job, replicas: str) -> None:
    from ccrs.serving.ray_app import Replicas, run_on_ray  # noqa: PLC0415 - an extra

    if job.settings.workers != 1:
        raise ConfigError(f"--workers {job.settings.workers} and --ray exclude each other. Say --replicas.")
    run_on_ray(job, Replicas.parse(replicas), say)


def store_of(run: Path) -> str:
    """The address of the store beside a run."""
    return f"sqlite:///{(run / 'people.db').resolve()}"


def settings_of(**given: Any) -> ServerSettings:
    """Settings from the environment and, before it, from what is given; raises ``ConfigError`` with all faults."""
    try:
        return ServerSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()
        )
        raise ConfigError(
            f"settings of the server: {faults}. Mend the options or the CCRS_ variables."
        ) from error

"""The server as a process: an address, an app, one worker or many, and an end that lets streams finish."""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from ccrs.core.errors import CcrsError, ConfigError
from ccrs.serving.api.access_log import configure_logging
from ccrs.serving.api.app import Companion, create_app
from ccrs.serving.api.companions import (
    closed_at_end,
    counted_while_alive,
    has_terminal,
    refreshed,
    reload_on_hangup,
    retention,
)
from ccrs.serving.api.connection import Connection, LimitedConfig
from ccrs.serving.api.settings import ServerSettings
from ccrs.serving.assembly import open_service
from ccrs.serving.store.sql_store import open_store

_BACKLOG = 2048
_HEAD_BYTES = 16_384
_WORKER_SECONDS = 120  # a new worker has so long to load the run; one that is silent for so long is replaced
_LOOK_SECONDS = 0.5
_SHARED_COUNTS = "PROMETHEUS_MULTIPROC_DIR"  # the library reads it when a worker imports it


@dataclass(frozen=True)
class Job:
    """What is served: a run's folder, the store's address, the settings; and how replies are made."""

    run: Path
    store: str
    settings: ServerSettings
    choose: bool = False
    threads: int | None = None


def run_server(job: Job, tell: Callable[[str], None]) -> None:
    """Serve until a signal ends it; ``tell`` is told the address once requests are taken.

    Raises ``ConfigError`` for an address that cannot be had or that needs keys, and what opening the run raises.
    """
    listening = bind(job.settings.host, job.settings.port)
    try:
        check_keys(job)
        told = partial(tell, f"Serving {job.run} at {address_of(listening)}  (stop with Ctrl-C)")
        configure_logging()
        if job.settings.workers == 1:
            config = server_config(make_app(job, tell), job.settings)
            TellingServer(config, told).run([listening])
        else:
            _run_workers(job, listening, told)
    finally:
        listening.close()


class TellingServer(uvicorn.Server):
    """The HTTP engine, which says when it has begun."""

    def __init__(self, config: uvicorn.Config, told: Callable[[], None]) -> None:
        super().__init__(config)
        self.told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin."""
        await super().startup(sockets)
        self.told()


class TellingWorkers(Multiprocess):
    """Several workers on one socket, which say when all of them have begun; one that dies gets a successor."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], told: Callable[[], None]
    ) -> None:
        super().__init__(config, sockets)
        self.told, self._have_begun = told, False
        self._had_terminal = has_terminal()

    def init_processes(self) -> None:
        """Start the workers."""
        with _ctrl_c_is_for_the_first():
            super().init_processes()

    def restart_all(self) -> None:
        """Replace the workers one after another."""
        with _ctrl_c_is_for_the_first():
            super().restart_all()

    def handle_hup(self) -> None:
        """SIGHUP: serve the run as it is now; a terminal that was closed ends the server instead."""
        if self._had_terminal and not has_terminal():
            self.should_exit.set()
        else:
            super().handle_hup()

    def keep_subprocess_alive(self) -> None:
        """Look after the workers; called again and again."""
        if any(process.exitcode == STARTUP_FAILURE for process in self.processes):
            self.should_exit.set()  # seen here at once: a question to a worker that is still loading takes long
        elif self._have_begun or any(process.exitcode is not None for process in self.processes):
            with _ctrl_c_is_for_the_first():
                super().keep_subprocess_alive()
        elif all(process.is_ready(timeout=_LOOK_SECONDS) for process in self.processes):
            self._have_begun = True
            self.told()


@contextmanager
def _ctrl_c_is_for_the_first() -> Iterator[None]:
    """Workers that begin here never hear Ctrl-C: the first process ends them, also those that are still loading."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def make_app(job: Job, tell: Callable[[str], None]) -> FastAPI:
    """Open the run and the store, and put the app over them."""
    service = open_service(job.run, job.store, num_threads=job.threads, choose=job.choose)
    store = service.store
    companions: list[Companion] = [
        partial(closed_at_end, service),
        partial(refreshed, service.catalogue),
        partial(reload_on_hangup, service, tell),
    ]
    if job.settings.retention_days is not None:
        companions.append(partial(retention, store, job.settings.retention_days))
    if job.settings.metrics_folder is not None:
        companions.append(partial(counted_while_alive, job.settings.metrics_folder))
    return create_app(service, store, job.settings, companions=companions)


def worker_app(job: Job) -> FastAPI:
    """The app of one of several workers; what is wrong ends the worker in the way that ends them all."""
    configure_logging()
    try:
        return make_app(job, _silent)
    except (CcrsError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(STARTUP_FAILURE)


def server_config(app: FastAPI | Callable[[], FastAPI], settings: ServerSettings) -> uvicorn.Config:
    """The HTTP engine's settings: no websockets, no trust in forwarded headers, no log of its own."""
    config = LimitedConfig(
        app,
        factory=not isinstance(app, FastAPI),
        workers=settings.workers,
        http=Connection,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        h11_max_incomplete_event_size=_HEAD_BYTES,
        timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds),
        timeout_worker_healthcheck=_WORKER_SECONDS,
    )
    config.header_seconds, config.max_connections = settings.header_seconds, settings.max_connections
    return config


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises ``ConfigError`` for an address that cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, place = min(found, key=lambda info: info[0] != socket.AF_INET)
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            raise
    except (OSError, UnicodeError) as error:
        told = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"cannot listen on {host} port {port}: {told}. Choose another with --host and --port, or end what "
            "listens there."
        ) from error
    listening.set_inheritable(True)
    return listening


def address_of(listening: socket.socket) -> str:
    """The address for a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def check_keys(job: Job) -> None:
    """Raises ``ConfigError`` where keys are needed and there is none."""
    if not job.settings.keys_required:
        return
    store = open_store(job.store)
    try:
        if any(key.revoked is None for key in store.keys()):  # noqa: SIM118 - a method of the store
            return
    finally:
        store.close()
    raise ConfigError(
        f"{job.settings.host} can be reached by others, so keys are needed, and the store has none. "
        "Make one: ccrs keys create NAME --store URL  (or serve on 127.0.0.1 without --require-keys)."
    )


def _run_workers(job: Job, listening: socket.socket, told: Callable[[], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="ccrs-counts-") as folder:
        os.environ[_SHARED_COUNTS] = folder
        shared = replace(job, settings=job.settings.model_copy(update={"metrics_folder": folder}))
        workers = TellingWorkers(server_config(partial(worker_app, shared), job.settings), [listening], told)
        workers.run()
        if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
            raise ConfigError("A worker could not start; its error stands above. Mend it and start again.")


def _silent(_: str) -> None:
    """Workers say nothing; the log does."""

"""The same app on Ray Serve: replicas instead of workers, as many as there is work for, on one machine or several.

Nothing of Ray is imported before it is needed: it is an extra. Without ``RAY_ADDRESS`` a cluster of this machine alone
is started and ended with the server; with it the app joins the cluster there.
"""

from __future__ import annotations

import importlib
import os
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from fastapi import FastAPI

from ccrs.core.errors import CcrsError, ConfigError
from ccrs.serving.api.access_log import configure_logging
from ccrs.serving.api.running import Job, address_of, bind, check_keys, make_app
from ccrs.serving.store.sql_store import open_store

ADDRESS = "RAY_ADDRESS"
"""Where the cluster is; Ray's own name for it."""
MISSING = "--ray needs Ray Serve, which is not installed. Install it: pip install 'ccrs[ray]'"
_APP = "ccrs"
_LOOPBACK = "127.0.0.1"
_OBJECT_STORE = 80 * 2**20  # bytes; Ray takes no less, and nothing of ours lies there
_TARGET = 16.0  # requests at work in a replica before another one is wanted
_PATIENCE = 10.0, 300.0  # seconds before a replica is added, and before one is taken away
_ALWAYS_FREE = 64  # places for probes beside the requests that the app itself lets in
_REPLICA_MODULE = "ray.serve._private.replica"
_BINDING = "add_port_to_grpc_server"


@dataclass(frozen=True)
class Replicas:
    """How many there are at least and at most."""

    least: int
    most: int

    @classmethod
    def parse(cls, text: str) -> Replicas:
        """From ``2`` or ``1:4``; raises ``ConfigError``."""
        parts = text.split(":")
        if len(parts) <= 2 and all(part.isascii() and part.isdigit() for part in parts):
            least, most = int(parts[0]), int(parts[-1])
            if 1 <= least <= most <= 1000:
                return cls(least, most)
        raise ConfigError(f"--replicas {text!r}: give a number, or MIN:MAX with 1 <= MIN <= MAX <= 1000.")


def run_on_ray(job: Job, replicas: Replicas, tell: Callable[[str], None]) -> None:
    """Serve until a signal interrupts it; ``tell`` is told the address once requests are taken.

    Raises ``ConfigError`` without Ray, for an address that cannot be had or that needs keys, and for a store that not
    all replicas would share; and ``StoreError``.
    """
    cluster = os.environ.get(ADDRESS, "")
    if cluster and not job.store.startswith("postgres"):
        raise ConfigError(
            f"{ADDRESS} names a cluster, whose machines share no file, so the store must be a PostgreSQL: --store URL."
        )
    _set_environment(alone=not cluster)
    try:
        importlib.import_module("ray.serve")
    except ImportError as error:
        raise ConfigError(MISSING) from error
    listening = bind(job.settings.host, job.settings.port)
    address, port = address_of(listening), listening.getsockname()[1]
    listening.close()  # the proxy binds it again; what is in its way was told here, in words
    check_keys(job)
    open_store(job.store).close()  # once, so that replicas find tables of this version
    job = replace(job, run=job.run.resolve(), settings=job.settings.model_copy(update={"port": port}))
    with ExitStack() as stack:
        stack.enter_context(_cluster(job, replicas, cluster))
        stack.enter_context(_ended_by_sigterm())  # after Ray has taken it for itself
        stack.enter_context(_deployed(job, replicas, shared=not cluster))
        tell(f"Serving {job.run} at {address} with Ray  (stop with Ctrl-C)")
        threading.Event().wait()


class Replica:
    """One process that answers; Ray makes it, then asks it for its app."""

    def __init__(self, job: Job, *, loopback_only: bool) -> None:
        self.job = job
        configure_logging()
        if loopback_only:
            keep_to_loopback(importlib.import_module(_REPLICA_MODULE))

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Open the run and the store, and put the app over them."""
        try:
            return make_app(self.job, _silent)
        except (CcrsError, OSError) as error:
            sys.stderr.write(f"error: {error}\n")
            raise


def keep_to_loopback(module: ModuleType) -> None:
    """Bind a replica's inner server to the loopback address; Ray binds it to all addresses of the machine.

    Raises ``ConfigError`` for a version of Ray that does it in another way: then better no replica than an open port.
    """
    if not hasattr(module, _BINDING):
        raise ConfigError("This version of Ray is not known to keep to one machine. Install ray[serve] 2.60.")
    add_port = getattr(module, _BINDING)
    setattr(module, _BINDING, lambda server, place: add_port(server, place.replace("[::]", _LOOPBACK)))


def _set_environment(*, alone: bool) -> None:
    """What Ray reads when it is imported, and its processes when they start; ``alone``: a cluster of this machine."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is told to anybody outside
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    if alone:
        os.environ["FORWARDED_ALLOW_IPS"] = (
            ""  # addresses that requests give themselves are no concern of Ray's
        )
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = (
            "0"  # on any system: all ports on the loopback address
        )
        os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", secrets.token_hex(32)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM does what Ctrl-C does."""

    def stop(_: int, __: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _cluster(job: Job, replicas: Replicas, address: str) -> Iterator[None]:
    """Join the cluster at an address, or start one of this machine that others cannot reach and that leaves nothing."""
    if address:
        with _initialised(address=address):
            yield
        return
    with (
        tempfile.TemporaryDirectory(prefix="ccrs-ray-", ignore_cleanup_errors=True) as folder,
        _initialised(
            address="local",
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE,
            num_cpus=max(os.cpu_count() or 1, replicas.most * _cpus(job)),
            _node_ip_address=_LOOPBACK,
            _temp_dir=folder,
        ),
    ):
        yield


@contextmanager
def _initialised(**options: Any) -> Iterator[None]:
    ray = importlib.import_module("ray")
    ray.init(logging_level="ERROR", log_to_driver=True, **options)
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _deployed(job: Job, replicas: Replicas, *, shared: bool) -> Iterator[None]:
    """The app on its replicas; ``shared``: on this machine alone, where they can put their counts together."""
    serve, config = importlib.import_module("ray.serve"), importlib.import_module("ray.serve.config")
    schema = importlib.import_module("ray.serve.schema")
    # Ray's own access log has paths in it, and so the names of people.
    quiet = schema.LoggingConfig(log_level="ERROR", enable_access_log=False)
    http = config.HTTPOptions(host=job.settings.host, port=job.settings.port)
    serve.start(proxy_location="HeadOnly" if shared else "EveryNode", http_options=http, logging_config=quiet)
    with tempfile.TemporaryDirectory(prefix="ccrs-counts-") as folder:
        counted: Mapping[str, str] = {}
        if shared:
            counted = {"PROMETHEUS_MULTIPROC_DIR": folder}
            job = replace(job, settings=job.settings.model_copy(update={"metrics_folder": folder}))
        deployment = serve.deployment(
            serve.ingress()(Replica),
            name=_APP,
            logging_config=quiet,
            max_constructor_retry_count=1,
            max_ongoing_requests=job.settings.max_in_flight + _ALWAYS_FREE,
            graceful_shutdown_timeout_s=job.settings.shutdown_seconds,
            autoscaling_config=_autoscaling(replicas),
            ray_actor_options={"num_cpus": _cpus(job), "runtime_env": {"env_vars": dict(counted)}},
        )
        try:
            serve.run(deployment.bind(job, loopback_only=shared), name=_APP, logging_config=quiet)
        except RuntimeError as error:
            raise ConfigError(
                "The replicas could not start; their error stands above. Mend it and start again."
            ) from error
        try:
            yield
        finally:
            serve.delete(_APP)  # streams end first


def _autoscaling(replicas: Replicas) -> dict[str, float]:
    up, down = _PATIENCE
    return {
        "min_replicas": replicas.least,
        "max_replicas": replicas.most,
        "target_ongoing_requests": _TARGET,
        "upscale_delay_s": up,
        "downscale_delay_s": down,
    }


def _cpus(job: Job) -> int:
    return job.threads or 1


def _silent(_: str) -> None:
    """Replicas say nothing; the log does."""

"""A server as a process of its own: its start, its memory, its processor time, and load on it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
_START_WAIT, _END_WAIT = 120.0, 60.0
_POLL, _SAMPLE = 0.01, 0.1  # seconds
_MEBIBYTE = 2**20
# All people of a benchmark come from one address, which would soon be told that it asks too often.
_LIMITS = {
    "CCRS_RATE_PER_ADDRESS": "",
    "CCRS_RATE_PER_KEY": "",
    "CCRS_MAX_TURNS_PER_CALLER": "100000",
}


class ServerError(RuntimeError):
    """The server ended or did not answer."""


@dataclass(frozen=True)
class Start:
    """How a server is started. ``most_replies`` written together, ``cache_bytes``: None leaves the product's own."""

    run: Path
    store: str
    threads: int | None = None
    most_replies: int | None = None
    cache_bytes: int | None = None
    needs_keys: bool = False

    def command(self, port: int) -> list[str]:
        """``ccrs serve``, or where the engine is set up otherwise a program of the benchmarks that does the same."""
        changes = {"--most-replies": self.most_replies, "--cache-bytes": self.cache_bytes}
        given = [text for name, value in changes.items() if value is not None for text in (name, str(value))]
        program = ["benchmarks.serving_program"] if given else ["ccrs.cli.main", "serve"]
        options = ["--port", str(port), "--store", self.store]
        options += [] if self.threads is None else ["--threads", str(self.threads)]
        options += ["--require-keys"] if self.needs_keys else []
        return [sys.executable, "-m", *program, str(self.run), *options, *given]


@dataclass
class Server:
    """A running server; ``ready`` is the seconds from its start to its first answer."""

    process: subprocess.Popen[bytes]
    port: int
    begun: float
    ready: float = 0.0

    def ask(self, method: str, path: str, body: object = None, secret: str | None = None) -> tuple[int, Any]:
        """One request with its status and JSON."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            headers["Authorization"] = f"Bearer {secret}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    def counts(self) -> dict[str, float]:
        """What the service counts of itself, by name, as ``/metrics`` tells it."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        try:
            connection.request("GET", "/metrics")
            lines = connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()
        return {
            line.partition('name="')[2].partition('"')[0]: float(line.rpartition(" ")[2])
            for line in lines
            if line.startswith("ccrs_service{")
        }

    def load(self, kind: str, **plan: object) -> dict[str, Any]:
        """Have the load generator carry out a plan, and add the ``server_cpu`` seconds that this cost the server."""
        given = {"host": HOST, "port": self.port, "kind": kind, **plan}
        before = self.cpu()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.load"],
            input=json.dumps(given).encode(),
            stdout=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            raise ServerError("the load generator failed; its error stands above")
        report: dict[str, Any] = json.loads(done.stdout)
        return report | {"server_cpu": self.cpu() - before}

    def cpu(self) -> float:
        """Seconds of processor time used so far, by all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> float:
        """MiB of resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="utf-8").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / _MEBIBYTE

    @contextmanager
    def watched(self) -> Iterator[list[tuple[float, float]]]:
        """Note the memory again and again for as long as this lasts: seconds since the start, MiB."""
        samples: list[tuple[float, float]] = []
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_SAMPLE):
                samples.append((time.perf_counter() - self.begun, self.resident()))

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield samples
        finally:
            over.set()
            thread.join()


@contextmanager
def serving(start: Start) -> Iterator[Server]:
    """A server that answers; raises ``ServerError`` with what it said."""
    port = _free_port()
    environment: Mapping[str, str] = {**os.environ, **_LIMITS}
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own command
            start.command(port), env=environment, stdout=said, stderr=said
        )
        server = Server(process, port, begun)
        try:
            if not _answers(server):
                said.seek(0)
                raise ServerError(said.read()[-3000:].decode("utf-8", "replace"))
            server.ready = time.perf_counter() - begun
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_END_WAIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(server: Server) -> bool:
    """Wait for the first answer."""
    end = server.begun + _START_WAIT
    while server.process.poll() is None and time.perf_counter() < end:
        try:
            if server.ask("GET", "/readyz")[0] == 200:
                return True
        except (OSError, http.client.HTTPException):
            time.sleep(_POLL)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

"""``ccrs serve`` with an engine set up otherwise: so many replies written together, so many bytes of adaptations."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

from ccrs.serving.api.app import create_app
from ccrs.serving.api.companions import closed_at_end
from ccrs.serving.api.running import TellingServer, bind, server_config
from ccrs.serving.api.settings import ServerSettings
from ccrs.serving.assembly import open_service
from ccrs.serving.engine import EngineSettings


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving_program", description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--store", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--most-replies", type=int)
    parser.add_argument("--cache-bytes", type=int)
    options = parser.parse_args()
    engine = EngineSettings()
    if options.most_replies is not None:
        engine = replace(engine, replies=replace(engine.replies, max_batch=options.most_replies))
    if options.cache_bytes is not None:
        engine = replace(engine, cache_bytes=options.cache_bytes)
    settings = ServerSettings(port=options.port)
    listening = bind(settings.host, settings.port)
    service = open_service(options.run, options.store, settings=engine, num_threads=options.threads)
    app = create_app(service, service.store, settings, companions=[partial(closed_at_end, service)])
    TellingServer(server_config(app, settings), lambda: None).run([listening])


if __name__ == "__main__":
    main()

"""Puts a service together from a run's folder and the address of a store."""

from __future__ import annotations

from pathlib import Path

import torch

from ccrs.core.files import read_json
from ccrs.serving.catalogue import LiveCatalogue
from ccrs.serving.engine import Engine, EngineSettings
from ccrs.serving.service import Service
from ccrs.serving.store.sql_store import open_store

DEMO = "demo.json"
"""In a run's folder: the known people of a demonstration, told to the page."""


def default_store(run: Path) -> str:
    """Where people are remembered when nothing else is said."""
    return f"sqlite:///{run / 'people.db'}"


def open_service(
    run: Path,
    store_url: str | None = None,
    *,
    settings: EngineSettings | None = None,
    num_threads: int | None = None,
    choose: bool = False,
) -> Service:
    """A service that is ready to answer.

    ``choose``: replies are chosen among candidates (CCRS+), which takes several times as long. Raises
    ``CheckpointError`` and ``StoreError``.
    """
    if num_threads is not None:
        torch.set_num_threads(num_threads)
    store = open_store(store_url or default_store(run))
    try:
        catalogue = LiveCatalogue(run, store, choose=choose)
    except BaseException:
        store.close()
        raise
    about = {"demo": read_json(run / DEMO)} if (run / DEMO).exists() else {}
    return Service(Engine(settings), store, catalogue, about)

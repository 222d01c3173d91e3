"""Ids of the catalogue in the store: they outlive the run, so title and year decide what they mean in another one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

from ccrs.core.graph import Catalogue, Entity
from ccrs.serving.store.records import KnownItem

_ALIAS = "~"


class StoredIds:
    """Translates between the ids of one catalogue and those of the store; may be used from any thread.

    An entity is stored under its id. Where that id stands for something else in the store (it came from another
    catalogue), it is stored under the id with a mark of its own title. What was stored by another catalogue is found
    by its id when title and year agree, else by title and year; what cannot be found is None.
    """

    def __init__(
        self, catalogue: Catalogue, look_up: Callable[[Iterable[str]], Mapping[str, KnownItem]]
    ) -> None:
        self._catalogue, self._look_up = catalogue, look_up
        self._by_title: dict[tuple[str, int | None], str] = {}
        for entity in reversed(catalogue.entities):
            self._by_title[entity.name.casefold(), entity.year] = entity.id
        self._to_store: dict[str, str] = {}
        self._from_store: dict[str, str | None] = {}
        self._noted: set[str] = set()
        self._lock = threading.Lock()

    def to_store(self, ids: Iterable[str]) -> dict[str, str]:
        """The store's ids of entities of the catalogue."""
        wanted = [name for name in dict.fromkeys(ids) if name in self._catalogue.index]
        with self._lock:
            missing = [name for name in wanted if name not in self._to_store]
            if missing:
                known = self._look_up(missing)
                for name in missing:
                    stored = self._stored_name(self._entity(name), known.get(name))
                    self._to_store[name] = stored
                    self._from_store[stored] = name
            return {name: self._to_store[name] for name in wanted}

    def from_store(self, ids: Iterable[str]) -> dict[str, str]:
        """The catalogue's ids of what is stored; what the catalogue does not have is left out."""
        wanted = list(dict.fromkeys(ids))
        with self._lock:
            missing = [name for name in wanted if name not in self._from_store]
            if missing:
                known = self._look_up(missing)
                for name in missing:
                    self._from_store[name] = self._found(name, known.get(name))
            found = {name: self._from_store[name] for name in wanted}
        return {name: entity for name, entity in found.items() if entity is not None}

    def to_note(self, ids: Iterable[str]) -> list[KnownItem]:
        """Of entities of the catalogue those whose title the store may not know yet, under the store's ids."""
        stored = self.to_store(ids)
        with self._lock:
            new = [name for name in stored if name not in self._noted]
            self._noted.update(new)
        return [KnownItem(stored[name], self._entity(name).name, self._entity(name).year) for name in new]

    def _entity(self, name: str) -> Entity:
        return self._catalogue.entities[self._catalogue.index[name]]

    def _stored_name(self, entity: Entity, known: KnownItem | None) -> str:
        if known is None or _same(entity, known):
            return entity.id
        mark = sha256(f"{entity.name}\0{entity.year}".encode("utf-8", "replace")).hexdigest()[:8]
        return f"{entity.id}{_ALIAS}{mark}"

    def _found(self, name: str, known: KnownItem | None) -> str | None:
        entity = self._entity(name) if name in self._catalogue.index else None
        if known is None or (entity is not None and _same(entity, known)):
            return None if entity is None else entity.id
        return self._by_title.get((known.title.casefold(), known.year))


def _same(entity: Entity, known: KnownItem) -> bool:
    return entity.name.casefold() == known.title.casefold() and entity.year == known.year

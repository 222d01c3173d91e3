"""The world that answers now, and how it changes: items put in or taken out, another run in the place of this one."""

from __future__ import annotations

import threading
from pathlib import Path

from ccrs.core.errors import CheckpointError, DataError
from ccrs.serving.errors import NotFound
from ccrs.serving.schemas import ItemIn
from ccrs.serving.store.protocol import Store
from ccrs.serving.store.records import ItemRecord
from ccrs.serving.world import LoadedRun, World


class LiveCatalogue:
    """Makes a new world for each change and puts it in the place of the old one, which ends with its last request.

    Other processes on the same store see a change at their next ``refresh``. All methods block; they may be called
    from any thread.
    """

    def __init__(self, folder: Path, store: Store, *, choose: bool = False) -> None:
        self._folder, self._store, self._choose = folder, store, choose
        self._lock = threading.Lock()
        self.world = self._made(LoadedRun.load(folder))
        self.world.talker.warm_up()

    def _made(self, loaded: LoadedRun, items: tuple[ItemRecord, ...] | None = None) -> World:
        # The version first: an item put in meanwhile is found at the next refresh.
        version = self._store.catalogue_version()
        return World(
            loaded,
            self._store.items() if items is None else items,
            self._store.known_items,
            items_version=version,
            choose=self._choose,
        )

    def refresh(self) -> bool:
        """Take over items that another process put in; whether there were any."""
        with self._lock:
            if self._store.catalogue_version() == self.world.items_version:
                return False
            self.world = self._made(self.world.loaded)
            return True

    def reload(self) -> str:
        """Load the run anew where its files changed; the version that answers from now on.

        Raises ``CheckpointError``, and goes on with the old one, when what is there now cannot be used.
        """
        with self._lock:
            loaded = LoadedRun.load(self._folder)
            if loaded.version != self.world.loaded.version:
                world = self._made(loaded)
                world.talker.warm_up()
                self.world = world
            return self.world.version

    def put(self, item: str, content: ItemIn) -> None:
        """Put an item in, or change it; it can be recommended when this returns. Raises ``DataError``."""
        if not item.isprintable() or not item.strip():
            raise DataError(
                f"The item id {item!r} has characters that no id may have. Use letters and digits."
            )
        with self._lock:
            record = self._record(item, content)
            others = tuple(known for known in self._store.items() if known.id != item)
            try:  # what cannot be used is not stored
                self._made(self.world.loaded, (*others, record))
            except CheckpointError as error:  # a fault of the run, but it is the request that cannot be done
                raise DataError(str(error)) from error
            self._store.put_item(record)
            self.world = self._made(self.world.loaded)

    def delete(self, item: str) -> None:
        """Take an item out: it is offered no more. Raises ``NotFound``."""
        with self._lock:
            if not self.world.is_item(item):
                raise NotFound(f"There is no item {item!r}.")
            known = self.world.records.get(item)
            entity = self.world.run.catalogue.entities[self.world.run.catalogue.index[item]]
            gone = known or ItemRecord(item, entity.name, entity.year, entity.type)
            self._store.put_item(
                ItemRecord(
                    gone.id,
                    gone.title,
                    gone.year,
                    gone.type,
                    gone.aliases,
                    gone.facts,
                    available=False,
                    deleted=True,
                )
            )
            self.world = self._made(self.world.loaded)

    def _record(self, item: str, content: ItemIn) -> ItemRecord:
        """What is stored of an item; what is not said of one that is there stays as it is."""
        before = self.world.records.get(item)
        said = content.model_fields_set

        def kept(name: str) -> object:
            return (
                getattr(before, name) if before is not None and name not in said else getattr(content, name)
            )

        facts = content.facts
        if facts is None and before is not None and not before.deleted:
            told = before.facts
        else:
            told = None if facts is None else {relation: tuple(names) for relation, names in facts.items()}
        if told is None and item not in self.world.loaded.run.catalogue.index:
            told = {}
        kind = self.world.run.catalogue.items[0].type
        return ItemRecord(
            id=item,
            title=content.title,
            year=kept("year"),  # type: ignore[arg-type]
            type=kind,
            aliases=tuple(kept("aliases")),  # type: ignore[arg-type]
            facts=told,
            plot=kept("plot"),  # type: ignore[arg-type]
            url=kept("url"),  # type: ignore[arg-type]
            image=kept("image"),  # type: ignore[arg-type]
            price=kept("price"),  # type: ignore[arg-type]
            available=content.available,
        )

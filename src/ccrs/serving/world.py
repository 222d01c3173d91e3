"""All that answers depend on and that is swapped as a whole: a talker, its catalogue as cards, its ids in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ccrs.artifacts.responder import ResponderRun, load_responder
from ccrs.artifacts.run import Run, load_run
from ccrs.core.cards import unavailable_items
from ccrs.core.errors import DataError
from ccrs.core.files import sha256
from ccrs.core.hearing import Constraints, NumberRange
from ccrs.data.graph_format import nearest_hint
from ccrs.inference.new_items import NewItem, extended_responder, extended_run
from ccrs.inference.talk import Talker
from ccrs.serving.cards import Cards
from ccrs.serving.examples import examples_of
from ccrs.serving.schemas import Filters, NumberBounds
from ccrs.serving.store.records import ItemRecord, KnownItem
from ccrs.serving.stored_ids import StoredIds

LookUp = Callable[[Iterable[str]], Mapping[str, KnownItem]]


@dataclass(frozen=True)
class LoadedRun:
    """A run of the disk, before any item was put in; ``version`` is that of its files."""

    run: Run
    responder: ResponderRun
    version: str

    @classmethod
    def load(cls, folder: Path) -> LoadedRun:
        """Read a run with its responder; raises ``CheckpointError``."""
        run = load_run(folder)
        responder = load_responder(folder, run)
        files = (folder / "run.json", folder / "responder" / "run.json")
        return cls(run, responder, "-".join(sha256(path)[:8] for path in files))


class World:
    """A talker and everything that belongs to its catalogue.

    ``items`` are the store's records of items put in or changed; ``items_version`` is the store's catalogue version.
    """

    def __init__(
        self,
        loaded: LoadedRun,
        items: Sequence[ItemRecord],
        look_up: LookUp,
        *,
        items_version: int = 0,
        choose: bool = False,
    ) -> None:
        self.loaded, self.items_version = loaded, items_version
        own = loaded.run.catalogue.index
        added = [
            _new_item(item)
            for item in items
            if not item.deleted and (item.facts is not None or item.id not in own)
        ]
        run = extended_run(loaded.run, added) if added else loaded.run
        self.run = run
        responder = extended_responder(loaded.responder, loaded.run, run) if added else loaded.responder
        self.talker = Talker(run, responder, choose=choose)
        self.records = {item.id: item for item in items if item.id in run.catalogue.index}
        told = {i: r.plot for i, r in self.records.items() if r.plot}
        self.talker.facts.plots = {**self.talker.facts.plots, **told}
        self.cards = Cards(run, self.records)
        self.ids = StoredIds(run.catalogue, look_up)
        self.gone = frozenset(item.id for item in items if item.deleted)
        # What the store says of an item goes before the run's card.
        out = {i for i in unavailable_items(run.cards) if i not in self.records}
        out |= {i for i, r in self.records.items() if not r.available}
        self.unavailable = frozenset(out) | self.gone

    @property
    def version(self) -> str:
        """What answers: the run's files and the items put in."""
        return f"{self.loaded.version}+{self.items_version}" if self.items_version else self.loaded.version

    @property
    def num_items(self) -> int:
        """Items that can be found."""
        return self.run.catalogue.num_items - len(self.gone & set(self.run.catalogue.index))

    def is_item(self, name: str) -> bool:
        """Whether ``name`` is the id of an item that is there."""
        catalogue = self.run.catalogue
        return name not in self.gone and catalogue.index.get(name, catalogue.num_items) < catalogue.num_items

    def hidden(self, filters: Filters | None) -> frozenset[str]:
        """Items that may not be offered: deleted ones, and those not to be had unless these are asked for."""
        return self.gone if filters is not None and not filters.available_only else self.unavailable

    def constraints(self, filters: Filters | None) -> Constraints:
        """Filters with names looked up; raises ``DataError`` for a name that nothing has."""
        if filters is None:
            return Constraints()
        if (
            filters.year_from is not None
            and filters.year_to is not None
            and filters.year_from > filters.year_to
        ):
            raise DataError(
                f"filters: year_from = {filters.year_from} is above year_to = {filters.year_to}. Swap them."
            )
        return Constraints(
            wanted=tuple(self.entity(name, "filters.wanted") for name in filters.wanted),
            unwanted=tuple(self.entity(name, "filters.unwanted") for name in filters.unwanted),
            year_from=filters.year_from,
            year_to=filters.year_to,
            any_of=tuple(
                tuple(self.entity(name, "filters.any_of") for name in group) for group in filters.any_of
            ),
            numbers=tuple(self._bounds(one) for one in filters.numbers),
        )

    def _bounds(self, one: NumberBounds) -> NumberRange:
        """Bounds on a number that the catalogue has; raises ``DataError``."""
        if one.name not in self._number_names:
            mend = nearest_hint(one.name, self._number_names, "numbers")
            raise DataError(f"filters.numbers: {one.name!r} is no number of this catalogue. {mend}")
        if one.low is not None and one.high is not None and one.low > one.high:
            raise DataError(
                f"filters.numbers: {one.name}: low = {one.low:g} is above high = {one.high:g}. Swap them."
            )
        return NumberRange(one.name, one.low, one.high)

    @cached_property
    def _number_names(self) -> frozenset[str]:
        """The numbers that any item of the run has."""
        return frozenset(name for card in self.run.cards.values() for name in card.numbers)

    def entity(self, name: str, where: str) -> str:
        """The id of the entity that ``name`` (an id, a title, another name) means; raises ``DataError``."""
        if name in self.run.catalogue.index:
            return name
        found = self._by_name.get(name.casefold().strip())
        if found is None:
            number = self.talker.recommender.linker.find_item(name)
            found = None if number is None else self.run.catalogue.entities[number].id
        if found is None:
            near = [repr(entity.title) for entity in self.talker.recommender.linker.nearest(name)]
            hint = f"The nearest are: {', '.join(near)}." if near else "Nothing is near it."
            raise DataError(f"{where}: {name!r} is nothing in the catalogue. {hint}")
        return found

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """What an empty conversation suggests to say."""
        return examples_of(self.run)

    @cached_property
    def _by_name(self) -> Mapping[str, str]:
        """Ids by name, of what is no item first."""
        entities = self.run.catalogue.entities
        names = {entity.name.casefold(): entity.id for entity in reversed(entities)}
        others = entities[self.run.catalogue.num_items :]
        for entity in reversed(others):
            for alias in (*entity.aliases, entity.name):
                names[alias.casefold()] = entity.id
        return names


def _new_item(item: ItemRecord) -> NewItem:
    return NewItem(
        item.id,
        item.title,
        item.year,
        item.type or None,
        item.aliases,
        {k: tuple(v) for k, v in (item.facts or {}).items()},
    )

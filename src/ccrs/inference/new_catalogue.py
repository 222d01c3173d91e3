"""A run's catalogue and triples with items put in, changed and taken out; facts find the entities there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ccrs.artifacts.run import Run
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.core.samples import IntArray
from ccrs.data.graph_format import nearest_hint
from ccrs.data.linking_names import tokenise


@dataclass(frozen=True)
class NewItem:
    """An item to put into a catalogue.

    ``facts`` holds, by relation, the names or entity ids it is linked to: ``{"director": ("Jane Campion",)}``; None
    leaves the facts of an item that is there already as they are. ``type`` None is the type of most items.
    """

    id: str
    title: str
    year: int | None = None
    type: str | None = None
    aliases: tuple[str, ...] = ()
    facts: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class NewCatalogue:
    """The catalogue and triples after a change, and where everything went.

    ``places`` is where each entity of the old catalogue is now, -1 where it is gone. ``put`` are the items that were
    put in or changed, ``entities`` the others that facts brought in.
    """

    catalogue: Catalogue
    triples: tuple[Triple, ...]
    added: tuple[Triple, ...]  # those of ``triples`` that are new
    gone: tuple[Triple, ...]  # of the old ones that are no more, both ends still there
    places: IntArray  # (old entities)
    put: IntArray  # (put items)
    entities: IntArray  # (new entities that are no items)


def new_catalogue(run: Run, items: Sequence[NewItem], removed: Collection[str] = ()) -> NewCatalogue:
    """Put ``items`` behind the run's own items and take ``removed`` (ids) out.

    Raises ``DataError`` on an item without id or title, an id that is used twice or by an entity that is no item, a
    relation the run does not have, an empty fact or one that links an item to itself, and on a removed id that is no
    item.
    """
    old = run.catalogue
    _check_ids(old, items, removed)
    usual = Counter(item.type for item in old.items).most_common(1)
    kind = usual[0][0] if usual else "item"
    changed = {item.id: _entity(item, item.type or kind) for item in items}
    leaving = set(removed)
    own = [changed.pop(entity.id, entity) for entity in old.items if entity.id not in leaving]
    first = [*own, *changed.values()]
    others = old.entities[old.num_items :]
    linker = _FactLinker(run.triples, first, others)
    given = [triple for item in items for triple in linker.triples(item)]
    catalogue = Catalogue((*first, *others, *linker.found))
    stated = {item.id for item in items if item.facts is not None and item.id in old.index}
    kept = [t for t in run.triples if not leaving or (t.head not in leaving and t.tail not in leaving)]
    replaced = [t for t in kept if t.head in stated] if stated else []
    before, now = set(replaced), set(given)
    gone = before - now
    if gone:
        kept = [triple for triple in kept if triple not in gone]
    added = tuple(dict.fromkeys(triple for triple in given if triple not in before))
    _check_relations(run, (*kept, *added))
    shift = len(first) - old.num_items
    places = np.arange(old.num_entities, dtype=np.int64) + shift
    places[: old.num_items] = [catalogue.index.get(item.id, -1) for item in old.items]
    return NewCatalogue(
        catalogue=catalogue,
        triples=(*kept, *added),
        added=added,
        gone=tuple(sorted(gone, key=lambda t: (t.head, t.relation, t.tail))),
        places=places,
        put=np.array([catalogue.index[item.id] for item in items], np.int64),
        entities=np.arange(len(first) + len(others), catalogue.num_entities, dtype=np.int64),
    )


def _check_ids(old: Catalogue, items: Sequence[NewItem], removed: Collection[str]) -> None:
    """Whether everything can be put in and taken out."""
    counts = Counter(item.id for item in items)
    for number, item in enumerate(items, start=1):
        problem = _problem_of_names(item)
        entity = old.index.get(item.id, -1)
        if counts[item.id] > 1:
            problem = f"the id stands {counts[item.id]} times in the list. Keep one of them."
        elif item.id in removed:
            problem = "is to be put in and removed at once. Take it out of one of the lists."
        elif entity >= old.num_items:
            other = old.entities[entity]
            problem = f"is the id of a {other.type}, {other.name!r}, not of an item. Choose another id."
        if problem:
            raise DataError(f"item {number} ({item.id!r}): {problem}")
    for name in removed:
        if not 0 <= old.index.get(name, -1) < old.num_items:
            mend = nearest_hint(name, (item.id for item in old.items), "items")
            raise DataError(f"{name!r} cannot be removed: it is no item of the catalogue. {mend}")


def _check_relations(run: Run, triples: Sequence[Triple]) -> None:
    """Whether every relation that the model has weights for still has a triple: relations are told by their number."""
    left = {triple.relation for triple in triples}
    for relation in run.graph.relations[: len(run.graph.relations) // 2]:
        if relation not in left:
            raise DataError(f"This would leave no fact of {relation!r}. Keep an item that has one.")


def _problem_of_names(item: NewItem) -> str:
    """What is wrong with an item's id, title or aliases, and the mend; empty where nothing is."""
    if not item.id.strip():
        return "the id is empty. Give every item its own id."
    if not item.title.strip():
        return "the title is empty. Write the name people call it."
    for name in (item.id, item.title, *item.aliases):
        if _unwritable(name):
            return f"{name!r} holds a tab or a new line. Take it out."
    for name in item.aliases:
        if "|" in name or not name.strip():
            return f"alias {name!r} is empty or holds '|'. Take it out."
    return ""


def _unwritable(text: str) -> bool:
    """Whether a catalogue's file cannot hold the text."""
    return any(separator in text for separator in "\t\n\r")


def _entity(item: NewItem, kind: str) -> Entity:
    return Entity(item.id, kind, item.title.strip(), True, item.year, item.aliases)


class _FactLinker:
    """Finds the entities that facts name; those that nothing has become new ones, in ``found``."""

    def __init__(self, triples: Sequence[Triple], items: Sequence[Entity], others: Sequence[Entity]) -> None:
        self.found: list[Entity] = []
        self._entities = {entity.id: entity for entity in (*items, *others)}
        self._degrees: Counter[str] = Counter()
        self._kinds: dict[str, Counter[str]] = defaultdict(Counter)
        for triple in triples:
            self._degrees[triple.tail] += 1
            tail = self._entities.get(triple.tail)
            if tail is not None:
                self._kinds[triple.relation][tail.type] += 1
        self.relations = sorted({triple.relation for triple in triples})

    def triples(self, item: NewItem) -> list[Triple]:
        """The facts of ``item`` as triples, each once."""
        found: dict[Triple, None] = {}
        for relation, values in (item.facts or {}).items():
            if relation not in self.relations:
                known = ", ".join(self.relations) or "none"
                mend = nearest_hint(relation, self.relations, "relations") if self.relations else ""
                near = f" {mend}" if mend.startswith("Did") else ""
                raise DataError(
                    f"item {item.id!r}: there is no relation {relation!r}.{near} The run knows: {known}."
                )
            for value in values:
                tail = self._entity(relation, value, item)
                if tail == item.id:
                    raise DataError(
                        f"item {item.id!r}: {relation} {value!r} is the item itself. Take this fact out."
                    )
                found[Triple(item.id, relation, tail)] = None
        return list(found)

    def _entity(self, relation: str, value: str, item: NewItem) -> str:
        """The id that ``value`` means as a tail of ``relation``."""
        name = value.strip()
        if not name:
            raise DataError(f"item {item.id!r}: a fact of {relation} is empty. Write a name or take it out.")
        if _unwritable(name):
            raise DataError(f"item {item.id!r}: {relation} {name!r} holds a tab or a new line. Take it out.")
        kinds = self._kinds[relation]
        by_id = self._entities.get(name)
        if by_id is not None and by_id.type in kinds:
            return name
        for kind in sorted(kinds, key=lambda kind: (-kinds[kind], kind)):
            known = self._names.get((kind, folded(name)))
            if known is not None:
                return known
        if by_id is not None:  # only now: the id of a film may be the name of a theme
            return name
        usual = min(kinds, key=lambda kind: (-kinds[kind], kind)) if kinds else relation
        return self._add(usual, name)

    def _add(self, kind: str, name: str) -> str:
        """A new entity of its own."""
        base = identity = f"{kind}:{'-'.join(folded(name).split())}"
        number = 1
        while identity in self._entities:
            number += 1
            identity = f"{base}-{number}"
        entity = Entity(identity, kind, name)
        self.found.append(entity)
        self._entities[identity] = entity
        self._names[kind, folded(name)] = identity
        return identity

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        """Ids by type and folded name, title or alias; of namesakes the one with most facts, names before aliases."""
        wanted = {kind for kinds in self._kinds.values() for kind in kinds}
        known = [entity for entity in self._entities.values() if entity.type in wanted]
        known.sort(
            key=lambda entity: -self._degrees[entity.id]
        )  # stable: equal ones in the catalogue's order
        names: dict[tuple[str, str], str] = {}
        for entity in known:
            for name in {entity.name, entity.title}:
                names.setdefault((entity.type, folded(name)), entity.id)
        for entity in known:
            for name in entity.aliases:
                names.setdefault((entity.type, folded(name)), entity.id)
        return names


def folded(name: str) -> str:
    """A name without case, accents and punctuation; a name of punctuation alone without case only."""
    if name.isascii() and name.replace(" ", "").isalnum():  # the same, quicker
        return " ".join(name.lower().split())
    return " ".join(tokenise(name)[0]) or name.strip().casefold()

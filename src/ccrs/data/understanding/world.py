"""What the rules know of a catalogue: what each entity is, its years, its facts, and which items share a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ccrs.core.dialogue import Message
from ccrs.core.graph import Catalogue, Triple
from ccrs.core.item_words import ItemWords
from ccrs.data.understanding.line import Kind

_KINDS_OF_TYPES: dict[str, Kind] = {"person": "person", "genre": "genre"}


class World:
    """Tables over a catalogue and its triples, made once.

    ``kinds`` and ``years`` go by entity id, ``links`` gives the entities an item is linked to, ``by_relation`` those of
    one relation.
    """

    def __init__(self, catalogue: Catalogue, triples: Sequence[Triple]) -> None:
        self.catalogue = catalogue
        self.words = ItemWords.of(catalogue)
        self.kinds: dict[str, Kind] = {}
        for position, entity in enumerate(catalogue.entities):
            other = _KINDS_OF_TYPES.get(entity.type, "thing")
            self.kinds[entity.id] = "item" if position < catalogue.num_items else other
        self.years = {item.id: item.year for item in catalogue.items if item.year is not None}
        self._namesakes: dict[str, list[str]] = defaultdict(list)
        for item in catalogue.items:
            self._namesakes[item.name.casefold()].append(item.id)
        links: dict[str, set[str]] = defaultdict(set)
        self.by_relation: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for triple in triples:
            for head, tail in ((triple.head, triple.tail), (triple.tail, triple.head)):
                if self.kinds.get(head) == "item":
                    links[head].add(tail)
                    self.by_relation[head][triple.relation].append(tail)
        self.links = {item: frozenset(linked) for item, linked in links.items()}

    def type_of(self, name: str) -> str:
        """The type that the catalogue gives an entity; "" where it has none of that id."""
        position = self.catalogue.index.get(name)
        return "" if position is None else self.catalogue.entities[position].type

    def is_item(self, name: str) -> bool:
        """Whether it can be recommended."""
        return self.kinds.get(name) == "item"

    def items(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of ``names`` that are items, in order."""
        return tuple(name for name in names if self.is_item(name))

    def named_in(self, message: Message | None, kind: Kind) -> tuple[str, ...]:
        """What a message names of one kind, in order, each once."""
        mentions = message.mentions if message is not None else ()
        return tuple(dict.fromkeys(m.entity for m in mentions if self.kinds.get(m.entity) == kind))

    def namesakes(self, item: str) -> tuple[str, ...]:
        """The other items of the same name."""
        position = self.catalogue.index.get(item)
        if position is None:
            return ()
        name = self.catalogue.entities[position].name.casefold()
        return tuple(other for other in self._namesakes[name] if other != item)

    def same_name(self, one: str, other: str) -> bool:
        """Whether two items are namesakes."""
        return other in self.namesakes(one)

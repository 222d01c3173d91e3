"""From what the store keeps of a person to what the models read: opinions, exchanges, support dialogues."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ccrs.core.dialogue import Dialogue
from ccrs.core.hearing import Opinion
from ccrs.inference.answers import Exchange
from ccrs.inference.interactions import support_dialogue
from ccrs.serving.engine import NUM_SUPPORT, Who
from ccrs.serving.store.protocol import Store
from ccrs.serving.store.records import DialogueHead, DialogueRecord, OpinionRecord, TurnRecord
from ccrs.serving.turn_content import from_content
from ccrs.serving.world import World

_NUM_OVERVIEWS = 20_000


@dataclass(frozen=True)
class Overview:
    """Of one person, without what was said: the dialogues, and all opinions with the ids of the store."""

    version: int
    since: float = 0.0
    """When the person was first met: one who was deleted through another process and came back is another."""
    heads: tuple[DialogueHead, ...] = ()
    opinions: tuple[OpinionRecord, ...] = ()


NOBODY = Overview(-1)


class People:
    """Reads people from a store; overviews are kept as long as the store says that nothing changed."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._overviews: OrderedDict[tuple[str, str], Overview] = OrderedDict()
        self._lock = threading.Lock()

    def overview(self, tenant: str, user: str) -> Overview:
        """What is known of somebody; one small query when nothing changed."""
        record = self.store.user(tenant, user)
        key = (tenant, user)
        with self._lock:
            found = self._overviews.get(key)
            if record is None:
                self._overviews.pop(key, None)
                return NOBODY
            if found is not None and (found.version, found.since) == (record.version, record.created):
                self._overviews.move_to_end(key)
                return found
        # Read after the version: what changes meanwhile is at worst read again.
        fresh = Overview(
            record.version,
            record.created,
            self.store.dialogues(tenant, user),
            self.store.opinions(tenant, user),
        )
        with self._lock:
            self._overviews[key] = fresh
            while len(self._overviews) > _NUM_OVERVIEWS:
                self._overviews.popitem(last=False)
        return fresh

    def who(self, world: World, tenant: str, user: str, overview: Overview, dialogue: str | None) -> Who:
        """Somebody as the engine adapts to him: all his dialogues but the one under way."""
        heads = [head for head in overview.heads if head.id != dialogue and head.num_turns][-NUM_SUPPORT:]
        said = [record for record in overview.opinions if record.dialogue != dialogue or dialogue is None]
        parts = [world.version, *(f"{head.id}:{head.head}" for head in heads)]
        parts += sorted(f"{record.entity}:{record.opinion}:{record.dialogue}" for record in said)
        signature = hashlib.sha256("\n".join(parts).encode()).hexdigest()

        def support() -> Sequence[Dialogue]:
            wanted = {head.id for head in heads}
            records = [r for r in self.store.history(tenant, user) if r.id in wanted]
            return support_of(world, user, records, said)

        return Who((tenant, user, dialogue or ""), signature, support)


def opinions_of(world: World, records: Iterable[OpinionRecord]) -> dict[str, frozenset[Opinion]]:
    """Opinions by entity of the present catalogue."""
    records = tuple(records)
    names = world.ids.from_store(record.entity for record in records)
    found: dict[str, set[Opinion]] = {}
    for record in records:
        if record.entity in names:
            found.setdefault(names[record.entity], set()).add(record.opinion)
    return {entity: frozenset(said) for entity, said in found.items()}


def exchanges_of(world: World, turns: Iterable[TurnRecord]) -> tuple[Exchange, ...]:
    """Stored turns in the ids of the present catalogue."""
    return tuple(from_content(turn.content, world.ids, turn.id) for turn in turns)


def liked_on_cards(world: World, records: Iterable[OpinionRecord], dialogue: str) -> tuple[str, ...]:
    """Items liked on a card during a dialogue, the latest last."""
    liked = [r for r in records if r.dialogue == dialogue and r.turn is None and r.opinion == "like"]
    names = world.ids.from_store(record.entity for record in liked)
    ordered = sorted(liked, key=lambda record: record.created)
    return tuple(names[r.entity] for r in ordered if r.entity in names and world.is_item(names[r.entity]))


def support_of(
    world: World, user: str, dialogues: Sequence[DialogueRecord], opinions: Sequence[OpinionRecord]
) -> list[Dialogue]:
    """Stored dialogues as support, oldest first; opinions from cards count in the dialogue they were given in.

    Opinions given outside any dialogue make one of their own.
    """
    said = opinions_of(world, opinions)
    recommender = world.talker.recommender
    found = []
    for time, record in enumerate(dialogues):
        liked = [recommender.naming(item) for item in liked_on_cards(world, opinions, record.id)]
        exchanges = exchanges_of(world, record.turns)
        found.append(
            support_dialogue(record.id, user, exchanges, said, world.run.catalogue, time=time, liked=liked)
        )
    alone = [r for r in opinions if r.dialogue is None and r.opinion == "like"]
    names = world.ids.from_store(record.entity for record in alone)
    items = [name for name in names.values() if world.is_item(name)]
    if items:
        named = tuple(recommender.naming(item) for item in items)
        found.insert(0, Dialogue("cards", user, named, time=-1))
    return found

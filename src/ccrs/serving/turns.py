"""One turn from the words to the store: read what is known, adapt, answer, keep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import anyio.to_thread

from ccrs.inference.answers import Answer, Exchange, Person, TurnInput
from ccrs.inference.interactions import Opinions, merged_opinions
from ccrs.serving import schemas
from ccrs.serving.engine import Engine, Who
from ccrs.serving.people import People, exchanges_of, liked_on_cards, opinions_of
from ccrs.serving.store.records import DialogueRecord, Once
from ccrs.serving.turn_content import kept_turn
from ccrs.serving.views import STORED_FIELDS, turn_view
from ccrs.serving.world import World

T = TypeVar("T")


async def in_thread(call: Callable[[], T]) -> T:
    """Run what blocks (the store) beside the event loop."""
    return await anyio.to_thread.run_sync(call)


@dataclass(frozen=True)
class Scene:
    """Where a dialogue stands when somebody says something, in the ids of one world.

    ``record`` is None for a dialogue that nothing is kept of. The answer goes after the turn ``parent``; ``head`` was
    the last turn when the store was read: when it is another one by then, somebody else went on.
    """

    world: World
    exchanges: tuple[Exchange, ...]
    opinions: Opinions
    liked: tuple[str, ...] = ()
    who: Who | None = None
    record: DialogueRecord | None = None
    parent: str | None = None
    head: str | None = None


@dataclass(frozen=True)
class Spoke:
    """A turn that was answered and is not stored yet."""

    scene: Scene
    said: str
    answer: Answer
    view: schemas.Turn


class Turns:
    """Answers turns and keeps them."""

    def __init__(self, engine: Engine, people: People) -> None:
        self.engine, self.people = engine, people

    def scene(self, world: World, tenant: str, dialogue: str) -> Scene:
        """Where a stored dialogue stands; blocks. Raises ``NotFound``."""
        record = self.people.store.dialogue(tenant, dialogue)
        overview = self.people.overview(tenant, record.user)
        return Scene(
            world=world,
            exchanges=exchanges_of(world, record.turns),
            opinions=opinions_of(world, overview.opinions),
            liked=liked_on_cards(world, overview.opinions, dialogue),
            who=self.people.who(world, tenant, record.user, overview, dialogue),
            record=record,
            parent=record.head,
            head=record.head,
        )

    async def answered(self, read: Callable[[], Scene], given: Callable[[Scene], TurnInput]) -> Spoke:
        """Answer what is ``given`` in the scene that is ``read``; raises ``Busy``."""
        with self.engine.coming():  # a batch of replies may wait for this one while the store is read
            scene = await in_thread(read)
            person = Person(opinions=scene.opinions)
            if scene.who is not None:
                known = await self.engine.adaptation(scene.world.talker, scene.who, with_inner=True)
                person = replace(person, state=known.state, inner=known.inner)
            full = replace(given(scene), before=scene.exchanges, person=person, liked=scene.liked)
            waiting: Awaitable[Answer] = self.engine.begin_answer(scene.world.talker, full)
        answer = await waiting
        return Spoke(scene, full.text, answer, self._view(scene, full, answer))

    def _view(self, scene: Scene, given: TurnInput, answer: Answer) -> schemas.Turn:
        if answer.exchange is None:
            return turn_view(scene.world, given.text, answer, scene.opinions, given.filters)
        heard = answer.exchange.heard
        opinions = merged_opinions(scene.opinions, heard.opinions, heard.undone)
        in_force = scene.world.talker.wishes.in_force(heard.constraints, opinions, given.filters)
        return turn_view(scene.world, given.text, answer, opinions, in_force)

    def keep(
        self,
        tenant: str,
        spoke: Spoke,
        *,
        once: Once | None = None,
        fingerprint: str = "",
    ) -> schemas.Turn:
        """Store a turn with the opinions in it; blocks. It is told as done only after this.

        Raises ``Conflict`` when anything was added to the dialogue meanwhile: of two who go on from the last turn at
        once the second would else replace the first. A turn without words is not stored.
        """
        scene, exchange = spoke.scene, spoke.answer.exchange
        if scene.record is None or exchange is None:
            return spoke.view
        store = self.people.store
        view = spoke.view.model_dump(mode="json", include=set(STORED_FIELDS), exclude_defaults=True)
        kept = kept_turn(
            exchange,
            scene.world.ids,
            said=spoke.said,
            reply=spoke.view.reply,
            model=scene.world.version,
            view=view,
            fingerprint=fingerprint,
        )
        store.note_items(kept.titles)
        record = store.add_turn(
            tenant,
            scene.record.id,
            kept.turn,
            parent=scene.parent,
            expected_head=scene.head,
            opinions=kept.opinions,
            undone=kept.undone,
            once=once,
        )
        return spoke.view.model_copy(
            update={"id": record.id, "number": record.number, "created": record.created}
        )

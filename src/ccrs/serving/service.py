"""The service: all that can be asked of the server, without HTTP; joins engine, store and catalogue.

Nothing is told as done that is not stored. Whoever asks for what is another tenant's finds nothing.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ccrs.core.dialogue import Message
from ccrs.core.hearing import Heard, Opinion
from ccrs.inference.answers import TurnInput
from ccrs.inference.ranking import RankRequest
from ccrs.inference.reading import readable
from ccrs.serving import schemas, views
from ccrs.serving.catalogue import LiveCatalogue
from ccrs.serving.engine import Engine
from ccrs.serving.errors import Conflict, NotFound, StoreError
from ccrs.serving.histories import Histories
from ccrs.serving.people import NOBODY, Overview, People, opinions_of
from ccrs.serving.protocols import Said, Sampling, Spoken
from ccrs.serving.store.protocol import Store
from ccrs.serving.store.records import Once, OpinionRecord
from ccrs.serving.streaming import events_of
from ccrs.serving.turns import Turns, in_thread
from ccrs.serving.world import World

OnceKey = tuple[str, str]
"""Idempotency key and hash of the request."""
_NUM_PROBES = 20
_NO_SEARCH = 10_000


class Service:
    """A ``ChatService``. ``about`` is told in ``readiness`` beside what the service knows of itself."""

    def __init__(
        self, engine: Engine, store: Store, catalogue: LiveCatalogue, about: Mapping[str, Any] | None = None
    ) -> None:
        self.engine, self.store, self.catalogue = engine, store, catalogue
        self.about = dict(about or {})
        self.people = People(store)
        self.turns = Turns(engine, self.people)
        self.histories = Histories(self.turns)

    @property
    def world(self) -> World:
        """What answers now."""
        return self.catalogue.world

    # Dialogues

    async def begin_dialogue(
        self, tenant: str, user: str, *, once: OnceKey | None = None
    ) -> schemas.Dialogue:
        """A new dialogue; the user is made when new."""
        earlier = await self._done(tenant, once)
        if earlier is not None:
            return await self.dialogue(tenant, earlier.made or "")
        record = await in_thread(lambda: self.store.begin_dialogue(tenant, user, once=_once(once)))
        world = self.world
        overview = await in_thread(lambda: self.people.overview(tenant, user))
        if len(overview.heads) > 1:
            self.engine.prepare(world.talker, self.people.who(world, tenant, user, overview, record.id))
        return schemas.Dialogue(id=record.id, user=user, created=record.created)

    async def dialogue(self, tenant: str, dialogue: str) -> schemas.Dialogue:
        """A dialogue with its turns as they were shown; the opinions on the cards are those of today."""
        world = self.world

        def read() -> schemas.Dialogue:
            record = self.store.dialogue(tenant, dialogue)
            said = opinions_of(world, self.people.overview(tenant, record.user).opinions)
            turns = [_refreshed(views.stored_view(turn), said) for turn in record.turns]
            return schemas.Dialogue(id=record.id, user=record.user, created=record.created, turns=turns)

        return await in_thread(read)

    async def forget_dialogue(self, tenant: str, dialogue: str) -> None:
        """The dialogue and the opinions said in it are gone."""
        await in_thread(lambda: self.store.forget_dialogue(tenant, dialogue))

    async def turn(
        self, tenant: str, dialogue: str, request: schemas.TurnRequest, *, once: OnceKey | None = None
    ) -> AsyncIterator[schemas.StreamEvent]:
        """Answer and store; see ``ChatService``."""
        stored = await self._stored_turn(tenant, dialogue, once)
        if stored is None:
            world = self.world
            filters = world.constraints(request.filters)
            spoke = await self.turns.answered(
                lambda: self.turns.scene(world, tenant, dialogue),
                lambda scene: TurnInput(
                    request.text,
                    filters=filters,
                    unavailable=world.hidden(request.filters),
                    num_items=request.k,
                    seed=request.seed or 0,
                ),
            )
            for event in events_of(spoke.view):
                yield event
            stored = await in_thread(lambda: self.turns.keep(tenant, spoke, once=_once(once)))
        else:
            for event in events_of(stored):
                yield event
        yield schemas.StreamEvent(event="done", turn=stored)

    async def answer_history(
        self,
        tenant: str,
        user: str | None,
        history: Sequence[Said],
        sampling: Sampling,
        *,
        number: int = 0,
    ) -> AsyncIterator[schemas.StreamEvent | Spoken]:
        """See ``ChatService``."""
        async for event in self.histories.answer(self.world, tenant, user, history, sampling, number):
            yield event

    # Recommendations and opinions

    async def recommend(self, tenant: str, request: schemas.RecommendationRequest) -> schemas.Recommendations:
        """Rank for a user (adapted to all his dialogues) or for a stranger."""
        world = self.world
        talker = world.talker
        filters = world.constraints(request.filters)
        messages, heard, remarks = self._said_now(world, request)
        overview, state = NOBODY, None
        if request.user is not None:
            user = request.user
            overview = await in_thread(lambda: self.people.overview(tenant, user))
            who = self.people.who(world, tenant, user, overview, None)
            state = (await self.engine.adaptation(talker, who, with_inner=False)).state
        opinions = opinions_of(world, overview.opinions)
        constraints = talker.wishes.in_force(heard.constraints, opinions, filters)
        out = {e for e, said in opinions.items() if said & {"seen", "dislike"}} | world.hidden(
            request.filters
        )
        index = world.run.catalogue.index
        allowed = talker.recommender.filter.allowed(constraints, [index[e] for e in out if e in index])
        allowed &= talker.recommender.unnamed(messages)
        ranked = await self.engine.rank(talker, RankRequest(messages, state, allowed))
        found = talker.recommender.explain(ranked, k=request.k, allowed=allowed)
        explanation = views.explanation_view(world, found, constraints) if request.explain else None
        cards = [
            world.cards.card(item.id, recommended=item, opinions=opinions.get(item.id, ()))
            for item in found.items
        ]
        return schemas.Recommendations(
            items=cards, explanation=explanation, remarks=remarks, model=world.version
        )

    def _said_now(
        self, world: World, request: schemas.RecommendationRequest
    ) -> tuple[tuple[Message, ...], Heard, list[str]]:
        """The messages of a request for recommendations, and what is heard in its text."""
        recommender = world.talker.recommender
        messages = [recommender.naming(item) for item in request.items]
        said, remarks = readable(
            request.text, world.talker.responder.config.text.max_context, world.talker.words
        )
        if not said:
            return tuple(messages), Heard(Message("seeker", "")), list(remarks)
        heard = world.talker.hear(said)
        return (*messages, heard.message), heard, list(remarks)

    async def feedback(
        self, tenant: str, request: schemas.FeedbackRequest, *, once: OnceKey | None = None
    ) -> schemas.FeedbackResponse:
        """Like, dislike or seen of an item, or one of them taken back; acts at once."""
        world, user = self.world, request.user
        item = world.entity(request.item, "item")

        def write() -> tuple[OpinionRecord, ...]:
            if once is not None and self._once_done(tenant, once) is not None:
                return tuple(o for o in self.store.opinions(tenant, user) if o.entity == stored)
            if request.undo:
                return self.store.remove_opinion(tenant, user, stored, request.opinion, once=_once(once))
            if request.dialogue is not None and self.store.dialogue(tenant, request.dialogue).user != user:
                raise NotFound(f"User {user!r} has no dialogue {request.dialogue!r}.")
            self.store.note_items(world.ids.to_note([item]))
            record = OpinionRecord(stored, request.opinion, time.time(), request.dialogue)
            self.store.ensure_user(tenant, user)
            return self.store.set_opinion(tenant, user, record, once=_once(once))

        stored = (await in_thread(lambda: world.ids.to_store([item])))[item]
        records = await in_thread(write)
        return schemas.FeedbackResponse(item=item, opinions=sorted(r.opinion for r in records))

    # Items

    async def search_items(self, text: str, limit: int, offset: int) -> schemas.ItemPage:
        """Items whose title holds ``text``, those that begin with it first; all for an empty text."""
        world = self.world
        wanted = text.casefold().strip()
        hits = [e for e in world.run.catalogue.items if wanted in e.title.casefold() and world.is_item(e.id)]
        hits.sort(key=lambda e: (not e.name.casefold().startswith(wanted), e.name.casefold(), e.year or 0))
        cards = [world.cards.card(entity.id) for entity in hits[offset : offset + limit]]
        return schemas.ItemPage(items=cards, total=len(hits))

    async def item(self, item: str) -> schemas.Card:
        """One item by id."""
        if not self.world.is_item(item):
            raise NotFound(f"There is no item {item!r}. Look for it: GET /v1/items?q=TITLE")
        return self.world.cards.card(item)

    async def put_item(self, item: str, content: schemas.ItemIn) -> schemas.Card:
        """Put an item in or change it."""
        await in_thread(lambda: self.catalogue.put(item, content))
        return await self.item(item)

    async def delete_item(self, item: str) -> None:
        """Take an item out."""
        await in_thread(lambda: self.catalogue.delete(item))

    # People

    async def profile(self, tenant: str, user: str) -> schemas.Profile:
        """What is known of a person: opinions, dialogues, and what he follows."""
        world = self.world
        overview = await self._known(tenant, user)
        said = await in_thread(lambda: opinions_of(world, overview.opinions))
        return schemas.Profile(
            user=user,
            opinions=await in_thread(lambda: views.known_view(world, overview.opinions)),
            relations=await self._followed(world, tenant, user, overview, said),
            dialogues=[
                schemas.DialogueSummary(id=h.id, created=h.created, title=h.title, num_turns=h.num_turns)
                for h in reversed(overview.heads)
            ],
        )

    async def _followed(
        self,
        world: World,
        tenant: str,
        user: str,
        overview: Overview,
        said: Mapping[str, frozenset[Opinion]],
    ) -> list[schemas.Share]:
        """The attention by relation on the films this person liked, against that of a stranger."""
        liked = [e for e, opinions in said.items() if "like" in opinions and world.is_item(e)]
        if not liked:
            return []
        talker = world.talker
        who = self.people.who(world, tenant, user, overview, None)
        state = (await self.engine.adaptation(talker, who, with_inner=False)).state
        messages = tuple(talker.recommender.naming(item) for item in liked[-_NUM_PROBES:])
        ranked = await self.engine.rank(talker, RankRequest(messages, state))
        found = talker.recommender.explain(ranked, k=1)
        return [schemas.Share(name=w.name, weight=w.weight, unadapted=w.unadapted) for w in found.relations]

    async def export_user(self, tenant: str, user: str) -> dict[str, Any]:
        """All that is stored of a person."""
        return asdict(await in_thread(lambda: self.store.export_user(tenant, user)))

    async def delete_user(self, tenant: str, user: str) -> None:
        """Delete all that is stored of a person, and what is kept of him in memory."""
        await in_thread(lambda: self.store.delete_user(tenant, user))
        self.engine.cache.forget(tenant, user)

    async def _known(self, tenant: str, user: str) -> Overview:
        overview = await in_thread(lambda: self.people.overview(tenant, user))
        if overview is NOBODY:
            raise NotFound(f"There is no user {user!r}.")
        return overview

    # The service itself

    async def reload(self) -> str:
        """Load the run anew where it changed; dialogues under way go on with it."""
        return await in_thread(self.catalogue.reload)

    def version(self) -> str:
        """What answers now."""
        return self.world.version

    def readiness(self) -> dict[str, Any]:
        """Whether questions are answered, by which version, of how many items; blocks while the store is asked."""
        world = self.world
        told = {
            "ready": True,
            "version": world.version,
            "items": world.num_items,
            "examples": list(world.examples),
            **self.about,
        }
        try:
            self.store.ping()
        except StoreError as error:
            return {**told, "ready": False, "reason": str(error)}
        return told

    def metrics(self) -> dict[str, float]:
        """Gauges for monitoring."""
        engine = self.engine
        return {
            "cache_bytes": engine.cache.num_bytes,
            "cache_entries": len(engine.cache),
            "cache_hits": engine.cache.hits,
            "cache_misses": engine.cache.misses,
            "replies_waiting": engine.replies.num_waiting,
            "replies_done": engine.replies.num_done,
            "reply_batches": engine.replies.num_batches,
            "replies_refused": engine.replies.num_refused,
        }

    def close(self) -> None:
        """Finish what waits and close the store."""
        self.engine.close()
        self.store.close()

    # Writes that happen once

    def _once_done(self, tenant: str, once: OnceKey) -> Once | None:
        """What was answered to an idempotency key; raises ``Conflict`` when it was used for something else."""
        found = self.store.done(tenant, once[0])
        if found is not None and found.request != once[1]:
            raise Conflict(f"The Idempotency-Key {once[0]!r} was used for another request. Take a new one.")
        return found

    async def _done(self, tenant: str, once: OnceKey | None) -> Once | None:
        return None if once is None else await in_thread(lambda: self._once_done(tenant, once))

    async def _stored_turn(self, tenant: str, dialogue: str, once: OnceKey | None) -> schemas.Turn | None:
        """The turn that an idempotency key has already been answered with."""
        done = await self._done(tenant, once)
        if done is None:
            return None
        record = await in_thread(lambda: self.store.dialogue(tenant, dialogue))
        return next((views.stored_view(turn) for turn in record.turns if turn.id == done.made), None)


def _once(once: OnceKey | None, body: str = "") -> Once | None:
    return None if once is None else Once(key=once[0], request=once[1], status=200, body=body)


def _refreshed(turn: schemas.Turn, said: Mapping[str, frozenset[Opinion]]) -> schemas.Turn:
    """A stored turn with today's opinions on its cards."""
    cards = [card.model_copy(update={"opinions": sorted(said.get(card.id, ()))}) for card in turn.items]
    return turn.model_copy(update={"items": cards})

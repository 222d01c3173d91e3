"""Answers to histories that clients resend with every request: reconciled with what is stored, or not stored at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Literal

from ccrs.core.hearing import Opinion
from ccrs.inference.answers import Exchange, TurnInput
from ccrs.inference.interactions import merged_opinions
from ccrs.models.decoding import DecodingConfig
from ccrs.serving import resent, schemas
from ccrs.serving.errors import Conflict
from ccrs.serving.people import exchanges_of
from ccrs.serving.protocols import Said, Sampling, Spoken
from ccrs.serving.stopping import cut_at
from ccrs.serving.store.records import TurnRecord
from ccrs.serving.streaming import events_of
from ccrs.serving.turn_content import kept_turn
from ccrs.serving.turns import Scene, Spoke, Turns, in_thread
from ccrs.serving.world import World

_SEEDS = 2**31 - 1
FinishReason = Literal["stop", "length"]


class Histories:
    """Answers whole histories."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.store = turns, turns.people.store

    async def answer(
        self,
        world: World,
        tenant: str,
        user: str | None,
        history: Sequence[Said],
        sampling: Sampling,
        number: int,
    ) -> AsyncIterator[schemas.StreamEvent | Spoken]:
        """See ``ChatService.answer_history``."""
        plan: resent.Plan | None = None
        keeps = user is not None and number == 0
        if user is not None:
            plan = await in_thread(lambda: self._plan(tenant, user, history))

        def read() -> Scene:
            if plan is None or user is None:
                return self._unstored(world, history)
            return self._stored(world, tenant, user, plan, keeps=keeps)

        said = history[-1].text
        decoding = decoding_of(sampling, world.talker.responder.config.decoding)
        seed = (sampling.seed or 0) % _SEEDS + number * 7919  # another draw for each choice

        def given(scene: Scene) -> TurnInput:
            return TurnInput(said, seed=seed, decoding=decoding, unavailable=world.hidden(None))

        spoke = await self.turns.answered(read, given)
        spoke, reason = _shortened(world, spoke, sampling)
        for event in events_of(spoke.view):
            yield event
        turn = spoke.view
        if keeps and plan is not None:
            mark = plan.fingerprint(turn.reply)
            turn = await in_thread(lambda: self.turns.keep(tenant, spoke, fingerprint=mark))
        yield schemas.StreamEvent(event="done", turn=turn)
        tokeniser = world.talker.responder.tokeniser
        yield Spoken(
            turn=turn,
            finish_reason=reason,
            prompt_tokens=sum(len(tokeniser.encode(one.text)) for one in history),
            completion_tokens=len(tokeniser.encode(turn.reply)),
        )

    def _plan(self, tenant: str, user: str, history: Sequence[Said]) -> resent.Plan:
        heads = self.store.dialogues(tenant, user)
        latest = self.store.dialogue(tenant, heads[-1].id) if heads else None

        def path(dialogue: str) -> set[str]:
            return {turn.id for turn in self.store.dialogue(tenant, dialogue).turns}

        return resent.reconcile(history, lambda mark: self.store.turn_of(tenant, user, mark), latest, path)

    def _unstored(self, world: World, history: Sequence[Said]) -> Scene:
        """A dialogue that nothing is kept of: everything in it is heard now."""
        exchanges: tuple[Exchange, ...] = ()
        opinions: dict[str, frozenset[Opinion]] = {}
        for one in resent.exchanges_of(history):
            exchange = world.talker.heard_before(one.said, one.reply, exchanges)
            exchanges = (*exchanges, exchange)
            opinions = merged_opinions(opinions, exchange.heard.opinions, exchange.heard.undone)
        return Scene(world, exchanges, opinions)

    def _stored(self, world: World, tenant: str, user: str, plan: resent.Plan, *, keeps: bool) -> Scene:
        """The dialogue a history goes on in, with what is not known of it stored first."""
        if not keeps and plan.dialogue is None:
            scene = self._unstored(world, plan.history)
            overview = self.turns.people.overview(tenant, user)
            return replace(scene, who=self.turns.people.who(world, tenant, user, overview, None))
        name = plan.dialogue or self.store.begin_dialogue(tenant, user).id
        scene = self.turns.scene(world, tenant, name)
        path = self._path(scene, plan)
        exchanges = exchanges_of(world, path)
        parent = path[-1].id if path else None
        head = scene.head
        for one in plan.unknown:
            exchange = world.talker.heard_before(one.said, one.reply, exchanges)
            if keeps:
                head = parent = self._keep_unknown(world, tenant, name, one, exchange, parent)
            exchanges = (*exchanges, exchange)
        return replace(scene, exchanges=exchanges, parent=parent, head=head)

    def _path(self, scene: Scene, plan: resent.Plan) -> tuple[TurnRecord, ...]:
        """The turns up to the plan's parent."""
        turns = () if scene.record is None else scene.record.turns
        if plan.parent is None:
            return ()
        for place, turn in enumerate(turns):
            if turn.id == plan.parent:
                return turns[: place + 1]
        raise Conflict("The history goes on from a branch that was left. Send it as a new conversation.")

    def _keep_unknown(
        self,
        world: World,
        tenant: str,
        dialogue: str,
        one: resent.Exchange,
        exchange: Exchange,
        parent: str | None,
    ) -> str:
        kept = kept_turn(
            exchange, world.ids, said=one.said, reply=one.reply, model="", fingerprint=one.fingerprint
        )
        self.store.note_items(kept.titles)
        return self.store.add_turn(
            tenant, dialogue, kept.turn, parent=parent, opinions=kept.opinions, undone=kept.undone
        ).id


def decoding_of(sampling: Sampling, own: DecodingConfig) -> DecodingConfig | None:
    """How a reply is decoded; None: as the run does it."""
    if sampling.temperature is None and sampling.top_p is None and sampling.max_tokens is None:
        return None
    changes: dict[str, object] = {"num_samples": 1}
    if sampling.temperature == 0:
        changes["method"] = "greedy"
    elif sampling.temperature is not None or sampling.top_p is not None:
        changes |= {"method": "nucleus", "temperature": max(sampling.temperature or 1.0, 0.01)}
        changes["top_p"] = min(max(own.top_p if sampling.top_p is None else sampling.top_p, 0.01), 1.0)
    if sampling.max_tokens is not None:
        changes["max_tokens"] = max(own.min_tokens, min(own.max_tokens, sampling.max_tokens))
    return DecodingConfig.model_validate(own.model_dump() | changes)


def _shortened(world: World, spoke: Spoke, sampling: Sampling) -> tuple[Spoke, FinishReason]:
    """The turn with its reply cut before a stop string and at the most tokens wanted, and why the reply ends.

    What is stored is what the client is told, so that it is known again when it is resent.
    """
    reply, stopped = cut_at(spoke.view.reply, sampling.stop)
    tokeniser = world.talker.responder.tokeniser
    reason: FinishReason = "stop" if stopped or spoke.answer.complete else "length"
    if sampling.max_tokens is not None and len(ids := tokeniser.encode(reply)) > sampling.max_tokens:
        reply, reason = tokeniser.decode(ids[: sampling.max_tokens]).strip(), "length"
    if reply == spoke.view.reply:
        return spoke, reason
    return replace(spoke, view=spoke.view.model_copy(update={"reply": reply})), reason

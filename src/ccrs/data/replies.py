"""From dialogues to the table of replies: turns merged, slots cut, tokens counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ccrs.core.dialogue import Dialogue
from ccrs.core.replies import ReplyTable
from ccrs.core.samples import Ragged
from ccrs.data.slots import Slotted, Slotter
from ccrs.data.tokeniser import SPEAKERS, ReplyTokeniser
from ccrs.data.turns import BREAK, Turn, clean, turns_of

WORD = re.compile(r"\[[^\[\]]+\]|\w+(?:['’]\w+)*|[^\w\s]")


@dataclass(frozen=True)
class SlottedTurn:
    """A turn as it is read in a context, and as it would be spoken with slots."""

    turn: Turn
    context: str
    reply: Slotted


def slotted_turns(dialogue: Dialogue, slotter: Slotter) -> Iterator[SlottedTurn]:
    """The turns of a dialogue with their slots, in order."""
    marked_only = any(mention.marked for message in dialogue.messages for mention in message.mentions)
    named: list[int] = []
    for turn in turns_of(dialogue):
        focus = named[-1] if named else None
        context = slotter.reply(turn, set(), None, marked_only=marked_only, as_context=True)
        reply = slotter.reply(turn, set(named), focus, marked_only=marked_only)
        yield SlottedTurn(turn, context.text, reply)
        named += context.items


def tokeniser_texts(dialogues: Sequence[Dialogue], slotter: Slotter) -> Iterator[str]:
    """What the tokeniser learns from: every turn as it is read in a context."""
    for dialogue in dialogues:
        for found in slotted_turns(dialogue, slotter):
            yield f" {found.context}"


def build_replies(
    dialogues: Sequence[Dialogue],
    slotter: Slotter,
    tokeniser: ReplyTokeniser,
    *,
    max_context: int,
    max_reply: int,
    dropped: Counter[str] | None = None,
    counted: Container[int] | None = None,
) -> ReplyTable:
    """All recommender turns of ``dialogues``; longer contexts keep their last ``max_context`` tokens.

    ``dropped`` counts what was left out or cut, by reason, in the dialogues ``counted`` (indices; None: in all).
    """
    dropped = Counter() if dropped is None else dropped
    users: dict[str, int] = {}
    kept: list[tuple[int, SlottedTurn, list[int], list[int]]] = []
    for number, dialogue in enumerate(dialogues):
        users.setdefault(dialogue.user, len(users))
        turns = list(slotted_turns(dialogue, slotter))
        counts = counted is None or number in counted
        if counts:
            dropped["messages without text"] += sum(not clean(message.text) for message in dialogue.messages)
        ids = tokeniser.encode_many([found.context for found in turns])
        before: list[int] = []
        for found, read in zip(turns, ids, strict=True):
            if found.turn.speaker == "recommender":
                spoken = tokeniser.encode(found.reply.text)
                dropped["replies cut to the longest length"] += counts and len(spoken) > max_reply
                target = [*spoken[:max_reply], tokeniser.end_id]
                kept.append((number, found, context_window(before, tokeniser, max_context), target))
            before += [tokeniser.role_ids[SPEAKERS[found.turn.speaker]], *read]
    return ReplyTable(
        users=tuple(users),
        dialogue_ids=tuple(dialogue.id for dialogue in dialogues),
        dialogue_users=np.array([users[dialogue.user] for dialogue in dialogues], np.int64),
        dialogue_times=np.array([dialogue.time for dialogue in dialogues], np.int64),
        reply_dialogues=np.array([number for number, *_ in kept], np.int64),
        reply_messages=np.array([found.turn.first_message for _, found, _, _ in kept], np.int64),
        contexts=Ragged.from_rows([context for _, _, context, _ in kept]),
        targets=Ragged.from_rows([target for *_, target in kept]),
        items=Ragged.from_rows([list(found.reply.items) for _, found, _, _ in kept]),
        has_fact=np.array([found.reply.num_facts > 0 for _, found, _, _ in kept], np.bool_),
        num_words=np.array([len(WORD.findall(spoken_words(found))) for _, found, _, _ in kept], np.int64),
        texts=tuple(found.turn.text.replace(f" {BREAK} ", " ") for _, found, _, _ in kept),
        words=tuple(spoken_words(found) for _, found, _, _ in kept),
        slotted=tuple(found.reply.text for _, found, _, _ in kept),
    )


def context_window(tokens: Sequence[int], tokeniser: ReplyTokeniser, max_context: int) -> list[int]:
    """The start token and the latest tokens of what was said before: at most ``max_context``."""
    return [tokeniser.start_id, *tokens[max(0, len(tokens) - max_context + 1) :]]


def spoken_words(found: SlottedTurn) -> str:
    """A reply as overlap is counted on: films as one token, facts as they were written."""
    return found.context.replace(f" {BREAK} ", " ")

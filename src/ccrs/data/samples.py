"""From dialogues to recommendation samples (see ``core.samples`` for what a sample is)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ccrs.core.dialogue import Dialogue, Mention, Message, Speaker
from ccrs.core.graph import Catalogue
from ccrs.core.samples import Ragged, SampleTable

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


class _Seen(NamedTuple):
    """The last mention of an entity: when, by whom, how many words before it and before the end of its message."""

    turn: int
    by_seeker: bool
    word_place: int
    word_end: int


@dataclass
class _Rows:
    """The columns of a sample table while they grow."""

    users: dict[str, int] = field(default_factory=dict)
    dialogue_users: list[int] = field(default_factory=list)
    dialogue_mentions: list[list[int]] = field(default_factory=list)
    dialogue_targets: list[list[int]] = field(default_factory=list)
    liked: list[list[int]] = field(default_factory=list)
    disliked: list[list[int]] = field(default_factory=list)
    words: list[tuple[str, ...]] = field(default_factory=list)
    context_dialogues: list[int] = field(default_factory=list)
    context_messages: list[int] = field(default_factory=list)
    context_turns: list[int] = field(default_factory=list)
    mentions: list[list[int]] = field(default_factory=list)
    mention_turns: list[int] = field(default_factory=list)
    mention_by_seeker: list[bool] = field(default_factory=list)
    mention_word_places: list[int] = field(default_factory=list)
    mention_word_ends: list[int] = field(default_factory=list)
    word_counts: list[int] = field(default_factory=list)
    sample_contexts: list[int] = field(default_factory=list)
    sample_targets: list[int] = field(default_factory=list)


def build_samples(
    catalogue: Catalogue,
    dialogues: Sequence[Dialogue],
    *,
    speaker: Speaker = "recommender",
    open_ended: bool = False,
    keep_unknown: bool = False,
    every_message: bool = False,
) -> SampleTable:
    """The samples of ``dialogues``, in their order.

    A target is an item that ``speaker`` names (the seeker, for auxiliary training): by a marked mention, where
    the dialogue has marked ones. Mentions of entities outside ``catalogue`` are left out. With ``open_ended``
    every dialogue gets one more context, without sample, that holds all of it: the state in which a live system
    answers. With ``keep_unknown`` a recommended item outside the catalogue is a sample with target -1 (a miss).
    With ``every_message`` each of the speaker's messages has a context, those without an item one without sample.
    """
    rows = _Rows()
    for dialogue in dialogues:
        _add_dialogue(
            rows,
            catalogue,
            dialogue,
            speaker=speaker,
            open_ended=open_ended,
            keep_unknown=keep_unknown,
            every_message=every_message,
        )
    return SampleTable(
        users=tuple(rows.users),
        dialogue_ids=tuple(dialogue.id for dialogue in dialogues),
        dialogue_users=np.array(rows.dialogue_users, np.int64),
        dialogue_times=np.array([dialogue.time for dialogue in dialogues], np.int64),
        dialogue_mentions=Ragged.from_rows(rows.dialogue_mentions),
        dialogue_targets=Ragged.from_rows(rows.dialogue_targets),
        liked=Ragged.from_rows(rows.liked),
        disliked=Ragged.from_rows(rows.disliked),
        context_dialogues=np.array(rows.context_dialogues, np.int64),
        context_messages=np.array(rows.context_messages, np.int64),
        context_turns=np.array(rows.context_turns, np.int64),
        mentions=Ragged.from_rows(rows.mentions),
        mention_turns=np.array(rows.mention_turns, np.int64),
        mention_by_seeker=np.array(rows.mention_by_seeker, np.bool_),
        mention_word_places=np.array(rows.mention_word_places, np.int64),
        mention_word_ends=np.array(rows.mention_word_ends, np.int64),
        words=tuple(rows.words),
        word_counts=np.array(rows.word_counts, np.int64),
        sample_contexts=np.array(rows.sample_contexts, np.int64),
        sample_targets=np.array(rows.sample_targets, np.int64),
    )


def _add_dialogue(
    rows: _Rows,
    catalogue: Catalogue,
    dialogue: Dialogue,
    *,
    speaker: Speaker,
    open_ended: bool,
    keep_unknown: bool,
    every_message: bool,
) -> None:
    index, number = catalogue.index, len(rows.dialogue_users)
    rows.dialogue_users.append(rows.users.setdefault(dialogue.user, len(rows.users)))
    marked_only = any(mention.marked for message in dialogue.messages for mention in message.mentions)
    seen: dict[int, _Seen] = {}  # entity -> its last mention, in that order
    named: dict[int, None] = {}
    targets: dict[int, None] = {}
    words: list[str] = []
    turns = dialogue.turns()
    for position, (message, turn) in enumerate(zip(dialogue.messages, turns, strict=True)):
        if message.speaker == speaker:
            items = _items_of(message, catalogue, marked_only=marked_only, keep_unknown=keep_unknown)
            if items or every_message:
                _add_context(rows, number, position, turn, seen, len(words))
                rows.sample_contexts.extend([len(rows.context_dialogues) - 1] * len(items))
                rows.sample_targets.extend(items)
                targets.update(dict.fromkeys(item for item in items if item >= 0))
        said, places = _words_and_places(message.text, message.mentions, catalogue)
        end = len(words) + len(said)
        for mention, place in zip(message.mentions, places, strict=True):
            entity = index.get(mention.entity)
            if entity is not None:
                seen.pop(entity, None)
                seen[entity] = _Seen(turn, message.speaker == "seeker", len(words) + place, end)
                named[entity] = None
        words.extend(said)
    if open_ended:
        after = turns[-1] + 1 if turns else 0
        _add_context(rows, number, len(dialogue.messages), after, seen, len(words))
    rows.words.append(tuple(words))
    rows.dialogue_mentions.append(list(named))
    rows.dialogue_targets.append(list(targets))
    answers = [(index[item], answer.liked) for item, answer in dialogue.feedback.items() if item in index]
    rows.liked.append([item for item, liked in answers if liked is True])
    rows.disliked.append([item for item, liked in answers if liked is False])


def _add_context(
    rows: _Rows, dialogue: int, message: int, turn: int, seen: dict[int, _Seen], num_words: int
) -> None:
    rows.context_dialogues.append(dialogue)
    rows.context_messages.append(message)
    rows.context_turns.append(turn)
    rows.mentions.append(list(seen))
    rows.mention_turns.extend(one.turn for one in seen.values())
    rows.mention_by_seeker.extend(one.by_seeker for one in seen.values())
    rows.mention_word_places.extend(one.word_place for one in seen.values())
    rows.mention_word_ends.extend(one.word_end for one in seen.values())
    rows.word_counts.append(num_words)


def _items_of(message: Message, catalogue: Catalogue, *, marked_only: bool, keep_unknown: bool) -> list[int]:
    """The distinct items a message names, in order; unknown ones as -1 when they are kept."""
    found: dict[str, int] = {}
    for mention in message.mentions:
        entity = catalogue.index.get(mention.entity)
        if marked_only and not mention.marked:
            continue
        if entity is None and keep_unknown and mention.marked:
            found[mention.entity] = -1
        elif entity is not None and entity < catalogue.num_items:
            found[mention.entity] = entity
    return list(found.values())


def words_of(text: str, mentions: Iterable[Mention], catalogue: Catalogue) -> list[str]:
    """The lower-cased words of a text without the titles of items (those are mentions, not words)."""
    return _words_and_places(text, mentions, catalogue)[0]


def _words_and_places(
    text: str, mentions: Iterable[Mention], catalogue: Catalogue
) -> tuple[list[str], list[int]]:
    """The words of a text as ``words_of`` gives them, and how many of them stand before each mention."""
    words: list[str] = []
    places, start = [], 0
    for mention in mentions:
        before = _WORD.findall(text[start : mention.start])
        places.append(len(words) + len(before))
        if 0 <= catalogue.index.get(mention.entity, -1) < catalogue.num_items:
            words.extend(before)
            start = mention.end
    words.extend(_WORD.findall(text[start:]))
    return [word.lower() for word in words], places

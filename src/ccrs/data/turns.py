"""Dialogues as turns: consecutive messages of one speaker merged, the text cleaned for reading and writing."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ccrs.core.dialogue import Dialogue, Mention, Message, Speaker

BREAK = "[break]"
"""Stands between the messages of one turn."""
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_LEANS = re.compile(r"[,.!?;:](?=\s|$)")
"""Punctuation that stands close to the word before it."""
_BRACKETS = str.maketrans("[]", "()")


@dataclass(frozen=True, slots=True)
class Turn:
    """All consecutive messages of one speaker; mentions count from the start of ``text``."""

    speaker: Speaker
    text: str
    mentions: tuple[Mention, ...]
    first_message: int


def turns_of(dialogue: Dialogue) -> tuple[Turn, ...]:
    """The turns of a dialogue that say anything; messages are joined by ``BREAK``."""
    groups: list[tuple[int, list[Message]]] = []
    for number, message in enumerate(dialogue.messages):
        if not clean(message.text):
            continue
        if groups and groups[-1][1][-1].speaker == message.speaker:
            groups[-1][1].append(message)
        else:
            groups.append((number, [message]))
    return tuple(_merged(number, messages) for number, messages in groups)


def clean(text: str) -> str:
    """Readable text: HTML entities unescaped, control and direction signs out, single spaces, no square brackets.

    Square brackets become round ones: ``[item]`` typed by a person is no slot.
    """
    text = " ".join(_unescaped(text).translate(_BRACKETS).split())
    return re.sub(rf" +({_LEANS.pattern})", r"\1", text)


def _unescaped(text: str) -> str:
    return _UNWANTED.sub("", html.unescape(text))


def cut(text: str, mentions: Iterable[Mention]) -> list[tuple[str, Mention | None]]:
    """A text as pieces, each with the mention it is, or None for the words between."""
    pieces: list[tuple[str, Mention | None]] = []
    start = 0
    for mention in sorted(mentions, key=lambda found: found.start):
        if mention.start < start:  # overlaps the one before, which came first
            continue
        pieces += [(text[start : mention.start], None), (text[mention.start : mention.end], mention)]
        start = mention.end
    pieces.append((text[start:], None))
    return [piece for piece in pieces if piece[0]]


def _merged(number: int, messages: Sequence[Message]) -> Turn:
    text, mentions = "", []
    for message in messages:
        if text:
            text += f" {BREAK} "
        added, found = _cleaned(message)
        mentions += [
            Mention(m.entity, m.start + len(text), m.end + len(text), marked=m.marked) for m in found
        ]
        text += added
    return Turn(messages[0].speaker, text, tuple(mentions), number)


def _cleaned(message: Message) -> tuple[str, list[Mention]]:
    """The cleaned text of a message, and where its mentions lie in it."""
    text, mentions = "", []
    for piece, mention in cut(message.text, message.mentions):
        words, read = clean(piece), _unescaped(piece)
        spaced = text and (read[:1].isspace() or text.endswith(" ")) and not _LEANS.match(words)
        text = text.rstrip()
        if not words:
            text += " " if spaced else ""
            continue
        text += " " if spaced else ""
        if mention is not None:
            mentions.append(Mention(mention.entity, len(text), len(text) + len(words), marked=mention.marked))
        text += words + (" " if read[-1:].isspace() else "")
    return text.rstrip(), mentions

"""The linker of a catalogue, and its mentions in dialogues."""

from __future__ import annotations

from dataclasses import replace

from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.graph import Catalogue
from ccrs.core.protocols import EntityLinker
from ccrs.core.samples import IntArray
from ccrs.data.linking import Linker


def run_linker(catalogue: Catalogue, popularity: IntArray, *, typos: bool = False) -> Linker:
    """The linker of a run: namesakes without a year mean the one recommended more often in training.

    ``typos``, as ``Linker`` has it, is for what people type; texts to train on are linked without.
    """
    counts = {entity.id: int(count) for entity, count in zip(catalogue.items, popularity, strict=True)}
    return Linker(catalogue, item_popularity=counts, typos=typos)


def link_dialogue(dialogue: Dialogue, linker: EntityLinker) -> Dialogue:
    """The dialogue with the linker's mentions added; those it has stay as they are.

    Only the text outside the present mentions is linked, so that no two mentions overlap. Use it
    for dialogues in the project's own format that come without mentions, too.
    """
    return replace(dialogue, messages=tuple(_link_message(message, linker) for message in dialogue.messages))


def _link_message(message: Message, linker: EntityLinker) -> Message:
    """The message with the linker's mentions between those it has."""
    mentions: list[Mention] = []
    start = 0
    for present in (*message.mentions, None):
        end = len(message.text) if present is None else present.start
        mentions += [
            replace(found, start=found.start + start, end=found.end + start, marked=False)
            for found in linker.link(message.text[start:end])
        ]
        if present is not None:
            mentions.append(present)
            start = present.end
    return replace(message, mentions=tuple(mentions))

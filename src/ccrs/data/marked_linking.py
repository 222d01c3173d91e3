"""Linking beside the mentions that a source marks, where it marks all items it knows of."""

from __future__ import annotations

from dataclasses import replace

from ccrs.core.dialogue import Dialogue
from ccrs.core.graph import Catalogue
from ccrs.core.protocols import EntityLinker
from ccrs.data.linking_dialogues import link_dialogue


def link_beside_marks(dialogue: Dialogue, linker: EntityLinker, catalogue: Catalogue) -> Dialogue:
    """The dialogue with the linker's mentions added, without items where the source marks none in all of it.

    In a dialogue without marks every item named is a target; where the source does mark, an item that only a linker
    has found must not become one.
    """
    linked = link_dialogue(dialogue, linker)
    if any(mention.marked for message in dialogue.messages for mention in message.mentions):
        return linked
    messages = (
        replace(
            message,
            mentions=tuple(m for m in message.mentions if catalogue.index[m.entity] >= catalogue.num_items),
        )
        for message in linked.messages
    )
    return replace(linked, messages=tuple(messages))

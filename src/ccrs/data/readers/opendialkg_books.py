"""Whole dialogues of OpenDialKG about one domain: a line is a list of ``{role, text, entity, item}``."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ccrs.core.dialogue import Dialogue, Message, Speaker
from ccrs.data.readers.json_lines import LineFaultError, field, shown
from ccrs.data.readers.list_lines import read_list_lines, strings
from ccrs.data.readers.named_spans import place_names
from ccrs.data.readers.opendialkg_turns import NO_TEXT, NOT_IN_TEXT
from ccrs.data.readers.packed_files import PackedFile

SPEAKERS: dict[str, Speaker] = {"user": "seeker", "assistant": "recommender"}
NO_MESSAGES = "dialogues without messages"


def read_whole_dialogues(
    file: PackedFile, *, lenient: bool, dropped: Counter[str]
) -> tuple[list[Dialogue], frozenset[str]]:
    """The dialogues, named by their numbers from 0, and all entities that are items.

    Raises ``DataError`` for a faulty line; with ``lenient`` it is skipped and counted.
    """
    items: set[str] = set()

    def build(records: list[dict[str, Any]], number: int, counts: Counter[str]) -> Dialogue | None:
        told = [_message(record, place, items, counts) for place, record in enumerate(records)]
        messages = tuple(message for message in told if message is not None)
        if not messages:
            counts[NO_MESSAGES] += 1
            return None
        return Dialogue(str(number), str(number), messages)

    dialogues = list(read_list_lines(file, build, lenient=lenient, dropped=dropped))
    return dialogues, frozenset(items)


def _message(record: dict[str, Any], number: int, items: set[str], counts: Counter[str]) -> Message | None:
    within = f"message {number}: "
    role = field(record, "role", str, within=within)
    if role not in SPEAKERS:
        raise LineFaultError(
            "wrong value", f"{within}'role' is {shown(role)}", f"Allowed: {', '.join(SPEAKERS)}."
        )
    text = field(record, "text", str, within=within)
    entities, mine = (strings(record, key, within) for key in ("entity", "item"))
    items.update(mine)
    if not text.strip():
        counts[NO_TEXT] += 1
        return None
    mentions, lost = place_names(text, [(name, name) for name in dict.fromkeys([*mine, *entities])])
    counts[NOT_IN_TEXT] += len(lost)
    return Message(SPEAKERS[role], text, mentions)

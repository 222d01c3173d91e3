"""OpenDialKG as its authors publish it: ``opendialkg.csv``, a dialogue a row.

The columns are ``Messages``, ``User Rating`` and ``Assistant Rating``. ``Messages`` is a JSON list of what was done:
``{"type": "chat", "sender", "message"}`` or a walk over the graph that the sender chose for what he says next,
``{"type": "action", "sender", "metadata": {"path": [score, triples, rendering]}}``.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import Any, Final

from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.errors import DataError
from ccrs.data.readers.json_lines import LineFaultError, field, shown
from ccrs.data.readers.named_spans import place_names
from ccrs.data.readers.opendialkg_books import NO_MESSAGES, SPEAKERS
from ccrs.data.readers.opendialkg_turns import NO_TEXT
from ccrs.data.readers.packed_files import PackedFile

COLUMN: Final = "Messages"
NOT_NEAR: Final = "entities of a walk that the messages beside it do not name"


def read_sessions(file: PackedFile, *, lenient: bool, dropped: Counter[str]) -> list[Dialogue]:
    """The dialogues of all domains, named by the number of their row from 0.

    The entities of a walk are looked for in the messages on both sides of it: the texts were paraphrased, so that not
    all are there. Raises ``DataError`` for a faulty row; with ``lenient`` it is skipped and counted.
    """
    rows = csv.reader(io.StringIO(file.text(), newline=""), strict=True)
    dialogues: list[Dialogue] = []
    line = 1
    try:
        columns = next(rows, [])
        if COLUMN not in columns:
            mend = "The first line must be Messages,User Rating,Assistant Rating."
            raise DataError.at(file.path, 1, f"the header is {shown(columns)}", mend)
        where = columns.index(COLUMN)
        line = rows.line_num + 1
        for number, row in enumerate(row for row in rows if row):
            try:
                counts: Counter[str] = Counter()
                dialogue = _dialogue(str(number), row, where, counts)
            except LineFaultError as fault:
                if not lenient:
                    raise DataError.at(file.path, line, fault.problem, fault.mend) from None
                counts, dialogue = Counter({f"dialogues skipped: {fault.reason}": 1}), None
            dropped.update(counts)
            if dialogue is not None:
                dialogues.append(dialogue)
            line = rows.line_num + 1
    except csv.Error as error:
        raise DataError.at(file.path, line, f"is not CSV ({error})", "Mend the row.") from None
    return dialogues


def _dialogue(identity: str, row: list[str], where: int, counts: Counter[str]) -> Dialogue | None:
    actions = _actions(row, where)
    texts: list[tuple[Any, str]] = []
    names: dict[int, dict[str, None]] = {}  # of each message, what the walks beside it name
    walked: list[tuple[int, str]] = []
    for number, action in enumerate(actions):
        within = f"action {number}: "
        sender = field(action, "sender", str, within=within)
        if sender not in SPEAKERS:
            problem = f"{within}'sender' is {shown(sender)}"
            raise LineFaultError("wrong value", problem, f"Allowed: {', '.join(SPEAKERS)}.")
        walked += [(len(texts), name) for name in _walk(action, within)]
        if action.get("type") == "chat" and "message" in action:
            text = field(action, "message", str, within=within)
            if text.strip():
                texts.append((SPEAKERS[sender], text))
            else:
                counts[NO_TEXT] += 1
    for place, name in walked:
        for message in (place - 1, place):
            names.setdefault(message, {})[name] = None
    if not texts:
        counts[NO_MESSAGES] += 1
        return None
    placed: set[tuple[int, str]] = set()
    messages = []
    for number, (speaker, text) in enumerate(texts):
        mentions, _ = place_names(text, [(name, name) for name in names.get(number, ())])
        placed.update((number, mention.entity) for mention in mentions)
        messages.append(Message(speaker, text, mentions))
    counts[NOT_NEAR] += sum(
        (place - 1, name) not in placed and (place, name) not in placed
        for place, name in dict.fromkeys(walked)
    )
    return Dialogue(identity, identity, tuple(messages))


def _actions(row: list[str], where: int) -> list[dict[str, Any]]:
    """The actions of one row; raises ``LineFaultError``."""
    if len(row) <= where:
        raise LineFaultError("ragged row", f"has no {COLUMN!r}", "Give each row all values.")
    try:
        value = json.loads(row[where])
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # refuses halves of characters
    except (ValueError, RecursionError) as error:
        raise LineFaultError(
            "broken JSON", f"{COLUMN!r} is not valid JSON ({error})", "Mend the row."
        ) from None
    if type(value) is not list or any(type(action) is not dict for action in value):
        raise LineFaultError("wrong type", f"{COLUMN!r} is {shown(value)}", "Give a list of objects.")
    return value


def _walk(action: dict[str, Any], within: str) -> list[str]:
    """The entities of the walk of one action, in order."""
    metadata = action.get("metadata")
    path = metadata.get("path") if type(metadata) is dict else None
    if path is None:
        return []
    triples = path[1] if type(path) is list and len(path) > 1 else None
    if type(triples) is not list or not all(
        type(triple) is list and len(triple) == 3 and all(type(part) is str for part in triple)
        for triple in triples
    ):
        problem = f"{within}the path is {shown(path)}"
        raise LineFaultError("wrong type", problem, "Give a score, a list of triples and a text.")
    return list(dict.fromkeys(name for head, _, tail in triples for name in (head, tail) if name.strip()))

"""Lines of JSON in which a dialogue is a list of messages, each with whatever keys its source has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from ccrs.core.dialogue import Dialogue
from ccrs.core.errors import DataError
from ccrs.data.readers.json_lines import LineFaultError, shown
from ccrs.data.readers.packed_files import PackedFile


def read_list_lines(
    file: PackedFile,
    build: Callable[[list[dict[str, Any]], int, Counter[str]], Dialogue | None],
    *,
    lenient: bool,
    dropped: Counter[str],
) -> Iterator[Dialogue]:
    """The dialogues of the lines of ``file``: ``build`` gets the messages, the dialogue's number from 0 and counts.

    A faulty line raises ``DataError``; with ``lenient`` it is skipped and counted. Blank lines are passed over and
    have no number.
    """
    number = -1
    for line, raw in enumerate(file.lines(), start=1):
        if not raw.strip():
            continue
        number += 1
        counts: Counter[str] = Counter()
        try:
            dialogue = build(_messages(raw), number, counts)
        except LineFaultError as fault:
            if not lenient:
                raise DataError.at(file.path, line, fault.problem, fault.mend) from None
            counts, dialogue = Counter({f"dialogues skipped: {fault.reason}": 1}), None
        dropped.update(counts)
        if dialogue is not None:
            yield dialogue


def strings(record: dict[str, Any], key: str, within: str) -> list[str]:
    """A list of strings; raises ``LineFaultError`` where it is something else."""
    if key not in record:
        raise LineFaultError("missing key", f"{within}key {key!r} is missing", f"Add {key!r} (a list).")
    value = record[key]
    if type(value) is not list or any(type(one) is not str for one in value):
        problem = f"{within}{key!r} is {shown(value)}"
        raise LineFaultError("wrong type", problem, "Give a list of strings.")
    return list(value)


def _messages(raw: bytes) -> list[dict[str, Any]]:
    """The messages of one line; raises ``LineFaultError``."""
    try:
        value = json.loads(raw.decode("utf-8"))
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # refuses halves of characters
    except UnicodeError:
        raise LineFaultError("not UTF-8", "is not UTF-8 text", "Save the file as UTF-8.") from None
    except json.JSONDecodeError as error:
        problem = f"is not valid JSON ({error.msg} at column {error.colno})"
        raise LineFaultError("broken JSON", problem, "Mend the line or get the file anew.") from None
    except (ValueError, RecursionError) as error:
        raise LineFaultError("broken JSON", f"cannot be read as JSON ({error})", "Mend the line.") from None
    if type(value) is not list:
        problem = f"is {shown(value)}, not a list of messages"
        raise LineFaultError("not a list", problem, "Write one [{...}, ...] a line.")
    for number, message in enumerate(value):
        if type(message) is not dict:
            problem = f"message {number}: is {shown(message)}"
            raise LineFaultError("wrong type", problem, "A message must be an object {...}.")
    return value

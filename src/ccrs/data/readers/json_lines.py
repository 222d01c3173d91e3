"""What the readers of dialogues share: one JSON object a line, each a dialogue or a fault."""

from __future__ import annotations

import json
import reprlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ccrs.core.dialogue import Dialogue
from ccrs.core.errors import DataError

MAX_TIME = 2**63 - 1  # times become int64 later on

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60


class LineFaultError(Exception):
    """What is wrong with one line; becomes a ``DataError``, or a count where lines may be skipped.

    ``reason`` names the kind of fault for counting, ``problem`` gives the value, ``mend`` the cure.
    """

    def __init__(self, reason: str, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.reason = reason
        self.problem = problem
        self.mend = mend


def shown(value: object) -> str:
    """A value for an error message, cut short."""
    return _SHORT.repr(value)


def parse_object(raw: bytes) -> dict[str, Any]:
    """One line as a JSON object whose strings can all be written as UTF-8; raises ``LineFaultError``."""
    try:
        value = json.loads(raw.decode("utf-8"))
        if b"\\ud" in raw or b"\\uD" in raw:  # an escaped half of a character cannot be written again
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise LineFaultError(
            "not UTF-8", f"is not UTF-8 text (byte {raw[error.start]:#04x})", "Save the file as UTF-8."
        ) from None
    except UnicodeEncodeError:
        raise LineFaultError(
            "not UTF-8", "holds an unpaired surrogate escape (\\ud800 to \\udfff)", "Remove that escape."
        ) from None
    except json.JSONDecodeError as error:
        problem = f"is not valid JSON ({error.msg} at column {error.colno})"
        raise LineFaultError("broken JSON", problem, "Mend the line or get the file anew.") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; thousands of brackets
        raise LineFaultError("broken JSON", f"cannot be read as JSON ({error})", "Mend the line.") from None
    if not isinstance(value, dict):
        raise LineFaultError(
            "not an object", f"is {shown(value)}, not a JSON object", "Write one {...} a line."
        )
    return value


def field(record: dict[str, Any], key: str, kind: type, *, within: str = "") -> Any:
    """``record[key]``, which must be there and be of exactly this type; raises ``LineFaultError``."""
    try:
        value = record[key]
    except KeyError:
        problem = f"{within}key {key!r} is missing"
        raise LineFaultError("missing key", problem, f"Add {key!r} ({_JSON_NAMES[kind]}).") from None
    if type(value) is not kind:
        problem = f"{within}{key!r} is {shown(value)}, not {_JSON_NAMES[kind]}"
        raise LineFaultError("wrong type", problem, f"Give {key!r} as {_JSON_NAMES[kind]}.")
    return value


_JSON_NAMES: dict[type, str] = {
    str: "a string in quotes",
    int: "a whole number",
    list: "a list [...]",
    dict: "an object {...}",
}


Build = Callable[[dict[str, Any], "Counter[str]"], Dialogue | None]
Register = Callable[[str, int], str | None]
"""Takes a dialogue's id and its line; says where the id stood before, or None when it is new."""


def iterate_records(
    lines: Iterable[bytes],
    place: Path | str,
    build: Build,
    *,
    lenient: bool,
    register: Register,
    dropped: Counter[str],
) -> Iterator[Dialogue]:
    """The dialogues of a file's lines, in order and one at a time; blank lines are passed over.

    ``build`` turns one object into a dialogue (``None`` to leave it out), counting what it drops; ``dropped``
    takes the counts as the lines are read. A faulty line raises ``DataError``; with ``lenient`` it is skipped
    and counted.
    """
    for number, line in enumerate(lines, start=1):
        raw = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not raw.strip():
            continue
        counts: Counter[str] = Counter()
        try:
            dialogue = build(parse_object(raw), counts)
            if dialogue is not None and (before := register(dialogue.id, number)) is not None:
                raise _doubled(dialogue.id, before)
        except LineFaultError as fault:
            if not lenient:
                raise DataError.at(place, number, fault.problem, fault.mend) from None
            counts = Counter({f"dialogues skipped: {fault.reason}": 1})
            dialogue = None
        if counts:
            dropped.update(counts)
        if dialogue is not None:
            yield dialogue


def collect_dialogues(
    lines: Iterable[bytes],
    place: Path | str,
    build: Build,
    *,
    lenient: bool,
    seen: dict[str, str],
    dropped: Counter[str],
) -> list[Dialogue]:
    """The dialogues of a file's lines, all at once, as ``iterate_records`` gives them.

    ``seen`` maps the dialogue ids so far to where they stood, over several files, and is added to.
    """

    def register(dialogue_id: str, number: int) -> str | None:
        before = seen.get(dialogue_id)
        if before is None:
            seen[dialogue_id] = f"{place}:{number}"
        return before

    found = iterate_records(lines, place, build, lenient=lenient, register=register, dropped=dropped)
    return list(found)


def _doubled(dialogue_id: str, before: str) -> LineFaultError:
    return LineFaultError(
        "doubled id",
        f"dialogue id {shown(dialogue_id)} was used before, in {before}",
        "Remove one of the two or give it an id of its own.",
    )

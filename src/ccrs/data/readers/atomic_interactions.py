"""The rows of ``.inter``: what users had to do with items."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator, Mapping
from typing import Literal, NamedTuple, get_args

from ccrs.core.dialogue import Part, Speaker
from ccrs.core.errors import DataError
from ccrs.data.atomic_files import AtomicTable

MAX_TIME = 2**63 - 1

_MEND = "Mend the line, or export the files anew."
_ANSWERS: dict[str, bool | None] = {"": None, "1": True, "0": False}


class Interaction(NamedTuple):
    """One row of ``.inter``: what a user had to do with an item, and where the file says more, in which dialogue.

    ``rating`` is None where the row has none; ``time`` in the unit of the file; ``speaker`` is who named the item.
    """

    line: int
    user: str
    item: str
    rating: float | None
    time: int
    session: str
    speaker: Speaker | None
    part: Part | None
    seen: bool | None
    suggested: bool | None


def read_interactions(table: AtomicTable, items: Container[str]) -> Iterator[Interaction]:
    """The rows of ``.inter``; raises ``DataError`` with the line of a broken one, or of an unknown item."""
    table.require({"user_id": "token", "item_id": "token"})
    for name in ("session_id", "speaker", "part", "seen", "suggested"):
        table.check(name, "token")
    table.check("rating", "float")
    table.check("timestamp", "float")
    wanted = (
        "user_id",
        "item_id",
        "rating",
        "timestamp",
        "session_id",
        "speaker",
        "part",
        "seen",
        "suggested",
    )
    for number, (user, item, rating, time, session, speaker, part, seen, suggested) in table.rows(wanted):
        if not user.strip():
            raise DataError.at(table.place, number, "has no user", _MEND)
        if "session_id" in table.columns and not session.strip():
            raise DataError.at(table.place, number, "has no session", _MEND)
        check_known(table, number, item, items)
        yield Interaction(
            number,
            user,
            item,
            _number(table, number, "rating", rating) if rating else None,
            _time(table, number, time),
            session,
            _speaker(table, number, speaker),
            _part(table, number, part),
            _answer(table, number, "seen", seen),
            _answer(table, number, "suggested", suggested),
        )


def _speaker(table: AtomicTable, number: int, text: str) -> Speaker | None:
    known: dict[str, Speaker | None] = {"": None, **{name: name for name in get_args(Speaker)}}
    return known[_one_of(table, number, "speaker", text, known)]


def _part(table: AtomicTable, number: int, text: str) -> Part | None:
    known: dict[str, Part | None] = {"": None, **{name: name for name in get_args(Part)}}
    return known[_one_of(table, number, "part", text, known)]


def _answer(table: AtomicTable, number: int, column: Literal["seen", "suggested"], text: str) -> bool | None:
    return _ANSWERS[_one_of(table, number, column, text, _ANSWERS)]


def _one_of(table: AtomicTable, number: int, column: str, text: str, known: Mapping[str, object]) -> str:
    if text not in known:
        allowed = ", ".join(value or "nothing" for value in known)
        problem = f"column {column!r} holds {text!r}"
        raise DataError.at(table.place, number, problem, f"It may hold: {allowed}.")
    return text


def _time(table: AtomicTable, number: int, text: str) -> int:
    if re.fullmatch(r"-?[0-9]{1,19}", text):
        time = int(text)  # not by way of a float, which has no room for the last digits
    else:
        time = math.floor(_number(table, number, "timestamp", text)) if text else 0
    if abs(time) > MAX_TIME:
        raise DataError.at(table.place, number, f"timestamp {text} is beyond 64 bits", _MEND)
    return time


def _number(table: AtomicTable, number: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError.at(table.place, number, f"{column} {text!r} is no number", _MEND)
    return value


def check_new(table: AtomicTable, number: int, what: str, identity: str, lines: dict[str, int]) -> None:
    """Raise ``DataError`` for a blank id or one that ``lines`` has already; it is noted there."""
    if not identity.strip():
        raise DataError.at(table.place, number, f"has no {what} id", _MEND)
    if identity in lines:
        problem = f"{what} {identity!r} stands already in line {lines[identity]}"
        raise DataError.at(table.place, number, problem, "Leave one of the two.")
    lines[identity] = number


def check_known(table: AtomicTable, number: int, item: str, items: Container[str]) -> None:
    """Raise ``DataError`` for an item that is not listed."""
    if item not in items:
        raise DataError.at(table.place, number, f"item {item!r} is not in the .item file", "Add it there.")

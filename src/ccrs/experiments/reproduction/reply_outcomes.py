"""What is kept of a responder that was trained and judged: what it said, and the measures of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from ccrs.core.errors import CcrsError, DataError
from ccrs.core.files import read_json, write_json
from ccrs.evaluation.judged import JudgedReply

_SAID: Final = ("reply", "reply_words", "items", "style")
"""What differs between the rows; all else is the turn that is answered."""
_TURN: Final = tuple(field.name for field in fields(JudgedReply) if field.name not in _SAID)


@dataclass(frozen=True)
class JudgedRow:
    """The replies of one row and their measures."""

    replies: tuple[JudgedReply, ...]
    report: Mapping[str, Any]


@dataclass(frozen=True)
class JudgedTalk:
    """The rows of one responder, all on the same turns, and what they rest on."""

    fingerprint: str
    """Of both configurations, the data, and how many users are judged."""
    signature: Mapping[str, str | int | float | None]
    seconds: float
    """Training of the responder, writing and judging together."""
    best_epoch: int
    rows: Mapping[str, JudgedRow]
    """By what stands behind the title: nothing where replies are decoded plainly, ``+`` where they are chosen."""
    beside: Mapping[str, JudgedRow]
    """People and the cheap rivals; only where they were asked for."""


def save_talk(path: Path, talk: JudgedTalk) -> None:
    """Write it, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = next(iter(talk.rows.values())).replies
    write_json(
        path,
        {
            "fingerprint": talk.fingerprint,
            "signature": dict(talk.signature),
            "seconds": talk.seconds,
            "best_epoch": talk.best_epoch,
            "turns": _columns(first, _TURN),
            "rows": {name: _plain(row) for name, row in talk.rows.items()},
            "beside": {name: _plain(row) for name, row in talk.beside.items()},
        },
    )


def load_talk(path: Path) -> JudgedTalk:
    """Read it; raises ``DataError`` when the file is none."""
    value = read_json(path)
    try:
        turns = _records(value.pop("turns"))
        rows, beside = (
            {name: _row(turns, row) for name, row in value.pop(part).items()} for part in ("rows", "beside")
        )
        return JudgedTalk(**value, rows=rows, beside=beside)
    except (KeyError, TypeError, ValueError, AttributeError, CcrsError) as error:
        raise DataError.at(
            path, None, f"is not a judged responder ({error})", "Remove it and run again"
        ) from error


def _columns(replies: Sequence[JudgedReply], names: Sequence[str]) -> dict[str, list[Any]]:
    return {name: [getattr(one, name) for one in replies] for name in names}


def _records(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """The same the other way round; lists become tuples again."""
    values = [[tuple(x) if isinstance(x, list) else x for x in column] for column in columns.values()]
    return [dict(zip(columns, one, strict=True)) for one in zip(*values, strict=True)]


def _plain(row: JudgedRow) -> dict[str, Any]:
    return {"report": dict(row.report), "said": _columns(row.replies, _SAID)}


def _row(turns: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> JudgedRow:
    said = zip(turns, _records(row["said"]), strict=True)
    return JudgedRow(tuple(JudgedReply(**turn, **one) for turn, one in said), row["report"])

"""Dialogues as people have them: a table with a message a row, or plain text with the speakers' names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccrs.core.dialogue import Dialogue, Message, Speaker
from ccrs.core.errors import DataError
from ccrs.data.readers.json_lines import MAX_TIME, shown
from ccrs.data.readers.table import Header, Row, Table, clean, file_kind
from ccrs.data.readers.table_text import TextLines
from ccrs.data.readers.table_values import parse_time

DIALOGUES = (
    "dialogue_id",
    "dialogue",
    "dialog_id",
    "dialog",
    "conversation_id",
    "conversation",
    "session_id",
    "id",
)
SPEAKERS = ("speaker", "role", "sender", "author", "from", "who")
TEXTS = ("text", "message", "utterance", "content", "said")
USERS = ("user", "user_id", "seeker_id", "customer_id", "worker_id")
TIMES = ("time", "timestamp", "date", "datetime", "created_at")

_SEEKERS = frozenset({"seeker", "user", "customer", "client", "buyer", "shopper", "human"})
_RECOMMENDERS = frozenset(
    {"recommender", "system", "assistant", "agent", "bot", "seller", "shop", "advisor", "salesperson"}
)
_TURN = re.compile(r"\s{0,8}([^\W\d_][^:\n]{0,39}?)\s{0,3}:(?:\s+|$)(.*)", re.DOTALL)
_ROLES: tuple[Speaker, ...] = ("seeker", "recommender")
_MEND_NAMES = "Name the two speakers with --seeker and --recommender."


@dataclass(frozen=True)
class SpeakerNames:
    """What the two speakers are called; None for the usual names, or else the first who speaks is the seeker."""

    seeker: str | None = None
    recommender: str | None = None

    def usual(self, name: str) -> Speaker | None:
        """Who is called that in any dialogue, if it is plain."""
        folded = _folded(name)
        if self.seeker is not None and folded == _folded(self.seeker):
            return "seeker"
        if self.recommender is not None and folded == _folded(self.recommender):
            return "recommender"
        if self.seeker is None and folded in _SEEKERS:
            return "seeker"
        return "recommender" if self.recommender is None and folded in _RECOMMENDERS else None

    @property
    def stated(self) -> bool:
        """Whether both are, so that nobody else can speak."""
        return self.seeker is not None and self.recommender is not None


class _Cast:
    """Who is who in one dialogue; ``spoken`` are the names of those who speak in it, with their lines."""

    def __init__(self, names: SpeakerNames, path: Path, spoken: Iterable[tuple[str, int]]) -> None:
        self._found: dict[str, Speaker] = {}
        others: dict[str, tuple[str, int]] = {}
        for name, line in spoken:
            known = names.usual(name)
            if known is None:
                others.setdefault(_folded(name), (name, line))
            else:
                self._found[_folded(name)] = known
        taken = set(self._found.values())
        free: list[Speaker] = [one for one in _ROLES if one not in taken and not names.stated]
        for folded, (name, line) in others.items():
            if not free:
                problem = f"{shown(name)} is neither the seeker nor the recommender"
                raise DataError.at(path, line, problem, _MEND_NAMES)
            self._found[folded] = free.pop(0)

    def speaker(self, name: str) -> Speaker:
        """Seeker or recommender."""
        return self._found[_folded(name)]


def _folded(name: str) -> str:
    return name.casefold().strip()


def read_plain_dialogues(
    path: Path, names: SpeakerNames | None = None, *, encoding: str | None = None, lenient: bool = False
) -> Iterator[Dialogue]:
    """The dialogues of a CSV or TSV file, or else of a text file; mentions are for a linker to find.

    Raises ``DataError`` with file and line for what cannot be read, and where there are no dialogues.
    """
    names = names or SpeakerNames()
    dialogues = (
        _read_table(path, names, encoding, lenient=lenient)
        if file_kind(path) in (".csv", ".tsv")
        else _read_text(path, names, encoding)
    )
    empty = True
    for dialogue in dialogues:
        empty = False
        yield dialogue
    if empty:
        raise DataError.at(path, None, "holds no dialogues", "Give at least one message.")


def _read_text(path: Path, names: SpeakerNames, encoding: str | None) -> Iterator[Dialogue]:
    """Dialogues with blank lines between them, each message beginning with its speaker's name and a colon."""
    lines = ((number, clean(line)) for number, line in enumerate(TextLines(path, encoding), start=1))
    number = 0
    for blank, block in itertools.groupby(lines, key=lambda line: not line[1]):
        if blank:
            continue
        said = _turns(path, block, names)
        cast = _Cast(names, path, ((name, line) for name, line, _ in said))
        messages = tuple(Message(cast.speaker(name), text) for name, _, text in said if text)
        if messages:
            number += 1
            name = f"dialogue-{number}"
            yield Dialogue(name, name, messages)


def _turns(path: Path, block: Iterable[tuple[int, str]], names: SpeakerNames) -> list[tuple[str, int, str]]:
    """Name, line and text of each message; a line without a name goes on with the message before."""
    said: list[tuple[str, int, str]] = []
    for number, line in block:
        match = _TURN.fullmatch(line)
        if match is not None and not (names.stated and names.usual(match[1]) is None):
            said.append((match[1], number, match[2].strip()))
        elif said:
            name, first, text = said[-1]
            said[-1] = name, first, f"{text} {line}".strip()
        else:
            problem = f"{shown(line)} begins with no speaker"
            mend = 'Begin a message with a name and a colon, like "Seeker: Hello".'
            raise DataError.at(path, number, problem, mend)
    return said


@dataclass
class _Rows:
    """One dialogue of a table while its rows are read."""

    user: str
    time: int
    said: list[tuple[str, int, str]]


def _read_table(
    path: Path, names: SpeakerNames, encoding: str | None, *, lenient: bool
) -> Iterator[Dialogue]:
    """Dialogues in the order in which they begin; the rows of one are its messages in order."""
    for name, rows in _rows_by_dialogue(Table(path, encoding=encoding, lenient=lenient)).items():
        cast = _Cast(names, path, ((speaker, line) for speaker, line, _ in rows.said))
        messages = tuple(Message(cast.speaker(speaker), text) for speaker, _, text in rows.said if text)
        if messages:
            yield Dialogue(name, rows.user or name, messages, time=rows.time)


def _rows_by_dialogue(table: Table) -> dict[str, _Rows]:
    path, header = table.path, table.header
    wanted = (("dialogue", DIALOGUES), ("speaker", SPEAKERS), ("text", TEXTS))
    places = [_needed(header, *which) for which in wanted]
    user_place, time_place = header.place(USERS), header.place(TIMES)
    found: dict[str, _Rows] = {}
    for row in table:
        name, speaker, text = (row.values[place] for place in places)
        if not name or not speaker:
            what = "speaker" if name else "dialogue id"
            raise DataError.at(path, row.line, f"the {what} is empty", "Fill it in.")
        user = "" if user_place is None else row.values[user_place]
        if name not in found:
            found[name] = _Rows(user, _time(path, row, time_place), [])
        found[name].user = found[name].user or user
        if user and user != found[name].user:
            problem = f"dialogue {shown(name)} is of user {shown(found[name].user)} and of {shown(user)}"
            mend = "Give all rows of a dialogue the same user: the seeker."
            raise DataError.at(path, row.line, problem, mend)
        found[name].said.append((speaker, row.line, text))
    return found


def _needed(header: Header, what: str, names: Sequence[str]) -> int:
    place = header.place(names)
    if place is None:
        problem = f"no column is the {what} (columns: {', '.join(header.columns)})"
        raise DataError.at(header.path, 1, problem, f"Call it one of: {', '.join(names)}.")
    return place


def _time(path: Path, row: Row, place: int | None) -> int:
    """The time of a dialogue's first row in whole seconds (or what the file counts in)."""
    said = "" if place is None else row.values[place]
    time = parse_time(said) if said else 0.0
    if time is None or abs(time) > MAX_TIME:
        problem = f"the time is {shown(said)}"
        raise DataError.at(path, row.line, problem, "Give a number or a date like 2024-05-17 18:30.")
    return int(time)

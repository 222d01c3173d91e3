"""The official ReDial release (Li et al., *Towards Deep Conversational Recommendations*, 2018)."""

from __future__ import annotations

import csv
import html
import io
import re
from collections import ChainMap, Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message, Part, Speaker
from ccrs.core.errors import DataError
from ccrs.data.readers.json_lines import MAX_TIME, LineFaultError, collect_dialogues, field, shown
from ccrs.data.readers.release_files import read_release_files

MOVIES_FILE = "movies_with_mentions.csv"
PART_FILES: dict[Part, str] = {"train": "train_data.jsonl", "test": "test_data.jsonl"}
LICENCE = "CC BY 4.0"

NO_TEXT = "messages without text"
UNKNOWN_ID = "@ids of unknown movies, left as text"
NO_MESSAGES = "dialogues without messages"
UNKNOWN_FEEDBACK = "feedback on unknown movies"
BROKEN_MOVIES = "movies skipped: broken row"

_MARK = re.compile(r"@([0-9]+)")
_MOVIE_ID = re.compile(r"[0-9]{1,18}")
_SPACE = re.compile(r"\s+")
_ANSWERS = {0: False, 1: True, 2: None}


@dataclass(frozen=True)
class RedialRelease:
    """What was read: dialogues whose mentions are movie ids, and the movies' titles by movie id.

    Every entity of a dialogue is a key of ``titles``, whose titles are as listed but for HTML
    entities and doubled spaces: a mention's text is exactly its title. ``dropped`` counts by reason
    what was left out; ``sources`` are the SHA-256 of the files read, by name.
    """

    dialogues: tuple[Dialogue, ...]
    titles: dict[str, str]
    licence: str
    dropped: dict[str, int]
    sources: dict[str, str]


def read_redial(source: Path, *, lenient: bool = False) -> RedialRelease:
    """Read the release from its folder or zip (its files may lie one folder deep).

    The seeker is the initiator. ``@111776`` becomes the movie's title with a marked mention over
    it; HTML entities are unescaped and every run of white space becomes one space. A title that
    only a dialogue's own ``movieMentions`` gives is used and added to ``titles``.

    Raises ``DataError`` (file, line, value, mend) on anything that is not as documented; with
    ``lenient`` a faulty dialogue or movie row is skipped and counted instead.
    """
    files = read_release_files(source, [*PART_FILES.values(), MOVIES_FILE])
    dropped: Counter[str] = Counter()
    titles = _read_titles(
        files.contents[MOVIES_FILE], files.places[MOVIES_FILE], lenient=lenient, dropped=dropped
    )
    dialogues: list[Dialogue] = []
    seen: dict[str, str] = {}
    for part, name in PART_FILES.items():
        place = files.places[name]
        build = partial(_dialogue, part=part, titles=titles)
        lines = io.BytesIO(files.contents[name])
        found = collect_dialogues(lines, place, build, lenient=lenient, seen=seen, dropped=dropped)
        if not found:
            raise DataError.at(place, None, "holds no dialogues", "Get the release anew.")
        dialogues += found
    return RedialRelease(tuple(dialogues), titles, LICENCE, dict(+dropped), files.sources)


def read_redial_file(path: Path, *, lenient: bool = False) -> RedialRelease:
    """Read one file of dialogues in ReDial's form; titles come from the dialogues' own ``movieMentions``.

    Errors as in ``read_redial``.
    """
    titles: dict[str, str] = {}
    dropped: Counter[str] = Counter()
    build = partial(_dialogue, part="test", titles=titles)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from error
    found = collect_dialogues(
        io.BytesIO(content), str(path), build, lenient=lenient, seen={}, dropped=dropped
    )
    if not found:
        raise DataError.at(path, None, "holds no dialogues", "Name a file with one dialogue a line")
    return RedialRelease(tuple(found), titles, LICENCE, dict(+dropped), {})


def _read_titles(data: bytes, place: str, *, lenient: bool, dropped: Counter[str]) -> dict[str, str]:
    """Movie id to title of the movie list, in its order."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"is not UTF-8 text (byte {data[error.start]:#04x})"
        raise DataError.at(place, line, problem, "Save the file as UTF-8.") from None
    rows = csv.reader(io.StringIO(text, newline=""))
    titles: dict[str, str] = {}
    try:
        columns = [name.strip().lower() for name in next(rows, [])]
        if columns[:2] != ["movieid", "moviename"]:
            mend = "The first line must be movieId,movieName,nbMentions."
            raise DataError.at(place, 1, f"the header is {shown(columns)}", mend)
        for row in rows:
            if row:
                problem, mend = _add_title(titles, row)
                if problem and not lenient:
                    raise DataError.at(place, rows.line_num, problem, mend)
                dropped[BROKEN_MOVIES] += bool(problem)
    except csv.Error as error:
        raise DataError.at(place, rows.line_num, f"is not CSV ({error})", "Mend the line.") from None
    if not titles:
        raise DataError.at(place, None, "lists no movies", "Get the release anew.")
    return titles


def _add_title(titles: dict[str, str], row: list[str]) -> tuple[str, str]:
    """Put one row of the movie list into ``titles``; the problem and its mend where it is faulty."""
    movie = row[0].strip()
    if not _MOVIE_ID.fullmatch(movie):
        return f"movieId is {shown(row[0])}, not a number", "Give the number that @id uses."
    title = _readable(row[1]).strip() if len(row) > 1 else ""
    if not title:
        return f"movie {shown(movie)} has no movieName", "Give its title."
    if titles.setdefault(movie, title) != title:
        problem = f"movie {shown(movie)} is listed as {shown(titles[movie])} and {shown(title)}"
        return problem, "Remove one of the two rows."
    return "", ""


def _dialogue(
    record: dict[str, Any], counts: Counter[str], *, part: Part, titles: dict[str, str]
) -> Dialogue | None:
    """One line as a dialogue; ``None`` where no message is left. Adds to ``titles`` (see above)."""
    seeker = _identifier(record, "initiatorWorkerId")
    recommender = _identifier(record, "respondentWorkerId")
    if seeker == recommender:
        problem = f"worker {shown(seeker)} is both initiator and respondent"
        raise LineFaultError("one worker", problem, "Give the two speakers ids of their own.")
    speakers: dict[str, Speaker] = {seeker: "seeker", recommender: "recommender"}
    named = {movie: title for movie, title in _named_movies(record).items() if movie not in titles}
    known = ChainMap(named, titles)
    records = field(record, "messages", list)
    messages = tuple(
        message
        for number, value in enumerate(records)
        if (message := _message(value, number, speakers, known, counts)) is not None
    )
    dialogue = Dialogue(
        id=_identifier(record, "conversationId"),
        user=seeker,
        messages=messages,
        time=_time(record, records),
        part=part,
        feedback=_feedback(record, known, counts),
    )
    if not messages:
        counts.clear()
        counts[NO_MESSAGES] += 1
        return None
    titles.update(named)
    return dialogue


def _message(
    record: Any,
    number: int,
    speakers: Mapping[str, Speaker],
    titles: Mapping[str, str],
    counts: Counter[str],
) -> Message | None:
    """Message ``number`` (from 0) of a dialogue; ``None`` where nothing is left of its text."""
    within = f"message {number}: "
    if type(record) is not dict:
        raise LineFaultError(
            "wrong type", f"{within}is {shown(record)}", "A message must be an object {...}."
        )
    sender = _identifier(record, "senderWorkerId", within)
    if sender not in speakers:
        problem = f"{within}'senderWorkerId' is {shown(sender)}, which is neither of {sorted(speakers)}"
        raise LineFaultError(
            "unknown sender", problem, "Mend the id, or read leniently to skip such dialogues."
        )
    text, mentions = _clean(field(record, "text", str, within=within), titles, counts)
    if not text:
        counts[NO_TEXT] += 1
        return None
    return Message(speakers[sender], text, mentions)


def _clean(text: str, titles: Mapping[str, str], counts: Counter[str]) -> tuple[str, tuple[Mention, ...]]:
    """Readable text with every ``@id`` of a known movie replaced by its title, and the mentions."""
    if "@" not in text:
        return _readable(text).strip(), ()
    pieces: list[str] = []
    mentions: list[Mention] = []
    length = 0
    for number, piece in enumerate(_MARK.split(text)):  # text, id, text, id, ..., text
        if number % 2 == 0:
            words = _readable(piece) if length else _readable(piece).lstrip()
        elif piece in titles:
            words = titles[piece]
            mentions.append(Mention(piece, length, length + len(words), marked=True))
        else:
            counts[UNKNOWN_ID] += 1
            words = f"@{piece}"
        pieces.append(words)
        length += len(words)
    return "".join(pieces).rstrip(), tuple(mentions)


def _readable(text: str) -> str:
    return _SPACE.sub(" ", html.unescape(text))


def _named_movies(record: dict[str, Any]) -> dict[str, str]:
    """The dialogue's ``movieMentions`` that have a title."""
    named: dict[str, str] = {}
    for movie, title in _mapping(record, "movieMentions").items():
        if title is not None and type(title) is not str:
            problem = f"movieMentions of {shown(movie)} is {shown(title)}"
            raise LineFaultError("wrong type", problem, "A title must be a string or null.")
        if not _MOVIE_ID.fullmatch(movie):
            problem = f"movieMentions has the movie id {shown(movie)}"
            raise LineFaultError("wrong value", problem, "Give the number that @id uses.")
        if words := _readable(title or "").strip():
            named[movie] = words
    return named


def _feedback(record: dict[str, Any], titles: Mapping[str, str], counts: Counter[str]) -> dict[str, Feedback]:
    """The seeker's questionnaire; ``suggested`` is False for what the seeker brought up."""
    feedback: dict[str, Feedback] = {}
    for movie, answers in _mapping(record, "initiatorQuestions").items():
        within = f"initiatorQuestions of {shown(movie)}: "
        if type(answers) is not dict:
            raise LineFaultError("wrong type", f"{within}is {shown(answers)}", "Must be an object {...}.")
        values: dict[str, bool | None] = {}
        for key in ("suggested", "seen", "liked"):
            answer = field(answers, key, int, within=within)
            if answer not in _ANSWERS:
                raise LineFaultError(
                    "wrong value", f"{within}{key!r} is {shown(answer)}", "Allowed: 0, 1, 2."
                )
            values[key] = _ANSWERS[answer]
        if movie in titles:
            feedback[movie] = Feedback(**values)
        else:
            counts[UNKNOWN_FEEDBACK] += 1
    return feedback


def _mapping(record: dict[str, Any], key: str) -> dict[str, Any]:
    """An object, or the empty list the official files write for an empty object."""
    return {} if record.get(key) == [] else field(record, key, dict)


def _identifier(record: dict[str, Any], key: str, within: str = "") -> str:
    """An id given as a number or a string, as a string."""
    value = record.get(key)
    if type(value) is int:
        return str(value)
    text: str = field(record, key, str, within=within).strip()
    if not text:
        raise LineFaultError(
            "wrong value", f"{within}{key!r} is {shown(value)}, empty", f"Give {key!r} a value."
        )
    return text


def _time(record: dict[str, Any], messages: list[Any]) -> int:
    """The first message's id, which grows with time; without one the conversation's."""
    holder, key = record, "conversationId"
    if messages and "messageId" in messages[0]:
        holder, key = messages[0], "messageId"
    digits = _identifier(holder, key)
    if not re.fullmatch(r"-?[0-9]{1,19}", digits) or abs(int(digits)) > MAX_TIME:
        raise LineFaultError(
            "wrong value", f"{key!r} is {shown(digits)}, not a number", "Give a whole number."
        )
    return int(digits)

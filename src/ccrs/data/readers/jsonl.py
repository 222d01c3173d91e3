"""The project's own dialogue format: JSON lines, one dialogue a line (see ``docs/data-formats.md``)."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message, Part
from ccrs.core.errors import DataError
from ccrs.core.files import replacing
from ccrs.data.readers.json_lines import MAX_TIME, LineFaultError, field, iterate_records, shown
from ccrs.data.seen_ids import SeenIds

DIALOGUE_KEYS = frozenset({"id", "user", "time", "part", "messages", "feedback"})
MESSAGE_KEYS = frozenset({"speaker", "text", "mentions"})
MENTION_KEYS = frozenset({"entity", "start", "end", "marked"})
ANSWER_KEYS = frozenset({"suggested", "seen", "liked"})

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

UNKNOWN_MENTION = "mentions of unknown entities"
UNKNOWN_FEEDBACK = "feedback on unknown entities"


class DialogueStream(Iterator[Dialogue]):
    """The dialogues of a file, one at a time and once; ``dropped`` counts by reason what was left out so far."""

    def __init__(self, dialogues: Iterator[Dialogue], dropped: Counter[str]) -> None:
        self._dialogues = dialogues
        self.dropped = dropped

    def __next__(self) -> Dialogue:
        return next(self._dialogues)


def iterate_dialogues(
    path: Path, *, lenient: bool = False, known_entities: Container[str] | None = None
) -> DialogueStream:
    """The dialogues of a file in the project's own format as a stream, in little memory however long it is.

    With ``known_entities``, every mention and every item of the feedback must be one of them.
    Raises ``DataError`` (file, line, value, mend) on any fault, when the stream comes to it; with
    ``lenient`` a faulty dialogue is skipped, an unknown entity is left out of its dialogue, and both
    are counted by reason. A file that cannot be read or holds no usable dialogue is an error either way.
    """
    dropped: Counter[str] = Counter()
    return DialogueStream(_iterate(path, lenient, known_entities, dropped), dropped)


def read_dialogues(
    path: Path, *, lenient: bool = False, known_entities: Container[str] | None = None
) -> tuple[tuple[Dialogue, ...], dict[str, int]]:
    """All dialogues of a file, and counts of what was dropped; otherwise as ``iterate_dialogues``."""
    stream = iterate_dialogues(path, lenient=lenient, known_entities=known_entities)
    dialogues = tuple(stream)
    return dialogues, dict(stream.dropped)


def _iterate(
    path: Path, lenient: bool, known: Container[str] | None, dropped: Counter[str]
) -> Iterator[Dialogue]:
    """What ``iterate_dialogues`` hands out; the file is open while it is read."""
    seen = SeenIds()

    def build(record: dict[str, Any], counts: Counter[str]) -> Dialogue:
        return _dialogue(record, known, counts if lenient else None)

    def register(dialogue_id: str, number: int) -> str | None:
        before = seen.add(dialogue_id, number)
        return f"{path}:{before}" if before else None

    lines = _lines(path)
    yield from iterate_records(lines, path, build, lenient=lenient, register=register, dropped=dropped)
    if not len(seen):
        skipped = f" ({sum(dropped.values())} lines were skipped)" if dropped else ""
        mend = "Give a file with one dialogue a line."
        raise DataError.at(path, None, f"holds no dialogues{skipped}", mend)


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file; raises ``DataError`` where it cannot be read."""
    try:
        with path.open("rb") as stream:
            yield from stream
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise DataError.at(path, None, problem, "Check the path.") from error


def write_dialogues(path: Path, dialogues: Iterable[Dialogue]) -> None:
    """Write dialogues in the project's own format, all or nothing.

    Raises ``DataError`` where ``read_dialogues`` would refuse what was written, or the disk does.
    """
    seen = SeenIds()
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for dialogue in dialogues:
            record = _record(dialogue)
            try:
                _dialogue(record, None, None)
                if seen.add(dialogue.id):
                    raise LineFaultError(
                        "doubled id", "is an id used twice", "Give every dialogue its own id."
                    )
                stream.write(_ENCODER.encode(record) + "\n")
            except LineFaultError as fault:
                problem = f"dialogue {shown(dialogue.id)} cannot be written: {fault.problem}"
                raise DataError.at(path, None, problem, fault.mend) from None
            except UnicodeEncodeError:
                problem = f"dialogue {shown(dialogue.id)} holds half a character (an unpaired surrogate)"
                raise DataError.at(path, None, problem, "Remove it from the text.") from None
        if not len(seen):
            raise DataError.at(path, None, "there are no dialogues to write", "Give at least one.")


def _dialogue(record: dict[str, Any], known: Container[str] | None, dropped: Counter[str] | None) -> Dialogue:
    """One checked dialogue; unknown entities are counted in ``dropped``, or a fault where it is None."""
    _no_other_keys(record, DIALOGUE_KEYS, "the dialogue")
    messages = field(record, "messages", list)
    if not messages:
        raise LineFaultError(
            "no messages", "the dialogue has no messages", "Remove the line or add its messages."
        )
    time = field(record, "time", int) if "time" in record else 0
    if not -MAX_TIME <= time <= MAX_TIME:
        raise LineFaultError(
            "wrong value", f"'time' is {shown(time)}, beyond 64 bits", "Give a smaller number."
        )
    part = record.get("part")
    if part not in (*get_args(Part), None):
        raise LineFaultError(
            "wrong value",
            f"'part' is {shown(part)}",
            "Allowed: 'train', 'validation', 'test', or leave it out.",
        )
    return Dialogue(
        id=_name(record, "id", ""),
        user=_name(record, "user", ""),
        messages=tuple(_message(message, number, known, dropped) for number, message in enumerate(messages)),
        time=time,
        part=part,
        feedback=_feedback(field(record, "feedback", dict), known, dropped) if "feedback" in record else {},
    )


def _message(record: Any, number: int, known: Container[str] | None, dropped: Counter[str] | None) -> Message:
    """Message ``number`` (from 0), with its mentions in order and inside the text."""
    within = f"message {number}: "
    if type(record) is not dict:
        raise LineFaultError(
            "wrong type", f"{within}is {shown(record)}", "Write a message as an object {...}."
        )
    if not record.keys() <= MESSAGE_KEYS:
        _no_other_keys(record, MESSAGE_KEYS, f"message {number}")
    speaker = field(record, "speaker", str, within=within)
    if speaker not in ("seeker", "recommender"):
        problem = f"{within}'speaker' is {shown(speaker)}"
        raise LineFaultError("wrong value", problem, "Allowed: 'seeker', 'recommender'.")
    text = field(record, "text", str, within=within)
    if not text.strip():
        raise LineFaultError(
            "no text", f"{within}'text' is {shown(text)}, without a word", "Remove the message."
        )
    if "mentions" not in record:
        return Message(speaker, text)
    mentions: list[Mention] = []
    end = 0
    for value in field(record, "mentions", list, within=within):
        mention = _mention(value, text, end, within)
        end = mention.end
        if known is None or _is_known(mention.entity, known, dropped, UNKNOWN_MENTION, within):
            mentions.append(mention)
    return Message(speaker, text, tuple(mentions))


def _mention(record: Any, text: str, previous_end: int, within: str) -> Mention:
    """One mention, which must begin at or after ``previous_end`` and lie in the text."""
    if type(record) is not dict:
        raise LineFaultError(
            "wrong type", f"{within}mention {shown(record)}", "Write a mention as an object {...}."
        )
    _no_other_keys(record, MENTION_KEYS, f"{within}a mention")
    start = field(record, "start", int, within=within)
    end = field(record, "end", int, within=within)
    if not 0 <= start < end <= len(text):
        span = f"[{shown(start)}, {shown(end)})"
        problem = f"{within}mention {span} is not inside the text of {len(text)} characters"
        raise LineFaultError(
            "mention outside its text", problem, "Give 0 <= start < end <= length, in characters."
        )
    if start < previous_end:
        problem = f"{within}mention [{start}, {end}) begins before the previous one ends ({previous_end})"
        mend = "Put the mentions in the order of the text, none over another."
        raise LineFaultError("mentions overlap", problem, mend)
    marked = record.get("marked", False)
    if type(marked) is not bool:
        raise LineFaultError("wrong type", f"{within}'marked' is {shown(marked)}", "Allowed: true, false.")
    return Mention(_name(record, "entity", within), start, end, marked)


def _feedback(
    answers: dict[str, Any], known: Container[str] | None, dropped: Counter[str] | None
) -> dict[str, Feedback]:
    """The questionnaire's answers by item."""
    feedback: dict[str, Feedback] = {}
    for item, answer in answers.items():
        within = f"feedback on {shown(item)}: "
        if type(answer) is not dict:
            raise LineFaultError(
                "wrong type", f"{within}is {shown(answer)}", "Write the answers as an object {...}."
            )
        if not item.strip():
            raise LineFaultError("wrong value", f"{within}the item is empty", "Name the item.")
        _no_other_keys(answer, ANSWER_KEYS, within.removesuffix(": "))
        for key, value in answer.items():
            if value is not None and type(value) is not bool:
                raise LineFaultError(
                    "wrong type", f"{within}{key!r} is {shown(value)}", "Allowed: true, false, null."
                )
        if known is None or _is_known(item, known, dropped, UNKNOWN_FEEDBACK, "feedback: "):
            feedback[item] = Feedback(**answer)
    return feedback


def _is_known(
    entity: str, known: Container[str], dropped: Counter[str] | None, reason: str, within: str
) -> bool:
    """Whether the entity is known; if not, counted under ``reason`` or, without ``dropped``, a fault."""
    if entity in known:
        return True
    if dropped is None:
        problem = f"{within}entity {shown(entity)} is not in the catalogue"
        raise LineFaultError("unknown entity", problem, "Use an id of entities.tsv, or add the entity there.")
    dropped[reason] += 1
    return False


def _name(record: dict[str, Any], key: str, within: str) -> str:
    """A string that is not blank."""
    value: str = field(record, key, str, within=within)
    if not value.strip():
        raise LineFaultError(
            "wrong value", f"{within}{key!r} is {shown(value)}, empty", f"Give {key!r} a value."
        )
    return value


def _no_other_keys(record: dict[str, Any], allowed: frozenset[str], where: str) -> None:
    other = record.keys() - allowed
    if other:
        key = min(other)
        near = difflib.get_close_matches(key[:40], allowed, n=1)
        mend = f"Did you mean {near[0]!r}?" if near else f"Allowed keys: {', '.join(sorted(allowed))}."
        raise LineFaultError("unknown key", f"{where} has a key {shown(key)} that is not known", mend)


def _record(dialogue: Dialogue) -> dict[str, Any]:
    """A dialogue as the JSON object of one line; what has its default is left out."""
    record: dict[str, Any] = {"id": dialogue.id, "user": dialogue.user, "time": dialogue.time}
    if dialogue.part is not None:
        record["part"] = dialogue.part
    record["messages"] = [_message_record(message) for message in dialogue.messages]
    if dialogue.feedback:
        record["feedback"] = {
            item: {"suggested": answer.suggested, "seen": answer.seen, "liked": answer.liked}
            for item, answer in dialogue.feedback.items()
        }
    return record


def _message_record(message: Message) -> dict[str, Any]:
    record: dict[str, Any] = {"speaker": message.speaker, "text": message.text}
    if message.mentions:
        record["mentions"] = [
            {"entity": m.entity, "start": m.start, "end": m.end} | ({"marked": True} if m.marked else {})
            for m in message.mentions
        ]
    return record

"""Turns of OpenDialKG's film dialogues as later work cut them, put together again to dialogues.

Each line is a reply with all that was said before it: ``{dialog_id, turn_id, context, entity, rec, resp}``. ``entity``
are the names in the context in the order of its messages, ``rec`` the items that the reply names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.errors import DataError
from ccrs.data.readers.json_lines import LineFaultError, field, parse_object, shown
from ccrs.data.readers.list_lines import strings
from ccrs.data.readers.named_spans import is_named, place_names
from ccrs.data.readers.packed_files import PackedFile

NOT_IN_TEXT = "entities listed for a dialogue that its texts do not name"
NO_TEXT = "messages without text"


@dataclass(frozen=True)
class _Turn:
    """One reply and what came before it; ``place`` is where it stands, for messages."""

    place: tuple[PackedFile, int]
    context: tuple[str, ...]
    entities: tuple[str, ...]
    items: tuple[str, ...]
    reply: str


def read_turns(files: Sequence[PackedFile], *, lenient: bool, dropped: Counter[str]) -> list[Dialogue]:
    """The dialogues of all turns in ``files``, in the order of their numbers, each up to its last turn.

    The replies are the recommender's; between them the speakers take turns, and the first message is the seeker's.
    Raises ``DataError`` for a faulty line and where two turns of a dialogue do not fit; with ``lenient`` such lines and
    dialogues are skipped and counted.
    """
    by_dialogue: dict[int, dict[int, _Turn]] = {}
    for file in files:
        for line, raw in enumerate(file.lines(), start=1):
            if not raw.strip():
                continue
            try:
                dialogue, number, turn = _turn(parse_object(raw), file, line)
                if number in by_dialogue.get(dialogue, {}):
                    problem = f"turn {number} of dialogue {dialogue} stands twice"
                    raise LineFaultError("doubled id", problem, "Remove one of the two.")
            except LineFaultError as fault:
                if not lenient:
                    raise DataError.at(file.path, line, fault.problem, fault.mend) from None
                dropped[f"turns skipped: {fault.reason}"] += 1
                continue
            by_dialogue.setdefault(dialogue, {})[number] = turn
    return list(_dialogues(by_dialogue, lenient=lenient, dropped=dropped))


def _turn(record: dict[str, Any], file: PackedFile, line: int) -> tuple[int, int, _Turn]:
    """Number of the dialogue, number of the turn, and what it holds."""
    context, entities, items = (strings(record, key, "") for key in ("context", "entity", "rec"))
    reply = field(record, "resp", str)
    if not reply.strip() or not context:
        raise LineFaultError("no text", "the turn has no reply or no context", "Remove the line.")
    dialogue, number = (field(record, key, int) for key in ("dialog_id", "turn_id"))
    return dialogue, number, _Turn((file, line), tuple(context), tuple(entities), tuple(items), reply)


def _dialogues(
    by_dialogue: dict[int, dict[int, _Turn]], *, lenient: bool, dropped: Counter[str]
) -> Iterator[Dialogue]:
    for number in sorted(by_dialogue):
        turns = [turn for _, turn in sorted(by_dialogue[number].items())]
        last = turns[-1]
        texts = [*last.context, last.reply]
        misfit = next((turn for turn in turns if not _fits(turn, texts)), None)
        if misfit is not None:
            if not lenient:
                file, line = misfit.place
                problem = f"what was said before does not fit a later turn of dialogue {shown(number)}"
                raise DataError.at(file.path, line, problem, "Get the release anew, or read leniently.")
            dropped["dialogues skipped: turns do not fit"] += 1
            continue
        yield _dialogue(str(number), turns, texts, dropped)


def _fits(turn: _Turn, texts: Sequence[str]) -> bool:
    length = len(turn.context)
    return length < len(texts) and [*turn.context, turn.reply] == list(texts[: length + 1])


def _dialogue(identity: str, turns: Sequence[_Turn], texts: Sequence[str], dropped: Counter[str]) -> Dialogue:
    names = _by_message(turns[-1].entities, texts[:-1])
    names.append([])
    for turn in turns:  # what a reply recommends is certain, wherever else a name stands
        mine = names[len(turn.context)]
        mine += [item for item in turn.items if item not in mine]
    messages = []
    for number, (text, named) in enumerate(zip(texts, names, strict=True)):
        if not text.strip():
            dropped[NO_TEXT] += 1
            continue
        # Counted back from the last reply: two messages of one speaker can only stand at the beginning.
        replies = (len(texts) - 1 - number) % 2 == 0 and number > 0
        mentions, lost = place_names(text, [(name, name) for name in named])
        dropped[NOT_IN_TEXT] += len(lost)
        messages.append(Message("recommender" if replies else "seeker", text, mentions))
    return Dialogue(identity, identity, tuple(messages))


def _by_message(entities: Sequence[str], texts: Sequence[str]) -> list[list[str]]:
    """The names of each message: each stands in the first message that has it, not before the one of the name ahead."""
    names: list[list[str]] = [[] for _ in texts]
    place = 0
    for entity in entities:
        fitting = (
            number
            for number in range(place, len(texts))
            if entity not in names[number] and is_named(texts[number], entity)
        )
        found = next(fitting, None)
        if found is not None:
            place = found
            names[found].append(entity)
    return names

"""INSPIRED (Hayati et al., *INSPIRED: Toward Sociable Recommendation Dialogue Systems*, 2020), in two forms.

The authors' own form is ``train.tsv``, ``dev.tsv`` and ``test.tsv``; the other one, used by later work, is
``{train,valid,test}_dbpedia.jsonl``, whose films and other entities are linked to DBpedia.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ccrs.core.dialogue import Dialogue, Message, Part, Speaker
from ccrs.core.errors import DataError
from ccrs.core.files import sha256
from ccrs.data.readers.json_lines import LineFaultError, shown
from ccrs.data.readers.json_lines import field as value_of
from ccrs.data.readers.list_lines import read_list_lines, strings
from ccrs.data.readers.named_spans import place_names
from ccrs.data.readers.packed_files import PackedFile, find_folder, read_packed
from ccrs.data.redial_graph_forms import split_title

LICENCE = "none stated by the authors"
LINKED_FILES: dict[Part, str] = {
    "train": "train_dbpedia.jsonl",
    "validation": "valid_dbpedia.jsonl",
    "test": "test_dbpedia.jsonl",
}
TABLE_FILES: dict[Part, str] = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
TABLE_COLUMNS = ("dialog_id", "utt_id", "speaker", "text", "movies")

NOT_IN_TEXT = "films listed for a message that its text does not name"
NO_TEXT = "messages without text"
NO_MESSAGES = "dialogues without messages"

_SPEAKERS: dict[str, Speaker] = {"RECOMMENDER": "recommender", "SEEKER": "seeker"}
_QUOTE = "QUOTATION_MARK"
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class InspiredRelease:
    """What was read: dialogues whose marked mentions are films by title, and the DBpedia pages of films that have one.

    ``titles`` are all films that the release lists, those included that no text names. ``dropped`` counts by reason
    what was left out; ``sources`` are the SHA-256 of the files read, by name.
    """

    form: Literal["linked", "tables"]
    dialogues: tuple[Dialogue, ...]
    titles: tuple[str, ...]
    pages: dict[str, str]
    dropped: dict[str, int]
    sources: dict[str, str]


def read_inspired(source: Path, *, lenient: bool = False) -> InspiredRelease:
    """Read the release from its folder (its files may lie up to two folders deep, plain or gzip).

    Each dialogue is a user of its own: the release does not say who took part. Raises ``DataError`` (file, line,
    value, mend) on anything that is not as documented; with ``lenient`` a faulty dialogue is skipped and counted.
    """
    dropped: Counter[str] = Counter()
    folder = find_folder(source, list(LINKED_FILES.values()))
    linked = folder is not None
    names = LINKED_FILES if linked else TABLE_FILES
    folder = folder or find_folder(source, list(TABLE_FILES.values()))
    if folder is None:
        wanted = " or ".join(", ".join(files.values()) for files in (LINKED_FILES, TABLE_FILES))
        raise DataError.at(source, None, "holds no whole INSPIRED release", f"Give a folder with {wanted}.")
    listed = _Listed()
    dialogues: list[Dialogue] = []
    sources: dict[str, str] = {}
    for part, name in names.items():
        file = read_packed(folder, name)
        sources[file.path.name] = sha256(file.path)
        if linked:
            found = _read_linked(file, part, listed, lenient=lenient, dropped=dropped)
        else:
            before = {dialogue.id for dialogue in dialogues}
            found = _read_table(file, part, listed, before, lenient=lenient, dropped=dropped)
        if not found:
            raise DataError.at(file.path, None, "holds no dialogues", "Get the release anew.")
        dialogues += found
    return InspiredRelease(
        "linked" if linked else "tables",
        tuple(dialogues),
        tuple(listed.titles),
        {title: pages.most_common(1)[0][0] for title, pages in listed.pages.items()},
        dict(+dropped),
        sources,
    )


@dataclass
class _Listed:
    """All films of the release while it is read, and how often each is linked to which page."""

    titles: dict[str, None] = field(default_factory=dict)
    pages: dict[str, Counter[str]] = field(default_factory=dict)


def _read_linked(
    file: PackedFile, part: Part, listed: _Listed, *, lenient: bool, dropped: Counter[str]
) -> list[Dialogue]:
    """One file of the linked form."""

    def build(records: list[dict[str, Any]], number: int, counts: Counter[str]) -> Dialogue | None:
        messages = [_linked_message(record, place, listed, counts) for place, record in enumerate(records)]
        return _dialogue(f"{part}-{number}", part, messages, counts)

    return list(read_list_lines(file, build, lenient=lenient, dropped=dropped))


def _linked_message(
    record: dict[str, Any], number: int, listed: _Listed, counts: Counter[str]
) -> Message | None:
    """One message; the pages of its films stand beside the films' names, without those that have no page."""
    within = f"message {number}: "
    titles = [title for text in strings(record, "movie", within) if (title := _readable(text))]
    pages, names = (strings(record, key, within) for key in ("movie_link", "movie_name"))
    if len(pages) != len(names):
        problem = f"{within}{len(pages)} 'movie_link' beside {len(names)} 'movie_name'"
        raise LineFaultError("wrong value", problem, "Give each film a link and a name.")
    page_of = dict(zip(map(_readable, names), pages, strict=True))
    for title in titles:
        if (page := page_of.get(split_title(title)[0])) is not None:
            listed.pages.setdefault(title, Counter())[page] += 1
    listed.titles.update(dict.fromkeys(titles))
    text = value_of(record, "text", str, within=within)
    return _message(value_of(record, "role", str, within=within), text, titles, within, counts)


def _read_table(
    file: PackedFile, part: Part, listed: _Listed, before: set[str], *, lenient: bool, dropped: Counter[str]
) -> list[Dialogue]:
    """One file of the authors' form: a message a row, the rows of a dialogue one after another."""
    place = file.path
    # The values are written as they are: a quote in them opens nothing.
    rows = enumerate((line.rstrip("\r").split("\t") for line in file.text().split("\n")), start=1)
    _, columns = next(rows)
    if missing := [name for name in TABLE_COLUMNS if name not in columns]:
        mend = f"The first line must name the columns {', '.join(TABLE_COLUMNS)}."
        raise DataError.at(place, 1, f"column {missing[0]!r} is missing", mend)
    where = [columns.index(name) for name in TABLE_COLUMNS]
    messages: dict[str, list[Message | None]] = {}
    counts: Counter[str] = Counter()
    faulty: set[str] = set()
    for line, row in rows:
        if row == [""]:
            continue
        name = row[where[0]].strip() if len(row) > where[0] else ""
        try:
            message = _row_message(row, len(columns), where, listed, counts)
            if name in before:
                problem = f"dialogue {shown(name)} stands in another file as well"
                raise LineFaultError("doubled id", problem, "Remove one of the two.")
            messages.setdefault(name, []).append(message)
        except LineFaultError as fault:
            if not lenient:
                raise DataError.at(place, line, fault.problem, fault.mend) from None
            if name not in faulty:
                dropped[f"dialogues skipped: {fault.reason}"] += 1
            faulty.add(name)
    found = [_dialogue(name, part, told, counts) for name, told in messages.items() if name not in faulty]
    dropped.update(counts)
    return [dialogue for dialogue in found if dialogue is not None]


def _row_message(
    row: Sequence[str], width: int, where: Sequence[int], listed: _Listed, counts: Counter[str]
) -> Message | None:
    """The message of one row of a table."""
    if len(row) != width:
        problem = f"found {len(row)} values, the header names {width}"
        raise LineFaultError("ragged row", problem, "Give each row all values, separated by tabs.")
    identity, _, speaker, text, movies = (row[place] for place in where)
    if not identity.strip():
        raise LineFaultError("wrong value", "'dialog_id' is empty", "Name the dialogue.")
    titles = [title for part in movies.split(";") if (title := _readable(part))]
    listed.titles.update(dict.fromkeys(titles))
    return _message(speaker.strip(), text.replace(_QUOTE, '"'), titles, "", counts)


def _message(
    role: str, text: str, titles: Sequence[str], within: str, counts: Counter[str]
) -> Message | None:
    """A message with the films that its text names; ``None`` where it has no text."""
    if role not in _SPEAKERS:
        problem = f"{within}the speaker is {shown(role)}"
        raise LineFaultError("wrong value", problem, f"Allowed: {', '.join(_SPEAKERS)}.")
    readable = _readable(text)
    if not readable:
        counts[NO_TEXT] += 1
        return None
    mentions, lost = place_names(readable, [(title, split_title(title)[0]) for title in titles])
    counts[NOT_IN_TEXT] += len(lost)
    return Message(_SPEAKERS[role], readable, mentions)


def _dialogue(
    identity: str, part: Part, messages: Sequence[Message | None], counts: Counter[str]
) -> Dialogue | None:
    """The dialogue of a user of its own; ``None`` where no message is left."""
    kept = tuple(message for message in messages if message is not None)
    if not kept:
        counts[NO_MESSAGES] += 1
        return None
    return Dialogue(identity, identity, kept, part=part)


def _readable(text: str) -> str:
    return _SPACE.sub(" ", text).strip()

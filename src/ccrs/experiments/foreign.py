"""Dialogues a run has never seen, on the run's own catalogue."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue
from ccrs.core.samples import IntArray
from ccrs.data.linking import Linker
from ccrs.data.linking_dialogues import link_dialogue, run_linker
from ccrs.data.readers.jsonl import read_dialogues
from ccrs.data.readers.redial import read_redial, read_redial_file


def read_foreign(
    path: Path,
    catalogue: Catalogue,
    popularity: IntArray,
    *,
    lenient: bool = False,
    dropped: Counter[str] | None = None,
) -> tuple[Dialogue, ...]:
    """Dialogues of ReDial (release or one file) or of the own format, linked to ``catalogue``.

    ReDial's films are found by title and year, those of the own format by id; what is not in the catalogue keeps
    an id of its own. What was left out is added to ``dropped`` by reason. Raises ``DataError`` as the readers do.
    """
    linker = run_linker(catalogue, popularity)
    titles: Mapping[str, str] = {}
    left_out: Mapping[str, int]
    if path.is_dir() or path.suffix == ".zip" or _is_redial(path):
        is_file = path.is_file() and path.suffix != ".zip"
        release = (read_redial_file if is_file else read_redial)(path, lenient=lenient)
        dialogues, titles, left_out = release.dialogues, release.titles, release.dropped
    else:
        dialogues, left_out = read_dialogues(path, lenient=lenient)
    if dropped is not None:
        dropped.update(left_out)
    known = {movie: _item_of(movie, title, catalogue, linker) for movie, title in titles.items()}
    return tuple(link_dialogue(_renamed(dialogue, known), linker) for dialogue in dialogues)


def _is_redial(path: Path) -> bool:
    """Whether a file's first line that is not blank looks like ReDial's form."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            first = next((line for line in stream if line.strip()), "")
        return "conversationId" in json.loads(first)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from error
    except (ValueError, TypeError, RecursionError):
        return False  # the reader of the own format says what is wrong, and where


def _item_of(movie: str, title: str, catalogue: Catalogue, linker: Linker) -> str:
    """The catalogue's id for a film; ids of other catalogues must not be mistaken for ours, so titles decide."""
    entity = catalogue.index.get(movie)
    if entity is not None and catalogue.entities[entity].title == title:
        return movie  # namesakes stay apart
    found = linker.find_item(title)
    if found is not None:
        return catalogue.entities[found].id
    return movie if entity is None else f"unknown:{movie}"


def _renamed(dialogue: Dialogue, known: Mapping[str, str]) -> Dialogue:
    messages = tuple(
        Message(
            message.speaker,
            message.text,
            tuple(
                replace(mention, entity=known.get(mention.entity, mention.entity))
                for mention in message.mentions
            ),
        )
        for message in dialogue.messages
    )
    return replace(
        dialogue,
        messages=messages,
        feedback={known.get(item, item): answer for item, answer in dialogue.feedback.items()},
    )

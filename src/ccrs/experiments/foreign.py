"""Dialogues a run has never seen, on the run's own catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue
from ccrs.core.samples import IntArray
from ccrs.data.linking import Linker
from ccrs.data.readers.jsonl import read_dialogues
from ccrs.data.readers.redial import read_redial, read_redial_file
from ccrs.experiments.prepare import link_dialogue


def run_linker(catalogue: Catalogue, popularity: IntArray) -> Linker:
    """The linker of a run: namesakes without a year mean the one recommended more often in training."""
    counts = {entity.id: int(count) for entity, count in zip(catalogue.items, popularity, strict=True)}
    return Linker(catalogue, item_popularity=counts)


def read_foreign(
    path: Path, catalogue: Catalogue, popularity: IntArray, *, lenient: bool = False
) -> tuple[Dialogue, ...]:
    """Dialogues of ReDial (release or one file) or of the own format, linked to ``catalogue``.

    Items are found by id, else by title and year; what is not in the catalogue keeps its own id. Raises
    ``DataError`` as the readers do.
    """
    linker = run_linker(catalogue, popularity)
    titles: Mapping[str, str] = {}
    if path.is_dir() or path.suffix == ".zip":
        release = read_redial(path, lenient=lenient)
        dialogues, titles = release.dialogues, release.titles
    elif _is_redial(path):
        release = read_redial_file(path, lenient=lenient)
        dialogues, titles = release.dialogues, release.titles
    else:
        dialogues, _ = read_dialogues(path, lenient=lenient)
    known = {movie: _item_of(movie, title, catalogue, linker) for movie, title in titles.items()}
    return tuple(link_dialogue(_renamed(dialogue, known), linker) for dialogue in dialogues)


def _is_redial(path: Path) -> bool:
    """Whether a file's first line looks like ReDial's form."""
    try:
        with path.open(encoding="utf-8") as stream:
            first = stream.readline()
        return "conversationId" in json.loads(first)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, TypeError, RecursionError):
        return False  # the reader of the own format says what is wrong, and where


def _item_of(movie: str, title: str, catalogue: Catalogue, linker: Linker) -> str:
    """The catalogue's id for a film; ids of other catalogues must not be mistaken for ours, so titles decide."""
    entity = catalogue.index.get(movie)
    if entity is not None and linker.find_item(title) == entity:
        return movie
    found = linker.find_item(title)
    return (
        movie
        if found is None and entity is None
        else (f"unknown:{movie}" if found is None else catalogue.entities[found].id)
    )


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

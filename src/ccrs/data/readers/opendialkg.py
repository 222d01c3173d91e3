"""OpenDialKG (Moon et al., *Explainable Conversational Reasoning with Attention-based Walks over Knowledge Graphs*).

Three forms are read: the authors' own (``opendialkg.csv`` with ``opendialkg_triples.txt``), turns of the film dialogues
as later work cut them (``{train,valid,test}_processed.jsonl``), and whole dialogues about books
(``dialog_Books.jsonl``). Entities have no ids but their names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from ccrs.core.dialogue import Dialogue, Part
from ccrs.core.errors import DataError
from ccrs.core.files import sha256
from ccrs.data.readers.opendialkg_books import read_whole_dialogues
from ccrs.data.readers.opendialkg_csv import read_sessions
from ccrs.data.readers.opendialkg_turns import read_turns
from ccrs.data.readers.packed_files import find_folder, read_packed
from ccrs.data.splits import user_fraction

Domain = Literal["movies", "books"]
Form = Literal["sessions", "turns", "whole"]

LICENCE: Final = "CC BY-NC 4.0 (non-commercial)"
SESSIONS_FILE: Final = "opendialkg.csv"
TRIPLES_FILE: Final = "opendialkg_triples.txt"
TURN_FILES: Final = ("train_processed.jsonl", "valid_processed.jsonl", "test_processed.jsonl")
WHOLE_FILES: Final[dict[Domain, str]] = {"books": "dialog_Books.jsonl"}
SHARES: Final[dict[Part, float]] = {"train": 0.7, "validation": 0.15, "test": 0.15}
"""As many as the turns were divided into by those who cut them."""


@dataclass(frozen=True)
class OpenDialKGRelease:
    """What was read: dialogues whose marked mentions are entities by name; their parts are ours, not the source's.

    ``items`` are the entities that the source itself calls items, None where it does not say. ``dropped`` counts by
    reason what was left out; ``sources`` are the SHA-256 of the files read, by name.
    """

    form: Form
    dialogues: tuple[Dialogue, ...]
    items: frozenset[str] | None
    dropped: dict[str, int]
    sources: dict[str, str]


def read_opendialkg(
    source: Path, *, domain: Domain = "movies", seed: int = 0, lenient: bool = False
) -> OpenDialKGRelease:
    """Read the dialogues from the folder of a release (its files may lie up to two folders deep, plain or gzip).

    The authors' form holds all domains: which dialogues are of one is for the graph to say. Dialogues are divided by a
    hash of their id and ``seed``, so that none crosses parts. Each is a user of its own: the release does not say who
    took part. Raises ``DataError`` on anything that is not as documented; with ``lenient`` faulty ones are skipped.
    """
    form, folder, names = _find(source, domain)
    files = [read_packed(folder, name) for name in names]
    dropped: Counter[str] = Counter()
    items: frozenset[str] | None = None
    if form == "sessions":
        dialogues = read_sessions(files[0], lenient=lenient, dropped=dropped)
    elif form == "turns":
        dialogues = read_turns(files, lenient=lenient, dropped=dropped)
    else:
        dialogues, items = read_whole_dialogues(files[0], lenient=lenient, dropped=dropped)
    if not dialogues:
        raise DataError.at(files[0].path, None, "holds no dialogues", "Get the release anew.")
    return OpenDialKGRelease(
        form,
        tuple(replace(dialogue, part=part_of(dialogue.id, seed)) for dialogue in dialogues),
        items,
        dict(+dropped),
        {file.path.name: sha256(file.path) for file in files},
    )


def part_of(dialogue: str, seed: int) -> Part:
    """The part of a dialogue, by a hash of its id and the seed."""
    place = user_fraction(dialogue, seed, "part")
    if place < SHARES["train"]:
        return "train"
    return "validation" if place < SHARES["train"] + SHARES["validation"] else "test"


def _find(source: Path, domain: Domain) -> tuple[Form, Path, Sequence[str]]:
    """The form of the release in ``source``, its folder and its files."""
    forms: list[tuple[Form, Sequence[str]]] = [("sessions", (SESSIONS_FILE,))]
    if domain == "movies":
        forms.append(("turns", TURN_FILES))
    if domain in WHOLE_FILES:
        forms.append(("whole", (WHOLE_FILES[domain],)))
    for form, names in forms:
        if (folder := find_folder(source, names)) is not None:
            return form, folder, names
    wanted = " or ".join(", ".join(names) for _, names in forms)
    raise DataError.at(source, None, f"holds no whole OpenDialKG release about {domain}", f"Give {wanted}.")

"""The prepared corpus: one versioned folder that training and evaluation read, checked by its hashes.

The folder holds ``entities.tsv``, ``triples.tsv``, ``dialogues.jsonl`` and ``manifest.json``, and where models need
them further graphs, related words, reviews and cards of items; see ``docs/data-formats.md``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from ccrs.core.cards import ItemCard
from ccrs.core.dialogue import Dialogue
from ccrs.core.errors import DataError
from ccrs.core.files import read_json, replacing_folder, sha256, write_json
from ccrs.core.graph import Catalogue, Triple
from ccrs.data.cards import CARDS_FILE, read_cards, write_cards
from ccrs.data.graph_format import read_entities, read_triples, write_entities, write_triples
from ccrs.data.readers.jsonl import iterate_dialogues, write_dialogues
from ccrs.data.resources import (
    WordPairs,
    read_item_reviews,
    read_word_pairs,
    write_reviews,
    write_word_pairs,
)
from ccrs.data.tally import Tally, check_triples

FORMAT_VERSION = 1
ENTITIES_FILE = "entities.tsv"
TRIPLES_FILE = "triples.tsv"
DIALOGUES_FILE = "dialogues.jsonl"
MANIFEST_FILE = "manifest.json"
DATA_FILES = (ENTITIES_FILE, TRIPLES_FILE, DIALOGUES_FILE)
WORDS_FILE = "word_pairs.tsv"
REVIEWS_FILE = "reviews.tsv"
_SIDE_GRAPH = re.compile(r"triples-([\w-]+)\.tsv")

_PREPARE_AGAIN = "Prepare the data again."


@dataclass(frozen=True)
class FileRecord:
    """What a file must be: its SHA-256 in hexadecimal digits and its size in bytes."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """What a prepared folder holds and where it came from.

    ``checksum`` is the SHA-256 over the files' hashes, one ``<name> <sha256>`` line each in the
    order of the names: two folders with one checksum hold the same data. ``sources`` are the
    SHA-256 of the raw files by name, ``dropped`` the counts of what was left out by reason.
    ``repeats`` is False where nobody is recommended what he has had before: such items are no candidates.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    format: int
    dataset: str
    counts: dict[str, int]
    files: dict[str, FileRecord]
    checksum: str
    licence: str
    sources: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    repeats: bool = True


@dataclass(frozen=True)
class Extras:
    """What some models need beside dialogues and graph; None where the corpus has none."""

    side_graphs: Mapping[str, tuple[Triple, ...]] = field(default_factory=dict)
    """Further graphs over the same catalogue, by name."""
    word_pairs: WordPairs | None = None
    reviews: Mapping[str, str] | None = None
    """Item id to text."""
    cards: Mapping[str, ItemCard] = field(default_factory=dict)
    """Item id to what a shop says of it, for items of which it says anything."""


@dataclass(frozen=True)
class PreparedCorpus:
    """A prepared folder in memory; the dialogues' entities are all in the catalogue."""

    manifest: Manifest
    catalogue: Catalogue
    triples: tuple[Triple, ...]
    dialogues: tuple[Dialogue, ...]
    extras: Extras = field(default_factory=Extras)


@dataclass(frozen=True)
class PreparedStream:
    """A prepared folder whose dialogues are read one at a time, and once."""

    manifest: Manifest
    catalogue: Catalogue
    triples: tuple[Triple, ...]
    dialogues: Iterator[Dialogue]
    extras: Extras = field(default_factory=Extras)


def write_prepared(
    folder: Path,
    *,
    dataset: str,
    licence: str,
    catalogue: Catalogue,
    triples: Sequence[Triple],
    dialogues: Iterable[Dialogue],
    sources: Mapping[str, str] | None = None,
    dropped: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
    extras: Extras = Extras(),
    repeats: bool = True,
) -> Manifest:
    """Write a prepared folder, all or nothing; an older prepared folder there is replaced.

    ``dialogues`` may be a stream: it is read once, checked, counted and written as it passes, and never
    held as a whole. ``dropped`` is read after it, so that a stream's own counts may be handed over.

    Raises ``DataError`` when a dialogue or triple names what is not in the catalogue, when
    ``folder`` holds something else, or when the disk refuses; nothing is changed then.
    """
    check_triples([triples, *extras.side_graphs.values()], catalogue.index)
    tallied = Tally()
    with replacing_folder(folder, marker=MANIFEST_FILE) as temporary:
        write_entities(temporary / ENTITIES_FILE, catalogue)
        write_triples(temporary / TRIPLES_FILE, triples)
        write_dialogues(temporary / DIALOGUES_FILE, tallied.checked(dialogues, catalogue.index))
        names = (*DATA_FILES, *_write_extras(temporary, extras))
        files = {name: _file_record(temporary / name) for name in names}
        manifest = Manifest(
            format=FORMAT_VERSION,
            dataset=dataset,
            counts=_counts(catalogue, triples, extras) | tallied.counts,
            files=files,
            checksum=_checksum(files),
            licence=licence,
            sources=dict(sources or {}),
            dropped=dict(dropped or {}),
            notes=list(notes),
            repeats=repeats,
        )
        write_json(temporary / MANIFEST_FILE, asdict(manifest))
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a prepared folder; raises ``DataError`` when missing, broken or of another version."""
    path = folder / MANIFEST_FILE
    if folder.is_dir() and not path.exists():
        mend = "Give a folder that was prepared, or prepare the data first."
        raise DataError.at(folder, None, f"is not a prepared corpus (no {MANIFEST_FILE})", mend)
    value = read_json(path)
    version = value.get("format") if isinstance(value, dict) else None
    if version != FORMAT_VERSION:
        problem = f"has format version {version!r}; this program reads version {FORMAT_VERSION}"
        raise DataError.at(path, None, problem, _PREPARE_AGAIN)
    try:
        manifest = TypeAdapter(Manifest).validate_json(json.dumps(value), strict=True)
    except (ValidationError, ValueError) as error:
        faults = error.errors() if isinstance(error, ValidationError) else []
        where = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults[:3])
        raise DataError.at(path, None, f"is not a manifest ({where or error})", _PREPARE_AGAIN) from None
    others = {
        name
        for name in manifest.files
        if name in (WORDS_FILE, REVIEWS_FILE, CARDS_FILE) or _SIDE_GRAPH.fullmatch(name)
    }
    if set(manifest.files) - others != set(DATA_FILES):
        problem = f"lists the files {sorted(manifest.files)}, not {sorted(DATA_FILES)}"
        raise DataError.at(path, None, problem, _PREPARE_AGAIN)
    if manifest.checksum != _checksum(manifest.files):
        raise DataError.at(path, None, "was altered (its checksum does not fit its files)", _PREPARE_AGAIN)
    return manifest


def load_prepared(folder: Path, *, verify: bool = True) -> PreparedCorpus:
    """Read a prepared folder into memory; with ``verify`` its files must be the very ones the manifest records.

    Raises ``DataError`` when a file is missing, altered or broken, or of another version.
    """
    found = open_prepared(folder, verify=verify)
    return PreparedCorpus(
        found.manifest, found.catalogue, found.triples, tuple(found.dialogues), found.extras
    )


def open_prepared(folder: Path, *, verify: bool = True) -> PreparedStream:
    """As ``load_prepared``, but the dialogues are a stream: what is wrong with them is found on the way."""
    manifest = read_manifest(folder)
    for name, record in manifest.files.items():
        _check_file(folder / name, record, verify=verify)
    catalogue = read_entities(folder / ENTITIES_FILE)
    triples = read_triples(folder / TRIPLES_FILE, catalogue)
    extras = _read_extras(folder, manifest, catalogue)
    dialogues: Iterator[Dialogue] = iterate_dialogues(folder / DIALOGUES_FILE, known_entities=catalogue.index)
    if verify:
        dialogues = _as_counted(dialogues, manifest, _counts(catalogue, triples, extras), folder)
    return PreparedStream(manifest, catalogue, triples, dialogues, extras)


def _as_counted(
    dialogues: Iterator[Dialogue], manifest: Manifest, others: dict[str, int], folder: Path
) -> Iterator[Dialogue]:
    """The dialogues; at their end ``DataError`` unless the manifest counts what the files hold."""
    tallied = Tally()
    for dialogue in dialogues:
        tallied.add(dialogue)
        yield dialogue
    if manifest.counts != others | tallied.counts:
        raise DataError.at(folder / MANIFEST_FILE, None, "does not count what the files hold", _PREPARE_AGAIN)


def _write_extras(folder: Path, extras: Extras) -> list[str]:
    """Write what there is; the names of the files."""
    names = []
    for name, triples in extras.side_graphs.items():
        file = f"triples-{name}.tsv"
        if not _SIDE_GRAPH.fullmatch(file):
            raise DataError(
                f"Side graph {name!r}: a name has letters, digits, '-' and '_'. Rename its folder."
            )
        write_triples(folder / file, triples)
        names.append(file)
    if extras.word_pairs is not None:
        write_word_pairs(folder / WORDS_FILE, extras.word_pairs)
        names.append(WORDS_FILE)
    if extras.reviews is not None:
        write_reviews(folder / REVIEWS_FILE, extras.reviews)
        names.append(REVIEWS_FILE)
    if extras.cards:
        write_cards(folder / CARDS_FILE, extras.cards)
        names.append(CARDS_FILE)
    return names


def _read_extras(folder: Path, manifest: Manifest, catalogue: Catalogue) -> Extras:
    found = [(match[1], name) for name in manifest.files if (match := _SIDE_GRAPH.fullmatch(name))]
    return Extras(
        {name: read_triples(folder / file, catalogue) for name, file in found},
        read_word_pairs(folder / WORDS_FILE) if WORDS_FILE in manifest.files else None,
        read_item_reviews(folder / REVIEWS_FILE, catalogue) if REVIEWS_FILE in manifest.files else None,
        read_cards(folder / CARDS_FILE, catalogue) if CARDS_FILE in manifest.files else {},
    )


def _check_file(path: Path, record: FileRecord, *, verify: bool) -> None:
    """Raise ``DataError`` unless the file is there and, with ``verify``, is the recorded one."""
    if not path.is_file():
        raise DataError.at(path, None, "is missing", _PREPARE_AGAIN)
    if not verify:
        return
    try:
        found = _file_record(path)
    except OSError as error:
        raise DataError.at(
            path, None, f"cannot be read ({error.strerror or error})", "Check its permissions."
        ) from error
    if found != record:
        problem = f"was altered: {found.bytes} bytes with SHA-256 {found.sha256[:12]}..."
        recorded = f"the manifest records {record.bytes} with {record.sha256[:12]}..."
        raise DataError.at(path, None, f"{problem}, {recorded}", _PREPARE_AGAIN)


def _counts(catalogue: Catalogue, triples: Sequence[Triple], extras: Extras) -> dict[str, int]:
    """What there is beside the dialogues, by name."""
    held = {f"triples of {name}": len(side) for name, side in sorted(extras.side_graphs.items())}
    if extras.word_pairs is not None:
        held["pairs of words"] = len(extras.word_pairs)
    if extras.reviews is not None:
        held["reviews"] = len(extras.reviews)
    if extras.cards:
        held["cards"] = len(extras.cards)
    return held | {
        "items": catalogue.num_items,
        "entities": catalogue.num_entities,
        "triples": len(triples),
    }


def _file_record(path: Path) -> FileRecord:
    return FileRecord(sha256(path), path.stat().st_size)


def _checksum(files: Mapping[str, FileRecord]) -> str:
    lines = "".join(f"{name} {files[name].sha256}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()

"""Prepared corpora as RecBole's atomic files, and those files as a prepared corpus.

What atomic files cannot hold are the texts of dialogues, and with them where and how often something was named and
talk about people and genres. Everything else comes back as it was: items, graph, who had to do with what and when,
and which of the two speakers named it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ccrs.core.dialogue import Dialogue, Speaker
from ccrs.core.errors import ConfigError
from ccrs.core.files import replacing_folder
from ccrs.core.graph import Catalogue, Entity
from ccrs.data.atomic_files import Kind, write_table
from ccrs.data.prepared import Manifest, PreparedCorpus, load_prepared, write_prepared
from ccrs.data.readers.atomic import (
    ENTITIES,
    GRAPH,
    INTERACTIONS,
    ITEMS,
    LINKS,
    AtomicRelease,
    ItemReading,
    read_atomic,
)
from ccrs.experiments.interchange_dialogues import (
    DISLIKED,
    LIKED,
    DialogueReading,
    written_dialogues,
)

SILENT = "dialogues that name no item and have no answers about one"
_NAME = re.compile(r"\w[\w.-]*")
_INTERACTION_COLUMNS: dict[str, Kind] = {
    "user_id": "token",
    "item_id": "token",
    "rating": "float",
    "timestamp": "float",
    "session_id": "token",
    "speaker": "token",
    "part": "token",
    "seen": "token",
    "suggested": "token",
}
_ALWAYS = ("user_id", "item_id", "timestamp", "session_id", "speaker")
_ENTITY_COLUMNS: dict[str, Kind] = {
    "name": "token_seq",
    "type": "token",
    "year": "token",
    "aliases": "token_seq",
}


@dataclass(frozen=True)
class Exported:
    """What was written: rows by file name, and what was left out by reason."""

    rows: Mapping[str, int]
    left_out: Mapping[str, int]


def export_recbole(prepared: Path, out: Path, *, name: str | None = None) -> Exported:
    """Write the prepared folder as ``name``.inter, .item, .kg, .link and .ent in the folder ``out``, all or nothing.

    ``name`` is that of ``out`` when not given, as RecBole expects it. Raises ``DataError`` for a value that the files
    cannot hold, and where ``out`` is something else; ``ConfigError`` for a name that is none of a file.
    """
    name = out.resolve().name if name is None else name
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"--name {name!r}: has letters, digits, '.', '-' and '_' only, a letter first. Name it so."
        )
    corpus = load_prepared(prepared)
    tables = _tables(corpus)
    with replacing_folder(out, marker=f"{name}{INTERACTIONS}") as folder:
        for ending, table in tables.items():
            write_table(folder / f"{name}{ending}", table.columns, table.rows, required=table.required)
        (folder / "README.md").write_text(_about(corpus.manifest), encoding="utf-8")
    return Exported(
        {f"{name}{ending}": len(table.rows) for ending, table in tables.items()},
        {reason: count for reason, count in _left_out(corpus).items() if count},
    )


def prepare_recbole(
    source: Path,
    out: Path,
    *,
    name: str | None = None,
    items: ItemReading | None = None,
    dialogues: DialogueReading | None = None,
    licence: str = "the owner's",
) -> Manifest:
    """Prepare the atomic files of the folder ``source`` as the folder ``out``.

    Rows with a session become one dialogue a session; without, each user's rows in time order are cut into sessions
    as those of MovieLens are. Raises ``DataError`` on any fault of the input or of the disk.
    """
    release = read_atomic(source, name, reading=items or ItemReading())
    written = written_dialogues(release, dialogues or DialogueReading())
    return write_prepared(
        out,
        dataset=name or Path(release.place).stem,
        licence=licence,
        catalogue=Catalogue(release.entities),
        triples=release.triples,
        dialogues=written.dialogues,
        sources=release.sources,
        dropped={
            reason: count for reason, count in (*release.dropped.items(), *written.dropped.items()) if count
        },
        notes=written.notes,
        repeats=_repeats(release),
    )


def _repeats(release: AtomicRelease) -> bool:
    """Whether anybody has to do with one item in two sessions; otherwise what he had is no candidate."""
    seen: set[tuple[str, str]] = set()
    for row in release.interactions:
        if (row.user, row.item) in seen:
            return True
        seen.add((row.user, row.item))
    return False


@dataclass(frozen=True)
class _Table:
    columns: Mapping[str, Kind]
    rows: list[tuple[str, ...]]
    required: int


def _tables(corpus: PreparedCorpus) -> dict[str, _Table]:
    """The files by their ending; those that would be empty are left out."""
    catalogue = corpus.catalogue
    items, others = catalogue.items, catalogue.entities[catalogue.num_items :]
    further = {name: kind for name, kind in _ENTITY_COLUMNS.items() if name != "name"}
    item_columns: dict[str, Kind] = {"item_id": "token", "title": "token_seq", **further}
    tables = {
        INTERACTIONS: _interactions(corpus),
        ITEMS: _Table(item_columns, [_entity(item) for item in items], 2),
    }
    if corpus.triples:
        kind: dict[str, Kind] = dict.fromkeys(("head_id", "relation_id", "tail_id"), "token")
        tables[GRAPH] = _Table(kind, [(t.head, t.relation, t.tail) for t in corpus.triples], 3)
        links: dict[str, Kind] = {"item_id": "token", "entity_id": "token"}
        tables[LINKS] = _Table(links, [(item.id, item.id) for item in items], 2)
    if others:
        columns: dict[str, Kind] = {"ent_id": "token", **_ENTITY_COLUMNS}
        tables[ENTITIES] = _Table(columns, [_entity(entity) for entity in others], 2)
    return tables


def _entity(entity: Entity) -> tuple[str, ...]:
    year = "" if entity.year is None else str(entity.year)
    return entity.id, entity.name, entity.type, year, "|".join(entity.aliases)


def _interactions(corpus: PreparedCorpus) -> _Table:
    """One row for each item of each dialogue; columns in which nothing would stand are left out."""
    items = {item.id for item in corpus.catalogue.items}
    rows = [row for dialogue in corpus.dialogues for row in _dialogue_rows(dialogue, items)]
    kept = [
        position
        for position, name in enumerate(_INTERACTION_COLUMNS)
        if name in _ALWAYS or any(row[position] for row in rows)
    ]
    names = list(_INTERACTION_COLUMNS)
    columns = {names[position]: _INTERACTION_COLUMNS[names[position]] for position in kept}
    return _Table(columns, [tuple(row[position] for position in kept) for row in rows], 2)


def _dialogue_rows(dialogue: Dialogue, items: set[str]) -> Iterator[tuple[str, ...]]:
    """The items in the order in which they were named, then those that were only answered about."""
    speakers = first_speakers(dialogue, items)
    for item in (*speakers, *(item for item in dialogue.feedback if item not in speakers)):
        answer = dialogue.feedback.get(item)
        liked = None if answer is None else answer.liked
        yield (
            dialogue.user,
            item,
            "" if liked is None else f"{LIKED if liked else DISLIKED:g}",
            str(dialogue.time),
            dialogue.id,
            speakers.get(item, ""),
            dialogue.part or "",
            _flag(None if answer is None else answer.seen),
            _flag(None if answer is None else answer.suggested),
        )


def first_speakers(dialogue: Dialogue, items: Iterable[str]) -> dict[str, Speaker]:
    """The items that are named, in order, with who names them first."""
    known = items if isinstance(items, set) else set(items)
    found: dict[str, Speaker] = {}
    for message in dialogue.messages:
        for mention in message.mentions:
            if mention.entity in known:
                found.setdefault(mention.entity, message.speaker)
    return found


def _flag(answer: bool | None) -> str:
    return "" if answer is None else str(int(answer))


def _left_out(corpus: PreparedCorpus) -> dict[str, int]:
    """What the files do not hold, by what it is."""
    items = {item.id for item in corpus.catalogue.items}
    silent = sum(next(_dialogue_rows(dialogue, items), None) is None for dialogue in corpus.dialogues)
    further = {
        name: count for name, count in corpus.manifest.counts.items() if name.startswith("triples of ")
    }
    named = ("messages", "pairs of words", "reviews", "cards")
    return {
        **{
            f"{name} (atomic files have no place for them)": corpus.manifest.counts.get(name, 0)
            for name in named
        },
        **further,
        SILENT: silent,
    }


def _about(manifest: Manifest) -> str:
    """What lies beside the files: whose data it is and what is not in it."""
    return f"""# {manifest.dataset} as atomic files

Written by ccrs from the prepared corpus with checksum {manifest.checksum[:12]}.

- Licence of the data: {manifest.licence}
- `rating` is {LIKED:g} for liked, {DISLIKED:g} for not liked, empty where nothing was said.
- `timestamp` orders the sessions of a user; its unit is that of the source.
- `speaker` named the item first; empty where it was only answered about.
- The texts of the dialogues are not here: atomic files have no place for them.
"""

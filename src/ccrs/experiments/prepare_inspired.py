"""INSPIRED to a prepared corpus: the authors' tables, or the form whose films are linked to DBpedia."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ccrs.core.dialogue import Dialogue, Message, Part
from ccrs.data.inspired_graph_forms import DATABASE_FILE
from ccrs.data.inspired_graphs import load_inspired_graph
from ccrs.data.linking import Linker
from ccrs.data.marked_linking import link_beside_marks
from ccrs.data.prepared import Manifest, write_prepared
from ccrs.data.readers.inspired import LICENCE, InspiredRelease, read_inspired
from ccrs.data.readers.packed_files import find_folder

NO_ENTITY = "mentions of films that the graph lacks"

OFFICIAL_DIALOGUES: dict[Part, int] = {"train": 801, "validation": 99, "test": 99}


def prepare_inspired(
    source: Path, out: Path, *, graph: Sequence[Path] = (), lenient: bool = False
) -> Manifest:
    """Prepare the release in ``source`` over one graph folder, or several joined, as the folder ``out``.

    Without a graph the authors' table of films is used where it lies in ``source``, else the films have no facts.
    Marked are the films that the release names; people, genres and other films are linked in the words. Raises
    ``DataError`` on any fault of the input (``lenient`` as in ``read_inspired``) or of the disk.
    """
    release = read_inspired(source, lenient=lenient)
    database = None if graph else find_folder(source, [DATABASE_FILE])
    folders = list(graph) or ([] if database is None else [database])
    knowledge = load_inspired_graph(folders, release)
    dropped = Counter(release.dropped) + Counter(knowledge.graph.dropped)
    # Without popularity: counting the dialogues here would let test dialogues speak to training.
    linker = Linker(knowledge.graph.catalogue)
    name = "+".join(folder.name for folder in folders) or "none"
    return write_prepared(
        out,
        dataset="inspired",
        licence=LICENCE,
        catalogue=knowledge.graph.catalogue,
        triples=knowledge.graph.triples,
        dialogues=[
            link_beside_marks(
                _with_entities(dialogue, knowledge.films, dropped), linker, knowledge.graph.catalogue
            )
            for dialogue in release.dialogues
        ],
        sources=release.sources
        | {f"{knowledge.graph.name}/{file}": digest for file, digest in knowledge.graph.sources.items()},
        dropped=dict(+dropped),
        notes=_notes(release, name, knowledge.graph.catalogue.num_items),
    )


def _with_entities(dialogue: Dialogue, films: Mapping[str, str], dropped: Counter[str]) -> Dialogue:
    """The dialogue by entities of the catalogue; films without one are dropped and counted."""
    messages: list[Message] = []
    for message in dialogue.messages:
        known = tuple(replace(m, entity=films[m.entity]) for m in message.mentions if m.entity in films)
        dropped[NO_ENTITY] += len(message.mentions) - len(known)
        messages.append(replace(message, mentions=known))
    return replace(dialogue, messages=tuple(messages))


def _notes(release: InspiredRelease, graph: str, num_items: int) -> list[str]:
    """What a user of the data should know."""
    notes = [
        "each dialogue is a user of its own: the release does not say who took part, so nobody comes back and there is "
        "nothing to adapt on",
        f"knowledge graph: {graph} (its licence is its own)",
        f"items: {num_items:,} films; the published graphs list those that a recommender names in any part",
        "parts: the authors' own train, dev (validation) and test; use data.protocol = 'official'",
    ]
    parts = Counter(dialogue.part for dialogue in release.dialogues)
    for part, official in OFFICIAL_DIALOGUES.items():
        if parts[part] != official:
            notes.append(f"{part}: {parts[part]:,} dialogues of the {official:,} of the release")
    return notes

"""OpenDialKG to a prepared corpus: its film or book dialogues, divided anew by dialogue."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from ccrs.core.dialogue import Dialogue
from ccrs.core.graph import Catalogue
from ccrs.data.linking import Linker
from ccrs.data.marked_linking import link_beside_marks
from ccrs.data.opendialkg_graphs import OpenDialKGGraph, load_film_graph, load_triples
from ccrs.data.prepared import Manifest, write_prepared
from ccrs.data.readers.opendialkg import (
    LICENCE,
    SHARES,
    TRIPLES_FILE,
    Domain,
    OpenDialKGRelease,
    read_opendialkg,
)
from ccrs.data.readers.packed_files import find_folder, read_packed

NO_ENTITY = "mentions of entities that the graph lacks"
OTHER_DOMAIN = "dialogues that name no item of the domain"
_FILM_GRAPH_FILES = ("kg.json", "entity2id.json", "item_ids.json")


def prepare_opendialkg(
    source: Path, out: Path, *, domain: Domain = "movies", seed: int = 0, lenient: bool = False
) -> Manifest:
    """Prepare the dialogues of one domain in ``source`` as the folder ``out``.

    The graph is the authors' triples where they lie in ``source``, or the film graph of later work beside its turns.
    Parts are drawn by dialogue with ``seed``. Raises ``DataError`` on any fault of the input (``lenient`` as in
    ``read_opendialkg``) or of the disk; ``out`` is written whole or not at all.
    """
    release = read_opendialkg(source, domain=domain, seed=seed, lenient=lenient)
    graph = _graph(source, release, domain)
    dropped = Counter(release.dropped) + Counter(graph.dropped)
    linker = Linker(graph.catalogue)
    dialogues = []
    for dialogue in release.dialogues:
        known = _with_entities(dialogue, graph.catalogue, dropped)
        if release.form == "sessions" and not _names_item(known, graph.catalogue):
            dropped[OTHER_DOMAIN] += 1
            continue
        dialogues.append(link_beside_marks(known, linker, graph.catalogue))
    return write_prepared(
        out,
        dataset="opendialkg" if domain == "movies" else f"opendialkg {domain}",
        licence=LICENCE,
        catalogue=graph.catalogue,
        triples=graph.triples,
        dialogues=dialogues,
        sources=release.sources | graph.sources,
        dropped=dict(+dropped),
        notes=_notes(release, graph, seed),
    )


def _graph(source: Path, release: OpenDialKGRelease, domain: Domain) -> OpenDialKGGraph:
    if release.form == "turns" and (folder := find_folder(source, _FILM_GRAPH_FILES)) is not None:
        return load_film_graph(folder)
    folder = find_folder(source, [TRIPLES_FILE])
    triples = None if folder is None else read_packed(folder, TRIPLES_FILE)
    return load_triples(release, domain, triples)


def _with_entities(dialogue: Dialogue, catalogue: Catalogue, dropped: Counter[str]) -> Dialogue:
    """The dialogue without mentions of what the catalogue lacks; they are counted."""
    messages = []
    for message in dialogue.messages:
        known = tuple(mention for mention in message.mentions if mention.entity in catalogue.index)
        dropped[NO_ENTITY] += len(message.mentions) - len(known)
        messages.append(replace(message, mentions=known))
    return replace(dialogue, messages=tuple(messages))


def _names_item(dialogue: Dialogue, catalogue: Catalogue) -> bool:
    return any(
        catalogue.index[mention.entity] < catalogue.num_items
        for message in dialogue.messages
        for mention in message.mentions
    )


def _notes(release: OpenDialKGRelease, graph: OpenDialKGGraph, seed: int) -> list[str]:
    """What a user of the data should know."""
    shares = ", ".join(f"{share:.0%} {part}" for part, share in SHARES.items())
    notes = [
        "licence: CC BY-NC 4.0, for non-commercial use only",
        "each dialogue is a user of its own: the release does not say who took part, so nobody comes back and there is "
        "nothing to adapt on",
        f"parts: drawn by dialogue with seed {seed} ({shares}), so that none crosses parts; they are ours. "
        "Use data.protocol = 'official'",
        f"knowledge graph: {graph.name}",
    ]
    if release.form == "turns":
        notes.append(
            "put together from turns that name an item: a dialogue ends with the last of them. The published parts "
            "divide turns, not dialogues, so that figures on them are not comparable"
        )
    return notes

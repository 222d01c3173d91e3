"""The knowledge graphs of OpenDialKG, as a catalogue with the films or books of its dialogues as the items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ccrs.core.errors import DataError
from ccrs.core.files import sha256
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.inspired_graph_forms import read_edges, read_ids, read_item_ids
from ccrs.data.readers.opendialkg import Domain, OpenDialKGRelease
from ccrs.data.readers.packed_files import PackedFile, read_packed
from ccrs.data.redial_graph_forms import spaced_words

UNTYPED: Final = "entity"
ITEM_TYPES: Final[Mapping[Domain, str]] = {"movies": "movie", "books": "book"}
_OF_FILMS: Final = frozenset({"starred_actors", "directed_by"})
_OF_WRITINGS: Final = frozenset({"written_by"})
_RENAMED: Final = {
    "starred_actors": "actor",
    "directed_by": "director",
    "written_by": "writer",
    "has_genre": "genre",
    "release_year": "year",
    "in_language": "language",
}
_TAIL_TYPES: Final = {
    "actor": "person",
    "director": "person",
    "writer": "person",
    "genre": "genre",
    "language": "language",
    "year": "year",
}
_Row = tuple[str, str, str]


@dataclass(frozen=True)
class OpenDialKGGraph:
    """The catalogue (entities are called by their names) and its triples; ``name`` says where they come from."""

    name: str
    catalogue: Catalogue
    triples: tuple[Triple, ...]
    dropped: dict[str, int]
    sources: dict[str, str]


def load_film_graph(folder: Path) -> OpenDialKGGraph:
    """The graph of later work: ``kg.json``, ``entity2id.json``, ``relation2id.json`` and ``item_ids.json``.

    Every head is a film; those that ``item_ids`` lists are items. Raises ``DataError`` for a missing or faulty file.
    """
    names = ("kg.json", "entity2id.json", "relation2id.json", "item_ids.json")
    edges, entities, relations, item_ids = (read_packed(folder, name) for name in names)
    ids = read_ids(entities)
    by_id = {number: name for name, number in ids.items()}
    relation_names = {number: spaced_words(name) for name, number in read_ids(relations).items()}
    items = {by_id[number] for number in read_item_ids(item_ids, set(by_id))}
    rows = [(by_id[h], r, by_id[t]) for h, r, t in read_edges(edges, set(by_id), relation_names)]
    films = {head for head, _, _ in rows}
    files = (edges, entities, relations, item_ids)
    return _graph(folder.name, list(ids), items, {*items, *films}, "movie", rows, files)


def load_triples(release: OpenDialKGRelease, domain: Domain, triples: PackedFile | None) -> OpenDialKGGraph:
    """The items that dialogues name, what the authors' triples say of them, and the other entities named.

    Where the release does not say what is an item, it is what has actors or a director (films), or a writer and neither
    of them (books). Raises ``DataError`` for a line that is no triple, and where no dialogue names an item.
    """
    named = {
        mention.entity: None
        for d in release.dialogues
        for message in d.messages
        for mention in message.mentions
    }
    files = [] if triples is None else [triples]
    rows = [] if triples is None else [row for row in _rows(triples) if row[0] in named or row[2] in named]
    items = _of_domain(rows, domain) & set(named) if release.items is None else set(release.items)
    if not items:
        place = "the release" if triples is None else triples.path
        mend = "Put opendialkg_triples.txt beside opendialkg.csv, and check --domain."
        raise DataError.at(place, None, f"no dialogue names an item of the domain {domain!r}", mend)
    around = [row for row in rows if row[0] in items or row[2] in items]
    names = dict.fromkeys(
        [*named, *(name for head, _, tail in around for name in (head, tail)), *sorted(items)]
    )
    plain = [(head, _RENAMED.get(relation, spaced_words(relation)), tail) for head, relation, tail in around]
    name = "none" if triples is None else triples.path.name
    return _graph(name, list(names), items, items, ITEM_TYPES[domain], plain, files)


def _graph(
    name: str,
    names: Sequence[str],
    items: set[str],
    films: set[str],
    item_type: str,
    rows: Sequence[_Row],
    files: Sequence[PackedFile],
) -> OpenDialKGGraph:
    types: dict[str, Counter[str]] = {}
    years: dict[str, int] = {}
    for head, relation, tail in rows:
        if relation in _TAIL_TYPES:
            types.setdefault(tail, Counter())[_TAIL_TYPES[relation]] += 1
        if relation == "year" and tail.isascii() and tail.isdigit() and len(tail) == 4:
            years[head] = min(int(tail), years.get(head, int(tail)))
    kinds = {one: count.most_common(1)[0][0] for one, count in types.items()} | dict.fromkeys(
        films, item_type
    )
    entities = [
        Entity(
            one,
            kinds.get(one, UNTYPED),
            " ".join(one.split()),
            is_item=one in items,
            year=years.get(one) if one in films else None,
        )
        for one in sorted(names, key=lambda one: one not in items)
    ]
    distinct = dict.fromkeys(row for row in rows if row[0] != row[2])
    dropped = {"doubled triples and self-loops": len(rows) - len(distinct)}
    return OpenDialKGGraph(
        name,
        Catalogue(tuple(entities)),
        tuple(Triple(*row) for row in distinct),
        {reason: count for reason, count in dropped.items() if count},
        {file.path.name: sha256(file.path) for file in files},
    )


def _rows(file: PackedFile) -> Iterator[_Row]:
    """The triples, those with ``~`` (stated the other way round) turned."""
    for line, raw in enumerate(file.lines(), start=1):
        if not raw.strip():
            continue
        try:
            parts = raw.decode("utf-8").rstrip("\r\n").split("\t")
        except UnicodeDecodeError:
            raise DataError.at(file.path, line, "is not UTF-8 text", "Save the file as UTF-8.") from None
        if len(parts) != 3 or not all(part.strip() for part in parts):
            problem = f"found {len(parts)} values, not subject, relation and object"
            raise DataError.at(file.path, line, problem, "Separate three values by tabs.")
        head, relation, tail = parts
        yield (tail, relation[1:], head) if relation.startswith("~") else (head, relation, tail)


def _of_domain(rows: Sequence[_Row], domain: Domain) -> set[str]:
    """The entities that are films, or books."""
    films = {head for head, relation, _ in rows if relation in _OF_FILMS}
    if domain == "movies":
        return films
    return {head for head, relation, _ in rows if relation in _OF_WRITINGS} - films

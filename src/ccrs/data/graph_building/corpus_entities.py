"""What a corpus knows, and which pages of the encyclopedia each of its entities may be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity
from ccrs.data.graph_building.addresses import address_of, page_address, readable_name, title_parts
from ccrs.data.graph_format import ENTITY_COLUMNS, read_entities, read_rows
from ccrs.data.redial_graph_types import UNTYPED

FILM_TYPES = frozenset({"movie", "film"})

_FILMS = (
    "{year} film",
    "{year} TV series",
    "{year} TV film",
    "film",
    "",
    "TV series",
    "miniseries",
    "TV film",
)
_BOOKS = ("{year} novel", "{year} book", "novel", "book", "novella", "short story", "")
_PEOPLE = (
    *("", "actor", "actress", "director", "film director", "filmmaker", "writer", "author", "screenwriter"),
    *("novelist", "musician", "singer", "comedian", "producer", "film producer", "composer", "artist"),
)
_KINDS: dict[str, tuple[str, ...]] = {
    "movie": _FILMS,
    "film": _FILMS,
    "book": _BOOKS,
    "novel": _BOOKS,
    "person": _PEOPLE,
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page that an entity may be. ``is_plain`` pages bear the bare name, so that it may be something else's."""

    address: str
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class CorpusEntity:
    """One entity and the pages it may be, the likeliest first.

    ``is_named`` where the file gives only an address: name, year and type come from the dump.
    ``is_addressed`` where the file says which page it is, so that nothing is guessed.
    """

    entity: Entity
    pages: tuple[Page, ...]
    is_addressed: bool = False
    is_named: bool = True


def read_corpus_entities(path: Path, *, item_type: str = UNTYPED) -> tuple[CorpusEntity, ...]:
    """The entities in ``path``, items first.

    ``path`` is an ``entities.tsv`` of the project, a folder that holds one, or a list with one
    entity a line: an address or a page's name, or an id and an address separated by a tab; all
    of a list are items, of the type ``item_type``. Raises ``DataError`` with file and line.
    """
    file = path / "entities.tsv" if path.is_dir() else path
    first = next(read_rows(file), None)
    if first is None:
        raise DataError.at(file, 1, "the file is empty", "Give an entities.tsv or a list of addresses")
    if tuple(first[1]) == ENTITY_COLUMNS:
        return tuple(_of_catalogue(entity) for entity in read_entities(file).entities)
    found = _of_list(file, item_type)
    Catalogue(tuple(known.entity for known in found))  # complains of doubled ids
    return found


def _of_catalogue(entity: Entity) -> CorpusEntity:
    """An entity of the project's format: its address where it has one, else pages by its names."""
    addresses = [a for text in (entity.id, *entity.aliases) if (a := address_of(text)) is not None]
    if addresses:
        return CorpusEntity(entity, tuple(map(Page, dict.fromkeys(addresses))), is_addressed=True)
    return CorpusEntity(entity, tuple(_pages_by_name(entity)))


def _of_list(path: Path, item_type: str) -> tuple[CorpusEntity, ...]:
    """A list of addresses, alone or behind ids."""
    found: dict[str, CorpusEntity] = {}
    lines: dict[str, int] = {}
    for number, values in read_rows(path):
        cells = [value.strip() for value in values]
        if number == 1 and len(cells) == 2 and cells[0].lower() == "id":
            continue
        if len(cells) > 2 or not all(cells):
            problem = f"found {len(cells)} values of which {sum(map(bool, cells))} are filled"
            header = ", ".join(ENTITY_COLUMNS)
            mend = f"Write an address, or an id, a tab and an address; or begin with the header {header}"
            raise DataError.at(path, number, problem, mend)
        identity, text = cells[0], cells[-1]
        if identity in found:
            problem = f"id {identity!r} stands already in line {lines[identity]}"
            raise DataError.at(path, number, problem, "Give every entity its own line")
        address = address_of(text) or (page_address(text) if "://" not in text else None)
        if address is None:
            raise DataError.at(
                path, number, f"{text!r} is no address", "Write it as http://dbpedia.org/resource/Heat"
            )
        name, year = readable_name(address)
        lines[identity] = number
        entity = Entity(identity, item_type, name, is_item=True, year=year)
        found[identity] = CorpusEntity(entity, (Page(address),), is_addressed=True, is_named=False)
    if not found:
        raise DataError.at(path, 1, "the file lists nothing", "Write one address a line")
    return tuple(found.values())


def _pages_by_name(entity: Entity) -> list[Page]:
    """The pages that bear one of an entity's names, the likeliest first and each once."""
    found: dict[str, Page] = {}
    for name, year in _names(entity):
        for page in _pages_of(name, entity.type.lower(), year):
            # A page that is certain by one name stays so when another name makes it a plain one.
            if page.address not in found or not page.is_plain:
                found[page.address] = page
    return list(found.values())


def _names(entity: Entity) -> list[tuple[str, int | None]]:
    """Names and years; ``Matrix, The`` also as ``The Matrix``."""
    names = []
    for text in (entity.name, *entity.aliases):
        name, year = title_parts(text) if text.endswith(")") else (text, None)
        front, comma, article = name.rpartition(", ")
        turned = [f"{article} {front}"] if comma and article.lower() in ("the", "a", "an") else []
        names += [(shown, year or entity.year) for shown in (*turned, name)]
    return list(dict.fromkeys(names))


def _pages_of(name: str, kind: str, year: int | None) -> list[Page]:
    """The pages of one name: ``It (2017 film)``, ``It (film)``, ``It``, then the years beside."""
    if kind == "genre":
        titles = [f"{name} film", f"{name} fiction", f"{name} (genre)", f"{name} music"]
        return [*(Page(page_address(title)) for title in titles), Page(page_address(name), is_plain=True)]
    last_word = kind.rpartition(" ")[2]
    own = ("{year} " + kind, kind, last_word, "")
    pages = []
    for bracket in _KINDS.get(kind, own):
        if "{year}" in bracket and year is None:
            continue
        title = f"{name} ({bracket.format(year=year)})" if bracket else name
        pages.append(Page(page_address(title), is_plain=not bracket))
    if kind in FILM_TYPES and year is not None:  # festivals and releases fall in different years
        pages += [Page(page_address(f"{name} ({near} film)")) for near in (year - 1, year + 1)]
    return pages

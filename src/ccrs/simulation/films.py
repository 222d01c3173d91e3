"""The table of facts about well-known films, and the catalogue and triples made from it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple

COLUMNS = (
    "title", "year", "directors", "actors", "writers", "composers", "genres", "country", "series", "themes",
)  # fmt: skip
_GENRES_WORDS = (
    "action adventure animation biography comedy crime drama family fantasy history horror music "
    "musical mystery romance sci-fi sport thriller war western"
)
GENRES = frozenset(_GENRES_WORDS.split())
_THEMES_WORDS = (
    "aliens amnesia animals apocalypse artificial-intelligence betrayal boxing christmas coming-of-age "
    "conspiracy courtroom cult dance disaster dragons drugs dystopia family-ties fashion "
    "fish-out-of-water friendship ghosts haunted-house heist high-school immigrants journalism "
    "kidnapping king-arthur lost-child love-triangle mafia magic martial-arts memory mental-illness "
    "monsters motherhood fatherhood office parody pirates plot-twist police politics prison race-cars "
    "racism rags-to-riches revenge road-trip robots romance-across-class school serial-killer slavery "
    "space spies sports-team stoners submarine superheroes supernatural survival teenagers time-travel "
    "toys treasure-hunt undercover vampires vietnam virtual-reality wedding werewolves witches "
    "world-war-two zombies"
)
THEMES = frozenset(_THEMES_WORDS.split())
YEARS = range(1900, 2031)
# relation: (attribute of Film, type of the entity); the order is the order of a film's triples
RELATIONS = {
    "director": ("directors", "person"),
    "actor": ("actors", "person"),
    "writer": ("writers", "person"),
    "composer": ("composers", "person"),
    "genre": ("genres", "genre"),
    "country": ("countries", "country"),
    "series": ("series", "series"),
    "theme": ("themes", "theme"),
    "decade": ("decades", "decade"),
}
_GENRE_ALIASES = {
    "sci-fi": ("science fiction", "scifi"),
    "romance": ("romantic",),
    "animation": ("animated",),
}
_ARTICLE = re.compile(r"^(The|A|An)\s+(?=\S)")
_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "Ae", "ł": "l", "Ł": "L", "đ": "d"})


@dataclass(frozen=True, slots=True)
class Film:
    """The facts about one film; an empty tuple means that they are not known."""

    title: str
    year: int
    directors: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    composers: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The item id: ``the-matrix-1999``."""
        return f"{slug(self.title)}-{self.year}"

    @property
    def decades(self) -> tuple[str, ...]:
        """The decade of its release: ``("1990s",)``."""
        return (f"{self.year // 10 * 10}s",)


def slug(name: str) -> str:
    """A name in lower-case ASCII letters and digits joined by hyphens: ``Amélie`` becomes ``amelie``."""
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS).replace("&", " and "))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "-".join(re.findall(r"[a-z0-9]+", re.sub(r"['’.]", "", letters.lower())))


def load_films(path: Path | None = None) -> tuple[Film, ...]:
    """The films of the table shipped with the package, or of another table in the same form.

    Tab-separated with a header of ``COLUMNS``; several values are joined by ``|``, an empty cell is
    unknown. Raises ``DataError`` naming file, line, value and mend.
    """
    source = path if path is not None else resources.files("ccrs.simulation") / "films.tsv"
    try:
        text = source.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{source}: cannot be read ({error.strerror or error}). Check the path.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: is not UTF-8 text. Save it as UTF-8.") from error
    lines = text.removesuffix("\n").split("\n")
    if lines[0].split("\t") != list(COLUMNS):
        problem = f"the header is {lines[0]!r}"
        raise DataError.at(str(source), 1, problem, f"Write the tab-separated columns {' '.join(COLUMNS)}")
    films: dict[str, Film] = {}
    for number, line in enumerate(lines[1:], start=2):
        film = _read_film(line, str(source), number)
        if film.id in films:
            raise DataError.at(
                str(source), number, f"{film.title} ({film.year}) stands there twice", "Drop one"
            )
        films[film.id] = film
    if not films:
        raise DataError.at(str(source), 1, "there is no film below the header", "Add one line for each film")
    return tuple(films.values())


def _read_film(line: str, source: str, number: int) -> Film:
    """One line of the table."""
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        problem = f"{len(cells)} columns instead of {len(COLUMNS)} in {line[:60]!r}"
        raise DataError.at(source, number, problem, "Separate all columns by single tabs")
    title, year = cells[:2]
    if not slug(title) or title != title.strip():
        raise DataError.at(source, number, f"the title is {title!r}", "Write it without spaces around it")
    if not (year.isascii() and year.isdigit() and int(year) in YEARS):
        mend = f"Write the year of release, {YEARS[0]} to {YEARS[-1]}"
        raise DataError.at(source, number, f"the year of {title} is {year!r}", mend)
    values = [
        _read_cell(cell, column, source, number) for cell, column in zip(cells[2:], COLUMNS[2:], strict=True)
    ]
    return Film(title, int(year), *values)


def _read_cell(cell: str, column: str, source: str, number: int) -> tuple[str, ...]:
    """The values of one cell, in order."""
    if not cell:
        return ()
    values = tuple(cell.split("|"))
    known = {"genres": GENRES, "themes": THEMES}.get(column)
    for value in values:
        if not slug(value) or value != value.strip():
            raise DataError.at(
                source, number, f"{column} has the value {value!r} in {cell!r}", "Write names joined by |"
            )
        if known is not None and value not in known:
            allowed = ", ".join(sorted(known))
            raise DataError.at(
                source, number, f"{column} has the unknown value {value!r}", f"Allowed are {allowed}"
            )
    if len({slug(value) for value in values}) < len(values):
        raise DataError.at(source, number, f"{column} names one thing twice: {cell!r}", "Name it once")
    return values


def film_catalogue(films: Sequence[Film]) -> tuple[Catalogue, tuple[Triple, ...]]:
    """The catalogue (films first, in the order given) and all facts as triples film – relation – value.

    A person has one entity whatever the roles; ids are ``person:keanu-reeves``, ``decade:1990s``.
    Raises ``DataError`` when two spellings (``J. J. Abrams``, ``J.J. Abrams``) would be one entity.
    """
    items = [
        Entity(film.id, "film", film.title, is_item=True, year=film.year, aliases=_title_aliases(film.title))
        for film in films
    ]
    others: dict[str, Entity] = {}
    triples: list[Triple] = []
    for film in films:
        for relation, (attribute, type_) in RELATIONS.items():
            for value in getattr(film, attribute):
                entity = _entity(type_, value)
                known = others.setdefault(entity.id, entity)
                if known != entity:
                    raise DataError(
                        f"{film.title} ({film.year}): the {type_} {entity.name!r} is spelt {known.name!r} elsewhere. "
                        "Spell the name alike in all rows."
                    )
                triples.append(Triple(film.id, relation, entity.id))
    return Catalogue((*items, *others.values())), tuple(triples)


def _entity(type_: str, value: str) -> Entity:
    """The entity of a value of the table."""
    name = value.replace("-", " ") if type_ == "theme" else value
    aliases = _GENRE_ALIASES.get(value, ()) if type_ == "genre" else ()
    return Entity(f"{type_}:{slug(value)}", type_, name, aliases=aliases)


def _title_aliases(title: str) -> tuple[str, ...]:
    """The title without its article, where two or more words are left."""
    short = _ARTICLE.sub("", title)
    return (short,) if short != title and " " in short else ()


def values_of(triples: Iterable[Triple], relation: str) -> dict[str, tuple[str, ...]]:
    """Film id to the entity ids that one relation leads to, in the order of the triples."""
    result: dict[str, tuple[str, ...]] = {}
    for triple in triples:
        if triple.relation == relation:
            result[triple.head] = (*result.get(triple.head, ()), triple.tail)
    return result

"""Types of pages in plain words: from the dump's classes, else from the relations pages stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set

from ccrs.data.graph_building.addresses import readable_words
from ccrs.data.graph_building.dump import Dump
from ccrs.data.graph_building.neighbourhood import Row
from ccrs.data.graph_building.statements import TYPE
from ccrs.data.redial_graph_types import infer_types

_ONTOLOGY = "http://dbpedia.org/ontology/"
# Classes that say what other words of the project say.
_KINDS = {
    "movie": "film",
    "person": "person, agent person, artist, actor, adult actor, voice actor, comedian, comics creator, writer, "
    "screen writer, historian, journalist, poet, playwright, musical artist, singer, instrumentalist, "
    "classical music artist, music composer, director, movie director, theatre director, television director, "
    "producer, presenter, host, radio host, television host, television personality, model, playboy playmate, "
    "dancer, photographer, painter, sculptor, architect, fashion designer, athlete, politician, office holder, "
    "prime minister, president, senator, congressman, governor, mayor, member of parliament, royalty, monarch, "
    "noble, military person, scientist, philosopher, religious, cleric, saint, pope, business person, chef, "
    "criminal, murderer, serial killer, judge, lawyer, engineer, astronaut, boxer, wrestler, martial artist, "
    "swimmer, skater, figure skater, gymnast, racing driver, coach, youtuber, humorist, egyptologist, economist",
    "genre": "genre, movie genre, music genre, literary genre, film genre, game genre",
    "company": "company, record label, publisher, broadcaster, film studio, television station, law firm",
    "place": "place, country, city, town, village, settlement, populated place, region, state, island, "
    "administrative region, city district, capital, county, municipality, historic place",
    "language": "language, programming language",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split(", ")}
_VAGUE = frozenset({"thing", "agent", "work", "topical concept", "species", "organisation", "written work"})
COMPARABLE = frozenset(_KINDS)
"""Kinds that exclude one another: what is a person is no film."""


def kind_of_class(address: str) -> str:
    """The type that a class means: ``…/MusicalArtist`` is ``person``, ``…/BoardGame`` is ``board game``."""
    words = readable_words(address)
    if words.endswith((" player", " person", " artist")):
        return "person"
    return _KIND_OF.get(words, words)


def read_kinds(dump: Dump, wanted: Set[bytes]) -> dict[str, str]:
    """Address to type, from a dump of types (``instance-types_en.ttl``); raises ``DataError`` as ``Dump`` does.

    Of several classes of one thing, one that the project has its own word for goes before one
    that says more than *work* or *agent*, and the first in alphabetical order among equals.
    """
    kinds: dict[str, tuple[int, str]] = {}
    for statement in dump.around(wanted, subjects_only=True):
        value = statement.object
        if statement.relation != TYPE or not isinstance(value, str) or not value.startswith(_ONTOLOGY):
            continue
        kind = kind_of_class(value)
        rank = 0 if kind in COMPARABLE else 2 if kind in _VAGUE else 1
        known = kinds.get(statement.subject)
        if known is None or (rank, kind) < known:
            kinds[statement.subject] = (rank, kind)
    return {address: kind for address, (_, kind) in kinds.items()}


def infer_kinds(rows: Iterable[Row]) -> dict[str, str]:
    """Address to type, by the relations that pages stand in."""
    named = [(subject, readable_words(relation), value) for subject, relation, value in rows]
    directed = {subject: "movie" for subject, relation, _ in named if relation == "director"}
    return directed | infer_types(named)


def words_of_the_corpus(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Kind to the type that the corpus uses for it, from (kind, type) of matched entities; the commonest wins."""
    counts: dict[str, Counter[str]] = {}
    for kind, own in pairs:
        counts.setdefault(kind, Counter())[own] += 1
    return {kind: min(count, key=lambda own: (-count[own], own)) for kind, count in counts.items()}

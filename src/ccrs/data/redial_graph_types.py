"""Types of entities told by the relations they stand in, for graphs that do not state them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

UNTYPED = "entity"

# Which type the head or tail of a relation has; tells the types of entities that come without one.
_TAIL_TYPES = {
    "person": "star, starring, cast, director, writer, producer, executive producer, cinematography, "
    "editing, editor, music composer, composer, author, narrator, person, spouse, relative, child, "
    "parent, band member, former band member, leader, founded by",
    "company": "production company, distributor, company, record label, network, parent company, "
    "owning company, publisher",
    "place": "country, location, birth place, death place, residence, nationality, hometown, "
    "citizenship, location city, location country, capital",
    "genre": "genre",
    "language": "language",
    "keyword": "keyword",
}
_HEAD_TYPES = {
    "person": "birth place, death place, occupation, spouse, relative, child, parent, citizenship, "
    "known for, education, alma mater, resting place, death cause, residence, hometown",
    "movie": "starring, cinematography, editing",
}


def _by_relation(table: Mapping[str, str]) -> dict[str, str]:
    """Relation to type, of a table from types to relations."""
    return {relation: kind for kind, relations in table.items() for relation in relations.split(", ")}


_TYPE_OF_TAIL = _by_relation(_TAIL_TYPES)
_TYPE_OF_HEAD = _by_relation(_HEAD_TYPES)


def infer_types(triples: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Entity id to type, by a vote of its triples (head, relation, tail); undecided ones are left out.

    What most triples say counts; among equals, the first type in alphabetical order.
    """
    votes: dict[str, Counter[str]] = {}
    for head, relation, tail in triples:
        tail_type = "person" if relation.endswith(" crew") else _TYPE_OF_TAIL.get(relation)
        for identity, kind in ((head, _TYPE_OF_HEAD.get(relation)), (tail, tail_type)):
            if kind is not None:
                votes.setdefault(identity, Counter())[kind] += 1
    return {identity: min(count, key=lambda kind: (-count[kind], kind)) for identity, count in votes.items()}

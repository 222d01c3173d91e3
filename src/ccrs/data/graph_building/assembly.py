"""From matched entities and the triples around them to the graph: entities named and typed, triples counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.graph import reverse_name
from ccrs.data.graph_building.addresses import local_name, readable_name, readable_words
from ccrs.data.graph_building.corpus_entities import CorpusEntity
from ccrs.data.graph_building.matching import Matches
from ccrs.data.graph_building.neighbourhood import Row
from ccrs.data.graph_building.page_types import words_of_the_corpus
from ccrs.data.redial_graph_types import UNTYPED

# Triples that say what a page is, or where it is shown, and nothing about the thing.
_NO_FACTS = (
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/2004/02/skos/",
    "http://www.w3.org/ns/prov#",
    "http://purl.org/dc/terms/subject",
    "http://xmlns.com/foaf/0.1/",
    "http://dbpedia.org/ontology/wikiPage",
    "http://dbpedia.org/ontology/thumbnail",
)
_PART_OF_A_PAGE = re.compile(r".+__\d+")


@dataclass(frozen=True)
class Described:
    """What the dumps say of pages, by address: ``kinds`` are types, ``labels`` titles."""

    kinds: Mapping[str, str]
    labels: Mapping[str, str]


@dataclass(frozen=True)
class BuiltGraph:
    """The graph and what was left out of it, by reason; ``relations`` counts the triples of each."""

    catalogue: Catalogue
    triples: tuple[Triple, ...]
    relations: dict[str, int]
    dropped: dict[str, int]


def reason_to_drop(row: Row) -> str | None:
    """Why a triple states no fact between two things that have names; None where it does."""
    if row[1].startswith(_NO_FACTS):
        return "triples that name classes, pages or pictures"
    if any(end.startswith("_:") or _PART_OF_A_PAGE.fullmatch(end) for end in (row[0], row[2])):
        return "triples of nodes without a name"
    return None


def is_of(relation: str, wanted: frozenset[str] | None) -> bool:
    """Whether a relation's address is a wanted one: by its readable name, its last part or as it is."""
    return wanted is None or not wanted.isdisjoint((readable_words(relation), local_name(relation), relation))


def name_triples(rows: Iterable[Row], matches: Matches, dropped: Counter[str]) -> list[Row]:
    """Distinct triples by ids and readable relations, in a fixed order, without self-loops.

    A relation that is another one's reverse (``part of`` beside ``part``) is turned round.
    """
    found: dict[Row, None] = {}
    named = sorted(set(rows))
    words = {relation: readable_words(relation) for _, relation, _ in named}
    names = set(words.values())
    turned = {reverse_name(name): name for name in names if reverse_name(name) in names}
    for subject, relation, value in named:
        name = words[relation]
        for head in matches.ids_of.get(subject, (subject,)):
            for tail in matches.ids_of.get(value, (value,)):
                row = (tail, turned[name], head) if name in turned else (head, name, tail)
                if head == tail:
                    dropped["self-loops"] += 1
                elif row in found:
                    dropped["duplicates"] += 1
                else:
                    found[row] = None
    return list(found)


def drop_rare(rows: Sequence[Row], least: int, dropped: Counter[str]) -> list[Row]:
    """The triples of relations that at least ``least`` triples have."""
    counts = Counter(relation for _, relation, _ in rows)
    kept = [row for row in rows if counts[row[1]] >= least]
    dropped[f"triples of relations with fewer than {least}"] += len(rows) - len(kept)
    return kept


def drop_loose(rows: Sequence[Row], own: frozenset[str], dropped: Counter[str]) -> list[Row]:
    """The triples at an entity of the corpus (``own`` ids) or at a neighbour of one."""
    reached = own.union(*((head, tail) for head, _, tail in rows if head in own or tail in own))
    kept = [row for row in rows if row[0] in reached or row[2] in reached]
    dropped["triples left without a way to the corpus"] += len(rows) - len(kept)
    return kept


def describe_entities(
    corpus: Sequence[CorpusEntity], matches: Matches, rows: Iterable[Row], described: Described
) -> Catalogue:
    """The corpus's entities as they are, in their order, then those that the triples add, by address.

    Types of new entities are the words that the corpus uses for matched entities of that type.
    """
    pairs = [
        (kind, known.entity.type)
        for known in corpus
        if known.is_named and (kind := described.kinds.get(matches.page_of.get(known.entity.id, "")))
    ]
    words = words_of_the_corpus(pairs)
    own = [_completed(known, matches, described) for known in corpus]
    known_ids = {entity.id for entity in own}
    new = sorted({end for head, _, tail in rows for end in (head, tail)} - known_ids)
    added = []
    for address in new:
        kind = described.kinds.get(address, UNTYPED)
        name, year = readable_name(described.labels.get(address, address))
        added.append(Entity(address, words.get(kind, kind), name, year=year))
    return Catalogue((*own, *added))


def build(
    corpus: Sequence[CorpusEntity],
    matches: Matches,
    rows: Sequence[Row],
    described: Described,
    dropped: Counter[str],
) -> BuiltGraph:
    """The graph over ``rows`` (by ids and readable relations)."""
    catalogue = describe_entities(corpus, matches, rows, described)
    order = catalogue.index
    triples = sorted(rows, key=lambda row: (order[row[0]], row[1], order[row[2]]))
    relations = Counter(relation for _, relation, _ in rows)
    return BuiltGraph(
        catalogue,
        tuple(Triple(*row) for row in triples),
        dict(sorted(relations.items(), key=lambda pair: (-pair[1], pair[0]))),
        {reason: count for reason, count in sorted(dropped.items()) if count},
    )


def _completed(known: CorpusEntity, matches: Matches, described: Described) -> Entity:
    """The entity as the corpus has it; where that is only an address, with the dump's name and type."""
    entity = known.entity
    if known.is_named:
        return entity
    page = matches.page_of.get(entity.id, known.pages[0].address)
    name, year = readable_name(described.labels.get(page, page))
    kind = described.kinds.get(page, UNTYPED) if entity.type == UNTYPED else entity.type
    return replace(entity, name=name, year=year, type="item" if kind == UNTYPED else kind)

"""What a catalogue and its triples hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.linking_names import tokenise
from ccrs.experiments.inspection.findings import GraphFindings, Named, Namesakes, Relation, Some

TOP = 20
"""How many of the most frequent of a kind are kept."""
TOP_OF_TYPE = 5
FEW = 10
"""How many examples of a kind are kept."""


def inspect_graph(catalogue: Catalogue, triples: Sequence[Triple]) -> GraphFindings:
    """Count the graph as models see it: distinct triples without self-loops."""
    distinct = {(t.head, t.relation, t.tail) for t in triples if t.head != t.tail}
    self_loops = sum(triple.head == triple.tail for triple in triples)
    links: Counter[str] = Counter()
    for head, _, tail in distinct:
        links[head] += 1
        links[tail] += 1
    others = catalogue.entities[catalogue.num_items :]
    return GraphFindings(
        items=catalogue.num_items,
        item_types=_types(catalogue.items),
        other_types=_types(others),
        triples=len(distinct),
        self_loops=self_loops,
        doubled=len(triples) - self_loops - len(distinct),
        relations=_relations(catalogue, distinct, links),
        without_facts=some([e.title for e in catalogue.items if e.id not in links], catalogue.num_items),
        unconnected=some([e.title for e in others if e.id not in links], len(others)),
        most_linked=most(catalogue, links, TOP),
        most_linked_by_type=_by_type(catalogue, links),
        namesakes=_namesakes(catalogue.items),
    )


def some(names: Sequence[str], whole: int) -> Some:
    """``names`` counted, as a share of ``whole``, with the first ones."""
    return Some(len(names), len(names) / whole if whole else 0.0, tuple(names[:FEW]))


def most(catalogue: Catalogue, counts: Counter[str], number: int) -> tuple[Named, ...]:
    """The entities of the highest counts; of equal ones the first in the catalogue."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], catalogue.index[pair[0]]))[:number]
    return tuple(_named(catalogue, name, count) for name, count in ranked)


def _named(catalogue: Catalogue, name: str, count: int) -> Named:
    entity = catalogue.entities[catalogue.index[name]]
    return Named(name, entity.title, entity.type, count)


def _types(entities: Iterable[Entity]) -> dict[str, int]:
    """Types and how many entities have each, the most frequent first."""
    return dict(Counter(entity.type for entity in entities).most_common())


def _by_type(catalogue: Catalogue, links: Counter[str]) -> dict[str, tuple[Named, ...]]:
    """The most-linked entities of each type, frequent types first."""
    of_type: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for entity in catalogue.entities:
        if entity.id in links:
            of_type[entity.type][entity.id] = links[entity.id]
    order = sorted(of_type, key=lambda kind: -len(of_type[kind]))
    return {kind: most(catalogue, of_type[kind], TOP_OF_TYPE) for kind in order[:TOP]}


def _relations(
    catalogue: Catalogue, distinct: Iterable[tuple[str, str, str]], links: Counter[str]
) -> tuple[Relation, ...]:
    """The relations, the one with the most triples first."""
    counts: Counter[str] = Counter()
    values: defaultdict[str, set[str]] = defaultdict(set)
    covered: defaultdict[str, set[str]] = defaultdict(set)
    items = {item.id for item in catalogue.items}
    for head, relation, tail in distinct:
        counts[relation] += 1
        # An item may stand at either end; what is at the other one is its value.
        if head in items:
            covered[relation].add(head)
        if tail in items:
            covered[relation].add(tail)
        if head in items or tail not in items:
            values[relation].add(tail)
        if tail in items:
            values[relation].add(head)
    whole, num_items = sum(counts.values()), catalogue.num_items
    return tuple(
        Relation(
            name,
            count,
            count / whole,
            len(values[name]),
            sum(links[value] == 1 for value in values[name] - items),
            len(covered[name]),
            len(covered[name]) / num_items if num_items else 0.0,
        )
        for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )


def _namesakes(items: Iterable[Entity]) -> tuple[Namesakes, ...]:
    """Groups of items whose names are the same but for case, accents and punctuation."""
    groups: defaultdict[tuple[str, ...], list[Entity]] = defaultdict(list)
    for item in items:
        groups[tuple(tokenise(item.name)[0]) or (item.name,)].append(item)
    found = [
        Namesakes(
            group[0].name,
            tuple(item.id for item in group),
            len({item.year for item in group}) < len(group),
        )
        for group in groups.values()
        if len(group) > 1
    ]
    return tuple(sorted(found, key=lambda group: (not group.same_year, -len(group.ids), group.title)))

"""A knowledge graph around a corpus, from a dump of DBpedia to the project's graph files and a report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from pathlib import Path

from ccrs.core.errors import DataError
from ccrs.core.files import replacing_folder, sha256, write_json
from ccrs.data.graph_building.assembly import (
    BuiltGraph,
    Described,
    build,
    drop_loose,
    drop_rare,
    is_of,
    name_triples,
    reason_to_drop,
)
from ccrs.data.graph_building.corpus_entities import CorpusEntity, read_corpus_entities
from ccrs.data.graph_building.dump import Dump, token
from ccrs.data.graph_building.matching import Matches, match_pages
from ccrs.data.graph_building.neighbourhood import MAX_TRIPLES, Neighbourhood, Row
from ccrs.data.graph_building.page_types import infer_kinds, read_kinds
from ccrs.data.graph_building.settings import GraphBuilding
from ccrs.data.graph_building.statements import Literal
from ccrs.data.graph_format import nearest_hint, write_entities, write_triples
from ccrs.experiments.graph_report import REPORT, REPORT_TEXT, GraphReport, Unmatched

__all__ = ["GraphBuilding", "GraphReport", "build_graph"]

EVIDENCE = 5
"""Triples of relations that are not wanted, kept of each page to tell its type."""

_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"

Progress = Callable[[int, int], None]
"""Called with the bytes read and the bytes there are to read, counting a file as often as it is read."""


def build_graph(
    entities: Path,
    dbpedia: Path,
    out: Path,
    *,
    labels: Path | None = None,
    types: Path | None = None,
    building: GraphBuilding | None = None,
    progress: Progress | None = None,
) -> GraphReport:
    """Write the graph around ``entities`` as the folder ``out``, whole or not at all.

    ``entities`` is what ``read_corpus_entities`` reads; ``dbpedia`` the dump of triples, ``labels``
    and ``types`` dumps of names and classes (``docs/build-a-graph.md``). Memory does not grow with
    the dumps. Raises ``DataError`` as the readers do, and where nothing is found.
    """
    began = time.monotonic()
    building = building or GraphBuilding()
    corpus = read_corpus_entities(entities, item_type=building.item_type)
    sources = _Sources(dbpedia, labels, types, building, progress)
    with replacing_folder(out, marker=REPORT) as folder:
        graph, matches, limit = _build(corpus, sources, building)
        report = _report(corpus, graph, matches, building, limit, sources, entities, began)
        write_entities(folder / "entities.tsv", graph.catalogue)
        write_triples(folder / "triples.tsv", graph.triples)
        (folder / REPORT_TEXT).write_text(report.to_markdown(), encoding="utf-8")
        write_json(folder / REPORT, report.to_json())
    return report


def _report(
    corpus: Sequence[CorpusEntity],
    graph: BuiltGraph,
    matches: Matches,
    building: GraphBuilding,
    limit: int,
    sources: _Sources,
    entities: Path,
    began: float,
) -> GraphReport:
    """The figures of a building that began at the time ``began``."""
    known = [each.entity for each in corpus]
    return GraphReport(
        corpus_size=len(corpus),
        matched=len(matches.page_of),
        matched_items=sum(each.is_item and each.id in matches.page_of for each in known),
        unmatched=tuple(
            Unmatched(each.id, each.title, each.is_item, matches.unmatched[each.id])
            for each in known
            if each.id in matches.unmatched
        ),
        counts={
            "items": graph.catalogue.num_items,
            "entities": graph.catalogue.num_entities,
            "triples": len(graph.triples),
            "relations": len(graph.relations),
        },
        relations=graph.relations,
        dropped=graph.dropped,
        hops=building.hops,
        max_neighbours=limit,
        min_relation_count=building.min_relation_count,
        sources=sources.hashes() | {entities.name: _hash(entities)},
        notes=tuple(_notes(graph, limit, sources, building)),
        seconds=round(time.monotonic() - began, 1),
    )


class _Sources:
    """The dumps, and how far they are read."""

    def __init__(
        self,
        dbpedia: Path,
        labels: Path | None,
        types: Path | None,
        building: GraphBuilding,
        progress: Progress | None,
    ) -> None:
        self._progress = progress or (lambda done, total: None)
        self._done = 0
        self._total = 0
        self.dump = self._open(dbpedia, building, times=building.hops)
        self.labels = None if labels is None else self._open(labels, building, times=1)
        self.types = None if types is None else self._open(types, building, times=building.hops)

    def _open(self, path: Path, building: GraphBuilding, *, times: int) -> Dump:
        try:
            self._total += times * path.stat().st_size
        except OSError as error:
            problem = f"cannot be read ({error.strerror or error})"
            raise DataError.at(path, None, problem, "Check the path") from error
        return Dump(path, lenient=building.lenient, on_bytes=self._read)

    def _read(self, count: int) -> None:
        self._done += count
        self._progress(self._done, self._total)

    @property
    def all(self) -> list[Dump]:
        """Those that are given."""
        return [dump for dump in (self.dump, self.labels, self.types) if dump is not None]

    def hashes(self) -> dict[str, str]:
        """SHA-256 by file name."""
        return {dump.path.name: dump.sha256 for dump in self.all}

    def kinds_of(self, rows: Set[Row], known: dict[str, str]) -> dict[str, str]:
        """The types of the ends of triples: the classes of the dump of types, else told by relations."""
        kinds = infer_kinds(rows)
        if self.types is not None:
            wanted = {end for row in rows for end in (row[0], row[2])} - known.keys()
            kinds |= read_kinds(self.types, {token(address) for address in wanted})
        return kinds | known


def _build(
    corpus: Sequence[CorpusEntity], sources: _Sources, building: GraphBuilding
) -> tuple[BuiltGraph, Matches, int]:
    """The graph, which page every entity is, and how many triples an entity brought in at most."""
    dropped: Counter[str] = Counter()
    candidates = {page.address for known in corpus for page in known.pages}
    near, aside = _collect(sources.dump, candidates, building, dropped)
    around = near.rows() | aside.rows()
    kinds = sources.kinds_of(around, {})
    found = {address for address in candidates if address in near or address in aside}
    matches = match_pages(corpus, found, kinds)
    _check_matches(corpus, matches, sources.dump)
    rows = {row for page in matches.pages for row in near.of(page)}
    dropped["triples of other pages of the same names"] += len(near.rows() - rows)
    limit = near.limit
    if building.hops == 2:
        frontier = {end for row in rows for end in (row[0], row[2])} - matches.pages
        del near, aside, around
        far, _ = _collect(sources.dump, frontier, building, dropped, len(rows))
        rows |= far.rows()
        limit = min(limit, far.limit)
        kinds = sources.kinds_of(rows, kinds)
    named = name_triples(rows, matches, dropped)
    kept = drop_rare(named, building.min_relation_count, dropped)
    kept = drop_loose(kept, frozenset(known.entity.id for known in corpus), dropped)
    if not kept:
        raise DataError(_nothing_left(sources.dump.path, named, building))
    described = Described(kinds, _read_labels(sources.labels, kept, matches))
    return build(corpus, matches, kept, described, dropped), matches, limit


def _collect(
    dump: Dump, addresses: Set[str], building: GraphBuilding, dropped: Counter[str], held: int = 0
) -> tuple[Neighbourhood, Neighbourhood]:
    """The triples around addresses, in one reading: of the wanted relations, and some of others as evidence.

    ``held`` is how many triples are in memory already.
    """
    near = Neighbourhood(building.max_neighbours, max(MAX_TRIPLES - held, 1))
    aside = Neighbourhood(EVIDENCE)
    for statement in dump.around({token(address) for address in addresses}):
        if isinstance(statement.object, Literal):
            dropped["triples with a text or a number"] += 1
            continue
        row = (statement.subject, statement.relation, statement.object)
        reason = reason_to_drop(row)
        if reason is not None:
            dropped[reason] += 1
            continue
        ends = tuple(end for end in dict.fromkeys((row[0], row[2])) if end in addresses)
        if is_of(row[1], building.relations):
            near.add(row, ends)
        else:
            dropped["triples of other relations"] += 1
            if not held:  # of the second reading nobody asks what a page is
                aside.add(row, ends)
    near.finish()
    dropped["duplicates"] += near.duplicates
    dropped["triples beyond max-neighbours"] += near.cut
    dropped["broken lines"] += dump.broken
    return near, aside


def _read_labels(dump: Dump | None, rows: Iterable[Row], matches: Matches) -> dict[str, str]:
    """Address to title, English before other languages."""
    if dump is None:
        return {}
    addresses = {end for row in rows for end in (row[0], row[2])} | matches.pages
    labels: dict[str, tuple[bool, str]] = {}
    for statement in dump.around({token(address) for address in addresses}, subjects_only=True):
        if (
            statement.relation == _LABEL
            and isinstance(statement.object, Literal)
            and statement.object.text.strip()
        ):
            is_foreign = statement.object.language not in (None, "en")
            if statement.subject not in labels or (labels[statement.subject][0] and not is_foreign):
                labels[statement.subject] = (is_foreign, statement.object.text)
    return {address: title for address, (_, title) in labels.items()}


def _check_matches(corpus: Sequence[CorpusEntity], matches: Matches, dump: Dump) -> None:
    if not matches.page_of:
        example = corpus[0].pages[0].address
        raise DataError.at(
            dump.path,
            None,
            f"none of the {len(corpus):,} entities is in its {dump.lines:,} lines (looked for {example}, for example)",
            "Check that it is the dump of objects (mappingbased-objects), or give a list of ids and addresses",
        )


def _nothing_left(path: Path, named: Sequence[Row], building: GraphBuilding) -> str:
    """Why no triple is left, and the mend."""
    if named:
        most = max(Counter(relation for _, relation, _ in named).values())
        return (
            f"{path}: no relation has {building.min_relation_count} triples around the entities (the most is {most}). "
            "Lower --min-relation-count."
        )
    if building.relations is not None:
        names = ", ".join(sorted(building.relations))
        return f"{path}: no triple around the entities has a wanted relation ({names}). Check --relations."
    return (
        f"{path}: no triple around the entities states a fact between two things. Give the dump of objects."
    )


def _notes(graph: BuiltGraph, limit: int, sources: _Sources, building: GraphBuilding) -> Iterable[str]:
    """What a user of the graph should know."""
    yield "DBpedia is licensed CC BY-SA 3.0: name it as the source and pass the graph on under the same licence"
    if limit < building.max_neighbours:
        yield (
            f"the triples would not have fitted into memory: an entity brought in {limit} at most, "
            f"not {building.max_neighbours}"
        )
    for dump in sources.all:
        if dump.is_cut_short:
            yield f"{dump.path.name} does not end with '# completed' as whole dumps do: it may be cut short"
    for name in sorted(building.relations or ()):
        if not any(is_of(name, frozenset({known})) or name == known for known in graph.relations):
            yield f"relation {name!r} is in no triple of the graph. {nearest_hint(name, graph.relations, 'relations')}"


def _hash(entities: Path) -> str:
    return sha256(entities / "entities.tsv" if entities.is_dir() else entities)

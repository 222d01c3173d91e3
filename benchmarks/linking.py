"""How well entities are found in words, and how fast: precision and recall, microseconds for a message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.bench import Bench, both
from benchmarks.linking_catalogues import marked_catalogues
from benchmarks.linking_truth import (
    WAYS,
    Known,
    found_elsewhere,
    genre_key,
    name_key,
    parts,
    popularity,
    written,
)
from benchmarks.report import Row
from benchmarks.timing import Spread, Stopwatch
from ccrs.core.graph import Catalogue
from ccrs.data.linking import Linker
from ccrs.data.linking_names import title_spellings
from ccrs.data.prepared import load_prepared

_PART = "l"
_TARGETS = {"precision": 0.95, "recall": 0.90}


@dataclass
class Counts:
    """What became of the marked titles and of the links to items.

    ``same`` titles were linked to a namesake; ``again`` are links to items marked elsewhere in the dialogue;
    ``wrong`` links lie on a marked title of another name, ``unmarked`` ones where nothing is marked.
    """

    marked: int = 0
    right: int = 0
    same: int = 0
    again: int = 0
    wrong: int = 0
    unmarked: int = 0

    @property
    def measures(self) -> dict[str, float]:
        """Shares by name; the entity counts with its year, the title with any namesake."""
        on_marked = self.right + self.same + self.wrong
        all_links = on_marked + self.again + self.unmarked
        return {
            "recall": self.right / self.marked,
            "recall of the title": (self.right + self.same) / self.marked,
            "precision": self.right / on_marked,
            "precision of the title": (self.right + self.same) / on_marked,
            "precision, links on unmarked films wrong": (self.right + self.again) / all_links,
            "precision of the title, links on unmarked films wrong": (self.right + self.same + self.again)
            / all_links,
        }


def linking(bench: Bench) -> list[Row]:
    """Made-up catalogues; and of data that was given, marked titles, another linker's finds and the time (l)."""
    rows = list(_made_up())
    if bench.is_real:
        corpus = load_prepared(bench.folder)
        train, test = parts(corpus)
        counted = popularity(train)
        plain, building = _built(lambda: Linker(corpus.catalogue, item_popularity=counted))
        chat, chat_building = _built(lambda: Linker(corpus.catalogue, item_popularity=counted, typos=True))
        linkers = {"plain": plain, "chat": chat}
        bench.announce("linking titles", len(WAYS) * len(linkers))
        for way, write in WAYS.items():
            for name, linker in linkers.items():
                counts = judge(linker, written(test, corpus.catalogue, write), corpus.catalogue)
                rows += _titles(way, name, counts)
                bench.advance()
        if bench.entity_links is not None:
            found = found_elsewhere(bench.entity_links)
            for name, linker in linkers.items():
                rows += _against(found, linker, corpus.catalogue, name)
        texts = [known.text for known in written(test, corpus.catalogue, WAYS["mixture"])][:6_000]
        rows += _speed(bench, linkers, texts, len(corpus.catalogue.entities))
        for name, seconds in (("plain", building), ("chat", chat_building)):
            rows.append(Row(_PART, f"building the linker, {name}", Spread.of([seconds]), "s"))
    return rows


def judge(linker: Linker, texts: Iterable[Known], catalogue: Catalogue) -> Counts:
    """Compare the links to items with the marked mentions."""
    counts = Counts()
    names = {item.id: {tokens for tokens, _ in title_spellings(item.name)} for item in catalogue.items}
    for known in texts:
        links = [
            link for link in linker.link(known.text) if catalogue.index[link.entity] < catalogue.num_items
        ]
        counts.marked += len(known.marked)
        for mention in known.marked:
            on_it = [link for link in links if link.start < mention.end and mention.start < link.end]
            links = [link for link in links if link not in on_it]
            if any(link.entity == mention.entity for link in on_it):
                counts.right += 1
            elif any(names[link.entity] & names[mention.entity] for link in on_it):
                counts.same += 1
            else:
                counts.wrong += bool(on_it)
            counts.unmarked += max(0, len(on_it) - 1)
        again = sum(link.entity in known.of_dialogue for link in links)
        counts.again += again
        counts.unmarked += len(links) - again
    return counts


def _titles(way: str, name: str, counts: Counts) -> Iterator[Row]:
    for measure, value in counts.measures.items():
        target = _TARGETS.get(measure) if way == "mixture" and name == "chat" else None
        note = f"{counts.marked:,} titles" if measure == "recall" else ""
        label = f"titles, {way}, {name}: {measure}"
        yield Row(_PART, label, Spread.of([value]), target=target, at_least=True, note=note)


def _made_up() -> Iterator[Row]:
    """Catalogues of other things than films, with sentences marked by hand."""
    for made in marked_catalogues():
        linker = Linker(made.catalogue, typos=True)
        right = links = marked = 0
        for text, mentions in made.sentences:
            found = {(m.entity, m.start, m.end) for m in linker.link(text)}
            wanted = {(m.entity, m.start, m.end) for m in mentions}
            right, links, marked = right + len(found & wanted), links + len(found), marked + len(wanted)
        note = f"{len(made.sentences)} sentences"
        yield Row(_PART, f"made-up {made.name}: precision", Spread.of([right / links]), note=note)
        yield Row(_PART, f"made-up {made.name}: recall", Spread.of([right / marked]))


def _against(
    found: Mapping[str, Sequence[str]], linker: Linker, catalogue: Catalogue, name: str
) -> Iterator[Row]:
    """People and genres against another linker's finds, of those names that the catalogue has."""
    keys: dict[str, Callable[[str], str]] = {"person": name_key, "genre": genre_key}
    for kind, key in keys.items():
        known = {key(entity.name) for entity in catalogue.entities if entity.type == kind}
        known = {form for form in known if kind == "genre" or " " in form}
        right = links = wanted = 0
        for text, others in found.items():
            theirs = {key(other) for other in others} & known
            entities = (catalogue.entities[catalogue.index[link.entity]] for link in linker.link(text))
            ours = {key(entity.name) for entity in entities if entity.type == kind} & known
            right, links, wanted = right + len(ours & theirs), links + len(ours), wanted + len(theirs)
        note = f"{wanted:,} found by the other linker"
        yield Row(_PART, f"{kind}, {name}: recall", Spread.of([right / wanted]), note=note)
        yield Row(_PART, f"{kind}, {name}: links the other has too", Spread.of([right / links]))


def _speed(
    bench: Bench, linkers: Mapping[str, Linker], texts: Sequence[str], num_names: int
) -> Iterator[Row]:
    def link_all(linker: Linker) -> Callable[[int], object]:
        return lambda _: [linker.link(text) for text in texts]

    actions = {name: link_all(linker) for name, linker in linkers.items()}
    times = bench.alternate("linking", actions, max(3, bench.repeats // 8))
    for name in linkers:
        wall, cpu = (spread.scaled(1e6 / len(texts)) for spread in both(times[name]))
        note = f"{len(texts):,} messages, {num_names:,} entities"
        # The target is one of processor time: other work on the machine is not the linker's.
        yield Row(_PART, f"linking one message, processor time, {name}", cpu, "µs", 50, note=note)
        yield Row(_PART, f"linking one message, by the clock, {name}", wall, "µs")


def _built(build: Callable[[], Linker]) -> tuple[Linker, float]:
    watch = Stopwatch()
    linker = build()
    return linker, watch.read().cpu

"""A linker for what is on disk: a prepared folder or a run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ccrs.artifacts.files import MANIFEST
from ccrs.artifacts.run import load_run
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Triple
from ccrs.data.linking import Linker
from ccrs.data.prepared import MANIFEST_FILE, PreparedCorpus, load_prepared


def load_linker(folder: Path, *, typos: bool = True) -> Linker:
    """The linker of a prepared folder or of a run, which forgives mistakes unless ``typos`` is off.

    Of namesakes the one is meant that is named more often: marked in training dialogues, or recommended in those of a
    run; of values the one that more items have. Raises ``DataError`` where the folder is neither, and the errors of
    ``load_prepared`` and ``load_run``.
    """
    if (folder / MANIFEST).is_file():
        run = load_run(folder)
        counts = zip(run.catalogue.items, run.statistics.popularity, strict=True)
        popularity = Counter({item.id: int(count) for item, count in counts})
        catalogue, triples = run.catalogue, run.triples
    elif (folder / MANIFEST_FILE).is_file():
        corpus = load_prepared(folder)
        popularity = _named(corpus)
        catalogue, triples = corpus.catalogue, tuple(corpus.triples)
    else:
        raise DataError(
            f"{folder}: is neither a prepared folder (no {MANIFEST_FILE}) nor a run (no {MANIFEST}). "
            "Name a folder that ccrs prepare or ccrs train wrote."
        )
    popularity.update(_degrees(catalogue, triples))
    return Linker(catalogue, item_popularity=popularity, typos=typos)


def _named(corpus: PreparedCorpus) -> Counter[str]:
    """How often training dialogues name each item; marked mentions alone, where there are any."""
    marked: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for dialogue in corpus.dialogues:
        if dialogue.part == "test":
            continue
        for message in dialogue.messages:
            for mention in message.mentions:
                (marked if mention.marked else found)[mention.entity] += 1
    items = {item.id for item in corpus.catalogue.items}
    return Counter({name: count for name, count in (marked or found).items() if name in items})


def _degrees(catalogue: Catalogue, triples: tuple[Triple, ...]) -> Counter[str]:
    """In how many triples each entity is that is no item."""
    counts: Counter[str] = Counter()
    for triple in triples:
        counts.update(
            name for name in (triple.head, triple.tail) if catalogue.index[name] >= catalogue.num_items
        )
    return counts

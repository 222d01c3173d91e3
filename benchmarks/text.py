"""Time of reading a prepared corpus and of linking entities in its words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from benchmarks.timing import Seconds, Stopwatch
from ccrs.data.linking import Linker
from ccrs.data.prepared import PreparedCorpus, load_prepared
from ccrs.data.samples import build_samples


def read(folder: Path) -> tuple[PreparedCorpus, Seconds, Seconds]:
    """The corpus, what reading and checking it took, and what making samples of it took."""
    watch = Stopwatch()
    corpus = load_prepared(folder)
    reading = watch.read()
    build_samples(corpus.catalogue, corpus.dialogues)
    return corpus, reading, watch.read()


def make_linker(corpus: PreparedCorpus) -> tuple[Linker, Seconds]:
    """A linker over the catalogue as ``ccrs prepare`` makes it, and what that took."""
    messages = (message for dialogue in corpus.dialogues for message in dialogue.messages)
    popularity = Counter(
        mention.entity for message in messages for mention in message.mentions if mention.marked
    )
    watch = Stopwatch()
    linker = Linker(corpus.catalogue, item_popularity=popularity)
    return linker, watch.read()


def utterances(corpus: PreparedCorpus, count: int) -> list[str]:
    """Every n-th message, about ``count`` of them."""
    texts = [message.text for dialogue in corpus.dialogues for message in dialogue.messages]
    return texts[:: max(1, len(texts) // count)][:count]


def link_all(linker: Linker, texts: list[str]) -> int:
    """Link every text; returns how many mentions were found."""
    return sum(len(linker.link(text)) for text in texts)

"""Raw files of any size to prepare: a graph with invented names, and dialogues that name them without marking it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.world import zipf
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.graph_format import write_entities, write_triples

_SYLLABLES = tuple(consonant + vowel for consonant in "bdfgklmnrstv" for vowel in "aeiou")
_RELATIONS = (("actor", 0.55), ("writer", 0.2), ("director", 0.15), ("genre", 0.1))
_BLOCK = 1_000
"""Dialogues drawn at once."""


@dataclass(frozen=True)
class RawSize:
    """How much there is to prepare; 30,000 names to be found in about 10 messages a dialogue."""

    num_dialogues: int = 10_000
    num_items: int = 10_000
    num_people: int = 19_970
    num_genres: int = 30
    num_triples: int = 300_000
    num_words: int = 20_000
    mean_messages: int = 10
    mean_words: int = 9
    naming: float = 0.4
    """Probability that a message names an item or a person."""
    dialogues_a_user: int = 10


@dataclass(frozen=True)
class RawFiles:
    """The three files of ``ccrs prepare own``."""

    dialogues: Path
    entities: Path
    triples: Path


def write_raw(folder: Path, size: RawSize, seed: int = 0) -> RawFiles:
    """Write the three files, dialogues block by block; the same for the same size and seed."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    files = RawFiles(folder / "dialogues.jsonl", folder / "entities.tsv", folder / "triples.tsv")
    words = [_word(number) for number in range(size.num_words)]
    catalogue = _catalogue(size, words, rng)
    write_entities(files.entities, catalogue)
    write_triples(files.triples, _triples(size, rng))
    names = [entity.name for entity in catalogue.entities[: size.num_items + size.num_people]]
    with files.dialogues.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{json.dumps(record)}\n" for record in _records(size, words, names, rng))
    return files


def _catalogue(size: RawSize, words: list[str], rng: np.random.Generator) -> Catalogue:
    """Titles of one to three words, people of two."""
    lengths = 1 + rng.integers(3, size=size.num_items)
    drawn = iter(
        rng.integers(
            size.num_words // 10, size.num_words, size=3 * size.num_items + 2 * size.num_people
        ).tolist()
    )

    def name(length: int) -> str:
        return " ".join(words[next(drawn)].capitalize() for _ in range(length))

    items = [
        Entity(f"i{n}", "movie", name(length), is_item=True, year=1950 + n % 70)
        for n, length in enumerate(lengths.tolist())
    ]
    people = [Entity(f"p{n}", "person", name(2)) for n in range(size.num_people)]
    genres = [Entity(f"g{n}", "genre", f"{words[n]}ism") for n in range(size.num_genres)]
    return Catalogue((*items, *people, *genres))


def _triples(size: RawSize, rng: np.random.Generator) -> Iterator[Triple]:
    """Items linked to people and genres, whole numbers of which are as wanted; some triples stand twice."""
    heads = rng.choice(size.num_items, size=size.num_triples, p=zipf(size.num_items, 0.3)).tolist()
    kinds = rng.choice(len(_RELATIONS), size=size.num_triples, p=[share for _, share in _RELATIONS]).tolist()
    people = rng.choice(size.num_people, size=size.num_triples, p=zipf(size.num_people, 0.6)).tolist()
    for head, kind, person in zip(heads, kinds, people, strict=True):
        relation = _RELATIONS[kind][0]
        tail = f"g{person % size.num_genres}" if relation == "genre" else f"p{person}"
        yield Triple(f"i{head}", relation, tail)


def _records(
    size: RawSize, words: list[str], names: list[str], rng: np.random.Generator
) -> Iterator[dict[str, object]]:
    """The dialogues as objects of the project's own format, without mentions."""
    num_users = max(1, size.num_dialogues // size.dialogues_a_user)
    frequency = zipf(size.num_words, 1.0)
    popularity = zipf(len(names), 0.9)[rng.permutation(len(names))]
    for first in range(0, size.num_dialogues, _BLOCK):
        count = min(_BLOCK, size.num_dialogues - first)
        lengths = np.maximum(2, rng.poisson(size.mean_messages, size=count)).tolist()
        total = sum(lengths)
        counts = np.maximum(1, rng.poisson(size.mean_words, size=total))
        spoken = iter(rng.choice(size.num_words, size=int(counts.sum()), p=frequency).tolist())
        named = iter(rng.choice(len(names), size=total, p=popularity).tolist())
        naming = iter((rng.random(total) < size.naming).tolist())
        texts = (" ".join(words[next(spoken)] for _ in range(n)) for n in counts.tolist())
        for number, length in enumerate(lengths, start=first):
            messages = []
            for turn in range(length):
                text, name, names_it = next(texts), names[next(named)], next(naming)
                speaker = "recommender" if turn % 2 else "seeker"
                messages.append({"speaker": speaker, "text": f"{text} {name}" if names_it else text})
            user = f"u{int(rng.integers(num_users))}"
            yield {"id": f"d{number}", "user": user, "time": number, "messages": messages}


def _word(number: int) -> str:
    """An invented word of two to four syllables."""
    word = ""
    rest = number + len(_SYLLABLES)
    while rest:
        rest, place = divmod(rest, len(_SYLLABLES))
        word += _SYLLABLES[place]
    return word

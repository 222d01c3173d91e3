"""Texts whose entities are known, to judge a linker by: titles put back in several ways, and another linker's finds."""

from __future__ import annotations

import gzip
import json
import random
import re
import string
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.graph import Catalogue, Entity
from ccrs.data.linking_names import tokenise
from ccrs.data.linking_words import ARTICLES, GENRE_SYNONYMS
from ccrs.data.prepared import PreparedCorpus

Way = Callable[[Entity, random.Random], str]
"""Writes an item's title; the random numbers are for ways that differ from time to time."""


@dataclass(frozen=True)
class Known:
    """A text, the marked mentions in it, and the items that are marked anywhere in its dialogue."""

    text: str
    marked: tuple[Mention, ...]
    of_dialogue: frozenset[str]


def popularity(dialogues: Sequence[Dialogue]) -> Counter[str]:
    """How often each entity is marked."""
    return Counter(
        m.entity for d in dialogues for message in d.messages for m in message.mentions if m.marked
    )


def parts(corpus: PreparedCorpus) -> tuple[list[Dialogue], list[Dialogue]]:
    """Training and test dialogues: those of the official split, or else the last fifth to test."""
    test = [dialogue for dialogue in corpus.dialogues if dialogue.part == "test"]
    if test:
        return [dialogue for dialogue in corpus.dialogues if dialogue.part != "test"], test
    first = len(corpus.dialogues) * 4 // 5
    return list(corpus.dialogues[:first]), list(corpus.dialogues[first:])


def written(dialogues: Sequence[Dialogue], catalogue: Catalogue, way: Way) -> Iterator[Known]:
    """Every message, its marked titles written in one way (the same each time)."""
    chance = random.Random(0)  # noqa: S311 - texts, no secrets
    for dialogue in dialogues:
        messages = dialogue.messages
        marked = frozenset(m.entity for message in messages for m in message.mentions if m.marked)
        for message in messages:
            text, mentions = _rewritten(message, catalogue, way, chance)
            yield Known(text, mentions, marked)


def _rewritten(
    message: Message, catalogue: Catalogue, way: Way, chance: random.Random
) -> tuple[str, tuple[Mention, ...]]:
    pieces, mentions, at, length = [], [], 0, 0
    for mention in message.mentions:
        if mention.marked:
            before = message.text[at : mention.start]
            title = way(catalogue.entities[catalogue.index[mention.entity]], chance)
            start = length + len(before)
            pieces += [before, title]
            mentions.append(Mention(mention.entity, start, start + len(title), marked=True))
            length, at = start + len(title), mention.end
    return "".join([*pieces, message.text[at:]]), tuple(mentions)


def _without_article(name: str) -> str:
    words = name.split()
    return " ".join(words[1:]) if len(words) > 1 and words[0].lower() in ARTICLES else name


def mistyped(title: str, chance: random.Random) -> str:
    """The title with one mistake inside one word of five or more letters, where it has one."""
    words = [match.span() for match in re.finditer("[A-Za-z]{5,}", title)]
    if not words:
        return title
    start, end = chance.choice(words)
    place, letter = chance.randrange(start + 1, end - 1), chance.choice(string.ascii_lowercase)
    before, here, behind = title[:place], title[place], title[place + 1 :]
    kinds = (
        before + behind,
        before + letter + here + behind,
        before + letter + behind,
        before + behind[0] + here + behind[1:],
    )
    return chance.choice(kinds)


def _mixed(entity: Entity, chance: random.Random) -> str:
    ways = list(WAYS)[:5]
    return WAYS[chance.choices(ways, [2, 4, 2, 1, 1])[0]](entity, chance)


WAYS: dict[str, Way] = {
    "with year": lambda entity, _: entity.title,
    "without year": lambda entity, _: entity.name,
    "lower case": lambda entity, _: entity.name.lower(),
    "no article": lambda entity, _: _without_article(entity.name),
    "lower case, no article": lambda entity, _: _without_article(entity.name).lower(),
    "mixture": _mixed,
    "one typo": lambda entity, chance: mistyped(entity.name, chance),
}
"""The mixture has two in ten with year, four without, two in lower case, one without article, one without both."""


def found_elsewhere(path: Path) -> Mapping[str, list[str]]:
    """Texts and the names that another linker found in them (gzipped JSON)."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        found: Mapping[str, list[str]] = json.load(stream)
    return found


def name_key(name: str) -> str:
    """A name as it is compared."""
    return " ".join(tokenise(name)[0])


def genre_key(name: str) -> str:
    """A genre as it is compared: *comedy film*, *comedies* and *comedy* are one."""
    plain = re.sub(r" (?:films?|movies?|fiction|genre)$", "", name_key(name))
    plain = "science fiction" if plain == "science" else plain
    row = next((row for row in GENRE_SYNONYMS if plain in row), (plain,))
    return row[0]

"""The words of a text with their places, the names of a catalogue, and titles that it does not have."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ccrs.core.graph import Catalogue
from ccrs.data.linking_names import tokenise
from ccrs.data.linking_words import ALWAYS_CAPITAL, ARTICLES, SMALL_WORDS

_SENTENCE_END = re.compile(r"[.!?;\n\"“”]")


@dataclass(frozen=True, slots=True)
class UnknownTitle:
    """A title, or the name of a person, as it was typed: the characters ``text[start:end]``."""

    name: str
    start: int
    end: int
    kind: Literal["item", "person"] = "item"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, folded, with their places."""

    text: str
    tokens: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]

    def is_capital(self, number: int) -> bool:
        """Whether a word begins with a capital or a digit."""
        first = self.text[self.starts[number]]
        return first.isupper() or first.isdigit() or self.tokens[number] == "'s"

    def is_proper(self, number: int) -> bool:
        """Whether a word has a capital and is no long word shouted as a whole."""
        word = self.text[self.starts[number] : self.ends[number]]
        return word[0].isupper() and not (len(word) > 3 and word.isupper())

    def begins_sentence(self, number: int) -> bool:
        """Whether nothing, or the end of another sentence, stands before a word."""
        return number == 0 or bool(_SENTENCE_END.search(self.gap(number)))

    def gap(self, number: int) -> str:
        """What stands between a word and the one before."""
        return self.text[self.ends[number - 1] : self.starts[number]]

    def first_at(self, place: int) -> int:
        """The first word that starts at a character or behind it."""
        return bisect_left(self.starts, place)

    def capitals_tell(self, named: Sequence[tuple[int, int]]) -> bool:
        """Whether capitals show anything: not where most words have one outside of ``named`` characters."""
        spoken = [
            number
            for number, token in enumerate(self.tokens)
            if token not in SMALL_WORDS and not any(a <= self.starts[number] < b for a, b in named)
        ]
        capital = sum(
            self.is_proper(number)
            and not self.begins_sentence(number)
            and self.tokens[number] not in ALWAYS_CAPITAL
            for number in spoken
        )
        return len(spoken) < 4 or capital <= 0.6 * len(spoken)


class KnownNames:
    """The names of a catalogue, whole and by their beginnings, and the words of people's names."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._names: set[tuple[str, ...]] = set()
        self._people: set[str] = set()
        for entity in catalogue.entities:
            for name in (entity.name, *entity.aliases):
                tokens = tuple(tokenise(name)[0])
                self._names.add(tokens)
                if entity.type == "person":
                    self._people.update(tokens)
                elif entity.is_item:
                    rest = tokens[1:] if tokens[:1] and tokens[0] in ARTICLES else tokens
                    self._names.update(rest[:number] for number in range(1, len(rest) + 1))

    def explains(self, tokens: Sequence[str]) -> bool:
        """Whether the words are a name, the beginning of a title, or one part of a person's name."""
        rest = [spoken for spoken in tokens if spoken != "'s"]
        rest = rest[1:] if rest and rest[0] in ARTICLES else rest
        return (
            tuple(rest) in self._names
            or tuple(tokens) in self._names
            or (len(rest) == 1 and rest[0] in self._people)
        )

    def is_of_people(self, token: str) -> bool:
        """Whether a word is part of a person's name."""
        return token in self._people

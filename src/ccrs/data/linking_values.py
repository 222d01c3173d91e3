"""Values of a catalogue that is not about films: how people say colours, brands and the like, and what speaks for them.

*Red* and *wood* are typed in lower case and mean what they say, so a value of ordinary words needs far less than a
title does. What it must not be is a verb (*I read*), and the name of a maker (*Next*, *Home*) needs its capital.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from ccrs.core.graph import Catalogue, Entity
from ccrs.core.item_words import ItemWords, plural_of
from ccrs.data.linking_names import Tokens, spellings, tokenise
from ccrs.data.linking_words import (
    BEFORE_NOUNS,
    COMMON_WORDS,
    FUNCTION_WORDS,
    GENRE_NOUNS,
    GENRE_SYNONYMS,
    KIN_WORDS,
    NAME_TYPES,
    OFTEN_VERBS,
    TALK_WORDS,
    VALUE_SYNONYMS,
    VERB_BEFORE,
)

Guard = Literal["free", "ordinary", "name"]
"""What a value's words need: nothing, not to stand where a verb does, or capitals or quotes."""


class CatalogueWords:
    """What the words of a catalogue are: which describe its items, and which are names that need evidence."""

    def __init__(self, catalogue: Catalogue) -> None:
        words = ItemWords.of(catalogue)
        self.of_films = not catalogue.num_items or words.are_films
        """Whether only people and genres are linked beside titles."""
        self.nouns = frozenset(
            GENRE_NOUNS[:-1] if self.of_films else (words.singular, words.plural, *words.head)
        )
        """The words for an item, one and several."""
        self._describing: set[Tokens] = set()
        if not self.of_films:
            self._describing = {tuple(noun.split()) for noun in self.nouns}
            for entity in catalogue.entities:
                if _describes(entity):
                    self._describing.update(
                        form for form, _ in self.value_spellings(entity.name, entity.type)
                    )

    def describe(self, tokens: Tokens) -> bool:
        """Whether a title is nothing but values and words for items: *Oak dining table*.

        Somebody who types these words describes what he looks for; he does not name that one item.
        """
        if not self._describing or len(tokens) > 12:
            return False
        reached = {0}
        for start in range(len(tokens)):
            if start in reached:
                ends = range(start + 1, min(start + 4, len(tokens)) + 1)
                reached.update(end for end in ends if tokens[start:end] in self._describing)
        return len(tokens) in reached

    def value_spellings(self, name: str, kind: str) -> Iterator[tuple[Tokens, int]]:
        """The ways to say a value of type ``kind``, each with its looseness; none where it says nothing."""
        exact = tuple(tokenise(name)[0])
        if len(exact) == 1 and (exact[0].isdigit() or len(exact[0]) == 1):
            yield from ((form, 0) for form in _with_type(exact[0], kind))
            return
        if not exact or " ".join(exact) in self.nouns or _says_nothing(exact):
            return
        for number, tokens in enumerate(spellings(name)):
            yield tokens, min(number, 1)
        if kind not in NAME_TYPES:
            yield from ((form, 1) for form in _other_forms(exact) if not _says_nothing(form))
        if len(exact) == 2 and all(len(word) > 2 for word in exact):
            yield ("".join(exact),), 2


def guard_of(tokens: Tokens, kind: str) -> Guard:
    """What evidence these words need to mean an entity of the type ``kind``."""
    if kind == "person":
        return "name" if len(tokens) == 1 else "free"
    if not all(word in COMMON_WORDS or word in FUNCTION_WORDS for word in tokens):
        return "free"
    if kind in NAME_TYPES:
        return "name"
    return "ordinary" if len(tokens) == 1 else "free"


def used_as_verb(tokens: Sequence[str], number: int) -> bool:
    """Whether an ordinary word stands where a verb does, or speaks of the speaker's own family."""
    before = tokens[number - 1] if number else ""
    if tokens[number] in OFTEN_VERBS:
        return len(tokens) > 1 and before not in BEFORE_NOUNS
    return before in VERB_BEFORE or (tokens[number] in KIN_WORDS and before in _POSSESSIVES)


_POSSESSIVES = frozenset(["my", "our", "your", "his", "her", "their"])


def _describes(entity: Entity) -> bool:
    return not entity.is_item and entity.type not in NAME_TYPES and entity.type not in ("person", "movie")


def _says_nothing(tokens: Tokens) -> bool:
    """Whether a value is nothing but function words or words of talk: *other*, *yes*, *n/a*."""
    return all(word in FUNCTION_WORDS or word in TALK_WORDS for word in tokens)


def _with_type(value: str, kind: str) -> Iterator[Tokens]:
    """A number or letter with its relation's word beside it: *4 players*, *size m*."""
    noun = tuple(tokenise(kind)[0])
    if noun:
        other = tuple(plural_of(" ".join(noun)).split())
        forms = [noun, other, (*noun[:-1], noun[-1].removesuffix("s"))]
        for form in dict.fromkeys(forms):
            yield (value, *form)
            yield (*form, value)


def _other_forms(tokens: Tokens) -> list[Tokens]:
    """The other number of a value and its usual other words: *sofas*, *wooden*, *2 4 players*."""
    line, last = " ".join(tokens), tokens[-1]
    forms: list[Tokens] = []
    for row in (*GENRE_SYNONYMS, *VALUE_SYNONYMS):
        if line in row:
            forms += [tuple(form.split()) for form in row if form != line]
        elif len(tokens) > 1 and last in row:
            forms += [(*tokens[:-1], form) for form in row if form != last and " " not in form]
    if len(last) > 2 and last.isalpha():
        other = _singular(last) or plural_of(last)
        forms.append((*tokens[:-1], other))
    if len(tokens) > 2 and tokens[1] in ("to", "and") and tokens[0].isdigit() and tokens[2].isdigit():
        forms += [(tokens[0], *tokens[2:])]  # "2-4 players"
    return forms


def _singular(noun: str) -> str | None:
    """One of several, or ``None`` where the word is no plural."""
    if noun.endswith("ies") and len(noun) > 4:
        return f"{noun[:-3]}y"
    if noun.endswith(("sses", "xes", "ches", "shes")):
        return noun[:-2]
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and len(noun) > 3:
        return noun[:-1]
    return None

"""Films and people that somebody names and the catalogue does not have: in quotes, with a year, or by their place.

A name that is only part of such a title is no mention: *Heat* is not meant in *"Foo Heat"*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from ccrs.core.dialogue import Mention
from ccrs.core.graph import Catalogue
from ccrs.data.linking import Linker
from ccrs.data.linking_names import tokenise
from ccrs.data.linking_words import ARTICLES, COMMON_WORDS, FUNCTION_WORDS, SMALL_WORDS
from ccrs.data.unknown_names import unknown_names
from ccrs.data.unknown_words import KnownNames, UnknownTitle, Words

__all__ = ["KnownTitles", "UnknownTitle"]

# Bounded repetitions, so that no text makes them slow.
_YEAR = re.compile(r"\(\s?(?:18|19|20)\d\d\s?\)")
_YEAR_BEHIND = re.compile(r",?\s{0,2}\(\s?(?:18|19|20)\d\d\s?\)")
_QUOTED = re.compile(
    r"[\"“„«]([^\"“”„«»\n]{1,80})[\"”“»]|(?<!\w)['‘]((?:[^'‘’\"\n]|(?<=\w)['’](?=\w)){1,80})['’](?!\w)"
)
_CUE = re.compile(r"\b(?:seen|saw|watch|watched|called|named|titled)[\s,:]{1,3}$", re.IGNORECASE)
_STOP = re.compile(r"[.!?;,()\"“”„«»\n]")
_HELLO_OR_LIKING = frozenset(
    ["hello", "hey", "hi", "like", "liked", "love", "loved", "saw", "try", "watch", "watched"]
)
_OPENERS = (FUNCTION_WORDS - ARTICLES) | _HELLO_OR_LIKING
_MAX_WORDS = 10


class KnownTitles:
    """A linker for which a name that is part of a title the catalogue lacks is no mention of its own."""

    def __init__(self, linker: Linker, catalogue: Catalogue) -> None:
        self.linker, self._catalogue = linker, catalogue
        self._known = KnownNames(catalogue)
        self._items = frozenset(item.id for item in catalogue.items)

    def link(self, text: str) -> tuple[Mention, ...]:
        """As ``EntityLinker``."""
        return self.read(text)[0]

    def read(self, text: str) -> tuple[tuple[Mention, ...], tuple[UnknownTitle, ...]]:
        """The mentions in ``text``, and the names that the catalogue does not have; no two overlap."""
        mentions = list(self.linker.link(text))
        words = Words(text, *tokenise(text))
        unknown: list[UnknownTitle] = []
        found_by = (_titles(words, mentions), unknown_names(words, mentions, self._known, self._items))
        for found in chain(*found_by):
            if _overlapping(found, unknown) or _is_whole(found, mentions, words):
                continue
            inside = _overlapping(found, mentions)
            mentions = [mention for mention in mentions if mention not in inside]
            item = self.linker.find_item(found.name) if found.kind == "item" else None
            if item is not None:
                mentions.append(Mention(self._catalogue.entities[item].id, found.start, found.end))
            else:
                unknown.append(found)
        in_order = sorted(mentions, key=lambda mention: mention.start)
        return tuple(in_order), tuple(sorted(unknown, key=lambda title: title.start))


def _titles(words: Words, mentions: Sequence[Mention]) -> Iterator[UnknownTitle]:
    """What is typed as a title, known or not: quoted ones first."""
    for quoted in _QUOTED.finditer(words.text):
        group = 1 if quoted[1] is not None else 2
        year = _YEAR_BEHIND.match(words.text, quoted.end())
        if year is not None or _looks_like_title(quoted[group], words.text[: quoted.start()]):
            name = quoted[group].strip() + (f" {year[0].lstrip(', ')}" if year else "")
            yield UnknownTitle(name, quoted.start(group), year.end() if year else quoted.end(group))
    for year in _YEAR.finditer(words.text):
        last = sum(end <= year.start() for end in words.ends)  # the first word behind the title
        first = _first_word(words, last, year, mentions)
        if first < last:
            start = words.starts[first]
            yield UnknownTitle(words.text[start : year.end()], start, year.end())


def _looks_like_title(quoted: str, before: str) -> bool:
    """Whether quoted words are written like a title, or stand where a title stands."""
    tokens, starts, _ = tokenise(quoted)
    if not tokens or len(tokens) > _MAX_WORDS:
        return False
    if _YEAR.search(quoted) or _CUE.search(before):
        return True
    if len(tokens) == 1 and tokens[0] in COMMON_WORDS:
        return False
    capital = [quoted[start].isupper() or quoted[start].isdigit() for start in starts]
    spoken = (is_capital or token in SMALL_WORDS for token, is_capital in zip(tokens, capital, strict=True))
    return capital[0] and all(spoken)


def _first_word(words: Words, last: int, year: re.Match[str], mentions: Sequence[Mention]) -> int:
    """The first word of the title whose last word is before ``last`` and whose year is ``year``."""
    if last and _STOP.search(words.text[words.ends[last - 1] : year.start()].rstrip(",!?. ")):
        return last
    linked = next((m for m in mentions if m.start < year.start() and m.end >= year.end()), None)
    if linked is not None:
        return _start_of_longer_name(words, linked, mentions)
    first = _walked_back(words, last, mentions)
    while first < last and words.begins_sentence(first) and words.tokens[first] in _OPENERS:
        first += 1
    if first == last:  # typed without capitals: the words that are not ordinary
        while first and last - first < _MAX_WORDS and _goes_on(words, first, last):
            token = words.tokens[first - 1]
            if token in COMMON_WORDS and token not in SMALL_WORDS:
                break
            first -= 1
    while first < last and words.tokens[first] in SMALL_WORDS - ARTICLES:
        first += 1
    return last if all(token in SMALL_WORDS for token in words.tokens[first:last]) else first


def _start_of_longer_name(words: Words, linked: Mention, mentions: Sequence[Mention]) -> int:
    """The first word of a name that ends with a linked film: capitals that no ordinary word explains."""
    first = sum(start < linked.start for start in words.starts)
    while first and words.gap(first) == " ":
        number = first - 1
        taken = any(m.start <= words.starts[number] < m.end for m in mentions)
        explained = words.begins_sentence(number) or words.tokens[number] in COMMON_WORDS
        if taken or explained or words.tokens[number] == "'s" or not words.is_capital(number):
            break
        first = number
    return first


def _walked_back(words: Words, last: int, mentions: Sequence[Mention]) -> int:
    """As far back from ``last`` as words have capitals, small words between them."""
    first = last
    while first and last - first < _MAX_WORDS and _goes_on(words, first, last):
        number = first - 1
        if not (words.is_capital(number) or words.tokens[number] in SMALL_WORDS):
            break
        place = words.starts[number]
        joined = first < last and words.tokens[first] == "and"
        if joined and any(m.start <= place < m.end for m in mentions):
            break  # "Heat and Foo (1999)" are two films
        first = number
    while first < last and not words.is_capital(first) and words.tokens[first] not in ARTICLES:
        first += 1
    return last if all(words.tokens[n] in SMALL_WORDS for n in range(first, last)) else first


def _goes_on(words: Words, first: int, last: int) -> bool:
    """Whether the word before ``first`` may belong to the same title."""
    return first == last or _STOP.search(words.gap(first)) is None


def _is_whole(found: UnknownTitle, mentions: Iterable[Mention], words: Words) -> bool:
    """Whether one mention holds all words of a title, but for articles."""
    needed = [
        start
        for token, start in zip(words.tokens, words.starts, strict=True)
        if found.start <= start < found.end and token not in ARTICLES
    ]
    return any(all(m.start <= start < m.end for start in needed) for m in mentions)


def _overlapping(
    found: UnknownTitle, spans: Iterable[Mention | UnknownTitle]
) -> list[Mention | UnknownTitle]:
    return [span for span in spans if span.start < found.end and found.start < span.end]

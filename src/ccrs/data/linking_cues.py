"""What speaks for a title of ordinary words beside its look: words such as *watched*, and titles around it.

These readings are for chat and for a user's own data. The mentions of prepared ReDial rest on quotes, years and
capitals alone.
"""

from __future__ import annotations

import re
from collections.abc import Set

from ccrs.data.linking_candidates import Name
from ccrs.data.linking_evidence import Span
from ccrs.data.linking_typos import Reading
from ccrs.data.linking_words import ARTICLES, FUNCTION_WORDS

_CALLED = frozenset(["called", "titled", "named", "entitled"])
_BEFORE_CALLED = frozenset(["is", "s", "'s", "was", "one", "ones", "something", "its", "are"])
_BEFORE_NOUN = frozenset(["the", "a", "that", "this", "board", "card", "video", "new", "old", "original"])
_BEHIND_TITLE = frozenset(["by", "with", "from", "starring", "or", "and", "but"])
_PRONOUNS_TEXT = """
    it you we she he they them us her him me i that this those these one ones any some all both others other another
    more most many much each either something anything everything nothing someone everyone so what which who none lots
    none good great yes no not him than then again before lol haha ok okay hello hi hey bye thanks sure cool nice wow
    awesome please sorry well omg now today yet once too twice recently already there here
"""
_PRONOUNS = frozenset(_PRONOUNS_TEXT.split())
_VERBS_BEHIND_TEXT = """
    is was has had s 's seems looks sounds can will would could should really just also does did might may isnt wasnt
    were are have do am
"""
_VERBS_BEHIND = frozenset(_VERBS_BEHIND_TEXT.split())
_HAD_TEXT = """
    seen watched rewatched saw recommend recommended suggest read played enjoyed loved liked try tried
"""
_HAD = frozenset(_HAD_TEXT.split())
_PHRASES_TEXT = """
    check out, checking out, heard of, how about, what about, similar to, lines of, such as, something like,
    anything like, nothing like, more like, favorite is, favorite was, favourite is, favourite was, one is, one was,
    another is, there is, there 's, was in, is in, sequel to
"""
_PHRASES = frozenset(tuple(phrase.split()) for phrase in _PHRASES_TEXT.split(","))
_PRAISE_TEXT = """
    a an another one my such great good really so pretty super hilarious awesome amazing funny fun excellent
    terrific fantastic scary creepy cute ok okay boring terrible horrible also definitely very the too
"""
_PRAISE = frozenset(_PRAISE_TEXT.split())
# Never describe what follows, so that *the it movie* can only mean a title.
_NO_ADJECTIVES_TEXT = """
    it up us go them me him you we they she he is am be do get
"""
_NO_ADJECTIVES = frozenset(_NO_ADJECTIVES_TEXT.split())
_JOINED_BEFORE = re.compile(r"(?:,|/|&|\band|\bor|, and|, or)\s{0,2}$", re.IGNORECASE)
_JOINED_BEHIND = re.compile(r"\s{0,2}(?:,|/|&|and\b|or\b)\s{0,2}(?:and\s|or\s)?\s?", re.IGNORECASE)
_TITLE = 1
"""How a title stands in the bytes that say what is taken."""


class Cues:
    """Weighs what stands around a title; ``nouns`` are the words for an item, one and several."""

    def __init__(self, nouns: Set[str]) -> None:
        self._nouns = nouns
        self._openers = nouns | _BEFORE_CALLED

    def speak_for(self, span: Span, taken: bytearray) -> bool:
        """Whether a title of ordinary words is meant; ``taken`` has a 1 where a character belongs to a sure title."""
        lone = span.tokens[span.first] if span.last - span.first == 1 else ""
        if span.looks_capital:
            verb = lone in _PRONOUNS and span.word(span.last) in _VERBS_BEHIND
            return not (verb or (lone and span.among_capitals))
        if span.is_numbered or self._is_called(span):
            return True
        first = span.first + (span.last - span.first > 1 and span.tokens[span.first] in ARTICLES)
        if span.tokens[first] in _PRONOUNS:  # "it", "the other", "anything else"
            return self._before_noun(span) or (lone == "it" and self._is_newer(span))
        return (
            self._is_object(span)
            or _is_praised(span)
            or self._before_noun(span)
            or self._in_list(span, taken)
        )

    def speak_for_typo(self, span: Span, reading: Reading, taken: bytearray) -> bool:
        """Whether the words of ``span``, which neither a year nor quotes mark, are a mistyped name."""
        name = reading.name
        typed = "".join(span.tokens[span.first : span.last])
        if (name.titles and name.guarded) or not reading.same_start:
            return False
        if reading.right and reading.edits * 4 <= len(typed):
            return True
        if not name.titles:
            return name.length > 6 and all(other.kind == "value" for other in name.others)
        # "Underworldly" and "projects" are no mistakes, but words of their own.
        if len(typed) < 6 or typed.startswith(name.joined):
            return False
        if name.popular and reading.edits == 1 and typed[-1] == name.joined[-1]:
            return True
        capital = span.looks_capital and not span.begins_sentence
        return capital or self._is_object(span) or _is_praised(span) or self._in_list(span, taken)

    def speak_against(self, span: Span, name: Name) -> bool:
        """Whether words that say enough for a title are meant as the name of a person: *Emma Stone*."""
        return any(other.kind == "person" for other in name.others) and not self._is_called(span)

    def _is_object(self, span: Span) -> bool:
        """Whether it stands where what is watched, tried or compared with stands: *seen up?*, *movies like big*."""
        if not span.closes(_BEHIND_TITLE):
            return False
        before, second = span.word(span.first - 1), span.word(span.first - 2)
        return before in _HAD or (second, before) in _PHRASES or (before == "like" and second in self._nouns)

    def _is_newer(self, span: Span) -> bool:
        """Whether one of several of the same name is meant: *the new it*."""
        known = span.word(span.first - 2) == "the" and span.word(span.first - 1) in ("new", "original", "old")
        return known and (span.closes(_BEHIND_TITLE) or span.word(span.last) in _VERBS_BEHIND)

    def _is_called(self, span: Span) -> bool:
        before, second = span.word(span.first - 1), span.word(span.first - 2)
        if before in _CALLED:
            return second in self._openers
        return before in self._nouns and second in _BEFORE_NOUN and span.closes(_BEHIND_TITLE)

    def _before_noun(self, span: Span) -> bool:
        lone = span.last - span.first == 1 and span.tokens[span.first] in _NO_ADJECTIVES
        return lone and span.word(span.first - 1) == "the" and span.word(span.last) in self._nouns

    def _in_list(self, span: Span, taken: bytearray) -> bool:
        """Whether only a comma, *and* or *or* stands between it and a title that is sure."""
        before = _JOINED_BEFORE.search(span.text, max(0, span.start - 8), span.start)
        if before is not None:
            place = before.start() - 1
            while place >= 0 and span.text[place] == " " and before.start() - place < 3:
                place -= 1
            if place >= 0 and taken[place] == _TITLE and span.closes(_BEHIND_TITLE):
                return True
        behind = _JOINED_BEHIND.match(span.text, span.end)
        return behind is not None and behind.end() < len(taken) and taken[behind.end()] == _TITLE


def _is_praised(span: Span) -> bool:
    """Whether it begins a clause that says how something is: *seven was a good one*."""
    lone = span.tokens[span.first] if span.last - span.first == 1 else ""
    if lone in FUNCTION_WORDS or span.word(span.last + 1) not in _PRAISE:
        return False
    begins = span.begins_sentence or span.word(span.first - 1) in ("and", "but", "yes", "yeah", "or", "also")
    return begins and span.word(span.last) == "was"

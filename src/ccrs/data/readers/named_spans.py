"""Where the names that a source lists for a message stand in its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from ccrs.core.dialogue import Mention
from ccrs.data.linking_names import title_spellings, tokenise

Named = tuple[str, str]
"""An entity and its name, without a year."""

ALIKE = 0.88
"""How alike a misspelt name must be, from 0 to 1: *Sleepy Hallow* is .92, *Rated R* for *Rated X* .83."""
_MIN_LETTERS = 6
_Tokens = tuple[list[str], list[int], list[int]]


def place_names(text: str, named: Sequence[Named]) -> tuple[tuple[Mention, ...], list[Named]]:
    """Marked mentions of the names in ``text`` in the order of the text, and the names that were not found.

    Longer names are placed first and none over another. Case, accents, punctuation, a missing article and how words
    are joined make no difference; then a part beside a colon counts (*The Rise of Skywalker*), then what is misspelt
    but alike. A name that is listed twice is looked for twice, and is found if it stands once.
    """
    tokens = tokenise(text)
    free = [True] * len(tokens[0])
    mentions: list[Mention] = []
    placed: set[Named] = set()
    left = sorted(named, key=lambda one: -len(one[1]))
    for find in (_spelt, _part, _misspelt):
        waiting: list[Named] = []
        for one in left:
            first, end = find(tokens[0], free, one[1])
            if end:
                free[first:end] = [False] * (end - first)
                mentions.append(Mention(one[0], tokens[1][first], tokens[2][end - 1], marked=True))
                placed.add(one)
            elif one not in placed:
                waiting.append(one)
        left = waiting
    return tuple(sorted(mentions, key=lambda mention: mention.start)), [
        one for one in left if one not in placed
    ]


def is_named(text: str, name: str) -> bool:
    """Whether ``name`` stands in ``text``, but for case, accents, punctuation and how words are joined."""
    tokens = tokenise(text)[0]
    return _spelt(tokens, [True] * len(tokens), name)[1] > 0


def _spelt(tokens: Sequence[str], free: Sequence[bool], name: str) -> tuple[int, int]:
    """First token and end of the name in free tokens; an end of 0 where it does not stand."""
    for form, _ in title_spellings(name):
        letters = "".join(form)
        for first, end, found in _windows(tokens, free, len(letters)):
            if found == letters:
                return first, end
    return 0, 0


def _part(tokens: Sequence[str], free: Sequence[bool], name: str) -> tuple[int, int]:
    """The same for what stands behind or before a colon, where that is two words or more."""
    before, _, behind = name.partition(":")
    for part in (behind, before) if behind else ():
        if len(tokenise(part)[0]) > 1 and (found := _spelt(tokens, free, part))[1]:
            return found
    return 0, 0


def _misspelt(tokens: Sequence[str], free: Sequence[bool], name: str) -> tuple[int, int]:
    """The same for the most similar words, as many as in the name, if they are alike."""
    words = tokenise(name)[0]
    letters = "".join(words)
    if len(letters) < _MIN_LETTERS:
        return 0, 0
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(letters)
    best, place = ALIKE, (0, 0)
    for first, end, found in _windows(tokens, free, len(letters) + 2):
        if end - first == len(words) and len(found) >= len(letters) - 2:
            matcher.set_seq1(found)
            if matcher.real_quick_ratio() > best and (alike := matcher.ratio()) > best:
                best, place = alike, (first, end)
    return place


def _windows(tokens: Sequence[str], free: Sequence[bool], size: int) -> Iterator[tuple[int, int, str]]:
    """Runs of free tokens of at most ``size`` letters: first, end, joined."""
    for first in range(len(tokens)):
        joined = ""
        for end in range(first, len(tokens)):
            joined += tokens[end]
            if not free[end] or len(joined) > size:
                break
            yield first, end + 1, joined

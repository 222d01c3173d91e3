"""Words that say what somebody thinks of something, or whether he has seen it, found in a clause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ccrs.data.understanding.cue_words import BAD, DISLIKE, EXAMPLE, GOOD, LIKE, OPEN, SEEN
from ccrs.data.understanding.line import Clause, Token

CueKind = Literal["like", "dislike", "seen", "example", "open", "good", "bad"]
"""Verbs of taste, seeing, *similar to*, words that leave it open (*want to see*, *heard of*), and predicates."""

_WORDS: dict[CueKind, str] = {
    "like": LIKE, "dislike": DISLIKE, "seen": SEEN, "open": OPEN, "example": EXAMPLE, "good": GOOD, "bad": BAD,
}  # fmt: skip
PAST_TEXT = """
    loved liked enjoyed hated disliked adored appreciated despised loathed preferred bored sucked rocked
"""
PAST = frozenset(PAST_TEXT.split())
NEGATIONS = frozenset(["not", "never", "nor", "hardly", "neither", "nothing", "none", "no", "without"])
# Refusals at the end of a clause; "not really like" is just a negation.
_CLOSING = {("not", "really"), ("not", "so", "much"), ("not", "much"), ("not", "at", "all")}
COPULAS = frozenset(
    ["is", "was", "are", "were", "be", "been", "being", "has", "felt", "am", "remains", "became"]
)
_ADVERBS_TEXT = """
    really also do did just still always usually generally mostly typically absolutely totally quite
    definitely actually particularly especially truly honestly personally all too both have even mainly
    normally only ever so very simply thoroughly already never not does of kind sort lot pretty much as well
    tend to used typically sometimes would've usually
"""
_ADVERBS = frozenset(_ADVERBS_TEXT.split())
_SUBJECTS_TEXT = """
    i we they he she people everyone everybody who kids <p> others family wife husband son daughter kid friend
    friends girlfriend boyfriend mom dad sister brother
"""
_SUBJECTS = frozenset(_SUBJECTS_TEXT.split())
_LOOKS_TEXT = """
    look looks looked sound sounds sounded seem seems seemed feel feels felt feeling is was
"""
_LOOKS = frozenset(_LOOKS_TEXT.split())


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue at the tokens ``start:end``; ``mine`` is false for what is asked of the other (*have you seen*)."""

    kind: CueKind
    start: int
    end: int
    negated: bool = False
    past: bool = False
    mine: bool = True


def _lexicon() -> dict[str, list[tuple[tuple[str, ...], CueKind]]]:
    """First word to phrases, longest first."""
    result: dict[str, list[tuple[tuple[str, ...], CueKind]]] = defaultdict(list)
    for kind, text in _WORDS.items():
        for phrase in " ".join(text.split()).split(", "):
            words = tuple(phrase.split())
            result[words[0]].append((words, kind))
    for phrases in result.values():
        phrases.sort(key=lambda phrase: -len(phrase[0]))
    return dict(result)


_LEXICON = _lexicon()


def spoken(token: Token) -> str:
    """The word that stands there: for adjectives such as *funny* the word itself, though it names a genre."""
    return token.ref.word if token.ref is not None and token.ref.adjective else token.text


def find_cues(clause: Clause) -> list[Cue]:
    """The cues of a clause, in order, not overlapping."""
    words = [spoken(token) for token in clause.tokens]
    cues: list[Cue] = []
    number = 0
    while number < len(words):
        cue = _like_at(words, number) if words[number] == "like" else None
        cue = _phrase_at(words, number) or cue
        if cue is None:
            number += 1
            continue
        negated = cue.kind != "open" and _negated(words, cue, clause, cues[-1].end if cues else 0)
        past = words[cue.end - 1] in PAST or (negated and "did" in words[max(0, cue.start - 4) : cue.start])
        past |= cue.kind in ("good", "bad") and bool(
            {"was", "were"} & set(words[max(0, cue.start - 4) : cue.start])
        )
        past |= cue.kind == "dislike" and words[cue.start] in ("could", "did", "fell", "walked")
        cues.append(Cue(cue.kind, cue.start, cue.end, negated, past, _mine(words, cue.start)))
        number = cue.end
    return cues


def _phrase_at(words: Sequence[str], number: int) -> Cue | None:
    for phrase, kind in _LEXICON.get(words[number], ()):
        end = number + len(phrase)
        if tuple(words[number:end]) == phrase:
            if phrase == ("love",) and number and words[number - 1] == "would":
                return Cue("open", number, end)
            if (
                kind == "like"
                and phrase[0] in ("favorite", "favorites", "go")
                and _other_owner(words, number)
            ):
                return Cue("open", number, end)
            if phrase in _CLOSING and end < len(words) and words[end] != ",":
                continue
            if phrase == ("into",) and not _is_into(words, number):
                return None
            return Cue(kind, number, end)
    return None


def _other_owner(words: Sequence[str], number: int) -> bool:
    """Whether it is *your favorite*, or one asked for."""
    return number > 0 and words[number - 1] in ("your", "you", "whats", "their")


def _is_into(words: Sequence[str], number: int) -> bool:
    """Whether *into* says a liking: *I am into*, *really into*."""
    return number > 0 and (
        words[number - 1] in ("am", "really", "are", "more", "not", "is", "super", "very", "been", "totally")
    )


def _like_at(words: Sequence[str], number: int) -> Cue | None:
    """What the word *like* is here: a verb, or a word of likeness."""
    place = number - 1
    denied = False
    while place >= 0 and words[place] in _ADVERBS:
        denied |= words[place] in ("not", "do", "did", "does", "never", "really")
        place -= 1
    before = words[place] if place >= 0 else ""
    if before == "you" and place > 0 and words[place - 1] in ("thank",):
        before = ""
    if before in _SUBJECTS or (denied and before in ("", ",")) or before == "to":
        return Cue("like", number, number + 1)
    if before in ("you", "would", "might", "may", "will", "could"):
        return Cue("open", number, number + 1)
    if number and words[number - 1] in _LOOKS:
        return Cue("open", number, number + 1)
    follows = words[number + 1] if number + 1 < len(words) else ""
    if before in ("", "yes", "no", "ok", ",") and follows in ("<g>", "<p>"):
        return Cue("like", number, number + 1)
    return Cue("example", number, number + 1)


def _negated(words: Sequence[str], cue: Cue, clause: Clause, floor: int) -> bool:
    """Whether a negation stands shortly before, with nothing named in between."""
    place = cue.start - 1
    while place >= max(floor, cue.start - 5):
        word = words[place]
        if clause.tokens[place].ref is not None or word == ",":
            return False
        if word in NEGATIONS:
            if word == "no" and (place == 0 or cue.start - place > 2):
                return False  # "no, I liked it"
            behind = words[place + 1]
            return behind not in ("only", "sure", "wrong", "wait")
        place -= 1
    return False


def _mine(words: Sequence[str], start: int) -> bool:
    """Whether the nearest person before is not *you*."""
    for place in range(start - 1, -1, -1):
        if words[place] in ("i", "we", "my", "me", "us"):
            return True
        if words[place] in ("you", "your") and not (place and words[place - 1] == "thank"):
            return False
    return True

"""What a sentence does with a value: whether it states it of a film, of which, and in which role.

The rules are patterns on the words around a value. They were written on one half of the hand-labelled replies, on
replies without labels and on made-up sentences; the other half measures them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ccrs.evaluation.name_spans import FilmSpan

ValueKind = Literal["director", "actor", "writer", "person", "genre", "year"]


@dataclass(frozen=True, slots=True)
class Value:
    """A person, genre or year found at ``text[start:end]``."""

    kind: ValueKind
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence ``text[start:end]``, the films in it, and whether it ends with ``?``."""

    start: int
    end: int
    films: tuple[FilmSpan, ...]
    is_question: bool


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_NOUN = r"(?:movies?|films?|flicks?|ones?|classics?|pictures?|stor(?:y|ies)|series|genres?)"
_NEGATION = _pattern(
    r"(?:\b(?:not(?! only| just| merely)|no|never|less|hardly|without|nothing|neither|nor|isnt|wasnt|arent|dont"
    r"|doesnt|didnt|wouldnt|cant|wont|than|instead of)\b|n['’]t\b)((?:\W+[\w'’]+){0,4})\W*$"
)
# "have you not seen the comedy", "why don't you watch": the negation is not of what is said of the film.
_HARMLESS = _pattern(r"\b(?:you|seen|see|heard|watched|wrong|sure|only|just|mind)\b")
_BREAK = _pattern(r"[,;:]|\b(?:but|though|because|however)\b")
_TASTE = _pattern(
    r"\b(?:i|we|you|u|im|i['’]?m|your?|you['’]?re|youre|they|he|she|anyone|wife|husband|kids?)\b(?:\W+[\w'’]+){0,6}?"
    r"\W+(?:like|likes|liked|love|loves|loved|enjoy|enjoys|enjoyed|prefer|preferred|into|fan|fans|mood|looking|want"
    r"|wanted|need|interested|hate|hated|thinking|about|feel|watch)\b"
    r"|\b(?:kinds|types|sorts) of\b|\b(?:what|which|any|that|the|this) (?:kind|type|sort) of\b"
    r"|\bgenres?\b|\bany\b|\blove\b|\bprefer\b|\bas for\b|\bother\b(?! than)"
)
_CONDITION = _pattern(r"\b(?:if|since|because|when|for (?:people|anyone|someone|those)|in case|so)\b")
_OPENING = _pattern(
    r"\W*(?:(?:ok|okay|so|well|and|but|or|oh|hmm+|um|yes|yeah|no|nope|sure|hi|hello|great|nice|cool|also|then|wait)\b"
    r"\W*)*"
)
_QUESTION = _pattern(
    r"(?:(?:do|does|did|would|could|can|what|which|who|how|should|any|ever|isn|isnt|wasn|doesn|aren)\b"
    r"|(?:is|are|was|were|has|have)\W+(?:i|you|u|he|she|it|they|we|that|this|those|these|there|any|anyone|your)\b)"
)
_INVERTED = _pattern(
    r"(?:does|is|are|was|were|isn|isnt|wasn|doesn|aren|who|which|what(?! about)|how(?! about))\b"
)
_NAMING = _pattern(
    rf"\W*(?:(?:[\w-]+\W+)?{_NOUN}\W+)?(?:too\W+)?(?:like|such as|called|named|titled|similar to|maybe|perhaps"
    r"|(?:for )?example)\W*(?:the|maybe|say|is)?\W*"
)
_NAMED_AS = _pattern(
    rf"\W*(?:\w+\W+)?(?:{_NOUN}\W+)?(?:(?:to watch|to see|for you|of all time|ever|out there|i (?:know|like|love"
    r"|recommend|['’]?ve seen|have seen|saw))\W+)*(?:(?:without|with)\W+\w+\W+)?(?:i['’]?ve seen\W+)?"
    r"(?:is|was|are|were|would be|has to be|have to be|could be|might be|would have to be)"
    r"\W*(?:the|probably|definitely)?\W*"
)
_APPOSED = _pattern(rf"\W*(?:{_NOUN})?\W*")
_ANAPHOR = _pattern(
    r"\b(?:it['’]?s|its|that['’]?s|thats|they['’]?re|theyre|(?:it|that|this|they|those|these|both|all|two|ones?|movie"
    r"|film|which)\s+(?:\w+\s+)?(?:is|was|are|were|looks?|seems?|sounds?|has|have"
    r"|stars?|came|would be|involves?|involved))\b"
)
_MOVIES = _pattern(r"\b(?:movies|films|anything)\b")
_SEVERAL = _pattern(r"\b(?:they|they['’]?re|those|these|both|all|two)\b")
_FRAGMENT = _pattern(
    r"\W*(?:(?:ok|okay|yes|yeah|ya|yep|yup|oh|haha|lol|and|but|so|just|also)\W+)*(?:(?:a|an|one|the|another|such|very|really|super"
    r"|so|pretty|quite|kind|kinda|of|great|good|nice|fun|classic|excellent|awesome|amazing|best|most|more|absolutely"
    r"|totally|old|older|new|recent|original|dark|little|bit|true|fantastic|favorite|solid|cute|smart|crazy"
    r"|well|made|black|full|filled|lots?|packed|with|has|have)\W+){0,6}"
)
_SEEN = _pattern(
    r"\b(?:watched|saw|seen|recommend|suggest|know|knows?|there is|there['’]?s|have|got|try|here)\b.*"
    r"\b(?:a|an|one|this)\b"
)
_PLAIN_AFTER = _pattern(r"[\s\w'’]*")
_HEDGE_TURN = _pattern(r"\b(?:and|or|but|also|then)\b|[;]")
_IF = _pattern(r"(?:\s+[\w'’]+){0,5}?\s*\bif\b")
_TRY_IT = _pattern(
    r".*\b(?:recommend|try|watch|see|like|love|enjoy|check|worth|is|was)\b.*\b(?:it|that|this|them)\b.*"
)
_COPULA = _pattern(
    r"\W*(?:is|was|s|are|were|has|have|had|its|it|which|a|an|the|with|starring|stars|featuring|directed|written|by)\b"
)


def accepts(text: str, clause: Clause, value: Value) -> bool:
    """Whether the sentence states ``value`` of a film, rather than asks, denies or tells a taste."""
    start = max((span.end for span in clause.films if span.end <= value.start), default=clause.start)
    before, sentence = text[start : value.start], text[clause.start : value.start]
    if _is_negated(before):
        return False
    right = min((span.start for span in clause.films if span.start >= value.end), default=None)
    if value.kind in ("genre", "year"):
        between = None if right is None else text[value.end : right]
        return _states(sentence, before, between, clause, value, text)
    return _states_person(sentence, text, clause, value, right)


def _is_negated(before: str) -> bool:
    """Whether a negation governs what follows ``before``."""
    match = _NEGATION.search(before)
    return match is not None and not _HARMLESS.search(match[1]) and not _BREAK.search(match[1])


def _asks(clause: Clause, sentence: str) -> bool:
    """Whether the sentence is a question, by its mark or its opening."""
    opening = _OPENING.match(sentence)
    first = opening.end() if opening else 0
    return clause.is_question or _QUESTION.match(sentence, first) is not None


def _opens_inverted(sentence: str) -> bool:
    """``is it ...``, ``was that ...``: what follows is what the question asks."""
    opening = _OPENING.match(sentence)
    return _INVERTED.match(sentence, opening.end() if opening else 0) is not None


def _states(sentence: str, before: str, between: str | None, clause: Clause, value: Value, text: str) -> bool:
    """``accepts`` for genres and years."""
    if between is not None and _NAMING.fullmatch(between):
        return True  # "a comedy like FILM" says it however the sentence goes on
    asks = _asks(clause, text[clause.start : clause.end])
    if not clause.films:
        return not asks and _states_without_film(sentence, clause, value, text)
    follows = any(span.end <= value.start for span in clause.films)
    if asks and _opens_inverted(text[clause.start : clause.end]):
        return False
    if between is not None and _NAMED_AS.fullmatch(between):
        return True
    if asks and not follows and (between is None or not _APPOSED.fullmatch(between)):
        return False
    return not _TASTE.search(before) or _CONDITION.search(sentence) is not None


def _states_without_film(sentence: str, clause: Clause, value: Value, text: str) -> bool:
    """``accepts`` for a sentence that names no film: it must point to one."""
    if _ANAPHOR.search(sentence):
        return not _TASTE.search(_ANAPHOR.split(sentence)[-1])
    after = text[value.end : clause.end]
    if _TASTE.search(sentence):
        return _IF.match(sentence) is not None and _TRY_IT.fullmatch(after) is not None
    if _FRAGMENT.fullmatch(sentence):
        return _PLAIN_AFTER.fullmatch(after) is not None and not text[value.start : value.end].endswith("ies")
    return _SEEN.search(sentence) is not None


def _states_person(sentence: str, text: str, clause: Clause, value: Value, right: int | None) -> bool:
    """``accepts`` for people."""
    whole = text[clause.start : clause.end]
    asks = _asks(clause, whole)
    if not clause.films:  # "movies with PERSON" are no film in particular
        return not asks and (points_back(text, clause, value) or not _MOVIES.search(sentence))
    if asks and _opens_inverted(whole):
        return False
    follows = any(span.end <= value.start for span in clause.films)
    between = "" if right is None else text[value.end : right]
    return follows or re.fullmatch(r"[\s,]*(?:and|or|&)?[\s,]*", between, re.IGNORECASE) is None


def names_what_follows(text: str, value: Value, right: int) -> bool:
    """Whether ``value`` introduces the films from ``right`` on: *Tom Hanks movies such as*, *with Ben Stiller:*."""
    between = text[value.end : right]
    return _NAMING.fullmatch(between) is not None or _INTRODUCING.fullmatch(between) is not None


def wants_right_film(text: str, left: int, value: Value, right: int) -> bool:
    """Of two films around a value, which ends at ``left`` and begins at ``right``: whether the right one is meant."""
    before, after = text[left : value.start], text[value.end : right]
    if _NAMING.fullmatch(after) or _NAMED_AS.fullmatch(after) or _ROLE_IN.fullmatch(after):
        return True
    turned = _HEDGE_TURN.search(before) is not None
    if not turned and (_COPULA.match(before) or (_IF.match(before) and not after.startswith(","))):
        return False
    return right - value.end < value.start - left


def points_back(text: str, clause: Clause, value: Value) -> bool:
    """Whether the sentence speaks of something named before (*it is a comedy*)."""
    return _ANAPHOR.search(text, clause.start, value.start) is not None


def points_to_several(text: str, clause: Clause, value: Value) -> bool:
    """Whether the sentence speaks of several things named before (*both are comedies*)."""
    return _SEVERAL.search(text, clause.start, value.start) is not None


_BEFORE_ROLE: tuple[tuple[ValueKind, re.Pattern[str]], ...] = (
    (
        "director",
        _pattern(
            r"(?:direct(?:ed|ion)|made|film|movie) by\W+(?:the )?(?:\w+ )?$|\bdirectors?\W+(?:(?:is|was|by)\W+)?$"
        ),
    ),
    (
        "writer",
        _pattern(
            r"(?:written|penned|screenplay|script|story) by\W+(?:the )?(?:\w+ )?$"
            r"|\b(?:screen)?writers?\W+(?:(?:is|was)\W+)?$"
        ),
    ),
    (
        "actor",
        _pattern(
            r"\b(?:starring|stars?|starred|features?|featuring|with|played by|portrayed by|voiced by|co-stars?|actors?"
            r"|actress(?:es)?|cast of|cast includes|lead)\W+(?:the )?(?:\w+ly |young |great |amazing |wonderful |actor "
            r"|actress |legendary )?$"
        ),
    ),
)
_AFTER_ROLE: tuple[tuple[ValueKind, re.Pattern[str]], ...] = (
    ("director", _pattern(r"\W+(?:also |who )?(?:directed|directs)\b")),
    ("writer", _pattern(r"\W+(?:also |who )?(?:wrote|writes|penned)\b")),
    (
        "actor",
        _pattern(
            r"\W+(?:also |who )?(?:stars?|starred|starring|plays?|played|acts?|acted|voices?|voiced)\b"
            r"|\s+(?:(?:is|was|are|were|did|does|does a|being|s)\s+)?(?:(?!and\b|or\b|i\b|you\b)\w+\s+){0,4}?in\b"
        ),
    ),
)
_INTRODUCING = _pattern(rf"(?:['’]s)?\W*(?:{_NOUN}\s*)?(?::|in(?: (?:both|all))?\b)\W*")
_ROLE_IN = _pattern(
    r"(?:\s+(?:also|who|and|is|was|are|were))*(?:\s*(?:,|\band\b|&)\s*[A-Z]\w+ [A-Z]\w+)*"
    r"\s+(?:(?:stars?|starred|plays?|played|acts?|acted|is|was|are|were)(?: \w+){0,3} )?(?:in|directed|made|wrote)"
    r"(?: (?:a|an|the|another|good|great|movie|film|called|named))*\W*"
)
_HAS = _pattern(r"\b(?:has|had|have)\W+(?:\w+ )?$")
_LIST = _pattern(r"\s*(?:,\s*(?:and|&)?|and|&)\s*(?:the )?")


def person_kind(text: str, clause: Clause, value: Value, previous: Value | None) -> ValueKind:
    """The role in which a person is named: by the words beside, or by the person before in a list."""
    before = text[clause.start : value.start]
    for kind, pattern in _BEFORE_ROLE:
        if pattern.search(before):
            return kind
    listed = previous is not None and _LIST.fullmatch(text, previous.end, value.start) is not None
    if listed and previous is not None and previous.kind in ("director", "writer", "actor"):
        return previous.kind
    after = text[value.end : clause.end]
    for kind, pattern in _AFTER_ROLE:
        if pattern.match(after):
            return kind
    return "actor" if _HAS.search(before) else "person"

"""Names that stand where a title or a person stands, though the catalogue explains no part of them.

Four places give a name away: behind a title that goes on (*Titanic II*, *Alien: Covenant*), as the object of a question
of fact (*who directed stalker?*), with a capital behind a word that takes titles (*I loved Amadeus*), and with two
capitals behind a word that takes people (*with Zbigniew Cybulski*). Ordinary words, names of the catalogue and texts
whose capitals show nothing are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from ccrs.core.dialogue import Mention
from ccrs.data.linking_words import ALWAYS_CAPITAL, ARTICLES, COMMON_WORDS, FUNCTION_WORDS, SMALL_WORDS
from ccrs.data.unknown_words import KnownNames, UnknownTitle, Words

_ROMAN = r"(?:II|III|IV|VI{0,3}|IX|X|ii|iii|iv|vii|viii|ix)"
_PART = r"(?:[Pp]art|[Cc]hapter|[Vv]ol(?:ume|\.)?|[Ee]pisode)"
_COUNTED = (
    r"times?|x|hours?|hrs?|min(?:ute)?s?|days?|weeks?|months?|years?|nights?|stars?|thumbs|out|more|other|others|or|"
    r"of|to|movies|films|people|kids|am|pm|friends|and a half"
)
# A number or a part behind a title is of the title, unless it counts something.
_SEQUEL = re.compile(
    rf"(?:,? {_PART} (?:{_ROMAN}|I|\d{{1,2}}|one|two|three|four|five|six|One|Two|Three|Four|Five)| {_ROMAN}"
    rf"| (?:[2-9]|1\d)(?! ?(?:{_COUNTED})\b))(?![\w/%'’-]|[:.,]\d)"
)
_SUBTITLE = re.compile(r"(?:: | [-–] | )$")
_TAKES_TITLES_TEXT = """
    seen saw see watched watching watch rewatched loved love loving liked like enjoyed enjoy hated hate adore adored
    despised called named titled movie film directed wrote composed than prefer finished
"""
_TAKES_TITLES = frozenset(_TAKES_TITLES_TEXT.split())
_TAKES_TITLES_AS_TWO_TEXT = """
    you know, you have, you got, me about, more about, know about, hear about, information on, info on, fan of,
    heard of, think of, thought of, sequel to, similar to, what about, how about, movie is, film is, favorite is,
    favourite is,
    one is, favorites are, cast of
"""
_TAKES_TITLES_AS_TWO = frozenset(" ".join(_TAKES_TITLES_AS_TWO_TEXT.split()).split(", "))
_TAKES_PEOPLE = frozenset(["with", "starring", "featuring", "by", "actor", "actress", "director", "without"])
_FILM_NOUNS = frozenset(
    ["movies", "films", "flicks", "movie", "film", "flick", "series", "franchise", "show", "shows", "fan", "fans",
     "stuff", "style", "type", "one", "ones", "genre", "universe"]
)  # fmt: skip
_TAIL = re.compile(
    r"(?: |^)(?:again|please|anyway|by the way|though|pls|then|btw|do you know|you know|for me|originally|exactly|"
    r"actually)$",
    re.IGNORECASE,
)
_OBJECT = r"(?P<x>[^?.!,;\n]{1,60})"
_ROLE = (
    r"(?:director|writer|author|composer|screenwriter|cast|stars?|lead|actors?|actress|music|score|soundtrack|plot|"
    r"story|genre)"
)
_FRAMES = (
    re.compile(
        rf"\bwho(?:m|se)? (?:all |else |again |really |originally )?(?:directed|wrote|composed|scored|produced|"
        rf"starred in|stars in|acted in|acts in|plays in|played in|"
        rf"plays? (?:the )?(?:lead|[a-z]{{1,12}}|[a-z]{{1,12}} [a-z]{{1,12}}) in) {_OBJECT}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:who|what|tell me|know)(?: is| was| are| were|['’]?s)? (?:the )?{_ROLE} (?:of|in|for) {_OBJECT}",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:when|what year|which year) (?:was|did|is|were) (?P<x>[^?.!,;\n]{1,60}?) (?:first )?(?:made|released|"
        r"come out|came out|produced|filmed)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\bwhat(?: is|['’]?s| was) (?P<x>[^?.!,;\n]{1,60}?) about\b", re.IGNORECASE),
)
_CAPITAL_FRAMES = (
    re.compile(
        rf"\b[Ww]ho(?: is| was|['’]?s| are| were)?(?: all| else)?(?: in| made| played in| stars) {_OBJECT}"
    ),
    re.compile(
        r"\b[Ii]s (?P<x>[^?.!,;\n]{1,60}?) (?:any good|good|worth (?:watching|seeing|it)|scary|funny|on Netflix|sad)\b"
    ),
    re.compile(
        r"\b(?:[Ii]s|[Ww]as|[Dd]id|[Dd]oes) (?:(?:[A-Z][\w.'’-]{0,20}|he|she) ){1,4}"
        r"(?:also |play |act |star |appear ){0,2}in (?P<x>[^?.!,;\n]{1,60}?)\?"
    ),
)
_NO_TITLE_TEXT = """
    it that this them one ones movie film movies films those these your you my i me he she his her which who we our
    they their something anything latter former flick show
"""
_NO_TITLE = frozenset(_NO_TITLE_TEXT.split())
# Parts of a film: "who wrote the script?" asks of no film of that name.
_PARTS_TEXT = """
    script screenplay score soundtrack music song songs story plot book novel lead leads role roles character characters
    part main cast title ending hero villain actors director writer dialogue lyrics theme
"""
_PARTS = frozenset(_PARTS_TEXT.split())
_MAX_WORDS = 8


def unknown_names(
    words: Words, mentions: Sequence[Mention], known: KnownNames, items: frozenset[str]
) -> Iterator[UnknownTitle]:
    """What stands where names stand; ``mentions`` are linked, ``items`` the ids that are items."""
    named = [mention for mention in mentions if mention.entity in items]
    tells = words.capitals_tell([(mention.start, mention.end) for mention in mentions])
    for mention in named:
        found = _sequel(words, mention) or (_longer(words, mention, mentions, known) if tells else None)
        if found is not None:
            yield found
    for number, frame in enumerate((*_FRAMES, *_CAPITAL_FRAMES)):
        yield from _asked_of(words, frame, mentions, strict=number < len(_FRAMES))
    if tells:
        yield from _capitals(words, mentions, named, known)


def _sequel(words: Words, mention: Mention) -> UnknownTitle | None:
    """*Titanic II*: the title with the number behind it."""
    surface = words.text[mention.start : mention.end]
    if not surface or not surface[-1].isalpha():
        return None
    match = _SEQUEL.match(words.text, mention.end)
    if match is None:
        return None
    return UnknownTitle(words.text[mention.start : match.end()], mention.start, match.end())


def _longer(
    words: Words, mention: Mention, mentions: Sequence[Mention], known: KnownNames
) -> UnknownTitle | None:
    """*Alien: Covenant*: a title that goes on with a capital that nothing else explains."""
    first = words.first_at(mention.end)
    if first >= len(words.tokens) or not first or words.ends[first - 1] != mention.end:
        return None
    token, gap = words.tokens[first], words.text[mention.end : words.starts[first]]
    if _SUBTITLE.fullmatch(gap) is None or not words.is_proper(first):
        return None
    if gap == " " and (token in COMMON_WORDS or known.is_of_people(token)):
        return None
    last = _run_end(words, first, mentions)
    run = words.tokens[first:last]
    if last == first or all(token in COMMON_WORDS or token in FUNCTION_WORDS for token in run):
        return None
    return UnknownTitle(words.text[mention.start : words.ends[last - 1]], mention.start, words.ends[last - 1])


def _asked_of(
    words: Words, frame: re.Pattern[str], mentions: Sequence[Mention], *, strict: bool
) -> Iterator[UnknownTitle]:
    """The objects of questions of one form; other than ``strict`` ones need capitals."""
    for match in frame.finditer(words.text):
        start, end = match.span("x")
        if called := re.match(
            r"(?:the )?(?:movie|film) (?:called |named |titled )?", match["x"], re.IGNORECASE
        ):
            start += called.end()
        while tail := _TAIL.search(words.text[start:end].rstrip()):
            end = start + tail.start()
        first, last = words.first_at(start), words.first_at(end)
        tokens = words.tokens[first:last]
        if not tokens or len(tokens) > _MAX_WORDS or not _NO_TITLE.isdisjoint(tokens):
            continue
        if _explained(words, first, last, mentions):
            continue
        plain = [token for token in tokens if token not in SMALL_WORDS]
        if _PARTS.issuperset(plain):
            continue
        proper = [
            n for n in range(first, last) if words.is_proper(n) and words.tokens[n] not in ALWAYS_CAPITAL
        ]
        enough = len(proper) >= 0.5 * len(plain) and words.capitals_tell(
            [(0, words.starts[0] + 1), (start, end)]
        )
        if not plain or not (
            (enough and proper) or (strict and any(token not in COMMON_WORDS for token in plain))
        ):
            continue
        begin, finish = words.starts[first], words.ends[last - 1]
        yield UnknownTitle(words.text[begin:finish], begin, finish)


def _explained(words: Words, first: int, last: int, mentions: Sequence[Mention]) -> bool:
    """Whether an object holds mentions and is no longer title around them (*The Rules of The Game*)."""
    start, end = words.starts[first], words.ends[last - 1]
    inside = [mention for mention in mentions if mention.start < end and start < mention.end]
    outside = [
        number
        for number in range(first, last)
        if words.tokens[number] not in SMALL_WORDS
        and not any(m.start <= words.starts[number] < m.end for m in inside)
    ]
    return bool(inside) and not (outside and all(words.is_proper(number) for number in outside))


def _capitals(
    words: Words, mentions: Sequence[Mention], named: Sequence[Mention], known: KnownNames
) -> Iterator[UnknownTitle]:
    """Capitals behind a word that takes titles or people, or that go on with a list of titles."""
    behind = {mention.end for mention in named}
    number = 1
    while number < len(words.tokens):
        first, number = number, number + 1
        if not words.is_proper(first) or words.begins_sentence(first):
            continue
        kind = _taken(words, first, behind)
        last = _run_end(words, first, mentions) if kind is not None else first
        if kind is None or last == first:
            continue
        number = last
        following = words.tokens[last] if last < len(words.tokens) and words.gap(last) == " " else ""
        describes = any(mention.start == words.starts[last] for mention in mentions) if following else False
        if following in _FILM_NOUNS or describes or not _says_enough(words, first, last, kind, known):
            continue
        begin = words.starts[first]
        finish = words.ends[last - 1]
        behind.add(finish)
        yield UnknownTitle(words.text[begin:finish], begin, finish, "person" if kind == "person" else "item")


def _taken(words: Words, first: int, behind: set[int]) -> Literal["item", "person"] | None:
    """What stands at a word, by what is before it."""
    place = first - 1
    if place and words.tokens[place] in ARTICLES and words.gap(first) == " ":
        place -= 1
    if words.gap(place + 1) == " ":
        if words.tokens[place] in _TAKES_PEOPLE:
            return "person"
        two = " ".join(words.tokens[max(0, place - 1) : place + 1])
        if words.tokens[place] in _TAKES_TITLES or two in _TAKES_TITLES_AS_TWO:
            return "item"
    if re.fullmatch(r", |,? and |,? or ", words.text[words.ends[first - 1] : words.starts[first]]) or (
        words.tokens[first - 1] in ("and", "or") and words.gap(first) == " "
    ):
        place = first - 1 if words.tokens[first - 1] not in ("and", "or") else first - 2
        return "item" if place >= 0 and words.ends[place] in behind else None
    return None


def _run_end(words: Words, first: int, mentions: Sequence[Mention]) -> int:
    """Behind the last word of a name that begins at a word: capitals, small words between them."""
    last = number = first
    while number < len(words.tokens) and number - first < _MAX_WORDS:
        if number > first and words.gap(number) not in (" ", "-", ": ", "", ". "):
            break
        if number > first and words.gap(number) == ". " and len(words.tokens[number - 1]) > 1:
            break
        if any(m.start <= words.starts[number] < m.end for m in mentions):
            break
        spoken = words.tokens[number]
        if (
            spoken == "'s"
            or words.is_proper(number)
            or (number > first and words.text[words.starts[number]].isdigit())
        ):
            last = number + 1
        elif spoken not in SMALL_WORDS or spoken == "and":
            break
        number += 1
    # "Stalker's ending": the s of the owner is no part of the name.
    return last - 1 if last > first + 1 and words.tokens[last - 1] == "'s" else last


def _says_enough(words: Words, first: int, last: int, kind: str, known: KnownNames) -> bool:
    """Whether a run of capitals can only be a name that the catalogue does not have."""
    tokens = words.tokens[first:last]
    plain = [token for token in tokens if token not in SMALL_WORDS]
    if not plain or known.explains(tokens) or all(token in ALWAYS_CAPITAL for token in plain):
        return False
    if kind == "person":
        return len(plain) > 1 and not any(token in COMMON_WORDS for token in plain)
    if len(plain) == 1:
        return len(plain[0]) > 2 and plain[0] not in COMMON_WORDS
    return (
        not all(token in COMMON_WORDS for token in plain)
        or sum(token not in ALWAYS_CAPITAL and token not in FUNCTION_WORDS for token in plain) > 1
    )

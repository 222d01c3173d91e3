"""What words that point back mean: *it*, *both*, *the second one*, *the 1997 one*, *the other one*, *her*."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ccrs.data.understanding.line import PLACEHOLDERS, Kind, Ref, Token
from ccrs.data.understanding.ordinals import but, nth, of_several, some

_ONE = r"(?:one|ones|movie|version|suggestion|choice|title|pick|recommendation|option)"
_MANY = r"(?:of )?(?:them|those|these|the two|the three|two|three|the movies|those movies|these movies)"
_STOP = (
    r"(?= (?:[.!?,;:\n]|and|or|is|was|are|were|sounds|looks|looked|sounded|seems|too|already|instead|"
    r"please|then|has|"
    r"had|but|yet|though|thanks|either|really|for|before) )|(?= $)"
)
_ORDINAL = r"(?:very )?(?:first|1st|second|2nd|third|3rd|fourth|4th|last|final|former|latter)"
_COUNT = r"[1-4]|one|two|three|four"
_AGE = r"original|remake|reboot|old|older|oldest|earlier|classic|new|newer|newest|latest|recent|modern|later"
_WORKS = r"(?:movies?|ones?|work|works|stuff|roles?|performances?|acting|<g>|filmography)"
# Each is tried where a word begins, on words with a blank behind each.
_PATTERNS = {
    "none": rf"(?:neither|none)(?: {_MANY}| {_ONE}| of {_ONE})?(?= )",
    "but": rf"(?:all|every one)(?: of (?:them|these|those))? (?:but|except(?: for)?) (?:the )?(?P<out>{_ORDINAL})"
    rf"(?: {_ONE})?(?= )",
    "each": rf"either (?:{_ONE}|{_MANY})(?= )|any {_MANY}(?= )|either(?:{_STOP})",
    "all": rf"(?:both|all) {_MANY}(?= )|both(?: of)?(?:{_STOP})|both(?= (?:are|were|times|i|we) )"
    r"|(?:those|these|the) (?:two|three|movies|suggestions)(?= )(?! (?:like|with|that|about|from|in|where|"
    r"you|i) )",
    "year": rf"(?:the |that )?(?P<y1>(?:19|20)\d\d) (?:one|movie|version|original|remake|reboot|release)(?= )"
    rf"|(?:the|that) {_ONE} (?:of|from|made in|in) (?P<y2>(?:19|20)\d\d)(?= )",
    "place": rf"(?:the |that |your )?(?P<nth>{_ORDINAL}) (?:{_ONE}|of (?:them|those|these|the two|the three))(?= )"
    rf"(?! (?:i|you|that i) )|(?:the|your) (?P<nth2>{_ORDINAL})(?:{_STOP})|(?:number|no|option) (?P<nth3>{_COUNT})(?= )"
    r"|(?:the )?(?P<nth4>former|latter)(?= )",
    "several": r"(?:the |those |these )?(?P<end>first|last) (?P<many>two|three|couple|2|3)(?: movies| ones)?"
    r"(?: of (?:them|those|these))?(?= )",
    "aged": rf"(?:the |that )?(?P<age>{_AGE}) {_ONE}(?= )|the (?P<age2>original|remake|reboot)(?:{_STOP})",
    "other": rf"(?:the )?other {_ONE}(?= )|the other(?:{_STOP})",
    "described": rf"(?:the|that) {_ONE} (?:with|by|starring|from|directed by) <[pgt]>(?= )"
    r"|the <[pgt]> (?:one|version)(?= )"
    r"|the <[pgt]> movie(?= (?:[,.!?] )?(?:i mean|i meant|of course|not)|(?: [.!?])* $)",
    "that": rf"(?:that|this) {_ONE}(?= )(?! (?:i|you|we|with|where|like|about) )",
    "they": r"(?:them|those|these|they)(?= )(?! (?:who|that|kind|kinds|types|type|sorts|<.>|made) )",
    "it": r"it(?= )(?! (?:would|should|could|must|needs|depends|has to|does not matter|do not matter|is (?:ok|okay|"
    r"fine|been|not necessary|hard|late|raining|time)) )",
    "this": r"(?:that|this)(?= (?:is|was|has|had|looks|sounds|seems|too|already|before|and|but|either|yet|[.!?,;:\n]) |"
    r" $)(?! is (?:all|it|ok|okay|fine|right|true|correct|what|why|how|everything|not what|because))",
    "person": rf"(?:his|her|their|hers)(?= (?:[a-z]+ )?{_WORKS} )|(?:him|her|he|she|hers)(?= )(?! <)|his(?:{_STOP})"
    rf"|(?:this|that|the same) (?:actor|actress|director|guy|writer|filmmaker|lady)(?= )",
}
_PATTERN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS.items()))
_FIRST_WORDS_TEXT = """
    neither none either any both all those these the that this your other them they it him her he she first
    1st second 2nd third 3rd fourth 4th last final former latter very his their hers number no option original remake
    reboot old older newer
"""
_FIRST_WORDS = frozenset(_FIRST_WORDS_TEXT.split())
_OLD = frozenset(["original", "old", "older", "oldest", "earlier", "classic"])
_NOT_IT_BEHIND = frozenset(["make", "makes", "call", "so", "find", "think", "help", "hope"])
# Behind these, *that* goes on with what is wanted: *one that is funny*.
_RELATIVE_BEHIND = frozenset(["one", "ones", "something", "anything", "movie", "movies", "nothing", "stuff"])
_LOOKED_AT_TEXT = """
    seen saw watched watch loved love liked hated hate enjoyed dislike about directed made wrote mean know
"""
_LOOKED_AT = frozenset(_LOOKED_AT_TEXT.split())

_GOES_ON = frozenset(["many", "when", "last", "as", "yesterday", "times", "so", "in", "with", "several"])


@dataclass(frozen=True)
class Surroundings:
    """What may be pointed at.

    ``shown`` are the items of the last turn that showed any, ``earlier`` everything named, the latest last, ``own``
    what the seeker named last, ``people`` persons named before, the latest last. ``latest`` is the one item that *it*
    means where nothing was named since, ``answered`` what a clause without any name speaks of (*already seen*),
    ``listed`` what ordinals count. ``years`` and ``links`` (item to entities) describe items, ``namesakes`` are other
    items of the same name.
    """

    shown: tuple[str, ...]
    earlier: tuple[str, ...]
    latest: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    lacking: bool = False
    """What was spoken of last is nothing that the catalogue has."""
    pair: tuple[str, ...] = ()
    """The two items that the seeker named last in this dialogue."""
    people: tuple[str, ...] = ()
    years: Mapping[str, int] = field(default_factory=dict)
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)
    namesakes: Callable[[str], tuple[str, ...]] = lambda item: ()

    def of_year(self, year: int, here: Sequence[str] = ()) -> tuple[str, ...]:
        """The item of that year among namesakes of what was named (``here``: just now), or among what was shown."""
        latest = (*reversed(here), *reversed(self.own), *reversed(self.shown), *reversed(self.earlier))
        for item in latest:
            for other in (item, *self.namesakes(item)):
                if self.years.get(other) == year:
                    return (other,)
        return ()

    def of_age(self, age: str, here: Sequence[str] = ()) -> tuple[str, ...]:
        """The oldest, the next older or the newest of several namesakes: *the original*, *the old one*."""
        for item in (*reversed(here), *reversed(self.own), *self.latest):
            dated = [other for other in (item, *self.namesakes(item)) if other in self.years]
            if len(dated) < 2 or item not in self.years:
                continue
            dated.sort(key=lambda other: self.years[other])
            older = [other for other in dated if self.years[other] < self.years[item]]
            return (
                (dated[0] if age == "original" else (older or dated)[-1 if older else 0],)
                if age in _OLD
                else (dated[-1],)
            )
        return ()

    def other(self) -> tuple[str, ...]:
        """The namesake of what the seeker named last, or the other of two shown or weighed."""
        for item in (*reversed(self.own[-1:]), *self.latest):
            namesakes = self.namesakes(item)
            if namesakes:
                return namesakes[:1]
        if len(self.pair) == 2 and self.latest and self.latest[0] in self.pair:
            return tuple(item for item in self.pair if item != self.latest[0])
        if len(self.listed) == 2:
            spoken_of = [item for item in (*self.own, *self.latest) if item in self.listed]
            return tuple(item for item in self.listed if item != (spoken_of or self.listed)[-1])
        return ()


def point(tokens: Sequence[Token], around: Surroundings) -> list[Token]:
    """The tokens with a placeholder for every reference that means something; *none of them* becomes *not* and one."""
    if not any(token.text in _FIRST_WORDS or token.text.isdigit() for token in tokens):
        return list(tokens)
    line = " ".join(token.text for token in tokens) + " "
    starts, place = [], 0
    for token in tokens:
        starts.append(place)
        place += len(token.text) + 1
    number_at = {start: number for number, start in enumerate(starts)}
    result: list[Token] = []
    item: Ref | None = None
    person: Ref | None = None
    here: list[str] = []  # named in this message
    number = 0
    while number < len(tokens):
        token = tokens[number]
        if token.ref is not None:
            item = token.ref if token.ref.kind == "item" else item
            person = token.ref if token.ref.kind == "person" else person
            here += token.ref.entities if token.ref.kind == "item" else ()
        match = _PATTERN.match(line, starts[number]) if _may_begin(token) else None
        end = number_at.get(match.end() + 1, len(tokens)) if match is not None else number + 1
        meant = _meaning(match, tokens, number, item, person, here, around) if match is not None else None
        if not meant and _looked_at(tokens, number):
            meant, end, match = _latest(item, around), number + 1, None
        if not meant:
            result.append(token)
            number += 1
            continue
        kind = _kind(match) if match is not None else "this"
        if kind == "none":
            result.append(Token("not", token.start, token.start))
        what: Kind = "person" if kind == "person" else "item"
        ref = Ref(what, meant, token.start, tokens[end - 1].end, named=False, word=token.text)
        result.append(Token(PLACEHOLDERS[what], ref.start, ref.end, ref))
        if what == "item" and kind not in ("it", "this", "that", "they"):
            item = ref  # "the first one looks good, when was it made"
        number = max(end, number + 1)
    return result


def _may_begin(token: Token) -> bool:
    return token.ref is None and (token.text in _FIRST_WORDS or token.text[:2] in ("19", "20"))


def _looked_at(tokens: Sequence[Token], number: int) -> bool:
    """Whether *that* is an object though the sentence goes on: *I saw that last week*."""
    if tokens[number].text not in ("that", "this") or not number or tokens[number - 1].text not in _LOOKED_AT:
        return False
    return number + 1 < len(tokens) and tokens[number + 1].text in _GOES_ON


def _kind(match: re.Match[str]) -> str:
    """Which of the patterns matched."""
    return next(name for name in _PATTERNS if match[name] is not None)


def _latest(item: Ref | None, around: Surroundings) -> tuple[str, ...]:
    return item.entities[-1:] if item is not None else around.latest


def _meaning(
    match: re.Match[str],
    tokens: Sequence[Token],
    number: int,
    item: Ref | None,
    person: Ref | None,
    here: Sequence[str],
    around: Surroundings,
) -> tuple[str, ...]:
    """The ids meant by the words at a token, after ``item``, ``person``, ``here`` were named; empty for nothing."""
    kind = _kind(match)
    before = tokens[number - 1].text if number else ""
    several = item is not None and len(item.entities) > 1
    if kind == "it" and before in _NOT_IT_BEHIND:
        return ()
    if kind == "this" and (before in _RELATIVE_BEHIND or before in ("<g>", "<t>")):
        return ()
    meanings: dict[str, Callable[[], tuple[str, ...]]] = {
        "person": lambda: person.entities if person is not None else around.people[-1:],
        "it": lambda: _latest(item, around),
        "this": lambda: _latest(item, around),
        "that": lambda: _latest(item, around),
        "they": lambda: item.entities if item is not None and several else of_several(here) or around.shown,
        "year": lambda: around.of_year(int(match["y1"] or match["y2"]), here),
        "but": lambda: but(match["out"], around.listed),
        "several": lambda: some(match["end"], match["many"], around.listed),
        "aged": lambda: _beside(tokens, number, match) or around.of_age(match["age"] or match["age2"], here),
        "place": lambda: nth(
            match["nth"] or match["nth2"] or match["nth3"] or match["nth4"], here, around.listed
        ),
        "other": around.other,
        "described": lambda: _described(tokens[number:], here, around),
    }
    return meanings.get(kind, lambda: of_several(here) or around.listed or around.earlier[-2:])()


def _beside(tokens: Sequence[Token], number: int, match: re.Match[str]) -> tuple[str, ...]:
    """The item named right beside the words: *Titanic (1953), the old one*, *the old one, Titanic (1953)*."""
    before = [token for token in tokens[max(0, number - 2) : number] if token.text != ","][-1:]
    end = number + len(match.group().split())
    behind = [token for token in tokens[end : end + 2] if token.text != ","][:1]
    for token in (*before, *behind):
        if token.ref is not None and token.ref.kind == "item":
            return token.ref.entities
    return ()


def _described(tokens: Sequence[Token], here: Sequence[str], around: Surroundings) -> tuple[str, ...]:
    """The one shown item that is linked to what describes it, or the one among namesakes of what was named last."""
    ref = next((token.ref for token in tokens if token.ref is not None), None)
    if ref is None or not ref.entities:
        return ()
    last = (*around.own[-1:], *around.latest)
    spoken = [(item, *around.namesakes(item)) for item in (*reversed(here), *last)]
    alike = [several for several in spoken if len(several) > 1]
    for several in (*alike, around.shown):
        fitting = [item for item in several if set(ref.entities) <= around.links.get(item, frozenset())]
        if len(fitting) == 1:
            return tuple(fitting)
    return ()

"""A message as the rules read it: plain words, with a placeholder wherever something is named or pointed at."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

Kind = Literal["item", "person", "genre", "thing"]
"""What is spoken of; a *thing* is anything else that items are linked to (a theme, a country, a series)."""

PLACEHOLDERS: dict[Kind, str] = {"item": "<i>", "person": "<p>", "genre": "<g>", "thing": "<t>"}
ITEM, PERSON, GENRE, THING = PLACEHOLDERS.values()

_WORD = re.compile(r"w/o?(?![^\W_])|[^\W_]+(?:'[^\W_]+)*|[.!?;:,()\n]")
_APOSTROPHES = str.maketrans("\u2019\u2018\u02bc`\u00b4", "'''''")
# What is typed as one word and read as several, so that a negation is always the word "not".
_SPELT = """
    don't dont=do not; doesn't doesnt=does not; didn't didnt=did not; haven't havent havn't havnt=have not;
    hasn't hasnt=has not; hadn't hadnt=had not; isn't isnt=is not; aren't arent=are not; wasn't wasnt=was not;
    weren't werent=were not; can't cant cannot=can not; couldn't couldnt=could not; won't wont=will not;
    wouldn't wouldnt=would not; shouldn't shouldnt=should not; ain't aint=is not; i've ive=i have;
    i'm im=i am; i'd=i would; i'll=i will; it's=it is; that's thats=that is; what's whats=what is;
    who's whos=who is; where's=where is; when's=when is; how's hows=how is; he's=he is; she's shes=she is;
    there's theres=there is; let's lets=let us; they're theyre=they are; they've=they have; we've weve=we have;
    we're=we are; you're youre=you are; you've youve=you have; we'd=we would; he'd=he would; she'd=she would;
    they'd=they would; you'd=you would; w/o=without; w/=with; u=you; ya=you; recomend=recommend;
    recommand=recommend; reccomend=recommend; sugest=suggest; wanna=want to; gonna=going to;
    gimme=give me; lemme=let me; kinda=kind of; pls plz=please; thx thanx=thanks; thankyou=thank you;
    favourite=favorite; favourites=favorites; favs=favorites; fav=favorite; cuz=because; cause=because; em=them;
    alot=a lot; theatres=theaters; nah=no; nope=no; yea=yes; yeah=yes; yep=yes; yup=yes; yess=yes; yesss=yes;
    movi=movie; moive=movie; moives=movies; flick=movie; flicks=movies; film=movie; films=movies
"""
SPELT: dict[str, tuple[str, ...]] = {
    word: tuple(meaning.split())
    for entry in " ".join(_SPELT.split()).split("; ")
    for words, meaning in [entry.split("=")]
    for word in words.split()
}
_ENDS = frozenset([".", "!", "?", ";", ":", "\n"])
_CONTRAST = frozenset(["but", "however", "although", "though", "whereas", "because"])
_BUT_EXCEPT = frozenset(["anything", "everything", "nothing", "any", "all"])  # "anything but horror"
# Behind a comma or "and", these begin a clause of their own; names and adjectives go on with a list.
_BEGINS_TEXT = """
    i it that this they he she we you my what who which when where how do does did can could would any so not no
    nothing never have has is was maybe something anything please actually just also loved liked love hated enjoyed
    hate seen saw watched never thanks thank show give recommend suggest tell if preferably then perhaps let
    neither both those these all none yes ok okay sure well looking more another got are then one recommend
"""
_BEGINS = frozenset(_BEGINS_TEXT.split())
_WORDS_OF_A_WISH = 6
_ASKED = frozenset(["what", "who", "when", "where"])
_ASKED_BY = frozenset(["is", "was", "are", "were", "directed", "wrote", "stars", "starred", "plays", "else"])
_AND_BEGINS_TEXT = """
    i it they he she we you that's what who do did can could would have loved liked hated enjoyed love hate seen saw
    watched please show give recommend suggest tell not no never preferably this that maybe dislike disliked
"""
_AND_BEGINS = frozenset(_AND_BEGINS_TEXT.split())


@dataclass(frozen=True, slots=True)
class Ref:
    """Something named or pointed at, at the characters ``start:end``.

    ``entities`` are one id, or several (*both*, *romantic comedy*). ``named`` is false for pronouns; ``adjective``
    marks words such as *funny*, which describe more often than they name.
    """

    kind: Kind
    entities: tuple[str, ...]
    start: int
    end: int
    named: bool = True
    adjective: bool = False
    word: str = ""
    """What stands there, in lower case, where it is no title."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word as it is read, where it stands in the text, and what it names."""

    text: str
    start: int
    end: int
    ref: Ref | None = None


@dataclass(frozen=True)
class Clause:
    """Words that belong together: ``opener`` is the conjunction before, ``ender`` what ends its sentence."""

    tokens: tuple[Token, ...]
    opener: str = ""
    ender: str = ""
    sentence: int = 0

    @cached_property
    def line(self) -> str:
        """The words with a blank between any two."""
        return " ".join(token.text for token in self.tokens)

    @cached_property
    def _starts(self) -> list[int]:
        """Where in ``line`` each token starts."""
        starts, place = [], 0
        for token in self.tokens:
            starts.append(place)
            place += len(token.text) + 1
        return starts

    @cached_property
    def refs(self) -> tuple[tuple[int, Ref], ...]:
        """Token number and what is named there, in order."""
        return tuple((number, token.ref) for number, token in enumerate(self.tokens) if token.ref is not None)

    @property
    def asks(self) -> bool:
        """Whether its sentence ends in a question mark."""
        return "?" in self.ender

    def number_at(self, place: int) -> int:
        """The token at a character of ``line``."""
        return bisect_right(self._starts, place) - 1

    def refs_in(self, start: int, end: int) -> list[Ref]:
        """What is named between two characters of ``line``."""
        first, last = self.number_at(start), self.number_at(max(start, end - 1))
        return [ref for number, ref in self.refs if first <= number <= last]


def lowered(text: str) -> str:
    """The text in lower case with straight apostrophes, character for character."""
    plain = text.translate(_APOSTROPHES)
    if plain.isascii():
        return plain.lower()
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in plain)


def words_of(text: str) -> list[Token]:
    """The words and signs of a text in lower case, as typed."""
    return [Token(match.group(), match.start(), match.end()) for match in _WORD.finditer(lowered(text))]


def place_refs(tokens: Sequence[Token], refs: Iterable[Ref]) -> list[Token]:
    """The tokens with one placeholder for each of ``refs`` (in order, not overlapping); the others are spelt out."""
    result: list[Token] = []
    waiting = sorted(refs, key=lambda ref: ref.start)
    position = 0
    for token in tokens:
        while position < len(waiting) and waiting[position].end <= token.start:
            position += 1
        ref = waiting[position] if position < len(waiting) else None
        if ref is not None and ref.start < token.end:
            if not result or result[-1].ref is not ref:
                result.append(Token(PLACEHOLDERS[ref.kind], ref.start, ref.end, ref))
            continue
        if token.ref is not None:
            result.append(token)
            continue
        result += [replace(token, text=word) for word in SPELT.get(token.text, (token.text,))]
    return result


def clauses_of(tokens: Sequence[Token]) -> list[Clause]:
    """The clauses of a message, in order; none is empty."""
    clauses: list[Clause] = []
    enders: dict[int, str] = {}
    current: list[Token] = []
    opener, sentence = "", 0
    for number, token in enumerate(tokens):
        following = tokens[number + 1].text if number + 1 < len(tokens) else ""
        ends = token.text in _ENDS and not (token.text == ":" and following in PLACEHOLDERS.values())
        breaks = "," if _asks_behind(tokens, number) else _breaks(token, following, current)
        if not ends and breaks is None:
            if token.text not in ("(", ")", ":") and (current or token.text != ","):
                current.append(token)
            continue
        if current:
            clauses.append(Clause(tuple(current), opener, "", sentence))
            current = []
        opener = "" if ends else breaks or ""
        if ends:
            enders[sentence] = enders.get(sentence, "") + token.text
            sentence += following not in _ENDS
        elif token.text in _ASKED:
            current.append(token)
    if current:
        clauses.append(Clause(tuple(current), opener, "", sentence))
    return [replace(clause, ender=enders.get(clause.sentence, "")) for clause in clauses]


def _asks_behind(tokens: Sequence[Token], number: int) -> bool:
    """Whether a wish begins behind this comma: *I hate horror, a comedy please*; a list goes on without *please*."""
    ahead = [token.text for token in tokens[number : number + 2 + _WORDS_OF_A_WISH]]
    if ahead[0] != "," or ahead[1:2] not in (["a"], ["an"], ["some"]):
        return False
    until = next(
        (place for place, word in enumerate(ahead) if place and (word in _ENDS or word == ",")), len(ahead)
    )
    return any(word in ("please", "instead") for word in ahead[:until])


def _breaks(token: Token, following: str, current: Sequence[Token]) -> str | None:
    """The opener of the clause that begins here or just behind, or ``None``."""
    if token.text in _CONTRAST:
        excepted = token.text == "but" and current and current[-1].text in _BUT_EXCEPT
        return None if excepted else token.text
    if token.text in (",", "(", ")") and following in _BEGINS:
        return ","
    if token.text == "and" and following in _AND_BEGINS and current:
        return "and"
    asked = token.text in _ASKED and following in _ASKED_BY and current and current[-1].ref is not None
    return "," if asked else None

"""Names that are typed with a mistake: words near to the words of names, where a name may well stand.

Only words that no link covers and that are no ordinary ones are looked at. Near words are found by what is left when
letters are taken out of both (as in W. Garbe's SymSpell, 2012), then by their distance with swapped neighbours (optimal
string alignment); a name of one word needs quotes, a year, capitals or a word such as *watched* before it as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import ahocorasick

from ccrs.data.linking_candidates import Name
from ccrs.data.linking_evidence import Line
from ccrs.data.linking_names import Tokens
from ccrs.data.linking_ordinary import ORDINARY_WORDS
from ccrs.data.linking_words import COMMON_WORDS, FUNCTION_WORDS

_LETTERS_AN_EDIT = 5
_MAX_EDITS = 2
_SHORTEST = 4
_LONGEST = 30
_BEGINNING = 8
"""Letters of which some are taken out; what is behind them only the distance compares."""
_CACHED = 20_000
_AROUND = 7
"""Words before and behind a wrong one that may belong to the same name."""
_MAX_WORDS, _MAX_NEAR = 40, 6
"""Wrong words of a text and near words for each that are looked at: no text may take long."""
_JOINED, _JOINED_WITH_EDITS = (8, 24), 10
"""Letters of names of several words that are also known as one word: *starwars*."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The words ``first`` to ``last`` (without it) of a line read as a name.

    ``wrong`` are the numbers of the words that were corrected, ``right`` counts the others that say something.
    """

    name: Name
    first: int
    last: int
    wrong: tuple[int, ...]
    right: int
    edits: int
    same_start: bool


class Typos:
    """The words of a catalogue's names, to be found by what was typed instead.

    ``automaton`` finds names as ``Linker`` does. What is made at first need takes seconds for 30,000 names.
    """

    def __init__(self, names: Iterable[tuple[Tokens, Name]], automaton: ahocorasick.Automaton) -> None:
        self._automaton = automaton
        self._joined: dict[str, Name] = {}
        words: dict[str, None] = {}
        for tokens, name in names:
            words.update(dict.fromkeys(tokens))
            joined = "".join(tokens)
            if 1 < len(tokens) < 4 and _JOINED[0] <= len(joined) <= _JOINED[1]:
                self._joined.setdefault(joined, name)
        self._words = words
        self._cache: dict[str, list[tuple[str, int]]] = {}

    @cached_property
    def _by_rest(self) -> Mapping[str, Sequence[str]]:
        """Words by what is left of them without some letters; made when a word may first be wrong."""
        found: dict[str, list[str]] = {}
        for word in dict.fromkeys([*self._words, *self._joined]):
            if self._allowed(word) and word.isalpha():
                for rest in _without_letters(word[:_BEGINNING], self._allowed(word)):
                    found.setdefault(rest, []).append(word)
        return found

    def readings(self, line: Line, taken: bytearray) -> list[Reading]:
        """Names that free words of the line may have been meant for, the best first; they may overlap."""
        tokens = line.tokens
        wrong = [number for number in range(len(tokens)) if self._may_be_wrong(line, number, taken)]
        near = {number: words for number in wrong if (words := self.near(tokens[number]))}
        near = dict(list(near.items())[:_MAX_WORDS])
        found: list[Reading] = []
        for number, corrections in near.items():
            for word, edits in corrections:
                found += self._names_with(tokens, {number: (word, edits)})
                others = {n: near[n][0] for n in near if 0 < abs(n - number) < _AROUND}
                if others:
                    found += self._names_with(tokens, {**others, number: (word, edits)}, number)
        return sorted(found, key=_order)

    def near(self, typed: str) -> list[tuple[str, int]]:
        """Words of names near to a word, each with its number of edits, the nearest first; none of an ordinary one."""
        known = self._cache.get(typed)
        if known is None:
            known = [] if is_plain(typed) else self._search(typed)
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            self._cache[typed] = known
        return known

    def _search(self, typed: str) -> list[tuple[str, int]]:
        found: dict[str, int] = {}
        for rest in _without_letters(typed[:_BEGINNING], min(max(1, allowed_edits(typed)), _MAX_EDITS)):
            for word in self._by_rest.get(rest, ()):
                if word not in found and word != typed and abs(len(word) - len(typed)) <= _MAX_EDITS:
                    found[word] = distance(typed, word)
        if typed in self._joined:
            found[typed] = 0
        near = [(word, edits) for word, edits in found.items() if edits <= self._allowed(word)]
        # A first letter is seldom wrong.
        return sorted(near, key=lambda pair: (pair[1], pair[0][0] != typed[0], pair[0]))[:_MAX_NEAR]

    def _allowed(self, word: str) -> int:
        return min(1, allowed_edits(word)) if word in self._joined else allowed_edits(word)

    def _may_be_wrong(self, line: Line, number: int, taken: bytearray) -> bool:
        word = line.tokens[number]
        return _SHORTEST <= len(word) <= _LONGEST and word.isalpha() and not taken[line.starts[number]]

    def _names_with(
        self, tokens: Sequence[str], corrected: dict[int, tuple[str, int]], needed: int | None = None
    ) -> Iterator[Reading]:
        """Names around a corrected word (``needed``, or else the only one), the others as they are typed."""
        number = needed if needed is not None else next(iter(corrected))
        word, edits = corrected[number]
        if needed is None and word in self._joined and (not edits or len(word) >= _JOINED_WITH_EDITS):
            same = word[0] == tokens[number][0]
            yield Reading(self._joined[word], number, number + 1, (number,), 1, edits, same)
        begin, end = max(0, number - _AROUND), min(len(tokens), number + _AROUND + 1)
        window = [corrected[n][0] if n in corrected else tokens[n] for n in range(begin, end)]
        places: dict[int, int] = {}
        place = 0
        for offset, token in enumerate(window):
            places[place] = begin + offset
            place += len(token) + 1
        for last, name in self._automaton.iter(f" {' '.join(window)} "):
            first = places[last - name.length + 1]
            span = range(first, first + name.num_tokens)
            if number in span:
                wrong = tuple(n for n in span if n in corrected)
                right = sum(n not in corrected and tokens[n] not in FUNCTION_WORDS for n in span)
                total = sum(corrected[n][1] for n in wrong)
                same = all(corrected[n][0][0] == tokens[n][0] for n in wrong)
                # A word that names know is the wrong one only where the rest of a name speaks for it.
                if not right and any(tokens[n] in self._words for n in wrong):
                    continue
                yield Reading(name, first, span.stop, wrong, right, total, same)


def allowed_edits(word: str) -> int:
    """How many mistakes are forgiven in a word of a name: one in five letters, at most two."""
    return min(len(word) // _LETTERS_AN_EDIT, _MAX_EDITS)


def is_plain(word: str) -> bool:
    """Whether a word is an ordinary one, or a form of one."""
    if word in COMMON_WORDS or word in FUNCTION_WORDS or word in ORDINARY_WORDS:
        return True
    for ending in ("s", "es", "ed", "d", "ing", "er", "ers", "ly", "y"):
        stem = word.removesuffix(ending)
        forms = (stem, f"{stem}e", stem[:-1], f"{stem[:-1]}y")  # loving, stopped, stories
        if stem != word and any(form in COMMON_WORDS or form in ORDINARY_WORDS for form in forms):
            return True
    return False


def distance(one: str, other: str) -> int:
    """Letters to add, take out, change or swap with the next, to make one word the other."""
    before_last: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        current = [row]
        for column, wanted in enumerate(other, start=1):
            cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (letter != wanted))
            swapped = row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted
            current.append(min(cost, before_last[column - 2] + 1) if swapped else cost)
        before_last, last = last, current
    return last[-1]


def _without_letters(word: str, most: int) -> Iterator[str]:
    """The word with up to ``most`` letters taken out."""
    yield word
    for count in range(1, most + 1):
        seen = set()
        for out in combinations(range(len(word)), count):
            rest = "".join(letter for place, letter in enumerate(word) if place not in out)
            if rest not in seen:
                seen.add(rest)
                yield rest


def _order(reading: Reading) -> tuple[float, ...]:
    """Names that say more first, then fewer mistakes, then where they stand."""
    popularity = max((title.popularity for title in reading.name.titles), default=0)
    return (-reading.name.weight, reading.edits, not reading.same_start, -popularity, reading.first)

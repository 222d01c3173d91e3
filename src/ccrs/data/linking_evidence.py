"""What speaks for a name where ordinary words stand in a text: quotation marks, capitals, a word such as *movie*."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from ccrs.data.linking_words import ALWAYS_CAPITAL, COMMON_WORDS, FUNCTION_WORDS, SMALL_WORDS

_OPENING_QUOTES = "\"'\u201c\u2018\u00ab\u201e*_`"
_CLOSING_QUOTES = "\"'\u201d\u2019\u00bb\u201c*_`"
_SENTENCE_ENDS = ".!?:;\n"
_PARTS = frozenset("23456789") | {"ii", "iii", "iv", "vi", "vii", "viii"}


@dataclass(frozen=True)
class Line:
    """A text and its folded tokens with their places."""

    text: str
    tokens: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]

    @cached_property
    def shouted(self) -> bool:
        """Whether all of it is in capitals, so that they show nothing."""
        return self.text.isupper()


@dataclass(frozen=True, slots=True)
class Span:
    """The tokens ``first`` to ``last`` (without it) of a line, and what speaks for a name there."""

    line: Line
    first: int
    last: int

    @property
    def text(self) -> str:
        """The whole text."""
        return self.line.text

    @property
    def tokens(self) -> Sequence[str]:
        """All tokens of the text."""
        return self.line.tokens

    @property
    def start(self) -> int:
        """The first character."""
        return self.line.starts[self.first]

    @property
    def end(self) -> int:
        """The character behind the last one."""
        return self.line.ends[self.last - 1]

    @property
    def quoted(self) -> bool:
        """Whether quotation marks stand around it."""
        before = self.text[self.start - 1 : self.start]
        behind = self.text[self.end : self.end + 2].lstrip(".,!?")
        return bool(before and before in _OPENING_QUOTES and behind and behind[0] in _CLOSING_QUOTES)

    @property
    def capitalised(self) -> bool:
        """Whether its words have capitals that the sentence alone does not explain."""
        lone = self.tokens[self.first] if self.last - self.first == 1 else ""
        if self.line.shouted or len(lone) == 1:
            return False
        if list(self.tokens[self.first : self.last + 1]) == ["it", "'s"]:
            return False
        small = range(self.first, self.last) if self.last - self.first > 1 else ()
        spoken = self._capitals_but({number for number in small if self.tokens[number] in SMALL_WORDS})
        return spoken and not (lone and self.proper_name_goes_on)

    @property
    def proper_name_goes_on(self) -> bool:
        """Whether a word beside it, with only a space between, has a capital and is not ordinary."""
        for number, gap in ((self.first - 1, self.first), (self.last, self.last)):
            if not 0 <= number < len(self.tokens) or self.tokens[number] in COMMON_WORDS:
                continue
            alone = self.text[self.line.ends[gap - 1] : self.line.starts[gap]] != " "
            if not alone and self._capital(number) and not self._begins_sentence(number):
                return True
        return False

    @property
    def names_person(self) -> bool:
        """Whether a single word is somebody's name: behind *by*, or with a capital where it is no ordinary word."""
        word = self.tokens[self.first]
        capital = self._capital(self.first) and not self.line.shouted and word not in COMMON_WORDS
        return self.word(self.first - 1) == "by" or (capital and not self.proper_name_goes_on)

    @property
    def looks_capital(self) -> bool:
        """As ``capitalised``, with numbers and small words inside taken as they are: *Cars 3*, *Just Go with It*."""
        if self.capitalised:
            return True
        inner = range(self.first + 1, self.last - 1)
        return self.last - self.first > 1 and self._capitals_but(
            {number for number in range(self.first, self.last) if self._is_number(number)}
            | {number for number in inner if self.tokens[number] in FUNCTION_WORDS}
        )

    @property
    def among_capitals(self) -> bool:
        """Whether a single word belongs to a longer name or to shouting: *Infinity War*, *LOVED IT*."""
        number = self.first - 1
        if number < 0 or self.text[self.line.ends[number] : self.start] != " ":
            return False
        before = self.text[self.line.starts[number] : self.line.ends[number]]
        if len(before) > 1 and before.isupper():
            return self.text[self.start : self.end].isupper()
        plain = self.tokens[number] in FUNCTION_WORDS or self.tokens[number] in ALWAYS_CAPITAL
        return before[0].isupper() and not plain and not self._begins_sentence(number)

    @property
    def is_numbered(self) -> bool:
        """Whether its last word is the number of a part: *taken 2*."""
        last = self.tokens[self.last - 1]
        return self.last - self.first > 1 and last in _PARTS

    @property
    def begins_sentence(self) -> bool:
        """Whether no other word of the sentence stands before it."""
        return self._begins_sentence(self.first)

    def closes(self, behind: Set[str]) -> bool:
        """Whether the text or the clause ends behind it, or one of the words ``behind`` follows."""
        if self.last == len(self.tokens) or self.tokens[self.last] in behind:
            return True
        gap = self.text[self.end : self.line.starts[self.last]]
        return any(letter in ".,!?;:()\n" for letter in gap)

    def word(self, number: int) -> str:
        """The token of that number; empty where there is none."""
        return self.tokens[number] if 0 <= number < len(self.tokens) else ""

    def _capitals_but(self, free: Set[int]) -> bool:
        """Whether all words but those of the numbers ``free`` have capitals, and one of these tells something."""
        if self.line.shouted:
            return False
        spoken = False
        for number in range(self.first, self.last):
            if number in free:
                continue
            if not self._capital(number):
                return False
            spoken |= not self._begins_sentence(number) and self.tokens[number] not in ALWAYS_CAPITAL
        return spoken

    def _is_number(self, number: int) -> bool:
        return self.tokens[number].isdigit()

    def _capital(self, number: int) -> bool:
        """Whether a word begins with a capital and is not a long word shouted as a whole."""
        word = self.text[self.line.starts[number] : self.line.ends[number]]
        return word[0].isupper() and not (len(word) > 3 and word.isupper())

    def _begins_sentence(self, number: int) -> bool:
        gap = self.text[self.line.ends[number - 1] : self.line.starts[number]] if number else "."
        return _ends_sentence(gap)


def _ends_sentence(gap: str) -> bool:
    """Whether the characters between two words end a sentence or open a quotation."""
    return any(letter in _SENTENCE_ENDS or letter in _OPENING_QUOTES for letter in gap)

"""What speaks for a name where ordinary words stand in a text: quotation marks and capitals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ccrs.data.linking_words import ALWAYS_CAPITAL, COMMON_WORDS, SMALL_WORDS

_OPENING_QUOTES = "\"'\u201c\u2018\u00ab\u201e*_`"
_CLOSING_QUOTES = "\"'\u201d\u2019\u00bb\u201c*_`"
_SENTENCE_ENDS = ".!?:;\n"


@dataclass(frozen=True, slots=True)
class Span:
    """The tokens ``first`` to ``last`` (without it) of a text, and what speaks for a name there."""

    text: str
    tokens: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]
    first: int
    last: int

    @property
    def start(self) -> int:
        """The first character."""
        return self.starts[self.first]

    @property
    def end(self) -> int:
        """The character behind the last one."""
        return self.ends[self.last - 1]

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
        if self.text.isupper() or len(lone) == 1:
            return False
        if list(self.tokens[self.first : self.last + 1]) == ["it", "'s"]:
            return False
        spoken = False
        for number in range(self.first, self.last):
            if self.tokens[number] in SMALL_WORDS and self.last - self.first > 1:
                continue
            if not self._capital(number):
                return False
            spoken |= not self._begins_sentence(number) and self.tokens[number] not in ALWAYS_CAPITAL
        return spoken and not (lone and self.proper_name_goes_on)

    @property
    def proper_name_goes_on(self) -> bool:
        """Whether a word beside it, with only a space between, has a capital and is not ordinary."""
        for number, gap in ((self.first - 1, self.first), (self.last, self.last)):
            if not 0 <= number < len(self.tokens) or self.tokens[number] in COMMON_WORDS:
                continue
            alone = self.text[self.ends[gap - 1] : self.starts[gap]] != " "
            if not alone and self._capital(number) and not self._begins_sentence(number):
                return True
        return False

    def _capital(self, number: int) -> bool:
        """Whether a word begins with a capital and is not a long word shouted as a whole."""
        word = self.text[self.starts[number] : self.ends[number]]
        return word[0].isupper() and not (len(word) > 3 and word.isupper())

    def _begins_sentence(self, number: int) -> bool:
        gap = self.text[self.ends[number - 1] : self.starts[number]] if number else "."
        return _ends_sentence(gap)


def _ends_sentence(gap: str) -> bool:
    """Whether the characters between two words end a sentence or open a quotation."""
    return any(letter in _SENTENCE_ENDS or letter in _OPENING_QUOTES for letter in gap)

"""What is said of items that are no films, in the words of the rules, which are written for films.

*A cheap board game*, *I already own it* and *I have played that* are read as *a cheap movie*, *I have seen it* and *I
have watched that*: one set of rules serves every catalogue, as *don't* and *do not* are one word to them.
"""

from __future__ import annotations

from collections.abc import Sequence

from ccrs.core.item_words import ItemWords
from ccrs.data.understanding.line import Token

_ONE, _SEVERAL = ("movie",), ("movies",)
_GENERIC = {
    "product": _ONE,
    "products": _SEVERAL,
    "item": _ONE,
    "items": _SEVERAL,
    "article": _ONE,
    "articles": _SEVERAL,
}
_DONE_TEXT = "bought purchased ordered owned tried used played tasted visited"
_DO_TEXT = "buy purchase play taste"
_VERBS = {
    **dict.fromkeys(_DONE_TEXT.split(), ("watched",)),
    **dict.fromkeys(_DO_TEXT.split(), ("watch",)),
    "playing": ("watching",),
    "buying": ("watching",),
}
_HAS_DONE = frozenset(
    ["have", "has", "had", "already", "just", "never", "ve", "i've", "ive", "haven't", "havent", "not"]
)
_WHOSE = frozenset(["my", "your", "his", "her", "our", "their", "its", "an", "the"])
_PARTICIPLES = frozenset([*_VERBS, "seen", "watched", "read", "got", "been", "heard"])


class ItemReading:
    """Puts the rules' words in the place of what is said of the items of one catalogue."""

    def __init__(self, words: ItemWords) -> None:
        self._phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
        if not words.are_films:
            self._phrases = {(word,): meant for word, meant in (_GENERIC | _VERBS).items()}
            for one, several in ((words.singular, words.plural), words.head):
                self._phrases[tuple(one.split())] = _ONE
                self._phrases[tuple(several.split())] = _SEVERAL
        self._longest = max(map(len, self._phrases), default=0)

    def read(self, tokens: list[Token]) -> list[Token]:
        """The tokens, with words for items and for having them replaced; unchanged for films."""
        if not self._phrases:
            return tokens
        result: list[Token] = []
        number = 0
        while number < len(tokens):
            length, meant = self._at(tokens, number)
            start, end = tokens[number].start, tokens[number + length - 1].end
            if meant is None:
                result.append(tokens[number])
            else:
                result += [Token(word, start, end) for word in meant]
            number += length
        return result

    def _at(self, tokens: Sequence[Token], number: int) -> tuple[int, tuple[str, ...] | None]:
        """How many tokens are read together, and what they mean; None where they stay."""
        for length in range(min(self._longest, len(tokens) - number), 0, -1):
            meant = self._phrases.get(tuple(token.text for token in tokens[number : number + length]))
            if meant is not None:
                return length, meant
        return _of_having(
            tokens[number].text,
            tokens[number - 1].text if number else "",
            tokens[number + 1].text if number + 1 < len(tokens) else "",
            tokens[number + 2].text if number + 2 < len(tokens) else "",
        )


def _of_having(word: str, before: str, after: str, next_after: str) -> tuple[int, tuple[str, ...] | None]:
    """*Own*, *already have*, *already got* and *have read*, which depend on the words beside them."""
    if word == "own" and before not in _WHOSE:
        return 1, ("have", "seen")
    if (word, after) in (("already", "have"), ("have", "already")) and next_after not in _PARTICIPLES:
        return 2, ("have", "already", "seen")
    if word == "got" and before in ("already", "just"):
        return 1, ("seen",)
    if word == "read":
        return 1, ("watched",) if before in _HAS_DONE else ("watch",)
    return 1, None

"""Names as the entity linker compares them: tokens with their place in the text, and spellings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby

from ccrs.data.linking_words import (
    ARTICLES,
    COMMON_WORDS,
    EVERYDAY_PHRASES,
    FUNCTION_WORDS,
    GENRE_ADJECTIVES,
    GENRE_FALLBACKS,
    GENRE_NOUNS,
    GENRE_SYNONYMS,
    GUARDED_GENRES,
    NAME_PARTICLES,
)

Tokens = tuple[str, ...]

_APOSTROPHES = "'\u2019\u2018\u02bc`\u00b4"
_TOKEN = re.compile(
    rf"(?<=[^\W_])[{_APOSTROPHES}][sS](?![^\W_])"  # the s of a possessive is a token of its own
    rf"|[^\W_](?:[^\W_\u0300-\u036f]|[\u0300-\u036f]|[{_APOSTROPHES}](?![sS](?![^\W_]))(?=[^\W_]))*"
    r"|&"
)
_GENRES = frozenset(form for row in GENRE_SYNONYMS for form in row)
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_ARABIC = {digit: roman for roman, digit in _ROMAN.items()}


def tokenise(text: str) -> tuple[list[str], list[int], list[int]]:
    """Folded tokens of ``text`` and the characters of ``text`` where each starts and ends."""
    tokens, starts, ends = [], [], []
    for match in _TOKEN.finditer(text):
        token = fold(match.group())
        if token:
            tokens.append(token)
            starts.append(match.start())
            ends.append(match.end())
    return tokens, starts, ends


def fold(word: str) -> str:
    """One word without case, accents and apostrophes; ``&`` is ``and``; empty if nothing is left."""
    if word.isascii() and word.isalnum():
        return word.lower()
    if word == "&":
        return "and"
    if word[0] in _APOSTROPHES:
        return "'s"
    return "".join(letter for letter in unicodedata.normalize("NFKD", word).casefold() if letter.isalnum())


def spellings(name: str) -> list[Tokens]:
    """The ways to write a name, the exact one first: ``Spider-Man``, ``spider man``, ``spiderman``."""
    forms = [tuple(tokenise(name)[0])]
    if "-" in name or "\u00b7" in name:
        forms.append(tuple(tokenise(name.replace("-", "").replace("\u00b7", ""))[0]))
    for rewrite in _REWRITES:
        forms.extend([rewrite(form) for form in forms])
    return [form for form in dict.fromkeys(forms) if form]


def full_name_spellings(name: str) -> Iterator[tuple[Tokens, int]]:
    """Spellings of a person's full name, each with its looseness; nothing for a single name."""
    for number, tokens in enumerate(spellings(name)):
        if len(tokens) > 1:
            yield tokens, min(number, 1)
            joined = _join_particle(tokens)
            if joined != tokens:
                yield joined, 1
        if len(tokens) > 2 and tokens[-1] in ("jr", "sr"):
            yield tokens[:-1], 2


def title_spellings(name: str) -> Iterator[tuple[Tokens, int]]:
    """Spellings of a title, each with its looseness: 0 exact, 1 another spelling, 2 no article."""
    for number, tokens in enumerate(spellings(name)):
        yield tokens, min(number, 1)
        bare = without_article(tokens)
        if bare is not None:
            yield bare, 2


def without_article(tokens: Tokens) -> Tokens | None:
    """``the matrix`` as ``matrix``; ``None`` where what is left is one word that says too little."""
    rest = tokens[1:]
    if len(tokens) < 2 or tokens[0] not in ARTICLES:
        return None
    return rest if len(rest) > 1 or not needs_evidence(rest) else None


def needs_evidence(tokens: Tokens) -> bool:
    """Whether the words are so ordinary that they may well not be meant as a name.

    So are: one common, very short or numeric word (*Up*, *The Help*); two common words of which one
    only links others or speaks of films (*Get Out*, *Scary Movie*); function words alone (*One of
    Us*); and everyday phrases (*Date Night*).
    """
    words = [word for word in tokens if word not in (*ARTICLES, "'s")] or list(tokens)
    if " ".join(words) in EVERYDAY_PHRASES:
        return True
    if len(words) == 1:
        return len(words[0]) <= 3 or words[0].isdigit() or words[0] in COMMON_WORDS
    if len(words) == 2:
        common = all(word in COMMON_WORDS or word.isdigit() for word in words)
        return common and any(
            word in FUNCTION_WORDS or word in GENRE_NOUNS or word.isdigit() for word in words
        )
    return all(word in FUNCTION_WORDS for word in words)


def genre_spellings(name: str) -> list[tuple[Tokens, int]]:
    """The ways to name a genre in a sentence, each with its looseness: 0 exact, 1 a synonym, 2 a guess."""
    exact = " ".join(tokenise(name)[0])
    base = exact if exact in _GENRES else re.sub(r" (?:films?|movies?|fiction|genre|cinema)$", "", exact)
    bare = [base, *(form for row in GENRE_SYNONYMS if base in row for form in row)]
    adjectives = [form for row in GENRE_ADJECTIVES if row[0] == base for form in row[1:]]
    forms = [form for form in (exact, *bare) if form not in GUARDED_GENRES]
    forms += [f"{form} {noun}" for form in (*bare, *adjectives) for noun in GENRE_NOUNS]
    looseness = {form: int(form != exact) for form in forms if form}
    looseness |= dict.fromkeys(GENRE_FALLBACKS.get(base, ()), 2)
    return [(tuple(form.split()), loose) for form, loose in looseness.items()]


def _join_possessive(tokens: Tokens) -> Tokens:
    """``ocean 's eleven`` as ``oceans eleven``."""
    return tuple(" ".join(tokens).replace(" 's", "s").split(" ")) if "'s" in tokens else tokens


def _join_initials(tokens: Tokens) -> Tokens:
    """``j k simmons`` as ``jk simmons``."""
    joined: list[str] = []
    for single, group in groupby(tokens, key=lambda token: len(token) == 1 and token.isalpha()):
        run = list(group)
        joined.extend(["".join(run)] if single else run)
    return tuple(joined)


def _other_number(tokens: Tokens) -> Tokens:
    """``rocky ii`` as ``rocky 2`` and the other way round."""
    last = tokens[-1] if len(tokens) > 1 else ""
    other = _ROMAN.get(last) or _ARABIC.get(last)
    return (*tokens[:-1], other) if other else tokens


def _join_particle(tokens: Tokens) -> Tokens:
    """``robert de niro`` as ``robert deniro``."""
    if len(tokens) < 3 or tokens[-2] not in NAME_PARTICLES:
        return tokens
    return (*tokens[:-2], tokens[-2] + tokens[-1])


_REWRITES: tuple[Callable[[Tokens], Tokens], ...] = (_join_possessive, _join_initials, _other_number)

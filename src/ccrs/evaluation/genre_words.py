"""The words by which people name genres, and the one name that each genre has when facts are compared.

The list stands apart from the words that link genres in dialogues or fill slots: what judges a text must not
share its tables with what wrote it. It also maps the names that different graphs give to one genre.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_FILM_NOUN = r"(?:movies?|films?|flicks?|cinema|stor(?:y|ies)|one|ones)"

# Genre to the patterns that name it. A pattern may need a noun where the word alone means something else.
_PATTERNS: Final[dict[str, str]] = {
    "action": r"actions?|action[ -]packed|martial arts",
    "adventure": r"adventures?|adventurous",
    "animation": r"animations?|animated|anime|cartoons?",
    "biography": r"biograph(?:y|ies|ical)|biopics?",
    "comedy": r"comed(?:y|ies|ic)|comedi?c|dramed(?:y|ies)|rom[ -]?coms?|funn(?:y|ier|iest)"
    r"|hilarious(?:ly)?|parod(?:y|ies)|spoofs?|satires?",
    "crime": rf"crimes?|gangsters?|mafia|heists?|mob(?= {_FILM_NOUN})|film[ -]noir|neo[ -]noir",
    "documentary": r"documentar(?:y|ies)",
    "drama": r"dramas?|dramatic|dramed(?:y|ies)|melodramas?",
    "family": rf"family(?:[ -]friendly|(?= (?:\w+ )?{_FILM_NOUN}))|(?:kid|child|children)(?:s?['’]?s?)?"
    rf"(?= (?:\w+ )?{_FILM_NOUN})|for (?:the |all |young |younger |little |your )*(?:kids|children|whole family"
    r"|family|families)\b|kid[ -]friendly|child[ -]friendly",
    "fantasy": r"fantas(?:y|ies)|fairy ?tales?",
    "history": r"historic(?:al)?|period (?:piece|drama)s?",
    "horror": r"horrors?|scar(?:y|ier|iest)|slashers?|zombies?|creep(?:y|ier|iest)|frightening|terrifying",
    "musical": r"musicals?",
    "mystery": r"myster(?:y|ies)|whodunn?its?",
    "romance": r"romances?|romantic|rom[ -]?coms?|love stor(?:y|ies)",
    "science fiction": r"sci[ -]?fi|science[ -]fiction|s\.f\.",
    "sport": rf"sports?(?= {_FILM_NOUN})|(?:baseball|football|basketball|boxing)(?= {_FILM_NOUN})",
    "superhero": r"super[ -]?hero(?:es)?",
    "thriller": r"thrillers?|suspense(?:ful)?",
    "war": rf"(?:anti[ -])?war(?= (?:\w+ )?(?:{_FILM_NOUN}|dramas?|epics?))",
    "western": r"westerns?",
}
_WORDS: Final = {
    genre: re.compile(rf"(?<![\w-])(?:{pattern})(?![\w])", re.IGNORECASE)
    for genre, pattern in _PATTERNS.items()
}
_ANY: Final = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS.values()), re.IGNORECASE)

# Names in graphs that are no words of a conversation, or mean less alone than a pattern above asks for.
_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "family": ("family",),
    "kids": ("family",),
    "children": ("family",),
    "war": ("war",),
    "sport": ("sport",),
    "sports": ("sport",),
    "music": ("musical",),
    "history": ("history",),
    "noir": ("crime",),
}

GENRES: Final[tuple[str, ...]] = tuple(_PATTERNS)
"""All genres by the names that statements use."""


def find_genres(text: str) -> list[tuple[str, int, int]]:
    """Genres named in ``text`` as (genre, start, end), in the order of the text; ``romcom`` gives two."""
    if _ANY.search(text) is None:  # most texts name none
        return []
    found = [(genre, m.start(), m.end()) for genre, words in _WORDS.items() for m in words.finditer(text)]
    return sorted(found, key=lambda row: (row[1], row[2], row[0]))


@lru_cache(maxsize=4096)  # a graph names few genres, many times
def genres_of_label(label: str) -> frozenset[str]:
    """The genres that a graph's name of a genre stands for; empty where it is none of ``GENRES``.

    ``Science Fiction``, ``sci-fi`` and ``science fiction film`` are one; ``romantic comedy`` is two.
    """
    text = " ".join(label.replace("_", " ").replace("-", " ").casefold().split())
    bare = re.sub(r"(?:'s)?(?: (?:films?|movies?|genre|fiction film))$", "", text)
    if bare in _LABELS:
        return frozenset(_LABELS[bare])
    return frozenset(genre for genre, _, _ in find_genres(text)) | frozenset(
        genre for genre, _, _ in find_genres(bare)
    )

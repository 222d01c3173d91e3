"""How simulated people put what they say: the style for a film, and messages made from templates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from ccrs.core.dialogue import Mention, Message, Part, Speaker
from ccrs.core.graph import Entity
from ccrs.simulation.templates import RELATION_WORDS, STYLES, Style, Templates

_GENRES_OF_STYLE: dict[Style, str] = {
    "eager": "action adventure sci-fi war western sport",
    "dry": "crime thriller mystery horror history biography",
    "warm": "drama romance music musical",
    "playful": "comedy animation family fantasy",
}
STYLE_OF_GENRE: dict[str, Style] = {
    genre: style for style, genres in _GENRES_OF_STYLE.items() for genre in genres.split()
}

_SLOT = re.compile(r"\{(\w+)\}")


def style_of(genres: Sequence[str], rng: np.random.Generator, noise: float) -> Style:
    """The style for suggesting a film: that of its first genre, or by the chance ``noise`` any one."""
    if not genres or rng.random() < noise:
        return STYLES[int(rng.integers(len(STYLES)))]
    return STYLE_OF_GENRE[genres[0]]


def pick(templates: Templates, part: Part, rng: np.random.Generator) -> str:
    """One of the templates of a part."""
    choices = templates[0] if part == "train" else templates[1]
    return choices[int(rng.integers(len(choices)))]


def relation_word(relation: str | None) -> dict[str, str]:
    """What fills the slot for a relation, where one is followed."""
    return {} if relation is None else {"relation": RELATION_WORDS[relation]}


def word_count(template: str) -> int:
    """The number of words of a template, a relation counted as one, film slots not counted."""
    words = re.sub(r"\{\d\}", " ", template).replace("{relation}", "relation").split()
    return sum(re.search(r"\w", word) is not None for word in words)


class MessageWriter:
    """Puts a message together and keeps the places of the entities named in it."""

    def __init__(self) -> None:
        self._text = ""
        self._mentions: list[Mention] = []

    def say(
        self,
        template: str,
        named: Sequence[tuple[Entity, str]] = (),
        words: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Add a template with its slots filled: ``{0}`` by ``named``, ``{word}`` by ``words``.

        ``named`` are pairs (entity, the words to name it by). Items are marked; other entities are not, as in human
        dialogues.
        """
        if self._text:
            self._text += " "
        end = 0
        for slot in _SLOT.finditer(template):
            self._text += template[end : slot.start()]
            end = slot.end()
            if slot[1] in words:
                self._text += words[slot[1]]
                continue
            entity, name = named[int(slot[1])]
            start = len(self._text)
            self._mentions.append(Mention(entity.id, start, start + len(name), marked=entity.is_item))
            self._text += name
        self._text += template[end:]

    def message(self, speaker: Speaker) -> Message:
        """The finished message."""
        return Message(speaker, self._text, tuple(self._mentions))

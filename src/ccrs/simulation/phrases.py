"""How simulated people put what they say: the style for a film, and messages made from templates."""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def word_count(template: str) -> int:
    """The number of words of a template, a relation counted as one, film slots not counted."""
    words = re.sub(r"\{\d\}", " ", template).replace("{relation}", "relation").split()
    return sum(re.search(r"\w", word) is not None for word in words)


class MessageWriter:
    """Puts a message together and keeps the places of the films named in it."""

    def __init__(self) -> None:
        self._text = ""
        self._mentions: list[Mention] = []

    def say(
        self,
        template: str,
        films: Sequence[tuple[Entity, str]] = (),
        relation: str | None = None,
        *,
        marked: bool = True,
    ) -> None:
        """Add a template with its slots filled: ``films`` are pairs (entity, the words to name it by).

        ``marked`` is what their mentions are: other entities than films are not marked, as in human dialogues.
        """
        if self._text:
            self._text += " "
        end = 0
        for slot in _SLOT.finditer(template):
            self._text += template[end : slot.start()]
            end = slot.end()
            if slot[1] == "relation":
                self._text += RELATION_WORDS[relation or ""]
                continue
            entity, name = films[int(slot[1])]
            self._mentions.append(
                Mention(entity.id, len(self._text), len(self._text) + len(name), marked=marked)
            )
            self._text += name
        self._text += template[end:]

    def message(self, speaker: Speaker) -> Message:
        """The finished message."""
        return Message(speaker, self._text, tuple(self._mentions))

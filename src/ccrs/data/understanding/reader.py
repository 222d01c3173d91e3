"""Reads a message: what it links to, cut into clauses, with what its words point at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ccrs.core.dialogue import Mention, Message
from ccrs.core.graph import Triple
from ccrs.core.hearing import SoFar
from ccrs.data.understanding.bearings import surroundings
from ccrs.data.understanding.item_words import ItemReading
from ccrs.data.understanding.line import Clause, Ref, clauses_of, place_refs, words_of
from ccrs.data.understanding.names import Names
from ccrs.data.understanding.namesakes import namesake_meant, told_apart
from ccrs.data.understanding.references import Surroundings, point
from ccrs.data.understanding.world import World
from ccrs.data.unknown_titles import KnownTitles

_SERIES_BEHIND = re.compile(r"(?:'s)? (?:movies|films|series|franchise|saga|trilogy)\b", re.IGNORECASE)
_VERB_BEHIND = re.compile(r"(?:'s| is| was| has| looks| sounds| seems| had| would| does)\b", re.IGNORECASE)
_TOPIC_BEFORE = re.compile(
    r"\b(?:about|with|involving|featuring|on|no|without|have|has)\s(?:any |some |the )?$", re.IGNORECASE
)


@dataclass(frozen=True)
class Read:
    """A message cut up: linked mentions, clauses, and what its words could point at."""

    message: Message
    clauses: tuple[Clause, ...]
    around: Surroundings


class Reader:
    """Links messages against a catalogue and resolves what their words point at."""

    def __init__(self, world: World, triples: Sequence[Triple], titles: KnownTitles) -> None:
        self.world, self.titles = world, titles
        self._names = Names(world.catalogue, triples)
        self._items = ItemReading(world.words)

    def read(self, text: str, so_far: SoFar) -> Read:
        """Link a message and cut it into clauses with its references resolved."""
        world = self.world
        linked, unknown = self.titles.read(text)
        words = self._items.read(words_of(text))
        refs = [
            Ref(world.kinds[m.entity], (m.entity,), m.start, m.end, word=text[m.start : m.end].lower())
            for m in linked
        ]
        around = surroundings(text, so_far, world, self.titles)
        refs = [self._thing_meant(text, ref) for ref in refs if not _is_pronoun(text, ref, around)]
        refs = (
            [
                namesake_meant(text, ref, following, around, world)
                for ref, following in zip(refs, [*refs[1:], None], strict=True)
            ]
            if refs
            else []
        )
        # What the catalogue lacks stands where a name stands, and means nothing.
        nameless = [Ref(title.kind, (), title.start, title.end) for title in unknown]
        tokens = place_refs(words, self._names.find(text, words, [*refs, *nameless]))
        clauses, later = told_apart(clauses_of(point(tokens, around)), world)
        meant = {ref.start: ref.entities[0] for ref in refs} | later
        mentions = tuple(
            Mention(meant[m.start], m.start, m.end, marked=world.is_item(meant[m.start]))
            for m in linked
            if m.start in meant
        )
        return Read(Message("seeker", text, mentions), clauses, around)

    def _thing_meant(self, text: str, ref: Ref) -> Ref:
        """*Star Wars movies* are the series, *about aliens* the theme of that name, not the film."""
        if ref.kind != "item":
            return ref
        name = text[ref.start : ref.end]
        topic = name.islower() and _TOPIC_BEFORE.search(text[max(0, ref.start - 24) : ref.start])
        if not topic and not _SERIES_BEHIND.match(text, ref.end):
            return ref
        thing = self._names.series(name)
        return replace(ref, kind="thing", entities=(thing,)) if thing is not None else ref


def _is_pronoun(text: str, ref: Ref, around: Surroundings) -> bool:
    """Whether *It* at the head of a clause is a word rather than the film of that name, which nobody spoke of."""
    if ref.kind != "item" or ref.word != "it" or ref.entities[0] in (*around.earlier, *around.shown):
        return False
    return _VERB_BEHIND.match(text, ref.end) is not None

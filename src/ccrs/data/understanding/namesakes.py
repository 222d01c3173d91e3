"""Which of several items of one name is meant: by a year, an age or a person beside the title, or said afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ccrs.data.understanding.line import Clause, Ref
from ccrs.data.understanding.question_words import AND_THAT
from ccrs.data.understanding.references import Surroundings
from ccrs.data.understanding.world import World

_OTHER_BEFORE = re.compile(r"\bother\s$", re.IGNORECASE)
_YEAR_BEFORE = re.compile(r"\b((?:19|20)\d\d) (?:version of |remake of |movie )?$", re.IGNORECASE)
_YEAR_IN = re.compile(r"\b(?:19|20)\d\d\b")
_YEAR_BEHIND = re.compile(
    r"[\s,(–-]{1,3}(?:but |i mean |i meant |that is |the |that |one |movie |version |film |remake |original |from |of |"
    r"made in |released in |in |out in |year |which came out in |that came out in ){0,6}((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_AGE_BEFORE = re.compile(
    r"\b(original|old|older|classic|first|new|newer|newest|recent|latest|modern|remake of|reboot of)(?: the)? $",
    re.IGNORECASE,
)
_AGE_BEHIND = re.compile(
    r"(?:[\s,(–-]{1,3}(?:but |i mean |i meant |the |that )*(original|remake|reboot|(?:old|older|new|newer|recent|"
    r"latest|modern|classic)(?= (?:one|version|movie|film)))\b)",
    re.IGNORECASE,
)
_WITH_BEHIND = re.compile(
    r"[\s,(–-]{1,3}(?:the |that |one |version |movie |film )*(?:with|starring|by|directed by|featuring) $",
    re.IGNORECASE,
)


def namesake_meant(text: str, ref: Ref, following: Ref | None, around: Surroundings, world: World) -> Ref:
    """The namesake that the words beside a title mean; without any, one that was spoken of before.

    *The other Titanic*, *the 1953 Titanic*, *Titanic, the 1953 one*, *the original Titanic*, *Titanic with Kate*.
    """
    if ref.kind != "item" or not (others := world.namesakes(ref.entities[0])):
        return ref
    if _OTHER_BEFORE.search(text[max(0, ref.start - 12) : ref.start]):
        spoken_of = next(
            (item for item in reversed(around.earlier) if item in (*others, ref.entities[0])), None
        )
        meant = others if spoken_of in (None, ref.entities[0]) else (ref.entities[0],)
        return replace(ref, entities=meant[:1])
    several = (ref.entities[0], *others)
    picked = _picked(text, ref, following, several, world)
    if picked is not None:
        return replace(ref, entities=(picked,))
    if not _YEAR_IN.search(text[ref.start : ref.end]):
        known = (*around.earlier, *around.shown)
        spoken_of = next((item for item in reversed(known) if item in (*others, ref.entities[0])), None)
        if spoken_of is not None:
            return replace(ref, entities=(spoken_of,))
    return ref


def _picked(text: str, ref: Ref, following: Ref | None, several: Sequence[str], world: World) -> str | None:
    """Which of several namesakes a year, an age or a person beside the title picks; None where none does."""
    before, behind = text[max(0, ref.start - 24) : ref.start], text[ref.end : ref.end + 80]
    own_year = _YEAR_IN.search(text[ref.start : ref.end])
    for year in (_YEAR_BEFORE.search(before), None if own_year else _YEAR_BEHIND.match(behind)):
        meant = [item for item in several if year and world.years.get(item) == int(year[1])]
        if meant:
            return meant[0]
    if own_year:
        return None
    age = _AGE_BEFORE.search(before) or _AGE_BEHIND.match(behind)
    dated = [item for item in several if item in world.years]
    if age is not None and len(dated) > 1:
        old = age[1].lower() in ("original", "old", "older", "classic", "first")
        return (min if old else max)(dated, key=lambda item: world.years[item])
    person = following if following is not None and following.kind == "person" else None
    if person is None or _WITH_BEHIND.fullmatch(text[ref.end : person.start]) is None:
        return None
    linked = [item for item in several if set(person.entities) <= world.links.get(item, frozenset())]
    return linked[0] if len(linked) == 1 else None


def told_apart(clauses: Sequence[Clause], world: World) -> tuple[tuple[Clause, ...], dict[int, str]]:
    """The clauses with a title meant as a later clause says: *When was Cinderella made? The old one*.

    Also by the character where each such title stands, the item that it means.
    """
    meant: dict[int, str] = {}
    for place, clause in enumerate(clauses):
        pointed = [
            ref for _, ref in clause.refs if ref.kind == "item" and not ref.named and len(ref.entities) == 1
        ]
        if len(pointed) != 1 or not AND_THAT.fullmatch(clause.line):
            continue
        right = pointed[0].entities[0]
        for earlier in clauses[:place]:
            for _, ref in earlier.refs:
                if (
                    ref.kind == "item"
                    and ref.named
                    and ref.entities
                    and world.same_name(ref.entities[0], right)
                ):
                    meant[ref.start] = right
    if not meant:
        return tuple(clauses), meant
    return tuple(_with_meant(clause, meant) for clause in clauses), meant


def _with_meant(clause: Clause, meant: dict[int, str]) -> Clause:
    """The clause with its titles at the characters of ``meant`` meaning those items."""
    tokens = tuple(
        replace(token, ref=replace(token.ref, entities=(meant[token.ref.start],)))
        if token.ref is not None and token.ref.named and token.ref.start in meant
        else token
        for token in clause.tokens
    )
    return replace(clause, tokens=tokens)

"""Questions of fact: which relation, year, plot or likeness is asked of which item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set

from ccrs.core.hearing import Question, QuestionKind
from ccrs.core.item_words import plural_of
from ccrs.data.linking_names import tokenise
from ccrs.data.understanding.line import Clause
from ccrs.data.understanding.question_words import (
    ABOUT_YOU,
    ALONE,
    AVAILABLE,
    CONCEPTS,
    DENIES,
    ELSE,
    FACTS,
    HOW,
    LEAD,
    LIKE_WHICH,
    LINK,
    MEASURES,
    OF_ITEM,
    OF_MUSIC,
    OF_SHOP,
    PLOT,
    POLAR,
    SUBJECT,
    THERE_IS,
    WH,
    YEAR,
)
from ccrs.data.understanding.wish_words import ASKS, LEFT_OPEN


class Questions:
    """Reads questions of fact, with the relation names of a graph.

    A relation is asked for by its own name (*what is its country?*) or by a verb or noun that means it (*who wrote
    it?*); a graph that lacks the relation is not asked.
    """

    def __init__(self, relations: Iterable[str], *, of_films: bool = True) -> None:
        self._of_films = of_films
        words: list[tuple[str, str]] = []
        for relation in relations:
            name = " ".join(tokenise(relation)[0])
            concept = next(
                (pattern for names, pattern in CONCEPTS.values() if f" {name} " in f" {_spread(names)} "),
                None,
            )
            own = rf"{_either_spelling(name)}(?:s|es)?|{_either_spelling(plural_of(name))}" if name else ""
            pattern = "|".join(part for part in (own, concept or _deed(name)) if part)
            if pattern:
                words.append((relation, pattern))
        self._relations = [(relation, re.compile(rf"\b(?:{pattern})(?= |$)")) for relation, pattern in words]
        self.by_concept = {
            concept: relation
            for concept, (names, _) in CONCEPTS.items()
            for relation in relations
            if f" {' '.join(tokenise(relation)[0])} " in f" {_spread(names)} "
        }

    def read(
        self, clauses: Sequence[Clause], latest: Sequence[str], *, lacking: bool = False
    ) -> tuple[Question, int] | None:
        """The first question of a message and the number of its clause; ``latest`` is what an unnamed item means.

        Asked of something that the catalogue lacks (``lacking``: spoken of before), it is a question about no item.
        """
        recent = tuple(latest)
        choice = self._choice(clauses)
        if choice is not None:
            return choice
        for number, clause in enumerate(clauses):
            items = [ref for _, ref in clause.refs if ref.kind == "item"]
            meant = items[0].entities if items else recent
            if items:
                recent, lacking = items[-1].entities, not items[-1].entities
            if not meant and not lacking:
                continue
            found = self._kind(clause, named=bool(items))
            if found is not None:
                kind, relation = found
                if kind == "like_which" and len(items) > 1:
                    meant = (*items[0].entities, *items[1].entities)
                entity = self._asked_of(clause) if relation is not None or kind == "facts" else None
                return Question(kind, tuple(dict.fromkeys(meant)), relation, entity), number
        # Films are talked about in all sorts of questions; of what is sold, an unanswered one should be told so.
        return None if self._of_films else _unanswered(clauses, tuple(latest))

    def _choice(self, clauses: Sequence[Clause]) -> tuple[Question, int] | None:
        """*What brands do you have?*, *which genres are there?*: asked of no item."""
        for number, clause in enumerate(clauses):
            found = THERE_IS.match(clause.line)
            for relation, pattern in self._relations if found is not None else ():
                if found is not None and pattern.fullmatch(found[1]):
                    return Question("values", (), relation), number
        return None

    def _asked_of(self, clause: Clause) -> str | None:
        """The person or genre of a yes-or-no question (*is Tom Hanks in it?*)."""
        if not POLAR.match(clause.line):
            return None
        return next((ref.entities[0] for _, ref in clause.refs if ref.kind != "item" and ref.entities), None)

    def _kind(self, clause: Clause, *, named: bool) -> tuple[QuestionKind, str | None] | None:
        line = clause.line
        if LIKE_WHICH.search(line) or YEAR.search(line):
            return ("like_which" if LIKE_WHICH.search(line) else "year"), None
        if PLOT.search(line) and (
            clause.asks or "what" in line or "tell me" in line or len(clause.tokens) <= 3
        ):
            return ("plot", None) if "what about" not in line else None
        plain = _plain_kind(clause)
        if plain is not None:
            return plain, None
        alone = ALONE.match(line)
        for relation, pattern in self._relations if alone is not None else ():
            if alone is not None and pattern.fullmatch(alone[1]):
                return "relation", relation
        # "Does not need to have Tom Hanks in it" asks nothing, nor does "who is in it does not matter".
        states = not clause.asks and bool(DENIES.match(line) or LEFT_OPEN.search(line))
        if states or not WH.search(line) or ABOUT_YOU.search(line) or ELSE.search(line):
            return None
        found = self._relation(clause, named=named)
        measured = HOW.search(line) if found is None else None
        return found if measured is None else ("relation", MEASURES[measured[1]])

    def _relation(self, clause: Clause, *, named: bool) -> tuple[QuestionKind, str | None] | None:
        line = clause.line
        kinds = {ref.kind for _, ref in clause.refs}
        if POLAR.match(line):
            return self._polar(line, kinds, named=named)
        if re.search(r"\bwho (?:is|are|was) <p>", line):
            return None
        genre = self.by_concept.get("genre")
        if genre is not None and re.search(
            rf"\b(?:what|which) (?:genres?|kind|type|sort)(?: of (?:a )?(?:movie|one|story|genre))? (?:is|"
            rf"are|was) (?:{SUBJECT})",
            line,
        ):
            return "relation", genre
        if not named and not re.search(
            r"\b(?:it|that|this|the|its|in|directed|wrote|starred|stars|composed|who|him|her)\b", line
        ):
            return None
        for relation, pattern in self._relations_asked(line):
            if (
                relation == genre
                and re.search(r"\b(?:kind|type|sort)s? of\b", line)
                and not re.search(r"<i>", line)
            ):
                continue
            if relation == self.by_concept.get("country") and not re.search(
                r"\bcountr|where (?:was|is|were) .*\b(?:made|filmed|shot|from|set)|which country", line
            ):
                continue
            if pattern.search(line) and re.search(
                r"\b(?:who|whom|whose|what|which|where|name|list|how [a-z]+)\b", line
            ):
                if relation == self.by_concept.get("cast") and not re.search(
                    r"\bwho|cast|star|actor|actress|lead\b", line
                ):
                    continue
                return "relation", relation
        return None

    def _relations_asked(self, line: str) -> list[tuple[str, re.Pattern[str]]]:
        """The relations, that of the thing made first: *who wrote the music* asks for no writer."""
        music = self.by_concept.get("music")
        if music is None or not OF_MUSIC.search(line):
            return self._relations
        return sorted(self._relations, key=lambda pair: pair[0] != music)

    def _of_person(self, line: str, *, named: bool) -> tuple[QuestionKind, str | None] | None:
        """*Is Tom Hanks in it? Was it written by him? Is it by him?*."""
        genre, cast = self.by_concept.get("genre"), self.by_concept.get("cast")
        direction = self.by_concept.get("direction")
        for relation, pattern in self._relations:
            if relation not in (cast, genre) and pattern.search(line):
                return "relation", relation
        if direction is not None and re.search(r"\bby <p>|<p> movies?\b", line):
            return "relation", direction
        return ("relation", cast) if cast is not None and (named or " in " in line) else None

    def _polar(self, line: str, kinds: Set[str], *, named: bool) -> tuple[QuestionKind, str | None] | None:
        """*Is Tom Hanks in it? Was it directed by him? Is it scary?*."""
        genre = self.by_concept.get("genre")
        if "person" in kinds:
            return self._of_person(line, named=named)
        if kinds & {"genre"} and re.search(rf"^{LEAD}(?:is|was|are|were) {SUBJECT}", line):
            return ("relation", genre) if genre is not None else None
        if "thing" in kinds and re.search(
            rf"^{LEAD}(?:is|was|are|were|does|do|has|have|can) (?:the )?{SUBJECT}", line
        ):
            return "facts", None
        if re.search(
            rf"^{LEAD}(?:does|do|has|can) {SUBJECT} (?:also )?(?:have|come|include|need|work|use)\b", line
        ):
            return "facts", None
        series = self.by_concept.get("series")
        if series is not None and re.search(r"\b(?:series|franchise|trilogy|sequel|prequel|saga)\b", line):
            return "relation", series
        return None


def _unanswered(clauses: Sequence[Clause], latest: tuple[str, ...]) -> tuple[Question, int] | None:
    """What no rule reads though it is asked, of an item or of the shop."""
    for number, clause in enumerate(clauses):
        named = next((ref.entities for _, ref in clause.refs if ref.kind == "item"), latest)
        # "Is it possible to get something cheaper?" asks for an item.
        if any(ref.kind != "item" for _, ref in clause.refs) or ASKS.search(clause.line):
            continue
        if OF_SHOP.search(clause.line) and (clause.asks or WH.search(clause.line)):
            return Question("other", named if "<i>" in clause.line else ()), number
        if named and clause.asks and OF_ITEM.search(clause.line):
            return Question("other", named), number
    return None


def _plain_kind(clause: Clause) -> QuestionKind | None:
    """Asked whether or where an item can be had, or for anything that is known of it."""
    only_items = all(ref.kind == "item" for _, ref in clause.refs)
    if only_items and AVAILABLE.search(clause.line):
        return "available"
    if only_items and LINK.search(clause.line):
        return "link"
    return "facts" if FACTS.search(clause.line) else None


def _either_spelling(name: str) -> str:
    """A pattern of a name in British and American letters: *colour*, *color*."""
    return re.sub(r"colou?r", "colou?r", re.escape(name))


def _deed(name: str) -> str:
    """The verb of who did something: *designed*, *designs* and *design* of *designer*."""
    stem = name[:-2]
    if " " in name or not name.endswith(("er", "or")) or len(stem) < 3:
        return ""
    return rf"{stem}(?:ed|s|es)?|{stem}e[ds]?"


def _spread(names: str) -> str:
    return " ".join(names.split())

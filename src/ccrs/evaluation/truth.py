"""Truth of replies: the share of their statements about films that hold in a graph.

The judging graph must be another than the one that fills a reply's slots: a graph agrees with itself. What it cannot
judge (it does not know the film, the person, or lacks that relation for the film) is left out of the share, and told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np

from ccrs.core.errors import CcrsError
from ccrs.evaluation.genre_words import genres_of_label
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.name_spans import Names, words_of
from ccrs.evaluation.significance import Interval, interval
from ccrs.evaluation.statements import PERSON_KINDS, Statement, StatementKind, extract_statements


class FactSource(Protocol):
    """Something that knows facts about films."""

    def holds(self, film: str, kind: StatementKind, value: str) -> bool | None:
        """Whether the statement holds; None where this source cannot judge it."""
        ...


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a graph; ``value`` is a name, a graph's name of a genre, or a year in digits."""

    film: str
    kind: StatementKind
    value: str


@dataclass(frozen=True)
class FactTable:
    """Facts of films in memory: per film and kind the values, normalised.

    Everybody of a film is also among its ``person`` values. Several tables are joined by building one of all their
    facts.
    """

    values: Mapping[tuple[str, StatementKind], frozenset[str]]

    @classmethod
    def build(cls, facts: Iterable[Fact]) -> FactTable:
        """From facts in any order; genres that are none of ``GENRES`` and empty names are left out."""
        values: dict[tuple[str, StatementKind], set[str]] = {}
        for fact in facts:
            if fact.kind == "genre":
                values.setdefault((fact.film, "genre"), set()).update(genres_of_label(fact.value))
            elif fact.kind == "year":
                values.setdefault((fact.film, "year"), set()).add(fact.value)
            elif name := normalised_name(fact.value):
                values.setdefault((fact.film, fact.kind), set()).add(name)
                values.setdefault((fact.film, "person"), set()).add(name)
        return cls({key: frozenset(found) for key, found in values.items() if found})

    def holds(self, film: str, kind: StatementKind, value: str) -> bool | None:
        """Whether the statement holds: None without a value of that kind for the film, or for somebody unknown.

        A genre is false only if the film has genres and this is not among them; one that no film of the table has
        cannot be judged. A decade holds if the year lies in it.
        """
        known = self.values.get((film, kind))
        if known is None:
            return None
        if kind == "year":
            return any(year.startswith(value[:3]) if value.endswith("s") else year == value for year in known)
        if kind == "genre":
            return value in known if value in self.genres else None
        name = normalised_name(value)
        return name in known if name in self.people else None

    @cached_property
    def people(self) -> frozenset[str]:
        """The normalised names of everybody in the table."""
        return self._all("person")

    @cached_property
    def genres(self) -> frozenset[str]:
        """The genres that some film has."""
        return self._all("genre")

    @cached_property
    def num_films(self) -> int:
        """How many films have a fact other than their year."""
        return len({film for film, kind in self.values if kind != "year"})

    def _all(self, wanted: StatementKind) -> frozenset[str]:
        """All values of one kind."""
        return frozenset().union(*(found for (_, kind), found in self.values.items() if kind == wanted))


@dataclass(frozen=True, slots=True)
class JudgedStatement:
    """A statement of reply number ``reply`` and whether it holds (None: could not be judged)."""

    reply: int
    statement: Statement
    holds: bool | None


@dataclass(frozen=True)
class KindCounts:
    """Statements of one kind: all, those that could be judged, and those that hold."""

    num_statements: int
    num_judged: int
    num_true: int


@dataclass(frozen=True)
class TruthFigures:
    """Truth of a set of replies.

    ``truth`` is ``num_true / num_judged`` with its interval by user; None where nothing could be judged. The rate
    of statements counts only those in replies that name an item.
    """

    num_replies: int
    num_item_replies: int
    num_statements: int
    num_in_item_replies: int
    num_judged: int
    num_true: int
    truth: Interval | None
    by_kind: Mapping[str, KindCounts]

    @property
    def judged_share(self) -> float:
        """The share of the statements that could be judged; 0 without statements."""
        return self.num_judged / max(self.num_statements, 1)

    @property
    def per_100_item_replies(self) -> float:
        """Statements per 100 replies that name an item; 0 without such replies."""
        return 100.0 * self.num_in_item_replies / max(self.num_item_replies, 1)


@lru_cache(maxsize=65536)  # a graph names its people many times
def normalised_name(name: str) -> str:
    """A person's name without case, accents, punctuation and a final *Jr* or *Sr*."""
    words = words_of(name)
    return " ".join(words[:-1] if len(words) > 2 and words[-1] in ("jr", "sr") else words)


def judge_statements(
    replies: Sequence[JudgedReply],
    names: Names,
    source: FactSource,
    discussed: Sequence[str | None] | None = None,
) -> list[JudgedStatement]:
    """Every statement in the final texts of ``replies``, judged by ``source``.

    ``discussed`` gives for each reply the film last named before it, by id of ``names``. Raises ``CcrsError``
    when it has another length.
    """
    if discussed is not None and len(discussed) != len(replies):
        raise CcrsError(
            f"{len(discussed)} discussed films, {len(replies)} replies. Give one (or None) a reply."
        )
    judged = []
    for number, reply in enumerate(replies):
        film = discussed[number] if discussed is not None else None
        for statement in extract_statements(reply.reply, names, film):
            verdict = source.holds(statement.film, statement.kind, statement.value)
            judged.append(JudgedStatement(number, statement, verdict))
    return judged


def truth_figures(
    replies: Sequence[JudgedReply], judged: Sequence[JudgedStatement], *, seed: int = 0
) -> TruthFigures:
    """The figures of ``judge_statements``; the interval resamples users with ``seed``."""
    has_item = [bool(reply.items) for reply in replies]
    known = [row for row in judged if row.holds is not None]
    order = {user: number for number, user in enumerate(dict.fromkeys(reply.user for reply in replies))}
    users = np.array([order[replies[row.reply].user] for row in known], dtype=np.int64)
    holds = np.array([float(bool(row.holds)) for row in known])
    return TruthFigures(
        num_replies=len(replies),
        num_item_replies=sum(has_item),
        num_statements=len(judged),
        num_in_item_replies=sum(has_item[row.reply] for row in judged),
        num_judged=len(known),
        num_true=int(holds.sum()),
        truth=interval(holds, users, seed=seed) if known else None,
        by_kind=_by_kind(judged),
    )


def _by_kind(judged: Sequence[JudgedStatement]) -> dict[str, KindCounts]:
    """Counts of each kind that occurs."""
    every = Counter(row.statement.kind for row in judged)
    known = Counter(row.statement.kind for row in judged if row.holds is not None)
    true = Counter(row.statement.kind for row in judged if row.holds)
    kinds: tuple[StatementKind, ...] = (*PERSON_KINDS, "genre", "year")
    return {kind: KindCounts(every[kind], known[kind], true[kind]) for kind in kinds if every[kind]}

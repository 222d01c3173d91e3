"""The hard constraints in force after a message: earlier ones kept, replaced, narrowed or let go."""

from __future__ import annotations

from collections.abc import Sequence

from ccrs.core.hearing import Constraints
from ccrs.data.understanding.line import Clause
from ccrs.data.understanding.wishes import Wishes, tastes_in, unique
from ccrs.data.understanding.world import World
from ccrs.data.understanding.years import Span, Years


class Filters:
    """Turns wishes into constraints.

    A new genre or theme replaces the wanted ones, a new person the wanted persons, a new span of years the old span;
    what is added (*also*, *with some romance*, *more romantic*) narrows instead. *No horror* adds up. What is wanted
    is no longer unwanted, and the other way round. *Anything is fine* lets all go, *surprise me* all but what is not
    wanted, *any year*, *never mind the genre* and *forget about horror* just that.
    """

    def __init__(self, world: World) -> None:
        years = world.years
        self._world, self._kinds, self._years = world, world.kinds, years
        self._reader = Years(max(years.values(), default=2020), min(years.values(), default=1900))
        self._decades = {
            int(entity.name[:4]): entity.id
            for entity in world.catalogue.entities
            if entity.type == "decade" and entity.name[:4].isdigit()
        }

    def after(
        self,
        before: Constraints,
        clauses: Sequence[Clause],
        wishes: Wishes,
        shown: Sequence[str],
        *,
        taste_is_wish: bool,
        in_vain: bool = False,
    ) -> Constraints:
        """The constraints after a message whose words asked for ``wishes``.

        ``in_vain``: nothing fitted the ones before. Who then asks again for a part of them lets the rest go.
        """
        wanted, unwanted = list(before.wanted), list(before.unwanted)
        span = Span(before.year_from, before.year_to)
        if wishes.anything:
            wanted, unwanted, span = [], [], Span()
        elif wishes.surprise:
            wanted, span = [], Span()
        if wishes.any_genre:
            wanted = [name for name in wanted if self._kinds.get(name) == "person"]
        if wishes.any_person:
            wanted = [name for name in wanted if self._kinds.get(name) != "person"]
        if wishes.any_year:
            span = Span()
            unwanted = [name for name in unwanted if name not in self._decades.values()]
        released = set(wishes.released)
        wanted = [name for name in wanted if name not in released]
        unwanted = [name for name in unwanted if name not in released]
        new = list(wishes.wanted)
        if taste_is_wish:
            new += [name for name in wishes.tastes if self._hard_taste(name, wishes)]
        new = [name for name in unique(new) if name not in wishes.unwanted and name not in wishes.dislikes]
        if in_vain and new and set(new) <= set(before.wanted):
            wanted, span = new, Span()
        wanted = self._merged(wanted, new, wishes, in_vain=in_vain)
        denied = unique([*wishes.unwanted, *wishes.dislikes, *wishes.barred])
        wanted = [name for name in wanted if name not in denied]
        unwanted = [name for name in unwanted if name not in new and name not in wishes.tastes]
        spans, excluded = self._spans(clauses, shown, taste_is_wish=taste_is_wish)
        if spans and not wishes.any_year:
            span = _joined(spans)
        barred = [self._decades[decade] for decade in excluded if decade in self._decades]
        return Constraints(
            unique(wanted),
            unique([*unwanted, *denied, *barred]),
            span.year_from,
            span.year_to,
            any_of=self._choices(before, wishes, new, denied),
        )

    def _choices(
        self, before: Constraints, wishes: Wishes, new: Sequence[str], denied: Sequence[str]
    ) -> tuple[tuple[str, ...], ...]:
        """The alternatives in force; new ones, or a plain wish of their type, take the place of old ones.

        Films are chosen by taste: there alternatives are liked and no filter.
        """
        if self._world.words.are_films or wishes.anything or wishes.surprise:
            return ()
        chosen = tuple(name for name in unique(wishes.alternatives) if name not in denied)
        if len(chosen) > 1:
            return (chosen,)
        replaced = {self._group(name) for name in new}
        return tuple(
            group
            for group in before.any_of
            if self._group(group[0]) not in replaced and not set(group) & {*denied, *wishes.released}
        )

    def _hard_taste(self, name: str, wishes: Wishes) -> bool:
        """Whether a taste is a filter: a single genre is, and so is a single person; lists are tastes only."""
        same = [other for other in unique(wishes.tastes) if self._kinds.get(other) == self._kinds.get(name)]
        return len(same) == 1 or name in wishes.joined

    def _merged(self, wanted: list[str], new: Sequence[str], wishes: Wishes, *, in_vain: bool) -> list[str]:
        """The wanted ids with new ones added, or in place of old ones of their kind.

        To what nothing fitted, nothing is added.
        """
        if not new:
            return wanted
        if wishes.adds and not wishes.replaces and not in_vain:
            return [*wanted, *new]
        kinds = {self._group(name) for name in new}
        if wishes.adjectives and not wishes.replaces and "kind" in kinds:
            wanted = [name for name in wanted if self._kinds.get(name) != "genre"]
            kinds.discard("kind")
        return [*(name for name in wanted if self._group(name) not in kinds), *new]

    def _group(self, name: str) -> str:
        """Persons stand beside genres; genres and themes in place of each other.

        Of other things than films, what is of one type stands in place of each other: a colour beside a material.
        """
        if not self._world.words.are_films:
            return self._world.type_of(name)
        return "person" if self._kinds.get(name) == "person" else "kind"

    def _spans(
        self, clauses: Sequence[Clause], shown: Sequence[str], *, taste_is_wish: bool
    ) -> tuple[list[Span], tuple[int, ...]]:
        """The spans of years asked for, and decades not wanted."""
        spans: list[Span] = []
        excluded: list[int] = []
        years = [self._years[item] for item in shown if item in self._years]
        earlier: list[str] = []
        for clause in clauses:
            named = [name for _, ref in clause.refs if ref.kind == "item" for name in ref.entities]
            compared = (
                [self._years[name] for name in named if name in self._years]
                if " than <i>" in clause.line
                else []
            )
            if clause.opener == "but" and not named:
                compared = [self._years[name] for name in earlier if name in self._years]
            earlier = named or earlier
            span = self._reader.read(clause, years, compared)
            if span is None or (tastes_in(clause) and not taste_is_wish):
                continue
            if named and not compared and not _asks_beside(clause.line):
                continue
            if span.excluded:
                excluded += span.excluded
            else:
                spans.append(span)
        return spans, tuple(excluded)


def _asks_beside(line: str) -> bool:
    """Whether a clause that names an item asks for others: *like Heat but newer*, *something newer than that*."""
    words = set(line.split())
    return bool(
        words
        & {"something", "anything", "any", "newer", "older", "like", "more", "recent", "similar", "from"}
    ) and not bool(words & {"seen", "saw", "watched", "is", "was"})


def _joined(spans: Sequence[Span]) -> Span:
    """Bounds of one message together: *after 1990 but before 2000*; of two full spans the widest."""
    lows = [span.year_from for span in spans]
    highs = [span.year_to for span in spans]
    known_low = [low for low in lows if low is not None]
    known_high = [high for high in highs if high is not None]
    if len(spans) > 1 and all(low is not None for low in lows) and all(high is not None for high in highs):
        return Span(min(known_low), max(known_high))
    low, high = max(known_low, default=None), min(known_high, default=None)
    if low is not None and high is not None and low > high:
        return spans[-1]
    return Span(low, high)

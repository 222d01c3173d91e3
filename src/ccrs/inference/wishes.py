"""The hard constraints that hold for a turn: those of the dialogue, of the person, and of the request."""

from __future__ import annotations

from ccrs.core.graph import Catalogue
from ccrs.core.hearing import Constraints, NumberRange
from ccrs.inference.interactions import Opinions, disliked_of


class Wishes:
    """Puts constraints together and tells them, over one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def in_force(self, said: Constraints, opinions: Opinions, filters: Constraints) -> Constraints:
        """What was ``said`` in the dialogue, what is never wanted by the person's ``opinions``, and ``filters``."""
        index, num_items = self.catalogue.index, self.catalogue.num_items
        never = sorted(entity for entity in disliked_of(opinions) if index.get(entity, 0) >= num_items)
        wanted = dict.fromkeys((*said.wanted, *filters.wanted))
        starts = [year for year in (said.year_from, filters.year_from) if year is not None]
        ends = [year for year in (said.year_to, filters.year_to) if year is not None]
        unwanted = dict.fromkeys((*said.unwanted, *filters.unwanted, *never))
        return Constraints(
            wanted=tuple(wanted),
            # Who asks for horror now gets it, whatever he said of it once.
            unwanted=tuple(e for e in unwanted if e not in wanted or e in filters.unwanted),
            year_from=max(starts, default=None),
            year_to=min(ends, default=None),
            numbers=(*said.numbers, *filters.numbers),
            any_of=(*said.any_of, *filters.any_of),
        )

    def told(self, constraints: Constraints) -> list[str]:
        """Constraints in words, one each."""
        words = [self._name(entity) for entity in constraints.wanted]
        words += [" or ".join(self._name(entity) for entity in group) for group in constraints.any_of]
        words += [f"not {self._name(entity)}" for entity in constraints.unwanted]
        first, last = constraints.year_from, constraints.year_to
        if first is not None and last is not None:
            words.append(f"from {first}" if first == last else f"from {first} to {last}")
        elif first is not None:
            words.append(f"from {first} or later")
        elif last is not None:
            words.append(f"from {last} or earlier")
        words += [_told(one) for one in constraints.numbers]
        return words

    def _name(self, entity: str) -> str:
        place = self.catalogue.index.get(entity)
        return entity if place is None else self.catalogue.entities[place].title


def _told(one: NumberRange) -> str:
    """A range in words: *price at most 30*."""
    low, high = (None if bound is None else f"{bound:.10g}" for bound in (one.low, one.high))
    if low is not None and high is not None:
        return f"{one.name} {low}" if low == high else f"{one.name} {low} to {high}"
    return f"{one.name} at least {low}" if high is None else f"{one.name} at most {high}"

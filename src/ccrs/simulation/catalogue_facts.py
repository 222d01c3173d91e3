"""What a catalogue says of its items, as a simulated shop needs it: values, groups, likes, neighbours."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ccrs.core.graph import Catalogue, Triple
from ccrs.simulation.catalogue_words import MAX_RELATION, RelationWords, is_speakable, spoken
from ccrs.simulation.pivots import Fan, Pivot
from ccrs.simulation.templates import STYLES, Style

FloatArray = npt.NDArray[np.float64]
Fact = tuple[str, str]
"""A relation and the entity id of a value."""
Wish = tuple[Fact, ...]
"""One or two facts that the wanted item has."""
_TRIES = 30
_FEW_FOLLOWED = 12
_MAX_STYLE_VALUES = 24


@dataclass(frozen=True)
class CatalogueFacts:
    """The facts of a catalogue that people may speak of.

    ``popularity`` has the shape (items,), adds up to 1 and is 0 nowhere. ``values`` gives the facts of each item
    (index), ``groups`` the items that a fact holds for, the best known first. Values whose names nobody would say are
    left out, and so are facts about the same value by two relations: it would not be clear which is meant.
    """

    catalogue: Catalogue
    popularity: FloatArray
    words: Mapping[str, RelationWords]
    values: Mapping[int, tuple[Fact, ...]]
    groups: Mapping[Fact, tuple[int, ...]]
    shared: frozenset[str]  # relations with values that several items have
    _groups: dict[Wish, tuple[tuple[int, ...], FloatArray]] = field(default_factory=dict)
    _latest: dict[Wish, tuple[tuple[int, ...], FloatArray]] = field(default_factory=dict)

    @classmethod
    def of(cls, catalogue: Catalogue, triples: Sequence[Triple], popularity: FloatArray) -> CatalogueFacts:
        """The facts in ``triples`` whose head is an item and whose tail is none."""
        index, num_items = catalogue.index, catalogue.num_items
        said = {entity.id for entity in catalogue.entities if is_speakable(spoken(entity.name))}
        found: dict[tuple[int, str], dict[str, None]] = defaultdict(dict)
        people: Counter[str] = Counter()
        uses: Counter[str] = Counter()
        for triple in triples:
            head, tail = index[triple.head], index[triple.tail]
            if head < num_items <= tail and triple.tail in said:
                found[head, triple.tail][triple.relation] = None
                uses[triple.relation] += 1
                people[triple.relation] += catalogue.entities[tail].type == "person"
        words = {
            relation: RelationWords.of(relation, of_people=2 * people[relation] > count)
            for relation, count in uses.items()
            if is_speakable(spoken(relation), MAX_RELATION)
        }
        values: dict[int, list[Fact]] = defaultdict(list)
        groups: dict[Fact, list[int]] = defaultdict(list)
        for (head, value), relations in found.items():
            relation = next(iter(relations))
            if len(relations) == 1 and relation in words:
                values[head].append((relation, value))
                groups[relation, value].append(head)
        rank = np.empty(num_items, np.int64)
        rank[np.argsort(-popularity, kind="stable")] = np.arange(num_items)
        ranks: list[int] = rank.tolist()
        return cls(
            catalogue,
            popularity,
            words,
            {item: tuple(facts) for item, facts in values.items()},
            {fact: tuple(sorted(items, key=ranks.__getitem__)) for fact, items in groups.items()},
            frozenset(relation for (relation, _), items in groups.items() if len(items) > 1),
        )

    def draw(self, rng: np.random.Generator, facts: Wish, known: Set[int]) -> int | None:
        """An item that has all of the facts and is not ``known``, by popularity; None where there is none."""
        group, weights = self._group(facts)
        for _ in range(_TRIES if group else 0):
            item = group[place(rng, weights)]
            if item not in known:
                return item
        left = [item for item in group if item not in known]
        return left[int(rng.integers(len(left)))] if left else None

    def is_left(self, facts: Wish, known: Set[int]) -> bool:
        """Whether an item that is not ``known`` has all of the facts."""
        return any(item not in known for item in self._group(facts)[0])

    def _group(self, facts: Wish) -> tuple[tuple[int, ...], FloatArray]:
        """The items that have all of the facts, and their popularity summed up; kept for single facts."""
        found = self._groups.get(facts) or self._latest.get(facts)
        if found is None:
            first, *others = sorted((self.groups[fact] for fact in facts), key=len)
            both = set(first).intersection(*others)
            group = tuple(item for item in first if item in both)
            found = group, np.cumsum(self.popularity[list(group)])
            if others:
                self._latest.clear()  # asked for several times in a row, seldom ever again
            (self._latest if others else self._groups)[facts] = found
        return found

    def followed(self, max_share: float) -> dict[str, list[str]]:
        """The values of each relation that people follow: not of one item only, nor of half the shop; largest first.

        Relations without any are left out.
        """
        most = max(_FEW_FOLLOWED, max_share * self.catalogue.num_items)
        found: dict[str, list[str]] = defaultdict(list)
        for relation, value in sorted(self.groups, key=lambda fact: (-len(self.groups[fact]), fact)):
            if 2 <= len(self.groups[relation, value]) <= most:
                found[relation].append(value)
        return dict(found)

    def pivot(self, item: int, followed: Collection[Fact], fan_size: int) -> Pivot | None:
        """The item with the best-known others that share a followed value, the rarest one of each relation."""
        rarest: dict[str, Fact] = {}
        for fact in self.values.get(item, ()):
            if fact in followed:
                before = rarest.setdefault(fact[0], fact)
                if len(self.groups[fact]) < len(self.groups[before]):
                    rarest[fact[0]] = fact
        fans = {}
        for relation, fact in rarest.items():
            others = [other for other in self.groups[fact][: fan_size + 1] if other != item][:fan_size]
            fans[relation] = Fan(fact[1], tuple(others))
        return Pivot(item, fans) if fans else None

    def styles(self) -> dict[Fact, Style]:
        """Which style each value of one relation is spoken of in; empty where no relation is fit for it.

        Fit is a relation with few values that most items have: the best filled one, then the one with fewest values.
        Styles get about equally many items.
        """
        sizes: dict[str, dict[Fact, int]] = defaultdict(dict)
        for fact, items in self.groups.items():
            sizes[fact[0]][fact] = len(items)
        num_items = self.catalogue.num_items
        fit = {
            relation: counts
            for relation, counts in sizes.items()
            if 2 <= len(counts) <= _MAX_STYLE_VALUES and sum(counts.values()) >= num_items / 2
        }
        if not fit:
            return {}
        chosen = min(
            fit.items(), key=lambda pair: (-min(sum(pair[1].values()), num_items), len(pair[1]), pair[0])
        )[1]
        load: dict[Style, int] = dict.fromkeys(STYLES, 0)
        result: dict[Fact, Style] = {}
        for fact, size in sorted(chosen.items(), key=lambda pair: (-pair[1], pair[0])):
            style = min(STYLES, key=load.__getitem__)
            result[fact] = style
            load[style] += size
        return result


def place(rng: np.random.Generator, cumulated: FloatArray) -> int:
    """A place of (places,) drawn by weights that are summed up to each."""
    place = int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right"))
    return min(place, len(cumulated) - 1)

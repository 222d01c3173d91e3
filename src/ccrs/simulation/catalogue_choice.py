"""What the people of a simulated shop name, wish for and are offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue
from ccrs.simulation.catalogue_config import CatalogueSimulationConfig
from ccrs.simulation.catalogue_facts import CatalogueFacts, Fact, FloatArray, Wish, place
from ccrs.simulation.catalogue_talk import Offer
from ccrs.simulation.choice import ChoiceConfig, ChoiceModel
from ccrs.simulation.pivots import Pivot
from ccrs.simulation.users import SimulatedUser

_POPULARITY_OFFSET = 10  # Zipf-Mandelbrot: flattens the head, so that no item is known to everyone
_SPREAD = 0.1  # of the popularity goes to all items, or those that nobody bought yet were never recommended
_TRIES = 50
_CANDIDATES = 15  # items that meet a wish, among which one with a favourite value is taken first
_SHARED_WISHES = 0.95  # of wishes name a value that several items have


@dataclass
class Memory:
    """Items (indices) that a person knows, and those of the dialogue under way."""

    known: set[int] = field(default_factory=set)
    here: set[int] = field(default_factory=set)

    def add(self, item: int) -> None:
        """An item was named."""
        self.known.add(item)
        self.here.add(item)

    def is_full(self, num_items: int) -> bool:
        """Whether nothing is left to offer; what was talked of long ago may come again in a small shop."""
        if len(self.known) >= num_items:
            self.known = set(self.here)
        return len(self.known) >= num_items


class CatalogueChooser:
    """Draws what is named, wished for and offered; the same for the same random stream."""

    def __init__(
        self, facts: CatalogueFacts, config: CatalogueSimulationConfig, rng: np.random.Generator
    ) -> None:
        self.facts, self._config, self._rng = facts, config, rng
        self.num_items = facts.catalogue.num_items
        followed = facts.followed(config.max_share)
        self.num_favourites = min(config.num_favourites, max(map(len, followed.values()), default=0))
        """Of a user: as many as some relation has, where that is fewer than wanted."""
        followed = {name: values for name, values in followed.items() if len(values) >= self.num_favourites}
        self._followed_facts = frozenset(
            (name, value) for name, values in followed.items() for value in values
        )
        self.favourites = {name: values[: config.num_values] for name, values in followed.items()}
        """What people may follow, by relation."""
        pairs = [(name, value) for name, values in self.favourites.items() for value in values]
        groups = {fact: facts.groups[fact][: config.group_size] for fact in pairs}
        choice = config.choice if pairs else ChoiceConfig(popularity=1, favourite=0)
        self._pivots: dict[int, Pivot] = {}  # those of the model, filled when an item is named
        self._model = ChoiceModel(choice, facts.popularity, self._pivots, groups)
        self._familiar = np.cumsum(np.sqrt(facts.popularity))  # how often each item is named, summed up

    def name(self, memory: Memory, barred: int | None = None) -> int:
        """An item to name, not ``barred``: new to the user and like others, if there is such."""
        found = None
        for _ in range(_TRIES):
            item = place(self._rng, self._familiar)
            if item in memory.known or item == barred:
                continue
            found = item
            if self._has_neighbours(item):
                break
        if found is None:
            left = [item for item in range(self.num_items) if item not in memory.here and item != barred]
            found = left[int(self._rng.integers(len(left)))]
            self._has_neighbours(found)
        memory.add(found)
        return found

    def wish(self, user: SimulatedUser, memory: Memory) -> tuple[Wish, int | None]:
        """One or two facts and an item, new to the user, that they hold for; nothing where no item has facts."""
        item, fact = None, None
        if user.favourites and self._rng.random() < self._config.favourite_wish_share:
            fact = (user.preferred, user.favourites[int(self._rng.integers(len(user.favourites)))])
            item = self.facts.draw(self._rng, (fact,), memory.known)
        for _ in range(_TRIES):
            if item is not None:
                break
            drawn = place(self._rng, self._model.cumulated_popularity)
            fact = self.some_fact(drawn, wished=True)
            item = drawn if fact is not None and drawn not in memory.known else None
        if item is None or fact is None:
            return (), None
        if self._rng.random() < self._config.pair_share:
            second = self.some_fact(item, wished=True, beside=fact[0])
            return ((fact,) if second is None else (fact, second)), item
        return (fact,), item

    def some_fact(self, item: int, *, wished: bool = False, beside: str | None = None) -> Fact | None:
        """A fact of the item, a relation drawn first; not by the relation ``beside``.

        Relations whose values name one item each (article numbers) are seldom ``wished`` for.
        """
        by_relation: dict[str, list[Fact]] = {}
        for fact in self.facts.values.get(item, ()):
            if fact[0] != beside:
                by_relation.setdefault(fact[0], []).append(fact)
        relations = list(by_relation)
        if wished and self._rng.random() < _SHARED_WISHES:
            relations = [relation for relation in by_relation if relation in self.facts.shared] or relations
        if not relations:
            return None
        values = by_relation[relations[int(self._rng.integers(len(relations)))]]
        return values[int(self._rng.integers(len(values)))]

    def is_left(self, wish: Wish, memory: Memory) -> bool:
        """Whether an item that the user does not know meets the wish."""
        return not wish or self.facts.is_left(wish, memory.known)

    def offer(
        self, user: SimulatedUser, named: Sequence[Sequence[int]], wish: Wish, memory: Memory
    ) -> Offer | None:
        """What is recommended after the items ``named`` by message; None where nothing is left."""
        if memory.is_full(self.num_items):
            return None
        favourites = [(user.preferred, value) for value in user.favourites]
        if wish:
            item = self._meeting(wish, set(favourites), memory)
            return None if item is None else Offer(item, wish[0][0], wish)
        followable = [[item for item in group if item in self._pivots] for group in named]
        choice = self._model.choose(self._rng, user.preferences, favourites, followable, memory.known)
        fact = None
        if choice.pivot is not None and choice.relation is not None:
            fact = (choice.relation, self._pivots[choice.pivot].fans[choice.relation].value)
        elif choice.relation is not None:
            held = set(self.facts.values.get(choice.film, ()))
            fact = next((favourite for favourite in favourites if favourite in held), None)
        return Offer(choice.film, choice.relation, () if fact is None else (fact,))

    def _meeting(self, wish: Wish, favourites: set[Fact], memory: Memory) -> int | None:
        """An item that has all that is wished; of a few drawn, the first with a favourite value of the user."""
        first = None
        for _ in range(_CANDIDATES):
            item = self.facts.draw(self._rng, wish, memory.known)
            first = item if first is None else first
            if item is None or not favourites.isdisjoint(set(self.facts.values[item]) - set(wish)):
                return item
        return first

    def _has_neighbours(self, item: int) -> bool:
        """Whether others share a followed value with the item; the model of choice knows them from now on."""
        if item not in self._pivots:
            pivot = self.facts.pivot(item, self._followed_facts, self._config.fan_size)
            if pivot is not None:
                self._pivots[item] = pivot
        return item in self._pivots


def popularity_of(
    catalogue: Catalogue, given: Mapping[str, float] | None, rng: np.random.Generator
) -> FloatArray:
    """The popularity of each item, (items,), adding up to 1 and 0 nowhere.

    Raises ``DataError`` when a ``given`` one (by item id) is no finite number of 0 or more.
    """
    drawn = 1 / (_POPULARITY_OFFSET + rng.permutation(catalogue.num_items).astype(np.float64))
    drawn = np.asarray(drawn / drawn.sum())
    counts = np.array([float((given or {}).get(item.id, 0.0)) for item in catalogue.items])
    bad = np.flatnonzero(~(np.isfinite(counts) & (counts >= 0)))
    if len(bad):
        item = catalogue.entities[int(bad[0])]
        raise DataError(
            f"The popularity of {item.id!r} is {counts[bad[0]]}. Give a finite number of 0 or more."
        )
    highest = counts.max()
    if highest == 0:
        return drawn
    scaled = counts / highest  # sums of huge counts would be infinite
    return np.asarray((1 - _SPREAD) * scaled / scaled.sum() + _SPREAD * drawn)

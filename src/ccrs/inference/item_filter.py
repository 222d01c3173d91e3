"""Hard constraints as masks over the items of a catalogue."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ccrs.core.graph import Catalogue, Triple
from ccrs.core.hearing import Constraints

Numbers = Mapping[str, Mapping[str, float]]


class ItemFilter:
    """Tells which items fulfil constraints.

    An item is linked to an entity when a triple joins the two, in any relation and either direction. ``numbers`` are
    those of the items, by id and name.
    """

    def __init__(
        self, catalogue: Catalogue, triples: Sequence[Triple], numbers: Numbers | None = None
    ) -> None:
        self.catalogue = catalogue
        linked: dict[int, set[int]] = defaultdict(set)
        for triple in triples:
            head, tail = catalogue.index[triple.head], catalogue.index[triple.tail]
            if head < catalogue.num_items:
                linked[tail].add(head)
            if tail < catalogue.num_items:
                linked[head].add(tail)
        self._linked = {entity: torch.tensor(sorted(items)) for entity, items in linked.items()}
        years = [item.year if item.year is not None else 0 for item in catalogue.items]
        self._years = torch.from_numpy(np.array(years, np.int64))  # 0: not known
        names = {name for found in (numbers or {}).values() for name in found}
        self._numbers = {
            name: torch.tensor(
                [(numbers or {}).get(i.id, {}).get(name, math.nan) for i in catalogue.items],
                dtype=torch.float64,
            )
            for name in names
        }

    def allowed(self, constraints: Constraints, without: Iterable[int] = ()) -> Tensor:
        """True for the items that fulfil ``constraints`` and are not among ``without`` (items): (items,).

        Entities that the catalogue does not have are linked to nothing. Without a known year an item fulfils no
        constraint on years, without a number none on that.
        """
        mask = torch.ones(self.catalogue.num_items, dtype=torch.bool)
        for name in constraints.wanted:
            mask &= self._links(name)
        for group in constraints.any_of:
            mask &= torch.stack([self._links(name) for name in group]).any(dim=0)
        for name in constraints.unwanted:
            mask &= ~self._links(name)
            entity = self.catalogue.index.get(name, self.catalogue.num_items)
            if entity < self.catalogue.num_items:
                mask[entity] = False
        if constraints.year_from is not None:
            mask &= self._years >= constraints.year_from
        if constraints.year_to is not None:
            mask &= (self._years <= constraints.year_to) & (self._years > 0)
        for one in constraints.numbers:
            values = self._numbers.get(one.name, torch.full_like(mask, math.nan, dtype=torch.float64))
            # What is not known fulfils no bound: a comparison with NaN is False.
            mask &= values >= (-math.inf if one.low is None else one.low)
            mask &= values <= (math.inf if one.high is None else one.high)
        barred = [item for item in without if item < self.catalogue.num_items]
        mask[barred] = False
        return mask

    def extreme(self, allowed: Tensor, name: str, least: bool) -> Tensor:
        """Of the ``allowed`` items (items,) those with the least (or else the most) of a number: (items,).

        None where none of them has it.
        """
        values = self._numbers.get(name, torch.full(allowed.shape, math.nan, dtype=torch.float64))
        known = allowed & ~values.isnan()
        if not bool(known.any()):
            return known
        best = values[known].min() if least else values[known].max()
        return known & (values == best)

    def _links(self, name: str) -> Tensor:
        mask = torch.zeros(self.catalogue.num_items, dtype=torch.bool)
        items = self._linked.get(self.catalogue.index.get(name, -1))
        if items is not None:
            mask[items] = True
        return mask

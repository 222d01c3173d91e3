"""The best items of a catalogue of any size: candidates by the plain score, then exact scores of these.

The plain score of item i is ``p · E_i + b_i``. What else counts (a user's adaptation, co-occurrence, history) changes
few items much and all others by a bounded little (``support_reach``): the few are named in ``ItemQuery.always``, and
``ItemQuery.lift`` bounds the little. Candidates are the best by plain score and those named; the caller scores them
exactly. When the k-th of them beats what any other item could reach, nothing was missed.

Up to ``exact_up_to`` items the plain scores of all are computed, and the result is exact. Above, ``item_lists`` (the
optional faiss) finds most of the best ones in a fraction of the time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from pydantic import Field
from torch import Tensor

from ccrs.core.config import StrictConfig
from ccrs.core.samples import BoolArray
from ccrs.models.item_lists import Best, ItemLists, ScoredItems, build_lists
from ccrs.models.item_query import FoundItems, ItemQuery, Rescore

__all__ = ["FoundItems", "IndexConfig", "ItemIndex", "ItemQuery", "Rescore"]

_WIDENING = 4
_ROUNDING = 1e-5
"""By which share of |p| · max |E_i| two computations of one score may differ."""


class IndexConfig(StrictConfig):
    """When and how a catalogue is searched by lists."""

    exact_up_to: int = Field(100_000, ge=0)
    """Catalogues of so many items are searched exactly."""
    num_lists: int | None = Field(None, ge=1)
    """None: the power of two nearest to the root of the number of items."""
    share: float = Field(0.125, gt=0, le=1)
    """Of the lists that are read."""
    spare: int = Field(100, ge=0)
    """Candidates beyond the k wanted, since the exact scores reorder them."""
    rounds: int = Field(3, ge=1)
    """How often the candidates are widened, to four times as many, when others could still be better."""
    narrow: float = Field(0.05, ge=0, le=1)
    """A filter that leaves a smaller share of the items than this has its items searched exactly."""
    seed: int = 0


class ItemIndex:
    """Searches ``table`` (items, d) with ``bias`` (items,); both are kept, not copied, and must not be altered.

    Building takes seconds above ``exact_up_to`` items, and raises ``ConfigError`` there without faiss. May be used
    from any thread: a changed catalogue is another index (``with_catalogue``).
    """

    def __init__(self, table: Tensor, bias: Tensor, config: IndexConfig | None = None) -> None:
        self.config = config or IndexConfig()
        self._set(table, bias)
        self._ids: Tensor | None = None
        self._tail = torch.zeros(0, dtype=torch.long)
        self._lists: ItemLists | None = None
        if len(table) > self.config.exact_up_to:
            self._lists = build_lists(self.table, self.bias, self._num_lists(), self.config.seed)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def is_exact(self) -> bool:
        """Whether every search computes the plain scores of all items."""
        return self._lists is None

    @property
    def num_bytes(self) -> int:
        """What the index takes beside the table."""
        return 0 if self._lists is None else self._lists.num_bytes

    @property
    def staleness(self) -> float:
        """Share of the items that changed since the lists were built; above some percent, build another index."""
        if self._lists is None or not len(self):
            return 0.0
        gone = 0 if self._ids is None else int((self._ids < 0).sum())
        return max(len(self._tail), gone) / len(self)

    def with_catalogue(
        self, table: Tensor, bias: Tensor, *, changed: Tensor, places: Tensor | None = None
    ) -> ItemIndex:
        """An index of another catalogue that shares the lists of this one; quick.

        ``places`` (items of this index) are the ids that items have now, -1 where gone; None: they keep theirs.
        ``changed`` are the ids of items whose row or bias is another; items that nothing is moved to are new. Both
        are searched exactly, so they should be few (``staleness``).
        """
        if places is None:
            places = torch.arange(len(self))
            places[len(table) :] = -1
        if len(places) != len(self):
            raise ValueError(f"There are {len(places)} places for {len(self)} items. Give one of each item.")
        other = object.__new__(ItemIndex)
        other.config, other._lists = self.config, self._lists
        other._set(table, bias)
        other._ids, other._tail = None, self._tail
        if self._lists is None:
            return other
        before = torch.arange(self._lists.num_items) if self._ids is None else self._ids
        ids = torch.where(before >= 0, places[before.clamp(min=0)], -1)
        known = torch.zeros(len(table) + 1, dtype=torch.bool)  # the last stands for -1
        known[ids] = True
        known[changed] = False
        ids[~known[ids] | (ids < 0)] = -1
        other._ids, other._tail = ids, (~known[:-1]).nonzero()[:, 0]
        return other

    def search(
        self, queries: Sequence[ItemQuery], *, k: int, rescore: Rescore, thorough: bool = False
    ) -> list[FoundItems]:
        """The ``k`` best items of each query by the scores that ``rescore`` gives.

        ``rescore(number, items)`` scores ascending items without repetition for ``queries[number]``. ``thorough``
        reads all lists, and all items where that proves too little: the result is exact and takes longer.
        """
        if k < 0:
            raise ValueError(f"k = {k}: there is no such number of items. Use 0 or more.")
        for query in queries:
            self._check(query)
        if k == 0 or not len(self) or not queries:
            empty = torch.zeros(0, dtype=torch.long)
            return [FoundItems(empty, self.bias.new_zeros(0), True, 0) for _ in queries]
        with torch.no_grad():
            plain = None
            if self._lists is None and len(queries) > 1:
                plain = self.plain_scores(torch.stack([query.vector for query in queries]))
            return [
                self._found(number, query, k, rescore, None if plain is None else plain[number], thorough)
                for number, query in enumerate(queries)
            ]

    def recall(self, vectors: Tensor, k: int) -> float:
        """Which share of the ``k`` best by plain score the lists find for ``vectors`` (n, d), n ≥ 1.

        It depends on the table: measure it with vectors of real users, and raise ``share`` where it is too low.
        """
        queries = [ItemQuery(vector, lift=0.0) for vector in vectors]
        found = self.search(
            queries, k=k, rescore=lambda n, items: self.plain_scores(vectors[n : n + 1], items)[0]
        )
        best = self.plain_scores(vectors).topk(min(k, len(self)), dim=1).indices
        hits = [torch.isin(row, one.items).double().mean() for row, one in zip(best, found, strict=True)]
        return float(torch.stack(hits).mean())

    def plain_scores(self, vectors: Tensor, items: Tensor | None = None) -> Tensor:
        """``p · E_i + b_i`` of ``items`` (all where None) for vectors (n, d): (n, items)."""
        if items is None:
            return torch.addmm(self.bias, vectors, self.table.T)
        return torch.addmm(self.bias[items], vectors, self.table[items].T)

    def _set(self, table: Tensor, bias: Tensor) -> None:
        if table.ndim != 2 or bias.shape != table.shape[:1]:
            raise ValueError(
                f"A table of shape {tuple(table.shape)} and a bias of shape {tuple(bias.shape)} do not fit. "
                "Give (items, d) and (items,)."
            )
        self.table, self.bias = table.detach(), bias.detach()
        self._longest = float(torch.linalg.vector_norm(self.table, dim=1).max()) if len(table) else 0.0

    def _num_lists(self) -> int:
        wanted = self.config.num_lists or 2 ** round(math.log2(math.sqrt(len(self))))
        return min(wanted, len(self))

    def _check(self, query: ItemQuery) -> None:
        if query.vector.shape != self.table.shape[1:]:
            raise ValueError(
                f"The query has shape {tuple(query.vector.shape)}, the items {tuple(self.table.shape[1:])}. "
                "Give one vector of the items' size."
            )
        if query.allowed is not None and query.allowed.shape != (len(self),):
            raise ValueError(
                f"'allowed' has shape {tuple(query.allowed.shape)}, not ({len(self)},). Give one of each item."
            )
        for ids in (query.always, query.exclude):
            if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < len(self):
                raise ValueError(
                    f"Items {int(ids.min())} to {int(ids.max())} are named; there are 0 to {len(self) - 1}."
                )

    def _found(
        self,
        number: int,
        query: ItemQuery,
        k: int,
        rescore: Rescore,
        plain: Tensor | None,
        thorough: bool,
    ) -> FoundItems:
        """Search by lists where there are some and the filter is wide, else exactly."""
        share = 1.0 if query.allowed is None else float(query.allowed.float().mean())
        if self._lists is not None and share >= self.config.narrow and share > 0:
            found = self._by_lists(number, query, k, rescore, share, thorough)
            if found.certified or (len(found.items) == k and not thorough):
                return found
        allowed = None if query.allowed is None else query.allowed.nonzero()[:, 0]
        if plain is None:
            plain = self.plain_scores(query.vector[None], allowed)[0]
        elif allowed is not None:
            plain = plain[allowed]
        source = ScoredItems(torch.arange(len(self)) if allowed is None else allowed, plain)
        if math.isinf(query.lift):  # anything may be the best
            return self._round(number, query, k, rescore, [source.best(len(source.items))])[0]
        count = self._first_count(query, k)
        while True:
            found, _ = self._round(number, query, k, rescore, [source.best(count)])
            if found.certified:
                return found
            count *= _WIDENING

    def _by_lists(
        self, number: int, query: ItemQuery, k: int, rescore: Rescore, allowed_share: float, thorough: bool
    ) -> FoundItems:
        """Widen the candidates until, by what is known, no other item can be better."""
        tail = self._tail_scores(query)
        # A filtered list has its best items deeper among all.
        share = 1.0 if thorough else min(1.0, self.config.share / math.sqrt(allowed_share))
        count = self._first_count(query, k)
        keep = self._kept_of_lists(query.allowed)
        for turn in range(self.config.rounds):
            bests = [self._best_listed(query.vector, count, share, keep)]
            if tail is not None:
                bests.append(tail.best(count))
            found, settled = self._round(number, query, k, rescore, bests)
            if found.certified or (settled and not thorough) or turn == self.config.rounds - 1:
                break
            count, share = count * _WIDENING, min(1.0, share * 2)
        return found

    def _first_count(self, query: ItemQuery, k: int) -> int:
        return k + self.config.spare + len(query.exclude)

    def _best_listed(self, vector: Tensor, count: int, share: float, keep: BoolArray | None) -> Best:
        """The best of the lists, by the ids that items have now."""
        if self._lists is None:
            raise ValueError("This index has no lists.")
        found = self._lists.best(vector, count, share, keep)
        if self._ids is None:
            return found
        return Best(self._ids[found.items], found.floor, found.ceiling)

    def _kept_of_lists(self, allowed: Tensor | None) -> BoolArray | None:
        """False for items of the lists that are gone, changed or not allowed; None: all are kept."""
        if self._ids is None:
            return None if allowed is None else allowed.numpy()
        kept = self._ids >= 0
        if allowed is not None:
            kept &= allowed[self._ids.clamp(min=0)]
        return kept.numpy()

    def _tail_scores(self, query: ItemQuery) -> ScoredItems | None:
        """The items that the lists do not have, None where there are none."""
        tail = self._tail if query.allowed is None else self._tail[query.allowed[self._tail]]
        return ScoredItems(tail, self.plain_scores(query.vector[None], tail)[0]) if len(tail) else None

    def _round(
        self, number: int, query: ItemQuery, k: int, rescore: Rescore, bests: Sequence[Best]
    ) -> tuple[FoundItems, bool]:
        """Score candidates exactly; also whether, by what is known, no other item can be better."""
        items = torch.unique(torch.cat([*(best.items for best in bests), query.always]))
        if len(query.exclude):
            items = items[~torch.isin(items, query.exclude)]
        if query.allowed is not None:
            items = items[query.allowed[items]]
        scores = rescore(number, items) if len(items) else self.bias.new_zeros(0)
        if scores.shape != items.shape:
            raise ValueError(
                f"rescore gave scores of shape {tuple(scores.shape)} for {len(items)} items. Give one of each."
            )
        order = torch.argsort(scores, descending=True, stable=True)[:k]
        lowest = float(scores[order[-1]]) if len(order) == k else -math.inf
        # Equal scores are not enough: among equal ones the lower id comes first.
        margin = query.lift + _ROUNDING * float(query.vector.norm()) * self._longest
        ceiling, floor = (max(getattr(best, name) for best in bests) for name in ("ceiling", "floor"))
        certified = ceiling == -math.inf or lowest > ceiling + margin
        settled = certified or lowest > floor + margin or (math.isinf(query.lift) and len(order) == k)
        return FoundItems(items[order], scores[order], certified, len(items)), settled

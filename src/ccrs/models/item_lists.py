"""Items in lists around centres, each item a byte a number (faiss), for the largest inner products of a catalogue.

An item is the vector [E_i, b_i] and a query [p, 1]; their product is the plain score p · E_i + b_i. Only the lists
that promise most are read. The centres come from k-means with a seed, so the same table gives the same lists.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ccrs.core.errors import ConfigError
from ccrs.core.samples import BoolArray

_BLOCK = 50_000  # items that are copied at once
_WIDTH = 16  # faiss reads so many bytes at once
_ITERATIONS = 8
_POINTS = 64  # of each list that k-means looks at
_STEPS = 255  # of a byte
_SPREADS = 4.0
"""How many spreads above its mean a list's best score is taken to be, in the order that lists are read."""

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Best:
    """The best of some items, not sorted, and what the others can score.

    ``floor`` is the lowest score found, by what is known, ``ceiling`` a proven bound on all items left out; both are
    −∞ when none is left out.
    """

    items: Tensor  # (found,)
    floor: float
    ceiling: float


@dataclass(frozen=True)
class ScoredItems:
    """Items whose plain scores are all known."""

    items: Tensor  # (items,) ascending
    scores: Tensor  # (items,)

    def best(self, count: int) -> Best:
        """The ``count`` best by plain score."""
        if count >= len(self.items):
            return Best(self.items, -math.inf, -math.inf)
        values, places = self.scores.topk(count)
        lowest = float(values[-1])
        return Best(self.items[places], lowest, lowest)


@dataclass(frozen=True)
class ItemLists:
    """The lists, and what is needed to choose among them; never changed once built."""

    index: Any  # faiss.IndexIVFScalarQuantizer
    centres: Tensor  # (lists, width)
    spreads: Tensor  # (lists,) root mean square distance to the centre, over that of all
    radii: Tensor  # (lists,) largest distance to the centre
    covariance: Tensor  # (width, width) of items around their centres
    half_steps: Tensor  # (width,) how far a byte may be from the number it stands for
    size: int  # numbers in a vector, without the bias

    @property
    def num_items(self) -> int:
        """Items in all lists."""
        return int(self.index.ntotal)

    @property
    def num_bytes(self) -> int:
        """What bytes, numbers of items and centres take, without spare room in the lists."""
        own = (self.centres, self.spreads, self.radii, self.covariance, self.half_steps)
        tensors = sum(tensor.numel() * tensor.element_size() for tensor in own)
        return self.num_items * (int(self.index.code_size) + 8) + tensors

    def best(self, vector: Tensor, count: int, share: float, keep: BoolArray | None = None) -> Best:
        """About the ``count`` best items for ``vector`` (d,), from the most promising ``share`` of the lists.

        ``keep`` (items of the lists) is False for items to pass over.
        """
        query = torch.zeros(self.centres.shape[1])
        query[: self.size], query[self.size] = vector, 1.0
        means = self.centres @ query
        spread = float((query @ self.covariance @ query).clamp(min=0).sqrt())
        wanted = max(1, min(len(means), math.ceil(share * len(means))))
        order = torch.argsort(means + _SPREADS * spread * self.spreads, descending=True, stable=True)
        items, scores = self._read(query, means, order[:wanted], min(count, self.num_items), keep)
        unread = order[wanted:]
        ceiling = -math.inf
        if len(unread):
            ceiling = float((means[unread] + query.norm() * self.radii[unread]).max())
        if len(items) < count:  # all there is in the lists that were read
            floor = float(means[unread].max()) if len(unread) else -math.inf
            return Best(items, floor, ceiling)
        error = float(query.abs() @ self.half_steps)
        floor = float(scores.min())
        return Best(items, floor, max(ceiling, floor + error))

    def _read(
        self, query: Tensor, means: Tensor, lists: Tensor, count: int, keep: BoolArray | None
    ) -> tuple[Tensor, Tensor]:
        """The ``count`` best items of ``lists`` and their scores, from the bytes."""
        faiss = load_faiss(self.num_items)
        number, values = query.numpy()[None], means[lists].numpy()[None]
        chosen = lists.numpy()[None]
        scores, items = np.empty((1, count), np.float32), np.empty((1, count), np.int64)
        options = {"nprobe": len(lists)}
        if keep is not None:
            bits = np.packbits(keep, bitorder="little")
            options["sel"] = faiss.IDSelectorBitmap(bits)
        parameters = faiss.SearchParametersIVF(**options)
        pointer = faiss.swig_ptr
        # The method of that name in Python takes no parameters, and without them threads would disturb each other.
        self.index.search_preassigned_c(
            1,
            pointer(number),
            count,
            pointer(chosen),
            pointer(values),
            pointer(scores),
            pointer(items),
            False,
            parameters,
        )
        found = items[0] >= 0
        return torch.from_numpy(items[0][found]), torch.from_numpy(scores[0][found])


def load_faiss(num_items: int) -> ModuleType:
    """The module faiss; raises ``ConfigError`` where it is not installed."""
    try:
        import faiss  # noqa: PLC0415 - an extra that small catalogues do without
    except ImportError as error:
        raise ConfigError(
            f"A catalogue of {num_items:,} items is searched with faiss, which is not installed. Install the extra "
            "with pip install 'ccrs[big]', or set exact_up_to to the number of items: slower, the same result."
        ) from error
    module: ModuleType = faiss
    return module


def build_lists(table: Tensor, bias: Tensor, num_lists: int, seed: int) -> ItemLists:
    """Sort the items (items, d) with their biases (items,) into ``num_lists`` lists."""
    faiss = load_faiss(len(table))
    width = -(-(table.shape[1] + 1) // _WIDTH) * _WIDTH
    centres = _centres(faiss, table, bias, num_lists, width, seed)
    nearest = faiss.IndexFlatL2(width)
    nearest.add(centres.numpy())
    counts, squares, radii = torch.zeros(num_lists), torch.zeros(num_lists), torch.zeros(num_lists)
    covariance = torch.zeros(width, width)
    low, high = torch.full((width,), math.inf), torch.full((width,), -math.inf)
    owners = torch.empty(len(table), dtype=torch.long)
    for first, block in _blocks(table, bias, width):
        mine = torch.from_numpy(nearest.assign(block.numpy(), 1)[:, 0])
        owners[first : first + len(block)] = mine
        away = block - centres[mine]
        distances = away.norm(dim=1)
        counts += torch.bincount(mine, minlength=num_lists)
        squares.index_add_(0, mine, distances.square())
        radii.scatter_reduce_(0, mine, distances, "amax")
        covariance.addmm_(away.T, away)
        low, high = torch.minimum(low, away.amin(dim=0)), torch.maximum(high, away.amax(dim=0))
    spread = (squares.sum() / len(table)).sqrt().clamp(min=torch.finfo(squares.dtype).tiny)
    return ItemLists(
        index=_filled(faiss, centres, owners, (low, high - low), _blocks(table, bias, width)),
        centres=centres,
        spreads=(squares / counts.clamp(min=1)).sqrt() / spread,
        radii=radii,
        covariance=covariance / len(table),
        half_steps=(high - low) / (2 * _STEPS),
        size=table.shape[1],
    )


def _blocks(table: Tensor, bias: Tensor, width: int) -> Iterator[tuple[int, Tensor]]:
    """The items as [E_i, b_i, 0 …] (block, width), block by block: the whole would double the memory."""
    size = table.shape[1]
    for first in range(0, len(table), _BLOCK):
        rows = table[first : first + _BLOCK]
        block = torch.zeros(len(rows), width)
        block[:, :size] = rows
        block[:, size] = bias[first : first + _BLOCK]
        yield first, block


def _centres(faiss: ModuleType, table: Tensor, bias: Tensor, num_lists: int, width: int, seed: int) -> Tensor:
    """K-means over a sample of the items: (lists, width)."""
    order = torch.randperm(len(table), generator=torch.Generator().manual_seed(seed))
    sample = order[: num_lists * _POINTS].sort().values
    points = torch.cat([block for _, block in _blocks(table[sample], bias[sample], width)])
    means = faiss.Kmeans(width, num_lists, niter=_ITERATIONS, seed=seed, min_points_per_centroid=1)
    means.train(points.numpy())
    return torch.from_numpy(np.array(means.centroids, np.float32))


def _filled(
    faiss: ModuleType,
    centres: Tensor,
    owners: Tensor,
    span: tuple[Tensor, Tensor],
    blocks: Iterator[tuple[int, Tensor]],
) -> Any:
    """The index with every item in its owner's list; ``span``: lowest number and range, (width,) each."""
    num_lists, width = centres.shape
    coarse = faiss.IndexFlatIP(width)
    coarse.add(centres.numpy())
    kind, metric = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    index = faiss.IndexIVFScalarQuantizer(coarse, width, num_lists, kind, metric)
    index.train(
        centres.numpy()
    )  # the ranges it learns are replaced: ours hold for every item, so the error is known
    faiss.copy_array_to_vector(torch.cat(span).numpy(), index.sq.trained)
    for first, block in blocks:
        values = block.numpy()
        numbers = np.arange(first, first + len(values), dtype=np.int64)
        mine = np.ascontiguousarray(owners[first : first + len(values)].numpy())
        pointer = faiss.swig_ptr
        index.add_core(len(values), pointer(values), pointer(numbers), pointer(mine))
    index.own_fields = True
    coarse.this.disown()
    return index

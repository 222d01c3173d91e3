"""A Transformer whose linear layers see real tokens only, and whose weights may differ by user.

Tokens lie *packed*, (tokens, width), one after the other; only attention spreads them over a padded
(sequences, length) grid. With weights of a user's own (meta-learning) the tokens of each user are one matrix of
a batched product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

Weights = Mapping[str, Tensor]
"""Parameters by name; with a leading (users) dimension where each user has his own."""


@dataclass(frozen=True)
class Packing:
    """Where packed tokens lie in the padded grid. ``mask`` (sequences, length) is True at real tokens."""

    mask: Tensor
    index: Tensor  # (tokens) position in the flat grid

    @classmethod
    def of(cls, mask: Tensor) -> Packing:
        """The packing of a grid."""
        return cls(mask, mask.flatten().nonzero()[:, 0])

    @property
    def sequences(self) -> Tensor:
        """The sequence of each packed token: (tokens,)."""
        return self.index // self.mask.shape[1]

    @property
    def places(self) -> Tensor:
        """The place of each packed token in its sequence: (tokens,)."""
        return self.index % self.mask.shape[1]

    def spread(self, values: Tensor) -> Tensor:
        """Packed (tokens, width) to the grid (sequences, length, width), zeros at padding."""
        count, length = self.mask.shape
        grid = values.new_zeros(count * length, values.shape[1])
        return grid.index_copy(0, self.index, values).view(count, length, values.shape[1])

    def pack(self, grid: Tensor) -> Tensor:
        """The grid (sequences, length, width) to packed (tokens, width)."""
        return grid.flatten(0, 1).index_select(0, self.index)


@dataclass(frozen=True)
class Owners:
    """Packed tokens by user: row u of ``index`` (users, most) holds the tokens of user u, then the number of tokens."""

    index: Tensor
    inverse: Tensor  # (tokens) where each token stands in the flat index

    @classmethod
    def of(cls, users: Tensor, num_users: int) -> Owners:
        """From the user of each token: (tokens,)."""
        counts = torch.bincount(users, minlength=num_users)
        order = users.argsort(stable=True)
        sorted_users = users[order]
        within = torch.arange(len(users), device=users.device) - (counts.cumsum(0) - counts)[sorted_users]
        most = int(counts.max()) if len(users) else 0
        index = torch.full((num_users * most,), len(users), dtype=torch.long, device=users.device)
        places = sorted_users * most + within
        index[places] = order
        inverse = torch.empty_like(order)
        inverse[order] = places
        return cls(index.view(num_users, most), inverse)

    def linear(self, values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Each token times the matrix of its user: (tokens, in), (users, out, in), (users, out) -> (tokens, out)."""
        padded = torch.cat([values, values.new_zeros(1, values.shape[1])])
        grouped = padded[self.index]  # (users, most, in)
        found = torch.baddbmm(
            bias[:, None, :].to(grouped.dtype), grouped, weight.transpose(1, 2).to(grouped.dtype)
        )
        return found.flatten(0, 1).index_select(0, self.inverse)


def linear(values: Tensor, weights: Weights, name: str, owners: Owners | None) -> Tensor:
    """``values`` (tokens, in) times the weights of that name, the users' own when they have any."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    if weight.dim() == 2:
        return nn.functional.linear(values, weight, bias)
    if owners is None:
        raise ValueError("Weights of users need the owners of the tokens.")
    return owners.linear(values, weight, bias)


def normalise(values: Tensor, weights: Weights, name: str, users: Tensor | None) -> Tensor:
    """Layer normalisation of (tokens, width); ``users`` (tokens,) where the weights are the users' own."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    if weight.dim() == 1:
        return nn.functional.layer_norm(values, values.shape[-1:], weight, bias)
    if users is None:
        raise ValueError("Weights of users need the user of each token.")
    plain = nn.functional.layer_norm(values, values.shape[-1:])
    return torch.addcmul(bias.index_select(0, users), plain, weight.index_select(0, users))


def attention(
    queries: Tensor, keys: Tensor, values: Tensor, *, mask: Tensor | None, causal: bool, heads: int
) -> Tensor:
    """Scaled dot-product attention on grids (sequences, length, width); ``mask`` (sequences, keys), True = look."""
    count, length, width = queries.shape

    def split(grid: Tensor) -> Tensor:
        # (sequences, heads, length, head)
        return grid.view(count, grid.shape[1], heads, width // heads).transpose(1, 2)

    # Written out: for short sequences it is several times faster on a CPU than the fused kernel's backward, and
    # it can be differentiated twice.
    scores = split(queries) @ split(keys).transpose(2, 3) * (heads / width) ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask[:, None, None, :], float("-inf"))
    if causal:
        later = torch.ones(length, length, dtype=torch.bool, device=queries.device).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
    found: Tensor = scores.softmax(dim=3) @ split(values)
    return found.transpose(1, 2).reshape(count, length, width)


@dataclass(frozen=True)
class Memory:
    """Keys and values of something to look at besides the context, with the mask of what is real."""

    keys: Tensor  # (rows, length, width)
    values: Tensor  # (rows, length, width)
    mask: Tensor  # (rows, length)

    def select(self, rows: Tensor) -> Memory:
        """The memory of chosen (or repeated) rows."""
        return Memory(*(part.index_select(0, rows) for part in (self.keys, self.values, self.mask)))


class MemoryAttention(nn.Module):
    """Attention to a memory that may be empty: a learned row that says "nothing" is always there."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.asked, self.told = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.heard = nn.Linear(width, width)
        self.nothing = nn.Parameter(torch.zeros(2 * width))

    def memory(self, told: Tensor, mask: Tensor) -> Memory:
        """What ``told`` gave, on a grid (rows, length, 2 · width), with "nothing" before it."""
        first = self.nothing.to(told.dtype).expand(len(told), 1, -1)
        keys, values = torch.cat([first, told], dim=1).chunk(2, dim=2)
        return Memory(keys, values, torch.cat([mask.new_ones(len(mask), 1), mask], dim=1))

    def forward(self, grid: Tensor, memory: Memory) -> Tensor:
        """What each of the queries (rows, length, width), made by ``ask``, hears: the same shape."""
        return attention(grid, memory.keys, memory.values, mask=memory.mask, causal=False, heads=self.heads)

    def ask(self, values: Tensor) -> Tensor:
        """The queries of ``values`` (tokens, width)."""
        asked: Tensor = self.asked(self.norm(values))
        return asked


class Layer(nn.Module):
    """One pre-norm layer: self-attention, attention to a memory (in decoders), feed-forward.

    A decoder's layer looks at ``others`` further memories before that of the context.
    """

    def __init__(
        self, width: int, heads: int, feed_forward: int, dropout: float, *, memory: bool, others: int = 0
    ) -> None:
        super().__init__()
        self.heads, self.dropout, self.has_memory = heads, dropout, memory
        self.norm_self, self.norm_out = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.inner, self.outer = nn.Linear(width, feed_forward), nn.Linear(feed_forward, width)
        if memory:
            self.norm_memory = nn.LayerNorm(width)
            self.asked, self.told = nn.Linear(width, width), nn.Linear(width, 2 * width)
            self.heard = nn.Linear(width, width)
        self.others = nn.ModuleList(MemoryAttention(width, heads) for _ in range(others))

    def weights(self) -> dict[str, Tensor]:
        """Its own parameters by name."""
        return dict(self.named_parameters())

    def other_attentions(self) -> list[MemoryAttention]:
        """The attentions to the further memories, in their order."""
        return [cast("MemoryAttention", look) for look in self.others]

    def encode(
        self, values: Tensor, packing: Packing, weights: Weights, owners: Owners | None, users: Tensor | None
    ) -> Tensor:
        """Encoder side: every token sees every token of its sequence; packed (tokens, width) to the same."""
        normed = normalise(values, weights, "norm_self", users)
        grids = packing.spread(linear(normed, weights, "qkv", owners)).chunk(3, dim=2)
        seen = packing.pack(attention(*grids, mask=packing.mask, causal=False, heads=self.heads))
        values = values + self._drop(linear(seen, weights, "mixed", owners))
        return self._feed(values, weights, owners, users)

    def decode(
        self,
        values: Tensor,
        packing: Packing,
        memory: tuple[Tensor, Tensor],
        memory_mask: Tensor,
        others: Sequence[Memory] = (),
    ) -> Tensor:
        """Decoder side: causal, then attention to the memory's keys and values (grids), the ``others`` first."""
        weights = self.weights()
        normed = self.norm_self(values)
        grids = packing.spread(self.qkv(normed)).chunk(3, dim=2)
        # Padding stands behind the real tokens, so the causal order hides it.
        seen = packing.pack(attention(*grids, mask=None, causal=True, heads=self.heads))
        values = values + self._drop(self.mixed(seen))
        for look, other in zip(self.other_attentions(), others, strict=True):
            found = packing.pack(look(packing.spread(look.ask(values)), other))
            values = values + self._drop(look.heard(found))
        asked = packing.spread(self.asked(self.norm_memory(values)))
        heard = packing.pack(attention(asked, *memory, mask=memory_mask, causal=False, heads=self.heads))
        values = values + self._drop(self.heard(heard))
        return self._feed(values, weights, None, None)

    def tell(self, memory: Tensor, packing: Packing) -> tuple[Tensor, Tensor]:
        """Keys and values of a packed memory, as grids (sequences, length, width)."""
        keys, told = packing.spread(self.told(memory)).chunk(2, dim=2)
        return keys, told

    def step(
        self,
        values: Tensor,
        past: tuple[Tensor, Tensor],
        memory: tuple[Tensor, Tensor],
        memory_mask: Tensor,
        others: Sequence[Memory] = (),
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """One token a row (rows, width), with keys and values of the tokens before: (rows, length, width) each."""
        query, key, value = self.qkv(self.norm_self(values))[:, None].chunk(3, dim=2)
        keys, told = torch.cat([past[0], key], dim=1), torch.cat([past[1], value], dim=1)
        values = values + self.mixed(
            attention(query, keys, told, mask=None, causal=False, heads=self.heads)[:, 0]
        )
        for look, other in zip(self.other_attentions(), others, strict=True):
            values = values + look.heard(look(look.ask(values)[:, None], other)[:, 0])
        asked = self.asked(self.norm_memory(values))[:, None]
        heard = attention(asked, *memory, mask=memory_mask, causal=False, heads=self.heads)[:, 0]
        values = values + self.heard(heard)
        # Not by name as in training: looking the weights up would be an eighth of a step.
        hidden = nn.functional.gelu(self.inner(self.norm_out(values)))
        return values + self.outer(hidden), (keys, told)

    def _feed(self, values: Tensor, weights: Weights, owners: Owners | None, users: Tensor | None) -> Tensor:
        hidden = linear(normalise(values, weights, "norm_out", users), weights, "inner", owners)
        return values + self._drop(linear(nn.functional.gelu(hidden), weights, "outer", owners))

    def _drop(self, values: Tensor) -> Tensor:
        return nn.functional.dropout(values, self.dropout, self.training)

"""A user vector from the user's earlier dialogues (an addition of CCRS+, not in the paper)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ccrs.core.batch import History
from ccrs.models.layers.segments import ragged_places

MAX_AGE = 15
NUM_FEATURES = 6
"""Features of an item beside the user's own ones, as the batch has them: three over all, three over the latest."""


class HistoryAttention(nn.Module):
    """Attention of the present context over the items of the user's support dialogues.

    The query is the context's vector p; keys are the user's earlier items with how they came up
    (named or recommended, liked or not) and a learned bias by age. A null entry lets the model look away.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.query = nn.Linear(size, size, bias=False)
        self.key = nn.Linear(size, size, bias=False)
        self.value = nn.Linear(size, size, bias=False)
        self.kinds = nn.Parameter(torch.zeros(6, size))  # kind * 3 + sign
        self.kind_gates = nn.Parameter(torch.ones(6))
        self.age_bias = nn.Parameter(torch.zeros(MAX_AGE + 1))
        self.null_bias = nn.Parameter(torch.zeros(()))
        nn.init.zeros_(self.value.weight)  # starts as if there were no history

    def forward(self, contexts: Tensor, context_users: Tensor, items: Tensor, history: History) -> Tensor:
        """What the history adds to each context vector.

        ``contexts`` (contexts, d), ``items`` (entries, d) the embeddings of the history's items.
        Returns (contexts, d), zero for users without history.
        """
        kinds = history.kinds * 3 + history.signs
        keys = self.key(items + self.kinds[kinds])  # (entries, d)
        logits = self.query(contexts) @ keys.T / math.sqrt(contexts.shape[1])  # (contexts, entries)
        logits = logits + self.age_bias[history.ages.clamp(max=MAX_AGE)]
        mine = context_users[:, None] == history.users[None, :]
        logits = logits.masked_fill(~mine, -torch.inf)
        null = self.null_bias.expand(len(contexts), 1)
        weights = torch.cat([null, logits], dim=1).softmax(dim=1)[:, 1:]  # (contexts, entries)
        values: Tensor = self.value(items) * self.kind_gates[kinds][:, None]
        return weights @ values


class HistoryNeighbours(nn.Module):
    """A logit for each item that other users had beside the user's earlier ones (an addition of CCRS+).

    Item-based collaborative filtering over a person's whole past, its features weighed by what predicts the next item.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.full((NUM_FEATURES,), 0.1))

    def forward(self, context_users: Tensor, history: History) -> tuple[Tensor, Tensor, Tensor]:
        """Context, item and logit of each pair: (pairs,) each."""
        strength = history.beside_weights @ self.weights
        num_users = int(context_users.max()) + 1 if len(context_users) else 0
        ends = torch.searchsorted(history.beside_users, torch.arange(num_users + 1, device=strength.device))
        places, _, lengths = ragged_places(ends, context_users)
        contexts = torch.repeat_interleave(torch.arange(len(context_users), device=strength.device), lengths)
        return contexts, history.beside_items.index_select(0, places), strength.index_select(0, places)


class HistoryPrior(nn.Module):
    """A logit for each item of the user's earlier dialogues (an addition of CCRS+, not in the paper).

    One weight for each way an item came up (named or recommended; liked, not liked, unknown), fading with age.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(6))  # kind * 3 + sign
        self.fading = nn.Parameter(torch.zeros(()))

    def forward(self, context_users: Tensor, history: History) -> tuple[Tensor, Tensor]:
        """(context, entry) pairs of one user (2, pairs), and the logit of each (pairs,)."""
        strength = self.weights[history.kinds * 3 + history.signs]
        strength = strength * torch.exp(-nn.functional.softplus(self.fading) * history.ages / 4)
        pairs = (context_users[:, None] == history.users[None, :]).nonzero().T
        return pairs, strength[pairs[1]]

"""EASE (Steck 2019): a linear item-to-item model in closed form, on the session, on the history, or on both."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.batch import Batch
from ccrs.core.config import StrictConfig
from ccrs.models.inputs import ModelInputs

NOT_LIKED = 2  # the sign of an item that a user did not like, as History has it


class NeighbourConfig(StrictConfig):
    """How much the user's earlier items count beside those of the session."""

    history_weight: float = Field(0.0, ge=0)
    """0: the session alone. An item of the history counts this much, where the session's count 1."""
    unit: str = Field("dialogue", pattern="^(dialogue|user)$")
    """What holds items together in training: a dialogue, or all dialogues of a user."""


class EASEConfig(NeighbourConfig):
    """The penalty as well."""

    penalty: float = Field(200.0, gt=0)


class ItemToItem(nn.Module):
    """Scores ``x B``: x holds the items of the context, and with a weight those of the user's support dialogues.

    Items that the user did not like do not count. B (items, items) is made once, from the items that stand together in
    training, and kept with the run.
    """

    weights: Tensor

    def __init__(self, config: NeighbourConfig, given: ModelInputs) -> None:
        super().__init__()
        self.config, self.num_items = config, given.sizes.num_items
        self.register_buffer("weights", torch.zeros(self.num_items, self.num_items))

    def forward(self, batch: Batch) -> Tensor:
        """Scores of all items for the query contexts: (contexts, items)."""
        contexts, history = batch.query, batch.history
        entities = batch.mention_entities(contexts)
        is_item = entities < self.num_items
        chosen = self.weights.new_zeros(contexts.num_contexts, self.num_items)
        chosen[contexts.mention_contexts[is_item], entities[is_item]] = 1
        if self.config.history_weight and len(history.items):
            liked = history.signs != NOT_LIKED
            earlier = self.weights.new_zeros(batch.num_users, self.num_items)
            earlier[history.users[liked], history.items[liked]] = self.config.history_weight
            chosen = torch.maximum(chosen, earlier.index_select(0, contexts.users))
        return chosen @ self.weights


def together(config: NeighbourConfig, given: ModelInputs) -> Tensor | None:
    """Which items stand in which dialogue (or with which user) of training: (units, items); None without any."""
    interactions = given.interactions
    if interactions is None:
        return None
    owners = torch.repeat_interleave(torch.arange(len(interactions)), torch.from_numpy(interactions.lengths))
    if config.unit == "user" and given.interaction_users is not None:
        owners = torch.from_numpy(given.interaction_users).index_select(0, owners)
    rows = torch.zeros(int(owners.max()) + 1 if len(owners) else 0, given.sizes.num_items)
    rows[owners, torch.from_numpy(interactions.values)] = 1
    return rows


class EASE(ItemToItem):
    """``B = -P / diag(P)`` with zero diagonal, ``P = (XᵀX + λI)⁻¹``."""

    def __init__(self, config: EASEConfig, given: ModelInputs) -> None:
        super().__init__(config, given)
        rows = together(config, given)
        if rows is None:
            return
        gram = rows.double().T @ rows.double()
        gram.diagonal().add_(config.penalty)
        inverse = torch.linalg.inv(gram)
        found = -inverse / inverse.diagonal()
        found.fill_diagonal_(0)
        self.weights.copy_(found)

"""What a model may be built from."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from ccrs.core.graph import KnowledgeGraph
from ccrs.core.resources import Resources
from ccrs.core.samples import IntArray, Ragged
from ccrs.models.sizes import Sizes


@dataclass(frozen=True)
class ModelInputs:
    """Sizes, counts of the training dialogues, and knowledge."""

    sizes: Sizes
    popularity: Tensor  # (items) how often recommenders named each item in training
    graph: KnowledgeGraph
    resources: Resources = field(default_factory=Resources)
    """The ones that the model's row names as needed."""
    interactions: Ragged | None = None
    """Per training dialogue: the items named in it. None when a trained model is read from disk."""
    interaction_users: IntArray | None = None
    """Per training dialogue: the number of its user."""

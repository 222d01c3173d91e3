"""What the data decides about a model."""

from __future__ import annotations

from ccrs.core.config import StrictConfig


class Sizes(StrictConfig):
    """Numbers of things in the catalogue, the graph and the training dialogues."""

    num_items: int
    num_entities: int
    num_relations: int
    num_words: int = 1
    """Word ids, the unknown word included."""
    num_features: int = 2
    """Features of a co-occurrence."""
    num_layers: int = 1

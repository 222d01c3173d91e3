"""The part of a run's configuration that is needed to use it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ccrs.core.config import StrictConfig
from ccrs.data.splits import SplitConfig
from ccrs.meta.adaptation import InnerConfig


class GraphConfig(StrictConfig):
    """Which edges of the prepared graph a model sees."""

    source: str | None = None
    """A side graph of the prepared data, by name; its own graph when not given."""
    min_relation_count: int = 50
    """Relations with fewer triples are dropped."""
    max_neighbours: int = 64
    """At most this many edges of an entity, a seeded choice."""
    relations: list[str] | None = None
    """Only these relations; all when not given."""


class UseConfig(StrictConfig):
    """Model, graph, split and adaptation."""

    name: str = "ccrs"
    """The row of the model registry."""
    title: str = "CCRS"
    """What tables call it."""
    model: dict[str, Any] = Field(default_factory=dict)
    """The model's own section, read by its row of the registry."""
    graph: GraphConfig = GraphConfig()
    data: SplitConfig = SplitConfig()
    inner: InnerConfig = InnerConfig()
    adapt: bool = True
    """Whether users are adapted to when the run is used."""

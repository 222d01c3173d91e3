"""Every model by name. Adding one is a file and a row here; the conformance tests run each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ccrs.core.config import StrictConfig, parse_config
from ccrs.core.errors import ConfigError
from ccrs.core.graph import KnowledgeGraph
from ccrs.core.protocols import AdaptableRecommender
from ccrs.models.baselines.kbrd import KBRD, KBRDConfig
from ccrs.models.baselines.popularity import Popularity, PopularityConfig
from ccrs.models.ccrs import CCRS, CCRSConfig
from ccrs.models.sizes import Sizes


@dataclass(frozen=True)
class ModelRow:
    """How a model is made: its configuration and its constructor (config, sizes, popularity, graph)."""

    config: type[StrictConfig]
    build: Callable[[Any, Sizes, Tensor, KnowledgeGraph], nn.Module]
    adapts: bool
    """Whether it fulfils ``AdaptableRecommender``."""
    trains: bool = True
    needs_hops: bool = True
    """Whether its batches hold the neighbours of the mentioned entities."""


def _by_popularity(kind: Callable[[Any, Sizes, Tensor], nn.Module]) -> Callable[..., nn.Module]:
    """The constructor of a model that does not look at the whole graph."""
    return lambda config, sizes, popularity, _: kind(config, sizes, popularity)


def _on_graph(kind: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """The constructor of a model that takes the graph as tensors."""

    def build(config: StrictConfig, sizes: Sizes, _: Tensor, graph: KnowledgeGraph) -> nn.Module:
        return kind(
            config,
            sizes,
            offsets=torch.from_numpy(graph.offsets),
            neighbours=torch.from_numpy(graph.neighbours),
            relation_ids=torch.from_numpy(graph.relation_ids),
        )

    return build


MODELS: Mapping[str, ModelRow] = {
    "ccrs": ModelRow(CCRSConfig, _by_popularity(CCRS), adapts=True),
    "kbrd": ModelRow(KBRDConfig, _on_graph(KBRD), adapts=False, needs_hops=False),
    "popularity": ModelRow(PopularityConfig, _by_popularity(Popularity), adapts=False, trains=False),
}


def model_row(name: str) -> ModelRow:
    """The row of a model; raises ``ConfigError`` naming the known ones."""
    if name not in MODELS:
        raise ConfigError(f"name = {name!r}: there is no such model; known: {', '.join(sorted(MODELS))}.")
    return MODELS[name]


def as_adaptable(model: nn.Module) -> AdaptableRecommender:
    """The model as one that adapts; raises ``ConfigError`` when it is none."""
    if not isinstance(model, AdaptableRecommender):
        raise ConfigError(
            f"{type(model).__name__} cannot adapt. Use training.objective = 'plain' and adapt = false."
        )
    return model


def parse_model_config(name: str, values: Mapping[str, Any], source: str) -> StrictConfig:
    """The ``[model]`` section as the configuration of model ``name``."""
    return parse_config(model_row(name).config, values, source)

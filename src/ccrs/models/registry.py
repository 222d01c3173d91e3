"""Every model by name. Adding one is a file and a row here; the conformance tests run each row.

A package of somebody else adds rows by the entry point group ``ccrs.models``: each entry names a ``ModelRow``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from torch import nn

from ccrs.core.config import StrictConfig, parse_config
from ccrs.core.errors import ConfigError
from ccrs.core.protocols import AdaptableRecommender
from ccrs.core.reads import Reads
from ccrs.core.resources import ResourceName
from ccrs.models.baselines.ease import EASE, EASEConfig
from ccrs.models.baselines.item_knn import ItemKNN, ItemKNNConfig
from ccrs.models.baselines.kbrd import KBRD, KBRDConfig
from ccrs.models.baselines.kecrs import KECRSConfig
from ccrs.models.baselines.kgsf import KGSF, KGSFConfig
from ccrs.models.baselines.popularity import Popularity, PopularityConfig
from ccrs.models.baselines.redial import ReDialConfig, ReDialRecommender
from ccrs.models.baselines.revcore import RevCore
from ccrs.models.baselines.textcnn import TextCNN, TextCNNConfig
from ccrs.models.ccrs import CCRS, CCRSConfig
from ccrs.models.inputs import ModelInputs

ENTRY_POINTS = "ccrs.models"


@dataclass(frozen=True)
class ModelRow:
    """How a model is made, what it reads, and what people are told of it."""

    config: type[StrictConfig]
    build: Callable[[Any, ModelInputs], nn.Module]
    """From an object of ``config`` and the inputs."""
    summary: str
    """One line for the list of models."""
    reads: Callable[[Any], Reads] = lambda _: Reads()
    """What its batches must hold, from an object of ``config``."""
    needs: frozenset[ResourceName] = frozenset()
    """What the prepared data must hold beside dialogues and graph."""
    adapts: bool = False
    """Whether it fulfils ``AdaptableRecommender``."""
    trains: bool = True
    small: Mapping[str, Any] = field(default_factory=dict)
    """A model section small enough for a test of seconds."""


def _ccrs_reads(config: CCRSConfig) -> Reads:
    added = config.additions
    return Reads(
        num_layers=config.num_layers,
        max_words=64 if added.words else 0,
        cooccurrence=added.cooccurrence,
        history_neighbours=added.history_neighbours,
        seeker_targets=added.seeker_targets,
    )


def _kbrd_reads(config: KBRDConfig) -> Reads:
    added = config.additions
    return Reads(
        max_words=64 if added.words else 0,
        cooccurrence=added.cooccurrence,
        seeker_targets=added.seeker_targets,
    )


OWN: Mapping[str, ModelRow] = {
    "ccrs": ModelRow(
        CCRSConfig,
        lambda config, given: CCRS(config, given.sizes, given.popularity, given.graph),
        "relation attention by user, turn encoder, meta-learning; with additions CCRS+ (the paper, Eq. 1-14)",
        reads=_ccrs_reads,
        adapts=True,
        small={"embedding_size": 8, "num_heads": 2, "user_size": 3, "max_turns": 8},
    ),
    "kbrd": ModelRow(
        KBRDConfig,
        KBRD.build,
        "one R-GCN over the graph, self-attention over the entities mentioned (Chen et al. 2019)",
        reads=_kbrd_reads,
        small={"embedding_size": 8, "num_bases": 2},
    ),
    "textcnn": ModelRow(
        TextCNNConfig,
        lambda config, given: TextCNN(config, given.sizes),
        "convolutions over the words of the dialogue (Kim 2014)",
        reads=lambda config: Reads(max_words=config.max_words),
        small={"embedding_size": 16, "num_filters": 8, "dropout": 0.1},
    ),
    "redial": ModelRow(
        ReDialConfig,
        lambda config, given: ReDialRecommender(config, given.sizes),
        "an autoencoder of the films mentioned, each as liked as it sounds (Li et al. 2018)",
        reads=lambda _: Reads(sentiment=True),
        small={"hidden_size": 16},
    ),
    "kgsf": ModelRow(
        KGSFConfig,
        KGSF,
        "KBRD and a graph of words, made to agree (Zhou et al. 2020)",
        reads=lambda config: Reads(max_words=config.max_words),
        needs=frozenset({"word_graph"}),
        small={"embedding_size": 8, "num_bases": 2, "pretraining_epochs": 1},
    ),
    "kecrs": ModelRow(
        KECRSConfig,
        KBRD.build,
        "KBRD's recommender, wider, on a graph made from TMDb (Zhang et al. 2021)",
        reads=_kbrd_reads,
        small={"embedding_size": 8, "num_bases": 2},
    ),
    "revcore": ModelRow(
        KGSFConfig,
        RevCore,
        "KGSF that also reads reviews of the films mentioned (Lu et al. 2021)",
        reads=lambda config: Reads(max_words=config.max_words),
        needs=frozenset({"word_graph", "reviews"}),
        small={"embedding_size": 8, "num_bases": 2, "pretraining_epochs": 1},
    ),
    "ease": ModelRow(
        EASEConfig,
        EASE,
        "a linear item-to-item model in closed form, on session and history (Steck 2019)",
        reads=lambda config: Reads(history=config.history_weight > 0),
        trains=False,
    ),
    "item-knn": ModelRow(
        ItemKNNConfig,
        ItemKNN,
        "the nearest items by the cosine of who had them, on session and history (Sarwar et al. 2001)",
        reads=lambda config: Reads(history=config.history_weight > 0),
        trains=False,
    ),
    "popularity": ModelRow(
        PopularityConfig,
        lambda config, given: Popularity(config, given.sizes, given.popularity),
        "what recommenders named most often in training",
        trains=False,
    ),
}


@cache
def all_models() -> Mapping[str, ModelRow]:
    """The rows of this package and those of installed packages, by name.

    Raises ``ConfigError`` when an entry point cannot be loaded, is no row, or takes a name that is taken.
    """
    rows = dict(OWN)
    for entry in entry_points(group=ENTRY_POINTS):
        place = f"Entry point {entry.name} = {entry.value!r} of group {ENTRY_POINTS!r}"
        try:
            row = entry.load()
        except Exception as error:  # whatever an import of foreign code can raise
            raise ConfigError(
                f"{place}: cannot be loaded ({type(error).__name__}: {error}). Mend or uninstall its package."
            ) from error
        if not isinstance(row, ModelRow):
            raise ConfigError(f"{place}: is a {type(row).__name__}, not a ModelRow. Name an object of it.")
        if entry.name in rows:
            raise ConfigError(f"{place}: there is a model of this name already. Choose another.")
        rows[entry.name] = row
    return rows


def model_row(name: str) -> ModelRow:
    """The row of a model; raises ``ConfigError`` naming the known ones."""
    rows = all_models()
    if name not in rows:
        raise ConfigError(f"name = {name!r}: there is no such model; known: {', '.join(sorted(rows))}.")
    return rows[name]


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


def model_reads(name: str, values: Mapping[str, Any]) -> Reads:
    """What the batches of model ``name`` with the section ``values`` must hold."""
    return model_row(name).reads(parse_model_config(name, values, "model"))

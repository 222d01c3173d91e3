"""What a configuration and a corpus make before training: split, counts, graph, model, batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ccrs.artifacts.run import build_model, run_graph
from ccrs.core.graph import KnowledgeGraph
from ccrs.core.samples import IntArray
from ccrs.data.batching import BatchBuilder
from ccrs.data.statistics import Statistics, count_statistics
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import Corpus, Division, divide
from ccrs.inference.builders import make_builder
from ccrs.meta.adaptation import InnerRates
from ccrs.models.sizes import Sizes


@dataclass(frozen=True)
class Setup:
    """A model and everything its training needs."""

    config: RecommenderConfig
    corpus: Corpus
    division: Division
    training_dialogues: IntArray
    graph: KnowledgeGraph
    statistics: Statistics
    sizes: Sizes
    model: nn.Module
    rates: InnerRates
    builder: BatchBuilder

    @property
    def adapts(self) -> bool:
        """Whether training adapts (support and query)."""
        return self.config.training.objective == "meta"


def set_up(config: RecommenderConfig, corpus: Corpus) -> Setup:
    """Split, count and build; the same for the same configuration and data.

    A model that does not adapt gets the support dialogues of validation and test users as training data, as
    the paper grants its baselines.
    """
    division = divide(corpus, config.data)
    dialogues = division.train_dialogues
    if config.training.objective == "plain":
        dialogues = np.sort(np.concatenate([dialogues, division.support_dialogues]))
    graph = run_graph(config, corpus.catalogue, corpus.triples)
    statistics = count_statistics(corpus.table, dialogues, corpus.catalogue.num_items)
    sizes = Sizes(
        num_items=corpus.catalogue.num_items,
        num_entities=corpus.catalogue.num_entities,
        num_relations=len(graph.relations),
        num_words=len(statistics.vocabulary),
    )
    torch.manual_seed(config.training.seed)
    model = build_model(config, sizes, torch.from_numpy(statistics.popularity), graph)
    rates = InnerRates(config.inner)
    builder = make_builder(config, corpus.table, graph, statistics, num_items=corpus.catalogue.num_items)
    return Setup(config, corpus, division, dialogues, graph, statistics, sizes, model, rates, builder)

"""What a configuration and a corpus make before training: split, counts, graph, model, batches."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ccrs.artifacts.run import build_model, run_graph
from ccrs.core.graph import KnowledgeGraph, Triple
from ccrs.core.resources import Resources
from ccrs.core.samples import IntArray, Ragged, SampleTable
from ccrs.data.batching import BatchBuilder
from ccrs.data.resources import encode_resources
from ccrs.data.statistics import Statistics, count_statistics
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import Corpus, Division, divide
from ccrs.inference.builders import make_builder
from ccrs.meta.adaptation import InnerRates
from ccrs.models.inputs import ModelInputs
from ccrs.models.registry import model_reads, model_row
from ccrs.models.sizes import Sizes


@dataclass(frozen=True)
class Setup:
    """A model and everything its training needs."""

    config: RecommenderConfig
    corpus: Corpus
    division: Division
    training_dialogues: IntArray
    triples: tuple[Triple, ...]
    resources: Resources
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
    plain = config.training.objective == "plain"
    dialogues = division.joint_dialogues if plain else division.train_dialogues
    triples = corpus.graph_triples(config.graph.source)
    graph = run_graph(config, corpus.catalogue, triples)
    reads = model_reads(config.name, config.model)
    statistics = count_statistics(
        corpus.table,
        dialogues,
        corpus.catalogue.num_items,
        sentiment=reads.sentiment,
        by_users=reads.history_neighbours,
    )
    sizes = Sizes(
        num_items=corpus.catalogue.num_items,
        num_entities=corpus.catalogue.num_entities,
        num_relations=len(graph.relations),
        num_words=len(statistics.vocabulary),
    )
    extras, needs = corpus.extras, model_row(config.name).needs
    resources = encode_resources(corpus.catalogue, statistics.vocabulary, extras.word_pairs, extras.reviews)
    resources = resources.require(needs, config.name)
    inputs = ModelInputs(
        sizes,
        torch.from_numpy(statistics.popularity),
        graph,
        resources,
        _interactions(corpus.table, dialogues, sizes.num_items),
        corpus.table.dialogue_users[dialogues],
    )
    torch.manual_seed(config.training.seed)
    model = build_model(config, inputs)
    rates = InnerRates(config.inner)
    builder = make_builder(
        config,
        corpus.table,
        graph,
        statistics,
        num_items=corpus.catalogue.num_items,
        known_items=corpus.known_items,
    )
    return Setup(
        config=config,
        corpus=corpus,
        division=division,
        training_dialogues=dialogues,
        triples=triples,
        resources=resources,
        graph=graph,
        statistics=statistics,
        sizes=sizes,
        model=model,
        rates=rates,
        builder=builder,
    )


def _interactions(table: SampleTable, dialogues: IntArray, num_items: int) -> Ragged:
    """The items named in each of ``dialogues``."""
    rows = [table.dialogue_mentions[dialogue] for dialogue in dialogues.tolist()]
    return Ragged.from_rows([row[row < num_items].tolist() for row in rows])

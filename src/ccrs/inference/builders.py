"""What a run reads with: the batches of its recommender, the slots of its responder."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ccrs.artifacts.config import UseConfig
from ccrs.artifacts.responder import TextConfig
from ccrs.artifacts.run import Run
from ccrs.core.errors import DataError
from ccrs.core.graph import KnowledgeGraph
from ccrs.core.samples import SampleTable
from ccrs.data.batching import BatchBuilder
from ccrs.data.known_items import KnownItems
from ccrs.data.slots import Slotter
from ccrs.data.statistics import Statistics
from ccrs.models.registry import model_reads


def make_builder(
    config: UseConfig,
    table: SampleTable,
    graph: KnowledgeGraph,
    statistics: Statistics,
    *,
    num_items: int,
    for_seeker: bool = False,
    known_items: KnownItems | None = None,
) -> BatchBuilder:
    """Batches of ``table`` with only what the model looks at; ``for_seeker`` of the auxiliary samples.

    With ``known_items``, what a user has had is no candidate: so for training, whose losses run over the candidates.
    Who judges or chats takes them out of the logits.
    """
    reads = model_reads(config.name, config.model)
    return BatchBuilder(
        table,
        graph,
        num_items=num_items,
        num_layers=reads.num_layers,
        vocabulary=statistics.vocabulary if reads.max_words else None,
        cooccurrence=statistics.cooccurrence if reads.cooccurrence else None,
        by_users=statistics.by_users if reads.history_neighbours else None,
        max_words=reads.max_words,
        for_seeker=for_seeker,
        liked=_liked(statistics, table) if reads.sentiment else None,
        known_items=known_items,
    )


def _liked(statistics: Statistics, table: SampleTable) -> npt.NDArray[np.float32]:
    """How liked each mention of ``table`` sounds; raises ``DataError`` where nobody has learned it."""
    if statistics.sentiment is None:
        raise DataError("The model reads sentiment, but none was learned with it. Train it again.")
    return statistics.sentiment.likely(table, statistics.vocabulary)


def run_builder(run: Run, table: SampleTable) -> BatchBuilder:
    """Batches of ``table`` as a run's model expects them."""
    return make_builder(run.config, table, run.graph, run.statistics, num_items=run.catalogue.num_items)


def make_slotter(run: Run, config: TextConfig) -> Slotter:
    """The slots of a run's catalogue and graph."""
    return Slotter(run.catalogue, run.triples, facts=config.fact_slots)

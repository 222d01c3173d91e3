"""What is counted in the training dialogues: popularity, words, co-occurrence. Nothing else is ever counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccrs.core.samples import IntArray, SampleTable
from ccrs.data.cooccurrence import Cooccurrence
from ccrs.data.sentiment import Sentiment
from ccrs.data.user_items import items_of_users
from ccrs.data.vocabulary import Vocabulary

MIN_WORD_COUNT = 3


@dataclass(frozen=True)
class Statistics:
    """Counts over the training dialogues."""

    popularity: IntArray  # (items) how often recommenders named each item
    vocabulary: Vocabulary
    cooccurrence: Cooccurrence
    sentiment: Sentiment | None = None
    """Learned only where a model asks for it."""
    by_users: Cooccurrence | None = None
    """Which items are named by the same users; counted only where a model asks for it."""


def recommended_counts(table: SampleTable, dialogues: IntArray, num_items: int) -> IntArray:
    """How often recommenders named each item in ``dialogues``, (items,)."""
    chosen = np.isin(table.sample_dialogues, dialogues)
    return np.bincount(table.sample_targets[chosen], minlength=num_items)


def count_statistics(
    table: SampleTable,
    dialogues: IntArray,
    num_items: int,
    *,
    sentiment: bool = False,
    by_users: bool = False,
) -> Statistics:
    """Count ``dialogues`` (indices of the table) and no others; with ``sentiment``, learn from their questionnaires."""
    words = [table.words[dialogue] for dialogue in dialogues.tolist()]
    vocabulary = Vocabulary.count(words, min_count=MIN_WORD_COUNT)
    return Statistics(
        popularity=recommended_counts(table, dialogues, num_items),
        vocabulary=vocabulary,
        cooccurrence=Cooccurrence.count(table.dialogue_mentions, dialogues, num_items),
        sentiment=Sentiment.learn(table, vocabulary, dialogues) if sentiment else None,
        by_users=_count_by_users(table, dialogues, num_items) if by_users else None,
    )


def _count_by_users(table: SampleTable, dialogues: IntArray, num_items: int) -> Cooccurrence:
    items = items_of_users(table, dialogues)
    return Cooccurrence.count(items, np.arange(len(items)), num_items)

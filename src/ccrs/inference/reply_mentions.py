"""What the contexts of replies name, for responders that look at it: entities, words of the graph, facts ahead."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ccrs.artifacts.reply_knowledge import graph_words
from ccrs.artifacts.run import Run
from ccrs.core.dialogue import Dialogue
from ccrs.core.graph import KnowledgeGraph
from ccrs.core.reads import ReplyReads
from ccrs.core.replies import ReplyMentions, ReplyTable
from ccrs.core.samples import IntArray, Ragged, SampleTable
from ccrs.data.samples import build_samples
from ccrs.inference.reply_vectors import reply_of_context


def reply_mentions(run: Run, table: SampleTable, replies: ReplyTable, reads: ReplyReads) -> ReplyMentions:
    """What ``reads`` asks for, a row for each reply.

    ``table`` holds a context for every message of the recommenders of the same dialogues.
    """
    context_of = np.full(replies.num_replies, -1, np.int64)
    reply_of = reply_of_context(table, replies)
    context_of[reply_of[reply_of >= 0]] = np.flatnonzero(reply_of >= 0)
    return ReplyMentions(
        _entities(table, context_of, reads.max_entities) if reads.max_entities else None,
        _words(run, table, context_of, reads.max_words) if reads.max_words else None,
        _goals(run, replies) if reads.goals else None,
    )


def open_mentions(run: Run, dialogue: Dialogue, reads: ReplyReads) -> ReplyMentions:
    """The same for the reply that an open dialogue waits for: one row, without what it will name."""
    table = build_samples(run.catalogue, [dialogue], open_ended=True)
    last = np.array([len(table.context_dialogues) - 1], np.int64)
    return ReplyMentions(
        _entities(table, last, reads.max_entities) if reads.max_entities else None,
        _words(run, table, last, reads.max_words) if reads.max_words else None,
    )


def _entities(table: SampleTable, contexts: IntArray, most: int) -> Ragged:
    return Ragged.from_rows(
        [table.mentions[context][-most:].tolist() if context >= 0 else [] for context in contexts.tolist()]
    )


def _words(run: Run, table: SampleTable, contexts: IntArray, most: int) -> Ragged:
    """The latest different words that the graph knows."""
    ids, known = run.statistics.vocabulary.ids, graph_words(run)
    dialogues: dict[int, list[int]] = {}
    rows: list[list[int]] = []
    for context in contexts.tolist():
        if context < 0:
            rows.append([])
            continue
        dialogue = int(table.context_dialogues[context])
        if dialogue not in dialogues:
            dialogues[dialogue] = [ids.get(word, 0) for word in table.words[dialogue]]
        rows.append(_latest(dialogues[dialogue][: int(table.word_counts[context])], known, most))
    return Ragged.from_rows(rows)


def _latest(words: list[int], known: Collection[int], most: int) -> list[int]:
    latest = [word for word in dict.fromkeys(reversed(words)) if word in known]
    return latest[:most][::-1]


def _goals(run: Run, replies: ReplyTable) -> Ragged:
    """The entities one hop from the items that each reply names, items left out."""
    graph, count = run.graph, run.catalogue.num_items
    return Ragged.from_rows(
        [_near(graph, replies.items[reply].tolist(), count) for reply in range(replies.num_replies)]
    )


def _near(graph: KnowledgeGraph, items: list[int], num_items: int) -> list[int]:
    near = [graph.neighbours[graph.offsets[item] : graph.offsets[item + 1]] for item in items]
    found = np.unique(np.concatenate([np.zeros(0, np.int64), *near]))
    return [int(entity) for entity in found if entity >= num_items]

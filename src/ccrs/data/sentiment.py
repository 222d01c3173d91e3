"""How probably a user likes a film that was mentioned, by the words around the mention.

A logistic regression, learned from the questionnaires of the training dialogues. Its features are the known words of
three stretches: just before the mention, behind it in the same message, and what was said next. Each word counts
apart by stretch, by who named the film, and by whether a negation stands shortly before it. No word behind the end
of a context is ever read for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ccrs.core.samples import BoolArray, IntArray, Ragged, SampleTable
from ccrs.data.understanding.opinion_model import Fitting, logistic_regression
from ccrs.data.vocabulary import Vocabulary

FloatArray = npt.NDArray[np.float32]
BEFORE, BEHIND, NEXT = 8, 12, 20
"""How many words of each stretch are read, at most."""
_DENYING = """
    not no nor never nothing don't doesn't didn't isn't wasn't haven't hadn't can't couldn't won't wouldn't
"""
NEGATIONS = frozenset(_DENYING.split())
REACH = 3
"""A word is negated by a negation among this many words before it."""
_KINDS = 3 * 2 * 2  # stretches, speakers, negated or not
_BIAS = 0  # the place of the bias: that of the unknown word, which is no feature
_FITTING = Fitting(ridge=10.0, steps=40)


@dataclass(frozen=True)
class Sentiment:
    """The regression: P(liked) = σ(bias + the sum of the weights of the features).

    The weight of word ``w`` in the stretch 0, 1 or 2 stands at ``(stretch · 4 + seeker · 2 + negated) · words + w``;
    the bias stands at 0.
    """

    weights: FloatArray  # (kinds of features * words of the vocabulary)

    @classmethod
    def learn(cls, table: SampleTable, vocabulary: Vocabulary, dialogues: IntArray) -> Sentiment:
        """Learn from the questionnaires of ``dialogues`` (indices of the table) and from no others.

        Several contexts may show the same of a mention; it counts once. Where no answer is known P(liked) is 1/2.
        """
        mentions, liked = _answered(table, dialogues)
        weights = np.zeros(_KINDS * len(vocabulary))
        if len(mentions):
            features, owners = _features(table, vocabulary, mentions)
            weights, bias = logistic_regression(
                features, owners, liked, np.ones(len(liked)), len(weights), _FITTING
            )
            weights[_BIAS] = bias
        return cls(weights.astype(np.float32))

    def likely(self, table: SampleTable, vocabulary: Vocabulary) -> FloatArray:
        """P(liked) of each mention of each context of ``table``, by the words learned with: (total mentions,)."""
        count = len(table.mention_turns)
        features, owners = _features(table, vocabulary, np.arange(count, dtype=np.int64))
        scores = np.bincount(owners, weights=self.weights[features], minlength=count) + self.weights[_BIAS]
        return np.asarray(1 / (1 + np.exp(-np.clip(scores, -30, 30))), np.float32)


def _answered(table: SampleTable, dialogues: IntArray) -> tuple[IntArray, npt.NDArray[np.float64]]:
    """The mentions of ``dialogues`` whose questionnaire says one thing, each sight of it once, and whether liked."""
    contexts = np.repeat(np.arange(len(table.mentions), dtype=np.int64), table.mentions.lengths)
    mentions = np.flatnonzero(np.isin(table.context_dialogues[contexts], dialogues))
    owners, entities = table.context_dialogues[contexts[mentions]], table.mentions.values[mentions]
    liked, disliked = (_named_in(rows, owners, entities) for rows in (table.liked, table.disliked))
    told = liked != disliked
    mentions, owners, entities, liked = mentions[told], owners[told], entities[told], liked[told]
    places, ends = table.mention_word_places[mentions], table.mention_word_ends[mentions]
    seen = np.minimum(table.word_counts[contexts[mentions]], ends + NEXT)
    _, first = np.unique(np.stack([owners, entities, places, ends, seen]), axis=1, return_index=True)
    return mentions[first], liked[first].astype(np.float64)


def _named_in(rows: Ragged, which: IntArray, values: IntArray) -> BoolArray:
    """Whether row ``which[i]`` holds ``values[i]``."""
    span = int(max(values.max(initial=0), rows.values.max(initial=0))) + 1
    owners = np.repeat(np.arange(len(rows), dtype=np.int64), rows.lengths)
    return np.isin(which * span + values, owners * span + rows.values)


def _features(table: SampleTable, vocabulary: Vocabulary, mentions: IntArray) -> tuple[IntArray, IntArray]:
    """The features of ``mentions`` (numbers in the table) and which of them each is of."""
    words = vocabulary.encode(table.words)
    negated = _negated(words, [vocabulary.ids[word] for word in sorted(NEGATIONS & vocabulary.ids.keys())])
    contexts = np.searchsorted(table.mentions.offsets, mentions, side="right") - 1
    start = words.offsets[table.context_dialogues[contexts]]
    place, end = start + table.mention_word_places[mentions], start + table.mention_word_ends[mentions]
    stretches = (
        (np.maximum(place - BEFORE, start), place),
        (place, np.minimum(place + BEHIND, end)),
        (end, np.minimum(end + NEXT, start + table.word_counts[contexts])),
    )
    features, owners = [], []
    for number, (first, last) in enumerate(stretches):
        lengths = last - first
        owner = np.repeat(np.arange(len(mentions), dtype=np.int64), lengths)
        begins = np.cumsum(lengths) - lengths
        positions = np.arange(len(owner), dtype=np.int64) + np.repeat(first - begins, lengths)
        known = words.values[positions] > 0
        positions, owner = positions[known], owner[known]
        kinds = number * 4 + table.mention_by_seeker[mentions][owner] * 2 + negated[positions]
        features.append(kinds * len(vocabulary) + words.values[positions])
        owners.append(owner)
    return np.concatenate(features), np.concatenate(owners)


def _negated(words: Ragged, negations: list[int]) -> BoolArray:
    """Whether a negation stands among the ``REACH`` words before each word of its dialogue: (total words,)."""
    denies = np.isin(words.values, negations)
    dialogues = np.repeat(np.arange(len(words)), words.lengths)
    found = np.zeros(len(denies), np.bool_)
    for shift in range(1, REACH + 1):
        found[shift:] |= denies[:-shift] & (dialogues[shift:] == dialogues[:-shift])
    return found

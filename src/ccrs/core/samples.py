"""Recommendation samples as flat arrays, the one form that training, evaluation and chat share.

A *sample* is one (recommender message, recommended item). Its *context* is everything before the
message, plus the items named earlier in it by preceding samples' messages of the same turn; samples
of one message share one context. A *task* is one user's dialogues in two halves: *support* (the
model adapts on it) and *query* (the model is judged on it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Ragged:
    """Rows of different lengths in one flat array: row ``i`` is ``values[offsets[i]:offsets[i+1]]``."""

    offsets: IntArray  # (rows + 1)
    values: IntArray  # (total)

    @classmethod
    def from_rows(cls, rows: list[list[int]]) -> Ragged:
        """Pack a list of rows."""
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        return cls(
            offsets, np.fromiter((value for row in rows for value in row), np.int64, count=int(offsets[-1]))
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> IntArray:
        """The length of each row, (rows,)."""
        return np.diff(self.offsets)

    def __getitem__(self, row: int) -> IntArray:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def positions(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """Where the values of ``rows`` lie: (positions in ``values``, which of ``rows`` each is of)."""
        starts, lengths = self.offsets[rows], self.lengths[rows]
        owner = np.repeat(np.arange(len(rows), dtype=np.int64), lengths)
        first = np.cumsum(lengths) - lengths
        return np.arange(len(owner), dtype=np.int64) + np.repeat(starts - first, lengths), owner


@dataclass(frozen=True)
class SampleTable:
    """All contexts and samples of a set of dialogues.

    Entities are indices into the catalogue (items first). Mentions of a context are its distinct
    entities in the order of their last mention, each with the turn and speaker of that mention.
    """

    users: tuple[str, ...]  # user ids
    dialogue_ids: tuple[str, ...]
    dialogue_users: IntArray  # (dialogues) index into users
    dialogue_times: IntArray  # (dialogues)
    dialogue_mentions: Ragged  # per dialogue: distinct entities named anywhere in it
    dialogue_targets: Ragged  # per dialogue: distinct items its recommender named
    liked: Ragged  # per dialogue: items its seeker said to like in the questionnaire
    disliked: Ragged  # per dialogue: items its seeker said not to like
    context_dialogues: IntArray  # (contexts)
    context_messages: IntArray  # (contexts) number of the recommender message that is answered
    context_turns: IntArray  # (contexts) turn of that message
    mentions: Ragged  # (contexts) entity indices
    mention_turns: IntArray  # (total mentions) turn of the last mention
    mention_by_seeker: BoolArray  # (total mentions) whether the seeker said it (last mention)
    mention_word_places: (
        IntArray  # (total mentions) how many of the dialogue's words stand before that mention
    )
    mention_word_ends: IntArray  # (total mentions) and before the end of its message
    words: tuple[tuple[str, ...], ...]  # per dialogue: lower-cased words before mentions are cut out
    word_counts: IntArray  # (contexts) how many of the dialogue's words stand before the message
    sample_contexts: IntArray  # (samples)
    sample_targets: IntArray  # (samples) item indices

    @property
    def num_samples(self) -> int:
        """How many samples there are."""
        return len(self.sample_targets)

    @property
    def sample_dialogues(self) -> IntArray:
        """The dialogue of each sample, (samples,)."""
        return self.context_dialogues[self.sample_contexts]

    @property
    def sample_users(self) -> IntArray:
        """The user of each sample, (samples,)."""
        return self.dialogue_users[self.sample_dialogues]

    def sample_id(self, sample: int) -> str:
        """``dialogue:message:number``, the number counting the samples of one message."""
        context = self.sample_contexts[sample]
        first = int(np.searchsorted(self.sample_contexts, context))
        dialogue = self.dialogue_ids[self.context_dialogues[context]]
        return f"{dialogue}:{self.context_messages[context]}:{sample - first}"


@dataclass(frozen=True)
class UserTask:
    """One user's dialogues (indices into the table's dialogues) in support and query."""

    user: int
    support: IntArray  # dialogue indices, oldest first
    query: IntArray  # dialogue indices, oldest first

"""The words a model knows, counted in training dialogues only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ccrs.core.samples import Ragged


@dataclass(frozen=True)
class Vocabulary:
    """Known words; word ``i`` has id ``i + 1`` and 0 stands for every other word."""

    words: tuple[str, ...]

    @classmethod
    def count(cls, dialogues: Iterable[Sequence[str]], *, min_count: int) -> Vocabulary:
        """The words that occur at least ``min_count`` times, in alphabetical order."""
        counts = Counter(word for words in dialogues for word in words)
        return cls(tuple(sorted(word for word, count in counts.items() if count >= min_count)))

    @cached_property
    def ids(self) -> dict[str, int]:
        """Word to id."""
        return {word: number for number, word in enumerate(self.words, start=1)}

    def __len__(self) -> int:
        """How many ids there are, the unknown word included."""
        return len(self.words) + 1

    def encode(self, dialogues: Sequence[Sequence[str]]) -> Ragged:
        """Word ids of each dialogue, unknown words kept as 0."""
        return Ragged.from_rows([[self.ids.get(word, 0) for word in words] for words in dialogues])

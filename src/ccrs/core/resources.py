"""Knowledge beside dialogues and graph: relations between words, and reviews of items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ccrs.core.errors import DataError
from ccrs.core.samples import IntArray, Ragged

ReplyNeed = Literal["entity_rows", "word_rows", "word_graph", "reviews"]
"""What a responder may need of a run: encoded rows of its recommender, and knowledge that was prepared for it."""
ResourceName = Literal["word_graph", "reviews"]
RESOURCE_NAMES: Final[tuple[ResourceName, ...]] = ("word_graph", "reviews")


@dataclass(frozen=True)
class Resources:
    """What a corpus holds of both, by the word ids of a run's vocabulary; None where it has none."""

    word_edges: IntArray | None = None  # (2, edges) word ids; each pair once, smaller id first
    reviews: Ragged | None = None  # per item: word ids of its review, in order

    def require(self, needed: Iterable[ResourceName], model: str) -> Resources:
        """Only what ``model`` needs; raises ``DataError`` naming what the corpus lacks and how to add it."""
        names = set(needed)
        held: Mapping[str, object] = {"word_graph": self.word_edges, "reviews": self.reviews}
        missing = [name for name in RESOURCE_NAMES if name in names and held[name] is None]
        if missing:
            flags = " ".join(f"--{name.replace('_', '-')} FILE" for name in missing)
            raise DataError(
                f"The model {model!r} needs {' and '.join(missing)}, which the prepared data lacks. "
                f"Prepare the data again with {flags}."
            )
        return Resources(
            self.word_edges if "word_graph" in names else None, self.reviews if "reviews" in names else None
        )


def distinct_pairs(first: IntArray, second: IntArray) -> IntArray:
    """Undirected pairs without loops, each once and sorted: (2, edges)."""
    pairs = np.sort(np.stack([first, second]), axis=0)
    return np.unique(pairs[:, pairs[0] != pairs[1]], axis=1)

"""What a model looks at, so that batches hold that and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reads:
    """The optional parts of a batch."""

    num_layers: int = 0
    """Hops of neighbours around the mentioned entities."""
    max_words: int = 0
    """The latest words of a context, this many at most."""
    cooccurrence: bool = False
    """Items named beside the context's items in training dialogues."""
    sentiment: bool = False
    """Whether the words sound as if a mentioned item was liked."""
    history: bool = False
    """The user's support dialogues, although nothing is adapted to them."""
    seeker_targets: bool = False
    """Training samples of what seekers name next, beside what recommenders name."""

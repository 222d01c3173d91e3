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
    history_neighbours: bool = False
    """Items that other users had beside those of the user's support dialogues."""
    seeker_targets: bool = False
    """Training samples of what seekers name next, beside what recommenders name."""


@dataclass(frozen=True)
class ReplyReads:
    """What a responder looks at beside a context's tokens and the recommender's vector of it."""

    max_entities: int = 0
    """The latest entities that a context names, this many at most."""
    max_words: int = 0
    """The latest different words of a context that the word graph knows, this many at most."""
    goals: bool = False
    """Entities one hop from the items that the reply names, for training."""


NOTHING_READ = ReplyReads()
"""A responder that looks at tokens and vectors alone."""

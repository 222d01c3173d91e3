"""What an inspection found, as plain values that become tables, a page and JSON alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ccrs.core.dialogue import Dialogue


@dataclass(frozen=True)
class Named:
    """An entity and how often something is so of it (links, mentions)."""

    id: str
    title: str
    type: str
    count: int


@dataclass(frozen=True)
class Some:
    """How many there are of a kind, and the first of them."""

    count: int
    share: float
    """Of all that could be so; 0 where there is nothing."""
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """One relation of the graph, seen from the items."""

    name: str
    triples: int
    """Distinct ones, without self-loops."""
    share: float
    """Of all distinct triples."""
    values: int
    """Distinct entities at the other end."""
    dead_ends: int
    """Of them those that are no items and that no other triple names: they connect nothing."""
    items: int
    """Items with at least one."""
    coverage: float
    """Of all items."""


@dataclass(frozen=True)
class Namesakes:
    """Items that bear one title; where the year is the same too, words cannot tell them apart."""

    title: str
    ids: tuple[str, ...]
    same_year: bool


@dataclass(frozen=True)
class GraphFindings:
    """What the catalogue and its triples hold."""

    items: int
    item_types: Mapping[str, int]
    other_types: Mapping[str, int]
    triples: int
    """Distinct ones, without self-loops: those that models see."""
    self_loops: int
    doubled: int
    relations: tuple[Relation, ...]
    without_facts: Some
    """Items that no triple names."""
    unconnected: Some
    """Other entities that no triple names."""
    most_linked: tuple[Named, ...]
    most_linked_by_type: Mapping[str, tuple[Named, ...]]
    namesakes: tuple[Namesakes, ...]
    """All of them, those first that nothing tells apart."""


@dataclass(frozen=True)
class UnlinkedName:
    """What was typed like a name and is none of the catalogue's; ``kind`` is item or person."""

    name: str
    kind: str
    count: int
    dialogue: str
    """The first one that has it."""


@dataclass(frozen=True)
class UnlinkedNames:
    """The most frequent ones of those dialogues that were searched for them, evenly spread over all."""

    searched: int
    """Dialogues."""
    dialogues: int
    """Of them with at least one."""
    found: int
    most_frequent: tuple[UnlinkedName, ...]


@dataclass(frozen=True)
class DialogueFindings:
    """What the dialogues hold."""

    dialogues: int
    messages: int
    users: int
    parts: Mapping[str, int]
    """Dialogues of the source's own parts; ``none`` where it has no say."""
    by_mentions: Mapping[str, int]
    """Dialogues by how many mentions of any entity they have."""
    by_item_mentions: Mapping[str, int]
    mean_mentions: float
    mean_item_mentions: float
    without_item: Some
    """Dialogues in which no item is mentioned; ids as examples."""
    without_target: Some
    """Dialogues in which the recommender mentions no item."""
    users_by_dialogues: Mapping[str, int]
    """Users by how many dialogues they have."""
    returning: int
    """Users with more than one."""
    never_mentioned: Some
    """Items."""
    most_mentioned: tuple[Named, ...]
    unlinked: UnlinkedNames
    examples: tuple[Dialogue, ...]


@dataclass(frozen=True)
class Advice:
    """Something that will hurt training, and what to do about it."""

    problem: str
    mend: str


@dataclass(frozen=True)
class Inspection:
    """Everything that was found about a prepared folder."""

    folder: str
    dataset: str
    licence: str
    item: str
    """What one item is called, and several."""
    items: str
    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    notes: tuple[str, ...]
    repeats: bool
    graph: GraphFindings
    dialogues: DialogueFindings
    advice: tuple[Advice, ...]

"""Small random worlds: a catalogue, a graph and dialogues with repeats, silences and lone users."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message
from ccrs.core.graph import Catalogue, Entity, KnowledgeGraph, Triple
from ccrs.core.samples import SampleTable
from ccrs.data.graph import build_graph
from ccrs.data.samples import build_samples


@dataclass(frozen=True)
class World:
    """What the tests of models, adaptation and training stand on."""

    catalogue: Catalogue
    triples: tuple[Triple, ...]
    graph: KnowledgeGraph
    dialogues: tuple[Dialogue, ...]
    table: SampleTable


def random_world(
    *, num_items: int = 12, num_others: int = 8, num_users: int = 6, max_dialogues: int = 5, seed: int = 0
) -> World:
    """A world of random links; some items have no edges, some contexts no entity, some users no support."""
    rng = np.random.default_rng(seed)
    items = [Entity(f"i{n}", "movie", f"Film {n}", is_item=True, year=1990 + n) for n in range(num_items)]
    others = [Entity(f"o{n}", "person", f"Person {n}") for n in range(num_others)]
    catalogue = Catalogue((*items, *others))
    triples = {
        Triple(
            f"i{rng.integers(num_items - 2)}",
            str(rng.choice(["director", "actor", "genre"])),
            f"o{rng.integers(num_others)}",
        )
        for _ in range(4 * num_items)
    }
    ordered = tuple(sorted(triples, key=lambda t: (t.head, t.relation, t.tail)))
    dialogues = []
    for user in range(num_users):
        count = 1 if user == 0 else int(rng.integers(1, max_dialogues + 1))
        dialogues += [_dialogue(f"d{user}-{n}", f"u{user}", n, catalogue, rng) for n in range(count)]
    graph = build_graph(catalogue, ordered)
    return World(catalogue, ordered, graph, tuple(dialogues), build_samples(catalogue, dialogues))


def _dialogue(name: str, user: str, time: int, catalogue: Catalogue, rng: np.random.Generator) -> Dialogue:
    messages = []
    feedback: dict[str, Feedback] = {}
    for turn in range(int(rng.integers(2, 6))):
        speaker = "seeker" if turn % 2 == 0 else "recommender"
        pool = catalogue.num_entities if speaker == "seeker" else catalogue.num_items
        count = int(rng.integers(0, 3)) if speaker == "seeker" else int(rng.integers(1, 3))
        chosen = [catalogue.entities[int(e)] for e in rng.integers(0, pool, size=count)]
        text, mentions = "how about", []
        for entity in chosen:
            text += " "
            mentions.append(
                Mention(entity.id, len(text), len(text) + len(entity.name), marked=entity.is_item)
            )
            text += entity.name
            if entity.is_item:
                feedback[entity.id] = Feedback(liked=bool(rng.integers(2)))
        messages.append(Message(speaker, text, tuple(mentions)))  # type: ignore[arg-type]
    return Dialogue(name, user, tuple(messages), time=time, feedback=feedback)

"""A synthetic corpus of the size and skew of ReDial with its graph of named relations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import write_prepared

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WorldSize:
    """How much of everything there is; the default is about what ReDial's graph and dialogues have."""

    num_items: int = 6_900
    num_entities: int = 25_000
    num_triples: int = 57_000
    num_dialogues: int = 4_000
    num_users: int = 400
    num_words: int = 4_000
    relations: tuple[tuple[str, float, int], ...] = (
        # name, share of the triples, from how many entities the tails come
        ("actor", 0.45, 9_000),
        ("genre", 0.25, 25),
        ("writer", 0.17, 6_000),
        ("director", 0.13, 3_000),
    )
    mean_messages: int = 18
    mean_words: int = 7
    naming: float = 0.45
    """Probability that a message names an item."""


def write_world(folder: Path, size: WorldSize, seed: int = 0) -> None:
    """Write a prepared corpus of random links, popularity and words; the same for the same seed."""
    rng = np.random.default_rng(seed)
    items = [
        Entity(f"i{n}", "movie", f"Film {n}", is_item=True, year=1950 + n % 70) for n in range(size.num_items)
    ]
    others = [Entity(f"o{n}", "thing", f"Thing {n}") for n in range(size.num_entities - size.num_items)]
    catalogue = Catalogue((*items, *others))
    # Popular items are well linked and often named, as in the real data.
    popularity = zipf(size.num_items, 0.9)
    write_prepared(
        folder,
        dataset="synthetic",
        licence="CC0-1.0",
        catalogue=catalogue,
        triples=_triples(size, rng),
        dialogues=_dialogues(size, popularity, catalogue, rng),
    )


def _triples(size: WorldSize, rng: np.random.Generator) -> list[Triple]:
    """Items linked to other entities; few tails have most of the links of their relation."""
    linked = zipf(size.num_items, 0.3)
    triples: dict[Triple, None] = {}
    first = 0
    for name, share, num_tails in size.relations:
        count = int(size.num_triples * share)
        heads = rng.choice(size.num_items, size=count, p=linked)
        tails = first + rng.choice(num_tails, size=count, p=zipf(num_tails, 0.6))
        triples |= {Triple(f"i{h}", name, f"o{t}"): None for h, t in zip(heads, tails, strict=True)}
        first += num_tails
    return list(triples)


def _dialogues(
    size: WorldSize, popularity: FloatArray, catalogue: Catalogue, rng: np.random.Generator
) -> list[Dialogue]:
    """Dialogues of users of whom few have very many; seeker and recommender take turns."""
    words = np.array([_word(n) for n in range(size.num_words)])
    frequency = zipf(size.num_words, 1.0)
    users = rng.choice(size.num_users, size=size.num_dialogues, p=zipf(size.num_users, 0.7))
    lengths = np.maximum(2, rng.poisson(size.mean_messages, size=size.num_dialogues))
    # All draws at once: one call per message would take most of a minute.
    total = int(lengths.sum())
    named = iter(rng.choice(size.num_items, size=total, p=popularity).tolist())
    names = iter((rng.random(total) < size.naming).tolist())
    counts = iter(rng.poisson(size.mean_words, size=total).tolist())
    spoken = iter(rng.choice(words, size=total * size.mean_words * 2, p=frequency).tolist())
    dialogues = []
    for number, (user, length) in enumerate(zip(users.tolist(), lengths.tolist(), strict=True)):
        messages = []
        for turn in range(length):
            text = " ".join(next(spoken) for _ in range(min(next(counts), size.mean_words * 2)))
            item = catalogue.entities[next(named)]
            mentions: tuple[Mention, ...] = ()
            if next(names):
                text = f"{text} {item.name}"
                mentions = (Mention(item.id, len(text) - len(item.name), len(text), marked=True),)
            messages.append(Message("recommender" if turn % 2 else "seeker", text or "hello", mentions))
        dialogues.append(Dialogue(f"d{number}", f"u{user}", tuple(messages), time=number))
    return dialogues


def _word(number: int) -> str:
    """A word of letters alone: replies with digits would not be kept for retrieval."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "w" + "".join(letters[number // 26**place % 26] for place in range(3))


def zipf(count: int, exponent: float) -> FloatArray:
    """Probabilities that fall with the rank to the power of ``exponent``, (count,)."""
    weights = np.arange(1, count + 1, dtype=np.float64) ** -exponent
    shares: FloatArray = weights / weights.sum()
    return shares

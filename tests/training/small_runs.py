"""A tiny corpus that can be learned, written to disk, and configurations that train on it in a second.

Every dialogue: the seeker names a person, in a mention and in words, and the recommender names films of that
person, as the graph has them. Which person it is is random, so popularity knows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from ccrs.artifacts.run import Run
from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message, Part
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import Extras, write_prepared
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import Corpus, load_corpus
from ccrs.experiments.train import train_recommender

NUM_PERSONS, FILMS_EACH = 5, 2
ALL_ADDITIONS = {
    "item_prior": True,
    "cooccurrence": True,
    "words": True,
    "speaker": True,
    "user_in_score": True,
    "history": True,
    "history_prior": True,
    "seeker_targets": True,
}
SMALL_MODEL: dict[str, Any] = {"embedding_size": 8, "num_heads": 2, "user_size": 3, "max_turns": 8}


def small_catalogue() -> tuple[Catalogue, tuple[Triple, ...]]:
    """Films, each by one person and of one genre."""
    films = [
        Entity(f"f{n}", "movie", f"Film {n}", is_item=True, year=1990 + n)
        for n in range(NUM_PERSONS * FILMS_EACH)
    ]
    persons = [Entity(f"p{n}", "person", f"Person{n} Family{n}") for n in range(NUM_PERSONS)]
    genres = [Entity(f"g{n}", "genre", f"Genre {n}") for n in range(2)]
    triples = [Triple(film.id, "director", f"p{n // FILMS_EACH}") for n, film in enumerate(films)]
    triples += [Triple(film.id, "genre", f"g{n % 2}") for n, film in enumerate(films)]
    return Catalogue((*films, *persons, *genres)), tuple(triples)


def small_dialogues(
    catalogue: Catalogue, *, num_users: int = 24, seed: int = 0, official: bool = False
) -> list[Dialogue]:
    """One to five dialogues of each user; with ``official``, every fifth user is of the test part."""
    rng = np.random.default_rng(seed)
    dialogues = []
    for user in range(num_users):
        part: Part | None = ("test" if user % 5 == 0 else "train") if official else None
        dialogues += [
            _dialogue(f"d{user}-{number}", f"user{user}", number, part, catalogue, rng)
            for number in range(1 + (user + 2) % 5)
        ]
    return dialogues


def _dialogue(
    name: str, user: str, time: int, part: Part | None, catalogue: Catalogue, rng: np.random.Generator
) -> Dialogue:
    messages = []
    answers: dict[str, Feedback] = {}
    if rng.random() < 0.1:  # a context without any entity
        messages.append(message("seeker", "Hello there", [], catalogue))
        messages.append(
            message("recommender", "Hi, try", [f"f{rng.integers(catalogue.num_items)}"], catalogue)
        )
    for _ in range(2):
        person = int(rng.integers(NUM_PERSONS))
        films = person * FILMS_EACH + rng.permutation(FILMS_EACH)[: int(rng.integers(1, FILMS_EACH + 1))]
        messages.append(message("seeker", "I love films by", [f"p{person}"], catalogue))
        messages.append(
            message("recommender", "Then have you seen", [f"f{film}" for film in films], catalogue)
        )
        if rng.random() < 0.3:
            messages.append(message("seeker", "I know", [f"f{films[0]}"], catalogue))
        answers |= {f"f{film}": Feedback(liked=bool(rng.integers(2))) for film in films}
    return Dialogue(name, user, tuple(messages), time=time, part=part, feedback=answers)


def message(speaker: str, text: str, entities: list[str], catalogue: Catalogue) -> Message:
    """``text`` followed by the names of ``entities``, items marked."""
    mentions = []
    for name in entities:
        entity = catalogue.entities[catalogue.index[name]]
        text += " "
        mentions.append(Mention(name, len(text), len(text) + len(entity.name), marked=entity.is_item))
        text += entity.name
    return Message(speaker, text, tuple(mentions))  # type: ignore[arg-type]


def small_extras(catalogue: Catalogue) -> Extras:
    """Related words, among them those of the dialogues, and a review of every film that names its person."""
    people = [f"person{n}" for n in range(NUM_PERSONS)]
    pairs = [
        ("films", "seen"),
        ("love", "hello"),
        *((name, name.replace("person", "family")) for name in people),
    ]
    reviews = {item.id: f"By person{n // FILMS_EACH}, seen twice" for n, item in enumerate(catalogue.items)}
    return Extras(word_pairs=tuple(pairs), reviews=reviews)


def write_corpus(folder: Path, dialogues: list[Dialogue] | None = None) -> Corpus:
    """The corpus as a prepared folder, read back."""
    catalogue, triples = small_catalogue()
    write_prepared(
        folder,
        dataset="small",
        licence="none",
        catalogue=catalogue,
        triples=triples,
        dialogues=small_dialogues(catalogue) if dialogues is None else dialogues,
        extras=small_extras(catalogue),
    )
    return load_corpus(folder)


def small_config(
    *,
    name: str = "ccrs",
    model: Mapping[str, Any] | None = None,
    inner: Mapping[str, Any] | None = None,
    **training: Any,
) -> RecommenderConfig:
    """A configuration that trains in a second: ``training`` goes into the section of this name."""
    sizes = SMALL_MODEL if name == "ccrs" else {}
    return RecommenderConfig.model_validate(
        {
            "name": name,
            "model": {**sizes, **(model or {})},
            "graph": {"min_relation_count": 1},
            "data": {"order": "chronological"},
            "inner": dict(inner or {}),
            "training": {
                "epochs": 3,
                "batch_size": 32,
                "learning_rate": 0.02,
                "max_task_dialogues": 4,
                **training,
            },
        }
    )


def train_quietly(config: RecommenderConfig, corpus: Corpus, out: Path, *, resume: bool = False) -> Run:
    """Train in this process."""
    return train_recommender(config, corpus, out, resume=resume, quiet=True)


def named_bytes(*modules: nn.Module) -> dict[str, bytes]:
    """All weights and buffers, to be compared bit by bit."""
    return dict(_named_bytes(modules))


def _named_bytes(modules: tuple[nn.Module, ...]) -> Iterator[tuple[str, bytes]]:
    for number, module in enumerate(modules):
        for name, value in module.state_dict().items():
            yield f"{number}.{name}", value.detach().cpu().contiguous().numpy().tobytes()

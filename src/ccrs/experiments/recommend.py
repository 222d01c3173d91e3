"""Recommend to one person from what he says now and what he said before, with the reasons as data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.run import Run, load_run
from ccrs.core.batch import Batch
from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.errors import CheckpointError, DataError
from ccrs.core.samples import UserTask
from ccrs.data.samples import build_samples
from ccrs.experiments.explanation import ContextView, MentionWeight, Weight
from ccrs.experiments.foreign import run_linker
from ccrs.experiments.setup import run_builder
from ccrs.meta.adaptation import adapt, scores
from ccrs.models.ccrs import CCRS


@dataclass(frozen=True)
class Recommended:
    """An item with its place, its place for an unknown user, and what it shares with what was said."""

    id: str
    title: str
    rank: int
    unadapted_rank: int
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Recommendation:
    """Ranked items and what they rest on."""

    items: tuple[Recommended, ...]
    mentions: tuple[MentionWeight, ...]
    relations: tuple[Weight, ...]
    neighbours: tuple[Weight, ...]
    num_support: int

    def as_json(self) -> dict[str, Any]:
        """The same as plain dictionaries and lists."""
        return asdict(self)


@dataclass(frozen=True)
class RankedItems:
    """Every item's score at the open end of a dialogue, and the parameters it was computed with."""

    batch: Batch
    context: int  # the open end among the contexts of the batch
    logits: Tensor  # (items)
    unadapted: Tensor  # (items) at the common parameters
    rows: Tensor  # the user's own parameters
    users: Tensor  # (1, d_u)
    mentioned: tuple[int, ...]  # entities, the latest last
    num_support: int


class Recommender:
    """A loaded run that recommends.

    Example::

    recommender = Recommender.load(Path("demo-run"))
    answer = recommender.recommend("I like Titanic (1997)")
    for item in answer.items:
        print(item.rank, item.title, item.reasons)
    """

    def __init__(self, run: Run) -> None:
        if not isinstance(run.model, CCRS):
            raise CheckpointError(f"{run.config.name!r} has no attention to explain. Use a run of 'ccrs'.")
        self.run = run
        self.model: CCRS = run.model
        self.linker = run_linker(run.catalogue, run.statistics.popularity)
        shared = Counter(triple.tail for triple in run.triples)
        self.rarity = {
            run.catalogue.index[tail]: math.log(1 + run.catalogue.num_items / count)
            for tail, count in shared.items()
        }
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)

    @classmethod
    def load(cls, folder: Path | str) -> Recommender:
        """Load the run in ``folder``; raises ``CheckpointError``."""
        return cls(load_run(Path(folder)))

    def recommend(
        self,
        *texts: str,
        items: Sequence[str] = (),
        support: Sequence[Dialogue] = (),
        k: int = 10,
    ) -> Recommendation:
        """Rank items for a person who says ``texts`` and names ``items`` (titles or ids).

        ``support`` are the person's earlier dialogues; the model adapts on them. Items already named are
        not offered. Raises ``DataError`` for an item that is not in the catalogue.
        """
        messages = [Message("seeker", text, self.linker.link(text)) for text in texts]
        messages += [self._named(item) for item in items]
        return self.continue_dialogue(messages, support=support, k=k)

    def continue_dialogue(
        self, messages: Sequence[Message], *, support: Sequence[Dialogue] = (), k: int = 10
    ) -> Recommendation:
        """The same for a whole dialogue so far, as linked messages of both speakers."""
        return self.explain(self.rank(messages, support=support), k=k)

    def rank(self, messages: Sequence[Message], *, support: Sequence[Dialogue] = ()) -> RankedItems:
        """Adapt to ``support`` and score every item at the open end of a dialogue."""
        earlier = [replace(dialogue, user="user", id=f"support-{n}") for n, dialogue in enumerate(support)]
        now = Dialogue("now", "user", tuple(messages))
        table = build_samples(self.run.catalogue, [*earlier, now], open_ended=True)
        order = np.argsort(table.dialogue_times[: len(earlier)], kind="stable")
        builder = run_builder(self.run, table)
        batch = builder.adapting([UserTask(0, order, np.array([len(earlier)]))])
        last = batch.query.num_contexts - 1  # the open end of the present dialogue
        rows, users = self.model.gather(batch)
        with torch.no_grad():
            plain = self._logits(batch, rows, users)[last]
        logits = plain
        if self.run.adapts:
            with torch.enable_grad():
                adapted = adapt(self.model, self.run.rates, batch, self.run.catalogue.num_items).adapted
            rows, users = adapted.rows.detach(), adapted.users.detach()
            with torch.no_grad():
                vectors = self.model.user_vectors(rows, users, batch.query, batch)
                logits = scores(self.model, vectors, batch.query, batch, adapted)[last]
        return RankedItems(
            batch=batch,
            context=last,
            logits=logits,
            unadapted=plain,
            rows=rows,
            users=users,
            mentioned=tuple(table.mentions[len(table.mentions) - 1].tolist()),
            num_support=len(earlier),
        )

    def explain(self, ranked: RankedItems, *, k: int = 10) -> Recommendation:
        """The ``k`` best items that were not named, and what they rest on."""
        with torch.no_grad():
            view = ContextView(self.run, self.model, ranked.batch, ranked.context)
            common = view.edge_weights(*self.model.gather(ranked.batch))
            own = view.edge_weights(ranked.rows, ranked.users)
            mentions = view.mention_weights(ranked.rows, ranked.users)
        return Recommendation(
            items=self._ranked(ranked, view, own, k),
            mentions=mentions,
            relations=view.by_relation(own, common),
            neighbours=view.by_neighbour(own, common)[:10],
            num_support=ranked.num_support,
        )

    def user_vector(self, ranked: RankedItems) -> Tensor:
        """p_u at the open end, as responders are trained on it: (d,)."""
        with torch.no_grad():
            query = ranked.batch.query
            vectors = self.model.user_vectors(
                ranked.rows, ranked.users, query, ranked.batch, with_history=False
            )
        return vectors[ranked.context]

    def _logits(self, batch: Batch, rows: Tensor, users: Tensor) -> Tensor:
        vectors = self.model.user_vectors(rows, users, batch.query, batch, with_history=False)
        return scores(self.model, vectors, batch.query, batch, None)

    def _ranked(
        self, ranked: RankedItems, view: ContextView, weights: Tensor, k: int
    ) -> tuple[Recommended, ...]:
        named = set(ranked.mentioned)
        allowed = [item for item in ranked.logits.argsort(descending=True).tolist() if item not in named]
        unadapted = ranked.unadapted.argsort(descending=True).tolist()
        before = {item: rank for rank, item in enumerate((i for i in unadapted if i not in named), start=1)}
        probabilities = ranked.logits.softmax(dim=0)
        return tuple(
            Recommended(
                id=self.run.catalogue.entities[item].id,
                title=self.run.catalogue.entities[item].title,
                rank=rank,
                unadapted_rank=before[item],
                score=float(probabilities[item]),
                reasons=view.reasons(item, weights, self.rarity),
            )
            for rank, item in enumerate(allowed[:k], start=1)
        )

    def _named(self, item: str) -> Message:
        """A message that names one item, by id or title."""
        entity = self.run.catalogue.index.get(item)
        if entity is None or entity >= self.run.catalogue.num_items:
            entity = self.linker.find_item(item)
        if entity is None:
            near = ", ".join(repr(found.title) for found in self.linker.nearest(item)) or "nothing near it"
            raise DataError(f"{item!r} is not in the catalogue. The nearest are: {near}.")
        title = self.run.catalogue.entities[entity].title
        return Message(
            "seeker", title, (Mention(self.run.catalogue.entities[entity].id, 0, len(title), marked=True),)
        )

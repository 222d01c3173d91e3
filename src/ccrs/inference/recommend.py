"""Recommend to one person from what he says now and what he said before, with the reasons as data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ccrs.artifacts.run import Run, load_run
from ccrs.core.cards import numbers_of, unavailable_items
from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.errors import DataError
from ccrs.data.linking_dialogues import run_linker
from ccrs.inference.explanation import ContextView, MentionWeight, Reasons, SharedFacts, Weight
from ccrs.inference.item_filter import ItemFilter
from ccrs.inference.pretrained import Pretrained
from ccrs.inference.ranking import RankedItems, RankRequest, rank_all
from ccrs.inference.user_state import UserState, user_state
from ccrs.models.ccrs import CCRS
from ccrs.models.item_index import IndexConfig, ItemIndex

_NUM_NEIGHBOURS = 10
NUM_KEPT = 4
"""Likeliest items of a support context that are candidates, in a catalogue that is searched by lists."""


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
    attentive: bool = True
    """False for a recommender without attention: ``mentions``, ``relations`` and ``neighbours`` are empty."""
    num_mentioned: int = 0
    """Entities of the catalogue that were named."""

    def as_json(self) -> dict[str, Any]:
        """The same as plain dictionaries and lists."""
        return asdict(self)


class Recommender(Pretrained):
    """A loaded run that recommends.

    Example::

    recommender = Recommender.load(Path("demo-run"))
    answer = recommender.recommend("I like Titanic (1997)")
    for item in answer.items:
        print(item.rank, item.title, item.reasons)
    """

    def __init__(self, run: Run, *, index_config: IndexConfig | None = None) -> None:
        self.index_config = index_config or IndexConfig()
        self.run = run
        self.linker = run_linker(run.catalogue, run.statistics.popularity, typos=True)
        shared = Counter(triple.tail for triple in run.triples)
        self.rarity = {
            run.catalogue.index[tail]: math.log(1 + run.catalogue.num_items / count)
            for tail, count in shared.items()
        }
        for parameter in run.model.parameters():
            parameter.requires_grad_(False)

    @classmethod
    def load(cls, folder: Path | str) -> Recommender:
        """Load the run in ``folder``; raises ``CheckpointError``."""
        recommender = cls(load_run(Path(folder)))
        recommender.folder = Path(folder)
        return recommender

    @cached_property
    def index(self) -> ItemIndex | None:
        """The index of a catalogue that is too large to be scored whole; None for others, and for baselines."""
        model = self.run.model
        if self.run.catalogue.num_items <= self.index_config.exact_up_to or not isinstance(model, CCRS):
            return None
        with torch.no_grad():
            return ItemIndex(model.output_rows().detach(), model.item_logits(), self.index_config)

    @cached_property
    def filter(self) -> ItemFilter:
        """Constraints as masks over the items."""
        return ItemFilter(self.run.catalogue, self.run.triples, numbers_of(self.run.cards))

    @cached_property
    def unavailable(self) -> frozenset[str]:
        """The ids of items that the run's cards say are not to be had."""
        return unavailable_items(self.run.cards)

    @cached_property
    def available(self) -> Tensor:
        """True for all other items: (items,)."""
        mask = torch.ones(self.run.catalogue.num_items, dtype=torch.bool)
        mask[[self.run.catalogue.index[item] for item in self.unavailable]] = False
        return mask

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
        messages += [self.naming(item) for item in items]
        return self.continue_dialogue(messages, support=support, k=k)

    def continue_dialogue(
        self, messages: Sequence[Message], *, support: Sequence[Dialogue] = (), k: int = 10
    ) -> Recommendation:
        """The same for a whole dialogue so far, as linked messages of both speakers."""
        return self.explain(self.rank(messages, support=support), k=k)

    def rank(self, messages: Sequence[Message], *, support: Sequence[Dialogue] = ()) -> RankedItems:
        """Adapt to ``support`` and score every item at the open end of a dialogue."""
        allowed = self.unnamed(messages) & self.available
        request = RankRequest(tuple(messages), self.state(support), allowed)
        return self.rank_all([request])[0]

    def rank_all(self, requests: Sequence[RankRequest]) -> list[RankedItems]:
        """Score every item at the open end of many dialogues, side by side."""
        return rank_all(self.run, requests, self.index)

    def state(self, support: Sequence[Dialogue]) -> UserState | None:
        """What is to be kept of a person with earlier dialogues; None for a stranger."""
        return user_state(self.run, support, num_kept=0 if self.index is None else NUM_KEPT)

    def unnamed(self, messages: Sequence[Message]) -> Tensor:
        """True for the items that nobody has named in ``messages``: (items,)."""
        index = self.run.catalogue.index
        mask = torch.ones(self.run.catalogue.num_items, dtype=torch.bool)
        named = (index.get(mention.entity) for message in messages for mention in message.mentions)
        mask[[entity for entity in named if entity is not None and entity < len(mask)]] = False
        return mask

    def explain(self, ranked: RankedItems, *, k: int = 10, allowed: Tensor | None = None) -> Recommendation:
        """The ``k`` best items that are ``allowed`` (the available ones that were not named), and what they rest on."""
        if allowed is None:
            allowed = self.available.clone()
            allowed[[entity for entity in ranked.mentioned if entity < len(allowed)]] = False
        view: Reasons = SharedFacts(self.run, ranked.mentioned)
        if ranked.view is not None:
            view = ContextView(ranked.view, ranked.context, ranked.stranger)
        return Recommendation(
            items=self._ranked(ranked, view, allowed, k),
            mentions=view.mention_weights(),
            relations=view.by_relation(),
            neighbours=view.by_neighbour()[:_NUM_NEIGHBOURS],
            num_support=ranked.num_support,
            attentive=ranked.view is not None,
            num_mentioned=len(set(ranked.mentioned)),
        )

    def best(self, ranked: RankedItems, k: int, allowed: Tensor) -> list[int]:
        """The ``k`` best of the ``allowed`` items, best first; equal ones in the catalogue's order."""
        scores = ranked.logits.masked_fill(~allowed, -torch.inf)
        found = scores.topk(min(k, int((scores > -torch.inf).sum()))).indices
        order = sorted(found.tolist())
        return sorted(order, key=lambda item: -float(scores[item]))

    def _ranked(self, ranked: RankedItems, view: Reasons, allowed: Tensor, k: int) -> tuple[Recommended, ...]:
        before = ranked.unadapted.masked_fill(~allowed, -torch.inf)
        log_total = ranked.logits.logsumexp(dim=0)
        entities = self.run.catalogue.entities
        return tuple(
            Recommended(
                id=entities[item].id,
                title=entities[item].title,
                rank=rank,
                unadapted_rank=1 + int((before > before[item]).sum()),
                score=float((ranked.logits[item] - log_total).exp()),
                reasons=view.reasons(item, self.rarity),
            )
            for rank, item in enumerate(self.best(ranked, k, allowed), start=1)
        )

    def naming(self, item: str) -> Message:
        """A message that names one item, by id or title; raises ``DataError`` when it is not in the catalogue."""
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

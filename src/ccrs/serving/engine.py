"""A talker for many people: replies, rankings and adaptations, each in a thread of its own and in batches.

Replies take long and rankings do not, so that neither waits for the other. Every request names the talker it was made
for: while a run is swapped for a newer one, what was begun with the old one ends with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from ccrs.core.dialogue import Dialogue
from ccrs.inference.answers import Answer, TurnInput
from ccrs.inference.ranking import RankedItems, RankRequest
from ccrs.inference.talk import Talker
from ccrs.serving.adaptations import Adaptation, AdaptationCache, Key
from ccrs.serving.batcher import Batcher, BatcherSettings
from ccrs.serving.errors import Busy

NUM_SUPPORT = 20
"""The latest earlier dialogues that the recommender is adapted to."""
NUM_REPLY_SUPPORT = 5
"""The latest of these that the responder is adapted to, which takes a backward pass over every reply."""


@dataclass(frozen=True)
class EngineSettings:
    """How much of each kind is done together and may wait; ``cache_bytes`` bounds the adaptations that are kept."""

    replies: BatcherSettings = field(default_factory=BatcherSettings)
    rankings: BatcherSettings = field(
        default_factory=lambda: BatcherSettings(
            max_batch=64, max_waiting=512, max_wait=10.0, max_line=5.0, delay=0.0
        )
    )
    adaptations: BatcherSettings = field(
        default_factory=lambda: BatcherSettings(
            max_batch=1, max_waiting=256, max_wait=20.0, max_line=10.0, delay=0.0
        )
    )
    cache_bytes: int = 256 * 2**20


@dataclass(frozen=True)
class Who:
    """Somebody with earlier dialogues: which (``signature``), and how to read them when they are needed."""

    key: Key
    signature: str
    support: Callable[[], Sequence[Dialogue]]


@dataclass(frozen=True)
class _Reply:
    talker: Talker
    given: TurnInput


@dataclass(frozen=True)
class _Ranking:
    talker: Talker
    request: RankRequest


@dataclass(frozen=True)
class _Adapting:
    talker: Talker
    who: Who
    known: Adaptation | None
    with_inner: bool


class Engine:
    """Answers, ranks and adapts for any number of people; may be awaited by many."""

    def __init__(self, settings: EngineSettings | None = None) -> None:
        self.settings = settings or EngineSettings()
        self.cache = AdaptationCache(self.settings.cache_bytes)
        self.replies: Batcher[_Reply, Answer] = Batcher("ccrs-replies", _replies, self.settings.replies)
        self.rankings: Batcher[_Ranking, RankedItems] = Batcher(
            "ccrs-rankings", _rankings, self.settings.rankings
        )
        self.adapting: Batcher[_Adapting, Adaptation] = Batcher(
            "ccrs-adaptations", self._adapt, self.settings.adaptations
        )

    def coming(self) -> AbstractContextManager[None]:
        """Announce a turn whose data is being read, for which a batch of replies may wait a little."""
        return self.replies.coming()

    def begin_answer(self, talker: Talker, given: TurnInput) -> Awaitable[Answer]:
        """The answer to one turn, to be awaited; raises ``Busy``."""
        return asyncio.wrap_future(self.replies.enqueue(_Reply(talker, given)))

    async def rank(self, talker: Talker, request: RankRequest) -> RankedItems:
        """All items ranked for one dialogue; raises ``Busy``."""
        return await self.rankings.submit(_Ranking(talker, request))

    async def adaptation(self, talker: Talker, who: Who, *, with_inner: bool) -> Adaptation:
        """The adaptation to somebody's dialogues, from the cache or anew; raises ``Busy``.

        ``with_inner``: that of the responder as well, which takes longer.
        """
        known = self.cache.get(who.key, who.signature)
        if known is not None and (known.has_inner or not with_inner):
            return known
        return await self.adapting.submit(_Adapting(talker, who, known, with_inner))

    def prepare(self, talker: Talker, who: Who) -> None:
        """Begin to adapt to somebody who is about to talk, so that his first words need not wait for it."""
        if self.cache.get(who.key, who.signature, counted=False) is None:
            with suppress(Busy):  # then his first words wait
                self.adapting.enqueue(_Adapting(talker, who, None, with_inner=True))

    def close(self) -> None:
        """Finish what waits."""
        for batcher in (self.replies, self.rankings, self.adapting):
            batcher.close()

    def _adapt(self, jobs: Sequence[_Adapting]) -> list[Adaptation]:
        return [self._adapted(job) for job in jobs]

    def _adapted(self, job: _Adapting) -> Adaptation:
        who = job.who
        known = self.cache.get(who.key, who.signature, counted=False) or job.known  # made meanwhile
        if known is not None and (known.has_inner or not job.with_inner):
            return known
        support = who.support()[-NUM_SUPPORT:]
        if known is None:
            known = Adaptation(who.signature, job.talker.recommender.state(support))
        if job.with_inner:
            inner = job.talker.live.adapted(support[-NUM_REPLY_SUPPORT:])
            known = replace(known, inner=inner, has_inner=True)
        self.cache.put(who.key, known)
        return known


class _Task(Protocol):
    @property
    def talker(self) -> Talker: ...


Task = TypeVar("Task", bound=_Task)
Result = TypeVar("Result")


def _replies(jobs: Sequence[_Reply]) -> list[Answer]:
    return _by_talker(jobs, lambda talker, some: talker.answer([job.given for job in some]))


def _rankings(jobs: Sequence[_Ranking]) -> list[RankedItems]:
    return _by_talker(jobs, lambda talker, some: talker.recommender.rank_all([job.request for job in some]))


def _by_talker(
    jobs: Sequence[Task], compute: Callable[[Talker, Sequence[Task]], Sequence[Result]]
) -> list[Result]:
    """The results in order, those of one talker computed together (there are two only while a run is swapped)."""
    found: dict[int, Result] = {}
    for talker in dict.fromkeys(job.talker for job in jobs):
        places = [place for place, job in enumerate(jobs) if job.talker is talker]
        found.update(zip(places, compute(talker, [jobs[place] for place in places]), strict=True))
    return [found[place] for place in range(len(jobs))]

"""Where the time of a recommendation goes: each step by itself, called directly."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from torch import Tensor

from benchmarks.report import Row
from benchmarks.serving_setting import Serving
from benchmarks.timing import Spread
from ccrs.core.hearing import Constraints, Opinion
from ccrs.inference.ranking import RankRequest
from ccrs.serving.people import opinions_of, support_of
from ccrs.serving.schemas import Recommendations
from ccrs.serving.service import Service
from ccrs.serving.store.records import LOCAL

Found = TypeVar("Found")


def stages(setting: Serving, service: Service, known: Sequence[str]) -> list[Row]:
    """A row for each step; those from ``history`` on are taken for cold people only."""
    work = _Work(service)
    for name in known:  # nothing is made at first need while the clock runs
        work.through(name)
    times: dict[str, list[float]] = {}
    setting.announce("steps of a recommendation", 1)
    for number in range(min(setting.sizes.requests, 200)):
        for step, seconds in work.through(known[number % len(known)]).items():
            times.setdefault(step, []).append(seconds)
    setting.bench.advance()
    return [Row("i", f"step: {step}", Spread.of(found).scaled(1e3), "ms") for step, found in times.items()]


class _Work:
    """One service, and the steps of its ``recommend`` in their order."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def through(self, name: str) -> dict[str, float]:
        """Seconds of each step for one person."""
        service, world = self.service, self.service.world
        recommender = world.talker.recommender
        clock = _Clock()
        overview = clock.time("store: version and overview", lambda: service.people.overview(LOCAL, name))
        who = clock.time(
            "who it is, signature", lambda: service.people.who(world, LOCAL, name, overview, None)
        )
        known = service.engine.cache.get(who.key, who.signature)
        opinions = opinions_of(world, overview.opinions)
        allowed = clock.time("filters", lambda: self._allowed(opinions))
        state = recommender.state(who.support()) if known is None else known.state
        request = RankRequest((), state, allowed)
        ranked = clock.time("model: ranking", lambda: recommender.rank_all([request])[0])
        found = clock.time("explanation", lambda: recommender.explain(ranked, k=10, allowed=allowed))
        cards = clock.time(
            "cards", lambda: [world.cards.card(item.id, recommended=item) for item in found.items]
        )
        answer = Recommendations(items=cards, explanation=None, model=world.version)
        clock.time("JSON of the cards", answer.model_dump_json)
        history = clock.time("cold: store, history", lambda: service.store.history(LOCAL, name))
        support = clock.time(
            "cold: dialogues out of it", lambda: support_of(world, name, history, overview.opinions)
        )
        clock.time("cold: model, adaptation", lambda: recommender.state(support[-20:]))
        return clock.seconds

    def _allowed(self, opinions: Mapping[str, frozenset[Opinion]]) -> Tensor:
        talker, index = self.service.world.talker, self.service.world.run.catalogue.index
        out = [index[e] for e, said in opinions.items() if said & {"seen", "dislike"} and e in index]
        return talker.recommender.filter.allowed(Constraints(), out)


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, step: str, action: Callable[[], Found]) -> Found:
        """What ``action`` gives, its time noted."""
        begun = time.perf_counter()
        found = action()
        self.seconds[step] = time.perf_counter() - begun
        return found

"""What every part of the benchmarks is handed, and what several of them make of the times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.replies import ReplyWorld, reply_world
from benchmarks.timing import WARM_UPS, Seconds, Spread, alternate
from ccrs.experiments.corpus import Corpus


@dataclass(frozen=True)
class Bench:
    """What the parts are handed: the data, how often to repeat, and whom to tell of progress."""

    folder: Path
    corpus: Corpus
    repeats: int
    is_real: bool
    advance: Callable[[], None]
    announce: Callable[[str, int], None]
    """Called with what begins and how many times ``advance`` will be called."""
    talk: Path | None = None
    """A run with a trained responder, for the times of replies."""
    multiples: tuple[int, ...] = (1, 10)
    """Sizes of raw data to prepare, in 10,000 dialogues."""
    messages: int = 10
    """Messages of each of these dialogues, on average."""
    entity_links: Path | None = None
    """Texts with the names that another linker found in them, to compare with."""

    @cached_property
    def replies(self) -> ReplyWorld:
        """The replies of the corpus and a responder, made once for all parts."""
        self.announce("reading the replies", 1)
        return reply_world(self.corpus, self.talk)

    def alternate(
        self, what: str, actions: Mapping[str, Callable[[int], object]], repeats: int
    ) -> dict[str, list[Seconds]]:
        """Time ``actions`` in turn, and tell how far it is."""
        self.announce(what, repeats + WARM_UPS)
        return alternate(actions, repeats, self.advance)


def both(times: Sequence[Seconds]) -> tuple[Spread, Spread]:
    """Spread by the clock and by processor time."""
    return Spread.of([time.wall for time in times]), Spread.of([time.cpu for time in times])


def for_each(times: Sequence[Seconds], counts: Sequence[float]) -> tuple[Spread, Spread]:
    """Seconds for one of what was counted, by the clock and by processor time."""
    pairs = list(zip(times, counts, strict=True))
    return Spread.of([time.wall / n for time, n in pairs]), Spread.of([time.cpu / n for time, n in pairs])

"""What every part that measures a server is handed: a run, people who talk, sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.bench import Bench
from benchmarks.replies import reply_world
from benchmarks.serving_server import Start
from benchmarks.timing import Spread
from ccrs.artifacts.responder import save_responder
from ccrs.artifacts.run import save_run
from ccrs.core.dialogue import Dialogue


@dataclass(frozen=True)
class Sizes:
    """How much of everything is done."""

    passes: int = 3
    """Of each measurement, of which the best counts: others may use the machine meanwhile."""
    requests: int = 500
    """Recommendations in one pass."""
    known: int = 25
    """People known by 20 dialogues of their own."""
    cold: int = 500
    """People who come once, copied from those under other names."""
    turns: int = 120
    """Turns of lone people in one pass."""
    people: int = 64
    lines: int = 3
    """Turns of each in one pass."""
    flood_seconds: float = 10.0
    sqlite_users: int = 100_000
    postgres_users: int = 1_000_000
    visitors: int = 2_000
    hostile: int = 10_000
    hostile_turns: int = 1_500
    """Of the hostile texts those that are said in a dialogue, which take longest."""


QUICK = Sizes(
    passes=1,
    requests=60,
    known=4,
    cold=30,
    turns=12,
    people=16,
    lines=2,
    flood_seconds=2.0,
    sqlite_users=2_000,
    postgres_users=2_000,
    visitors=100,
    hostile=400,
    hostile_turns=40,
)


@dataclass
class Serving:
    """A run to be served and people to talk to it; ``scratch`` is a folder for stores."""

    bench: Bench
    sizes: Sizes
    scratch: Path
    threads: int | None = None
    folders: list[Path] = field(default_factory=list)

    @cached_property
    def run(self) -> Path:
        """The run given, or one of the right size whose responder is untrained."""
        if self.bench.talk is not None:
            return self.bench.talk
        self.bench.announce("an untrained run", 1)
        world = reply_world(self.bench.corpus, None)
        folder = self.scratch / "run"
        save_run(folder, world.setup.run, world.setup.run.config.model_dump(), "untrained")
        save_responder(folder, world.responder, world.setup.config.model_dump())
        return folder

    @cached_property
    def talks(self) -> list[Dialogue]:
        """Dialogues of the corpus with at least three lines of a seeker that say something, in an order by chance."""
        rng = np.random.default_rng(0)
        found = [dialogue for dialogue in self.bench.corpus.dialogues if len(lines_of(dialogue)) >= 3]
        return [found[place] for place in rng.permutation(len(found)).tolist()]

    def lines(self, number: int, count: int) -> list[str]:
        """``count`` lines that person ``number`` says: those of one recorded dialogue, then of the next ones."""
        lines: list[str] = []
        while len(lines) < count:
            lines += lines_of(self.talks[number % len(self.talks)])
            number += 97
        return lines[:count]

    def new_store(self, name: str) -> str:
        """The address of a new SQLite store."""
        folder = self.scratch / f"{len(self.folders)}-{name}"
        folder.mkdir()
        self.folders.append(folder)
        return f"sqlite:///{folder / 'people.db'}"

    def start(self, store: str) -> Start:
        """How the server of a store is started."""
        return Start(self.run, store, self.threads)

    def announce(self, what: str, steps: int = 1) -> None:
        """Tell what begins."""
        self.bench.announce(what, steps)


def lines_of(dialogue: Dialogue) -> list[str]:
    """What the seeker types, whole turns as one line."""
    lines: list[str] = []
    speaker = ""
    for message in dialogue.messages:
        if message.speaker == "seeker" and message.text.strip():
            if speaker == "seeker":
                lines[-1] = f"{lines[-1]} {message.text}"
            else:
                lines.append(message.text)
        speaker = message.speaker
    return lines


@dataclass(frozen=True)
class Latency:
    """Milliseconds of the best of several passes: the one with the lowest median."""

    spread: Spread
    high: float
    """The percentile ``at`` of that pass."""
    at: int
    medians: tuple[float, ...]
    """Of all passes."""

    @classmethod
    def of(cls, passes: Sequence[Sequence[float]], at: int) -> Latency:
        """From seconds, pass by pass."""
        best = min(passes, key=lambda seconds: float(np.median(seconds)))
        return cls(
            Spread.of(best).scaled(1e3),
            1e3 * float(np.percentile(best, at)),
            at,
            tuple(1e3 * float(np.median(seconds)) for seconds in passes),
        )

    @property
    def note(self) -> str:
        """How many there were, and the other passes."""
        medians = ", ".join(f"{median:.1f}" for median in self.medians)
        return f"{self.spread.count} requests; medians of the passes {medians}"

    @property
    def tail(self) -> Spread:
        """The percentile as one figure."""
        return one(self.high)


def one(value: float) -> Spread:
    """One figure, measured once."""
    return Spread(value, value, value, 1)


def with_sizes(sizes: Sizes, **given: int | None) -> Sizes:
    """The sizes with those that are given."""
    changes = {name: value for name, value in given.items() if value is not None}
    return replace(sizes, **changes)

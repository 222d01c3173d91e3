"""Training steps of the responder as the training loop takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from benchmarks.padded import PaddedReference
from benchmarks.replies import ReplyWorld
from benchmarks.reply_work import num_real, reply_work
from benchmarks.timing import Seconds, Stopwatch
from ccrs.core.replies import ReplyBatch
from ccrs.core.samples import IntArray
from ccrs.meta.reply_adaptation import ReplyRates
from ccrs.training.optimiser import Optimiser
from ccrs.training.reply_objectives import MetaReplyObjective, PlainReplyObjective
from ccrs.training.reply_plans import MetaReplyPlan, PlainReplyPlan

Tasks = Sequence[tuple[IntArray, IntArray]]
"""Support and query replies of each user of a step."""


@dataclass
class ReplyTrainee:
    """A responder under training; takes one step at a time."""

    model: Any
    objective: Any
    optimiser: Optimiser
    building: list[Seconds] = field(default_factory=list)
    """What building the batch took, of each step so far."""
    tokens: list[int] = field(default_factory=list)
    """Real tokens, of contexts and replies."""
    targets: list[int] = field(default_factory=list)
    """Tokens that were predicted."""
    works: list[int] = field(default_factory=list)
    """Floating-point operations that each step needed."""

    @classmethod
    def make(
        cls, world: ReplyWorld, *, order: int | None = None, low_precision: bool, padded: bool = False
    ) -> ReplyTrainee:
        """A fresh responder; with ``order`` it adapts, with ``padded`` it is the plain reference."""
        config = world.setup.config
        model: Any = world.fresh_model()
        if padded:
            model = PaddedReference(model)
        rates = ReplyRates(config.inner.model_copy(update={"order": order or 1}))
        objective: Any = PlainReplyObjective(model, low_precision=low_precision)
        if order is not None:
            weight = config.training.support_weight
            objective = MetaReplyObjective(model, rates, support_weight=weight, low_precision=low_precision)
        optimiser = Optimiser(
            model,
            sparse=[],
            rates=rates.parameters() if order is not None else [],
            learning_rate=config.training.learning_rate,
            rate_learning_rate=config.training.rate_learning_rate,
            clip_norm=config.training.clip_norm,
        )
        return cls(model.train(), objective, optimiser)

    def step(self, build: Callable[[], ReplyBatch]) -> None:
        """Build, forward, backward, optimiser."""
        watch = Stopwatch()
        batch = build()
        self.building.append(watch.read())
        loss = self.objective(batch)
        (loss.total / loss.count).backward()
        self.optimiser.step()
        self.tokens.append(num_real(batch))
        self.targets.append(loss.count)
        sized = getattr(self.model, "rest", self.model)
        self.works.append(reply_work(batch, sized).total)


@dataclass(frozen=True)
class ReplySteps:
    """What the steps of training hold: those of the plain plan, and those of the meta plan."""

    world: ReplyWorld

    @cached_property
    def plain(self) -> list[IntArray]:
        """The replies of each step of a plain epoch, short steps left out where there are others."""
        setup = self.world.setup
        size = setup.config.training.batch_size
        plan = PlainReplyPlan(setup.builder, setup.training, batch_size=size, seed=0)
        # Each step is a call with its replies as the only argument.
        every: list[Any] = list(plan.steps(0, (0, 1)))
        chosen = [step.args[0] for step in every]
        return [replies for replies in chosen if len(replies) == size] or chosen

    @cached_property
    def tasks(self) -> list[Tasks]:
        """The tasks of each step of a meta epoch; the short last one is left out where there are others."""
        setup, training = self.world.setup, self.world.setup.config.training
        halves = {task.user: (task.support, task.query) for task in setup.crossed}
        plan = MetaReplyPlan(
            setup.builder,
            list(halves.values()),
            batch_size=training.batch_size,
            max_dialogues=training.max_task_dialogues,
            seed=0,
        )
        every: list[Any] = list(plan.steps(0, (0, 1)))
        return [step.args[0] for step in every[:-1] or every]

    def plain_batch(self, number: int) -> ReplyBatch:
        """The batch of a plain step."""
        return self.world.setup.builder.plain(self.plain[number % len(self.plain)])

    def meta_batch(self, number: int) -> ReplyBatch:
        """The batch of a step that adapts."""
        tasks = self.tasks[number % len(self.tasks)]
        return self.world.setup.builder.adapting([s for s, _ in tasks], [q for _, q in tasks])

    def same_batch(self, number: int) -> ReplyBatch:
        """The replies of ``meta_batch``, support and query alike, in a batch in which nobody adapts."""
        tasks = self.tasks[number % len(self.tasks)]
        return self.world.setup.builder.plain(np.concatenate([half for task in tasks for half in task]))

    def padding(self) -> tuple[float, float, float]:
        """The share of padding in the grids of a plain epoch: of all cells, of the contexts', of the replies'."""
        table = self.world.setup.replies
        real, cells = np.zeros(2), np.zeros(2)
        for replies in self.plain:
            for side, rows in enumerate((table.contexts, table.targets)):
                lengths = rows.lengths[replies]
                real[side] += lengths.sum()
                cells[side] += len(lengths) * lengths.max()
        shares = 1 - real / cells
        return float(1 - real.sum() / cells.sum()), float(shares[0]), float(shares[1])

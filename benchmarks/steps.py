"""Training steps as the training loop takes them, and the item softmax they are measured by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.timing import Seconds, Stopwatch
from benchmarks.work import Work, plain_step_work, softmax_work
from ccrs.core.batch import Batch
from ccrs.core.samples import UserTask
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import Corpus
from ccrs.experiments.setup import Setup, set_up
from ccrs.meta.adaptation import InnerConfig
from ccrs.models.ccrs import CCRSConfig
from ccrs.training.config import TrainingConfig
from ccrs.training.objectives import MetaObjective, Objective, PlainObjective
from ccrs.training.optimiser import Optimiser
from ccrs.training.plans import MetaPlan, PlainPlan, dialogues_by_user

CONTEXTS = 256
"""Contexts of a step, support and query together."""

VARIANTS: dict[str, dict[str, Any]] = {
    "CCRS (paper)": {},
    "CCRS+": {
        "additions": {
            "item_prior": True,
            "cooccurrence": True,
            "words": True,
            "speaker": True,
            "history_prior": True,
            "row_dropout": 0.2,
            "vector_dropout": 0.5,
        }
    },
}
"""The models that are measured, as the ``[model]`` section of a configuration."""


def configuration(variant: str, *, order: int = 1, **training: Any) -> RecommenderConfig:
    """The configuration of one of ``VARIANTS``, with an inner step of ``order``."""
    return RecommenderConfig(
        title=variant,
        model=VARIANTS[variant],
        inner=InnerConfig.model_validate({"order": order}),
        training=TrainingConfig.model_validate({"objective": "meta", "batch_size": CONTEXTS, **training}),
    )


@dataclass
class Trainee:
    """A model under training; takes one step at a time."""

    setup: Setup
    objective: Objective
    optimiser: Optimiser
    building: list[Seconds] = field(default_factory=list)
    """What building the batch took, of each step so far."""
    samples: list[int] = field(default_factory=list)

    @classmethod
    def make(cls, corpus: Corpus, variant: str, *, adapts: bool, order: int = 1) -> Trainee:
        """A fresh model of ``variant`` on the training users of ``corpus``."""
        config = configuration(variant, order=order)
        setup = set_up(config, corpus)
        model: Any = setup.model
        optimiser = Optimiser(
            model,
            sparse=model.sparse_parameters(),
            rates=setup.rates.parameters() if adapts else [],
            learning_rate=config.training.learning_rate,
            rate_learning_rate=config.training.rate_learning_rate,
            clip_norm=config.training.clip_norm,
        )
        objective: Objective = (
            MetaObjective(model, setup.rates, num_items=setup.sizes.num_items, support_weight=1.0)
            if adapts
            else PlainObjective(model)
        )
        model.train()
        return cls(setup, objective, optimiser)

    def step(self, build: Callable[[], Batch | None]) -> Batch:
        """Build, forward, backward, optimiser."""
        watch = Stopwatch()
        batch = build()
        self.building.append(watch.read())
        if batch is None:
            raise RuntimeError("The step is empty: the corpus is too small for this benchmark.")
        loss = self.objective(batch)
        (loss.total / loss.count).backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.samples.append(loss.count)
        return batch

    def adapting_step(self, groups: Sequence[Sequence[UserTask]], number: int) -> None:
        """A step on the tasks ``groups[number]``."""
        self.step(lambda: self.adapting_batch(groups[number]))

    def plain_step(self, groups: Sequence[Sequence[UserTask]], number: int) -> None:
        """A step on the contexts of ``groups[number]``, nobody adapting."""
        self.step(lambda: self.plain_batch(groups[number]))

    def adapting_batch(self, tasks: Sequence[UserTask]) -> Batch:
        """A batch in which every user of ``tasks`` adapts."""
        return self.setup.builder.adapting(tasks, leave_out=True)

    def plain_batch(self, tasks: Sequence[UserTask]) -> Batch:
        """The same contexts, support and query alike, in a batch in which nobody adapts."""
        dialogues = np.concatenate([part for task in tasks for part in (task.query, task.support)])
        return self.setup.builder.plain(self.setup.builder.contexts_of(dialogues), leave_out=True)


def task_groups(setup: Setup, count: int, *, max_dialogues: int = 16) -> list[list[UserTask]]:
    """Tasks of ``count`` steps, each with about ``CONTEXTS`` contexts in support and query together.

    Users with more than ``max_dialogues`` dialogues are cut into several tasks. The short last step of
    an epoch is left out, unless it is the only one.
    """
    table = setup.corpus.table
    plan = MetaPlan(
        setup.builder,
        table,
        dialogues_by_user(table, setup.division.train),
        batch_size=CONTEXTS,
        max_dialogues=max_dialogues,
        chronological=False,
        seed=0,
    )
    groups: list[list[UserTask]] = []
    epoch = 0
    while len(groups) < count:
        # Each step is a call with its tasks as the only argument.
        steps: list[Any] = list(plan.steps(epoch, (0, 1)))
        groups += [step.args[0] for step in steps[:-1] or steps]
        epoch += 1
    return groups[:count]


class ItemSoftmax:
    """The least any step must do: cross-entropy over all items, forward and backward to both factors."""

    def __init__(self, num_items: int, size: int) -> None:
        generator = torch.Generator().manual_seed(0)
        self.vectors = nn.Parameter(torch.randn(CONTEXTS, size, generator=generator))
        self.items = nn.Parameter(torch.randn(num_items, size, generator=generator) * 0.1)
        self.targets = torch.randint(num_items, (CONTEXTS,), generator=generator)

    def __call__(self, _: int) -> None:
        """Once, into fresh gradients."""
        self.vectors.grad = self.items.grad = None
        loss = nn.functional.cross_entropy(self.vectors @ self.items.T, self.targets)
        loss.backward()  # type: ignore[no-untyped-call]


class PlainAgainstSoftmax:
    """Plain steps over shuffled contexts, as training takes them, and the item softmax beside."""

    def __init__(self, corpus: Corpus, variant: str) -> None:
        self.trainee = Trainee.make(corpus, variant, adapts=False)
        setup = self.trainee.setup
        self._config = CCRSConfig.model_validate(VARIANTS[variant])
        contexts = setup.builder.contexts_of(setup.training_dialogues)
        plan = PlainPlan(setup.builder, contexts, batch_size=CONTEXTS, seed=0)
        steps = plan.steps(0, (0, 1))
        self._steps = steps[:-1] or steps  # the last one is short
        self.softmax = ItemSoftmax(setup.sizes.num_items, self._config.embedding_size)
        self.softmax_work = softmax_work(CONTEXTS, setup.sizes.num_items, self._config.embedding_size)
        self._batches: list[Batch] = []

    def step(self, number: int) -> None:
        """One training step."""
        self._batches.append(self.trainee.step(self._steps[number % len(self._steps)]))

    @property
    def works(self) -> list[Work]:
        """The arithmetic of each step so far."""
        num_items = self.trainee.setup.sizes.num_items
        return [plain_step_work(batch, self._config, num_items) for batch in self._batches]

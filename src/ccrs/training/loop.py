"""The one loop that trains every model."""

from __future__ import annotations

import copy
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TypeVar

import torch
from torch import Tensor, nn

from ccrs.core.errors import TrainingError
from ccrs.core.protocols import OwnLoss
from ccrs.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from ccrs.training.config import LoopConfig
from ccrs.training.distributed import Workers
from ccrs.training.objectives import Loss
from ccrs.training.optimiser import Optimiser
from ccrs.training.tracking import Tracker


class Movable(Protocol):
    """A batch."""

    def to(self, device: torch.device) -> Self:
        """The same batch on another device."""
        ...


B = TypeVar("B", bound=Movable)
B_co = TypeVar("B_co", bound=Movable, covariant=True)


class EpochPlan(Protocol[B_co]):
    """The steps of an epoch, the same for the same seed."""

    def steps(self, epoch: int, share: tuple[int, int]) -> Sequence[Callable[[], B_co | None]]:
        """One builder a step, each for the share (number, count) of its batch; None where the share is empty."""
        ...


State = dict[str, Tensor]


@dataclass(frozen=True)
class Trained:
    """What training leaves: the best epoch and the figures of all."""

    best_epoch: int
    history: list[dict[str, float]]


def train(
    modules: nn.ModuleDict,
    objective: Callable[[B], Loss],
    plan: EpochPlan[B],
    validate: Callable[[], dict[str, float]],
    *,
    config: LoopConfig,
    sparse: Sequence[nn.Parameter],
    folder: Path,
    workers: Workers,
    tracker: Tracker,
    fingerprint: str,
    resume: bool = False,
) -> Trained:
    """Train ``modules`` (``model``, and ``rates`` if it adapts) and leave the best weights in them.

    Keeps a checkpoint in ``folder`` after each epoch; with ``resume`` goes on from it with the same
    numbers as if never stopped. ``validate`` gives the figures of the validation users; ``config.monitor`` decides.
    Raises ``TrainingError`` when a loss is not finite.
    """
    optimiser = Optimiser(
        modules["model"],
        sparse=sparse,
        rates=modules["rates"].parameters() if "rates" in modules else [],
        learning_rate=config.learning_rate,
        rate_learning_rate=config.rate_learning_rate,
        clip_norm=config.clip_norm,
    )
    progress = Progress(fingerprint=fingerprint)
    best = copy.deepcopy(modules.state_dict())
    recent: list[State] = []
    loaded = load_checkpoint(folder, fingerprint) if resume else None
    if loaded is not None:
        progress, groups = loaded
        recent = [groups[name] for name in sorted(name for name in groups if name.startswith("recent"))]
        modules.load_state_dict(recent[-1])
        optimiser.load_state(groups.get("optimiser", {}))
        best = groups["best"]
    if workers.is_first:
        tracker.keep_until(progress.epoch)
    while progress.epoch < config.epochs and not _patience_is_over(progress, config):
        figures = _epoch(modules, objective, plan, optimiser, progress.epoch, config, workers, tracker)
        recent = [*recent, copy.deepcopy(modules.state_dict())][-config.average_epochs :]
        modules.load_state_dict(_mean(recent))
        figures |= validate()
        progress.epoch += 1
        progress.history.append(figures)
        figure = figures[f"validation {config.monitor}"]
        is_best = progress.best is None or figure > progress.best
        if is_best:
            progress.best, progress.best_epoch = figure, progress.epoch
            best = copy.deepcopy(modules.state_dict())
        modules.load_state_dict(recent[-1])
        if workers.is_first:
            tracker.end_epoch(progress.epoch, figures, best=is_best)
            states = {f"recent{number:02}": state for number, state in enumerate(recent)}
            save_checkpoint(folder, progress, {**states, "best": best, "optimiser": optimiser.state()})
    modules.load_state_dict(best)
    return Trained(progress.best_epoch, progress.history)


def _mean(states: Sequence[State]) -> State:
    """The mean of each tensor over ``states``; what is not a real number is taken from the last."""
    if len(states) == 1:
        return states[0]
    return {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if last.is_floating_point() else last
        for name, last in states[-1].items()
    }


def _patience_is_over(progress: Progress, config: LoopConfig) -> bool:
    return progress.epoch - progress.best_epoch >= config.patience and progress.best is not None


def _epoch(
    modules: nn.ModuleDict,
    objective: Callable[[B], Loss],
    plan: EpochPlan[B],
    optimiser: Optimiser,
    epoch: int,
    config: LoopConfig,
    workers: Workers,
    tracker: Tracker,
) -> dict[str, float]:
    """One pass over the training data; ``epoch`` counts from 0. Returns mean loss and seconds."""
    # Seeded by epoch, not carried on: so a resumed run draws the same dropout.
    torch.manual_seed(config.seed * 1_000_003 + epoch * 1009 + workers.rank)
    modules.train()
    if isinstance(modules["model"], OwnLoss):
        modules["model"].begin_epoch(epoch)
    steps = plan.steps(epoch, (workers.rank, workers.count))
    factor = config.decay**epoch
    optimiser.scale_learning_rate(factor)
    tracker.start_epoch(epoch + 1, len(steps))
    started = time.perf_counter()
    total, count = 0.0, 0.0
    for number, batch in enumerate(_prefetched(steps)):
        loss = objective(batch.to(workers.device)) if batch is not None else None
        step_total = workers.total(float(loss.total.detach()) if loss is not None else 0.0)
        step_count = max(workers.total(loss.count if loss is not None else 0), 1.0)
        if not math.isfinite(step_total):  # the sum over processes, so that all of them stop
            raise TrainingError(
                f"The loss is {step_total} at step {number + 1} of epoch {epoch + 1}. "
                "Lower training.learning_rate or inner.entity_lr and start again."
            )
        # A step may have nothing to learn from: tasks without query where the support does not count.
        if loss is not None and loss.total.requires_grad:
            (loss.total / step_count).backward()  # type: ignore[no-untyped-call] # torch: backward()
        workers.share_gradients(optimiser.parameters)
        optimiser.step()
        total, count = total + step_total, count + step_count
        tracker.step(total / max(count, 1.0), config.learning_rate * factor)
    return {"training loss": total / max(count, 1.0), "seconds": time.perf_counter() - started}


def _prefetched(steps: Sequence[Callable[[], B | None]]) -> Iterator[B | None]:
    """The batches of an epoch, the next ones built in a thread while one is computed on."""
    ready: queue.Queue[B | BaseException | None] = queue.Queue(maxsize=2)
    stop = threading.Event()

    def put(value: B | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                ready.put(value, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def build() -> None:
        for step in steps:
            try:
                value: B | BaseException | None = step()
            except BaseException as error:
                value = error
            if not put(value) or isinstance(value, BaseException):
                return

    thread = threading.Thread(target=build, daemon=True)
    thread.start()
    try:
        for _ in steps:
            value = ready.get()
            if isinstance(value, BaseException):
                raise value
            yield value
    finally:
        stop.set()
        thread.join()

"""The loop itself, on a model of one number: early stopping, decay, faults, resuming, what it records."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ccrs.core.batch import Batch
from ccrs.core.errors import TrainingError
from ccrs.data.batching import BatchBuilder
from ccrs.training.config import TrainingConfig
from ccrs.training.distributed import Workers
from ccrs.training.loop import Trained, train
from ccrs.training.objectives import Loss
from ccrs.training.tracking import LOG, Tracker
from tests.worlds import random_world

WORLD = random_world()
BATCH = BatchBuilder(WORLD.table, WORLD.graph, num_items=12).plain(np.arange(3))
Figures = dict[str, float]


class Number(nn.Module):
    """One weight that every step lowers by about the learning rate."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.losses: list[float] = []

    def __call__(self, batch: Batch) -> Loss:
        noise = torch.rand(()) * 0.1  # as dropout would draw it
        return Loss((self.weight + noise) * 2, 2)


class Still(Number):
    """Only the noise is left of the loss."""

    def __call__(self, batch: Batch) -> Loss:
        return Loss(self.weight * 0 + torch.rand(()), 1)


@dataclasses.dataclass
class Plan:
    """Some steps an epoch; keeps the numbers of the epochs asked for."""

    steps_an_epoch: int = 2
    build: Callable[[], Batch | None] = lambda: BATCH
    epochs: list[int] = dataclasses.field(default_factory=list)

    def steps(self, epoch: int, share: tuple[int, int]) -> Sequence[Callable[[], Batch | None]]:
        assert share == (0, 1)
        self.epochs.append(epoch)
        return [self.build] * self.steps_an_epoch


def figures_of(values: list[float]) -> Callable[[], Figures]:
    remaining = iter(values)
    return lambda: {"validation ndcg@50": next(remaining)}


def run_loop(
    folder: Path,
    values: list[float],
    model: Number | None = None,
    plan: Plan | None = None,
    *,
    resume: bool = False,
    fingerprint: str = "same",
    validate: Callable[[], Figures] | None = None,
    **config: object,
) -> tuple[Number, Trained]:
    """Train a number; its validation figures are ``values``."""
    settings = TrainingConfig.model_validate({"learning_rate": 0.1, "clip_norm": 10.0, **config})
    model = model or Number()
    with Tracker(folder, epochs=settings.epochs, quiet=True) as tracker:
        trained = train(
            nn.ModuleDict({"model": model}),
            model,
            plan or Plan(),
            validate or figures_of(values),
            config=settings,
            sparse=[],
            folder=folder,
            workers=Workers(),
            tracker=tracker,
            fingerprint=fingerprint,
            resume=resume,
        )
    return model, trained


def log_of(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / LOG).read_text(encoding="utf-8").splitlines()]


def without_seconds(lines: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def test_stops_early_and_keeps_the_best_weights(tmp_path: Path) -> None:
    straight, _ = run_loop(tmp_path / "two", [0.1, 0.5], epochs=2)
    model, trained = run_loop(tmp_path / "six", [0.1, 0.5, 0.4, 0.5, 0.2, 0.9], epochs=6, patience=3)
    assert trained.best_epoch == 2
    assert len(trained.history) == 5  # equal is not better, and 0.9 is never seen
    assert torch.equal(model.weight, straight.weight)
    assert [line["best"] for line in log_of(tmp_path / "six")] == [True, True, False, False, False]


def test_the_mean_of_the_last_epochs_is_what_is_validated_and_kept(tmp_path: Path) -> None:
    rising = [0.1, 0.2, 0.3, 0.4]
    alone = [run_loop(tmp_path / str(n), rising[:n], epochs=n)[0] for n in (1, 2, 3, 4)]
    after = [float(model.weight.detach()) for model in alone]
    seen: list[float] = []
    model = Number()

    def validate() -> Figures:
        seen.append(float(model.weight.detach()))
        return {"validation ndcg@50": len(seen) / 10}

    averaged, _ = run_loop(tmp_path / "mean", [], model, validate=validate, epochs=4, average_epochs=3)
    means = [np.mean(after[max(0, n - 3) : n]) for n in (1, 2, 3, 4)]
    np.testing.assert_allclose(seen, means, rtol=1e-6)
    assert float(averaged.weight.detach()) == pytest.approx(means[3])


def test_no_epochs_leave_the_model_as_it_is(tmp_path: Path) -> None:
    model, trained = run_loop(tmp_path, [], epochs=0)
    assert (float(model.weight.detach()), trained.best_epoch, trained.history) == (0.0, 0, [])


def test_the_training_loss_is_the_mean_over_samples(tmp_path: Path) -> None:
    def loss(batch: Batch) -> Loss:
        return Loss(model.weight * 0 + 3.0, 2)

    model = Number()
    model.__class__ = type("Constant", (Number,), {"__call__": lambda _, batch: loss(batch)})
    _, trained = run_loop(tmp_path, [0.1], model, epochs=1)
    assert trained.history[0]["training loss"] == 1.5


def test_the_learning_rate_decays_by_epoch(tmp_path: Path) -> None:
    models = []
    for epochs in (1, 2, 3):
        model, _ = run_loop(tmp_path / str(epochs), [0.1, 0.2, 0.3][:epochs], epochs=epochs, decay=0.5)
        models.append(float(model.weight.detach()))
    steps = -np.diff([0.0, *models])
    np.testing.assert_allclose(steps, [0.2, 0.1, 0.05], rtol=1e-3)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_training(tmp_path: Path, value: float) -> None:
    class Breaks(Number):
        def __call__(self, batch: Batch) -> Loss:
            self.losses.append(0.0)
            return Loss(
                self.weight * (value if len(self.losses) == 4 else 1.0)
                + (value if len(self.losses) == 4 else 0),
                1,
            )

    with pytest.raises(TrainingError, match=r"at step 2 of epoch 2\. Lower training.learning_rate"):
        run_loop(tmp_path, [0.1, 0.2, 0.3], Breaks(), epochs=3)
    assert len(log_of(tmp_path)) == 1


def test_a_fault_while_building_a_batch_comes_out(tmp_path: Path) -> None:
    def build() -> Batch:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        run_loop(tmp_path, [], plan=Plan(3, build), epochs=1)


def test_a_step_without_a_share_moves_nothing(tmp_path: Path) -> None:
    model, trained = run_loop(tmp_path, [0.1], plan=Plan(2, lambda: None), epochs=1)
    assert float(model.weight.detach()) == 0.0
    assert trained.history[0]["training loss"] == 0.0


class StopError(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize(
    "place", ["before the log", "between log and checkpoint", "in the middle of the log"]
)
@pytest.mark.parametrize("average", [1, 3])
def test_goes_on_as_if_never_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, average: int
) -> None:
    values = [0.1, 0.5, 0.4, 0.6, 0.5]
    straight, expected = run_loop(tmp_path / "straight", values, epochs=5, decay=0.9, average_epochs=average)
    stop_after(monkeypatch, 3, place)
    with pytest.raises(StopError):
        run_loop(tmp_path / "stopped", values, epochs=5, decay=0.9, average_epochs=average)
    monkeypatch.undo()
    plan = Plan()
    model, trained = run_loop(
        tmp_path / "stopped", values[2:], plan=plan, epochs=5, decay=0.9, average_epochs=average, resume=True
    )
    assert plan.epochs == [2, 3, 4]  # two epochs were done
    assert torch.equal(model.weight, straight.weight)
    assert trained.best_epoch == expected.best_epoch == 4
    assert without_seconds(trained.history) == without_seconds(expected.history)
    assert without_seconds(log_of(tmp_path / "stopped")) == without_seconds(log_of(tmp_path / "straight"))


def stop_after(monkeypatch: pytest.MonkeyPatch, epoch: int, place: str) -> None:
    """Die in this epoch's end, at the place named."""
    end_epoch = Tracker.end_epoch

    def dying(self: Tracker, number: int, figures: Figures, *, best: bool) -> None:
        if number == epoch and place == "before the log":
            raise StopError
        end_epoch(self, number, figures, best=best)
        if number == epoch and place == "between log and checkpoint":
            raise StopError
        if number == epoch:
            assert self._log is not None
            text = self._log.read_text(encoding="utf-8")
            self._log.write_text(text[:-20], encoding="utf-8")
            raise StopError

    monkeypatch.setattr(Tracker, "end_epoch", dying)


def test_more_epochs_go_on_from_a_finished_training(tmp_path: Path) -> None:
    straight, _ = run_loop(tmp_path / "straight", [0.1, 0.2, 0.3], epochs=3)
    run_loop(tmp_path / "again", [0.1, 0.2], epochs=2)
    model, trained = run_loop(tmp_path / "again", [0.3], epochs=3, resume=True)
    assert torch.equal(model.weight, straight.weight)
    assert len(trained.history) == 3


def test_without_resume_it_starts_over(tmp_path: Path) -> None:
    run_loop(tmp_path, [0.1, 0.2, 0.3], epochs=3)
    _, trained = run_loop(tmp_path, [0.1], epochs=1)
    assert len(trained.history) == len(log_of(tmp_path)) == 1


def test_batches_are_built_ahead_but_not_all_at_once(tmp_path: Path) -> None:
    built: list[int] = []
    lead: list[int] = []

    class Watches(Number):
        def __call__(self, batch: Batch) -> Loss:
            self.losses.append(0.0)
            lead.append(len(built) - len(self.losses))
            return super().__call__(batch)

    def build() -> Batch:
        built.append(1)
        return BATCH

    run_loop(tmp_path, [0.1], Watches(), Plan(20, build), epochs=1)
    assert len(built) == 20
    assert max(lead) <= 3


def test_the_epochs_random_numbers_do_not_hang_on_what_was_drawn_before(tmp_path: Path) -> None:
    results: list[Tensor] = []
    for waste in (0, 5):
        torch.rand(waste)
        model, _ = run_loop(tmp_path / str(waste), [0.1], epochs=1, seed=3)
        results.append(model.weight.detach())
    assert torch.equal(*results)
    _, several = run_loop(tmp_path / "several", [0.1, 0.2], Still(), epochs=2, seed=3)
    first, second = (figures["training loss"] for figures in several.history)
    assert first != second, "every epoch draws the same numbers"
    _, trained = run_loop(tmp_path / "other", [0.1], epochs=1, seed=4)
    assert (
        trained.history[0]["training loss"] != json.loads((tmp_path / "0" / LOG).read_text())["training loss"]
    )

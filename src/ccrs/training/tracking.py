"""What a person sees while a model trains, and what is kept of it: progress bar, JSON lines, TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch.utils.tensorboard import SummaryWriter

from ccrs.core.files import replacing

LOG = "log.jsonl"


def _is_of_first(epoch: int, line: str) -> bool:
    """Whether a line of the log is of the first ``epoch`` epochs; no half line, which a killed run may leave, is."""
    try:
        return int(json.loads(line)["epoch"]) <= epoch
    except (ValueError, KeyError, TypeError):
        return False


class Tracker:
    """Records epochs under ``folder`` and shows steps; silent when ``quiet`` (other processes, tests)."""

    def __init__(self, folder: Path, *, epochs: int, quiet: bool = False, record: bool = True) -> None:
        self._console = Console(stderr=True, quiet=quiet)
        self._log = folder / LOG if record else None
        self._board = SummaryWriter(str(folder / "tensorboard")) if record else None
        self._epochs = epochs
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            transient=True,
            disable=quiet,
        )

    def __enter__(self) -> Tracker:
        self._bar.start()
        self._task = self._bar.add_task("training", total=None, figures="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if self._board is not None:
            self._board.close()

    def keep_until(self, epoch: int) -> None:
        """Forget what the log says of epochs after ``epoch`` (they are about to be done again)."""
        if self._log is None:
            return
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() and epoch else []
        kept = [line for line in lines if _is_of_first(epoch, line)]
        with replacing(self._log) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    def start_epoch(self, epoch: int, steps: int) -> None:
        """A new epoch of ``steps`` steps begins; ``epoch`` counts from 1."""
        total = steps * self._epochs
        description = f"epoch {epoch}/{self._epochs}"
        self._bar.update(self._task, description=description, total=total, completed=steps * (epoch - 1))

    def step(self, loss: float, learning_rate: float) -> None:
        """One step is done."""
        self._bar.update(self._task, advance=1, figures=f"loss {loss:.3f}  rate {learning_rate:.1e}")

    def end_epoch(self, epoch: int, figures: Mapping[str, float], *, best: bool) -> None:
        """Record the figures of an epoch."""
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"epoch": epoch, **figures, "best": best}) + "\n")
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(name, value, epoch)
        shown = "  ".join(f"{name} {value:.4f}" for name, value in figures.items())
        self._console.print(f"epoch {epoch:>3}  {shown}{'  (best)' if best else ''}", highlight=False)

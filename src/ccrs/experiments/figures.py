"""The figures of a loaded run: what it attends to, which turns count, how it speaks, whom it serves how well."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from ccrs.artifacts.run import Run
from ccrs.core.errors import CcrsError, DataError
from ccrs.core.samples import BoolArray
from ccrs.evaluation.canvas import shortened
from ccrs.evaluation.figures import Block, Heatmap, draw_curves, draw_heatmap, draw_turn_importance
from ccrs.evaluation.ranking import FloatArray
from ccrs.experiments.attention import named_user, relation_weights, turn_importance
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.models.ccrs import CCRS, CCRSConfig

NUM_TOPICS: Final = 6
NUM_USERS: Final = 4
_Draw = Callable[[Path], None]


@dataclass(frozen=True, eq=False)
class ReplyStyles:
    """The style mixture μ^m of each reply (Eq. 9), with what it is about and who it is for.

    Raises ``CcrsError`` when lengths differ.
    """

    mixtures: FloatArray  # (replies, styles)
    topics: tuple[str | None, ...]  # (replies); None where there is none
    users: tuple[str, ...]  # (replies)

    def __post_init__(self) -> None:
        shape = np.shape(self.mixtures)
        if len(shape) != 2 or not shape[0] == len(self.topics) == len(self.users):
            raise CcrsError(
                f"Mixtures of shape {shape} with {len(self.topics)} topics and {len(self.users)} users. "
                "Pass one mixture, one topic (or None) and one user per reply."
            )

    def heatmap(self, note: str = "") -> Heatmap | None:
        """As Fig. 4: mean mixtures by topic and by user, and by topic for each of the two most frequent users.

        None when there is no reply at all.
        """
        if not self.users:
            return None
        topics, users = np.array([topic or "" for topic in self.topics]), np.array(self.users)
        frequent = _most_common([topic for topic in self.topics if topic], NUM_TOPICS)
        people = _most_common(self.users, NUM_USERS)
        groups = [("all users, by topic", [(one, topics == one) for one in frequent])]
        groups += [("all topics, by user", [(named_user(one), users == one) for one in people])]
        groups += [
            (
                f"{named_user(person)}, by topic",
                [(one, (topics == one) & (users == person)) for one in frequent],
            )
            for person in people[:2]
        ]
        blocks, weights = [], []
        for heading, rows in groups:
            filled = [(name, mask) for name, mask in rows if mask.any()]
            if filled:
                blocks.append(Block(heading, tuple(_counted(name, mask) for name, mask in filled)))
                weights += [self.mixtures[mask].mean(axis=0) for _, mask in filled]
        means = np.stack(weights)  # (rows, styles)
        return Heatmap(
            title="How replies are spoken: mean mixture of styles",
            blocks=tuple(blocks),
            columns=tuple(f"style {number + 1}" for number in range(means.shape[1])),
            weights=means,
            change=means - self.mixtures.mean(axis=0),
            column_label="style (rows: number of replies in brackets)",
            weight_label="Share of a style (a row sums to 1)",
            change_label="Difference from the mean of all replies",
            note=note,
        )


def write_figures(
    run: Run,
    corpus: Corpus | Path | None,
    report: Mapping[str, Any] | None,
    styles: ReplyStyles | None,
    folder: Path,
    *,
    split: Literal["validation", "test"] = "test",
) -> list[Path]:
    """Write the figures that apply into ``folder`` and return their paths.

    ``relation-weights.png`` and ``turn-importance.png`` need a model with attention and the ``corpus`` that the
    run was trained on, ``styles.png`` the ``styles``, ``curves.png`` the ``report``. Support is drawn in the
    order that the report was made with. Raises ``DataError`` when the folder cannot be written to or the corpus
    is another one, ``CcrsError`` for a report that is none.
    """
    check_folder(folder)
    data = f"{run.data.dataset}@{run.data.checksum[:8]}"
    note = f"{shortened(run.config.title)}, trained on {data}, commit {run.commit[:8]}."
    draws: dict[str, _Draw] = {}
    if corpus is not None and isinstance(run.model, CCRS):
        ordered = _in_order_of(run, report)
        draws |= _attention_figures(ordered, run.model.config, _same_corpus(run, corpus), split, note)
    mixtures = None if styles is None else styles.heatmap(note)
    if mixtures is not None:
        draws["styles.png"] = partial(draw_heatmap, mixtures)
    if report is not None:
        draws["curves.png"] = partial(draw_curves, report)
    for name, draw in draws.items():
        draw(folder / name)
    return [folder / name for name in draws]


def check_folder(folder: Path) -> None:
    """Make ``folder``; raises ``DataError`` when it is a file or nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder}: no figures can be put there ({error.strerror or error}). Name another folder."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DataError(
            f"{folder}: no figures can be put there (no permission to write). Name another folder."
        )


def _attention_figures(
    run: Run, model: CCRSConfig, corpus: Corpus, split: str, note: str
) -> dict[str, _Draw]:
    """How the figures of the model's attention are drawn, by file name; those of switched-off parts are left out."""
    tasks = divide(corpus, run.config.data).tasks(split)
    draws: dict[str, _Draw] = {}
    weights = relation_weights(run, corpus, tasks) if model.relation_encoder else None
    if weights is not None:
        rule = f"Users: the {split} users with most support. Films: those named in most training dialogues."
        draws["relation-weights.png"] = partial(draw_heatmap, weights.heatmap(f"{rule} {note}"))
    rule = f"Contexts: those of the {split} users' query dialogues."
    turns = turn_importance(run, corpus, tasks, note=f"{rule} {note}") if model.turn_encoder else None
    if turns is not None:
        draws["turn-importance.png"] = partial(draw_turn_importance, turns)
    return draws


def _same_corpus(run: Run, corpus: Corpus | Path) -> Corpus:
    """The corpus, read if need be; raises ``DataError`` when the run was trained on another one."""
    if isinstance(corpus, Path):
        corpus = load_corpus(corpus)
    if corpus.manifest.checksum != run.data.checksum:
        raise DataError(
            f"{corpus.path}: is not the data this run was trained on (checksum {corpus.manifest.checksum[:12]}, "
            f"trained on {run.data.checksum[:12]}). Name the right folder."
        )
    return corpus


def _in_order_of(run: Run, report: Mapping[str, Any] | None) -> Run:
    """The run with support drawn as in the report, which may have been made in another order."""
    order = ((report or {}).get("metrics") or {}).get("order", run.config.data.order)
    data = run.config.data.model_copy(update={"order": order})
    return replace(run, config=run.config.model_copy(update={"data": data}))


def _most_common(names: Sequence[str], count: int) -> list[str]:
    """The commonest names; of equally common ones the first in the alphabet."""
    return sorted(counts := Counter(names), key=lambda name: (-counts[name], name))[:count]


def _counted(name: str, mask: BoolArray) -> str:
    """A row's name, short enough that its number of replies is not cut off."""
    return f"{shortened(name, 23)} ({int(mask.sum()):,})"

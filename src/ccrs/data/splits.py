"""Who is trained on and who is judged: splits of users, and each user's support and query.

Fixed by a hash of user id and seed, so that a user's part does not depend on who else is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from ccrs.core.config import StrictConfig
from ccrs.core.dialogue import Part
from ccrs.core.errors import ConfigError, DataError
from ccrs.core.samples import IntArray, SampleTable, UserTask

Protocol = Literal["user", "folds", "official"]
Order = Literal["random", "chronological"]
CONTEXTS_A_BATCH = 512
TRAIN, VALIDATION, TEST = 0, 1, 2
NUM_FOLDS = 5


class SplitConfig(StrictConfig):
    """How users are divided (``evaluation.md``).

    ``user``: 80 / 10 / 10 by hash. ``folds``: ``fold`` k of five is the test part (20), 10 of the rest
    validation. ``official``: the source's own test part and, where it has one, its own validation part; else a tenth
    of its training users for validation.
    """

    protocol: Protocol = "user"
    fold: int = 0
    order: Order = "random"
    seed: int = 0
    training_share: float = Field(1.0, gt=0, le=1)
    """Of the training dialogues, how many are used: for learning curves."""
    support_in_training: bool = True
    """Whether models that do not adapt are trained on the support of validation and test users as well. The
    literature's models are not: off to stand beside them."""


def user_fraction(user: str, seed: int, purpose: str) -> float:
    """A number in [0, 1) that depends on the user (or dialogue) id, the seed and the purpose only."""
    digest = hashlib.sha256(f"{purpose}:{seed}:{user}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def training_dialogues(table: SampleTable, users: IntArray, config: SplitConfig) -> IntArray:
    """The dialogues of ``users`` that are trained on: all, or the wanted share, fixed by a hash of their ids.

    A smaller share is part of a larger one.
    """
    mine = np.flatnonzero(np.isin(table.dialogue_users, users))
    if config.training_share == 1:
        return mine
    names = (table.dialogue_ids[dialogue] for dialogue in mine.tolist())
    drawn = np.array([user_fraction(name, config.seed, "share") for name in names])
    return mine[drawn < config.training_share]


def split_users(
    table: SampleTable, config: SplitConfig, parts: tuple[Part | None, ...] | None = None
) -> IntArray:
    """The part (``TRAIN``, ``VALIDATION``, ``TEST``) of every user, (users,).

    ``parts`` holds the official part of every dialogue; needed for ``official``. Raises ``DataError``
    where it is missing or a user stands in two parts, ``ConfigError`` for a fold that does not exist.
    """
    chosen = np.array([user_fraction(user, config.seed, "split") for user in table.users])
    inner = np.array([user_fraction(user, config.seed, "validation") for user in table.users])
    if config.protocol == "user":
        return np.where(chosen < 0.8, TRAIN, np.where(chosen < 0.9, VALIDATION, TEST)).astype(np.int64)
    if config.protocol == "folds":
        if not 0 <= config.fold < NUM_FOLDS:
            raise ConfigError(f"data.fold = {config.fold}: there are folds 0 to {NUM_FOLDS - 1}.")
        test = np.floor(chosen * NUM_FOLDS).astype(np.int64) == config.fold
        return np.where(test, TEST, np.where(inner < 1 / 8, VALIDATION, TRAIN)).astype(np.int64)
    return _official(table, inner, parts)


def _official(
    table: SampleTable,
    fractions: np.ndarray[tuple[int], np.dtype[np.float64]],
    parts: tuple[Part | None, ...] | None,
) -> IntArray:
    if parts is None or any(part is None for part in parts):
        raise DataError("The data has no official split. Use data.protocol = 'user' or 'folds'.")
    names = np.array(parts)
    held = np.zeros((3, len(table.users)), np.bool_)
    for which, name in ((TRAIN, "train"), (VALIDATION, "validation"), (TEST, "test")):
        held[which, table.dialogue_users[names == name]] = True
    several = held.sum(axis=0) > 1
    if several.any():
        user = table.users[int(np.flatnonzero(several)[0])]
        raise DataError(f"User {user!r} has dialogues in two official parts. Use data.protocol = 'user'.")
    if held[VALIDATION].any():
        return np.where(held[TEST], TEST, np.where(held[VALIDATION], VALIDATION, TRAIN)).astype(np.int64)
    return np.where(held[TEST], TEST, np.where(fractions < 0.1, VALIDATION, TRAIN)).astype(np.int64)


def user_tasks(table: SampleTable, users: IntArray, order: Order, seed: int) -> list[UserTask]:
    """Support and query of each of ``users``: half of the dialogues each, the odd one to query.

    ``chronological``: older dialogues support newer ones. ``random``: halves drawn by a seed that
    depends on the user only. A user with one dialogue has no support.
    """
    by_user = np.argsort(table.dialogue_users, kind="stable")
    bounds = np.searchsorted(table.dialogue_users[by_user], np.arange(len(table.users) + 1))
    tasks = []
    for user in users.tolist():
        mine = by_user[bounds[user] : bounds[user + 1]]
        mine = mine[np.argsort(table.dialogue_times[mine], kind="stable")]
        half = len(mine) // 2
        if order == "random":
            rng = np.random.default_rng([seed, int(user_fraction(table.users[user], seed, "halves") * 2**32)])
            chosen = np.sort(rng.permutation(len(mine))[:half])
        else:
            chosen = np.arange(half)
        query = np.setdiff1d(np.arange(len(mine)), chosen, assume_unique=True)
        tasks.append(UserTask(user, mine[chosen], mine[query]))
    return tasks


def task_groups(table: SampleTable, tasks: Sequence[UserTask]) -> Iterator[list[UserTask]]:
    """Tasks in groups of about ``CONTEXTS_A_BATCH`` contexts; the grouping changes no result."""
    sizes = np.bincount(table.context_dialogues, minlength=len(table.dialogue_ids))
    group: list[UserTask] = []
    size = 0
    for task in tasks:
        contexts = int(sizes[task.support].sum() + sizes[task.query].sum())
        if group and size + contexts > CONTEXTS_A_BATCH:
            yield group
            group, size = [], 0
        group.append(task)
        size += contexts
    if group:
        yield group

"""An epoch sees every reply once; support and query of a task never share a dialogue; little is padded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from ccrs.core.replies import ReplyTable
from ccrs.core.samples import IntArray, Ragged
from ccrs.data.reply_batching import ReplyBatchBuilder, Vectors
from ccrs.meta.reply_adaptation import ReplyInnerConfig, ReplyRates
from ccrs.training.config import ReplyTrainingConfig
from ccrs.training.distributed import Workers
from ccrs.training.loop import train
from ccrs.training.reply_objectives import MetaReplyObjective, PlainReplyObjective
from ccrs.training.reply_plans import MetaReplyPlan, PlainReplyPlan
from ccrs.training.tracking import Tracker
from tests.fixtures.reply_batches import MAX_CONTEXT, MAX_REPLY, VECTOR_SIZE, VOCABULARY, tiny_model

Task = tuple[list[int], list[int]]


def random_table(
    num_replies: int, num_dialogues: int, *, longest: tuple[int, int], seed: int = 0
) -> ReplyTable:
    """Replies of random dialogues and lengths."""
    rng = np.random.default_rng(seed)

    def rows(most: int) -> Ragged:
        lengths = rng.integers(1, most + 1, num_replies).tolist()
        return Ragged.from_rows([rng.integers(3, VOCABULARY, n).tolist() for n in lengths])

    dialogues = np.sort(rng.integers(0, num_dialogues, num_replies))
    return ReplyTable(
        users=("a",),
        dialogue_ids=tuple(f"d{n}" for n in range(num_dialogues)),
        dialogue_users=np.zeros(num_dialogues, np.int64),
        dialogue_times=np.arange(num_dialogues),
        reply_dialogues=dialogues,
        reply_messages=np.arange(num_replies),
        contexts=rows(longest[0]),
        targets=rows(longest[1]),
        items=Ragged.from_rows([[] for _ in range(num_replies)]),
        has_fact=rng.random(num_replies) < 0.5,
        num_words=np.ones(num_replies, np.int64),
        texts=("",) * num_replies,
        words=("",) * num_replies,
        slotted=("",) * num_replies,
    )


TABLE = random_table(200, 40, longest=(MAX_CONTEXT, MAX_REPLY + 1))
HALVES = [  # twelve users: with one dialogue, two, many; dialogue 39 is nobody's
    (np.zeros(0, np.int64), np.array([0])),
    (np.array([1]), np.zeros(0, np.int64)),
    (np.array([2]), np.array([3])),
    (np.arange(4, 12), np.arange(12, 19)),
    (np.arange(19, 28), np.arange(28, 39)),
]
TRAINING = TABLE.replies_of(np.arange(39))


class Recorder(ReplyBatchBuilder):
    """Keeps what it is asked for."""

    def __init__(self, table: ReplyTable = TABLE) -> None:
        zeros = np.zeros((table.num_replies, VECTOR_SIZE), np.float32)
        super().__init__(table, Vectors(zeros, zeros))
        self.asked: list[Any] = []

    def plain(self, replies: IntArray) -> Any:
        self.asked.append(replies.tolist())
        return super().plain(replies)

    def adapting(self, support: list[IntArray], query: list[IntArray]) -> Any:
        self.asked.append([(s.tolist(), q.tolist()) for s, q in zip(support, query, strict=True)])
        return super().adapting(support, query)


def plain_steps(epoch: int, share: tuple[int, int] = (0, 1), *, batch_size: int = 16) -> list[list[int]]:
    builder = Recorder()
    steps = PlainReplyPlan(builder, TRAINING, batch_size=batch_size, seed=3).steps(epoch, share)
    for step in steps:
        if step() is None:
            builder.asked.append([])
    return builder.asked


def meta_steps(
    epoch: int, share: tuple[int, int] = (0, 1), *, max_dialogues: int = 6, batch_size: int = 30
) -> list[list[Task]]:
    builder = Recorder()
    plan = MetaReplyPlan(builder, HALVES, batch_size=batch_size, max_dialogues=max_dialogues, seed=3)
    for step in plan.steps(epoch, share):
        if step() is None:
            builder.asked.append([])
    return builder.asked


@pytest.mark.parametrize("batch_size", [1, 7, 64, 1000])
def test_plain_sees_every_training_reply_once(batch_size: int) -> None:
    steps = plain_steps(0, batch_size=batch_size)
    assert sorted(reply for step in steps for reply in step) == TRAINING.tolist()
    assert max(map(len, steps)) <= batch_size
    assert len(steps) == -(-len(TRAINING) // batch_size)


def test_epochs_differ_and_repeat_themselves() -> None:
    assert plain_steps(0) == plain_steps(0)
    assert plain_steps(0) != plain_steps(1)
    assert meta_steps(4) == meta_steps(4)
    assert meta_steps(4) != meta_steps(6)


@pytest.mark.parametrize("num_shares", [2, 3])
def test_shares_are_the_whole_step_by_step(num_shares: int) -> None:
    plain = [plain_steps(1, (n, num_shares)) for n in range(num_shares)]
    for number, whole in enumerate(plain_steps(1)):
        assert sorted(r for share in plain for r in share[number]) == sorted(whole)
    meta = [meta_steps(1, (n, num_shares)) for n in range(num_shares)]
    for number, tasks in enumerate(meta_steps(1)):
        assert sorted(t for share in meta for t in share[number]) == sorted(tasks)


def test_little_of_a_step_is_padding() -> None:
    """Contexts, by which the steps are sorted: they are the long side."""
    table = random_table(3000, 40, longest=(96, 48), seed=1)
    plan = PlainReplyPlan(Recorder(table), np.arange(3000), batch_size=96, seed=0)
    cells = real = 0
    for step in plan.steps(0, (0, 1)):
        batch = step()
        assert batch is not None
        cells += batch.context_mask.numel()
        real += int(batch.context_mask.sum())
    assert 1 - real / cells < 0.10


@pytest.mark.parametrize("max_dialogues", [2, 3, 5, 6, 50])
@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_meta_sees_every_training_reply_once_and_shares_no_dialogue(epoch: int, max_dialogues: int) -> None:
    tasks = [task for step in meta_steps(epoch, max_dialogues=max_dialogues) for task in step]
    assert sorted(r for support, query in tasks for r in (*support, *query)) == TRAINING.tolist()
    for support, query in tasks:
        sides = [set(TABLE.reply_dialogues[half].tolist()) for half in (support, query)]
        assert not sides[0] & sides[1]
        assert len(sides[0] | sides[1]) <= max_dialogues
        users = {
            next(n for n, pair in enumerate(HALVES) if d in np.concatenate(pair)) for d in sides[0] | sides[1]
        }
        assert len(users) == 1
        assert support or query


def test_the_halves_change_their_roles_every_epoch() -> None:
    """So a vector that was adapted across them has never seen its own dialogue."""
    for epoch in range(4):
        tasks = [task for step in meta_steps(epoch) for task in step]
        query = np.sort(np.concatenate([q for _, q in tasks])).astype(np.int64)
        which = 1 if epoch % 2 else 0
        expected = np.concatenate([pair[which] for pair in HALVES])
        assert query.tolist() == TABLE.replies_of(expected).tolist()


def test_a_step_of_tasks_is_as_big_as_told_but_a_task_is_never_cut() -> None:
    steps = meta_steps(0, batch_size=30)
    for step in steps:
        size = sum(len(s) + len(q) for s, q in step)
        assert size <= 30 or len(step) == 1


def trained(folder: Any, objective: str, **changes: Any) -> Any:
    config = ReplyTrainingConfig.model_validate(
        {"epochs": 2, "batch_size": 1, "objective": objective, "low_precision": False, **changes}
    )
    model, rates = tiny_model().float(), ReplyRates(ReplyInnerConfig())
    builder = Recorder()
    kind: Any = PlainReplyObjective(model, low_precision=False)
    plan: Any = PlainReplyPlan(builder, TRAINING, batch_size=50, seed=0)
    if objective == "meta":
        kind = MetaReplyObjective(model, rates, support_weight=config.support_weight, low_precision=False)
        plan = MetaReplyPlan(builder, HALVES, batch_size=1, max_dialogues=6, seed=0)
    with Tracker(folder, epochs=2, quiet=True) as tracker:
        return train(
            torch.nn.ModuleDict({"model": model, "rates": rates}),
            kind,
            plan,
            lambda: {"validation log likelihood": 0.0},
            config=config,
            sparse=[],
            folder=folder,
            workers=Workers(),
            tracker=tracker,
            fingerprint="x",
        )


@pytest.mark.parametrize("support_weight", [0.0, 1.0])
def test_steps_of_single_tasks_train_also_where_one_half_is_missing(
    tmp_path: Any, support_weight: float
) -> None:
    """A user with one dialogue is support alone every other epoch; with λ = 0 such a step moves nothing."""
    found = trained(tmp_path, "meta", support_weight=support_weight)
    assert all(np.isfinite(line["training loss"]) for line in found.history)


def test_the_plain_loss_falls(tmp_path: Any) -> None:
    history = trained(tmp_path, "plain", epochs=4, patience=9, learning_rate=0.01).history
    assert history[-1]["training loss"] < history[0]["training loss"] - 0.1

"""The selector learns a planted rule, the same way each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ccrs.core.errors import DataError
from ccrs.core.replies import ReplyTable
from ccrs.core.samples import Ragged
from ccrs.models.selector import ReplySelector, SelectorConfig
from ccrs.training.loop import Trained
from ccrs.training.selector import (
    SelectorBatch,
    SelectorData,
    SelectorObjective,
    SelectorTrainingConfig,
    SelectorValidation,
    draw_others,
    padded,
    train_selector,
    without_end,
)
from ccrs.training.tracking import Tracker

END, SEEKER, RECOMMENDER, FIRST_WORD, NUM_TOPICS, NUM_TOKENS = 0, 1, 2, 3, 40, 100


def reply_table(num_replies: int, *, seed: int = 0) -> ReplyTable:
    """Replies that share one topic token with the seeker's last turn, among random filler."""
    rng = np.random.default_rng(seed)
    contexts, targets = [], []
    for _ in range(num_replies):
        topic, old = (FIRST_WORD + rng.integers(NUM_TOPICS, size=2)).tolist()
        filler = (FIRST_WORD + NUM_TOPICS + rng.integers(50, size=9)).tolist()
        contexts.append([SEEKER, old, *filler[:2], RECOMMENDER, *filler[2:4], SEEKER, filler[4], topic])
        targets.append([*filler[5:7], topic, filler[8], END])
    return ReplyTable(
        users=("someone",),
        dialogue_ids=("d",),
        dialogue_users=np.zeros(1, np.int64),
        dialogue_times=np.zeros(1, np.int64),
        reply_dialogues=np.zeros(num_replies, np.int64),
        reply_messages=np.arange(num_replies),
        contexts=Ragged.from_rows(contexts),
        targets=Ragged.from_rows(targets),
        items=Ragged.from_rows([[] for _ in range(num_replies)]),
        has_fact=np.zeros(num_replies, np.bool_),
        num_words=np.full(num_replies, 4),
        texts=("",) * num_replies,
        slotted=("",) * num_replies,
        words=("",) * num_replies,
    )


TABLE = reply_table(1000)
TRAINING, VALIDATION = np.arange(800), np.arange(800, 1000)
CONFIG = SelectorTrainingConfig(epochs=4, batch_size=64, learning_rate=0.02, decay=1.0)


def small_selector(*, recommender_size: int = 0) -> ReplySelector:
    torch.manual_seed(3)
    config = SelectorConfig(
        embedding_size=24, hidden_size=32, vector_size=24, dropout=0.0, recommender_size=recommender_size
    )
    return ReplySelector(config, num_tokens=NUM_TOKENS, seeker_id=SEEKER, recommender_id=RECOMMENDER)


def trained(
    folder: Path, *, epochs: int = 4, seed: int = 0, resume: bool = False
) -> tuple[ReplySelector, Trained]:
    model = small_selector()
    config = CONFIG.model_copy(update={"epochs": epochs, "seed": seed})
    with Tracker(folder, epochs=epochs, quiet=True, record=False) as tracker:
        result = train_selector(
            model,
            TABLE,
            TRAINING,
            VALIDATION,
            config=config,
            folder=folder,
            tracker=tracker,
            resume=resume,
        )
    return model, result


def test_the_planted_rule_is_learned_far_above_chance(tmp_path: Path) -> None:
    untrained = SelectorValidation(small_selector(), SelectorData(TABLE), VALIDATION, seed=0)()
    assert untrained["validation recall@1"] < 0.2  # chance is 1/19
    model, result = trained(tmp_path)
    figures = SelectorValidation(model, SelectorData(TABLE), VALIDATION, seed=0)()
    assert figures["validation recall@1"] > 0.6
    assert figures["validation mean rank"] < 2.5
    assert figures["validation recall@1"] == max(epoch["validation recall@1"] for epoch in result.history)


def test_one_seed_gives_one_model_and_a_resumed_training_the_same(tmp_path: Path) -> None:
    one, _ = trained(tmp_path / "one", epochs=2)
    two, _ = trained(tmp_path / "two", epochs=2)
    trained(tmp_path / "three", epochs=1)
    resumed, _ = trained(tmp_path / "three", epochs=2, resume=True)
    other, _ = trained(tmp_path / "four", epochs=2, seed=1)
    for name, value in one.state_dict().items():
        assert torch.equal(value, two.state_dict()[name]), name
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert not torch.equal(one.embeddings.weight, other.embeddings.weight)


def test_equal_replies_are_no_negatives() -> None:
    model = small_selector().eval()
    data = SelectorData(TABLE)
    batch = data.batch(np.array([0, 1]))
    both = SelectorBatch(
        batch.context_ids, batch.context_mask, batch.reply_ids, batch.reply_mask, torch.tensor([7, 7]), None
    )
    assert float(SelectorObjective(model)(both).total.detach()) == pytest.approx(0.0, abs=1e-6)
    assert float(SelectorObjective(model)(batch).total.detach()) > 0.01


def test_loss_is_the_cross_entropy_of_the_diagonal() -> None:
    model = small_selector().eval()
    batch = SelectorData(TABLE).batch(np.arange(5))
    scores = model(batch.context_ids, batch.context_mask, batch.reply_ids, batch.reply_mask)
    by_hand = -scores.log_softmax(-1).diagonal().sum()
    loss = SelectorObjective(model)(batch)
    torch.testing.assert_close(loss.total, by_hand)
    assert loss.count == 5


def test_recommender_vectors_reach_the_model() -> None:
    model = small_selector(recommender_size=4)
    vectors = np.random.default_rng(0).normal(size=(TABLE.num_replies, 4)).astype(np.float32)
    batch = SelectorData(TABLE, vectors).batch(np.array([3, 1]))
    assert batch.vectors is not None
    assert np.array_equal(batch.vectors.numpy(), vectors[[3, 1]])
    SelectorObjective(model)(batch).total.backward()  # type: ignore[no-untyped-call] # torch: backward()
    assert model.from_recommender is not None
    assert model.from_recommender.weight.grad is not None
    assert model.from_recommender.weight.grad.abs().sum() > 0


def test_others_never_equal_the_true_reply_and_are_the_same_each_time() -> None:
    groups = np.array([0, 0, 0, 1, 2])
    others = draw_others(groups, seed=0)
    assert others.shape == (5, 18)
    assert (groups[others] != groups[:, None]).all()
    assert np.array_equal(others, draw_others(groups, seed=0))
    with pytest.raises(DataError, match="all equal"):
        draw_others(np.zeros(4, np.int64), seed=0)


def test_too_few_replies_are_an_error(tmp_path: Path) -> None:
    with (
        Tracker(tmp_path, epochs=1, quiet=True, record=False) as tracker,
        pytest.raises(DataError, match="1 val"),
    ):
        train_selector(
            small_selector(),
            TABLE,
            TRAINING,
            VALIDATION[:1],
            config=CONFIG,
            folder=tmp_path,
            tracker=tracker,
        )


def test_rows_lose_their_end_and_are_padded_behind() -> None:
    rows = Ragged.from_rows([[5, 6, 9], [], [9], [7, 9]])
    cut = without_end(rows)
    assert [cut[row].tolist() for row in range(4)] == [[5, 6], [], [], [7]]
    ids, mask = padded(cut, np.array([3, 0, 1]))
    assert ids.tolist() == [[7, 0], [5, 6], [0, 0]]
    assert mask.tolist() == [[True, False], [True, True], [False, False]]

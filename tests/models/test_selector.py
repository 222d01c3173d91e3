"""The dual encoder by itself: masks, views, speed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ccrs.models.selector import ReplySelector, SelectorConfig

SEEKER, RECOMMENDER = 1, 2
SMALL = SelectorConfig(embedding_size=8, hidden_size=8, vector_size=6, max_distance=4)


def selector(config: SelectorConfig = SMALL, *, num_tokens: int = 20) -> ReplySelector:
    torch.manual_seed(0)
    model = ReplySelector(config, num_tokens=num_tokens, seeker_id=SEEKER, recommender_id=RECOMMENDER)
    torch.nn.init.normal_(model.context_importance)
    torch.nn.init.normal_(model.reply_importance)
    return model.eval()


CONTEXT = torch.tensor([[SEEKER, 5, 6, RECOMMENDER, 7, SEEKER, 8, 9]])
REPLY = torch.tensor([[10, 11, 12]])


def yes(ids: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(ids, dtype=torch.bool)


def test_views_are_the_seekers_words_the_recommenders_and_the_last_turn() -> None:
    views = selector()._views(CONTEXT, yes(CONTEXT))[0].int().tolist()
    assert views == [[1, 1, 1, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0, 0, 0], [0, 0, 0, 0, 0, 1, 1, 1]]


@pytest.mark.parametrize("padding", [(0, 3), (3, 0)])
def test_padding_on_either_side_changes_nothing(padding: tuple[int, int]) -> None:
    model = selector()
    ids = torch.nn.functional.pad(CONTEXT, padding, value=SEEKER)
    mask = torch.nn.functional.pad(yes(CONTEXT), padding, value=False)
    plain = model.encode_contexts(CONTEXT, yes(CONTEXT))
    torch.testing.assert_close(model.encode_contexts(ids, mask), plain)
    reply = torch.nn.functional.pad(REPLY, padding, value=4)
    reply_mask = torch.nn.functional.pad(yes(REPLY), padding, value=False)
    torch.testing.assert_close(
        model.encode_replies(reply, reply_mask), model.encode_replies(REPLY, yes(REPLY))
    )


def test_who_said_it_and_how_long_ago_matters() -> None:
    model = selector()
    swapped = torch.tensor([[RECOMMENDER, 5, 6, SEEKER, 7, RECOMMENDER, 8, 9]])
    older = torch.tensor([[SEEKER, 8, 9, RECOMMENDER, 7, SEEKER, 5, 6]])
    plain = model.encode_contexts(CONTEXT, yes(CONTEXT))
    for other in (swapped, older):
        assert not torch.allclose(model.encode_contexts(other, yes(other)), plain)


def test_nothing_said_yet_and_an_empty_reply_are_finite() -> None:
    model = selector()
    ids = torch.zeros(2, 3, dtype=torch.long)
    assert torch.isfinite(model(ids, ids > 0, ids, ids > 0)).all()


def test_pairs_are_the_diagonal_of_all_scores_and_bounded_by_the_scale() -> None:
    model = selector()
    contexts = torch.randint(3, 20, (5, 7))
    replies = torch.randint(3, 20, (5, 4))
    scores = model(contexts, yes(contexts), replies, yes(replies))
    assert scores.shape == (5, 5)
    torch.testing.assert_close(
        model.score_pairs(contexts, yes(contexts), replies, yes(replies)), scores.diagonal()
    )
    assert scores.abs().max() <= SMALL.initial_scale * 1.0001


def test_recommender_vectors_are_needed_exactly_where_the_model_has_a_place_for_them() -> None:
    vectors = torch.randn(1, 3)
    with pytest.raises(ValueError, match="recommender_size"):
        selector().encode_contexts(CONTEXT, yes(CONTEXT), vectors)
    model = selector(SMALL.model_copy(update={"recommender_size": 3}))
    with pytest.raises(ValueError, match="recommender_size"):
        model.encode_contexts(CONTEXT, yes(CONTEXT))
    one = model.encode_contexts(CONTEXT, yes(CONTEXT), vectors)
    assert not torch.allclose(one, model.encode_contexts(CONTEXT, yes(CONTEXT), -vectors))


def test_weights_are_saved_and_read_back(tmp_path: Path) -> None:
    model, other = selector(), selector().requires_grad_(requires_grad=False)
    for parameter in other.parameters():
        parameter.zero_()
    save_file(model.state_dict(), tmp_path / "selector.safetensors")
    other.load_state_dict(load_file(tmp_path / "selector.safetensors"))
    arguments = (CONTEXT, yes(CONTEXT), REPLY, yes(REPLY))
    assert torch.equal(model(*arguments), other(*arguments))


def test_64_candidates_are_scored_quickly() -> None:
    model = selector(SelectorConfig(), num_tokens=8000)
    context = torch.randint(3, 8000, (1, 192))
    replies = torch.randint(3, 8000, (64, 30))
    seconds = []
    with torch.inference_mode():
        for _ in range(10):
            started = time.perf_counter()
            model(context, yes(context), replies, yes(replies))
            seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.02  # measured 2 ms on one thread; a slow machine may take longer

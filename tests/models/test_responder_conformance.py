"""Every row of the registry of responders keeps the same promises."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from ccrs.cli.models import DIALOGUE_HEADER, dialogue_rows
from ccrs.core.errors import ConfigError
from ccrs.core.protocols import AdaptableReplyModel, OwnReplyLoss, ReplyModel
from ccrs.core.replies import ReplyBatch
from ccrs.evaluation.tables import markdown
from ccrs.models.responders import RESPONDERS, as_adaptable_responder, responder_row, with_styles
from ccrs.training.reply_objectives import PlainReplyObjective
from tests.fixtures.responder_rows import read_batch, tiny_inputs, tiny_responder_of

PROJECT = Path(__file__).resolve().parents[2]
CONFIGS = PROJECT / "configs" / "responder"


@pytest.fixture(params=RESPONDERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stepped(model: ReplyModel, batch: ReplyBatch) -> Tensor:
    """What ``likelihoods`` gives, by steps: (tokens,)."""
    state, columns = model.start(batch), []
    for place in range(batch.input_ids.shape[1]):
        logits, state = model.step(batch.input_ids[:, place], state)
        columns.append(logits.log_softmax(1).gather(1, batch.target_ids[:, place, None])[:, 0])
    return -torch.stack(columns, dim=1)[batch.target_mask]


def test_every_row_has_all_that_belongs_to_it() -> None:
    """A small section for these tests, a configuration of ReDial's, a line for people; names that are its own."""
    kinds = [type(tiny_responder_of(name)) for name in RESPONDERS]
    assert len(set(kinds)) == len(kinds)
    for name, row in RESPONDERS.items():
        assert row.small, name
        assert row.summary, name
        path = CONFIGS / ("redial.toml" if name == "ccrs" else f"redial-{name}.toml")
        assert path.exists(), f"{name} has no configuration {path.name}"


def test_the_page_of_models_lists_them_all() -> None:
    page = (PROJECT / "docs" / "models.md").read_text(encoding="utf-8")
    assert markdown(DIALOGUE_HEADER, dialogue_rows()) in page


def test_configuration_round_trip(name: str) -> None:
    row = responder_row(name)
    config = row.config.model_validate(row.small)
    assert row.config.model_validate(config.model_dump(mode="json")) == config
    assert row.config.model_validate({}) == row.config()


def test_steps_with_the_cache_equal_teacher_forcing(name: str) -> None:
    model, batch = tiny_responder_of(name), read_batch(name)
    with torch.no_grad():
        forced = model.likelihoods(model.start(batch), batch.input_ids, batch.target_ids, batch.target_mask)
        torch.testing.assert_close(stepped(model, batch), forced, rtol=0, atol=1e-10)
        torch.testing.assert_close(forced, model(batch), rtol=0, atol=0)


def test_one_reply_alone_is_as_in_a_batch_whatever_the_padding(name: str) -> None:
    model, batch = tiny_responder_of(name), read_batch(name)
    with torch.no_grad():
        together = model(batch)
        wider = model(read_batch(name, longest=(15, 14)))
        alone = [model(batch.rows(torch.tensor([row]))) for row in range(len(batch.owners))]
    torch.testing.assert_close(wider, together, rtol=0, atol=1e-12)
    torch.testing.assert_close(torch.cat(alone), together, rtol=0, atol=1e-12)


def test_chosen_and_repeated_rows_of_a_state_go_on_alike(name: str) -> None:
    model, batch = tiny_responder_of(name), read_batch(name, 4)
    rows = torch.tensor([2, 0, 2])
    with torch.no_grad():
        first, state = model.step(batch.input_ids[:, 0], model.start(batch))
        second, _ = model.step(batch.target_ids[:, 0], state)
        selected, _ = model.step(batch.target_ids[rows, 0], model.select(state, rows))
    torch.testing.assert_close(selected, second[rows], rtol=0, atol=1e-12)
    assert not torch.equal(first, second)


def test_the_empty_batch_has_no_tokens(name: str) -> None:
    assert tiny_responder_of(name)(read_batch(name, 0)).shape == (0,)


def test_contexts_that_name_nothing_are_answered(name: str) -> None:
    model, batch = tiny_responder_of(name), read_batch(name).rows(torch.tensor([0, 0]))
    for grid in (batch.entities, batch.words, batch.goals):
        assert grid is None or not grid.mask.any()
    assert model(batch).isfinite().all()


def test_evaluation_has_no_randomness_and_training_has(name: str) -> None:
    model, batch = tiny_responder_of(name, dropout=0.3), read_batch(name)
    with torch.no_grad():
        assert torch.equal(model(batch), model(batch))
        cast("nn.Module", model).train()
        assert not torch.equal(model(batch), model(batch))


def test_gradients_are_finite_and_reach_every_parameter(name: str) -> None:
    model = tiny_responder_of(name)
    cast("nn.Module", model).train()
    for seed in range(3):
        loss = PlainReplyObjective(model, low_precision=False)(read_batch(name, seed=seed))
        assert loss.total.isfinite()
        loss.total.backward()  # type: ignore[no-untyped-call]
    for label, parameter in cast("nn.Module", model).named_parameters():
        assert parameter.grad is not None, f"no gradient reaches {label}"
        assert parameter.grad.isfinite().all(), label
        assert parameter.grad.any(), f"the gradient of {label} is zero throughout"


def test_knowledge_is_frozen_and_no_part_of_the_weights(name: str) -> None:
    model = cast("nn.Module", tiny_responder_of(name))
    assert set(model.state_dict()) == {label for label, _ in model.named_parameters()}


def test_weights_put_into_a_new_model_say_the_same(name: str) -> None:
    row, batch = responder_row(name), read_batch(name)
    model = tiny_responder_of(name)
    torch.manual_seed(99)
    config = row.config.model_validate({**row.small, "dropout": 0.0})
    other = row.build(config, tiny_inputs()).double()
    other.load_state_dict(copy.deepcopy(dict(model.state_dict())))
    with torch.no_grad():
        assert torch.equal(other.eval()(batch), model(batch))


def test_low_precision_is_near(name: str) -> None:
    model = cast("nn.Module", tiny_responder_of(name)).float()
    batch = read_batch(name)
    batch = ReplyBatch(
        **{**batch.__dict__, "vectors": batch.vectors.float(), "weights": batch.weights.float()}
    )
    exact, near = (
        PlainReplyObjective(cast("ReplyModel", model), low_precision=low)(batch).total
        for low in (False, True)
    )
    assert float((near - exact).detach().abs() / exact.detach()) < 0.03


def test_what_the_registry_says_of_it_is_so(name: str) -> None:
    row, model = responder_row(name), tiny_responder_of(name)
    assert isinstance(model, AdaptableReplyModel) == row.adapts
    assert not (isinstance(model, OwnReplyLoss) and row.adapts), "an own loss is not adapted by"
    assert (with_styles(model) is not None) == (name == "ccrs")
    if not row.adapts:
        with pytest.raises(ConfigError, match="cannot adapt"):
            as_adaptable_responder(model)


def test_a_batch_without_what_is_read_is_refused(name: str) -> None:
    batch = read_batch(name)
    for part, there in (("entities", batch.entities), ("words", batch.words), ("goals", batch.goals)):
        if there is None:
            continue
        model = tiny_responder_of(name)
        without = ReplyBatch(**{**batch.__dict__, part: None})
        with pytest.raises(ValueError, match="does not hold what its contexts name"):
            PlainReplyObjective(model, low_precision=False)(without)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(
        ConfigError, match=r"'kgfs': there is no such dialogue model; known: ccrs, kecrs, kgsf"
    ):
        responder_row("kgfs")

"""Every row of the model registry keeps the same promises; a row without a case here fails the last test."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.artifacts.run import Run, load_run
from ccrs.core.batch import Batch
from ccrs.core.dialogue import Message
from ccrs.core.errors import ConfigError
from ccrs.core.samples import IntArray, UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.evaluation.ranking import target_ranks
from ccrs.experiments.corpus import Corpus, Division, divide
from ccrs.experiments.judging import adapted_scores, query_samples
from ccrs.inference.builders import make_builder, run_builder
from ccrs.inference.recommend import Recommender
from ccrs.models.registry import all_models, as_adaptable, model_reads, model_row, parse_model_config
from ccrs.training.objectives import MetaObjective, PlainObjective
from tests.training.small_runs import (
    ALL_ADDITIONS,
    FILMS_EACH,
    message,
    named_bytes,
    small_catalogue,
    small_config,
    small_dialogues,
    train_quietly,
    write_corpus,
)


@dataclass(frozen=True)
class Case:
    """A registry row with a small model section, and what a fair test of it leaves out."""

    name: str
    model: Mapping[str, Any] = field(default_factory=dict)
    epochs: int = 12
    never_used: frozenset[str] = frozenset()
    """Trainable parameters that no batch of this configuration reaches, by the end of their names."""
    adapts: bool = True
    """Whether this configuration of an adapting model can adapt."""
    seekers_name_films: bool = False
    """For a model that reads items alone: the seekers of its dialogues name a film instead of its person."""
    exempt_from_beating_popularity: str = ""
    """The reason, where a model need not be better than popularity."""


VARIANTS = {
    "ccrs-all-additions": Case(
        "ccrs",
        {
            "additions": {
                **ALL_ADDITIONS,
                "row_dropout": 0.2,
                "residual_dropout": 0.2,
                "vector_dropout": 0.2,
            },
            "turn_position": "recency",
        },
    ),
    "ccrs-two-layers-printed-gamma": Case("ccrs", {"num_layers": 2, "gamma": "printed"}),
    "ccrs-without-encoders": Case(
        "ccrs",
        {"relation_encoder": False, "turn_encoder": False},
        never_used=frozenset({".target", ".source", ".attention", ".user", "users"}),
    ),
    "ccrs-graph-rows": Case("ccrs", {"additions": {"graph_rows": True, "vector_dropout": 0.2}}),
    "ccrs-encoded-items": Case("ccrs", {"output": "encoded"}, adapts=False),
    "redial": Case("redial", model_row("redial").small, seekers_name_films=True),
    "ease": Case("ease", {"penalty": 1.0}, epochs=0, seekers_name_films=True),
    "ease-history": Case("ease", {"penalty": 1.0, "history_weight": 0.3}, epochs=0, seekers_name_films=True),
    "item-knn": Case("item-knn", {"shrinkage": 1.0, "unit": "user"}, epochs=0, seekers_name_films=True),
    "popularity": Case("popularity", epochs=0, exempt_from_beating_popularity="it is popularity itself"),
}
CASES = {name: Case(name, row.small) for name, row in all_models().items()} | VARIANTS


@dataclass(frozen=True)
class Trained:
    """A trained run with what it takes to score with it."""

    case: Case
    corpus: Corpus
    folder: Path
    run: Run
    builder: BatchBuilder
    division: Division

    @property
    def contexts(self) -> IntArray:
        return self.builder.contexts_of(np.concatenate([task.query for task in self.tasks]))

    @property
    def tasks(self) -> list[UserTask]:
        return [*self.division.validation, *self.division.test]

    def logits(self, batch: Batch) -> Tensor:
        with torch.no_grad():
            scored: Tensor = self.run.model(batch)
        return scored


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "small")


@pytest.fixture(scope="module")
def film_corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The small dialogues, with a film by the person wherever a seeker names a person."""
    catalogue, _ = small_catalogue()

    def named(said: Message) -> Message:
        if said.speaker == "recommender" or not said.mentions or said.mentions[0].marked:
            return said
        person = int(said.mentions[0].entity.removeprefix("p"))
        return message("seeker", "I love", [f"f{person * FILMS_EACH}"], catalogue)

    dialogues = [
        replace(dialogue, messages=tuple(named(said) for said in dialogue.messages))
        for dialogue in small_dialogues(catalogue)
    ]
    return write_corpus(tmp_path_factory.mktemp("films") / "small", dialogues)


@pytest.fixture(scope="module", params=CASES)
def trained(
    request: pytest.FixtureRequest,
    corpus: Corpus,
    film_corpus: Corpus,
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    case = CASES[request.param]
    corpus = film_corpus if case.seekers_name_films else corpus
    config = small_config(name=case.name, model=case.model, objective="plain", epochs=case.epochs)
    folder = tmp_path_factory.mktemp(request.param) / "run"
    run = train_quietly(config, corpus, folder)
    run.model.eval()
    builder = run_builder(run, corpus.table)
    return Trained(case, corpus, folder, run, builder, divide(corpus, config.data))


def test_every_registry_row_has_a_case() -> None:
    assert {case.name for case in CASES.values()} == set(all_models())


def test_configuration_round_trip(trained: Trained) -> None:
    config = parse_model_config(trained.case.name, trained.run.config.model, "test")
    again = parse_model_config(trained.case.name, config.model_dump(mode="json"), "test")
    assert again == config
    assert again.model_dump() == config.model_dump()


def test_a_saved_run_scores_as_before(trained: Trained) -> None:
    loaded = load_run(trained.folder)
    assert not loaded.model.training
    assert named_bytes(loaded.model, loaded.rates) == named_bytes(trained.run.model, trained.run.rates)
    builder = run_builder(loaded, trained.corpus.table)
    with torch.no_grad():
        again = loaded.model(builder.plain(trained.contexts))
    assert torch.equal(again, trained.logits(trained.builder.plain(trained.contexts)))


def test_one_context_alone_scores_as_in_a_batch(trained: Trained) -> None:
    together = trained.logits(trained.builder.plain(trained.contexts))
    for position, context in enumerate(trained.contexts.tolist()):
        alone = trained.logits(trained.builder.plain(np.array([context])))
        torch.testing.assert_close(alone[0], together[position], rtol=1e-5, atol=1e-5)


def test_with_histories_a_batch_answers_the_same_contexts(trained: Trained) -> None:
    """Only a model that reads histories may answer otherwise; the contexts and mentions are the same."""
    tasks = trained.tasks
    batch, plain = trained.builder.remembering(tasks), trained.builder.plain(trained.contexts)
    assert torch.equal(batch.mention_entities(batch.query), plain.mention_entities(plain.query))
    reads = model_reads(trained.case.name, trained.run.config.model)
    same = torch.allclose(trained.logits(batch), trained.logits(plain), rtol=1e-5, atol=1e-5)
    assert same != reads.history


def test_a_person_is_recommended_what_the_model_scores_highest(trained: Trained) -> None:
    recommender = Recommender(load_run(trained.folder))  # it freezes what it uses
    reads_history = model_reads(trained.case.name, trained.run.config.model).history
    for task in trained.tasks:
        batch = trained.builder.remembering([task])
        wanted = trained.logits(batch)
        earlier = [trained.corpus.dialogues[n] for n in task.support] if reads_history else []
        for position, context in enumerate(trained.builder.contexts_of(task.query).tolist()):
            dialogue = trained.corpus.dialogues[trained.corpus.table.context_dialogues[context]]
            said = dialogue.messages[: trained.corpus.table.context_messages[context]]
            ranked = recommender.rank(said, support=earlier)
            torch.testing.assert_close(ranked.logits, wanted[position], rtol=1e-4, atol=1e-4)
            found = recommender.explain(ranked, k=3)
            assert found.attentive == (trained.case.name == "ccrs")
            assert len(found.items) == 3


def test_one_user_alone_adapts_as_in_a_batch(trained: Trained) -> None:
    if not all_models()[trained.case.name].adapts:
        assert not hasattr(trained.run.model, "gather"), "it could adapt: say so in the registry"
        return
    if not trained.case.adapts:
        with pytest.raises(ConfigError, match="cannot be adapted"):
            adapted_scores(
                trained.run.model,
                trained.run.rates,
                trained.builder.adapting(trained.tasks),
                trained.run.sizes.num_items,
            )
        return
    model, rates, num_items = trained.run.model, trained.run.rates, trained.run.sizes.num_items
    assert any(len(task.support) == 0 for task in trained.tasks)
    assert any(len(task.support) > 0 for task in trained.tasks)
    together = adapted_scores(model, rates, trained.builder.adapting(trained.tasks), num_items)
    alone = [
        adapted_scores(model, rates, trained.builder.adapting([task]), num_items) for task in trained.tasks
    ]
    torch.testing.assert_close(torch.cat(alone), together, rtol=1e-5, atol=1e-5)


def plain_batches(trained: Trained) -> list[Batch]:
    """All that recommenders name, and all that seekers name (which some models learn from as well)."""
    config, run = trained.run.config, trained.run
    batches = []
    for for_seeker in (False, True):
        builder = make_builder(
            config,
            trained.corpus.seeker_table if for_seeker else trained.corpus.table,
            run.graph,
            run.statistics,
            num_items=run.catalogue.num_items,
            for_seeker=for_seeker,
        )
        everyone = builder.contexts_of(np.arange(len(trained.corpus.table.dialogue_ids)))
        batches.append(builder.plain(everyone, leave_out=True))
    assert all(batch.query.num_samples for batch in batches)
    return batches


def test_gradients_are_finite_and_reach_every_parameter(trained: Trained) -> None:
    model, row = copy.deepcopy(trained.run.model), model_row(trained.case.name)
    parameters = {name: value for name, value in model.named_parameters() if value.requires_grad}
    assert bool(parameters) == row.trains
    if not row.trains:
        return
    with torch.no_grad():  # away from zeros that hide what lies before them
        for parameter in parameters.values():
            parameter.add_(0.1 * torch.randn_like(parameter))
    for batch in plain_batches(trained):
        PlainObjective(model)(batch).total.backward()  # type: ignore[no-untyped-call]
    if row.adapts and trained.case.adapts:
        objective = MetaObjective(
            as_adaptable(model),
            trained.run.rates,
            num_items=trained.run.sizes.num_items,
            support_weight=1.0,
        )
        objective(trained.builder.adapting(trained.tasks, leave_out=True)).total.backward()  # type: ignore[no-untyped-call]
    unused = tuple(trained.case.never_used)
    for name, parameter in parameters.items():
        if unused and name.endswith(unused):
            assert parameter.grad is None or not parameter.grad.to_dense().any(), f"{name} is used after all"
            continue
        assert parameter.grad is not None, f"no gradient reaches {name}"
        gradient = parameter.grad.to_dense()
        assert gradient.isfinite().all(), name
        assert gradient.any(), f"the gradient of {name} is zero throughout"


def test_evaluation_has_no_randomness(trained: Trained) -> None:
    batch = trained.builder.plain(trained.contexts)
    torch.manual_seed(1)
    first = trained.logits(batch)
    torch.manual_seed(2)
    assert torch.equal(trained.logits(batch), first)


def test_beats_popularity_where_there_is_something_to_learn(trained: Trained) -> None:
    logits = trained.logits(trained.builder.plain(trained.contexts))
    table = trained.corpus.table
    samples = query_samples(table, trained.tasks)
    targets = torch.from_numpy(table.sample_targets[samples])
    position = {int(context): n for n, context in enumerate(trained.contexts)}
    rows = torch.tensor([position[int(context)] for context in table.sample_contexts[samples]])
    popular = torch.from_numpy(trained.run.statistics.popularity).double().expand(len(rows), -1)
    mine = (1 / target_ranks(logits[rows], targets).double()).mean()
    theirs = (1 / target_ranks(popular, targets).double()).mean()
    if trained.case.exempt_from_beating_popularity:
        assert mine == theirs
    else:
        assert mine > 1.5 * theirs, f"mean reciprocal rank {mine:.3f}, of popularity {theirs:.3f}"

"""Figures of a run: the arrays are those of the model, chosen by the rule, and only figures that apply are made."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ccrs.artifacts.run import Run
from ccrs.core.errors import CcrsError, DataError
from ccrs.core.samples import UserTask
from ccrs.evaluation import canvas
from ccrs.evaluation.report import build_report
from ccrs.experiments import attention, figures
from ccrs.experiments.attention import relation_weights, turn_importance
from ccrs.experiments.corpus import Corpus, divide
from ccrs.experiments.evaluate import judge
from ccrs.experiments.figures import ReplyStyles, check_folder, write_figures
from ccrs.inference.builders import run_builder
from ccrs.inference.recommend import Recommender
from ccrs.models.ccrs import CCRS
from tests.training.small_runs import (
    ALL_ADDITIONS,
    small_config,
    small_dialogues,
    train_quietly,
    write_corpus,
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_corpus(tmp_path_factory.mktemp("figures") / "corpus")


@pytest.fixture(scope="module")
def run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that attends to relations and turns unevenly, and whose users differ visibly."""
    config = small_config(
        model={"additions": ALL_ADDITIONS, "initial_scale": 1.0},
        inner={"entity_lr": 1.0, "user_lr": 1.0},
        epochs=1,
    )
    return train_quietly(config, corpus, tmp_path_factory.mktemp("figures") / "run")


@pytest.fixture(scope="module")
def tasks(run: Run, corpus: Corpus) -> list[UserTask]:
    return divide(corpus, run.config.data).test


@pytest.fixture(scope="module")
def report(run: Run, corpus: Corpus, tasks: list[UserTask]) -> dict[str, Any]:
    rows, _ = judge(run, corpus.table, tasks, run.statistics.popularity)
    return build_report(
        dataset="small",
        split="test",
        folds=1,
        protocol="user",
        signature="x",
        order="chronological",
        rows=rows,
        resamples=50,
    )


def styles() -> ReplyStyles:
    """Three replies on horror, one on romance, one on nothing; the first user has three of them."""
    mixtures = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9], [0.5, 0.5], [1.0, 0.0]])
    return ReplyStyles(
        mixtures, ("horror", "horror", "romance", "horror", None), ("ann", "bob", "ann", "ann", "bob")
    )


def with_model(run: Run, **changes: Any) -> Run:
    """The run with another model configuration; the weights stay."""
    assert isinstance(run.model, CCRS)
    model = CCRS(run.model.config.model_copy(update=changes), run.sizes, torch.ones(run.sizes.num_items))
    model.load_state_dict(run.model.state_dict())
    return replace(run, model=model.eval())


def test_rows_sum_to_one_and_users_with_most_support_come_first(
    run: Run, corpus: Corpus, tasks: list[UserTask]
) -> None:
    found = relation_weights(run, corpus, tasks)
    assert found is not None
    assert found.adapted.shape == (4, 3, len(found.relations))
    for weights in (found.adapted, found.unadapted, found.even):
        np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    support = {corpus.table.users[task.user]: len(task.support) for task in tasks}
    assert list(found.num_support) == sorted(support.values(), reverse=True)[:4]
    assert [support[user] for user in found.users] == list(found.num_support)
    assert np.abs(found.adapted - found.unadapted).max() > 1e-3


def test_films_are_those_named_in_most_training_dialogues(
    run: Run, corpus: Corpus, tasks: list[UserTask]
) -> None:
    counts: Counter[str] = Counter()
    for dialogue in corpus.dialogues:
        if dialogue.user in run.data.train:
            counts.update({m.entity for one in dialogue.messages for m in one.mentions if m.entity[0] == "f"})
    ordered = sorted(counts, key=lambda film: (-counts[film], run.catalogue.index[film]))
    found = relation_weights(run, corpus, tasks, num_films=5)
    assert found is not None
    titles = [run.catalogue.entities[run.catalogue.index[film]].title for film in ordered]
    assert list(found.films) == titles[:5]
    # Every film of this corpus has one director and one genre.
    assert set(found.relations) == {"director", "genre"}
    assert (found.even == 0.5).all()


def test_a_user_without_support_has_the_unadapted_weights(
    run: Run, corpus: Corpus, tasks: list[UserTask]
) -> None:
    alone = [replace(task, support=np.zeros(0, np.int64)) for task in tasks]
    found = relation_weights(run, corpus, [replace(tasks[0], support=tasks[0].support), *alone[1:]])
    assert found is not None
    assert set(found.num_support[1:]) == {0}
    np.testing.assert_allclose(
        found.adapted[1:], np.broadcast_to(found.unadapted, found.adapted[1:].shape), atol=1e-6
    )
    drawn = found.heatmap()
    assert np.nanmax(np.abs(drawn.change[-3:])) < 1e-6


def test_a_run_that_does_not_adapt_shows_no_change(run: Run, corpus: Corpus, tasks: list[UserTask]) -> None:
    still = replace(run, config=run.config.model_copy(update={"adapt": False}))
    found = relation_weights(still, corpus, tasks)
    assert found is not None
    np.testing.assert_array_equal(found.adapted, np.broadcast_to(found.unadapted, found.adapted.shape))


def test_weights_are_those_the_recommender_explains_itself_by(
    run: Run, corpus: Corpus, tasks: list[UserTask]
) -> None:
    found = relation_weights(run, corpus, tasks, num_users=2, num_films=2)
    assert found is not None
    chosen = sorted(tasks, key=lambda task: -len(task.support))[:2]
    recommender = Recommender(replace(run, model=with_model(run).model))  # it freezes its model
    for u, task in enumerate(chosen):
        for f, film in enumerate(found.films):
            support = [corpus.dialogues[dialogue] for dialogue in task.support]
            answer = recommender.recommend(items=[film], support=support)
            for relation in answer.relations:
                column = found.relations.index(relation.name)
                assert found.adapted[u, f, column] == pytest.approx(relation.weight, abs=1e-5)
                assert found.unadapted[f, column] == pytest.approx(relation.unadapted, abs=1e-5)


def test_light_relations_are_summed_up(
    run: Run, corpus: Corpus, tasks: list[UserTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = relation_weights(run, corpus, tasks)
    monkeypatch.setattr(attention, "NUM_RELATIONS", 1)
    found = relation_weights(run, corpus, tasks)
    assert full is not None
    assert found is not None
    assert found.relations == (full.relations[0], "other")
    assert full.unadapted[:, 0].sum() >= full.unadapted[:, 1].sum()
    np.testing.assert_allclose(found.adapted, full.adapted)


@pytest.mark.parametrize("position", ["absolute", "recency"])
@pytest.mark.parametrize("adapt", [False, True])
def test_turns_are_averaged_over_the_contexts_that_have_them(
    position: str, adapt: bool, run: Run, corpus: Corpus, tasks: list[UserTask]
) -> None:
    changed = with_model(run, turn_position=position)
    if not adapt:
        changed = replace(changed, config=run.config.model_copy(update={"adapt": False}))
    found = turn_importance(changed, corpus, tasks)
    assert found is not None
    model = changed.model
    assert isinstance(model, CCRS)
    totals: dict[int, list[float]] = defaultdict(list)
    evens: dict[int, list[float]] = defaultdict(list)
    for task in tasks:  # one user and one context at a time
        batch = run_builder(changed, corpus.table).adapting([task])
        query = batch.query
        inner = attention._inner(changed, model, batch)
        numbers = query.mention_turns if position == "absolute" else query.mention_ages
        with torch.no_grad():
            own_scores = model.self_importance.scores(model.encode(*inner, query))[:, 0]
            turn_scores = model.turn_importance.scores(model.turns[numbers])[:, 0]
        for context in range(query.num_contexts):
            mine = query.mention_contexts == context
            weights = (own_scores[mine].softmax(0) + turn_scores[mine].softmax(0)) / 2
            for number in set(numbers[mine].tolist()):
                there = numbers[mine] == number
                totals[number].append(float(weights[there].sum()))
                evens[number].append(float(there.float().mean()))
    size = len(found.labels)
    order = list(range(size)) if position == "absolute" else list(range(size))[::-1]
    assert found.labels[0 if position == "recency" else -1] == (
        f"−{size - 1}" if position == "recency" else str(size)
    )
    assert found.num_contexts.tolist() == [len(totals.get(number, [])) for number in order]
    known = [number for number in order if number in totals]
    at = [order.index(number) for number in known]
    np.testing.assert_allclose(found.total[at], [np.mean(totals[number]) for number in known], rtol=1e-4)
    np.testing.assert_allclose(found.even[at], [np.mean(evens[number]) for number in known], rtol=1e-5)
    learned = model.turn_importance.scores(model.turns)[:size, 0].softmax(0).detach().numpy()
    np.testing.assert_allclose(found.by_turn, learned[order], rtol=1e-4)


def test_styles_are_means_by_topic_and_user() -> None:
    drawn = styles().heatmap()
    assert drawn is not None
    assert [(block.heading, block.rows) for block in drawn.blocks] == [
        ("all users, by topic", ("horror (3)", "romance (1)")),
        ("all topics, by user", ("user ann (3)", "user bob (2)")),
        ("user ann, by topic", ("horror (2)", "romance (1)")),
        ("user bob, by topic", ("horror (1)",)),
    ]
    expected = [1.9 / 3, 0.1, 1.4 / 3, 0.8, 0.65, 0.1, 0.6]
    np.testing.assert_allclose(drawn.weights[:, 0], expected)
    np.testing.assert_allclose(drawn.weights.sum(axis=1), 1)
    np.testing.assert_allclose(drawn.change[:, 0], np.array(expected) - 0.6)


def test_styles_without_topics_are_shown_by_user_and_without_replies_not_at_all() -> None:
    drawn = ReplyStyles(np.full((2, 3), 1 / 3), (None, None), ("a" * 90, "b")).heatmap()
    assert drawn is not None
    assert [block.heading for block in drawn.blocks] == ["all topics, by user"]
    assert drawn.blocks[0].rows[0].endswith("… (1)")
    assert ReplyStyles(np.zeros((0, 3)), (), ()).heatmap() is None
    with pytest.raises(CcrsError, match="Pass one mixture"):
        ReplyStyles(np.zeros((2, 3)), (None,), ("a", "b"))


def test_all_figures_are_written_and_again_the_same(
    run: Run, corpus: Corpus, report: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canvas, "DPI", 40)  # quick
    names = ["relation-weights.png", "turn-importance.png", "styles.png", "curves.png"]
    first = write_figures(run, corpus, report, styles(), tmp_path / "a" / "b")
    assert first == [tmp_path / "a" / "b" / name for name in names]
    assert all(path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for path in first)
    still = with_model(run, relation_encoder=False)  # one figure less to wait for
    (again,) = write_figures(still, corpus.path, None, None, tmp_path / "c")
    assert again.read_bytes() == write_figures(still, corpus, None, None, tmp_path / "d")[0].read_bytes()


def test_only_figures_that_apply_are_written(
    run: Run, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("draw_heatmap", "draw_turn_importance", "draw_curves"):
        monkeypatch.setattr(figures, name, lambda *_: None)
    popularity = train_quietly(
        small_config(name="popularity", objective="plain"), corpus, tmp_path / "popularity"
    )

    def written(run: Run, corpus: Corpus | None, *rest: Any) -> list[str]:
        return [path.stem for path in write_figures(run, corpus, *rest, tmp_path)]

    assert written(popularity, corpus, {}, styles()) == ["styles", "curves"]
    assert written(popularity, corpus, None, None) == []
    assert written(run, None, {}, None) == ["curves"]
    assert written(with_model(run, turn_encoder=False), corpus, None, None) == ["relation-weights"]
    assert written(with_model(run, relation_encoder=False), corpus, None, None) == ["turn-importance"]


def test_support_is_drawn_in_the_order_of_the_report(
    run: Run, corpus: Corpus, report: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(figures, "relation_weights", lambda run, *_: seen.append(run.config.data.order))
    monkeypatch.setattr(figures, "turn_importance", lambda *_, **__: None)
    monkeypatch.setattr(figures, "draw_curves", lambda *_: None)
    for order in ("chronological", "random"):
        write_figures(
            run, corpus, {**report, "metrics": {**report["metrics"], "order": order}}, None, tmp_path
        )
    assert seen == ["chronological", "random"]


def test_places_and_data_that_do_not_serve_are_told(run: Run, corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(DataError, match="no figures can be put there"):
            write_figures(run, corpus, None, None, folder)
    other = write_corpus(tmp_path / "other", small_dialogues(corpus.catalogue, seed=1))
    with pytest.raises(DataError, match="is not the data this run was trained on"):
        write_figures(run, other, None, None, tmp_path / "out")
    with pytest.raises(DataError, match="has no attention"):
        relation_weights(replace(run, model=torch.nn.Identity()), corpus, [])


def test_a_folder_without_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # the superuser may write anywhere
    with pytest.raises(DataError, match="no permission"):
        check_folder(tmp_path)


def test_nothing_to_look_at_is_no_figure(run: Run, corpus: Corpus) -> None:
    assert relation_weights(run, corpus, []) is None
    assert turn_importance(run, corpus, []) is None

"""Intentions are the attention over a film's own edges, for each user his own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ccrs.artifacts.run import Run, load_run
from ccrs.data.batching import BatchBuilder
from ccrs.data.samples import build_samples
from ccrs.inference.intention import NO_INTENTION, Intention, intentions
from ccrs.models.ccrs import CCRS
from tests.fixtures.tiny_responder import TinyResponder, spoken, tiny_responder
from tests.training.small_runs import small_config, train_quietly, write_corpus
from tests.worlds import Dialogue


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyResponder:
    return tiny_responder(tmp_path_factory.getbasetemp() / "tiny-responder")


@pytest.fixture
def run(tiny: TinyResponder) -> Run:
    loaded = load_run(tiny.recommender)
    assert isinstance(loaded.model, CCRS)
    torch.manual_seed(0)
    for parameter in loaded.model.parameters():  # an untrained attention is nearly uniform
        torch.nn.init.normal_(parameter, std=0.6)
    return loaded


def people(run: Run, count: int) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(count, run.model.users.shape[1]) * 3


def test_weights_of_a_film_sum_to_one_over_its_relations_and_its_facts(run: Run) -> None:
    films = [3, 0, 3, 9]
    found = intentions(run, people(run, 4), films)
    for film, intention in zip(films, found, strict=True):
        assert sum(intention.relations.values()) == pytest.approx(1, abs=1e-5)
        neighbours, relations = run.graph.edges_of(film)
        names = {(run.graph.relations[int(r)], int(e)) for r, e in zip(relations, neighbours, strict=True)}
        assert set(intention.facts) == names
        for relation, weight in intention.relations.items():
            parts = [value for (name, _), value in intention.facts.items() if name == relation]
            assert weight == pytest.approx(sum(parts), abs=1e-6)
    assert found[0] != found[2], "two users follow the same film differently"


def test_who_else_is_asked_changes_nothing(run: Run) -> None:
    users, films = people(run, 5), [1, 2, 3, 4, 5]
    together = intentions(run, users, films)
    for number, film in enumerate(films):
        (alone,) = intentions(run, users[number : number + 1], [film])
        assert alone.relations == pytest.approx(together[number].relations, abs=1e-6)


def test_they_are_the_weights_of_the_model_where_the_film_is_named(run: Run) -> None:
    """The same as the attention at the only mention of a dialogue, at the common parameters."""
    film = 4
    said = Dialogue("d", "u", (spoken("seeker", f"<f{film}>"), spoken("recommender", "<f1>")))
    table = build_samples(run.catalogue, [said])
    builder = BatchBuilder(table, run.graph, num_items=run.catalogue.num_items)
    batch = builder.plain(builder.contexts_of(torch.tensor([0]).numpy()))
    with torch.no_grad():
        rows, users = run.model.gather(batch)
        weights = run.model.edge_weights(rows, users, batch.query)
    (found,) = intentions(run, None, [film])
    relations = [run.graph.relations[int(r)] for r in batch.query.hops[-1].edge_relations]
    total: dict[str, float] = {}
    for name, weight in zip(relations, weights.tolist(), strict=True):
        total[name] = total.get(name, 0.0) + weight
    assert found.relations == pytest.approx(total, abs=1e-5)


def test_nobody_is_the_common_user(run: Run) -> None:
    common = run.model.users.detach().expand(2, -1)
    assert intentions(run, None, [1, 2]) == intentions(run, common, [1, 2])


@pytest.mark.parametrize("changes", [{"name": "kbrd"}, {"name": "popularity"}, {"name": "ccrs"}])
def test_a_recommender_that_does_not_adapt_can_be_asked(tmp_path: Path, changes: dict[str, str]) -> None:
    corpus = write_corpus(tmp_path / "data")
    run = train_quietly(small_config(objective="plain", epochs=1, **changes), corpus, tmp_path / "run")
    found = intentions(run, None, [0, 1])
    assert len(found) == 2
    assert (found == [NO_INTENTION] * 2) == (changes["name"] != "ccrs")


def test_no_films_no_intentions(run: Run) -> None:
    assert intentions(run, people(run, 0), []) == []


def test_values_are_ordered_by_their_weight() -> None:
    intention = Intention({"actor": 1.0}, {("actor", 5): 0.1, ("actor", 7): 0.6, ("genre", 5): 0.9})
    assert intention.ordered("actor", [4, 5, 6, 7]) == [7, 5, 4, 6]
    assert NO_INTENTION.ordered("actor", [4, 2]) == [4, 2]

"""Oracles and choice: hand-computed cases on five films, and the headroom of the default design."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ccrs.core.dialogue import Dialogue, Mention, Message, Part
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity
from ccrs.simulation.choice import ChoiceConfig, ChoiceModel
from ccrs.simulation.corpus import SimulatedCorpus, SimulationConfig, simulate
from ccrs.simulation.oracles import rank_by_oracles, rank_of
from ccrs.simulation.pivots import Fan, Pivot
from ccrs.simulation.truth import SampleTruth, Truth
from ccrs.simulation.users import SimulatedUser

# Film 0 shares its director with film 1 and an actor with film 2; film 4 its director with film 2
# only; d3 and a1 are a favourite director and actor, of film 3 and of film 1.
PIVOTS = {
    0: Pivot(0, {"director": Fan("d1", (1,)), "actor": Fan("a2", (2,))}),
    4: Pivot(4, {"director": Fan("d2", (2,))}),
}
MODEL = ChoiceModel(
    ChoiceConfig(popularity=0.1, favourite=0.4, recent=0.6),
    np.full(5, 0.2),
    PIVOTS,
    {("director", "d3"): (3,), ("actor", "a1"): (1,)},
)
PREFERENCES = {"director": 0.75, "actor": 0.25}


def test_probabilities_by_hand() -> None:
    favourite = MODEL.favourite_distribution([("director", "d3")])
    np.testing.assert_allclose(favourite, [0, 0, 0, 1, 0])
    found = MODEL.probabilities(PREFERENCES, favourite, [[0]], {0})
    expected = np.array([0, 0.02 + 0.5 * 0.75, 0.02 + 0.5 * 0.25, 0.02 + 0.4, 0.02]) / 0.98
    np.testing.assert_allclose(found, expected)


def test_later_films_weigh_more_and_missing_relations_fall_to_the_others() -> None:
    assert MODEL.pivot_weights([[0], [], [4]]) == pytest.approx({0: 0.4, 4: 0.6})
    assert MODEL.pivot_weights([[0, 4]]) == pytest.approx({0: 0.5, 4: 0.5})
    assert MODEL.pivot_weights([]) == {}
    assert MODEL.relation_weights(4, {"director": 0.01, "actor": 0.99}) == {"director": 1.0}
    assert MODEL.relation_weights(0, {"director": 0.0, "actor": 0.0}) == {"director": 0.5, "actor": 0.5}
    found = MODEL.probabilities(PREFERENCES, np.zeros(5), [[0], [4]])
    raw = 0.02 + 0.5 * np.array([0, 0.4 * 0.75, 0.4 * 0.25 + 0.6, 0, 0])
    np.testing.assert_allclose(found, raw / raw.sum())


def test_draws_follow_the_probabilities() -> None:
    rng = np.random.default_rng(0)
    favourites = [("director", "d3"), ("actor", "a1")]
    named, known = [[0], [4]], {0, 4}
    draws = [MODEL.choose(rng, PREFERENCES, favourites, named, known) for _ in range(20_000)]
    counts = Counter(choice.film for choice in draws)
    expected = MODEL.probabilities(PREFERENCES, MODEL.favourite_distribution(favourites), named, known)
    for film in range(5):
        assert counts[film] / len(draws) == pytest.approx(expected[film], abs=0.012)
    for choice in draws:
        if choice.kind == "relation":
            assert choice.pivot is not None
            assert choice.relation is not None
            assert choice.film in PIVOTS[choice.pivot].fans[choice.relation].films


def test_choice_ends_when_all_is_known() -> None:
    rng = np.random.default_rng(0)
    left = MODEL.choose(rng, PREFERENCES, [("director", "d3")], [[4]], {0, 1, 2, 3})
    assert left.film == 4
    with pytest.raises(DataError, match="knows every film"):
        MODEL.choose(rng, PREFERENCES, [("director", "d3")], [[4]], {0, 1, 2, 3, 4})


def test_ties_count_against_the_target() -> None:
    scores = np.array([3.0, 1.0, 1.0, 0.0])
    assert [rank_of(scores, film) for film in range(4)] == [1, 3, 3, 4]


def dialogue(name: str, user: str, part: Part, targets: list[int]) -> Dialogue:
    """The seeker names film 0, the recommender suggests ``targets``, one in each message."""
    messages = [Message("seeker", "f0", (Mention("f0", 0, 2),))]
    for film in targets:
        messages.append(Message("recommender", f"f{film}", (Mention(f"f{film}", 0, 2),)))
        messages.append(Message("seeker", "yes"))
    return Dialogue(name, user, tuple(messages), part=part)


@pytest.fixture
def five_films() -> SimulatedCorpus:
    users = (
        SimulatedUser("u1", "train", {"director": 0.4, "actor": 0.6}, "actor", ("a1",)),
        SimulatedUser("u2", "test", PREFERENCES, "director", ("d3",)),
    )
    samples = (
        SampleTruth("x", 1, "f2", "relation", "actor", "f0", "dry", spoken=False),
        SampleTruth("y", 1, "f1", "relation", "director", "f0", "dry", spoken=False),
        SampleTruth("y", 3, "f2", "relation", "actor", "f0", "dry", spoken=False),
    )
    return SimulatedCorpus(
        Catalogue(tuple(Entity(f"f{film}", "film", f"F{film}", is_item=True) for film in range(5))),
        (),
        (dialogue("x", "u1", "train", [2]), dialogue("y", "u2", "test", [1, 2])),
        Truth(users, samples),
        MODEL,
    )


def test_ranks_by_hand(five_films: SimulatedCorpus) -> None:
    ranks = rank_by_oracles(five_films, "test")
    # Sample 1, target 1. Full: .42 (3), .395 (1), .145 (2), .02. Preferences alone, everyone's
    # favourite being film 1: .795 (1). Mean: film 1 has .02 + .4 + .5 * .4 = .62, film 2 .32.
    # Sample 2, target 2, films 0 and 1 named. Full: 3 before 2; else: 2 first.
    assert ranks.full.tolist() == [2, 2]
    assert ranks.relation.tolist() == [1, 1]
    assert ranks.mean.tolist() == [1, 1]
    assert ranks.popularity.tolist() == [5, 1]  # only film 2 was recommended in training
    assert ranks.hit_rates(1) == {"full": 0.0, "relation": 1.0, "mean": 1.0, "popularity": 0.5}
    assert len(rank_by_oracles(five_films, "train").full) == 1
    assert len(rank_by_oracles(five_films, None).full) == 3


def test_a_part_without_samples_is_an_error(five_films: SimulatedCorpus) -> None:
    alone = SimulatedCorpus(
        five_films.catalogue, (), five_films.dialogues[:1], five_films.truth, five_films.model
    )
    with pytest.raises(DataError, match="no sample in the part 'test'"):
        rank_by_oracles(alone)


@pytest.mark.parametrize("seed", [0, 1])
def test_default_design_leaves_headroom(seed: int) -> None:
    rates = rank_by_oracles(simulate(SimulationConfig(num_users=200, seed=seed))).hit_rates()
    assert rates["full"] > rates["mean"] + 0.1
    assert rates["relation"] > rates["mean"] + 0.1
    assert rates["mean"] > 3 * rates["popularity"]

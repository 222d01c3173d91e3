"""Items put into a trained run: recommended by their facts, while all that was learned stays as it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ccrs.artifacts.responder import load_responder
from ccrs.artifacts.run import Run, load_run, run_graph, save_run
from ccrs.core.dialogue import Message
from ccrs.core.errors import CheckpointError, DataError
from ccrs.experiments.corpus import load_corpus
from ccrs.experiments.demo import demo_config
from ccrs.experiments.prepare_own import prepare_own
from ccrs.experiments.train import train_recommender
from ccrs.inference.answers import TurnInput
from ccrs.inference.new_items import NewItem, extended_responder, extended_run
from ccrs.inference.recommend import Recommender
from ccrs.inference.talk import Talker
from ccrs.models.ccrs import CCRS
from ccrs.models.row_prediction import RowConfig
from tests.fixtures.own_files import write_own
from tests.fixtures.tiny_run import TinyRun

ADDITIONS = ("item_prior", "cooccurrence", "history_prior", "history_neighbours", "words", "speaker")
ONYX = NewItem("f10", "Onyx", 2001, facts={"director": ("p0",)})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Ten films by five directors, two each; seekers name one film of a pair, recommenders the other."""
    folder = tmp_path_factory.mktemp("new-items")
    files = write_own(folder / "raw")
    prepare_own(files.dialogues, files.entities, files.triples, folder / "data")
    additions = [f"model.additions.{name}=true" for name in ADDITIONS]
    settings = [
        "training.epochs=3",
        "model.embedding_size=8",
        "data.protocol=folds",
        "graph.min_relation_count=1",
    ]
    config = demo_config([*settings, *additions])
    return train_recommender(config, load_corpus(folder / "data"), folder / "run", quiet=True)


def ccrs(run: Run) -> CCRS:
    assert isinstance(run.model, CCRS)
    return run.model


def logits(run: Run, *items: str) -> Mapping[str, float]:
    """The score of every item for a stranger who names ``items``."""
    recommender = Recommender(run)
    messages: list[Message] = [recommender.naming(item) for item in items]
    scores = recommender.rank(messages).logits.tolist()
    return {item.id: score for item, score in zip(run.catalogue.items, scores, strict=True)}


def rows(run: Run) -> dict[str, list[float]]:
    """The row of every entity, its bias too where it is an item."""
    model = ccrs(run)
    table = torch.cat([model.items, model.others]).tolist()
    found = {entity.id: row for entity, row in zip(run.catalogue.entities, table, strict=False)}
    for item, bias in zip(run.catalogue.items, model.item_bias.tolist(), strict=True):
        found[item.id] = [*found[item.id], bias]
    return found


def edges(run: Run) -> set[tuple[str, str, str]]:
    names = [entity.id for entity in run.catalogue.entities]
    owners = np.repeat(np.arange(run.graph.num_entities), np.diff(run.graph.offsets)).tolist()
    return {
        (names[owner], run.graph.relations[relation], names[neighbour])
        for owner, relation, neighbour in zip(
            owners, run.graph.relation_ids.tolist(), run.graph.neighbours.tolist(), strict=True
        )
    }


def test_a_new_film_is_behind_the_films_and_before_the_rest(run: Run) -> None:
    extended = extended_run(run, [ONYX])
    assert [item.id for item in extended.catalogue.items] == [f"f{n}" for n in range(11)]
    assert extended.catalogue.entities[11:] == run.catalogue.entities[10:]
    assert extended.sizes.num_items == 11
    assert len(extended.statistics.popularity) == 11
    assert extended.statistics.popularity[10] == 0
    assert ("f10", "director", "p0") in edges(extended)
    assert ("p0", "director of", "f10") in edges(extended)
    assert edges(run) < edges(extended)
    answer = Recommender(extended).recommend("I love Onyx (2001)!", k=3)
    assert [mention.name for mention in answer.mentions] == ["Onyx (2001)"]


def test_what_was_learned_stays_as_it_was(run: Run) -> None:
    state = {name: value.clone() for name, value in ccrs(run).state_dict().items()}
    before, catalogue, triples = logits(run, "f0"), run.catalogue, run.triples
    extended = extended_run(run, [ONYX, NewItem("f11", "Pearl", facts={"director": ("Somebody New",)})])
    after = logits(extended, "f0")
    assert {item: after[item] for item in before} == pytest.approx(before, abs=1e-6)
    old, new = rows(run), rows(extended)
    assert all(new[name] == old[name] for name in old)
    assert all(torch.equal(value, state[name]) for name, value in ccrs(run).state_dict().items())
    assert run.catalogue is catalogue
    assert run.triples is triples
    with torch.no_grad():
        ccrs(extended).turns.fill_(7.0)
        ccrs(extended).items.fill_(7.0)
        ccrs(extended).others.fill_(7.0)
    assert all(torch.equal(value, state[name]) for name, value in ccrs(run).state_dict().items())


def test_no_random_number_is_drawn(run: Run) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = extended_run(run, [ONYX])
    assert torch.equal(torch.rand(3), expected)
    assert rows(first) == rows(extended_run(run, [ONYX]))


@pytest.mark.parametrize("together", [0, 3])
@pytest.mark.parametrize("named", ["f0", "f4", "f8"])
def test_the_film_of_a_named_films_director_is_above_one_of_another(
    run: Run, named: str, together: int
) -> None:
    """By its row alone, and with the expected co-occurrence."""
    director = f"p{int(named[1:]) // 2}"
    twin, other = (
        NewItem(name, name, 2001, facts={"director": (who,)})
        for name, who in (("twin", director), ("other", "p3"))
    )
    scores = logits(extended_run(run, [other, twin], together=together), named)
    assert scores["twin"] > scores["other"]


def test_people_are_found_by_id_name_and_case_else_made(run: Run) -> None:
    values = ("p1", "PAT number2", "  pat  NUMBER3 ", "Ida Lupino", "ida lupino")
    extended = extended_run(run, [replace(ONYX, facts={"director": values})])
    added = [triple.tail for triple in extended.triples if triple.head == "f10"]
    assert added == ["p1", "p2", "p3", "person:ida-lupino"]
    made = extended.catalogue.entities[-1]
    assert (made.type, made.name, made.is_item) == ("person", "Ida Lupino", False)
    people = ccrs(run).others.detach().mean(dim=0)
    assert torch.allclose(ccrs(extended).others[-1], people, atol=1e-6)
    again = extended_run(extended, [NewItem("f11", "Pearl", facts={"director": ("Ida LUPINO",)})])
    assert again.catalogue.num_entities == extended.catalogue.num_entities + 1
    assert ("person:ida-lupino", "director of", "f11") in edges(again)


def test_put_in_twice_it_is_one(run: Run) -> None:
    once = extended_run(run, [ONYX])
    twice = extended_run(once, [ONYX])
    assert twice.catalogue == once.catalogue
    assert sorted(map(str, twice.triples)) == sorted(map(str, once.triples))
    assert rows(twice) == rows(once)
    counts, others = once.statistics.cooccurrence, twice.statistics.cooccurrence
    assert np.array_equal(counts.neighbours.values, others.neighbours.values)
    assert np.array_equal(counts.counts, others.counts)


def test_one_after_the_other_is_both_at_once(run: Run) -> None:
    pearl = NewItem("f11", "Pearl", facts={"director": ("p0", "p2")})
    both, apart = extended_run(run, [ONYX, pearl]), extended_run(extended_run(run, [ONYX]), [pearl])
    assert apart.catalogue == both.catalogue
    assert edges(apart) == edges(both)
    for name, row in rows(both).items():
        assert rows(apart)[name] == pytest.approx(row, abs=1e-5)
    for name in ("f0", "f10", "f11"):
        assert logits(apart, name) == pytest.approx(logits(both, name), abs=1e-4)


def test_removal_undoes_and_leaves_the_rest(run: Run) -> None:
    extended = extended_run(extended_run(run, [ONYX]), [], removed=["f10"])
    assert extended.catalogue == run.catalogue
    assert edges(extended) == edges(run)
    assert rows(extended) == rows(run)
    assert logits(extended, "f0") == pytest.approx(logits(run, "f0"), abs=1e-6)
    less = extended_run(run, [], removed=["f0", "f3"])
    assert [item.id for item in less.catalogue.items] == [f"f{n}" for n in range(10) if n not in (0, 3)]
    expected = {item: score for item, score in logits(run, "f4").items() if item not in ("f0", "f3")}
    assert logits(less, "f4") == pytest.approx(expected, abs=1e-6)


def test_a_film_that_training_knows_keeps_its_row_and_gets_its_new_facts(run: Run) -> None:
    assert run.statistics.cooccurrence.dialogues[0] > 0
    changed = extended_run(run, [NewItem("f0", "Amber Again", 1991, facts={"director": ("p3",)})])
    assert changed.catalogue.entities[0].title == "Amber Again (1991)"
    assert rows(changed) == rows(run)
    assert ("f0", "director", "p3") in edges(changed)
    assert ("p0", "director of", "f0") not in edges(changed)
    kept = extended_run(run, [NewItem("f0", "Amber", 1990, aliases=("Ambre",))])
    assert edges(kept) == edges(run)
    assert kept.catalogue.entities[0].aliases == ("Ambre",)


def test_a_new_films_row_follows_its_facts(run: Run) -> None:
    once = extended_run(run, [ONYX])
    other = replace(ONYX, facts={"director": ("p3",)})
    assert rows(extended_run(once, [other])) == rows(extended_run(run, [other]))
    assert rows(extended_run(once, [replace(ONYX, title="Onyx II", facts=None)])) == rows(once)


def test_a_film_without_any_fact_can_be_put_in(run: Run) -> None:
    scores = logits(extended_run(run, [NewItem("bare", "Bare")]), "f0")
    assert np.isfinite(scores["bare"])


def test_more_raised_is_higher(run: Run) -> None:
    low, high = (
        logits(extended_run(run, [ONYX], rows=RowConfig(raised=raised)), "f6")["f10"] for raised in (0.0, 2.0)
    )
    assert high == pytest.approx(low + 2, abs=1e-5)


def test_people_with_earlier_dialogues_are_adapted_to_the_new_catalogue(run: Run) -> None:
    extended = extended_run(run, [ONYX])
    corpus = load_corpus(Path(run.data.path))
    answer = Recommender(extended).recommend("I love Onyx (2001)!", support=corpus.dialogues[:3], k=20)
    assert answer.num_support == 3
    assert len(answer.items) == 10  # all but the film that was named


def test_an_extended_run_can_be_saved(run: Run, tmp_path: Path) -> None:
    extended = extended_run(run, [ONYX], removed=["f9"])
    save_run(tmp_path / "run", extended, extended.config.model_dump(), "card")
    loaded = load_run(tmp_path / "run")
    assert logits(loaded, "f0") == pytest.approx(logits(extended, "f0"), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_graph_is_that_of_the_triples(run: Run, data: st.DataObject) -> None:
    people = st.lists(st.sampled_from(["p0", "p1", "p4", "Ada", "Bo"]), max_size=3).map(tuple)
    ids = data.draw(st.lists(st.sampled_from(["f0", "f7", "f20", "f21"]), unique=True))
    items = [NewItem(name, name, facts={"director": data.draw(people)}) for name in ids]
    spare = [f"f{n}" for n in range(10) if f"f{n}" not in ids]
    removed = data.draw(st.lists(st.sampled_from(spare), unique=True, max_size=5))
    extended = extended_run(run, items, removed)
    expected = run_graph(extended.config, extended.catalogue, extended.triples)
    assert extended.graph.relations == expected.relations
    for name in ("offsets", "neighbours", "relation_ids"):
        assert np.array_equal(getattr(extended.graph, name), getattr(expected, name))
    assert ccrs(extended).items.shape[0] == extended.catalogue.num_items
    assert ccrs(extended).others.shape[0] == extended.catalogue.num_entities - extended.catalogue.num_items


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (NewItem("", "Onyx"), "the id is empty"),
        (NewItem("f10", "  "), "the title is empty"),
        (NewItem("f10", "On\tyx"), "holds a tab"),
        (NewItem("f10", "Onyx", aliases=("a|b",)), "alias 'a|b'"),
        (NewItem("p0", "Onyx"), "is the id of a person, 'Pat Number0'"),
        (
            NewItem("f10", "Onyx", facts={"directer": ("p0",)}),
            "Did you mean 'director'.*The run knows: director",
        ),
        (NewItem("f10", "Onyx", facts={"director": (" ",)}), "a fact of director is empty"),
        (NewItem("f10", "Onyx", facts={"director": ("f10",)}), "is the item itself"),
    ],
)
def test_what_cannot_be_put_in_is_told(run: Run, item: NewItem, message: str) -> None:
    with pytest.raises(DataError, match=message):
        extended_run(run, [item])


def test_ids_are_used_once(run: Run) -> None:
    with pytest.raises(DataError, match="stands 2 times"):
        extended_run(run, [ONYX, ONYX])
    with pytest.raises(DataError, match="put in and removed at once"):
        extended_run(extended_run(run, [ONYX]), [ONYX], removed=["f10"])
    with pytest.raises(DataError, match=r"it is no item of the catalogue\. Did you mean 'f"):
        extended_run(run, [], removed=["f99"])
    with pytest.raises(DataError, match="leave no fact of 'director'"):
        extended_run(run, [], removed=[f"f{n}" for n in range(10)])


def test_a_run_without_rows_is_refused(run: Run) -> None:
    popular = replace(
        run, config=run.config.model_copy(update={"name": "popularity"}), model=torch.nn.Identity()
    )
    with pytest.raises(CheckpointError, match="'popularity' has no rows"):
        extended_run(popular, [ONYX])


@pytest.mark.slow
def test_a_film_with_a_liked_films_facts_is_above_one_with_anothers(talking_run: TinyRun) -> None:
    run = load_run(talking_run.run)
    known = np.flatnonzero(run.statistics.cooccurrence.dialogues > 0)
    films = [run.catalogue.entities[film] for film in np.random.default_rng(0).permutation(known)[:40]]
    facts: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for t in run.triples:
        facts[t.head][t.relation] = (*facts[t.head].get(t.relation, ()), t.tail)
    alike = [NewItem(f"like-{f.id}", f"Like {f.id}", f.year, facts=facts[f.id]) for f in films]
    # One epoch teaches no regression; what shares facts is there all the same.
    extended = extended_run(run, alike, rows=RowConfig(row="neighbours"))
    scores = {film.id: logits(extended, film.id) for film in films}
    above = 0
    for film, other in zip(films, [*films[1:], films[0]], strict=True):
        own = scores[film.id][f"like-{film.id}"] + scores[other.id][f"like-{other.id}"]
        crossed = scores[film.id][f"like-{other.id}"] + scores[other.id][f"like-{film.id}"]
        above += own > crossed  # how well known the films are cancels out
    assert above >= 34  # 20 by chance


def test_a_responder_talks_about_new_films(talking_run: TinyRun) -> None:
    run, responder = load_run(talking_run.run), load_responder(talking_run.run)
    index = run.catalogue.index
    triples = [t for t in run.triples if index[t.head] < run.catalogue.num_items <= index[t.tail]][:5]
    pairs = frozenset((index[triple.head], index[triple.tail]) for triple in triples)
    extended = extended_run(run, [NewItem("new", "Xanthic", 2031, facts={"director": ("Jane Campion",)})])
    moved = extended_responder(replace(responder, confirmed=pairs, chooser=None), run, extended)
    names = [entity.id for entity in extended.catalogue.entities]
    assert moved.confirmed is not None
    found = {(names[head], names[tail]) for head, tail in moved.confirmed}
    assert {(triple.head, triple.tail) for triple in triples} < found
    assert {head for head, _ in found} == {triple.head for triple in triples} | {"new"}
    assert extended_responder(responder, run, extended).confirmed is None
    (answer,) = Talker(extended, moved).answer([TurnInput("I loved Xanthic (2031)!")])
    assert answer.text
    assert answer.recommendation is not None
    assert [mention.name for mention in answer.recommendation.mentions] == ["Xanthic (2031)"]

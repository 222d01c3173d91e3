"""What an inspection says of a corpus whose numbers are known by hand."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import write_prepared
from ccrs.experiments.inspection.advice import advise
from ccrs.experiments.inspection.dialogues import _is_chosen, inspect_dialogues
from ccrs.experiments.inspection.findings import (
    DialogueFindings,
    GraphFindings,
    Named,
    Namesakes,
    Relation,
    Some,
    UnlinkedName,
    UnlinkedNames,
)
from ccrs.experiments.inspection.graph import inspect_graph
from ccrs.experiments.inspection.inspect import inspect_prepared

CATALOGUE = Catalogue(
    (
        Entity("dune", "book", "Dune", is_item=True, year=1965),
        Entity("dune2", "book", "DUNE!", is_item=True, year=1965),
        Entity("emma", "book", "Emma", is_item=True, year=1815),
        Entity("emma2", "book", "Emma", is_item=True, year=2014),
        Entity("ubik", "book", "Ubik", is_item=True),
        Entity("herbert", "person", "Frank Herbert"),
        Entity("austen", "person", "Jane Austen"),
        Entity("dick", "person", "Philip Dick"),
        Entity("sf", "genre", "science fiction"),
    )
)
TRIPLES = (
    Triple("dune", "author", "herbert"),
    Triple("dune", "author", "herbert"),  # twice
    Triple("dune", "genre", "sf"),
    Triple("dune2", "genre", "sf"),
    Triple("ubik", "genre", "sf"),
    Triple("dune2", "sequel", "dune"),
    Triple("austen", "wrote", "emma"),  # the item is the tail
    Triple("sf", "like", "sf"),  # a self-loop
)


def said(speaker: str, *parts: str | tuple[str, str]) -> Message:
    """A message; a pair is a text that is marked as an entity."""
    text, mentions = "", []
    for part in parts:
        words, entity = part if isinstance(part, tuple) else (part, None)
        if entity is not None:
            mentions.append(Mention(entity, len(text), len(text) + len(words), marked=True))
        text += words
    return Message(speaker, text, tuple(mentions))  # type: ignore[arg-type]


DIALOGUES = (
    Dialogue(
        "d1",
        "ann",
        (
            said("seeker", "I liked ", ("Dune", "dune"), ' and "Neuromancer".'),
            said("recommender", "Then ", ("Ubik", "ubik"), " by ", ("Philip Dick", "dick"), "."),
        ),
        part="train",
    ),
    Dialogue("d2", "ann", (said("seeker", "More ", ("science fiction", "sf"), ", please."),), part="train"),
    Dialogue(
        "d3",
        "bob",
        (
            said(
                "seeker", ("Dune", "dune"), " again, and ", ("Dune", "dune"), '. Have you read "NEUROMANCER"?'
            ),
            said("recommender", "No."),
        ),
        part="test",
    ),
)


def looked_at(dialogues: Sequence[Dialogue] = DIALOGUES, examples: int = 0) -> DialogueFindings:
    return inspect_dialogues(CATALOGUE, dialogues, expected=len(dialogues), examples=examples)


GRAPH = inspect_graph(CATALOGUE, TRIPLES)


def test_types_and_what_models_leave_out_are_counted() -> None:
    assert (GRAPH.items, GRAPH.item_types, GRAPH.other_types) == (5, {"book": 5}, {"person": 3, "genre": 1})
    assert (GRAPH.triples, GRAPH.self_loops, GRAPH.doubled) == (6, 1, 1)
    assert GRAPH.without_facts == Some(1, 0.2, ("Emma (2014)",))
    assert GRAPH.unconnected == Some(1, 0.25, ("Philip Dick",))


def test_relations_tell_values_and_coverage_from_either_end() -> None:
    assert GRAPH.relations == (
        Relation("genre", 3, 3 / 6, values=1, dead_ends=0, items=3, coverage=3 / 5),
        Relation("author", 1, 1 / 6, values=1, dead_ends=1, items=1, coverage=1 / 5),
        Relation("sequel", 1, 1 / 6, values=2, dead_ends=0, items=2, coverage=2 / 5),
        Relation("wrote", 1, 1 / 6, values=1, dead_ends=1, items=1, coverage=1 / 5),
    )


def test_the_most_linked_entities_stand_first_and_by_type() -> None:
    top = [(one.id, one.count) for one in GRAPH.most_linked]
    assert top == [
        ("dune", 3),
        ("sf", 3),
        ("dune2", 2),
        ("emma", 1),
        ("ubik", 1),
        ("herbert", 1),
        ("austen", 1),
    ]
    assert GRAPH.most_linked_by_type["person"] == (
        Named("herbert", "Frank Herbert", "person", 1),
        Named("austen", "Jane Austen", "person", 1),
    )


def test_namesakes_are_found_without_case_and_marks_and_those_of_one_year_first() -> None:
    assert GRAPH.namesakes == (
        Namesakes("Dune", ("dune", "dune2"), same_year=True),
        Namesakes("Emma", ("emma", "emma2"), same_year=False),
    )


def test_mentions_people_and_parts_are_counted() -> None:
    found = looked_at()
    assert (found.dialogues, found.messages, found.users, found.returning) == (3, 5, 2, 1)
    assert found.parts == {"train": 2, "test": 1}
    assert found.by_item_mentions == {"0": 1, "1": 0, "2": 2}
    assert found.by_mentions == {"0": 0, "1": 1, "2": 1, "3 to 5": 1}
    assert (found.mean_item_mentions, found.mean_mentions) == (4 / 3, 6 / 3)
    assert found.without_item == Some(1, 1 / 3, ("d2",))
    assert found.without_target == Some(2, 2 / 3, ("d2", "d3"))
    assert found.users_by_dialogues == {"1": 1, "2": 1}
    assert found.never_mentioned == Some(3, 3 / 5, ("DUNE! (1965)", "Emma (1815)", "Emma (2014)"))
    assert [(one.id, one.count) for one in found.most_mentioned] == [
        ("dune", 3),
        ("ubik", 1),
        ("dick", 1),
        ("sf", 1),
    ]


def test_unlinked_names_are_counted_whatever_their_case() -> None:
    assert looked_at().unlinked == UnlinkedNames(
        searched=3,
        dialogues=2,
        found=2,
        most_frequent=(UnlinkedName("Neuromancer", "item", 2, "d1"),),
    )


def test_a_marked_name_is_not_unlinked() -> None:
    marked = Dialogue("d", "u", (said("seeker", 'I read "', ("Neuromancer", "ubik"), '" twice.'),))
    assert looked_at([marked]).unlinked.found == 0


@pytest.mark.parametrize(
    ("whole", "wanted"), [(10, 0), (10, 3), (10, 10), (3, 10), (6_002, 2_000), (1, 1), (0, 5)]
)
def test_what_is_chosen_is_so_many_and_spread(whole: int, wanted: int) -> None:
    chosen = [place for place in range(whole) if _is_chosen(place, whole, wanted)]
    assert len(chosen) == min(whole, wanted)
    gaps = [second - first for first, second in itertools.pairwise(chosen)]
    assert not gaps or max(gaps) - min(gaps) <= 1


def problems(graph: GraphFindings = GRAPH, dialogues: DialogueFindings | None = None, **dropped: int) -> str:
    found = advise(graph, dialogues or looked_at(), dropped, items="books")
    assert all(advice.mend for advice in found)
    return "\n".join(advice.problem for advice in found)


SOUND = replace(
    looked_at(),
    dialogues=1_000,
    users=100,
    returning=90,
    without_item=Some(10, 0.01, ()),
    without_target=Some(20, 0.02, ()),
    never_mentioned=Some(1, 0.2, ()),
    unlinked=UnlinkedNames(1_000, 10, 10, ()),
)
SOUND_GRAPH = replace(
    GRAPH, items=100, without_facts=Some(1, 0.01, ()), namesakes=(), self_loops=0, doubled=0
)


def test_nothing_is_said_of_a_sound_corpus() -> None:
    assert problems(SOUND_GRAPH, SOUND) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"without_item": Some(400, 0.4, ())}, "400 of 1,000 dialogues (40%) mention none of the books"),
        ({"without_target": Some(600, 0.6, ())}, "the recommender mentions none of the books"),
        ({"dialogues": 50}, "only 50 dialogues"),
        ({"returning": 0}, "0 of 100 people have more than one dialogue"),
        ({"users": 3, "returning": 3}, "only 3 people"),
        ({"never_mentioned": Some(60, 0.6, ())}, "60 of 100 books (60%) are never mentioned"),
        ({"unlinked": UnlinkedNames(100, 80, 90, ())}, "80 of 100 dialogues searched have names"),
    ],
)
def test_what_hurts_in_dialogues_is_said(changes: dict[str, object], words: str) -> None:
    said_of_it = problems(SOUND_GRAPH, replace(SOUND, **changes))  # type: ignore[arg-type]
    assert words in said_of_it
    assert said_of_it.count("\n") == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"without_facts": Some(30, 0.3, ())}, "30 of 100 books (30%) have no fact"),
        ({"relations": ()}, "no triples"),
        ({"relations": (Relation("genre", 60, 1.0, 9, 0, 60, 0.6),)}, "'genre' has 100% of the triples"),
        (
            {
                "relations": (
                    Relation("genre", 60, 0.5, 9, 0, 60, 0.6),
                    Relation("isbn", 60, 0.5, 60, 59, 60, 0.6),
                )
            },
            "'isbn' has 60 values for 60 books, and 59 of them stand in one triple only",
        ),
        (
            {
                "relations": (
                    Relation("genre", 60, 0.5, 9, 0, 60, 0.6),
                    Relation("shop", 99, 0.5, 1, 0, 99, 0.99),
                )
            },
            "'shop' has one value for 99% of the books",
        ),
        ({"namesakes": GRAPH.namesakes}, "2 books share title and year with another (first: 'Dune')"),
        (
            {"triples": 100, "self_loops": 9, "doubled": 2},
            "9 lead from an entity to itself and 2 stand twice",
        ),
    ],
)
def test_what_hurts_in_the_graph_is_said(changes: dict[str, object], words: str) -> None:
    said_of_it = problems(replace(SOUND_GRAPH, **changes), SOUND)  # type: ignore[arg-type]
    assert words in said_of_it
    assert said_of_it.count("\n") == 0


def test_many_skipped_dialogues_are_said() -> None:
    found = advise(SOUND_GRAPH, SOUND, {"dialogues skipped: broken JSON": 100, "other": 999}, items="books")
    assert [advice.problem for advice in found] == [
        "100 dialogues were skipped as faulty when the data were prepared."
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_prepared(
        tmp_path / "books",
        dataset="books",
        licence="CC0",
        catalogue=CATALOGUE,
        triples=TRIPLES,
        dialogues=DIALOGUES,
        notes=["by hand"],
        dropped={"dialogues skipped: no messages": 2},
    )
    return tmp_path / "books"


def test_a_folder_is_inspected_as_a_whole(folder: Path) -> None:
    steps: list[tuple[int, int]] = []
    found = inspect_prepared(folder, examples=2, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert found.inspection.graph == GRAPH
    assert found.inspection.dialogues == looked_at(examples=2)
    assert (found.inspection.item, found.inspection.items) == ("book", "books")
    assert json.loads(json.dumps(found.as_json()))["graph"]["relations"][0]["name"] == "genre"
    text = re.sub(" +", " ", found.as_text())
    for expected in (
        "genre 3 50.0% 1 0 3 60.0%",
        "1 of 5 (20.0%) books have no fact (Emma (2014))",
        "seeker: [Dune = Dune (1965), book] again, and [Dune = Dune (1965), book].",
        "Neuromancer book 2 d1",
    ):
        assert expected in text


def test_an_altered_folder_is_refused(folder: Path) -> None:
    with (folder / "triples.tsv").open("a", encoding="utf-8") as stream:
        stream.write("emma\tgenre\tsf\n")
    with pytest.raises(DataError, match=r"triples\.tsv: was altered"):
        inspect_prepared(folder)


def test_a_page_is_written_whole_or_not_at_all(folder: Path, tmp_path: Path) -> None:
    found = inspect_prepared(folder)
    page = tmp_path / "new" / "books.html"
    found.write_page(page)
    assert "Prepared corpus books" in page.read_text(encoding="utf-8")
    assert [path.name for path in page.parent.iterdir()] == ["books.html"]
    with pytest.raises(DataError, match="could not be written"):
        found.write_page(page / "below")

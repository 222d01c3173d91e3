"""A graph around a corpus, from dumps made here to files that ``prepare`` reads."""

from __future__ import annotations

import bz2
import json
from pathlib import Path
from typing import Any

import pytest

from ccrs.core.errors import DataError
from ccrs.core.files import sha256
from ccrs.core.graph import Catalogue, Triple
from ccrs.data.graph_format import read_entities, read_triples
from ccrs.data.redial_graphs import load_joined_graph
from ccrs.experiments.build_graph import GraphBuilding, build_graph
from ccrs.experiments.graph_report import GraphReport
from tests.data.graph_building.dumps import (
    CLASS,
    LABEL,
    ONTOLOGY,
    RESOURCE,
    dump_text,
    line,
    write_entities_file,
)

ROWS = (
    "1;movie;Heat;1;1995;",
    "2;movie;Thief;1;1981;",
    "3;movie;Amélie;1;2001;",
    "4;movie;Nobody Knows;1;2004;",
    "p1;person;Al Pacino;0;;",
)
MANN, PACINO = f"{RESOURCE}Michael_Mann_(director)", f"{RESOURCE}Al_Pacino"


class Built:
    """A folder with a dump and entities, and what was built of them."""

    def __init__(self, folder: Path, text: str, rows: tuple[str, ...] = ROWS) -> None:
        self.folder, self.out = folder, folder / "graph"
        self.entities = write_entities_file(folder / "entities.tsv", *rows)
        self.dump = folder / "dump.ttl.bz2"
        self.dump.write_bytes(bz2.compress(text.encode()))

    def build(self, *, hops: int = 1, least: int = 1, most: int = 200, **more: Any) -> GraphReport:
        relations = more.pop("relations", None)
        building = GraphBuilding(hops, most, least, relations, lenient=more.pop("lenient", False))
        return build_graph(
            more.pop("entities", self.entities), self.dump, self.out, building=building, **more
        )

    @property
    def catalogue(self) -> Catalogue:
        return read_entities(self.out / "entities.tsv")

    @property
    def triples(self) -> set[tuple[str, str, str]]:
        found = read_triples(self.out / "triples.tsv", self.catalogue)
        assert len(set(found)) == len(found)
        return {(each.head, each.relation, each.tail) for each in found}


@pytest.fixture
def usual(tmp_path: Path) -> Built:
    return Built(tmp_path, dump_text())


NEAR = {
    ("1", "director", MANN),
    ("1", "starring", "p1"),
    ("1", "music composer", f"{RESOURCE}Elliot_Goldenthal"),
    ("2", "director", MANN),
    ("3", "starring", f"{RESOURCE}Audrey_Tautou"),
    ("p1", "birth place", f"{RESOURCE}New_York_City"),
    (f"{RESOURCE}Serpico", "starring", "p1"),
}


def test_one_hop_keeps_what_is_around_the_corpus(usual: Built) -> None:
    report = usual.build()
    assert usual.triples == NEAR
    entities = usual.catalogue.entities
    assert [each.id for each in entities[:5]] == ["1", "2", "3", "4", "p1"]
    assert [each.id for each in entities[5:]] == sorted(each.id for each in entities[5:])
    assert usual.catalogue.num_items == 4
    by_id = {each.id: each for each in entities}
    assert (by_id[MANN].name, by_id[MANN].type, by_id[MANN].is_item) == ("Michael Mann", "person", False)
    assert by_id[f"{RESOURCE}Serpico"].type == "movie"
    assert (report.matched, report.matched_items, report.corpus_size) == (4, 3, 5)
    assert [(each.id, each.reason) for each in report.unmatched] == [("4", "no triple in the dump")]
    assert report.dropped == {"triples of other pages of the same names": 1}
    assert report.relations == {"starring": 3, "director": 2, "birth place": 1, "music composer": 1}


def test_two_hops_take_the_triples_of_the_neighbours(usual: Built) -> None:
    usual.build(hops=2)
    assert usual.triples == NEAR | {(MANN, "birth place", f"{RESOURCE}Chicago")}


def test_the_report_stands_beside_the_graph(usual: Built) -> None:
    report = usual.build()
    assert json.loads((usual.out / "graph.json").read_text()) == json.loads(json.dumps(report.to_json()))
    text = (usual.out / "report.md").read_text()
    assert "4 of 5 entities of the corpus are in the dump, 3 of 4 items" in text
    assert "| Nobody Knows (2004) | 4 | no triple in the dump |" in text
    assert report.sources == {"dump.ttl.bz2": sha256(usual.dump), "entities.tsv": sha256(usual.entities)}
    assert sorted(path.name for path in usual.out.iterdir()) == [
        *("entities.tsv", "graph.json", "report.md", "triples.tsv"),
    ]
    assert sorted(path.name for path in usual.folder.iterdir()) == ["dump.ttl.bz2", "entities.tsv", "graph"]


def test_the_order_of_the_dump_does_not_matter(tmp_path: Path) -> None:
    built = []
    for name, text in (("a", dump_text()), ("b", "\n".join(reversed(dump_text().splitlines())) + "\n")):
        (tmp_path / name).mkdir()
        one = Built(tmp_path / name, text)
        one.build(hops=2, most=1)
        built.append([(one.out / file).read_bytes() for file in ("entities.tsv", "triples.tsv")])
    assert built[0] == built[1]


def test_labels_and_types_name_what_is_new(usual: Built) -> None:
    labels, types = usual.folder / "labels.ttl", usual.folder / "types.ttl"
    labels.write_text(
        f'<{MANN}> <{LABEL}> "Michael Mann (Regisseur)"@de .\n<{MANN}> <{LABEL}> "Michael Mann (the director)"@en .\n'
        f'<{RESOURCE}Serpico> <{LABEL}> "Serpico (1973 film)"@en .\n<{RESOURCE}Unknown> <{LABEL}> "\\t"@en .\n'
    )
    types.write_text(
        f"<{MANN}> <{CLASS}> <{ONTOLOGY}Agent> .\n<{MANN}> <{CLASS}> <{ONTOLOGY}MovieDirector> .\n"
        f"<{RESOURCE}New_York_City> <{CLASS}> <{ONTOLOGY}City> .\n<{RESOURCE}Serpico> <{CLASS}> <{ONTOLOGY}Film> .\n"
        f"<{RESOURCE}Elliot_Goldenthal> <{CLASS}> <http://www.w3.org/2002/07/owl#Thing> .\n"
        f"<{RESOURCE}Audrey_Tautou> <{CLASS}> <{ONTOLOGY}StageMagician> .\n"
    )
    report = usual.build(labels=labels, types=types, hops=2)
    by_id = {each.id.removeprefix(RESOURCE): each for each in usual.catalogue.entities}
    assert (by_id["Michael_Mann_(director)"].name, by_id["Michael_Mann_(director)"].type) == (
        "Michael Mann",
        "person",
    )
    assert (by_id["Serpico"].name, by_id["Serpico"].year, by_id["Serpico"].type) == ("Serpico", 1973, "movie")
    kinds = {name: by_id[name].type for name in ("New_York_City", "Elliot_Goldenthal", "Audrey_Tautou")}
    assert kinds == {
        "New_York_City": "place",
        "Elliot_Goldenthal": "person",
        "Audrey_Tautou": "stage magician",
    }
    assert set(report.sources) == {"dump.ttl.bz2", "entities.tsv", "labels.ttl", "types.ttl"}


def test_new_entities_are_called_what_the_corpus_calls_its_own(tmp_path: Path) -> None:
    facts = (("Heat_(1995_film)", "starring", "Al_Pacino"), ("Serpico", "starring", "Al_Pacino"))
    built = Built(tmp_path, dump_text(facts), ("1;film;Heat;1;1995;", "p1;person;Al Pacino;0;;"))
    built.build()
    assert {each.id: each.type for each in built.catalogue.entities}[f"{RESOURCE}Serpico"] == "film"


def test_a_plain_list_takes_names_and_types_from_the_dump(usual: Built) -> None:
    path = usual.folder / "films.txt"
    path.write_text(f"{RESOURCE}Heat_(1995_film)\nhttps://en.wikipedia.org/wiki/Thief_(film)\n")
    usual.build(entities=path)
    (heat, thief) = usual.catalogue.items
    assert (heat.id, heat.name, heat.year, heat.type) == (
        f"{RESOURCE}Heat_(1995_film)",
        "Heat",
        1995,
        "movie",
    )
    assert thief.id == "https://en.wikipedia.org/wiki/Thief_(film)"
    assert (thief.id, "director", MANN) in usual.triples


def test_a_folder_with_entities_is_taken(usual: Built) -> None:
    usual.build(entities=usual.folder)
    assert usual.triples == NEAR


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    heat, more = f"<{RESOURCE}Heat_(1995_film)>", "Heat_(1995_film)"
    rows = [
        line(more, "director", "Michael_Mann_(director)"),
        line(more, "director", "Michael_Mann_(director)"),
        line(more, "related", more),
        line("Heat_%281995_film%29", "starring", "Al_Pacino"),
        line(more, "starring", "Val_Kilmer"),
        line(more, "starring", "Val_Kilmer__1"),
        line(more, "wikiPageWikiLink", "Film"),
        line(more, "editing", "Dov_Hoenig"),
        f"{heat} <{CLASS}> <{ONTOLOGY}Film> .",
        f'{heat} <{ONTOLOGY}runtime> "10200"^^<http://www.w3.org/2001/XMLSchema#double> .',
        "what is this",
    ]
    built = Built(tmp_path, "\n".join(rows) + "\n", ("1;movie;Heat;1;1995;",))
    report = built.build(least=2, lenient=True)
    assert {each[1:] for each in built.triples} == {
        ("starring", PACINO),
        ("starring", f"{RESOURCE}Val_Kilmer"),
    }
    assert report.dropped == {
        "broken lines": 1,
        "duplicates": 1,
        "self-loops": 1,
        "triples of nodes without a name": 1,
        "triples of relations with fewer than 2": 2,
        "triples that name classes, pages or pictures": 2,
        "triples with a text or a number": 1,
    }


def test_a_hub_brings_in_few_but_items_keep_their_facts(tmp_path: Path) -> None:
    facts = [(f"Film_{n}_(film)", "country", "France") for n in range(3)]
    facts += [(f"Village_{n}", "country", "France") for n in range(50)]
    rows = (*(f"{n};film;Film {n};1;;" for n in range(3)), "fr;place;France;0;;")
    built = Built(tmp_path, dump_text(tuple(facts)), rows)
    report = built.build(most=5)
    assert {(str(n), "country", "fr") for n in range(3)} <= built.triples
    assert 5 <= len(built.triples) <= 8
    assert report.dropped["triples beyond max-neighbours"] == 53 - len(built.triples)
    assert report.max_neighbours == 5


def test_a_relation_that_is_the_reverse_of_another_is_turned(tmp_path: Path) -> None:
    facts = (
        ("Heat_(film)", "part", "Crime"),
        ("Crime", "partOf", "Heat_(film)"),
        ("Heat_(film)", "partOf", "X"),
    )
    built = Built(tmp_path, dump_text(facts), ("1;movie;Heat;1;;",))
    assert built.build().dropped == {"duplicates": 1}
    assert built.triples == {("1", "part", f"{RESOURCE}Crime"), (f"{RESOURCE}X", "part", "1")}


def test_wanted_relations_alone_are_taken_and_types_are_still_known(tmp_path: Path) -> None:
    facts = (("Serpico", "starring", "Al_Pacino"), ("Serpico", "musicComposer", "Mikis_Theodorakis"))
    built = Built(tmp_path, dump_text(facts), ("1;movie;Serpico;1;1973;",))
    report = built.build(relations=frozenset({"music composer", "directr"}))
    assert {each[1] for each in built.triples} == {"music composer"}
    assert report.dropped == {"triples of other relations": 1}
    assert any(note.startswith("relation 'directr' is in no triple of the graph") for note in report.notes)
    with pytest.raises(DataError, match=r"no triple around the entities has a wanted relation \(none\)"):
        built.build(relations=frozenset({"none"}))


def test_without_any_match_nothing_is_written(usual: Built) -> None:
    entities = write_entities_file(usual.folder / "other.tsv", "1;movie;Unheard;1;1999;")
    with pytest.raises(DataError, match=r"none of the 1 entities is in its 12 lines .*Unheard_\(1999_film\)"):
        usual.build(entities=entities)
    assert not usual.out.exists()
    with pytest.raises(DataError, match=r"no relation has 10 triples .*the most is 3\)\. Lower --min"):
        usual.build(least=10)
    usual.dump.write_bytes(usual.dump.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"cut short or broken"):
        usual.build()
    assert sorted(path.name for path in usual.folder.iterdir()) == [
        "dump.ttl.bz2",
        "entities.tsv",
        "other.tsv",
    ]


def test_a_dump_without_its_last_line_is_noted(tmp_path: Path) -> None:
    built = Built(tmp_path, dump_text().rpartition("# completed")[0])
    assert any("may be cut short" in note for note in built.build().notes)


def test_a_folder_of_something_else_is_not_replaced(usual: Built) -> None:
    usual.build()
    usual.build()
    (usual.out / "graph.json").rename(usual.out / "mine.json")
    with pytest.raises(DataError, match=r"is not ours to replace"):
        usual.build()


def test_redial_takes_the_graph(usual: Built) -> None:
    usual.build()
    titles = {"1": "Heat (1995)", "2": "Thief (1981)", "3": "Amélie (2001)", "9": "Another (2000)"}
    graph = load_joined_graph([usual.out], titles)
    assert Triple("1", "director", f"own:{MANN}") in graph.triples
    assert [each.id for each in graph.catalogue.items] == ["1", "2", "3", "9"]


@pytest.mark.parametrize("building", [{"hops": 3}, {"max_neighbours": 0}, {"min_relation_count": -1}])
def test_impossible_figures_are_refused(building: dict[str, int]) -> None:
    with pytest.raises(DataError, match=r"Give"):
        GraphBuilding(**building)

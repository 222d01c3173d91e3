"""Each published graph for ReDial is read in its own form into one catalogue with ReDial's films."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from ccrs.core.errors import DataError
from ccrs.core.files import sha256
from ccrs.core.graph import Entity, Triple
from ccrs.data.graph import build_graph
from ccrs.data.redial_graph_forms import clean_page_title, split_title
from ccrs.data.redial_graphs import RedialGraph, load_joined_graph

TITLES = {
    "111": "Titanic  (1997)",
    "99": "Titanic ",
    "7": "Okja",
    "20": "The Meyerowitz Stories (New) (2017)",
}


def write(folder: Path, **files: str) -> Path:
    """Write a folder of files; ``_gz`` at the end of a name compresses it."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        stem, _, ending = name.removesuffix("_gz").rpartition("_")
        if name.endswith("_gz"):
            (folder / f"{stem}.{ending}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / f"{stem}.{ending}").write_text(text, "utf-8")
    return folder


def imdb(folder: Path) -> Path:
    movies = [{"movieId": "111", "entity": 0}, {"movieId": "99", "entity": 0}, {"movieId": "5", "entity": 3}]
    return write(
        folder,
        entities_tsv_gz="0\tmovie\tTitanic (1997)\n1\tperson\tKate Winslet\n"
        "2\tgenre\tdrama\n3\tmovie\tUp (2009)\n",
        triples_tsv_gz="0\tstar\t1\n0\tgenre\t2\n3\tgenre\t2\n",
        movies_jsonl="".join(json.dumps(movie) + "\n" for movie in movies),
    )


def kecrs(folder: Path) -> Path:
    return write(
        folder,
        entities_tsv="0\tmovie\t99,111\tTitanic\n1\tentity\t\tKate WINSLET\n"
        "2\tmovie\t7\tOkja\n3\tentity\t\tship\n",
        relations_tsv="relation_id\tcount\tname\n1\t2\tcast\n3\t1\tcrew:visual_effects\n17\t1\t\n14\t1\tkeyword\n",
        triples_tsv="1\t1\t0\n0\t1\t1\n0\t14\t3\n3\t14\t0\n2\t17\t3\n3\t17\t2\n2\t3\t1\n1\t3\t2\n",
    )


def kgsf(folder: Path) -> Path:
    return write(
        folder,
        entities_tsv="0\tTitanic_(1997_film)\n1\tKate_Winslet_(actress)__1\n2\tReDialMovie/7\n3\tReading,_Berkshire\n",
        movie2entity_tsv="111\t0\tTitanic_(1997_film)\n7\t2\t\n",
        relations_tsv="relation_id\tcount\tname\tname_source\n68\t1\tstarring\taligned\n104\t1\tbirthPlace\tx\n86\t1\tself_loop\tx\n",
        triples_tsv="0\t68\t1\n1\t104\t3\n0\t86\t0\n",
    )


def dbpedia(folder: Path) -> Path:
    return write(
        folder,
        entities_tsv="0\titem\t111\tTitanic_(1997_film)\n1\tentity\t\tKate_Winslet\n2\titem\t\tNetwork_(1976_film)\n",
        triples_tsv="0\tstarring\t1\n2\tproductionCompany\t1\n2\tstarring\t1\n",
    )


def kerl(folder: Path) -> Path:
    return write(
        folder,
        entities_tsv="1\t111\tTitanic\n2\tKate Winslet\tKate Winslet\n3\tdrama film\tdrama film\n",
        triples_tsv="1\thas_cast\t2\n2\tis_cast_of\t1\n1\tself_loop\t1\n3\tis_genre_of\t1\n",
    )


def test_imdb_names_items_from_the_titles_and_merges_movie_ids(tmp_path: Path) -> None:
    graph = load_joined_graph([imdb(tmp_path / "imdb")], TITLES)
    assert graph.name == "imdb"
    assert graph.catalogue.items == (
        Entity("7", "movie", "Okja", is_item=True),
        Entity("20", "movie", "The Meyerowitz Stories (New)", is_item=True, year=2017),
        Entity("99", "movie", "Titanic", is_item=True, year=1997),
    )
    assert graph.catalogue.entities[3:] == (
        Entity("imdb:1", "person", "Kate Winslet"),
        Entity("imdb:2", "genre", "drama"),
        Entity("imdb:3", "movie", "Up", year=2009),
    )
    assert graph.item_ids == {"7": "7", "20": "20", "99": "99", "111": "99"}
    assert graph.triples == (
        Triple("99", "star", "imdb:1"),
        Triple("99", "genre", "imdb:2"),
        Triple("imdb:3", "genre", "imdb:2"),
    )
    assert graph.dropped == {"movie ids merged": 1}
    assert graph.sources == {path.name: sha256(path) for path in (tmp_path / "imdb").iterdir()}


def test_kecrs_keeps_the_direction_with_the_film_as_head(tmp_path: Path) -> None:
    graph = load_joined_graph([kecrs(tmp_path / "kecrs-tmdkg")], TITLES)
    assert set(graph.triples) == {
        Triple("99", "cast", "kecrs-tmdkg:1"),
        Triple("99", "keyword", "kecrs-tmdkg:3"),
        Triple("7", "relation 17", "kecrs-tmdkg:3"),
        Triple("7", "visual effects crew", "kecrs-tmdkg:1"),
    }
    assert graph.dropped == {"inverse copies": 4, "movie ids merged": 1}
    types = {entity.name: entity.type for entity in graph.catalogue.entities}
    assert (types["Kate WINSLET"], types["ship"]) == ("person", "keyword")


def test_kgsf_cleans_page_titles_and_tells_types_by_relations(tmp_path: Path) -> None:
    graph = load_joined_graph([kgsf(tmp_path / "kgsf")], TITLES)
    assert graph.catalogue.entities[4:] == (
        Entity("kgsf:1", "person", "Kate Winslet"),
        Entity("kgsf:3", "place", "Reading, Berkshire"),
    )
    assert graph.triples == (Triple("111", "starring", "kgsf:1"), Triple("kgsf:1", "birth place", "kgsf:3"))
    assert graph.dropped == {"self-loops": 1}


def test_dbpedia_keeps_films_that_are_not_listed(tmp_path: Path) -> None:
    graph = load_joined_graph([dbpedia(tmp_path / "dbpedia")], TITLES)
    assert Entity("dbpedia:2", "movie", "Network", year=1976) in graph.catalogue.entities
    assert Triple("dbpedia:2", "production company", "dbpedia:1") in graph.triples
    assert graph.catalogue.num_items == 4


def test_kerl_turns_inverse_relations_that_stand_alone(tmp_path: Path) -> None:
    graph = load_joined_graph([kerl(tmp_path / "kerl-wiki")], TITLES)
    assert graph.triples == (Triple("111", "cast", "kerl-wiki:2"), Triple("111", "genre", "kerl-wiki:3"))
    assert graph.dropped == {"self-loops": 1, "inverse copies": 1}


@pytest.mark.parametrize(
    ("make", "name"),
    [(imdb, "imdb"), (kecrs, "kecrs-tmdkg"), (kgsf, "kgsf"), (dbpedia, "dbpedia"), (kerl, "kerl-wiki")],
)
def test_the_form_is_told_by_the_files_of_a_folder_of_any_name(tmp_path: Path, make, name: str) -> None:  # type: ignore[no-untyped-def]
    assert load_joined_graph([make(tmp_path / "some folder")], TITLES).name == name


def test_joining_shares_items_and_people_of_one_name(tmp_path: Path) -> None:
    folders = [imdb(tmp_path / "imdb"), kecrs(tmp_path / "kecrs-tmdkg"), dbpedia(tmp_path / "dbpedia")]
    graph = load_joined_graph(folders, TITLES)
    people = [entity for entity in graph.catalogue.entities if entity.type == "person"]
    assert [entity.id for entity in people] == ["imdb:1"]
    # One triple of three graphs: "star", "cast" and "starring" of the same film and person.
    assert graph.triples.count(Triple("99", "star", "imdb:1")) == 1
    assert graph.dropped["doubled triples"] == 2
    assert graph.dropped["entities merged"] == 2
    assert graph.name == "imdb+kecrs-tmdkg+dbpedia"
    assert graph.sources["dbpedia/triples.tsv"] == sha256(folders[2] / "triples.tsv")


def test_the_first_graph_says_which_movie_ids_are_one_item(tmp_path: Path) -> None:
    folders = [kgsf(tmp_path / "kgsf"), kecrs(tmp_path / "kecrs-tmdkg")]
    graph = load_joined_graph(folders, TITLES)
    assert graph.item_ids == {movie: movie for movie in TITLES}
    keyword = {triple.head for triple in graph.triples if triple.relation == "keyword"}
    assert keyword == {"99", "111"}


def test_people_of_one_graph_with_one_name_stay_apart(tmp_path: Path) -> None:
    first = write(
        tmp_path / "imdb",
        entities_tsv="0\tmovie\tTitanic (1997)\n1\tperson\tJohn Smith\n2\tperson\tJohn Smith\n",
        triples_tsv="0\tstar\t1\n",
        movies_jsonl='{"movieId": "111", "entity": 0}\n',
    )
    second = write(
        tmp_path / "dbpedia",
        entities_tsv="0\titem\t111\tTitanic\n1\tentity\t\tJohn_Smith\n",
        triples_tsv="0\tstarring\t1\n",
    )
    graph = load_joined_graph([first, second], TITLES)
    assert sum(entity.name == "John Smith" for entity in graph.catalogue.entities) == 3


@pytest.mark.parametrize(
    ("make", "file", "text", "fault"),
    [
        (kecrs, "triples.tsv", "0\t1\t1\n0\t99\t1\n", ":2: relation '99' is not listed in relations.tsv"),
        (kecrs, "triples.tsv", "0\t1\t77\n", ":1: entity '77' is not listed"),
        (kecrs, "triples.tsv", "0\t1\tx\n", ":1: entity 'x' is not listed"),
        (kecrs, "entities.tsv", "0\tmovie\t99;111\tTitanic\n", ":1: '99;111' is not a whole number"),
        (kecrs, "entities.tsv", "zero\tmovie\t99\tTitanic\n", ":1: 'zero' is not a whole number"),
        (kecrs, "entities.tsv", "0\tmovie\n", ":1: found 2 values"),
        (kgsf, "movie2entity.tsv", "111\t0\tTitanic\n7\t55\tOkja\n", ":2: entity '55' is not listed"),
        (imdb, "movies.jsonl", '{"movieId": "111"}\n', ":1: is not a record with movieId and entity"),
        (imdb, "movies.jsonl", "broken\n", ":1: is not a record with movieId and entity"),
        (
            imdb,
            "movies.jsonl",
            '{"movieId": "111", "entity": 9}\n',
            ": entity '9' of movie '111' is not listed",
        ),
    ],
)
def test_faults_name_file_line_and_value(  # type: ignore[no-untyped-def]
    tmp_path: Path, make, file: str, text: str, fault: str
) -> None:
    folder = make(tmp_path / "graph")
    (folder / file).write_text(text, "utf-8")
    with pytest.raises(DataError) as caught:
        load_joined_graph([folder], TITLES)
    assert f"{folder / file}{fault}" in str(caught.value)


def test_missing_folders_files_and_forms_are_data_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        load_joined_graph([tmp_path / "nothing"], TITLES)
    (dbpedia(tmp_path / "dbpedia") / "triples.tsv").unlink()
    with pytest.raises(DataError, match=r"neither triples.tsv.gz nor triples.tsv"):
        load_joined_graph([tmp_path / "dbpedia"], TITLES)
    strange = write(tmp_path / "strange", entities_tsv="0\tone\n")
    with pytest.raises(DataError, match="form of this graph is not known"):
        load_joined_graph([strange], TITLES)
    with pytest.raises(DataError, match="Movie id 'x' is not a whole number"):
        load_joined_graph([imdb(tmp_path / "imdb")], {"x": "Titanic"})
    with pytest.raises(DataError, match="'imdb' is given twice"):
        load_joined_graph([tmp_path / "imdb", tmp_path / "imdb"], TITLES)
    with pytest.raises(DataError, match="at least one folder"):
        load_joined_graph([], TITLES)


def test_names_and_years() -> None:
    assert split_title("Titanic  (1997)") == ("Titanic", 1997)
    assert split_title(" Thelma ") == ("Thelma", None)
    assert split_title("Stories (New) (2017)") == ("Stories (New)", 2017)
    assert split_title("(2012)") == ("(2012)", None)
    assert clean_page_title("Water_(1985_film)") == ("Water", 1985)
    assert clean_page_title("Adam_Pascal__1") == ("Adam Pascal", None)
    assert clean_page_title("Vincent_Ward_(director)__12") == ("Vincent Ward", None)
    assert clean_page_title("http://www.example.org/a_(b)") == ("http://www.example.org/a_(b)", None)


@pytest.fixture(scope="module")
def titles(shared_data: Path) -> dict[str, str]:
    with zipfile.ZipFile(shared_data / "redial" / "redial_dataset.zip") as archive:
        text = io.TextIOWrapper(archive.open("movies_with_mentions.csv"), "utf-8")
        return {row["movieId"]: row["movieName"] for row in csv.DictReader(text)}


def counts(graph: RedialGraph) -> Counter[str]:
    return Counter(triple.relation for triple in graph.triples)


# name: items, entities that are no listed film, triples in the file, some relations as documented
REAL = {
    "imdb": (6917, 18054, 56965, {"genre": 17098, "star": 19346, "writer": 13368, "director": 7153}),
    "dbpedia": (6924, 25915, 81332, {"director": 5818, "genre": 3613}),
    "kgsf": (6924, 57438, 165696, {"director": 5877, "birth place": 22707}),
    "kecrs-tmdkg": (6730, 8872, 295764, {"genre": 15706, "keyword": 37702, "cast": 15894}),
    "kerl-wiki": (6924, 15326, 142657, {"cast": 26948, "genre": 19495, "director": 6901}),
}


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", [name if name == "imdb" else pytest.param(name, marks=pytest.mark.slow) for name in REAL]
)
def test_the_published_graphs_have_the_documented_counts(
    shared_data: Path, titles: dict[str, str], name: str
) -> None:
    num_items, num_others, num_rows, relations = REAL[name]
    graph = load_joined_graph([shared_data / "redial-kg" / name], titles)
    assert set(graph.item_ids) == set(titles)
    assert len(titles) == 6924
    assert graph.catalogue.num_items == len(set(graph.item_ids.values())) == num_items
    assert graph.dropped.get("movie ids merged", 0) == 6924 - num_items
    assert graph.catalogue.num_entities - num_items == num_others
    left_out = sum(count for reason, count in graph.dropped.items() if reason != "movie ids merged")
    assert len(graph.triples) + left_out == num_rows
    assert relations.items() <= counts(graph).items()
    assert build_graph(graph.catalogue, graph.triples).num_edges > 90_000


@pytest.mark.realdata
def test_the_published_graphs_cover_the_films(shared_data: Path, titles: dict[str, str]) -> None:
    graph = load_joined_graph([shared_data / "redial-kg" / "imdb"], titles)
    linked = {triple.head for triple in graph.triples}
    assert sum(item in linked for item in graph.item_ids.values()) >= 6570
    titanic = next(item for item in graph.catalogue.items if item.title == "Titanic (1997)")
    names = {entity.id: entity.name for entity in graph.catalogue.entities}
    facts = {(triple.relation, names[triple.tail]) for triple in graph.triples if triple.head == titanic.id}
    assert ("director", "James Cameron") in facts
    assert ("star", "Kate Winslet") in facts


@pytest.mark.realdata
def test_two_published_graphs_join_on_films_and_people(shared_data: Path, titles: dict[str, str]) -> None:
    folders = [shared_data / "redial-kg" / name for name in ("imdb", "kerl-wiki")]
    graph = load_joined_graph(folders, titles)
    assert graph.catalogue.num_items == 6917
    assert graph.dropped["entities merged"] > 5000
    assert graph.dropped["doubled triples"] > 10_000
    assert counts(graph)["star"] > 30_000

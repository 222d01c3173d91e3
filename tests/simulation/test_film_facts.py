"""The table of films agrees with public graphs, and covers what people talk about."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from ccrs.core.errors import DataError
from ccrs.simulation.film_check import FilmCheck, check_films, find_listed, listed_films
from ccrs.simulation.films import Film, load_films


def pack(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(line + "\n" for line in lines)


@pytest.fixture
def graphs(tmp_path: Path) -> Path:
    """Four graphs about one film, movie id 7."""
    movie = {"movieId": "7", "director": ["Ann Lee"], "star": ["Bo Ek"], "writer": [], "genre": ["drama"]}
    pack(tmp_path / "imdb" / "movies.jsonl.gz", json.dumps(movie))
    pack(tmp_path / "kerl-wiki" / "entities.tsv.gz", "1\t7\tNoise", "2\t\tCy Oz")
    pack(tmp_path / "kerl-wiki" / "triples.tsv.gz", "1\thas_cast\t2", "1\thas_genre\t2")
    pack(tmp_path / "kecrs-tmdkg" / "entities.tsv.gz", "0\tmovie\t7\tNoise (1999)", "1\tentity\t\tdee fay")
    pack(tmp_path / "kecrs-tmdkg" / "triples.tsv.gz", "0\t8\t1")
    pack(
        tmp_path / "dbpedia" / "entities.tsv.gz", "0\titem\t7\tNoise_(film)", "1\tentity\t\tEd_J._Gu_(actor)"
    )
    pack(tmp_path / "dbpedia" / "triples.tsv.gz", "0\tstarring\t1")
    return tmp_path


def test_a_fact_agrees_if_any_graph_has_it(graphs: Path) -> None:
    film = Film(
        "Noise",
        1999,
        directors=("Ann Lee",),
        actors=("Bo Ek", "Cy Oz", "Ed Gu", "Dee Fay"),
        writers=("Dee Fay", "Ann Lee"),
        composers=("Hal Io",),
    )
    check = check_films([film, Film("Silence", 2000)], {"7": "Noise (1999)"}, graphs)
    assert check.judged == {"year": 1, "directors": 1, "actors": 4, "writers": 2}  # no graph has a composer
    assert check.agreed == {"year": 1, "directors": 1, "actors": 3, "writers": 1}
    assert [str(difference) for difference in check.differences] == [
        "Noise (1999) | actors | Dee Fay | dbpedia: Ed J. Gu; imdb: Bo Ek; kerl-wiki: Cy Oz",
        "Noise (1999) | writers | Ann Lee | kecrs-tmdkg: dee fay",
    ]
    assert check.absent == ("Silence (2000)",)
    assert check.agreement("actors") == 0.75


def test_years(graphs: Path) -> None:
    near = check_films([Film("Noise", 2000, directors=("Ann Lee",))], {"7": "The Noise  (1999)"}, graphs)
    assert near.agreed == {"year": 0, "directors": 1}
    assert str(near.differences[0]) == "Noise (2000) | year | 2000 | listed: 1999"
    far = check_films([Film("Noise", 2005, directors=("Bo Ek",))], {"7": "Noise (1999)"}, graphs)
    assert far.judged == {"year": 1}  # another film of that name: it says nothing about directors
    bare = check_films([Film("Noise", 2005, directors=("Ann Lee",))], {"7": "Noise "}, graphs)
    assert bare.agreed == {"directors": 1}


def test_finds_listed_films() -> None:
    films = [Film("What About Bob?", 1991), Film("It", 1990), Film("It", 2017)]
    listed = {"1": "What About Bob%3F (1991)", "2": "It  (2017)", "3": "It (1991)", "4": "It (2005)"}
    assert find_listed(films, listed) == {"1": films[0], "2": films[2], "3": films[1]}


def test_a_missing_graph_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a graph cannot be read"):
        check_films([], {}, tmp_path)
    with pytest.raises(DataError, match="is not a readable ReDial archive"):
        listed_films(tmp_path / "redial.zip")


@pytest.fixture(scope="module")
def real_check(shared_data: Path) -> FilmCheck:
    listed = listed_films(shared_data / "redial" / "redial_dataset.zip")
    names = {movie: name for movie, (name, _) in listed.items()}
    return check_films(load_films(), names, shared_data / "redial-kg")


@pytest.mark.realdata
@pytest.mark.parametrize("role", ["year", "directors", "actors"])
def test_facts_agree_with_the_graphs(real_check: FilmCheck, role: str) -> None:
    listing = "\n".join(str(difference) for difference in real_check.differences if difference.role == role)
    assert real_check.judged[role] >= 700
    assert real_check.agreement(role) >= 0.98, listing


@pytest.mark.realdata
def test_films_cover_most_mentions(shared_data: Path) -> None:
    listed = listed_films(shared_data / "redial" / "redial_dataset.zip")
    found = find_listed(load_films(), {movie: name for movie, (name, _) in listed.items()})
    covered = sum(listed[movie][1] for movie in found)
    assert covered / sum(count for _, count in listed.values()) > 0.7

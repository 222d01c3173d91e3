"""The table of films: strict reading, and the catalogue and triples made from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccrs.core.errors import DataError
from ccrs.core.graph import Triple
from ccrs.simulation.films import COLUMNS, Film, film_catalogue, load_films, slug

HEADER = "\t".join(COLUMNS)
HEAT = "Heat\t1995\tMichael Mann\tAl Pacino|Robert De Niro\tMichael Mann\tElliot Goldenthal\tcrime|drama\tUSA\t\theist"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "films.tsv"
    path.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return path


def test_reads_a_film(tmp_path: Path) -> None:
    (film,) = load_films(write(tmp_path, HEAT))
    assert film == Film(
        "Heat",
        1995,
        directors=("Michael Mann",),
        actors=("Al Pacino", "Robert De Niro"),
        writers=("Michael Mann",),
        composers=("Elliot Goldenthal",),
        genres=("crime", "drama"),
        countries=("USA",),
        series=(),
        themes=("heist",),
    )
    assert film.id == "heat-1995"
    assert film.decades == ("1990s",)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "1: there is no film below the header"),
        ((HEAT, "Heat\t1995"), "3: 2 columns instead of 10"),
        ((HEAT, HEAT), r"3: Heat \(1995\) stands there twice"),
        ((HEAT.replace("1995", "95"),), "2: the year of Heat is '95'"),
        ((HEAT.replace("1995", "²"),), "2: the year of Heat is '²'"),
        ((HEAT.replace("Heat", " Heat", 1),), "2: the title is ' Heat'"),
        ((HEAT.replace("crime", "krimi"),), "2: genres has the unknown value 'krimi'.*Allowed are action"),
        ((HEAT.replace("\theist", "\theists"),), "2: themes has the unknown value 'heists'"),
        ((HEAT.replace("Al Pacino|", "|"),), "2: actors has the value ''"),
        ((HEAT.replace("Al Pacino", "robert de niro"),), "2: actors names one thing twice"),
        ((HEAT, "", HEAT), "3: 1 columns instead of 10"),
    ],
)
def test_faults_name_line_value_and_mend(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    with pytest.raises(DataError, match=f"films.tsv:{said}"):
        load_films(write(tmp_path, *lines))


def test_faults_of_the_whole_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_films(tmp_path / "absent.tsv")
    path = tmp_path / "films.tsv"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="is not UTF-8"):
        load_films(path)
    path.write_text(HEAT + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"films.tsv:1: the header is 'Heat"):
        load_films(path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Amélie", "amelie"),
        ("Ocean's Eleven", "oceans-eleven"),
        ("J.J. Abrams", "jj-abrams"),
        ("Fast & Furious", "fast-and-furious"),
        ("Ødegård", "odegard"),
        ("E.T. the Extra-Terrestrial", "et-the-extra-terrestrial"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_one_person_has_one_entity_in_all_roles() -> None:
    films = [
        Film(
            "The Quiet House",
            2003,
            directors=("Ann Lee",),
            actors=("Ann Lee", "Bo Ek"),
            themes=("time-travel",),
        ),
        Film("Noise", 1999, composers=("Bo Ek",), genres=("sci-fi",)),
    ]
    catalogue, triples = film_catalogue(films)
    assert [entity.id for entity in catalogue.entities] == [
        "the-quiet-house-2003",
        "noise-1999",
        "person:ann-lee",
        "person:bo-ek",
        "theme:time-travel",
        "decade:2000s",
        "genre:sci-fi",
        "decade:1990s",
    ]
    assert catalogue.num_items == 2
    assert catalogue.entities[0].title == "The Quiet House (2003)"
    assert catalogue.entities[0].aliases == ("Quiet House",)
    assert catalogue.entities[4].name == "time travel"
    assert triples[:3] == (
        Triple("the-quiet-house-2003", "director", "person:ann-lee"),
        Triple("the-quiet-house-2003", "actor", "person:ann-lee"),
        Triple("the-quiet-house-2003", "actor", "person:bo-ek"),
    )
    assert Triple("noise-1999", "composer", "person:bo-ek") in triples
    assert len(triples) == 8


def test_two_spellings_of_one_name_are_an_error() -> None:
    films = [Film("One", 2001, actors=("J.J. Abrams",)), Film("Two", 2002, directors=("J.J Abrams",))]
    with pytest.raises(
        DataError, match=r"Two \(2002\): the person 'J.J Abrams' is spelt 'J.J. Abrams' elsewhere"
    ):
        film_catalogue(films)


def test_the_shipped_table() -> None:
    films = load_films()
    assert len(films) >= 850
    assert all(film.genres and film.countries for film in films)
    assert sum(not film.directors for film in films) <= 0.01 * len(films)
    catalogue, triples = film_catalogue(films)
    assert catalogue.num_items == len(films)
    assert {triple.relation for triple in triples} == {
        "director", "actor", "writer", "composer", "genre", "country", "series", "theme", "decade",
    }  # fmt: skip
    assert Triple("the-matrix-1999", "actor", "person:keanu-reeves") in triples

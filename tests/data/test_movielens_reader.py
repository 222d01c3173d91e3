"""MovieLens in its three forms, and whatever can be wrong with it."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.errors import DataError
from ccrs.data.prepared import load_prepared
from ccrs.data.readers.movielens import Fact, Film, read_movielens, split_title
from ccrs.experiments.prepare_movielens import SAMPLED_AT, prepare_movielens

GENRES = "unknown|0\nDrama|1\nComedy|2\n\n"
FILMS = [
    ("1", "Heat (1995)", "0|1|0"),
    ("2", "Lion King, The (1994)", "0|1|1"),
    ("3", "Amélie (2001)", "1|0|0"),
]
RATINGS = [("7", "1", "5", "30"), ("7", "2", "4", "10"), ("7", "3", "2", "20"), ("9", "3", "5", "5")]


def ml_100k(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    films = "".join(f"{key}|{title}|01-Jan-1995||http://x|{flags}\n" for key, title, flags in FILMS)
    (folder / "u.item").write_bytes(films.encode("latin-1"))
    (folder / "u.genre").write_text(GENRES)
    (folder / "u.data").write_text("".join("\t".join(row) + "\n" for row in RATINGS))
    return folder


def ml_1m(folder: Path) -> Path:
    folder.mkdir()
    films = "1::Heat (1995)::Drama\n2::Lion King, The (1994)::Drama|Comedy\n3::Amélie (2001)::(no genres listed)\n"
    (folder / "movies.dat").write_bytes(films.encode("latin-1"))
    (folder / "ratings.dat").write_text("".join("::".join(row) + "\n" for row in RATINGS))
    return folder


def atomic(
    folder: Path, *, kg: str = "m.1\tfilm.film.directed_by\tm.9\nm.9\tfilm.director.film\tm.2\n"
) -> Path:
    folder.mkdir()
    rows = "".join("\t".join(row) + "\n" for row in RATINGS)
    (folder / "x.inter").write_text(
        f"user_id:token\titem_id:token\trating:float\ttimestamp:float\n{rows}", encoding="utf-8"
    )
    (folder / "x.item").write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "1\tHeat\t1995\tDrama\n2\tLion King, The\t1994\tDrama Comedy\n3\tAmélie\t2001\t\n",
        encoding="utf-8",
    )
    (folder / "x.link").write_text("item_id:token\tentity_id:token\n1\tm.1\n2\tm.2\n")
    (folder / "x.kg").write_text(f"head_id:token\trelation_id:token\ttail_id:token\n{kg}")
    return folder


@pytest.mark.parametrize("make", [ml_100k, ml_1m, atomic])
def test_the_same_release_in_three_forms(tmp_path: Path, make: object) -> None:
    release = read_movielens(make(tmp_path / "raw"))  # type: ignore[operator]
    assert release.films == (
        Film("1", "Heat", 1995, ("Drama",)),
        Film("2", "The Lion King", 1994, ("Drama", "Comedy"), ("Lion King, The",)),
        Film("3", "Amélie", 2001, ()),
    )
    assert [(r.film, r.value) for r in release.ratings["7"]] == [("2", 4.0), ("3", 2.0), ("1", 5.0)]
    assert list(release.ratings) == ["7", "9"]
    if make is atomic:
        assert release.facts[0] == Fact("m.1", "film.film.directed_by", "m.9")
        assert release.film_of == {"m.1": "1", "m.2": "2"}


def test_a_zip_is_read_like_a_folder(tmp_path: Path) -> None:
    folder = ml_100k(tmp_path / "ml-100k")
    with zipfile.ZipFile(tmp_path / "ml.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"ml-100k/{path.name}")
    assert read_movielens(tmp_path / "ml.zip").ratings == read_movielens(folder).ratings


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("u.data", "7\t1\t5\n", r"u\.data:1: has 3 values"),
        ("u.data", "7\t99\t5\t1\n", r"u\.data:1: rates film '99', which is not listed"),
        ("u.data", "7\t1\t6\t1\n", r"u\.data:1: rating 6 is not between 0\.5 and 5"),
        ("u.data", "7\t1\tnan\t1\n", r"u\.data:1: rating 'nan' is no number"),
        ("u.data", "7\t1\t5\t-1\n", r"u\.data:1: time '-1' is no whole number"),
        ("u.data", "7\t1\t5\t1\n7\t1\t4\t2\n", r"u\.data:2: user '7' rates film '1' again"),
        ("u.data", "", r"u\.data: holds no rating"),
        ("u.item", "1|Heat|x||y|0|1|0\n1|Heat|x||y|0|1|0\n", r"u\.item:2: lists film '1' again"),
        ("u.item", "1|Heat|x||y|0|1|7\n", r"u\.item:1: has a genre flag"),
        ("u.item", "1||x||y|0|1|0\n", r"u\.item:1: has no film id or no title"),
        ("u.item", "\x00", r"u\.item:1: is no text"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, file: str, content: str, message: str) -> None:
    folder = ml_100k(tmp_path / "raw")
    (folder / file).write_text(content)
    with pytest.raises(DataError, match=message):
        prepare_movielens(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_source_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_movielens(tmp_path / "nothing.zip")
    (tmp_path / "no.zip").write_text("text")
    with pytest.raises(DataError, match="is not a whole zip file"):
        read_movielens(tmp_path / "no.zip")
    folder = ml_100k(tmp_path / "raw")
    (folder / "u.genre").unlink()
    with pytest.raises(DataError, match=r"u\.genre not found"):
        read_movielens(folder)
    with zipfile.ZipFile(tmp_path / "climbs.zip", "w") as archive:
        archive.writestr("../u.data", "")
    with pytest.raises(DataError, match="leads out of the zip"):
        read_movielens(tmp_path / "climbs.zip")


def test_sessions_become_dialogues_with_samples_at_the_stated_places(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    ml_100k(folder)
    titles = [(str(n), f"Film {n} (1990)", "0|1|0") for n in range(1, 20)]
    (folder / "u.item").write_text("".join(f"{k}|{t}|x||y|{f}\n" for k, t, f in titles))
    rows = [
        ("7", str(n), "2" if n == 3 else "5", str(n)) for n in range(1, 19)
    ]  # 17 liked, two whole sessions
    rows += [("8", str(n), "5", str(n)) for n in range(1, 9)]  # one session: too few
    (folder / "u.data").write_text("".join("\t".join(row) + "\n" for row in rows))
    manifest = prepare_movielens(folder, tmp_path / "out")
    assert not manifest.repeats
    corpus = load_prepared(tmp_path / "out")
    assert [dialogue.user for dialogue in corpus.dialogues] == ["7", "7"]
    first = corpus.dialogues[0]
    named = 0
    places = []
    for message in first.messages:
        if message.speaker == "recommender":
            places.append(named)
        for mention in message.mentions:
            assert message.text[mention.start : mention.end] == f"Film {mention.entity[5:]} (1990)"
        named += len(message.mentions)
    assert tuple(places) == SAMPLED_AT
    assert named == 8
    assert first.feedback["film:3"].liked is False
    assert first.feedback["film:1"].liked is True
    assert corpus.dialogues[1].time > first.time


def test_facts_stand_once_in_readable_words(tmp_path: Path) -> None:
    prepare_movielens(atomic(tmp_path / "raw"), tmp_path / "out", session_size=1, min_sessions=1)
    triples = {(t.head, t.relation, t.tail) for t in load_prepared(tmp_path / "out").triples}
    assert {
        ("film:1", "director", "m.9"),
        ("film:2", "director", "m.9"),
        ("film:1", "genre", "genre:Drama"),
    } <= triples


def test_nobody_with_sessions(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"no user has 2 sessions of 8 liked films\. Ask for smaller sessions"
    ):
        prepare_movielens(ml_100k(tmp_path / "raw"), tmp_path / "out")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Heat (1995)", ("Heat", 1995, ())),
        ("Lion King, The (1994)", ("The Lion King", 1994, ("Lion King, The",))),
        ("Avventura, L' (1960)", ("L'Avventura", 1960, ("Avventura, L'",))),
        ("(1995)", ("(1995)", 1995, ())),
    ],
)
def test_titles(title: str, expected: object) -> None:
    assert split_title(title) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["u.data", "u.item", "u.genre"]))
def test_no_text_brings_anything_but_a_data_error(tmp_path: Path, text: str, file: str) -> None:
    folder = ml_100k(tmp_path / "raw")
    (folder / file).write_bytes(text.encode("utf-8", errors="surrogatepass"))
    with contextlib.suppress(DataError):
        read_movielens(folder)

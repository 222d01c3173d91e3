"""The linker finds titles, people and genres in what people type, at the right characters."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import random
import re
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ccrs.core.graph import Catalogue, Entity
from ccrs.data.linking import Linker
from ccrs.data.linking_names import tokenise
from ccrs.data.redial_graph_forms import split_title
from ccrs.data.redial_graphs import RedialGraph, load_joined_graph


def film(identity: str, name: str, year: int | None = None, *aliases: str) -> Entity:
    return Entity(identity, "movie", name, is_item=True, year=year, aliases=aliases)


ENTITIES = (
    film("titanic53", "Titanic", 1953),
    film("titanic97", "Titanic", 1997),
    film("it", "It", 2017),
    film("up", "Up", 2009),
    film("her", "Her", 2013),
    film("spider", "Spider-Man", 2002),
    film("mash", "M*A*S*H", 1970),
    film("oceans", "Ocean's Eleven", 2001),
    film("matrix", "The Matrix", 1999),
    film("help", "The Help", 2011),
    film("knight", "The Dark Knight", 2008),
    film("rises", "The Dark Knight Rises", 2012),
    film("amelie", "Amélie", 2001, "Le Fabuleux Destin d'Amélie Poulain"),
    film("airplane", "Airplane!", 1980),
    film("lilo", "Lilo & Stitch", 2002),
    film("rocky2", "Rocky II", 1979),
    film("morgan", "Morgan", 2016),
    film("scary", "Scary Movie", 2000),
    film("blade", "Blade Runner 2049", 2017),
    film("istanbul", "İstanbul", 2001),
    Entity("p1", "person", "Adam Sandler"),
    Entity("p2", "person", "Morgan Freeman"),
    Entity("p3", "person", "Robert De Niro"),
    Entity("p4", "person", "J.K. Simmons"),
    Entity("p5", "person", "Robert Downey Jr."),
    Entity("p6", "person", "Cher"),
    Entity("g1", "genre", "sci-fi"),
    Entity("g2", "genre", "comedy"),
    Entity("g3", "genre", "horror"),
    Entity("g4", "genre", "family"),
    Entity("g5", "genre", "romance"),
    Entity("g6", "genre", "animation"),
)
CATALOGUE = Catalogue(ENTITIES)
LINKER = Linker(CATALOGUE)


def found(text: str, linker: Linker = LINKER) -> list[tuple[str, str]]:
    return [(mention.entity, text[mention.start : mention.end]) for mention in linker.link(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # titles, longest first, whole words, any case, accents and punctuation aside
        ("I loved the dark knight rises!", [("rises", "the dark knight rises")]),
        ("i loved THE DARK KNIGHT", [("knight", "THE DARK KNIGHT")]),
        (
            "Spiderman, spider man or SPIDER-MAN",
            [("spider", s) for s in ("Spiderman", "spider man", "SPIDER-MAN")],
        ),
        ("amelie & Amélie", [("amelie", "amelie"), ("amelie", "Amélie")]),
        ("Ame\u0301lie", [("amelie", "Ame\u0301lie")]),
        (
            "le fabuleux destin d\u2019amelie poulain",
            [("amelie", "le fabuleux destin d\u2019amelie poulain")],
        ),
        (
            "oceans eleven, Ocean\u2019s Eleven",
            [("oceans", "oceans eleven"), ("oceans", "Ocean\u2019s Eleven")],
        ),
        ("lilo and stitch / Lilo & Stitch", [("lilo", "lilo and stitch"), ("lilo", "Lilo & Stitch")]),
        ("mash or M.A.S.H.", [("mash", "mash"), ("mash", "M.A.S.H")]),
        ("rocky 2", [("rocky2", "rocky 2")]),
        ("titanically untitanic", []),
        ("istanbul, ISTANBUL, İSTANBUL", [("istanbul", s) for s in ("istanbul", "ISTANBUL", "İSTANBUL")]),
        # years
        (
            "Titanic (1953) and Titanic 1997.",
            [("titanic53", "Titanic (1953)"), ("titanic97", "Titanic 1997")],
        ),
        ("titanic", [("titanic97", "titanic")]),
        ("Titanic (1912)", []),
        ("Titanic (1996)", [("titanic97", "Titanic (1996)")]),
        ("Titanic 2020", [("titanic97", "Titanic")]),
        ("Airplane! (1980)", [("airplane", "Airplane! (1980)")]),
        ("blade runner 2049 [2017]", [("blade", "blade runner 2049 [2017]")]),
        # titles that are ordinary words
        ("have you seen it? go up to her", []),
        ("It was good. Up to her", []),
        ("I HAVE SEEN IT WITH HER", []),
        ("it (2017) and up, 2009", [("it", "it (2017)"), ("up", "up, 2009")]),
        ('he likes "her" or \u201cup\u201d', [("her", "her"), ("up", "up")]),
        ("I cried during Up and Her", [("up", "Up"), ("her", "Her")]),
        ("I love that one It's old", []),
        ("the help was kind", []),
        ("we saw The Help", [("help", "The Help")]),
        # articles
        ("matrix", [("matrix", "matrix")]),
        ("that dark knight film", [("knight", "dark knight")]),
        ("please help", []),
        # people
        ("Adam Sandler's films, robert deniro", [("p1", "Adam Sandler"), ("p3", "robert deniro")]),
        ("jk simmons and Robert Downey", [("p4", "jk simmons"), ("p5", "Robert Downey")]),
        ("Adam and Cher and Freeman", []),
        ("Morgan Freeman", [("p2", "Morgan Freeman")]),
        ("Morgan Freemna", []),
        ("the film Morgan", [("morgan", "Morgan")]),
        # genres
        ("scifi, Sci-Fi, science fiction", [("g1", s) for s in ("scifi", "Sci-Fi", "science fiction")]),
        ("comedies or a funny movie", [("g2", "comedies"), ("g2", "funny movie")]),
        ("that was funny", []),
        ("scary movies", [("g3", "scary movies")]),
        ("a scary movie", [("g3", "scary movie")]),
        ("we saw Scary Movie (2000)", [("scary", "Scary Movie (2000)")]),
        ("horror flicks", [("g3", "horror flicks")]),
        ("with my family", []),
        ("family movies", [("g4", "family movies")]),
        ("rom coms, romantic cartoons", [("g5", "rom coms"), ("g5", "romantic"), ("g6", "cartoons")]),
        ("", []),
        ("\U0001f600 \u202eTitanic\u202c \U0001f6a2", [("titanic97", "Titanic")]),
    ],
)
def test_what_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_popularity_beats_novelty_among_namesakes() -> None:
    linker = Linker(CATALOGUE, item_popularity={"titanic53": 9, "titanic97": 2})
    assert found("titanic", linker) == [("titanic53", "titanic")]
    assert linker.find_item("titanic") == CATALOGUE.index["titanic53"]
    assert found("titanic (1997)", linker) == [("titanic97", "titanic (1997)")]


def test_items_are_meant_before_other_films() -> None:
    other = Entity("x", "movie", "Titanic", year=2012)
    assert found("titanic", Linker(Catalogue((*ENTITIES, other)))) == [("titanic97", "titanic")]


def test_an_exact_genre_is_meant_before_one_of_the_same_family() -> None:
    linker = Linker(Catalogue((Entity("a", "genre", "comedy film"), Entity("b", "genre", "comedy"))))
    assert found("a comedy", linker) == [("b", "comedy")]
    assert found("a comedy film", linker) == [("a", "comedy film")]
    both = Linker(Catalogue((Entity("a", "genre", "romance"), Entity("b", "genre", "romantic comedy"))))
    assert found("romcoms, romantic comedies", both) == [("b", "romcoms"), ("b", "romantic comedies")]


def test_find_item_by_a_typed_title() -> None:
    def title(text: str) -> str | None:
        item = LINKER.find_item(text)
        return None if item is None else CATALOGUE.entities[item].id

    assert title("titanic") == "titanic97"
    assert title(" Titanic (1953) ") == title("titanic 1953") == "titanic53"
    assert title("Titanic (1912)") is None
    assert title("it") == "it"
    assert title("Airplane! (1980)") == "airplane"
    assert title("Blade Runner 2049") == title("blade runner 2049 (2017)") == "blade"
    assert title("le fabuleux destin d'amelie poulain") == "amelie"
    assert title("Adam Sandler") is None
    assert title("") is title("(1997)") is title("???") is None


def test_no_typed_title_makes_the_search_slow() -> None:
    begin = time.process_time()
    for text in ("a" + " " * 100_000, "a , " * 30_000, "(" * 100_000, "1997 " * 20_000):
        assert LINKER.find_item(text) is None
    assert time.process_time() - begin < 5


def test_nearest_names_for_a_message() -> None:
    assert LINKER.nearest("Titanik")[0].name == "Titanic"
    assert [entity.id for entity in LINKER.nearest("adam sandlar", n=1)] == ["p1"]
    assert LINKER.nearest("zzzzzzzz") == LINKER.nearest("!!") == []


def test_an_empty_catalogue_links_nothing() -> None:
    linker = Linker(Catalogue(()))
    assert linker.link("Titanic (1997)") == ()
    assert linker.find_item("Titanic") is None
    assert linker.nearest("Titanic") == []


def test_entities_without_letters_do_no_harm() -> None:
    linker = Linker(
        Catalogue(
            (film("a", "!!!"), film("b", "\u2764"), Entity("c", "person", "?"), Entity("d", "genre", "-"))
        )
    )
    assert linker.link("!!! \u2764 ? -") == ()


PIECES = [entity.title for entity in ENTITIES] + [
    "'s",
    "(",
    ")",
    "1997",
    " 1953",
    "\n",
    "İ",
    "ß",
    "ﬁ",
    "½",
    "שלום",
    "👩‍👩‍👧",
]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join),
    )
)
@example("İİİ Titanic (1953) ﷺ")
@example("'s")
@example("titanic" + " " * 50_000 + "(" + " " * 50_000)
@example("Up " * 2_000)
@example("Titanic (1953" + " " * 50)
@example("Blade Runner 2049 (2017) 2049 It")
def test_any_text_gives_mentions_in_range_in_order_and_apart(text: str) -> None:
    mentions = LINKER.link(text)
    end = 0
    for mention in mentions:
        assert end <= mention.start < mention.end <= len(text)
        assert mention.entity in CATALOGUE.index
        assert not mention.marked
        end = mention.end


@given(st.text(max_size=60))
def test_tokens_lie_where_they_say(text: str) -> None:
    tokens, starts, ends = tokenise(text)
    assert len(tokens) == len(starts) == len(ends)
    assert all(token and " " not in token for token in tokens)
    assert all(
        word == "'s" or tokenise(text[start:end])[0] == [word]
        for word, start, end in zip(tokens, starts, ends, strict=True)
    )
    assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends, strict=True))
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


@given(
    st.sampled_from([entity for entity in ENTITIES if entity.is_item]),
    st.text(" .,!?abc\U0001f600İ", max_size=20),
)
def test_a_title_with_its_year_is_always_found(entity: Entity, around: str) -> None:
    text = f"{around} {entity.title} {around}"
    start = len(around) + 1
    assert (entity.id, entity.title) in found(text) or text[start : start + 1] == "!"


@pytest.fixture(scope="module")
def redial(shared_data: Path) -> tuple[RedialGraph, Linker, dict[str, str], list[str]]:
    """The graph, its linker, the listed titles and the texts of 300 training dialogues."""
    with zipfile.ZipFile(shared_data / "redial" / "redial_dataset.zip") as archive:
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open("movies_with_mentions.csv"), "utf-8")))
        lines = archive.read("train_data.jsonl").splitlines()
    titles = {row["movieId"]: row["movieName"] for row in rows}
    graph = load_joined_graph([shared_data / "redial-kg" / "imdb"], titles)
    popularity: dict[str, int] = {}
    for row in rows:
        item = graph.item_ids[row["movieId"]]
        popularity[item] = popularity.get(item, 0) + int(row["nbMentions"])
    chosen = random.Random(0).sample(lines, 300)
    texts = [message["text"] for line in chosen for message in json.loads(line)["messages"]]
    return graph, Linker(graph.catalogue, item_popularity=popularity), titles, texts


def with_titles(text: str, titles: dict[str, str]) -> tuple[str, list[tuple[int, int, str]]]:
    """The text with readable titles for its ids, and where those with a year stand."""
    parts, places, at, length = [], [], 0, 0
    for match in re.finditer(r"@(\d+)", text):
        if match[1] not in titles:
            continue
        name, year = split_title(titles[match[1]])
        title = name if year is None else f"{name} ({year})"
        parts += [text[at : match.start()], title]
        length += match.start() - at
        if year is not None:
            places.append((length, length + len(title), match[1]))
        length, at = length + len(title), match.end()
    return "".join([*parts, text[at:]]), places


@pytest.mark.realdata
def test_titles_put_back_into_redial_are_found(
    redial: tuple[RedialGraph, Linker, dict[str, str], list[str]],
) -> None:
    graph, linker, titles, texts = redial
    right = wanted = touching = predicted = 0
    for text in texts:
        readable, places = with_titles(text, titles)
        expected = {(start, end, graph.item_ids[movie]) for start, end, movie in places}
        items = {
            (mention.start, mention.end, mention.entity)
            for mention in linker.link(readable)
            if graph.catalogue.index[mention.entity] < graph.catalogue.num_items
        }
        wanted += len(expected)
        right += len(expected & items)
        predicted += len(items)
        touching += sum(any(s < end and start < e for s, e, _ in expected) for start, end, _ in items)
    assert wanted > 1500
    # Measured: recall 0.998, precision 0.998, and 0.869 as the lower bound below.
    assert right / wanted > 0.98
    assert right / touching > 0.98
    # A lower bound: the texts also name films, with or without a year, that ReDial did not mark.
    assert right / predicted > 0.85


@pytest.mark.realdata
def test_people_are_found_as_another_linker_found_them(
    shared_data: Path, redial: tuple[RedialGraph, Linker, dict[str, str], list[str]]
) -> None:
    graph, linker, _, _ = redial
    with gzip.open(shared_data / "redial" / "entity_links_kerl.json.gz", "rt", encoding="utf-8") as stream:
        links = dict(random.Random(0).sample(sorted(json.load(stream).items()), 2000))
    names = {entity.id: " ".join(tokenise(entity.name)[0]) for entity in graph.catalogue.entities}
    people = {names[entity.id] for entity in graph.catalogue.entities if entity.type == "person"}
    wanted = right = 0
    for text, others in links.items():
        expected = {" ".join(tokenise(other)[0]) for other in others} & people
        expected = {name for name in expected if " " in name}
        wanted += len(expected)
        right += len(expected & {names[mention.entity] for mention in linker.link(text)})
    assert wanted > 500
    # Measured 0.926; the rest are surnames alone, nicknames and misspellings, which are not linked.
    assert right / wanted > 0.9


@pytest.mark.realdata
def test_mentions_of_prepared_films_stay_what_they_are(
    redial: tuple[RedialGraph, Linker, dict[str, str], list[str]],
) -> None:
    graph, _, titles, texts = redial
    linker = Linker(graph.catalogue)
    digest = hashlib.sha256()
    for text in (*texts, *(with_titles(text, titles)[0] for text in texts)):
        digest.update(repr([(m.entity, m.start, m.end) for m in linker.link(text)]).encode())
    # The committed results rest on these mentions: what would change them must hang on an option.
    assert digest.hexdigest() == "8768bc1185575e83b35a50416e0e26b2c23c6157270d38022edbec64de3014d7"


@pytest.mark.slow
@pytest.mark.realdata
def test_cues_and_typos_find_more_and_keep_what_is_exact(
    redial: tuple[RedialGraph, Linker, dict[str, str], list[str]],
) -> None:
    graph, _, titles, texts = redial
    named = (movie for text in texts for movie in re.findall(r"@(\d+)", text) if movie in titles)
    popularity = Counter(graph.item_ids[movie] for movie in named)
    shares = []
    for typos in (False, True):
        linker = Linker(graph.catalogue, item_popularity=popularity, typos=typos)
        right = wanted = 0
        for text in texts:
            readable, places = with_titles(text, titles)
            bare = re.sub(r" \(\d{4}\)", lambda year: "," * len(year[0]), readable.lower())
            found = {(mention.start, mention.entity) for mention in linker.link(bare)}
            wanted += len(places)
            right += sum((start, graph.item_ids[movie]) in found for start, _, movie in places)
        shares.append(right / wanted)
    # Measured: 0.856 and 0.880 of titles in lower case and without their year.
    assert shares[1] > shares[0] + 0.015


@pytest.mark.realdata
def test_it_is_quick(redial: tuple[RedialGraph, Linker, dict[str, str], list[str]]) -> None:
    graph, linker, _, texts = redial
    begin = time.process_time()
    Linker(graph.catalogue)
    built = time.process_time()
    for text in texts:
        linker.link(text)
    linked = time.process_time()
    # Measured 0.6 s and 20 microseconds; the bounds leave room for a busy machine.
    assert built - begin < 6
    assert (linked - built) / len(texts) < 300e-6

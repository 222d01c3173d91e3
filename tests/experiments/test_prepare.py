"""From a raw release and a graph to a prepared corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import ccrs.experiments.prepare as prepare_module
from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message
from ccrs.core.errors import DataError
from ccrs.core.graph import Triple
from ccrs.data.linking_dialogues import link_dialogue
from ccrs.data.prepared import PreparedCorpus, load_prepared
from ccrs.data.readers.redial import NO_TEXT
from ccrs.experiments.prepare import prepare_redial

# 12 and 22 are one film of the graph; 13 is not in the graph.
MOVIES = (
    "movieId,movieName,nbMentions\n11,Titanic (1997),3\n12,Heat (1995),1\n22,Heat  (1995),1\n13,Up (2009),2\n"
)
TRAIN = {
    "conversationId": 1,
    "initiatorWorkerId": 7,
    "respondentWorkerId": 8,
    "movieMentions": {"11": "Titanic (1997)", "22": "Heat (1995)"},
    "initiatorQuestions": {
        "12": {"suggested": 1, "seen": 2, "liked": 1},
        "22": {"suggested": 1, "seen": 0, "liked": 0},
        "13": {"suggested": 0, "seen": 1, "liked": 1},
    },
    "respondentQuestions": [],
    "messages": [
        {"messageId": 5, "timeOffset": 0, "senderWorkerId": 7, "text": "A comedy like @11 with Al Pacino?"},
        {"messageId": 6, "timeOffset": 1, "senderWorkerId": 8, "text": "@22 has Al Pacino"},
        {"messageId": 7, "timeOffset": 2, "senderWorkerId": 8, "text": " "},
    ],
}
TEST = TRAIN | {"conversationId": 2}


def write_raw(folder: Path, train: dict[str, Any] = TRAIN) -> tuple[Path, Path]:
    """A release and a graph of the form ``imdb``."""
    release, graph = folder / "raw", folder / "imdb"
    release.mkdir()
    graph.mkdir()
    (release / "train_data.jsonl").write_text(json.dumps(train) + "\n", encoding="utf-8")
    (release / "test_data.jsonl").write_text(json.dumps(TEST) + "\n", encoding="utf-8")
    (release / "movies_with_mentions.csv").write_text(MOVIES, encoding="utf-8")
    entities = "0\tmovie\tTitanic (1997)\n1\tmovie\tHeat (1995)\n2\tperson\tAl Pacino\n3\tgenre\tcomedy\n"
    (graph / "entities.tsv").write_text(entities, encoding="utf-8")
    (graph / "triples.tsv").write_text("1\tstar\t2\n", encoding="utf-8")
    movies = [("11", 0), ("12", 1), ("22", 1)]
    lines = (json.dumps({"movieId": movie, "entity": entity}) + "\n" for movie, entity in movies)
    (graph / "movies.jsonl").write_text("".join(lines), encoding="utf-8")
    return release, graph


@pytest.fixture
def corpus(tmp_path: Path) -> PreparedCorpus:
    release, graph = write_raw(tmp_path)
    manifest = prepare_redial(release, [graph], tmp_path / "prepared")
    loaded = load_prepared(tmp_path / "prepared")
    assert loaded.manifest == manifest
    return loaded


def named(corpus: PreparedCorpus, message: Message) -> list[tuple[str, str, bool]]:
    """Of each mention: the entity's title, the words, whether it was marked."""
    entities = {entity.id: entity.title for entity in corpus.catalogue.entities}
    return [(entities[m.entity], message.text[m.start : m.end], m.marked) for m in message.mentions]


def test_movie_ids_become_entities_and_the_words_are_linked(corpus: PreparedCorpus) -> None:
    first, second = corpus.dialogues[0].messages
    assert first.text == "A comedy like Titanic (1997) with Al Pacino?"
    assert named(corpus, first) == [
        ("comedy", "comedy", False),
        ("Titanic (1997)", "Titanic (1997)", True),
        ("Al Pacino", "Al Pacino", False),
    ]
    assert named(corpus, second) == [("Heat (1995)", "Heat (1995)", True), ("Al Pacino", "Al Pacino", False)]


def test_every_listed_film_is_an_item_and_doubles_are_one(corpus: PreparedCorpus) -> None:
    assert [entity.title for entity in corpus.catalogue.items] == [
        "Titanic (1997)",
        "Heat (1995)",
        "Up (2009)",
    ]
    assert [triple.relation for triple in corpus.triples] == ["star"]
    assert corpus.triples[0] == Triple("12", "star", corpus.triples[0].tail)


def test_feedback_on_a_film_listed_twice_is_joined(corpus: PreparedCorpus) -> None:
    assert corpus.dialogues[0].feedback == {
        "12": Feedback(suggested=True, seen=False, liked=None),  # liked: yes and no, so undecided
        "13": Feedback(suggested=False, seen=True, liked=True),
    }


def test_the_manifest_tells_where_it_came_from(corpus: PreparedCorpus) -> None:
    manifest = corpus.manifest
    assert (manifest.dataset, manifest.licence) == ("redial", "CC BY 4.0")
    assert set(manifest.sources) == {
        "train_data.jsonl",
        "test_data.jsonl",
        "movies_with_mentions.csv",
        "imdb/entities.tsv",
        "imdb/triples.tsv",
        "imdb/movies.jsonl",
    }
    assert manifest.dropped[NO_TEXT] == 2
    assert 0 not in manifest.dropped.values()
    assert "train: 1 dialogues of the 10,006 of the official release" in manifest.notes
    assert [d.part for d in corpus.dialogues] == ["train", "test"]


def test_lenient_leaves_out_a_faulty_dialogue(tmp_path: Path) -> None:
    release, graph = write_raw(tmp_path)
    with (release / "train_data.jsonl").open("a", encoding="utf-8") as stream:
        stream.write("{}\n")
    with pytest.raises(DataError, match=r"train_data\.jsonl:2: "):
        prepare_redial(release, [graph], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    manifest = prepare_redial(release, [graph], tmp_path / "out", lenient=True)
    assert manifest.dropped["dialogues skipped: missing key"] == 1
    assert manifest.counts["dialogues"] == 2


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release, graph = write_raw(tmp_path)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(prepare_module, "link_dialogue", interrupt)
    with pytest.raises(KeyboardInterrupt):
        prepare_redial(release, [graph], tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["imdb", "raw"]


class WordLinker:
    """Links every ``film`` it is shown."""

    def link(self, text: str) -> tuple[Mention, ...]:
        starts = [at for at in range(len(text)) if text.startswith("film", at)]
        return tuple(Mention("f", at, at + 4, marked=True) for at in starts)


def test_linking_keeps_mentions_and_adds_only_outside_them() -> None:
    text = "film, my film, film"
    dialogue = Dialogue("d", "u", (Message("seeker", text, (Mention("m", 6, 13, marked=True),)),), time=9)
    linked = link_dialogue(dialogue, WordLinker())
    assert linked.messages[0].mentions == (
        Mention("f", 0, 4),
        Mention("m", 6, 13, marked=True),
        Mention("f", 15, 19),
    )
    assert (linked.id, linked.time, linked.messages[0].text) == ("d", 9, text)
    bare = Dialogue("d", "u", (Message("seeker", "a film"), Message("recommender", "none")))
    assert [m.mentions for m in link_dialogue(bare, WordLinker()).messages] == [(Mention("f", 2, 6),), ()]


@pytest.mark.slow
@pytest.mark.realdata
def test_the_release_is_prepared_over_the_imdb_graph(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "redial" / "redial_dataset.zip"
    manifest = prepare_redial(source, [shared_data / "redial-kg" / "imdb"], tmp_path / "out")
    corpus = load_prepared(tmp_path / "out")
    counts = manifest.counts
    assert (counts["dialogues"], counts["users"], counts["messages"]) == (6002, 571, 108_980)
    assert (counts["marked mentions"], counts["triples"]) == (38_353, 56_965)
    assert counts["items"] == 6924 - manifest.dropped["movie ids merged"]
    linked = [m for d in corpus.dialogues for message in d.messages for m in message.mentions if not m.marked]
    assert 10_000 < len(linked) < 30_000
    types = {entity.id: entity.type for entity in corpus.catalogue.entities}
    assert {types[m.entity] for m in linked} == {"movie", "person", "genre"}


def with_extras(tmp_path: Path, graph: Path) -> dict[str, Any]:
    """A side graph with a person of its own, two related words and a review."""
    side = tmp_path / "side"
    side.mkdir()
    (side / "entities.tsv").write_text("0\tmovie\t12,22\tHeat\n1\tentity\t\tcomedy club\n", encoding="utf-8")
    (side / "relations.tsv").write_text("relation_id\tcount\tname\n14\t1\tkeyword\n", encoding="utf-8")
    (side / "triples.tsv").write_text("0\t14\t1\n", encoding="utf-8")
    words, reviews = tmp_path / "words.tsv", tmp_path / "reviews.json"
    words.write_text("IsA\tcomedy\tgenre\n", encoding="utf-8")
    reviews.write_text(json.dumps({"22": "Tense.", "99": "of no film"}), encoding="utf-8")
    return {"side_graphs": [side], "word_graphs": [words], "reviews": reviews}


def test_side_graphs_words_and_reviews_lie_beside_the_data(tmp_path: Path) -> None:
    release, graph = write_raw(tmp_path)
    prepare_redial(release, [graph], tmp_path / "plain")
    prepare_redial(release, [graph], tmp_path / "out", **with_extras(tmp_path, graph))
    plain, whole = load_prepared(tmp_path / "plain"), load_prepared(tmp_path / "out")
    assert whole.dialogues == plain.dialogues  # nobody hears the entities of a side graph
    assert whole.triples == plain.triples
    assert whole.catalogue.entities[: plain.catalogue.num_entities] == plain.catalogue.entities
    (side,) = whole.extras.side_graphs["kecrs-tmdkg"]
    assert (side.head, side.relation, side.tail) == ("12", "keyword", "kecrs-tmdkg:1")
    assert whole.extras.word_pairs == (("comedy", "genre"),)
    assert whole.extras.reviews == {"12": "Tense."}
    assert {"imdb/kecrs-tmdkg/entities.tsv", "words.tsv", "reviews.json"} < set(whole.manifest.sources)
    assert whole.manifest.counts["reviews"] == 1


def test_an_altered_extra_is_noticed(tmp_path: Path) -> None:
    release, graph = write_raw(tmp_path)
    prepare_redial(release, [graph], tmp_path / "out", **with_extras(tmp_path, graph))
    with (tmp_path / "out" / "reviews.tsv").open("a", encoding="utf-8") as stream:
        stream.write("13\tLovely.\n")
    with pytest.raises(DataError, match=r"reviews\.tsv: was altered"):
        load_prepared(tmp_path / "out")


def test_who_recommended_is_not_in_the_data(tmp_path: Path) -> None:
    """The identity of the human recommender is worth points, so no model may ever see it: the probe."""
    release, graph = write_raw(tmp_path)
    first = prepare_redial(release, [graph], tmp_path / "one")
    text = (release / "train_data.jsonl").read_text(encoding="utf-8")
    another = text.replace('"respondentWorkerId": 8', '"respondentWorkerId": 9').replace(
        '"senderWorkerId": 8', '"senderWorkerId": 9'
    )
    assert another != text
    (release / "train_data.jsonl").write_text(another, encoding="utf-8")
    assert prepare_redial(release, [graph], tmp_path / "two").checksum == first.checksum

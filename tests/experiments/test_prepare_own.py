"""One's own table, with what there is of facts, dialogues and ratings, to a prepared corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ccrs.core.cards import ItemCard
from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message
from ccrs.core.errors import ConfigError, DataError
from ccrs.core.graph import Catalogue, Triple
from ccrs.data.prepared import PreparedCorpus, load_prepared
from ccrs.data.readers.plain_dialogues import SpeakerNames
from ccrs.data.readers.table_items import TableConfig
from ccrs.experiments.prepare_own import FEW_SESSIONS, LEFT_OVER, OwnConfig, OwnSources, prepare_catalogue

ITEMS = """\
id,title,designer,minutes,price,available
g1,Azul Tiles,Ann Lee,30,$20,yes
g2,Brass Works,Bob Ray,60,$50,yes
g3,Cedar Grove,Ann Lee,45,$30,no
g4,Delta Run,Cy Poe,60,$25,yes
g5,Ember Keep,Bob Ray,90,$45,yes
"""
TEXT = (
    "Seeker: Something like Azul Tiles?\nRecommender: Try Cedar Grove!\n\nMia: brass works\nBot: Ember Keep\n"
)


class Simulator:
    """Keeps what it was given, and writes one dialogue."""

    def __init__(self) -> None:
        self.seen: tuple[Catalogue, list[Triple], dict[str, float]] | None = None

    def __call__(
        self, catalogue: Catalogue, triples: Sequence[Triple], popularity: Mapping[str, float]
    ) -> tuple[Dialogue, ...]:
        self.seen = catalogue, list(triples), dict(popularity)
        title = catalogue.items[0].title
        mention = Mention(catalogue.items[0].id, 0, len(title), marked=True)
        return (Dialogue("person-0001-01", "person-0001", (Message("seeker", title, (mention,)),)),)


def write(folder: Path, **files: str) -> OwnSources:
    """Files by ``OwnSources``' names, with ``__`` before the ending (``dialogues__txt``)."""
    paths = {}
    for name, content in {"items__csv": ITEMS, **files}.items():
        key, ending = name.split("__")
        paths[key] = folder / f"{key}.{ending}"
        paths[key].write_text(content, encoding="utf-8")
    return OwnSources(**paths)


def prepared(folder: Path, sources: OwnSources, config: OwnConfig | None = None) -> PreparedCorpus:
    manifest = prepare_catalogue(sources, folder / "out", config, simulate=Simulator())
    corpus = load_prepared(folder / "out")
    assert corpus.manifest == manifest
    return corpus


def test_without_dialogues_they_are_simulated(tmp_path: Path) -> None:
    simulator = Simulator()
    manifest = prepare_catalogue(write(tmp_path), tmp_path / "out", simulate=simulator)
    corpus = load_prepared(tmp_path / "out")
    # What is not to be had is recommended by nobody, so the simulator does not see it.
    assert simulator.seen is not None
    catalogue, triples, popularity = simulator.seen
    assert {item.id for item in corpus.catalogue.items} - {item.id for item in catalogue.items} == {"g3"}
    assert list(triples) == [t for t in corpus.triples if "g3" not in (t.head, t.tail)]
    assert popularity == {}
    assert [dialogue.user for dialogue in corpus.dialogues] == ["person-0001"]
    assert any("simulated over the catalogue" in note for note in manifest.notes)
    assert any(note.startswith("1 items that are not available") for note in manifest.notes)
    assert set(manifest.sources) == {"items.csv"}
    assert manifest.counts["cards"] == 5


def test_cards_are_kept(tmp_path: Path) -> None:
    cards = prepared(tmp_path, write(tmp_path)).extras.cards
    assert cards["g3"] == ItemCard(price="$30", available=False, numbers={"minutes": 45, "price": 30})
    assert cards["g1"].available


def test_dialogues_of_text_are_linked(tmp_path: Path) -> None:
    corpus = prepared(tmp_path, write(tmp_path, dialogues__txt=TEXT))
    assert [d.user for d in corpus.dialogues] == ["dialogue-1", "dialogue-2"]
    named = [[m.entity for m in message.mentions] for d in corpus.dialogues for message in d.messages]
    assert named == [["g1"], ["g3"], ["g2"], ["g5"]]
    assert not any("simulated" in note for note in corpus.manifest.notes)


def test_dialogues_of_a_table_and_of_json_lines(tmp_path: Path) -> None:
    table = "dialogue_id,speaker,text\n7,Kim,I like Azul Tiles\n7,Lee,Delta Run then\n"
    config = OwnConfig(speakers=SpeakerNames("Lee", "Kim"))
    (dialogue,) = prepared(tmp_path, write(tmp_path, dialogues__csv=table), config).dialogues
    assert [(m.speaker, m.mentions[0].entity) for m in dialogue.messages] == [
        ("recommender", "g1"),
        ("seeker", "g4"),
    ]
    lines = '{"id":"d","user":"u","messages":[{"speaker":"seeker","text":"Delta Run?"}]}\n{\n'
    sources = write(tmp_path, dialogues__jsonl=lines)
    corpus = prepared(tmp_path, sources, OwnConfig(table=TableConfig(lenient=True)))
    assert corpus.dialogues[0].messages[0].mentions[0].entity == "g4"
    assert corpus.manifest.dropped == {"dialogues skipped: broken JSON": 1}


RATINGS = "user,item,rating\n" + "".join(
    f"{user},{item},{value}\n"
    for user, values in {"ann": "55415", "bob": "51155", "cy": "11511"}.items()
    for item, value in zip(("g1", "g2", "g3", "g4", "g5"), values, strict=True)
)


def test_ratings_become_sessions_and_popularity(tmp_path: Path) -> None:
    simulator = Simulator()
    sources = write(tmp_path, ratings__csv=RATINGS)
    config = OwnConfig(session_size=3)
    manifest = prepare_catalogue(sources, tmp_path / "out", config, simulate=simulator)
    assert simulator.seen is not None
    assert simulator.seen[2] == {"g1": 2, "g2": 1, "g3": 2, "g4": 1, "g5": 2}
    first, *sessions = load_prepared(tmp_path / "out").dialogues
    assert first.user == "person-0001"
    assert [(d.id, d.user) for d in sessions] == [("ratings-ann-0", "ann"), ("ratings-bob-0", "bob")]
    assert [message.text for message in sessions[0].messages] == [
        "Hello, what can you recommend?",
        "How about Azul Tiles?",
        "I like that.",
        "How about Brass Works?",
        "I like that.",
        "How about Cedar Grove?",
        "I like that.",
    ]
    assert sessions[1].feedback == {
        **{item: Feedback(liked=True) for item in ("g1", "g4", "g5")},
        **{item: Feedback(liked=False) for item in ("g2", "g3")},
    }
    assert manifest.dropped == {FEW_SESSIONS: 1, LEFT_OVER: 1}
    assert any("a rating above 3, the middle between lowest and highest" in note for note in manifest.notes)
    assert not any("film" in f"{note} {d.messages}" for note in manifest.notes for d in sessions)


def test_what_counts_as_liking_may_be_stated(tmp_path: Path) -> None:
    sources = write(tmp_path, ratings__csv=RATINGS)
    corpus = prepared(tmp_path, sources, OwnConfig(session_size=1, liked=5))
    assert sum(d.user == "ann" for d in corpus.dialogues) == 3
    bought = prepared(
        tmp_path, write(tmp_path, ratings__csv="user,item\na,g1\na,g2\n"), OwnConfig(session_size=2)
    )
    assert [d.user for d in bought.dialogues] == ["person-0001", "a"]
    assert any("a purchase counts as liking" in note for note in bought.manifest.notes)


def test_ratings_beside_dialogues(tmp_path: Path) -> None:
    sources = write(tmp_path, dialogues__txt=TEXT, ratings__csv=RATINGS)
    corpus = prepared(tmp_path, sources, OwnConfig(session_size=3))
    assert [d.user for d in corpus.dialogues] == ["dialogue-1", "dialogue-2", "ann", "bob"]


def test_further_facts(tmp_path: Path) -> None:
    corpus = prepared(
        tmp_path, write(tmp_path, triples__tsv="head\trelation\ttail\nAzul Tiles\tmade by\tPlan B\n")
    )
    assert corpus.triples[-1] == Triple("g1", "made by", "made by:Plan B")
    assert corpus.catalogue.entities[-1].name == "Plan B"


def test_the_simulator_itself_writes_over_the_catalogue(tmp_path: Path) -> None:
    manifest = prepare_catalogue(write(tmp_path), tmp_path / "out", OwnConfig(users=3))
    corpus = load_prepared(tmp_path / "out")
    assert manifest.counts["users"] == 3
    again = prepare_catalogue(write(tmp_path), tmp_path / "again", OwnConfig(users=3))
    assert again.checksum == manifest.checksum
    assert all(d.user.startswith("person-") for d in corpus.dialogues)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"dialogues__txt": "A: hello\nB: hi\n"}, r"dialogues\.txt: no dialogue names an item of the table"),
        ({"dialogues__txt": "hello\n"}, r"dialogues\.txt:1: 'hello' begins with no speaker"),
        ({"dialogues__jsonl": "{\n"}, r"dialogues\.jsonl:1: is not valid JSON"),
        ({"ratings__csv": "user,item\na,zz\n"}, r"ratings\.csv: no row rates an item"),
        ({"items__csv": ITEMS.replace("yes", "no")}, r"items\.csv: no item is available"),
        (
            {"items__csv": "id,title,part,part of\n1,A,u,v\n2,B,u,v\n"},
            r"items\.csv: the relation 'part of' would be",
        ),
        ({"items__csv": "id,title\n1,A\n"}, r"The catalogue has 1 item"),
    ],
)
def test_nothing_is_written_on_a_fault(files: dict[str, str], message: str, tmp_path: Path) -> None:
    sources = write(tmp_path, **files)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match=message):
        prepare_catalogue(sources, tmp_path / "out")
    assert sorted(tmp_path.rglob("*")) == before


def test_sessions_need_a_size(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="session_size = 0"):
        prepare_catalogue(write(tmp_path), tmp_path / "out", OwnConfig(session_size=0))

"""Corpora as atomic files and back: the same catalogue, graph and interactions."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message
from ccrs.core.errors import ConfigError, DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import load_prepared, write_prepared
from ccrs.experiments.interchange import SILENT, export_recbole, first_speakers, prepare_recbole
from ccrs.experiments.interchange_dialogues import DialogueReading
from ccrs.experiments.prepare import prepare_simulated
from ccrs.experiments.sessions import SAMPLED_AT
from ccrs.simulation.corpus import SimulationConfig

ITEMS = (
    Entity("f1", "movie", '"Crocodile" Dundee', True, 1986, ("Dundee", "Croc")),
    Entity("f2", "movie", "Heat", True),
    Entity("f3", "film", "Heat", True, 1995),
)
CATALOGUE = Catalogue(
    (*ITEMS, Entity("p1", "person", "Pat O'Neil", aliases=("Pat",)), Entity("g", "genre", "Noir"))
)
TRIPLES = (Triple("f1", "director", "p1"), Triple("p1", "knows", "p1"), Triple("f3", "remake of", "f2"))


def naming(speaker: str, *items: str) -> Message:
    mentions = tuple(Mention(item, 2 * n, 2 * n + 1, marked=True) for n, item in enumerate(items))
    return Message(speaker, "x " * len(items) or "Hello", mentions)  # type: ignore[arg-type]


DIALOGUES = (
    Dialogue(
        "d1",
        "ann",
        (naming("seeker", "f2", "g"), naming("recommender", "f1", "f2"), naming("seeker", "f1")),
        time=-3,
        part="train",
        feedback={"f1": Feedback(suggested=True, seen=False, liked=True), "f3": Feedback(liked=False)},
    ),
    Dialogue("d2", "ann", (naming("recommender", "f2"),), time=2**62 + 1, part="test"),
    Dialogue("d3", "bob", (naming("seeker"),), feedback={"f3": Feedback()}),
    Dialogue("d4", "bob", (naming("seeker", "g"),)),
)


def prepared(folder: Path, dialogues: tuple[Dialogue, ...] = DIALOGUES) -> Path:
    write_prepared(
        folder, dataset="small", licence="none", catalogue=CATALOGUE, triples=TRIPLES, dialogues=dialogues
    )
    return folder


def same_interactions(first: Dialogue, second: Dialogue) -> bool:
    """All but the texts, and of namings the first of each item."""
    items = {item.id for item in ITEMS}
    return (
        (first.id, first.user, first.time, first.part) == (second.id, second.user, second.time, second.part)
        and first.feedback == second.feedback
        and list(first_speakers(first, items).items()) == list(first_speakers(second, items).items())
    )


def test_export_and_import_give_the_same_corpus_without_its_texts(tmp_path: Path) -> None:
    exported = export_recbole(prepared(tmp_path / "data"), tmp_path / "small")
    assert exported.rows == {
        "small.inter": 5,
        "small.item": 3,
        "small.kg": 3,
        "small.link": 3,
        "small.ent": 2,
    }
    assert exported.left_out[SILENT] == 1
    manifest = prepare_recbole(tmp_path / "small", tmp_path / "again", licence="none")
    assert (manifest.dataset, manifest.licence) == ("small", "none")
    again = load_prepared(tmp_path / "again")
    assert again.catalogue == CATALOGUE
    assert again.triples == TRIPLES
    for before, after in zip(DIALOGUES[:3], again.dialogues, strict=True):
        assert same_interactions(before, after), (before, after)
    for dialogue in again.dialogues:
        for message in dialogue.messages:
            for mention in message.mentions:
                title = CATALOGUE.entities[CATALOGUE.index[mention.entity]].title
                assert message.text[mention.start : mention.end] == title


def test_the_files_are_those_that_recbole_documents(tmp_path: Path) -> None:
    export_recbole(prepared(tmp_path / "data"), tmp_path / "out", name="small")
    lines = {path.suffix: path.read_text().splitlines() for path in (tmp_path / "out").glob("small.*")}
    assert lines[".inter"][:2] == [
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\tsession_id:token\tspeaker:token\tpart:token"
        "\tseen:token\tsuggested:token",
        "ann\tf2\t\t-3\td1\tseeker\ttrain\t\t",
    ]
    assert lines[".item"][1] == 'f1\t"""Crocodile"" Dundee"\tmovie\t1986\tDundee|Croc'
    assert lines[".kg"][:2] == ["head_id:token\trelation_id:token\ttail_id:token", "f1\tdirector\tp1"]
    assert lines[".link"][:2] == ["item_id:token\tentity_id:token", "f1\tf1"]
    assert "texts of the dialogues are not here" in (tmp_path / "out" / "README.md").read_text()


def test_columns_without_a_value_are_left_out(tmp_path: Path) -> None:
    export_recbole(prepared(tmp_path / "data", DIALOGUES[1:2]), tmp_path / "out")
    header = (tmp_path / "out" / "out.inter").read_text().splitlines()[0]
    assert (
        header == "user_id:token\titem_id:token\ttimestamp:float\tsession_id:token\tspeaker:token\tpart:token"
    )


def test_a_simulated_corpus_comes_back_and_goes_out_again_the_same(tmp_path: Path) -> None:
    prepare_simulated(SimulationConfig(num_users=20), tmp_path / "data")
    export_recbole(tmp_path / "data", tmp_path / "one", name="x")
    prepare_recbole(tmp_path / "one", tmp_path / "again")
    export_recbole(tmp_path / "again", tmp_path / "two", name="x")
    for ending in ("inter", "item", "kg", "link", "ent"):
        assert (tmp_path / "one" / f"x.{ending}").read_bytes() == (
            tmp_path / "two" / f"x.{ending}"
        ).read_bytes()
    first, again = load_prepared(tmp_path / "data"), load_prepared(tmp_path / "again")
    assert (first.catalogue, first.triples) == (again.catalogue, again.triples)


NAMES = st.text(
    st.characters(exclude_characters="\t\n\r\0", exclude_categories=["Cs"]), min_size=1, max_size=12
)


@st.composite
def corpora(draw: st.DrawFn) -> tuple[Catalogue, tuple[Triple, ...], tuple[Dialogue, ...]]:
    """Small corpora whose names are any that a prepared folder can hold."""
    names = NAMES.filter(str.strip)
    ids = draw(st.lists(names, min_size=3, max_size=6, unique=True))
    num_items = draw(st.integers(2, len(ids)))
    aliases = st.lists(names.filter(lambda name: "|" not in name), max_size=2).map(tuple)
    entities = [
        Entity(
            i, draw(names), draw(names), n < num_items, draw(st.none() | st.integers(0, 3000)), draw(aliases)
        )
        for n, i in enumerate(ids)
    ]
    triple = st.builds(Triple, st.sampled_from(ids), names, st.sampled_from(ids))
    answers = st.none() | st.booleans()
    feedback = st.builds(Feedback, answers, answers, answers).filter(lambda answer: answer != Feedback())
    items = st.sampled_from(ids[:num_items])
    message = st.builds(naming, st.sampled_from(["seeker", "recommender"]), items)
    dialogue = st.builds(
        Dialogue,
        names,
        names,
        st.lists(message, min_size=1, max_size=4).map(tuple),
        time=st.integers(-(2**63) + 1, 2**63 - 1),
        part=st.none() | st.sampled_from(["train", "validation", "test"]),
        feedback=st.dictionaries(items, feedback, max_size=2),
    )
    dialogues = draw(st.lists(dialogue, min_size=1, max_size=4, unique_by=lambda found: found.id))
    return Catalogue(tuple(entities)), tuple(draw(st.lists(triple, max_size=4))), tuple(dialogues)


@given(corpora())
@settings(max_examples=25, deadline=None)
def test_any_corpus_comes_back(corpus: tuple[Catalogue, tuple[Triple, ...], tuple[Dialogue, ...]]) -> None:
    catalogue, triples, dialogues = corpus
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_prepared(
            folder / "data",
            dataset="x",
            licence="none",
            catalogue=catalogue,
            triples=triples,
            dialogues=dialogues,
        )
        before = load_prepared(folder / "data")
        export_recbole(folder / "data", folder / "out")
        prepare_recbole(folder / "out", folder / "again")
        again = load_prepared(folder / "again")
    assert again.catalogue == before.catalogue
    assert again.triples == before.triples
    items = {item.id for item in catalogue.items}
    for one, two in zip(before.dialogues, again.dialogues, strict=True):
        assert (one.id, one.user, one.time, one.part) == (two.id, two.user, two.time, two.part)
        assert one.feedback == two.feedback
        assert list(first_speakers(one, items).items()) == list(first_speakers(two, items).items())


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "a\rb", "a\0b"])
def test_a_name_that_the_files_cannot_hold_is_refused(tmp_path: Path, name: str) -> None:
    dialogue = Dialogue("d", name, (naming("seeker", "f1"),))
    with pytest.raises(DataError, match=r"\.inter: user_id .* holds a tab, a line end or a NUL"):
        export_recbole(prepared(tmp_path / "data", (dialogue,)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_ours_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="is not ours to replace"):
        export_recbole(prepared(tmp_path / "data"), tmp_path / "mine")
    with pytest.raises(ConfigError, match=r"--name '\.\./x'"):
        export_recbole(tmp_path / "data", tmp_path / "out", name="../x")


def foreign(folder: Path, header: str, rows: list[str]) -> Path:
    """A release of another system: films 1 to 20 and some interactions."""
    folder.mkdir()
    (folder / "x.inter").write_text("\n".join([header, *rows]) + "\n")
    items = "".join(f"{n}\tFilm {n}\n" for n in range(1, 21))
    (folder / "x.item").write_text(f"item_id:token\ttitle:token_seq\n{items}")
    return folder


def test_rows_without_session_are_cut_into_sessions_by_user_and_time(tmp_path: Path) -> None:
    rows = [f"7\t{n}\t{2 if n == 3 else 5}\t{100 - n}.0" for n in range(1, 18)]  # the last one came first
    rows += [f"8\t{n}\t5\t{n}" for n in range(1, 9)]
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
    manifest = prepare_recbole(foreign(tmp_path / "raw", header, rows), tmp_path / "out")
    assert manifest.dropped == {"users with too few sessions": 1}
    assert not manifest.repeats
    first, second = load_prepared(tmp_path / "out").dialogues
    assert list(first_speakers(first, [str(n) for n in range(1, 21)])) == [str(n) for n in range(17, 9, -1)]
    assert second.feedback["3"] == Feedback(liked=False)
    assert second.time > first.time


def test_purchases_without_ratings_are_liked(tmp_path: Path) -> None:
    rows = [f"7\t{n}" for n in (1, 2, 1, 3)]
    raw = foreign(tmp_path / "raw", "user_id:token\titem_id:token", rows)
    manifest = prepare_recbole(raw, tmp_path / "out", dialogues=DialogueReading(session_size=2))
    assert manifest.repeats  # he bought one thing twice
    dialogues = load_prepared(tmp_path / "out").dialogues
    assert [list(dialogue.feedback) for dialogue in dialogues] == [["1", "2"], ["1", "3"]]
    with pytest.raises(
        DataError, match=r"x\.inter: no user has 2 sessions of 8 liked items\. Ask for smaller"
    ):
        prepare_recbole(raw, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(ConfigError, match="session_size = 0"):
        prepare_recbole(raw, tmp_path / "none", dialogues=DialogueReading(session_size=0))


def test_sessions_that_do_not_say_who_speaks(tmp_path: Path) -> None:
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float\tsession_id:token"
    rows = ["7\t1\t5\t3\ta", "7\t2\t1\t4\ta", "7\t3\t4\t1\ta", "7\t4\t1\t9\tb"]
    prepare_recbole(foreign(tmp_path / "raw", header, rows), tmp_path / "out")
    first, second = load_prepared(tmp_path / "out").dialogues
    assert (first.id, first.user, first.time) == ("a", "7", 1)
    named = first_speakers(first, ["1", "2", "3"])
    assert list(named) == ["3", "1"]
    assert [named[item] for position, item in enumerate(named) if position in SAMPLED_AT] == [
        "recommender"
    ] * 2
    assert {item: answer.liked for item, answer in first.feedback.items()} == {
        "1": True,
        "2": False,
        "3": True,
    }
    assert second.feedback == {"4": Feedback(liked=False)}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["7\t1\ta", "8\t2\ta"], r"x\.inter:3: session 'a' is of another user or part in line 2"),
        (["7\t1\ta", "7\t1\ta"], r"x\.inter:3: session 'a' has item '1' twice"),
    ],
)
def test_a_session_that_cannot_be(tmp_path: Path, rows: list[str], message: str) -> None:
    raw = foreign(tmp_path / "raw", "user_id:token\titem_id:token\tsession_id:token", rows)
    with pytest.raises(DataError, match=message):
        prepare_recbole(raw, tmp_path / "out")
    assert not (tmp_path / "out").exists()

"""The ReDial reader on small releases written here, on damaged ones, and on the real one."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.dialogue import Feedback, Mention
from ccrs.core.errors import DataError
from ccrs.data.readers.redial import (
    NO_MESSAGES,
    NO_TEXT,
    UNKNOWN_FEEDBACK,
    UNKNOWN_ID,
    RedialRelease,
    read_redial,
)

MOVIES = (
    "movieId,movieName,nbMentions\n11,Titanic  (1997),3\n12,Heat (1995),1\n13,Fast &amp; Furious (2009),2\n"
)
NAMES = ("train_data.jsonl", "test_data.jsonl", "movies_with_mentions.csv")


def record(**changes: Any) -> dict[str, Any]:
    """A sound dialogue, with some keys changed."""
    return {
        "conversationId": "391",
        "initiatorWorkerId": 7,
        "respondentWorkerId": 8,
        "movieMentions": {"11": "Titanic (1997)"},
        "initiatorQuestions": {"11": {"suggested": 0, "seen": 1, "liked": 2}},
        "respondentQuestions": {},
        "messages": [
            {"messageId": 1021, "timeOffset": 0, "senderWorkerId": 7, "text": "I like @11 a lot"},
            {"messageId": 1022, "timeOffset": 9, "senderWorkerId": 8, "text": "Me too"},
        ],
    } | changes


def said(text: str, sender: Any = 7) -> dict[str, Any]:
    return {"messageId": 1, "timeOffset": 0, "senderWorkerId": sender, "text": text}


def write_release(folder: Path, train: Any, test: Any = None, movies: str = MOVIES) -> Path:
    """A release folder; ``train`` and ``test`` are lists of records or raw bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    test = [record(conversationId="900")] if test is None else test
    for name, value in (("train_data.jsonl", train), ("test_data.jsonl", test)):
        raw = value if isinstance(value, bytes) else "".join(json.dumps(r) + "\n" for r in value).encode()
        (folder / name).write_bytes(raw)
    (folder / "movies_with_mentions.csv").write_text(movies, encoding="utf-8")
    return folder


def read_one(tmp_path: Path, **changes: Any) -> RedialRelease:
    return read_redial(write_release(tmp_path / "release", [record(**changes)]))


def test_a_dialogue_is_read_with_every_field(tmp_path: Path) -> None:
    release = read_one(tmp_path)
    dialogue = release.dialogues[0]
    assert (dialogue.id, dialogue.user, dialogue.time, dialogue.part) == ("391", "7", 1021, "train")
    assert [m.speaker for m in dialogue.messages] == ["seeker", "recommender"]
    assert dialogue.messages[0].text == "I like Titanic (1997) a lot"
    assert dialogue.messages[0].mentions == (Mention("11", 7, 21, marked=True),)
    assert dialogue.feedback == {"11": Feedback(suggested=False, seen=True, liked=None)}
    assert [d.part for d in release.dialogues] == ["train", "test"]
    assert release.titles == {"11": "Titanic (1997)", "12": "Heat (1995)", "13": "Fast & Furious (2009)"}
    assert release.licence == "CC BY 4.0"
    assert release.dropped == {}


def test_numbers_and_lists_of_the_official_files_are_read_alike(tmp_path: Path) -> None:
    changes = {"movieMentions": [], "initiatorQuestions": [], "conversationId": 391}
    messages = [said("Hi &quot;you&quot; &amp; all\n@13&gt;@12 !", "8"), said("ok", "7")]
    messages[0]["messageId"] = "55"
    dialogue = read_one(tmp_path, **changes, initiatorWorkerId="7", messages=messages).dialogues[0]
    assert (dialogue.id, dialogue.user, dialogue.time, dialogue.feedback) == ("391", "7", 55, {})
    assert dialogue.messages[0].speaker == "recommender"
    assert dialogue.messages[0].text == 'Hi "you" & all Fast & Furious (2009)>Heat (1995) !'
    texts = [dialogue.messages[0].text[m.start : m.end] for m in dialogue.messages[0].mentions]
    assert texts == ["Fast & Furious (2009)", "Heat (1995)"]


def test_spans_hold_at_both_ends_of_a_text(tmp_path: Path) -> None:
    dialogue = read_one(tmp_path, messages=[said("   @12  @11  ")]).dialogues[0]
    message = dialogue.messages[0]
    assert message.text == "Heat (1995) Titanic (1997)"
    assert [(m.start, m.end) for m in message.mentions] == [(0, 11), (12, 26)]


def test_what_is_dropped_is_counted(tmp_path: Path) -> None:
    questions = {"99": {"suggested": 1, "seen": 0, "liked": 0}, "12": {"suggested": 1, "seen": 2, "liked": 0}}
    release = read_one(
        tmp_path,
        movieMentions={"11": "Titanic (1997)", "50": None},
        initiatorQuestions=questions,
        messages=[said("see @99 and @50"), said(" &nbsp; "), said("", 8)],
    )
    assert release.dropped == {UNKNOWN_ID: 2, NO_TEXT: 2, UNKNOWN_FEEDBACK: 1}
    assert [m.text for m in release.dialogues[0].messages] == ["see @99 and @50"]
    assert release.dialogues[0].feedback == {"12": Feedback(suggested=True, seen=None, liked=False)}


def test_a_dialogue_without_any_text_is_left_out(tmp_path: Path) -> None:
    source = write_release(tmp_path, [record(), record(conversationId="392", messages=[said(" ")])])
    release = read_redial(source)
    assert [d.id for d in release.dialogues] == ["391", "900"]
    assert release.dropped == {NO_MESSAGES: 1}


def test_a_movie_that_only_the_dialogue_names_gets_that_title(tmp_path: Path) -> None:
    release = read_one(tmp_path, movieMentions={"77": "Alien (1979)"}, messages=[said("@77?")])
    assert release.dialogues[0].messages[0].text == "Alien (1979)?"
    assert release.titles["77"] == "Alien (1979)"


def test_without_message_ids_the_conversation_gives_the_time(tmp_path: Path) -> None:
    messages = [{"senderWorkerId": 7, "text": "hello"}]
    assert read_one(tmp_path, messages=messages).dialogues[0].time == 391


def test_header_may_have_other_case_and_spaces(tmp_path: Path) -> None:
    movies = '\ufeff MovieID, movieName , nbMentions\r\n11,"Titanic, the ship (1997)",3\r\n'
    assert read_redial(write_release(tmp_path, [record()], movies=movies)).titles == {
        "11": "Titanic, the ship (1997)"
    }


@pytest.mark.parametrize("depth", ["", "redial/"])
def test_zip_and_folder_give_the_same(tmp_path: Path, depth: str) -> None:
    folder = write_release(tmp_path / "data" / depth, [record()])
    with zipfile.ZipFile(tmp_path / "redial.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._train_data.jsonl", b"junk")
        for name in NAMES:
            archive.write(folder / name, f"{depth}{name}")
    from_folder, from_zip = read_redial(tmp_path / "data"), read_redial(tmp_path / "redial.zip")
    assert from_folder.dialogues == from_zip.dialogues
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in NAMES}
    assert from_folder.sources == hashes
    assert from_zip.sources == hashes | {
        "redial.zip": hashlib.sha256((tmp_path / "redial.zip").read_bytes()).hexdigest()
    }


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("stranger", {"messages": [said("hi", 9)]}, "'senderWorkerId' is '9', which is neither of ['7', '8']"),
    ("one worker", {"respondentWorkerId": 7}, "'7' is both"),
    ("no list", {"messages": {}}, "'messages' is {}, not a list"),
    ("text type", {"messages": [said(5)]}, "'text' is 5, not a string"),  # type: ignore[arg-type]
    ("answer", {"initiatorQuestions": {"11": {"suggested": 3, "seen": 0, "liked": 0}}}, "'suggested' is 3"),
    ("answer type", {"initiatorQuestions": {"11": {"suggested": True, "seen": 0, "liked": 0}}}, "is True"),
    ("answer gone", {"initiatorQuestions": {"11": {"suggested": 1, "seen": 0}}}, "'liked' is missing"),
    ("worker type", {"initiatorWorkerId": 1.5}, "'initiatorWorkerId' is 1.5"),
    ("no id", {"conversationId": None}, "'conversationId' is None"),
    ("mentions", {"movieMentions": ["11"]}, "'movieMentions' is ['11']"),
    ("movie id", {"movieMentions": {"x": "Alien"}}, "the movie id 'x'"),
    ("title", {"movieMentions": {"11": 4}}, "is 4"),
    ("time", {"messages": [said("a") | {"messageId": "1e9"}]}, "'messageId' is '1e9', not a number"),
    ("surrogate", {"messages": [said("half \ud83d")]}, "surrogate"),
]


@pytest.mark.parametrize(("changes", "words"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_names_file_line_and_value(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    source = write_release(tmp_path, [record(), record(**{"conversationId": "392"} | changes)])
    with pytest.raises(DataError) as caught:
        read_redial(source)
    assert str(caught.value).startswith(f"{source / 'train_data.jsonl'}:2: ")
    assert words in str(caught.value)
    release = read_redial(source, lenient=True)
    assert [d.id for d in release.dialogues] == ["391", "900"]
    assert len(release.dropped) == 1
    assert next(iter(release.dropped)).startswith("dialogues skipped: ")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"conversationId": "39', "not valid JSON"),
        (b"[1, 2]", "not a JSON object"),
        (b'"\xff"', "not UTF-8"),
        (b"1" * 5000, "cannot be read as JSON"),
        (b"[" * 100_000, "cannot be read as JSON"),
        (b"{}", "key 'initiatorWorkerId' is missing"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: bytes, words: str) -> None:
    train = json.dumps(record()).encode() + b"\n\n" + line + b"\n"
    source = write_release(tmp_path, train)
    with pytest.raises(DataError, match=r"train_data\.jsonl:3: ") as caught:
        read_redial(source)
    assert words in str(caught.value)
    assert sum(read_redial(source, lenient=True).dropped.values()) == 1


def test_a_doubled_conversation_is_an_error_across_both_files(tmp_path: Path) -> None:
    source = write_release(tmp_path, [record()], [record(), record(conversationId=4)])
    with pytest.raises(
        DataError, match=r"test_data\.jsonl:1: dialogue id '391' was used before, in .*train.*:1"
    ):
        read_redial(source)
    assert read_redial(source, lenient=True).dropped == {"dialogues skipped: doubled id": 1}


MOVIE_FAULTS = [
    ("id,name\n11,Heat\n", ":1: the header is"),
    ("", ":1: the header is"),
    ("movieId,movieName\n", "lists no movies"),
    ("movieId,movieName\nx,Heat\n", ":2: movieId is 'x'"),
    ("movieId,movieName\n11\n", ":2: movie '11' has no movieName"),
    ("movieId,movieName\n11,Heat\n11,Alien\n", ":3: movie '11' is listed as 'Heat' and 'Alien'"),
    ("movieId,movieName\n11," + "x" * 200_000 + "\n", "is not CSV"),
]


@pytest.mark.parametrize(("movies", "words"), MOVIE_FAULTS)
def test_a_broken_movie_list_is_named(tmp_path: Path, movies: str, words: str) -> None:
    with pytest.raises(DataError, match=r"movies_with_mentions\.csv") as caught:
        read_redial(write_release(tmp_path, [record()], movies=movies))
    assert words in str(caught.value)


def test_a_movie_list_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    source = write_release(tmp_path, [record()])
    (source / NAMES[2]).write_bytes(b"movieId,movieName\n11,Heat\n12,Am\xe9lie\n")
    with pytest.raises(DataError, match=r"csv:3: is not UTF-8 text \(byte 0xe9\)"):
        read_redial(source)


def test_lenient_skips_a_broken_movie_row(tmp_path: Path) -> None:
    release = read_redial(write_release(tmp_path, [record()], movies=MOVIES + "x,Y,1\n"), lenient=True)
    assert release.dropped == {"movies skipped: broken row": 1}


@pytest.mark.parametrize("name", NAMES)
def test_missing_and_empty_files_are_named(tmp_path: Path, name: str) -> None:
    source = write_release(tmp_path, [record()])
    (source / name).write_bytes(b"")
    with pytest.raises(DataError, match=name):
        read_redial(source, lenient=True)
    (source / name).unlink()
    with pytest.raises(DataError, match=f"{name} not found"):
        read_redial(source)


def test_a_source_that_is_not_there_or_no_zip_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: cannot be read \(No such file"):
        read_redial(tmp_path / "nowhere")
    (tmp_path / "text.zip").write_text("not a zip")
    with pytest.raises(DataError, match=r"text\.zip: is not a whole zip file"):
        read_redial(tmp_path / "text.zip")


def zipped(tmp_path: Path) -> bytes:
    folder = write_release(tmp_path / "zipped", [record(conversationId=str(n)) for n in range(20)])
    with zipfile.ZipFile(tmp_path / "whole.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in NAMES:
            archive.write(folder / name, name)
    return (tmp_path / "whole.zip").read_bytes()


def test_every_truncation_of_a_zip_is_an_error(tmp_path: Path) -> None:
    data = zipped(tmp_path)
    for size in range(0, len(data), 7):
        (tmp_path / "cut.zip").write_bytes(data[:size])
        with pytest.raises(DataError, match=r"cut\.zip"):
            read_redial(tmp_path / "cut.zip")


FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(st.data())
def test_a_zip_with_any_byte_changed_gives_a_release_or_a_data_error(
    tmp_path: Path, data: st.DataObject
) -> None:
    raw = bytearray(zipped(tmp_path))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "any.zip").write_bytes(raw)
    succeeds_or_data_error(lambda: read_redial(tmp_path / "any.zip", lenient=data.draw(st.booleans())))


@FUZZ
@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_give_a_release_or_a_data_error(tmp_path: Path, line: bytes, movies: bytes) -> None:
    source = write_release(tmp_path, json.dumps(record()).encode() + b"\n" + line)
    succeeds_or_data_error(lambda: read_redial(source))
    (source / NAMES[2]).write_bytes(MOVIES.encode() + movies)
    succeeds_or_data_error(lambda: read_redial(source, lenient=True))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@FUZZ
@given(st.data())
def test_a_record_with_any_value_anywhere_gives_a_release_or_a_data_error(
    tmp_path: Path, data: st.DataObject
) -> None:
    value = record()
    node: Any = value
    for _ in range(data.draw(st.integers(0, 2))):
        inner = [node[k] for k in (node if isinstance(node, dict) else range(len(node))) if node[k]]
        inner = [n for n in inner if isinstance(n, dict | list)]
        node = data.draw(st.sampled_from(inner)) if inner else node
    key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
    node[key] = data.draw(JSON)
    succeeds_or_data_error(lambda: read_redial(write_release(tmp_path, [value])))


def succeeds_or_data_error(read: Callable[[], RedialRelease]) -> None:
    try:
        release = read()
    except DataError:
        return
    for dialogue in release.dialogues:
        for message in dialogue.messages:
            assert message.text.strip()
            for mention in message.mentions:
                assert message.text[mention.start : mention.end] == release.titles[mention.entity]
        assert dialogue.feedback.keys() <= release.titles.keys()


@pytest.mark.realdata
def test_the_official_release_is_read_whole(shared_data: Path) -> None:
    release = read_redial(shared_data / "redial" / "redial_dataset.zip")
    dialogues = release.dialogues
    assert [sum(d.part == part for d in dialogues) for part in ("train", "test")] == [4660, 1342]
    users = [{d.user for d in dialogues if d.part == part} for part in ("train", "test")]
    assert [len(part) for part in users] == [474, 97]
    assert not users[0] & users[1]
    assert release.dropped == {NO_TEXT: 31}
    assert sum(len(d.messages) for d in dialogues) == 109_011 - 31
    assert len(release.titles) == 6924
    mentions = [(m, text) for d in dialogues for text in d.messages for m in text.mentions]
    assert len({m.entity for m, _ in mentions}) == 4896
    assert all(text.text[m.start : m.end] == release.titles[m.entity] for m, text in mentions)
    first = dialogues[0]
    assert (first.id, first.user, first.time) == ("391", "0", 1021)
    assert first.messages[3].text == "I also enjoy Mary and Max (2009)"
    assert first.feedback["165710"] == Feedback(suggested=True, seen=False, liked=True)

"""The project's own dialogue format: round trip, strictness, speed."""

from __future__ import annotations

import json
import time
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message
from ccrs.core.errors import DataError
from ccrs.data.readers.jsonl import UNKNOWN_FEEDBACK, UNKNOWN_MENTION, read_dialogues, write_dialogues

HEAT = Dialogue(
    id="d1",
    user="ann",
    messages=(
        Message("seeker", "Heat, by Mann – grand", (Mention("m1", 0, 4, marked=True), Mention("p1", 9, 13))),
        Message("recommender", "Try Thief"),
    ),
    time=-3,
    part="test",
    feedback={"m1": Feedback(suggested=False, seen=True, liked=None)},
)
HEAT_LINE = (
    '{"id":"d1","user":"ann","time":-3,"part":"test","messages":['
    '{"speaker":"seeker","text":"Heat, by Mann – grand","mentions":['
    '{"entity":"m1","start":0,"end":4,"marked":true},{"entity":"p1","start":9,"end":13}]},'
    '{"speaker":"recommender","text":"Try Thief"}],'
    '"feedback":{"m1":{"suggested":false,"seen":true,"liked":null}}}\n'
)


def line(**changes: Any) -> dict[str, Any]:
    """A sound record, with some keys changed; a value of ``...`` removes the key."""
    merged = json.loads(HEAT_LINE) | changes
    return {key: value for key, value in merged.items() if value is not ...}


def message(**changes: Any) -> list[dict[str, Any]]:
    merged = {"speaker": "seeker", "text": "Heat, Heat"} | changes
    return [{key: value for key, value in merged.items() if value is not ...}]


def write_lines(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_a_dialogue_is_written_as_documented_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "dialogues.jsonl"
    write_dialogues(path, [HEAT])
    assert path.read_text(encoding="utf-8") == HEAT_LINE
    assert read_dialogues(path) == ((HEAT,), {})
    assert [p.name for p in tmp_path.iterdir()] == ["dialogues.jsonl"]


def test_only_id_user_and_messages_are_needed(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    messages = b'[{"speaker": "seeker", "text": "hi\xe2\x80\xa8you"}]'
    path.write_bytes(b'\xef\xbb\xbf\n{"id": "1", "user": "u", "messages": ' + messages + b"}")
    expected = Dialogue("1", "u", (Message("seeker", "hi\u2028you"),), time=0, part=None, feedback={})
    assert read_dialogues(path) == ((expected,), {})


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(str.strip)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    text = draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(str.strip))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    mentions = tuple(Mention(draw(names), start, end, draw(st.booleans())) for start, end in spans)
    return Message(draw(st.sampled_from(["seeker", "recommender"])), text, mentions)


answers = st.sampled_from([True, False, None])
dialogues = st.builds(
    Dialogue,
    id=names,
    user=names,
    messages=st.lists(messages(), min_size=1, max_size=4).map(tuple),
    time=st.integers(-(2**63) + 1, 2**63 - 1),
    part=st.sampled_from(["train", "test", None]),
    feedback=st.dictionaries(names, st.builds(Feedback, answers, answers, answers), max_size=3),
)
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(st.lists(dialogues, min_size=1, max_size=4, unique_by=lambda dialogue: dialogue.id))
def test_what_is_written_is_read_back(tmp_path: Path, written: list[Dialogue]) -> None:
    write_dialogues(tmp_path / "d.jsonl", written)
    assert read_dialogues(tmp_path / "d.jsonl") == (tuple(written), {})


def mention(**changes: Any) -> dict[str, Any]:
    return {"mentions": [{"entity": "m1", "start": 0, "end": 4} | changes]}


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("no id", {"id": ...}, "key 'id' is missing"),
    ("number id", {"id": 5}, "'id' is 5, not a string"),
    ("blank id", {"id": " "}, "'id' is ' ', empty"),
    ("user type", {"user": None}, "'user' is None"),
    ("misspelt", {"usr": "x"}, "'usr' that is not known. Did you mean 'user'?"),
    ("other key", {"zzzz": 1}, "Allowed keys: feedback, id, messages, part, time, user."),
    ("time type", {"time": 1.5}, "'time' is 1.5, not a whole number"),
    ("time bool", {"time": True}, "'time' is True"),
    ("time size", {"time": 2**63}, "beyond 64 bits"),
    ("part", {"part": "dev"}, "'part' is 'dev'. Allowed: 'train', 'validation', 'test'"),
    ("no messages", {"messages": []}, "has no messages"),
    ("message type", {"messages": ["hi"]}, "message 0: is 'hi'"),
    ("message key", {"messages": message(txt="x")}, "message 0 has a key 'txt'"),
    ("speaker", {"messages": message(speaker="SEEKER")}, "'speaker' is 'SEEKER'. Allowed: 'seeker'"),
    ("text gone", {"messages": message(text=...)}, "message 0: key 'text' is missing"),
    ("blank text", {"messages": message(text="\n")}, "without a word"),
    ("mention type", {"messages": message(mentions=[7])}, "mention 7"),
    ("mention key", {"messages": message(**mention(score=1))}, "a key 'score'"),
    (
        "span outside",
        {"messages": message(**mention(end=11))},
        "[0, 11) is not inside the text of 10 characters",
    ),
    ("span empty", {"messages": message(**mention(start=4))}, "[4, 4) is not inside"),
    ("span negative", {"messages": message(**mention(start=-1))}, "[-1, 4) is not inside"),
    ("span type", {"messages": message(**mention(start="0"))}, "'start' is '0'"),
    ("marked", {"messages": message(**mention(marked=1))}, "'marked' is 1"),
    ("entity", {"messages": message(**mention(entity=3))}, "'entity' is 3"),
    (
        "overlap",
        {"messages": message(mentions=[*mention()["mentions"], *mention(start=3)["mentions"]])},
        "before",
    ),
    ("feedback type", {"feedback": []}, "'feedback' is [], not an object"),
    ("answers type", {"feedback": {"m1": True}}, "feedback on 'm1': is True"),
    ("answer", {"feedback": {"m1": {"liked": 1}}}, "'liked' is 1. Allowed: true, false, null."),
    ("answer key", {"feedback": {"m1": {"loved": True}}}, "'loved' that is not known. Did you mean 'liked'?"),
]


@pytest.mark.parametrize(("changes", "words"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_names_file_line_value_and_mend(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    path = write_lines(tmp_path / "d.jsonl", line(id="first"), line(**changes), line(id="last"))
    with pytest.raises(DataError) as caught:
        read_dialogues(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert words in str(caught.value)
    kept, dropped = read_dialogues(path, lenient=True)
    assert [dialogue.id for dialogue in kept] == ["first", "last"]
    assert sum(dropped.values()) == 1


def test_a_doubled_id_names_both_lines(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "d.jsonl", line(), line(id="x"), line())
    with pytest.raises(DataError, match=r"d\.jsonl:3: dialogue id 'd1' was used before, in .*d\.jsonl:1"):
        read_dialogues(path)


def test_unknown_entities_are_errors_or_left_out_leniently(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    write_dialogues(path, [HEAT])
    assert read_dialogues(path, known_entities={"m1", "p1"}) == ((HEAT,), {})
    with pytest.raises(DataError, match=r"d\.jsonl:1: message 0: entity 'p1' is not in the catalogue"):
        read_dialogues(path, known_entities={"m1"})
    (dialogue,), dropped = read_dialogues(path, lenient=True, known_entities={"p1"})
    assert dialogue.messages[0].mentions == (Mention("p1", 9, 13),)
    assert dialogue.feedback == {}
    assert dropped == {UNKNOWN_MENTION: 1, UNKNOWN_FEEDBACK: 1}


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "d.jsonl").write_bytes(content)
    with pytest.raises(DataError, match=r"d\.jsonl: holds no dialogues"):
        read_dialogues(tmp_path / "d.jsonl", lenient=True)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.jsonl: cannot be read \(No such file"):
        read_dialogues(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="cannot be read"):
        read_dialogues(tmp_path)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ([HEAT, HEAT], "used twice"),
        ([], "no dialogues to write"),
        ([Dialogue("x", "u", (Message("seeker", "hi", (Mention("m", 0, 3),)),))], "not inside the text"),
        ([Dialogue("x", "u", (Message("seeker", "half \ud83d"),))], "half a character"),
        ([Dialogue("", "u", (Message("seeker", "hi"),))], "'id' is ''"),
    ],
)
def test_what_could_not_be_read_is_not_written(tmp_path: Path, broken: list[Dialogue], words: str) -> None:
    write_dialogues(tmp_path / "d.jsonl", [HEAT])
    with pytest.raises(DataError, match=words):
        write_dialogues(tmp_path / "d.jsonl", broken)
    assert (tmp_path / "d.jsonl").read_text(encoding="utf-8") == HEAT_LINE
    assert [p.name for p in tmp_path.iterdir()] == ["d.jsonl"]


@FUZZ
@given(st.binary(max_size=60), st.integers(0, len(HEAT_LINE.encode()) - 1), st.integers(0, 40))
def test_a_line_with_any_bytes_in_it_gives_dialogues_or_a_data_error(
    tmp_path: Path, junk: bytes, place: int, cut: int
) -> None:
    raw = HEAT_LINE.encode()
    mutated = raw[:place] + junk + raw[place + cut :]
    for content, lenient in product((junk, mutated, raw + mutated), (False, True)):
        (tmp_path / "d.jsonl").write_bytes(content)
        try:
            read, _ = read_dialogues(tmp_path / "d.jsonl", lenient=lenient)
        except DataError:
            continue
        write_dialogues(tmp_path / "again.jsonl", read)
        assert read_dialogues(tmp_path / "again.jsonl")[0] == read


def test_six_thousand_dialogues_are_read_in_about_a_second(tmp_path: Path) -> None:
    talk = HEAT.messages * 9
    write_dialogues(tmp_path / "d.jsonl", (Dialogue(str(n), "u", talk, n) for n in range(6000)))
    began = time.process_time()
    assert len(read_dialogues(tmp_path / "d.jsonl")[0]) == 6000
    assert time.process_time() - began < 5  # takes 0.8 s on an idle machine; a slow parser takes more than 10

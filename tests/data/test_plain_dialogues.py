"""Dialogues as text with speakers, or as a table with a message a row."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.errors import DataError
from ccrs.data.readers.plain_dialogues import SpeakerNames, read_plain_dialogues


def read(folder: Path, content: str, name: str = "chats.txt", **names: str) -> list[Dialogue]:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return list(read_plain_dialogues(path, SpeakerNames(**names)))


def test_text_with_the_usual_names(tmp_path: Path) -> None:
    content = "Seeker: Hello,\n  something like Catan?\nRecommender: Try Agricola!\n\n\n\nAssistant:  Hi\nUSER: Go\n"
    assert read(tmp_path, content) == [
        Dialogue(
            "dialogue-1",
            "dialogue-1",
            (Message("seeker", "Hello, something like Catan?"), Message("recommender", "Try Agricola!")),
        ),
        Dialogue("dialogue-2", "dialogue-2", (Message("recommender", "Hi"), Message("seeker", "Go"))),
    ]


def test_who_speaks_first_is_the_seeker_unless_the_other_name_says_so(tmp_path: Path) -> None:
    first, second = read(tmp_path, "Ann: Hi\nBob: Yes?\nann: Go\n\nCleo: Hi\nCustomer: Go\n")
    assert [message.speaker for message in first.messages] == ["seeker", "recommender", "seeker"]
    assert [message.speaker for message in second.messages] == ["recommender", "seeker"]


def test_stated_names(tmp_path: Path) -> None:
    content = "Bob: Hi\nAnn: Note: https://x.org is down\nNote: I like Go\n"
    (dialogue,) = read(tmp_path, content, seeker="Ann", recommender="bob")
    assert dialogue.messages == (
        Message("recommender", "Hi"),
        Message("seeker", "Note: https://x.org is down Note: I like Go"),
    )
    (dialogue,) = read(tmp_path, "Bob: Hi\nAnn: Go\n", seeker="Ann")
    assert [message.speaker for message in dialogue.messages] == ["recommender", "seeker"]


def test_a_table(tmp_path: Path) -> None:
    content = (
        'dialogue_id,speaker,text,user,time\nb,user,Hello,u1,2024-05-17\na,user,Hi,u2,7\nb,system,"Go, then",,\n'
        "a,user,,u2,9\n"
    )
    assert read(tmp_path, content, "chats.csv") == [
        Dialogue(
            "b", "u1", (Message("seeker", "Hello"), Message("recommender", "Go, then")), time=1715904000
        ),
        Dialogue("a", "u2", (Message("seeker", "Hi"),), time=7),
    ]
    (dialogue,) = read(tmp_path, "Conversation\tRole\tUtterance\n1\tX\tHi\n", "chats.tsv")
    assert dialogue == Dialogue("1", "1", (Message("seeker", "Hi"),))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.txt", "Hello\n", r"t\.txt:1: 'Hello' begins with no speaker.*Seeker: Hello"),
        ("t.txt", "A: x\nB: y\nC: z\n", r"t\.txt:3: 'C' is neither the seeker nor the recommender.*--seeker"),
        ("t.txt", "\n \n", r"t\.txt: holds no dialogues"),
        ("t.txt", "A:\nB:\n", r"t\.txt: holds no dialogues"),
        ("t.txt", "A: \0\n", r"t\.txt:1: holds a NUL byte"),
        ("t.csv", "dialogue,text\n1,x\n", r"t\.csv:1: no column is the speaker \(columns: dialogue, text\)"),
        ("t.csv", "id,speaker,text\n,A,x\n", r"t\.csv:2: the dialogue id is empty"),
        ("t.csv", "id,speaker,text\n1,,x\n", r"t\.csv:2: the speaker is empty"),
        ("t.csv", "id,speaker,text\n1,A,x\n1,B,y\n1,C,z\n", r"t\.csv:4: 'C' is neither"),
        (
            "t.csv",
            "id,speaker,text,user\n1,A,x,u\n1,B,y,v\n",
            r"t\.csv:3: dialogue '1' is of user 'u' and of 'v'",
        ),
        ("t.csv", "id,speaker,text,time\n1,A,x,soon\n", r"t\.csv:2: the time is 'soon'"),
        ("t.csv", "id,speaker,text,time\n1,A,x,1e300\n", r"t\.csv:2: the time is '1e300'"),
        ("t.csv", "id,speaker,text\n", r"t\.csv: holds no dialogues"),
    ],
)
def test_faults(name: str, content: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, content, name)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(alphabet=st.sampled_from('AB :\n\t,"xé\u200b'), max_size=60), st.sampled_from(["t.txt", "t.csv"])
)
def test_any_text_is_read_or_a_data_error(tmp_path: Path, content: str, name: str) -> None:
    try:
        dialogues = read(tmp_path, content, name)
    except DataError as error:
        message = str(error)
        assert name in message
    else:
        assert all(message.text.strip() for dialogue in dialogues for message in dialogue.messages)

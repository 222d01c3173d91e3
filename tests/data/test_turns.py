"""Turns say what the messages said, and mentions still cover the same words after cleaning."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ccrs.core.dialogue import Dialogue, Mention, Message, Speaker
from ccrs.data.turns import BREAK, clean, cut, turns_of

TEXT = st.text(max_size=12) | st.text(alphabet=" .,!?:;[]&\n\t\r\u200b\u00a0a1😀שA", max_size=12)
WORDS = st.text(alphabet="abcdeZ 1&é😀'-.", min_size=1, max_size=10).filter(
    lambda words: words.strip() == words
)


def dialogue(*messages: Message) -> Dialogue:
    return Dialogue("d", "u", messages)


@st.composite
def messages(draw: st.DrawFn, speaker: Speaker = "seeker") -> Message:
    """Random text around random mentions."""
    text, mentions = draw(TEXT), []
    for number in range(draw(st.integers(0, 3))):
        words = draw(WORDS)
        mentions.append(Mention(f"e{number}", len(text), len(text) + len(words), marked=draw(st.booleans())))
        text += words + draw(TEXT)
    return Message(speaker, text, tuple(mentions))


@given(st.lists(messages(), min_size=1, max_size=3))
def test_mentions_cover_the_same_words_after_cleaning(said: list[Message]) -> None:
    wanted = [
        (mention.entity, clean(message.text[mention.start : mention.end]), mention.marked)
        for message in said
        if clean(message.text)
        for mention in message.mentions
        if clean(message.text[mention.start : mention.end])
    ]
    turns = turns_of(dialogue(*said))
    found = [(m.entity, turn.text[m.start : m.end], m.marked) for turn in turns for m in turn.mentions]
    assert found == wanted


@given(messages())
def test_mentions_do_not_change_how_a_text_is_read(message: Message) -> None:
    """But for the spaces before punctuation that a mention stands beside."""
    assume("&" not in message.text)  # a mention may stand inside an entity of HTML
    found, bare = (turns_of(dialogue(m)) for m in (message, Message("seeker", message.text)))
    assert ["".join(t.text.split()) for t in found] == ["".join(t.text.split()) for t in bare]
    if not set(message.text) & set(".,!?:;"):
        assert [t.text for t in found] == [t.text for t in bare]


@given(st.text(max_size=40) | TEXT)
def test_cleaned_text_is_plain(text: str) -> None:
    found = clean(text)
    assert found == found.strip()
    assert "  " not in found
    assert not set("[]\n\t\r\x00\x1b\u200b\u202e\ufeff") & set(found)
    assert all(sign == " " or not sign.isspace() for sign in found)
    assert "&" in text or clean(found) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("&quot;Up&quot; isn&#39;t bad", '"Up" isn\'t bad'),
        ("I saw&nbsp;it", "I saw it"),
        ("good  movie ,\tyes !", "good movie, yes!"),
        ("fine :) and .5 of it", "fine :) and .5 of it"),
        ("one\ntwo\rthree\r\nfour", "one two three four"),
        ("[item] and &#91;named&#93;", "(item) and (named)"),
        ("\u202eright\u200b-to\u200f-left\ufeff", "right-to-left"),
        ("half \ud83d a smile", "half a smile"),
        ("\x1b[31mred", "(31mred"),
        (" \u200b ", ""),
    ],
)
def test_cleaning(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text", ["[item]", "&#91;item&#93;", "[\u200bitem]", "&lbrack;item&rbrack;", "[[item]]"]
)
def test_no_slot_is_ever_typed(text: str) -> None:
    mention = Mention("e", len(text) + 1, len(text) + 3)
    for message in (Message("seeker", text), Message("seeker", f"{text} Up [year]", (mention,))):
        (turn,) = turns_of(dialogue(message))
        assert "[" not in turn.text
        assert "]" not in turn.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Have you seen Up?", "Have you seen Up?"),
        ("Up&nbsp;is good", "Up is good"),
        ("Up\u200b is good", "Up is good"),
        ("so Up\u200f :) ok", "so Up :) ok"),
        ("Up , then", "Up, then"),
        ("  Up  ", "Up"),
        ("&amp; Up &amp;", "& Up &"),
        ("(Up)", "(Up)"),
        ("[Up]", "(Up)"),
    ],
)
def test_the_words_around_a_mention_keep_their_spaces(text: str, expected: str) -> None:
    start = text.index("Up")
    (turn,) = turns_of(dialogue(Message("recommender", text, (Mention("up", start, start + 2),))))
    assert turn.text == expected
    (mention,) = turn.mentions
    assert turn.text[mention.start : mention.end] == "Up"


def test_messages_of_one_speaker_are_one_turn() -> None:
    turns = turns_of(
        dialogue(
            Message("recommender", "Hi"),
            Message("recommender", "Seen Up?", (Mention("up", 5, 7, marked=True),)),
            Message("seeker", "No"),
            Message("recommender", "Up it is", (Mention("up", 0, 2),)),
        )
    )
    assert [(t.speaker, t.text, t.first_message) for t in turns] == [
        ("recommender", f"Hi {BREAK} Seen Up?", 0),
        ("seeker", "No", 2),
        ("recommender", "Up it is", 3),
    ]
    (mention,) = turns[0].mentions
    assert turns[0].text[mention.start : mention.end] == "Up"
    assert mention.marked


def test_messages_that_say_nothing_are_no_turns() -> None:
    """And the messages around them are one turn, whose number is that of the first that says something."""
    turns = turns_of(
        dialogue(
            Message("seeker", " \u200b"),
            Message("recommender", ""),
            Message("recommender", "a"),
            Message("seeker", "\n"),
            Message("recommender", "b"),
        )
    )
    assert [(t.text, t.first_message) for t in turns] == [(f"a {BREAK} b", 2)]
    assert turns_of(dialogue()) == ()


def test_overlapping_mentions_leave_the_first() -> None:
    pieces = cut("Star Wars II", [Mention("b", 5, 12), Mention("a", 0, 9)])
    assert [(piece, found and found.entity) for piece, found in pieces] == [("Star Wars", "a"), (" II", None)]

"""A person may say anything: each kind of input has an outcome that is stated here."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.errors import CheckpointError
from ccrs.core.item_words import ItemWords
from ccrs.data.acts import reply_act
from ccrs.data.tokeniser import SPEAKERS
from ccrs.inference.answers import Answer, TurnInput
from ccrs.inference.conversation import NUM_SUPPORT, Conversation
from ccrs.inference.reading import NUM_WORDS
from ccrs.inference.talk import Talker, nothing_said
from tests.fixtures.tiny_run import TinyRun

FILM, OTHER_FILM = "Heat (1995)", "Speed (1994)"


@pytest.fixture(scope="module")
def choosing(talking_run: TinyRun) -> Talker:
    """The run as it is: replies are chosen among candidates."""
    return Talker.load(talking_run.run)


@pytest.fixture(scope="module")
def talker(choosing: Talker) -> Talker:
    """The same with plain decoding, which is quicker."""
    return Talker(choosing.run, replace(choosing.responder, chooser=None))


@pytest.fixture
def conversation(talker: Talker) -> Conversation:
    return Conversation(talker)


def is_sound(answer: Answer, talker: Talker) -> bool:
    """Whether something is said, and no slot or token stands in it as it is."""
    tokens = {*talker.responder.tokeniser.slots, *talker.responder.tokeniser.role_ids, *SPEAKERS.values()}
    found = set(re.findall(r"\[[^\[\]]*\]", answer.text))
    return bool(answer.text.strip()) and not found & tokens and "\x00" not in answer.text


def marked_titles(conversation: Conversation, number: int) -> list[str]:
    """The films of a message, as the catalogue calls them."""
    catalogue = conversation.talker.run.catalogue
    mentions = [m for m in conversation.messages[number].mentions if m.marked]
    return [catalogue.entities[catalogue.index[m.entity]].title for m in mentions]


def test_a_reply_comes_with_what_it_rests_on(choosing: Talker) -> None:
    answer = Conversation(choosing).say(f"I like {FILM}. What should I watch?")
    assert is_sound(answer, choosing)
    assert answer.styles is not None
    assert sum(answer.styles) == pytest.approx(1, abs=1e-5)
    assert answer.recommendation is not None
    assert [mention.name for mention in answer.recommendation.mentions] == [FILM]
    assert sum(relation.weight for relation in answer.recommendation.relations) == pytest.approx(1, abs=1e-5)
    assert "selector" in answer.terms  # this run chooses among candidates
    assert FILM not in {item.title for item in answer.items} or "[named]" in answer.slotted
    for fact in answer.statements:
        assert fact.value in answer.text


def test_the_films_of_a_reply_are_mentions_of_the_dialogue(talker: Talker) -> None:
    for seed in range(3):
        conversation = Conversation(talker, seed=seed)
        answer = conversation.say("I want a comedy, tell me one.")
        spoken = [
            title for n in range(1, len(conversation.messages)) for title in marked_titles(conversation, n)
        ]
        assert spoken == [item.title for item in answer.items]
        offered = {item.id for item in answer.items}
        again = conversation.say("Another one?")
        assert again.recommendation is not None
        assert not offered & {item.id for item in again.recommendation.items}


def test_the_same_words_and_seed_give_the_same_reply(choosing: Talker) -> None:
    words = ["hello", f"I love {FILM}"]
    first, second = Conversation(choosing, seed=3), Conversation(choosing, seed=3)
    assert [first.say(w).text for w in words] == [second.say(w).text for w in words]


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00\x01", "\u200f\u202e"])
def test_nothing_said_is_asked_for_without_a_model(
    text: str, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation.talker.writer, "write", None)
    answer = conversation.say(text)
    assert answer.text == nothing_said(ItemWords("film", "films"))
    assert answer.recommendation is None
    assert conversation.messages == ()


def test_of_10_000_words_the_end_is_read_and_that_is_said(talker: Talker, conversation: Conversation) -> None:
    answer = conversation.say(f"{OTHER_FILM} " + "words of no use " * 3400 + f"I like {FILM}")
    assert f"in its last {NUM_WORDS} words" in answer.remarks[0]
    assert f"the last {talker.responder.config.text.max_context} tokens" in answer.remarks[0]
    assert len(conversation.messages[0].text.split()) == NUM_WORDS
    assert marked_titles(conversation, 0) == [FILM]
    assert is_sound(answer, talker)
    assert conversation.say("x" * 10**6).remarks  # one word of a million letters
    # Both turns again, by the clock of the processor: far from anything that grows with what was typed.
    start = time.process_time()
    conversation.say("“Foo Bar (1999)” (2001) " * 5000)
    assert time.process_time() - start < 2


TYPED = {
    "emoji": "\N{CLAPPER BOARD}\N{FACE WITH TEARS OF JOY}\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
    "right to left": "אני אוהב סרטים ישנים \N{RIGHT-TO-LEFT OVERRIDE}؟",
    "markup": "<b>bold</b><script>alert(1)</script> &lt;i&gt; [bold red]x[/]",
    "slots": "[item] [named] [director] [year] [end] [pad] [seeker] [break]",
    "hidden slots": "&#91;item&#93; &amp;#91;item&amp;#93; &lbrack;end&rbrack;",
    "half a character": "half \ud83d a character",
    "only marks": "?!?!",
    "controls": "a\x1b[31mb\x07",
}


@pytest.mark.parametrize("kind", TYPED)
def test_odd_input_gets_an_ordinary_reply(kind: str, talker: Talker, conversation: Conversation) -> None:
    for text in (TYPED[kind], f"I like {FILM} {TYPED[kind]}"):
        answer = conversation.say(text)
        assert is_sound(answer, talker)
        assert answer.recommendation is not None
    assert all("[" not in m.text for m in conversation.messages if m.speaker == "seeker")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=2))
def test_any_text_is_answered(talker: Talker, texts: list[str]) -> None:
    conversation = Conversation(talker)
    for text in texts:
        assert is_sound(conversation.say(text), talker)


@pytest.mark.parametrize("hello", ["hi", "Hello!", "hey there"])
def test_who_only_greets_is_greeted_or_asked(hello: str, talker: Talker) -> None:
    for seed in range(2):
        conversation = Conversation(talker, seed=seed)
        for _ in range(2):
            answer = conversation.say(hello)
            assert "?" in answer.text or reply_act(answer.slotted) in ("greet", "ask")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Have you seen Foo Barland (1999)?", "Foo Barland (1999)"),
        ('do you know "Zorgon Rising"?', "Zorgon Rising"),
        ("i liked zorgon quux (2003) a lot", "zorgon quux (2003)"),
        ("I adore Foo Heat (1995)", "Foo Heat (1995)"),  # not Heat (1995)
        ('I adore "Foo Heat"', "Foo Heat"),
        ("What about Heat (1931)?", "Heat (1931)"),
    ],
)
def test_an_unknown_film_is_called_unknown_and_taken_for_no_other(
    text: str, name: str, talker: Talker, conversation: Conversation
) -> None:
    conversation.say(f"I like {OTHER_FILM}")
    answer = conversation.say(text)
    assert answer.text.startswith(f"I do not know “{name}”.")
    assert [film.name for film in answer.unknown] == [name]
    assert "[named]" not in answer.slotted  # nor is the other film talked of as if it were this one
    assert is_sound(answer, talker)
    assert marked_titles(conversation, 2) == []


def test_a_mistyped_film_gets_a_suggestion(conversation: Conversation) -> None:
    answer = conversation.say('I liked "Inceptoin" (2010)')
    assert answer.text.startswith("I do not know “Inceptoin (2010)”. Did you mean Inception (2010)")


@pytest.mark.parametrize(
    "text",
    [
        f"Is {FILM} good?",
        f'"{FILM}"',
        'I like "Heat"',
        f"Hello! I like {FILM} and {OTHER_FILM}",
        "heat (1995)",
    ],
)
def test_a_known_film_is_not_called_unknown(text: str, conversation: Conversation) -> None:
    assert conversation.say(text).unknown == ()
    assert FILM in marked_titles(conversation, 0)


@pytest.mark.parametrize(
    "text",
    ["That was great (2001)", 'She said "I love you" to me', 'a "feel good" movie', "'90s films, it's all"],
)
def test_what_is_no_title_is_not_called_unknown(text: str, conversation: Conversation) -> None:
    assert conversation.say(text).unknown == ()


def test_earlier_dialogues_are_adapted_to(talker: Talker) -> None:
    conversation = Conversation(talker)
    assert conversation.person().inner is None
    conversation.say(f"I love {FILM}")
    conversation.reset()
    assert conversation.messages == ()
    person = conversation.person()
    assert person.inner is not None
    assert person.state is not None
    assert conversation.person() is person  # computed once
    answer = conversation.say("What now?")
    assert answer.recommendation is not None
    assert answer.recommendation.num_support == 1
    for _ in range(NUM_SUPPORT + 1):
        conversation.reset()
        conversation.say("hi")
    conversation.reset()
    state = conversation.person().state
    assert state is not None
    assert state.num_support == NUM_SUPPORT


def test_what_stands_beside_a_turn_changes_no_answer(talker: Talker) -> None:
    known = Conversation(talker)
    known.say(f"I love {FILM}")
    known.reset()
    inputs = [
        TurnInput(f"I like {OTHER_FILM}", person=known.person(), seed=1),
        TurnInput("hello", seed=2),
        TurnInput(""),
        TurnInput("a comedy please", seed=3, num_items=2),
    ]
    together = talker.answer(inputs)
    alone = [talker.answer([given])[0] for given in inputs]
    assert [a.text for a in together] == [a.text for a in alone]
    assert [a.shown for a in together] == [a.shown for a in alone]


def test_a_run_without_responder_does_not_talk(tmp_path: Path, talking_run: TinyRun) -> None:
    for path in talking_run.run.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(CheckpointError, match="has no responder"):
        Talker.load(tmp_path)

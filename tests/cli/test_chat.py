"""``ccrs chat`` through a pipe and at a terminal."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccrs.cli import chat
from ccrs.core.item_words import ItemWords
from ccrs.inference.talk import nothing_said
from ccrs.serving.schemas import Card, Explanation, MentionShare, Share, Statement, Turn
from tests.cli.conftest import Command, Ended
from tests.fixtures.tiny_run import TinyRun


@pytest.fixture
def piped(ccrs: Command, talking_run: TinyRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """The command with ``typed`` (text or bytes) as its input."""

    def command(typed: str | bytes, *options: str | Path) -> Ended:
        raw = typed if isinstance(typed, bytes) else typed.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        store = f"sqlite:///{tmp_path / 'people.db'}"
        return ccrs("chat", talking_run.run, "--no-choose", "--store", store, *options)

    return command


def test_a_pipe_gets_plain_replies(piped: Command) -> None:
    ended = piped("hi\nI like Heat (1995)\n\n/quit\nnever read\n")
    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert "> " not in ended.out
    assert len(ended.out.splitlines()) >= 3
    assert ended.out.splitlines()[-1] == nothing_said(ItemWords("film", "films"))
    assert "Goodbye" in ended.err
    assert piped("hi\nI like Heat (1995)\n\n").out == ended.out  # the end of the input is an end like /quit


def test_why_shows_every_part(piped: Command) -> None:
    ended = piped("/why\nI like Heat (1995) and Tom Hanks\n/why\n")
    assert ended.out.startswith("There is no reply yet to tell about.\n")
    for part in (
        "change by adapting",
        "director",
        "director: Michael Mann",
        "by turn",
        "Heat (1995)",
        "style",
        "unadapted",
        "reply with slots: ",
    ):
        assert part in ended.out, part


TURN = Turn(
    id="t",
    number=0,
    created=0,
    said="I like Heat (1995)",
    reply="How about Alien (1979)?",
    items=[Card(id="a", title="Alien", year=1979, facts={"genre": ["horror"]}, rank=1, unadapted_rank=4)],
    explanation=Explanation(
        relations=[Share(name="director", weight=0.5, unadapted=0.4)],
        mentions=[MentionShare(name="Heat (1995)", turn=0, by_itself=1, by_turn=1, weight=1)],
        styles=[0.25, 0.75],
        constraints=["not horror"],
        terms={"selector": 0.5},
        statements=[Statement(item="Heat (1995)", relation="genre", value="crime")],
    ),
)


def test_why_shows_how_a_reply_was_chosen_and_what_it_states() -> None:
    shown = chat.why(TURN)
    for part in ("+0.100", "not horror", "term of the choice", "+0.500", "stated of", "crime", "0.750"):
        assert part in shown, part
    plain = chat.why(TURN.model_copy(update={"explanation": Explanation()}))
    assert "term of the choice" not in plain
    assert "no entity was mentioned" in plain


def test_items_are_shown_with_their_facts() -> None:
    assert chat.items(None) == "There are no items yet."
    assert "Alien (1979)" in chat.items(TURN)
    assert "genre: horror" in chat.items(TURN)


def test_a_person_is_remembered_and_others_are_not_he(piped: Command) -> None:
    ended = piped("I like Heat (1995)\n/reset\nhi\n/user Bob\n/user\nhi\n", "--user", "Ann")
    assert ended.code == 0
    assert "Hello Ann. 0 earlier dialogues remembered." in ended.err
    assert "A new dialogue. 1 earlier dialogue remembered." in ended.out
    assert "Hello Bob. 0 earlier dialogues remembered." in ended.err
    assert "You are Bob." in ended.out
    again = piped("What now?\n/why\n", "--user", "Ann")
    assert "Hello Ann. 2 earlier dialogues remembered." in again.err
    assert "earlier dialogues adapted to: 2" in again.out


def test_mistyped_commands_and_names_end_nothing(piped: Command) -> None:
    ended = piped("/wy\n/help\n/user ../../etc\n/user\nhi\n")
    assert ended.code == 0
    assert "There is no command /wy." in ended.out
    assert ended.out.count("/reset") == 2
    assert "is no name for a person" in ended.out
    assert "You are nobody I know" in ended.out


def test_an_unknown_film_and_a_long_message_are_told(piped: Command) -> None:
    ended = piped('do you know "Zorgon Rising"?\n' + "words " * 10_000 + "\n")
    assert ended.code == 0
    assert "I do not know “Zorgon Rising”." in ended.out
    assert "That is long" in ended.err


def test_bytes_that_are_no_text_are_no_traceback(piped: Command) -> None:
    assert piped(b"\xff\xfe\x00 hello \x80\n\xf0\x9f\x8e\xac\n").code == 0


def test_a_run_that_cannot_talk_is_exit_code_2(refused: Command, smallest: TinyRun, tmp_path: Path) -> None:
    assert "has no responder" in refused("chat", smallest.run).err
    assert "there is no such run" in refused("chat", tmp_path / "nowhere").err


def test_what_is_no_name_is_exit_code_2(piped: Command) -> None:
    ended = piped("hi\n", "--user", "a/b")
    assert ended.code == 2
    assert "is no name for a person" in ended.err


class Terminal(io.StringIO):
    """Standard output with a person before it."""

    def isatty(self) -> bool:
        return True


def test_ctrl_c_ends_politely(piped: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed() -> Iterator[str]:
        yield "hi\n"
        raise KeyboardInterrupt

    monkeypatch.setattr(chat, "lines", typed)
    ended = piped("")
    assert ended.code == 0
    assert "Goodbye" in ended.err


def test_a_person_sees_the_reply_word_by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    terminal = Terminal()
    monkeypatch.setattr(chat.time, "sleep", pauses.append)
    monkeypatch.setattr(chat, "on_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    chat.speak(["[bold]Have", " you", " seen", " :smile:", " it?"])
    assert len(pauses) == 5
    plain = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    for word in ("[bold]Have", " :smile:", " it?"):
        assert word in plain


def test_a_terminal_ends_at_the_end_of_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["hi"])

    def typed(prompt: str) -> str:
        assert prompt == "> "
        try:
            return next(answers)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr(chat, "on_terminal", lambda: True)
    monkeypatch.setattr("builtins.input", typed)
    assert list(chat.lines()) == ["hi"]

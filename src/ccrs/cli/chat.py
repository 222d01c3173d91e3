"""``ccrs chat``: talk in the terminal, or through a pipe."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ccrs.artifacts.memory import Memory
from ccrs.cli.printing import remark, say, table
from ccrs.core.errors import DataError
from ccrs.inference.talk import Answer, Conversation, Talker

COMMANDS = {
    "/why": "what the last reply rests on: relations, entities, turns, style",
    "/user NAME": "talk as somebody else, who is remembered",
    "/reset": "end this dialogue and begin another one; it is remembered as an earlier one",
    "/help": "these lines",
    "/quit": "leave (so do Ctrl-C and the end of the input)",
}
_PEOPLE = "people"
_DELAY = 0.02  # seconds between two words


def chat(
    run: Annotated[Path, typer.Argument(help="Folder of a run with a responder.", show_default=False)],
    user: Annotated[
        str | None,
        typer.Option(
            "--user", help="Who talks. What this person said before is remembered.", show_default=False
        ),
    ] = None,
    memory: Annotated[
        Path | None,
        typer.Option("--memory", help="Folder of what people said.", show_default="RUN/people"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=1_000_000, help="Rules what is drawn.")] = 0,
) -> None:
    r"""Talk with a run: replies, and on `/why` what they rest on.

    Examples: `ccrs chat runs/talk` · `ccrs chat runs/talk --user ann` · `printf 'hi\n/quit\n' | ccrs chat runs/talk`
    """
    people = Memory(memory or run / _PEOPLE)
    talker = Talker.load(run)
    session = Session(talker, people, user, seed)
    remark("Say something, or /help.")
    try:
        for line in lines():
            if not session.take(line.strip()):
                break
    except KeyboardInterrupt:
        say()
    remark("Goodbye.")


class Session:
    """What one run of the command does: a line in, something printed."""

    def __init__(self, talker: Talker, people: Memory, user: str | None, seed: int) -> None:
        self.talker, self.people, self.seed = talker, people, seed
        self.conversation = self._start(user)

    def take(self, line: str) -> bool:
        """Answer one line; False when it ends the session."""
        if not line.startswith("/"):
            answer = self.conversation.say(line)
            for told in answer.remarks:
                remark(told)
            speak(answer.text)
            return True
        command, _, rest = line.partition(" ")
        if command == "/quit":
            return False
        if command == "/why":
            say(why(self.conversation.last))
        elif command == "/reset":
            self.conversation.reset()
            self.conversation.adapt()  # now, not when somebody waits for a reply
            say(f"A new dialogue. {_remembered(self.conversation)}")
        elif command == "/user":
            self._switch(rest.strip())
        else:
            if command != "/help":
                say(f"There is no command {command}. There are:")
            say(table(["command", ""], [[name, told] for name, told in COMMANDS.items()]))
        return True

    def _switch(self, name: str) -> None:
        """Go on as ``name``; with something wrong everything stays as it is."""
        if not name:
            say(f"You are {self.conversation.name or 'nobody I know: /user NAME tells me'}.")
            return
        try:
            self.conversation = self._start(name)
        except DataError as error:
            say(str(error))

    def _start(self, name: str | None) -> Conversation:
        conversation = self.talker.conversation(name, memory=self.people, seed=self.seed)
        if conversation.name is not None:
            remark(f"Hello {conversation.name}. {_remembered(conversation)}")
        conversation.adapt()
        return conversation


def lines() -> Iterator[str]:
    """What is typed, line by line, with a prompt for people; ends with the input."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # bytes that are no text are no reason to fail
    if not on_terminal():
        yield from sys.stdin
        return
    while True:
        try:
            yield input("> ")
        except EOFError:
            say()
            return


def on_terminal() -> bool:
    """Whether a person sits before both ends."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def speak(text: str) -> None:
    """A reply: word by word for people, at once for programs."""
    if not on_terminal():
        say(text)
        return
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    for number, word in enumerate(text.split(" ")):
        console.print(word if number == 0 else f" {word}", end="", style="cyan")
        time.sleep(_DELAY)
    console.print()


def why(answer: Answer | None) -> str:
    """What the last reply rests on, as tables."""
    if answer is None or answer.recommendation is None:
        return "There is no reply yet to tell about."
    found = answer.recommendation
    parts = [f"earlier dialogues adapted to: {found.num_support}", f"reply with slots: {answer.slotted}"]
    if found.relations:
        rows = [[r.name, f"{r.weight:.3f}", f"{r.weight - r.unadapted:+.3f}"] for r in found.relations]
        parts.append(table(["relation", "weight", "change by adapting"], rows))
    if found.neighbours:
        rows = [[n.name, f"{n.weight:.3f}", f"{n.weight - n.unadapted:+.3f}"] for n in found.neighbours]
        parts.append(table(["entity", "weight", "change by adapting"], rows))
    if found.mentions:
        rows = [
            [m.name, str(m.turn + 1), f"{m.by_itself:.2f}", f"{m.by_turn:.2f}", f"{m.weight:.2f}"]
            for m in found.mentions
        ]
        parts.append(table(["mentioned", "turn", "by itself", "by turn", "weight"], rows))
    else:
        parts.append("no entity was mentioned: the ranking rests on the words and on what is popular")
    rows = [[str(i.rank), str(i.unadapted_rank), i.title, "; ".join(i.reasons)] for i in found.items]
    parts.append(table(["rank", "unadapted", "title", "shares"], rows))
    if answer.styles is not None:
        parts.append(table(["style", "share"], [[str(n), f"{s:.3f}"] for n, s in enumerate(answer.styles)]))
    if answer.terms:
        rows = [[name, f"{value:+.3f}"] for name, value in answer.terms.items()]
        parts.append(table(["term of the choice", "added"], rows))
    if answer.statements:
        rows = [[s.film, s.relation, s.value] for s in answer.statements]
        parts.append(table(["stated of", "relation", "value"], rows))
    return "\n\n".join(parts)


def _remembered(conversation: Conversation) -> str:
    count = len(conversation.earlier)
    return f"{count} earlier dialogue{'' if count == 1 else 's'} remembered."

"""``ccrs chat``: talk in the terminal, or through a pipe, with a run or with a server."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ccrs.cli.chat_clients import ChatClient, LocalClient, RemoteClient
from ccrs.cli.printing import NO_ATTENTION, remark, say, table
from ccrs.core.errors import ConfigError, DataError
from ccrs.serving.errors import Busy
from ccrs.serving.schemas import Explanation, Turn

COMMANDS = {
    "/why": "what the last reply rests on: relations, entities, turns, style",
    "/items": "the items found, with their facts",
    "/user NAME": "talk as somebody else, who is remembered",
    "/reset": "end this dialogue and begin another one; it is remembered as an earlier one",
    "/help": "these lines",
    "/quit": "leave (so do Ctrl-C and the end of the input)",
}
_NOBODY = "you"
_IN_MEMORY = "sqlite://"
_DELAY = 0.02  # seconds between two words


def chat(
    run: Annotated[
        Path | None, typer.Argument(help="Folder of a run with a responder.", show_default=False)
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", help="Talk to a server (ccrs serve) instead of a run.", show_default=False),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", envvar="CCRS_KEY", help="API key of the server.", show_default=False),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user", help="Who talks. What this person said before is remembered.", show_default=False
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            help="Where people are remembered: a SQLite or PostgreSQL address.",
            show_default="RUN/people.db",
        ),
    ] = None,
    choose: Annotated[
        bool,
        typer.Option(
            "--choose/--no-choose", help="Choose each reply among candidates: better words, slower."
        ),
    ] = True,
    seed: Annotated[int, typer.Option("--seed", min=0, max=1_000_000, help="Rules what is drawn.")] = 0,
) -> None:
    r"""Talk with a run or a server: replies, and on `/why` what they rest on.

    Examples: `ccrs chat runs/talk` · `ccrs chat runs/talk --user ann` · `ccrs chat --url http://127.0.0.1:8000` ·
    `printf 'hi\n/quit\n' | ccrs chat runs/talk`
    """
    if (run is None) == (url is None):
        raise ConfigError("Name either the folder of a run or --url ADDRESS of a server.")
    client: ChatClient
    if url is not None:
        client = RemoteClient(url, key, seed=seed)
    else:
        # Who gives no name is not remembered.
        place = store if user is not None or store is not None else _IN_MEMORY
        client = LocalClient(run or Path(), place, seed=seed, choose=choose)
    try:
        session = Session(client, user)
        remark("Say something, or /help.")
        for line in lines():
            if not session.take(line.strip()):
                break
    except KeyboardInterrupt:
        say()
    finally:
        client.close()
    remark("Goodbye.")


class Session:
    """What one run of the command does: a line in, something printed."""

    def __init__(self, client: ChatClient, user: str | None) -> None:
        self.client, self.user = client, user
        self._begin(user, greet=user is not None)

    def take(self, line: str) -> bool:
        """Answer one line; False when it ends the session."""
        if not line.startswith("/"):
            self._say(line)
            return True
        command, _, rest = line.partition(" ")
        if command == "/quit":
            return False
        if command == "/why":
            say(why(self.client.last))
        elif command == "/items":
            say(items(self.client.last))
        elif command == "/reset":
            count = self._begin(self.user, greet=False)
            say(f"A new dialogue. {_remembered(count)}")
        elif command == "/user":
            self._switch(rest.strip())
        else:
            if command != "/help":
                say(f"There is no command {command}. There are:")
            say(table(["command", ""], [[name, told] for name, told in COMMANDS.items()]))
        return True

    def _say(self, text: str) -> None:
        try:
            speak(self.client.say(text))
        except Busy as busy:  # what was typed can be sent again
            say(str(busy))
            return
        for told in self.client.last.remarks if self.client.last is not None else ():
            remark(told)

    def _switch(self, name: str) -> None:
        """Go on as ``name``; with something wrong everything stays as it is."""
        if not name:
            say(f"You are {self.user or 'nobody I know: /user NAME tells me'}.")
            return
        try:
            self._begin(name, greet=True)
        except DataError as error:
            say(str(error))
        else:
            self.user = name

    def _begin(self, user: str | None, *, greet: bool) -> int:
        count = self.client.begin(user or _NOBODY)
        if greet:
            remark(f"Hello {user}. {_remembered(count)}")
        return count


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


def speak(pieces: Iterable[str]) -> None:
    """A reply: word by word for people, at once for programs."""
    if not on_terminal():
        say("".join(pieces))
        return
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    for piece in pieces:
        console.print(piece, end="", style="cyan")
        time.sleep(_DELAY)
    console.print()


def items(turn: Turn | None) -> str:
    """The items of the last turn as a table."""
    if turn is None or not turn.items:
        return "There are no items yet."
    rows = [
        [
            "" if card.rank is None else str(card.rank),
            card.title if card.year is None else f"{card.title} ({card.year})",
            "; ".join(f"{relation}: {', '.join(names[:3])}" for relation, names in card.facts.items()),
        ]
        for card in turn.items
    ]
    return table(["rank", "title", "facts"], rows)


def why(turn: Turn | None) -> str:
    """What the last reply rests on, as tables."""
    if turn is None or not turn.id:
        return "There is no reply yet to tell about."
    found = turn.explanation
    parts = [f"earlier dialogues adapted to: {found.num_support}"]
    if found.slotted:
        parts.append(f"reply with slots: {found.slotted}")
    if found.constraints:
        parts.append(f"wanted: {'; '.join(found.constraints)}")
    for name, shares in (("relation", found.relations), ("entity", found.neighbours)):
        if shares:
            rows = [[s.name, f"{s.weight:.3f}", f"{s.weight - s.unadapted:+.3f}"] for s in shares]
            parts.append(table([name, "weight", "change by adapting"], rows))
    if found.mentions:
        rows = [
            [m.name, str(m.turn + 1), f"{m.by_itself:.2f}", f"{m.by_turn:.2f}", f"{m.weight:.2f}"]
            for m in found.mentions
        ]
        parts.append(table(["mentioned", "turn", "by itself", "by turn", "weight"], rows))
    elif not found.attentive:
        parts.append(NO_ATTENTION)
    else:
        parts.append("no entity was mentioned: the ranking rests on the words and on what is popular")
    if turn.items:
        rows = [
            [str(card.rank or ""), str(card.unadapted_rank or ""), card.title, "; ".join(card.reasons)]
            for card in turn.items
        ]
        parts.append(table(["rank", "unadapted", "title", "shares"], rows))
    return "\n\n".join([*parts, *_why_these_words(found)])


def _why_these_words(found: Explanation) -> list[str]:
    """What the words of a reply rest on."""
    parts = []
    if found.styles:
        parts.append(table(["style", "share"], [[str(n), f"{s:.3f}"] for n, s in enumerate(found.styles)]))
    if found.terms:
        rows = [[name, f"{value:+.3f}"] for name, value in found.terms.items()]
        parts.append(table(["term of the choice", "added"], rows))
    if found.statements:
        rows = [[s.item, s.relation, s.value] for s in found.statements]
        parts.append(table(["stated of", "relation", "value"], rows))
    return parts


def _remembered(count: int) -> str:
    return f"{count} earlier dialogue{'' if count == 1 else 's'} remembered."

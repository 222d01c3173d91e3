"""A history that a client sends again with every request: what of it was said, what is known, what is new.

Clients of a chat protocol keep the dialogue themselves and send all of it each time. Here is the logic that turns such
a history back into the tree of turns of the store; no HTTP and no database in it.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from ccrs.core.errors import DataError
from ccrs.serving.protocols import Said
from ccrs.serving.schemas import MAX_TEXT
from ccrs.serving.store.records import DialogueRecord, TurnRecord

INSTRUCTIONS = ("system", "developer")
"""Roles whose words are the client's, never a person's."""
_SPEAKERS: dict[str, Literal["user", "assistant"]] = {"user": "user", "assistant": "assistant"}
_START = b"ccrs history 1"


class Part(Protocol):
    """A part of a message: its type and, when it is text, the text."""

    @property
    def type(self) -> str:
        """``text`` is the only one that is read."""
        ...

    @property
    def text(self) -> str | None:
        """The text of a part of type ``text``."""
        ...


class Resent(Protocol):
    """A message as a client sends it."""

    @property
    def role(self) -> str:
        """Who speaks."""
        ...

    @property
    def content(self) -> str | Sequence[Part] | None:
        """What is said."""
        ...


@dataclass(frozen=True)
class Exchange:
    """What was said and what was replied, without being generated; ``fingerprint`` is that of its turn.

    ``said`` is empty where a history begins with the recommender (a client's greeting). ``turn`` is the stored turn
    when there is one on a branch: its content holds for this exchange as well.
    """

    said: str
    reply: str
    fingerprint: str
    turn: TurnRecord | None = None


@dataclass(frozen=True)
class Plan:
    """What to do with a history.

    Go on in ``dialogue`` (None: begin one) after the turn ``parent`` (None: at its root, whatever turns it has become
    a branch); store the ``unknown`` exchanges in this order, each after the one before, heard but not answered; then
    answer ``said``.
    ``again`` says that the first turn of ``dialogue`` is asked for once more.
    """

    history: tuple[Said, ...]
    dialogue: str | None
    parent: str | None
    num_known: int
    unknown: tuple[Exchange, ...]
    again: bool = False

    @property
    def said(self) -> str:
        """What is to be answered."""
        return self.history[-1].text

    def fingerprint(self, reply: str) -> str:
        """The fingerprint of the turn that answers ``said`` with ``reply``."""
        return fingerprint((*self.history, Said("assistant", reply)))


def text_of(message: Resent, number: int) -> str:
    """The text of a message, parts joined by newlines; ``number`` is its place, for errors.

    Halves of surrogate pairs, which no encoding takes, become ``?``. Raises ``DataError`` for a part that is no text.
    """
    if message.content is None or isinstance(message.content, str):
        return _encodable(message.content or "")
    others = sorted({part.type for part in message.content if part.type != "text" or part.text is None})
    if others:
        raise DataError(
            f"messages[{number}] has content of type {', '.join(map(repr, others))}; only text is read. "
            'Send strings or parts {"type": "text", "text": "..."}.'
        )
    return _encodable("\n".join(part.text or "" for part in message.content))


def conversation_of(messages: Sequence[Resent]) -> tuple[Said, ...]:
    """What the two said, by turns, the user last.

    Instructions (system, developer) are dropped: they are the client's words and no preference of anybody. Messages of
    one speaker in a row become one, joined by a newline. Empty messages are dropped, except an empty reply between two
    messages of the user, which is what he was answered.

    Raises ``DataError`` for other roles, parts that are no text, a user's message longer than ``MAX_TEXT`` characters,
    and when the user did not say the last thing.
    """
    spoken: list[Said] = []
    for number, message in enumerate(messages):
        if message.role in INSTRUCTIONS:
            continue
        said = Said(_speaker(message, number), _words(message, number))
        answered = bool(spoken) and spoken[-1].role == "user"
        if not said.text and (said.role == "user" or not answered):
            continue
        if spoken and spoken[-1].role == said.role:
            spoken[-1] = Said(said.role, _joined(spoken[-1].text, said.text))
        else:
            spoken.append(said)
    while spoken and spoken[-1] == Said("assistant", ""):
        spoken.pop()
    if not spoken or spoken[-1].role != "user":
        raise DataError(
            "The last message must be something that the user said. Put a message of role user, not empty, at the end."
        )
    return tuple(spoken)


def fingerprint(history: Iterable[Said]) -> str:
    """Identifies a history (64 hexadecimal digits): a chain of SHA-256 over its messages.

    White space at the ends of texts and lines, and the kind of line breaks, do not count: clients trim them.
    """
    state = hashlib.sha256(_START).digest()
    for said in history:
        state = _chained(state, said)
    return state.hex()


def reconcile(
    history: Sequence[Said],
    find: Callable[[str], TurnRecord | None],
    latest: DialogueRecord | None = None,
    path: Callable[[str], Collection[str]] | None = None,
) -> Plan:
    """How a history goes on from what is stored; ``history`` is as ``conversation_of`` makes it.

    ``find`` gives the user's latest turn with a fingerprint, branches included, and ``path`` the ids of a dialogue's
    turns from its root to its head (without ``path`` every turn is taken to be on one). The longest beginning that
    ends in a reply on such a path is gone on from. So the same history again goes on from the same turn (the earlier
    reply becomes a branch), an edited message begins a branch at the turn before it, of a history from elsewhere
    everything is unknown, and whoever goes back to a branch has it told again, in its dialogue, after the turn where
    it left the path.

    A first message has no reply before it to be known by. When ``latest``, the user's latest dialogue, consists of one
    turn that answers this very history, that turn is asked for again; otherwise a new dialogue begins.
    """
    asked = tuple(history)
    exchanges = list(exchanges_of(asked))
    dialogue = None
    for place in range(len(exchanges) - 1, -1, -1):
        turn = find(exchanges[place].fingerprint)
        if turn is None:
            continue
        # Two dialogues may begin alike; what a longer beginning has found out is not forgotten for a shorter one.
        is_here = dialogue in (None, turn.dialogue)
        if is_here and (path is None or turn.id in path(turn.dialogue)):
            return Plan(asked, turn.dialogue, turn.id, place + 1, tuple(exchanges[place + 1 :]))
        exchanges[place] = replace(exchanges[place], turn=turn)
        dialogue = dialogue or turn.dialogue
    if latest is not None and len(latest.turns) == 1 and not exchanges:
        only = latest.turns[0]
        if only.fingerprint == fingerprint((*asked, Said("assistant", only.reply))):
            return Plan(asked, latest.id, None, 0, (), again=True)
    return Plan(asked, dialogue, None, 0, tuple(exchanges))


def persons_words(text: str) -> str:
    """What the person said, where a front end put it into a prompt of its own together with documents.

    Such a prompt begins with a heading *Task* and has the documents in ``<context>`` and the person's words in
    ``<user_query>``, each closed. Any other text is returned as it is.
    """
    if not text.lstrip().startswith("#") or "task" not in text[:40].lower():
        return text
    head, opened, rest = text.partition("<user_query>")
    query, closed, _ = rest.rpartition("</user_query>")
    is_wrapped = opened and closed and "<context>" in head + rest and "</context>" in head + rest
    return query.strip() or text if is_wrapped else text


def _speaker(message: Resent, number: int) -> Literal["user", "assistant"]:
    """Who speaks; raises ``DataError`` for tools and other roles."""
    if message.role not in _SPEAKERS:
        allowed = ", ".join((*INSTRUCTIONS, *_SPEAKERS))
        raise DataError(
            f"messages[{number}] has the role {message.role!r}; allowed are {allowed}. Send what people said only."
        )
    return _SPEAKERS[message.role]


def _words(message: Resent, number: int) -> str:
    """The trimmed text of a message; raises ``DataError`` when a user's is too long."""
    text = text_of(message, number)
    if message.role != "user":
        return text.strip()
    words = persons_words(text).strip()
    if len(words) > MAX_TEXT:
        raise DataError(
            f"messages[{number}] has {len(words)} characters; at most {MAX_TEXT} are read. Send a shorter message."
        )
    return words


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _joined(first: str, second: str) -> str:
    return f"{first}\n{second}" if first and second else first or second


def exchanges_of(history: Sequence[Said]) -> tuple[Exchange, ...]:
    """The answered part of a history, by turns, with the fingerprint of each exchange."""
    state = hashlib.sha256(_START).digest()
    exchanges, said = [], ""
    for message in history:
        state = _chained(state, message)
        if message.role == "user":
            said = message.text
        else:
            exchanges.append(Exchange(said, message.text, state.hex()))
            said = ""
    return tuple(exchanges)


def _chained(state: bytes, said: Said) -> bytes:
    """The next link: the state (of fixed length), who speaks, the length of the text, the text."""
    text = _normalised(said.text).encode("utf-8", "surrogatepass")
    role = b"u" if said.role == "user" else b"a"
    return hashlib.sha256(state + role + struct.pack(">Q", len(text)) + text).digest()


def _normalised(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())

"""What people rated or bought, in time order, as sessions of liked items, written as short dialogues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message
from ccrs.core.errors import ConfigError

SAMPLED_AT = (0, 1, 2, 4, 6)
"""How many items of a session have been named when the recommender names the next one."""


class Tried(NamedTuple):
    """An item somebody had, by id, and whether he liked it."""

    item: str
    liked: bool


@dataclass(frozen=True)
class SessionForm:
    """How sessions are made: ``size`` consecutive liked items each, of people with at least ``min_sessions``.

    ``opening`` is what the seeker says first. ``few_sessions`` and ``left_over`` name what is left out when it is
    counted.
    """

    size: int
    min_sessions: int
    opening: str
    few_sessions: str
    left_over: str

    def __post_init__(self) -> None:
        if self.size < 1 or self.min_sessions < 1:
            raise ConfigError(
                f"session_size = {self.size}, min_sessions = {self.min_sessions}: both are at least 1."
            )


@dataclass(frozen=True)
class Session:
    """Liked items in time order, and what was liked less since the session before."""

    liked: tuple[str, ...]
    not_liked: tuple[str, ...]


def dialogues_of(
    tried: Mapping[str, Sequence[Tried]],
    titles: Mapping[str, str],
    form: SessionForm,
    dropped: Counter[str],
    *,
    prefix: str = "",
) -> Iterator[Dialogue]:
    """The sessions of every user (whose items stand in time order) as dialogues ``<prefix><user>-<number>``.

    ``titles`` are those of the items by id. What is left out is counted in ``dropped``.
    """
    for user, items in tried.items():
        sessions, left = sessions_of(items, form.size)
        if len(sessions) < form.min_sessions:
            dropped[form.few_sessions] += 1
            continue
        if left:
            dropped[form.left_over] += left
        for number, session in enumerate(sessions):
            yield _dialogue(f"{prefix}{user}-{number}", user, number, session, titles, form.opening)


def sessions_of(items: Iterable[Tried], size: int) -> tuple[list[Session], int]:
    """The whole sessions of one user (``items`` in time order), and how many liked items are left over."""
    sessions: list[Session] = []
    liked: list[str] = []
    other: list[str] = []
    for item, likes in items:
        (liked if likes else other).append(item)
        if len(liked) == size:
            sessions.append(Session(tuple(liked), tuple(other)))
            liked, other = [], []
    return sessions, len(liked)


@dataclass
class _Talk:
    """Messages while they are written; no word says what kind of thing the items are."""

    titles: Mapping[str, str]
    messages: list[Message] = field(default_factory=list)

    def seeker(self, opening: str, items: Sequence[str]) -> None:
        """The seeker says ``opening`` and names items he likes."""
        text, mentions = opening, []
        for position, item in enumerate(items):
            text += (" I like " if position == 0 else " and ") if text else "I like "
            mentions.append(_mention(item, text, self.titles[item]))
            text += self.titles[item]
        self.messages.append(Message("seeker", f"{text}." if items else text, tuple(mentions)))

    def recommender(self, item: str) -> None:
        """The recommender names one item."""
        text = "How about "
        mention = _mention(item, text, self.titles[item])
        self.messages.append(Message("recommender", f"{text}{self.titles[item]}?", (mention,)))


def _mention(item: str, before: str, title: str) -> Mention:
    return Mention(item, len(before), len(before) + len(title), marked=True)


def _dialogue(
    name: str, user: str, number: int, session: Session, titles: Mapping[str, str], opening: str
) -> Dialogue:
    """One session as a dialogue; the recommender speaks at ``SAMPLED_AT`` items and nowhere else."""
    talk = _Talk(titles)
    waiting = list[str]()
    for position, item in enumerate(session.liked):
        if position not in SAMPLED_AT:
            waiting.append(item)
            continue
        talk.seeker(opening, waiting)
        talk.recommender(item)
        opening, waiting = "I like that.", []
    talk.seeker(opening, waiting)
    answers = [(item, True) for item in session.liked] + [(item, False) for item in session.not_liked]
    feedback = {item: Feedback(liked=liked) for item, liked in answers}
    return Dialogue(name, user, tuple(talk.messages), time=number, feedback=feedback)

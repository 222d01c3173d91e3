"""Interactions as short dialogues: one of each session, or of each user's rows in time order cut into sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message, Speaker
from ccrs.core.errors import DataError
from ccrs.core.graph import Entity
from ccrs.data.readers.atomic import AtomicRelease
from ccrs.data.readers.atomic_interactions import Interaction
from ccrs.experiments.sessions import SessionForm, Tried, dialogues_of

LIKED, DISLIKED = 5.0, 1.0
"""What is written for likes and dislikes: the ends of five stars."""
OPENING = "Hello, what do you recommend?"
FEW_SESSIONS = "users with too few sessions"
LEFT_OVER = "liked items after a user's last whole session"
_NAMING: dict[Speaker, dict[bool | None, str]] = {
    "seeker": {True: "I like ", False: "I do not like ", None: "I know "},
    "recommender": dict.fromkeys((True, False, None), "How about "),
}


@dataclass(frozen=True)
class DialogueReading:
    """How interactions are read: from which rating on an item is liked, and how long sessions are.

    The sizes matter only where the rows do not say to which session they belong.
    """

    liked_from: float = 4.0
    session_size: int = 8
    min_sessions: int = 2

    def liked(self, row: Interaction) -> bool | None:
        """Whether the row says that its item is liked; None where it has no rating."""
        return None if row.rating is None else row.rating >= self.liked_from


@dataclass(frozen=True)
class WrittenDialogues:
    """The dialogues, what was left out by reason, and how the rows were read."""

    dialogues: Sequence[Dialogue]
    dropped: Mapping[str, int]
    notes: Sequence[str]


def written_dialogues(release: AtomicRelease, reading: DialogueReading) -> WrittenDialogues:
    """The interactions as dialogues.

    Raises ``DataError`` where a session is of two users or names an item twice, and where no user has enough
    sessions; ``ConfigError`` for a size below 1.
    """
    items = {entity.id: entity for entity in release.entities if entity.is_item}
    liking = (
        f"an item is liked from a rating of {reading.liked_from:g} on; one without rating was chosen, so liked"
        if release.has_ratings
        else "the interactions have no ratings: every item was chosen, so liked"
    )
    if not release.has_sessions:
        return _cut(release, reading, items, liking)
    write = _told_session if release.has_speakers else _liked_session
    sessions = _by_session(release).values()
    if release.has_speakers:
        liking = f"an item is liked from a rating of {reading.liked_from:g} on"
    made_up = (
        "each session of the interactions is a dialogue; its texts are made up, for atomic files have none"
    )
    return WrittenDialogues(
        [write(sorted(rows, key=_time), items, reading) for rows in sessions], {}, [made_up, liking]
    )


def _time(row: Interaction) -> int:
    return row.time  # sorting is stable: ties stay as in the file


def _cut(
    release: AtomicRelease, reading: DialogueReading, items: Mapping[str, Entity], liking: str
) -> WrittenDialogues:
    """Each user's rows in time order, cut into sessions."""
    form = SessionForm(reading.session_size, reading.min_sessions, OPENING, FEW_SESSIONS, LEFT_OVER)
    by_user: dict[str, list[Interaction]] = {}
    for row in release.interactions:
        by_user.setdefault(row.user, []).append(row)
    tried = {user: list(_tried(sorted(rows, key=_time), reading)) for user, rows in by_user.items()}
    titles = {identity: item.title for identity, item in items.items()}
    dropped: Counter[str] = Counter()
    dialogues = list(dialogues_of(tried, titles, form, dropped))
    if not dialogues:
        problem = f"no user has {reading.min_sessions} sessions of {reading.session_size} liked items"
        mend = "Ask for smaller sessions (--session-size) or fewer of them (--min-sessions)."
        raise DataError.at(release.place, None, problem, mend)
    cut = (
        f"a session is {reading.session_size} consecutive liked items of a user in time order (ties as in the "
        f"file), of users with at least {reading.min_sessions} of them; its texts are made up"
    )
    return WrittenDialogues(dialogues, dropped, [cut, liking])


def _tried(rows: Sequence[Interaction], reading: DialogueReading) -> Iterator[Tried]:
    """Items with whether they are liked; one without rating is."""
    for row in rows:
        yield Tried(row.item, reading.liked(row) is not False)


def _by_session(release: AtomicRelease) -> dict[str, list[Interaction]]:
    sessions: dict[str, list[Interaction]] = {}
    seen: set[tuple[str, str]] = set()
    for row in release.interactions:
        rows = sessions.setdefault(row.session, [])
        if rows and (row.user, row.part) != (rows[0].user, rows[0].part):
            problem = f"session {row.session!r} is of another user or part in line {rows[0].line}"
            raise DataError.at(release.place, row.line, problem, "Give every session its own id.")
        if (row.session, row.item) in seen:
            problem = f"session {row.session!r} has item {row.item!r} twice"
            raise DataError.at(release.place, row.line, problem, "Leave one of the two rows.")
        seen.add((row.session, row.item))
        rows.append(row)
    return sessions


@dataclass
class _Talk:
    """Messages while they are written."""

    messages: list[Message] = field(default_factory=list)

    def says(self, speaker: Speaker, before: str, item: Entity, after: str) -> None:
        """One message that names one item."""
        mention = Mention(item.id, len(before), len(before) + len(item.title), marked=True)
        self.messages.append(Message(speaker, f"{before}{item.title}{after}", (mention,)))


def _told_session(
    rows: Sequence[Interaction], items: Mapping[str, Entity], reading: DialogueReading
) -> Dialogue:
    """Who named what, in the order in which it was named; answers as the rows have them."""
    talk = _Talk()
    feedback: dict[str, Feedback] = {}
    for row in rows:
        liked = reading.liked(row)
        answer = Feedback(suggested=row.suggested, seen=row.seen, liked=liked)
        if row.speaker is None or answer != Feedback():
            feedback[row.item] = answer
        if row.speaker is not None:
            after = "?" if row.speaker == "recommender" else "."
            talk.says(row.speaker, _NAMING[row.speaker][liked], items[row.item], after)
    if not talk.messages or talk.messages[0].speaker == "recommender":
        talk.messages.insert(0, Message("seeker", OPENING))
    first = rows[0]
    return Dialogue(
        first.session, first.user, tuple(talk.messages), time=first.time, part=first.part, feedback=feedback
    )


def _liked_session(
    rows: Sequence[Interaction], items: Mapping[str, Entity], reading: DialogueReading
) -> Dialogue:
    """A session that does not say who named what: liked items in time order, the others as answers."""
    tried = list(_tried(rows, reading))
    num_liked = sum(item.liked for item in tried)
    first = rows[0]
    found = Dialogue(first.session, first.user, (Message("seeker", OPENING),))
    if num_liked:
        form = SessionForm(num_liked, 1, OPENING, FEW_SESSIONS, LEFT_OVER)
        # What is not liked stands first, so that all of it belongs to the one session.
        ordered = {first.session: sorted(tried, key=lambda item: item.liked)}
        titles = {item: items[item].title for item, _ in tried}
        (found,) = dialogues_of(ordered, titles, form, Counter())
    feedback = {**{item: Feedback(liked=liked) for item, liked in tried}, **found.feedback}
    return replace(
        found, id=first.session, user=first.user, time=first.time, part=first.part, feedback=feedback
    )

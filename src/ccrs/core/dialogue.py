"""A dialogue between a seeker (the user) and a recommender.

A *message* is one thing typed; a *turn* is all consecutive messages of one speaker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Speaker = Literal["seeker", "recommender"]
Part = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity named in a text, at the characters ``text[start:end]``.

    ``entity`` is an id of the catalogue. ``marked`` says that the source named it by id
    (ReDial's ``@111776``) rather than a linker that found it in the words.
    """

    entity: str
    start: int
    end: int
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message: who says it, the readable text, and the entities named in it, in order."""

    speaker: Speaker
    text: str
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True, slots=True)
class Feedback:
    """A questionnaire's answers about one film; ``None`` means the person did not say."""

    suggested: bool | None = None
    seen: bool | None = None
    liked: bool | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One dialogue of one user.

    ``user`` is the seeker's id. ``time`` orders the dialogues of one user (older is smaller; the
    unit does not matter). ``part`` is the official split's part, where the source has one.
    ``feedback`` maps item ids to answers given after the dialogue.
    """

    id: str
    user: str
    messages: tuple[Message, ...]
    time: int = 0
    part: Part | None = None
    feedback: Mapping[str, Feedback] = field(default_factory=dict)

    def turns(self) -> tuple[int, ...]:
        """The turn number, from 0, of each message: it grows when the speaker changes."""
        numbers: list[int] = []
        previous: Speaker | None = None
        for message in self.messages:
            changed = previous is not None and message.speaker != previous
            numbers.append((numbers[-1] if numbers else 0) + int(changed))
            previous = message.speaker
        return tuple(numbers)

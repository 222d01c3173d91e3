"""What the store keeps, as plain records.

A **tenant** is whoever holds an API key (``local`` on the loopback address); users of different tenants never meet.
A dialogue is a tree of turns: a turn answers its ``parent``, and ``head`` is the turn the dialogue goes on from. Turns
that are not on the way from the root to the head (an edited or regenerated branch) are kept, but are no interaction.
Times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ccrs.core.hearing import Opinion

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person of a tenant; ``version`` grows with every change of what is stored of him."""

    id: int
    tenant: str
    name: str
    version: int
    created: float


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A turn to be stored.

    ``content`` is JSON of the service (linked messages, what was heard, cards, explanation). ``fingerprint`` identifies
    the history up to and including this turn, so that a client that resends it finds the turn again.
    """

    said: str
    reply: str
    model: str
    content: Mapping[str, Any]
    shown: tuple[str, ...] = ()  # item ids
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A stored turn."""

    id: str
    dialogue: str
    number: int  # from 0, its depth in the tree
    parent: str | None
    created: float
    said: str
    reply: str
    model: str
    content: Mapping[str, Any]
    shown: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class DialogueRecord:
    """A dialogue of a user with the turns from its root to its head, oldest first."""

    id: str
    tenant: str
    user: str
    created: float
    head: str | None
    turns: tuple[TurnRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class OpinionRecord:
    """Like, dislike or seen of an entity (item, person, genre), by catalogue id; one of a kind for an entity.

    *like* and *dislike* exclude one another; *seen* stands beside them. ``turn`` is the turn it was said in, None for
    feedback on a card; ``dialogue`` may be None for feedback outside a dialogue.
    """

    entity: str
    opinion: Opinion
    created: float
    dialogue: str | None = None
    turn: str | None = None


@dataclass(frozen=True, slots=True)
class DialogueHead:
    """A dialogue without its turns."""

    id: str
    created: float
    head: str | None
    num_turns: int
    title: str
    """The first words said in it."""


@dataclass(frozen=True, slots=True)
class Once:
    """A write that must happen once: the idempotency ``key`` of a tenant, and what is answered when it comes again.

    ``request`` is a hash of the request; the same key with another request is refused. ``made`` is the id of the
    dialogue or turn that the write made; the store fills it in, as nobody knows it before.
    """

    key: str
    request: str
    status: int
    body: str
    made: str | None = None


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An API key without its secret, of which only a salted hash is stored."""

    id: str
    tenant: str
    name: str
    admin: bool
    created: float
    revoked: float | None = None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item put in or changed while the server runs; lives beside the run's own catalogue.

    ``facts`` maps relations to names of entities (``{"director": ["Michael Mann"]}``). For an item of the run's
    catalogue ``facts`` None leaves its facts as they are and only cards and availability change.
    """

    id: str
    title: str
    year: int | None = None
    type: str = "movie"
    aliases: tuple[str, ...] = ()
    facts: Mapping[str, tuple[str, ...]] | None = None
    plot: str | None = None
    url: str | None = None
    image: str | None = None
    price: str | None = None
    available: bool = True
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class KnownItem:
    """Title and year of an item id that was ever stored, to find it again in another run's catalogue."""

    id: str
    title: str
    year: int | None


@dataclass(frozen=True)
class UserExport:
    """All that is stored of a user, branches included."""

    user: UserRecord
    dialogues: tuple[DialogueRecord, ...]
    branches: tuple[TurnRecord, ...] = ()
    opinions: tuple[OpinionRecord, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

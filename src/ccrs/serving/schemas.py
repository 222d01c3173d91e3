"""The types that go over the wire (JSON), each with an example; what they mean is told once, here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ccrs.core.hearing import Opinion

MAX_TEXT = 4000
MAX_K = 50
Name = Annotated[str, StringConstraints(pattern=r"^[\w][\w.@-]{0,63}$")]
"""A user's name: 1 to 64 letters, digits, ``_ . @ -``, beginning with a letter, digit or ``_``."""
ItemId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Wire(BaseModel):
    """Base of all: unknown keys are refused, floats are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class NumberBounds(Wire):
    """Inclusive bounds of a number that items have, such as ``price``; without a bound it need only be known."""

    name: str = Field(min_length=1, max_length=200)
    low: float | None = None
    high: float | None = None


class Filters(Wire):
    """Hard constraints: every recommended item fulfils them. Names are titles, people, genres or entity ids."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"wanted": ["Comedy"], "unwanted": ["Horror"], "year_from": 1990},
                {"numbers": [{"name": "price", "high": 30}]},
            ]
        }
    )
    wanted: list[str] = Field(default_factory=list, max_length=20)
    unwanted: list[str] = Field(default_factory=list, max_length=100)
    any_of: list[Annotated[list[str], Field(min_length=1, max_length=20)]] = Field(
        default_factory=list, max_length=20
    )
    """Of each group one must hold."""
    year_from: int | None = Field(None, ge=0, le=9999)
    year_to: int | None = Field(None, ge=0, le=9999)
    numbers: list[NumberBounds] = Field(default_factory=list, max_length=20)
    available_only: bool = True


class Card(Wire):
    """An item to show; ``facts`` are relations of the graph with the names they lead to."""

    id: str
    title: str
    year: int | None = None
    facts: dict[str, list[str]] = Field(default_factory=dict)
    reason: str = ""
    """Why, in words; empty when nothing is shared with what was said."""
    reasons: list[str] = Field(default_factory=list)
    """The facts behind it, as ``relation name``."""
    rank: int | None = None
    unadapted_rank: int | None = None
    """The rank for somebody of whom nothing is known."""
    score: float | None = None
    plot: str | None = None
    url: str | None = None
    image: str | None = None
    price: str | None = None
    available: bool = True
    opinions: list[Opinion] = Field(default_factory=list)
    """What this user has said of it."""


class Share(Wire):
    """A share of the attention, and what it would be for a user of whom nothing is known."""

    name: str
    weight: float
    unadapted: float


class MentionShare(Wire):
    """How much a mentioned entity counts: as itself, by its turn, and together."""

    name: str
    turn: int
    by_itself: float
    by_turn: float
    weight: float


class Statement(Wire):
    """A fact that the reply states; always one of the graph."""

    item: str
    relation: str
    value: str


class Explanation(Wire):
    """What the ranking and the reply rest on."""

    attentive: bool = True
    """False for a recommender without attention: it has no relations, neighbours and mentions to show."""
    relations: list[Share] = Field(default_factory=list)
    neighbours: list[Share] = Field(default_factory=list)
    mentions: list[MentionShare] = Field(default_factory=list)
    styles: list[float] = Field(default_factory=list)
    """The mixture of latent styles of the reply."""
    num_support: int = 0
    """Earlier dialogues adapted to."""
    constraints: list[str] = Field(default_factory=list)
    """The constraints in force, in words."""
    slotted: str = ""
    """The reply before films and facts were put into its slots."""
    statements: list[Statement] = Field(default_factory=list)
    terms: dict[str, float] = Field(default_factory=dict)
    """What each term added, where the reply was chosen among candidates."""


class HeardMention(Wire):
    """An entity found in what was said (characters ``start`` to ``end``), with what is said of it."""

    id: str
    name: str
    start: int
    end: int
    is_item: bool
    opinions: list[Opinion] = Field(default_factory=list)


class Turn(Wire):
    """One exchange: what was said, what was heard, the reply, its items and reasons."""

    id: str
    number: int
    created: float
    said: str
    heard: list[HeardMention] = Field(default_factory=list)
    reply: str
    items: list[Card] = Field(default_factory=list)
    """The items the reply names first, then the next best: at most ``k``."""
    explanation: Explanation = Explanation()
    remarks: list[str] = Field(default_factory=list)
    model: str = ""
    """Version of the run that answered."""


class Dialogue(Wire):
    """A dialogue with its turns, oldest first."""

    id: str
    user: str
    created: float
    turns: list[Turn] = Field(default_factory=list)


class TurnRequest(Wire):
    """What a person says."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "I loved Heat (1995). Who else directs like that?", "k": 3}]}
    )
    text: str = Field(max_length=MAX_TEXT)
    filters: Filters | None = None
    k: int = Field(4, ge=1, le=MAX_K)
    seed: int | None = Field(None, ge=0, le=2**31 - 1)


class RecommendationRequest(Wire):
    """What to rank for: a user (what is stored of him is adapted to), texts said now, items named now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user": "anna", "text": "something like Heat (1995)", "k": 5}]}
    )
    user: Name | None = None
    text: str = Field("", max_length=MAX_TEXT)
    items: list[str] = Field(default_factory=list, max_length=50)
    """Items liked, by id or title."""
    filters: Filters | None = None
    k: int = Field(10, ge=1, le=MAX_K)
    explain: bool = True


class Recommendations(Wire):
    """Ranked items with reasons."""

    items: list[Card]
    explanation: Explanation | None = None
    remarks: list[str] = Field(default_factory=list)
    model: str = ""


class FeedbackRequest(Wire):
    """Like, dislike or seen of one item; ``undo`` takes it back."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user": "anna", "item": "m1", "opinion": "like"}]}
    )
    user: Name
    item: ItemId
    opinion: Opinion
    dialogue: str | None = None
    undo: bool = False


class FeedbackResponse(Wire):
    """All that the user has said of the item now."""

    item: str
    opinions: list[Opinion]


class ItemIn(Wire):
    """An item to put in; for an item the run knows, what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"title": "New Film", "year": 2026, "facts": {"director": ["Michael Mann"]}}]
        }
    )
    title: str = Field(min_length=1, max_length=300)
    year: int | None = Field(None, ge=0, le=9999)
    aliases: list[str] = Field(default_factory=list, max_length=20)
    facts: dict[str, list[str]] | None = None
    plot: str | None = Field(None, max_length=5000)
    url: str | None = Field(None, max_length=2000)
    image: str | None = Field(None, max_length=2000)
    price: str | None = Field(None, max_length=100)
    available: bool = True


class ItemPage(Wire):
    """Items whose title matches, best first."""

    items: list[Card]
    total: int


class Known(Wire):
    """One thing known about a person, and where from."""

    id: str
    name: str
    is_item: bool
    opinion: Opinion
    dialogue: str | None = None
    created: float


class DialogueSummary(Wire):
    """A dialogue in a list."""

    id: str
    created: float
    title: str
    num_turns: int


class Profile(Wire):
    """What is known about a person, for himself to see."""

    user: str
    opinions: list[Known]
    relations: list[Share] = Field(default_factory=list)
    """What this person follows: attention by relation against that of a stranger, on the films he named."""
    dialogues: list[DialogueSummary] = Field(default_factory=list)


class ErrorBody(Wire):
    """What went wrong and what to do."""

    code: str
    message: str
    details: list[dict[str, Any]] = Field(default_factory=list)


class Problem(Wire):
    """The body of every error."""

    error: ErrorBody


class StreamEvent(Wire):
    """One server-sent event of a turn, in this order: ``heard``, ``items``, ``token`` ..., then ``done`` or ``error``.

    ``token`` carries a piece of the reply; all pieces joined are the reply. ``done`` carries the whole turn.
    """

    event: Literal["heard", "items", "token", "done", "error"]
    heard: list[HeardMention] | None = None
    items: list[Card] | None = None
    token: str | None = None
    turn: Turn | None = None
    error: ErrorBody | None = None

"""What goes over the wire of the OpenAI-compatible endpoint; ``docs/openai.md`` tells it as a table."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
)

from ccrs.serving import schemas
from ccrs.serving.api.openai_errors import Unsupported
from ccrs.serving.protocols import Sampling

MAX_CHOICES, MAX_STOPS, MAX_MESSAGES = 4, 4, 1000
MAX_SEED, MAX_TOKENS = 2**31, 2**31 - 1

HARMLESS: dict[str, tuple[Any, ...]] = {
    "tools": (None, []),
    "tool_choice": (None, "none", "auto"),
    "functions": (None, []),
    "function_call": (None, "none", "auto"),
    "logprobs": (None, False),
    "top_logprobs": (None, 0),
    "response_format": (None, {"type": "text"}),
    "modalities": (None, [], ["text"]),
    "audio": (None,),
    "logit_bias": (None, {}),
    "prediction": (None,),
    "web_search_options": (None,),
    "frequency_penalty": (None, 0),
    "presence_penalty": (None, 0),
}
"""Parameters that are not supported, with the values that ask for nothing."""


def _none_when_empty(value: object) -> object:
    """Clients send ``""`` for a user they do not know."""
    return None if value == "" else value


class _Read(BaseModel):
    """Base of what is read: unknown keys are ignored, since clients send many; types are taken strictly."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TextPart(_Read):
    """A part of a message; only ``text`` is read."""

    type: StrictStr
    text: StrictStr | None = None


class ChatMessage(_Read):
    """A message of the history that a client sends."""

    role: StrictStr
    content: StrictStr | list[TextPart] | None = None


class StreamOptions(_Read):
    """``include_usage``: a last chunk with the counts of tokens."""

    include_usage: StrictBool | None = None


class ChatRequest(_Read):
    """A request for the next message of a chat."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model": "ccrs",
                    "messages": [{"role": "user", "content": "I loved Heat (1995). What else?"}],
                    "user": "anna",
                }
            ]
        }
    )
    model: StrictStr
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    user: Annotated[schemas.Name | None, BeforeValidator(_none_when_empty)] = None
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    stop: StrictStr | Annotated[list[StrictStr], Field(max_length=MAX_STOPS)] | None = None
    max_tokens: Annotated[StrictInt, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[StrictInt, Field(ge=1)] | None = None
    temperature: Annotated[StrictFloat, Field(ge=0, le=2)] | None = None
    top_p: Annotated[StrictFloat, Field(ge=0, le=1)] | None = None
    seed: StrictInt | None = None
    n: Annotated[StrictInt, Field(ge=1, le=MAX_CHOICES)] | None = None
    tools: Any = None
    tool_choice: Any = None
    functions: Any = None
    function_call: Any = None
    logprobs: Any = None
    top_logprobs: Any = None
    response_format: Any = None
    modalities: Any = None
    audio: Any = None
    logit_bias: Any = None
    prediction: Any = None
    web_search_options: Any = None
    frequency_penalty: Any = None
    presence_penalty: Any = None

    def check(self) -> None:
        """Raises ``Unsupported`` when something is asked for that is not done here."""
        for name, harmless in HARMLESS.items():
            value = getattr(self, name)
            # False == 0 in Python, but not in JSON.
            if not any(
                value == each and isinstance(value, bool) == isinstance(each, bool) for each in harmless
            ):
                leave = "Leave it out" if harmless == (None,) else f"Leave it out or send {harmless[-1]!r}"
                raise Unsupported(name, f"{name} is not supported here. {leave}.")
        if self.stream_options is not None and not self.stream:
            raise Unsupported(
                "stream_options",
                "stream_options is for streams only. Send stream: true, or leave it out.",
                "invalid_value",
            )

    @property
    def num_choices(self) -> int:
        """How many replies are asked for."""
        return self.n or 1

    @property
    def with_usage(self) -> bool:
        """Whether a stream ends with the counts of tokens."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)

    @property
    def sampling(self) -> Sampling:
        """How replies are decoded; seeds are taken modulo 2^31, empty stop strings left out."""
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        limits = [limit for limit in (self.max_tokens, self.max_completion_tokens) if limit is not None]
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            seed=None if self.seed is None else self.seed % MAX_SEED,
            max_tokens=min(*limits, MAX_TOKENS) if limits else None,
            stop=tuple(stop for stop in stops if stop),
        )


class _Sent(BaseModel):
    """Base of what is sent."""

    model_config = ConfigDict(frozen=True)


class Extension(_Sent):
    """What the protocol has no place for: the items, the reasons, remarks, and the turn to give feedback on.

    ``chore`` is set when a front end asked for a title, tags, ... on its own and no model answered.
    """

    items: list[schemas.Card] = Field(default_factory=list)
    explanation: schemas.Explanation | None = None
    remarks: list[str] = Field(default_factory=list)
    turn: str | None = None
    chore: str | None = None


class Usage(_Sent):
    """Tokens read (once, however many choices there are) and written (in all choices)."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ReplyMessage(_Sent):
    """A whole reply."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(_Sent):
    """One reply of those asked for."""

    index: int
    message: ReplyMessage
    logprobs: None = None
    finish_reason: Literal["stop", "length"]
    ccrs: Extension


class Completion(_Sent):
    """The answer when it is not streamed."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    system_fingerprint: str
    choices: list[Choice]
    usage: Usage


class Delta(_Sent):
    """A piece of a reply; the first one of a choice names the role."""

    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(_Sent):
    """A piece of one reply; ``ccrs`` comes with the last content, ``finish_reason`` after it."""

    index: int
    delta: Delta
    logprobs: None = None
    finish_reason: Literal["stop", "length"] | None = None
    ccrs: Extension | None = None


class Chunk(_Sent):
    """An event of a stream."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChunkChoice]
    usage: Usage | None = None


class Model(_Sent):
    """A model that can be named in a request."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "ccrs"


class ModelList(_Sent):
    """All models: the run that is served, under a name that stays and under its version."""

    object: Literal["list"] = "list"
    data: list[Model]

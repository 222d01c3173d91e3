"""The OpenAI-compatible endpoint: ``/v1/chat/completions`` and ``/v1/models``.

Whoever makes the app includes ``openai_router()``, and answers what goes wrong outside its routes (keys, rates, bodies
too large, unforeseen errors) with ``openai_answer_to(error)`` or ``openai_error(...)`` where ``is_openai_path(path)``.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from functools import cache
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import BaseModel

from ccrs.serving.api.callers import AnyCaller
from ccrs.serving.api.openai_errors import (
    OPENAI_PATHS,
    NoModel,
    OpenAIRoute,
    is_openai_path,
    openai_answer_to,
    openai_error,
)
from ccrs.serving.api.openai_replies import Ended, Part, Piece, Replies, parts_of, usage_of
from ccrs.serving.api.openai_schemas import (
    ChatRequest,
    Choice,
    Completion,
    Extension,
    Model,
    ModelList,
    ReplyMessage,
)
from ccrs.serving.api.openai_stream import EventStream, Stamp
from ccrs.serving.front_ends import Chore, chore_answer, chore_of
from ccrs.serving.protocols import ChatService
from ccrs.serving.resent import conversation_of
from ccrs.serving.stopping import cut_at

__all__ = ["OPENAI_PATHS", "is_openai_path", "openai_answer_to", "openai_error", "openai_router"]

MODEL = "ccrs"
"""The name of whatever run is served; a run's version names that run only."""


class OpenAIFault(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAIProblem(BaseModel):
    """The body of every error of these paths."""

    error: OpenAIFault


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": OpenAIProblem} for status in (400, 401, 403, 404, 408, 409, 413, 415, 429, 500, 503)
}


@cache  # routes hold nothing of an app, and are made in tens of milliseconds
def openai_router() -> APIRouter:
    """The routes; they read ``request.app.state.service``."""
    router = APIRouter(prefix="/v1", route_class=OpenAIRoute, tags=["OpenAI-compatible"], responses=_PROBLEMS)
    started = int(time.time())

    @router.get("/models", summary="The models that can be named")
    async def models(request: Request, caller: AnyCaller) -> ModelList:
        """The run that is served, under the name that stays and under its version."""
        ids = _model_ids(request.app.state.service)
        return ModelList(data=[Model(id=name, created=started) for name in ids])

    @router.get("/models/{model:path}", summary="One of them")
    async def model(model: str, request: Request, caller: AnyCaller) -> Model:
        """A model by its id."""
        _check_model(request.app.state.service, model)
        return Model(id=model, created=started)

    @router.post(
        "/chat/completions",
        response_model=Completion,
        summary="The next message of a chat",
        response_description="The reply; with `stream` as server-sent events.",
    )
    async def complete(body: ChatRequest, request: Request, caller: AnyCaller) -> Any:
        """Answer a history. With `user` it is remembered, without nothing is stored."""
        service: ChatService = request.app.state.service
        _check_model(service, body.model)
        body.check()
        stamp = Stamp(f"chatcmpl-{uuid4().hex}", int(time.time()), body.model, service.version())
        replies = Replies(_choices(request, caller.tenant, body), request.receive)
        try:
            # What goes wrong before the first word gets a status of its own, in a stream as well.
            first = await replies.next()
            if not body.stream:
                return await _completion(stamp, first, replies)
        except BaseException:
            await replies.close()
            raise
        return EventStream(stamp, first, replies, request.app.state.settings, with_usage=body.with_usage)

    return router


def _model_ids(service: ChatService) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (MODEL, service.version()) if name))


def _check_model(service: ChatService, model: str) -> None:
    """Raises ``NoModel`` for an id that is not served."""
    ids = _model_ids(service)
    if model not in ids:
        raise NoModel(f"The model {model!r} does not exist. Served are {', '.join(ids)}.")


def _choices(request: Request, tenant: str, body: ChatRequest) -> list[AsyncGenerator[Part, None]]:
    """The choices asked for; raises ``DataError`` for messages that cannot be read."""
    chore = chore_of(body.messages)
    if chore is not None:
        return [_done(chore, body, number) for number in range(body.num_choices)]
    service: ChatService = request.app.state.service
    history, sampling = conversation_of(body.messages), body.sampling
    return [
        parts_of(
            number,
            service.answer_history(tenant, body.user, history, sampling, number=number),
            sampling.stop,
            request.app.state.metrics.counted,
        )
        for number in range(body.num_choices)
    ]


async def _done(chore: Chore, body: ChatRequest, number: int) -> AsyncGenerator[Part, None]:
    """A chore's answer: no model is asked, nothing is stored, no token counted."""
    text, _ = cut_at(chore_answer(chore), body.sampling.stop)
    yield Ended(number, text, "stop", 0, 0, Extension(chore=chore.kind))


async def _completion(stamp: Stamp, first: Part | None, replies: Replies) -> Completion:
    """The whole answer."""
    texts = [""] * replies.num_choices
    ended: list[Ended] = []
    part = first
    while part is not None:
        if isinstance(part, Piece):
            texts[part.number] += part.text
        else:
            texts[part.number] += part.rest
            ended.append(part)
        part = await replies.next()
    await replies.close()
    choices = [
        Choice(
            index=end.number,
            message=ReplyMessage(content=texts[end.number]),
            finish_reason=end.finish_reason,
            ccrs=end.extension,
        )
        for end in sorted(ended, key=lambda end: end.number)
    ]
    return Completion(
        id=stamp.id,
        created=stamp.created,
        model=stamp.model,
        system_fingerprint=stamp.version,
        choices=choices,
        usage=usage_of(ended),
    )

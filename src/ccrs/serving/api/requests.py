"""What the routes share: the service, the idempotency key, the kinds of names, the errors they tell of."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, WithJsonSchema

from ccrs.serving.api.problems import Refused
from ccrs.serving.protocols import ChatService
from ccrs.serving.schemas import ItemId, Name, Problem

MAX_KEY = 200
_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY}}}")

_PLAIN = r"^[^\x00-\x1f\x7f]*$"  # no control characters

UserName = Annotated[Name, Path(description="The name of a user, chosen by you.", examples=["anna"])]
DialogueId = Annotated[
    str, Path(min_length=1, max_length=100, pattern=_PLAIN, description="The id of a dialogue.")
]
ItemName = Annotated[ItemId, Path(pattern=_PLAIN, description="The id of an item.", examples=["m1"])]
SearchText = Annotated[
    str,
    Query(max_length=200, pattern=_PLAIN, description="A part of the title; empty: all.", examples=["heat"]),
]
Limit = Annotated[int, Query(ge=1, le=100, description="At most so many.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Leave out so many.")]


def chat_service(request: Request) -> ChatService:
    """The service of this app."""
    service: ChatService = request.app.state.service
    return service


Service = Annotated[ChatService, Depends(chat_service)]


async def once_of(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            description=f"1 to {MAX_KEY} visible signs of ASCII, new for every write. The same request with the same "
            "key is done once and answered alike; another request with it gets 409.",
            examples=["5f0c2f6e-turn-1"],
        ),
        # Only told, not checked there: a key that is none gets 400, not the 422 of things that do not fit.
        WithJsonSchema({"type": "string", "pattern": f"^[!-~]{{1,{MAX_KEY}}}$"}),
    ] = None,
) -> tuple[str, str] | None:
    """The idempotency key with the hash of the request; raises ``Refused`` (400) for a key that is none."""
    if idempotency_key is None:
        return None
    if not _KEY.fullmatch(idempotency_key):
        message = (
            f"An Idempotency-Key has 1 to {MAX_KEY} visible ASCII signs, no blanks. Send a UUID, for example."
        )
        raise Refused(400, "bad_idempotency_key", message)
    hashed = hashlib.sha256(f"{request.method}\n{request.url.path}\n".encode())
    hashed.update(await request.body())
    return idempotency_key, hashed.hexdigest()


Once = Annotated[tuple[str, str] | None, Depends(once_of)]


def json_of(model: BaseModel, status: int = 200) -> Response:
    """A model as the answer, written once: it was checked when it was made."""
    return Response(model.model_dump_json(), status, media_type="application/json")


_TOLD = {
    400: "The request cannot be understood.",
    401: "There is no key, or it is not known.",
    403: "This host, site or key may not do this.",
    404: "There is no such thing (of this key).",
    409: "It clashes with what is there.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request does not fit; `details` tell the places.",
    429: "Too many requests; `Retry-After` tells how long to wait.",
    500: "Something went wrong inside.",
    503: "The server is busy; `Retry-After` tells how long to wait.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for its description: the usual ones and ``statuses``."""
    usual = (400, 401, 403, 422, 429, 500, 503)
    return {
        status: {"model": Problem, "description": _TOLD[status]} for status in sorted({*usual, *statuses})
    }

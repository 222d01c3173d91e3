"""Errors as answers: one shape for all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from ccrs.core.errors import CcrsError, DataError
from ccrs.serving.errors import Busy, Conflict, NotFound, StoreError
from ccrs.serving.schemas import ErrorBody, Problem

INTERNAL = (
    "Something went wrong inside. It was noted; try again, and tell whoever runs the server if it stays."
)


class Refused(CcrsError):  # noqa: N818 - what happened to the request
    """A request that is turned down before the service sees it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        retry_after: float | None = None,
        details: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code = status, code
        self.retry_after, self.details = retry_after, details or []


def status_of(error: BaseException) -> int:
    """The HTTP status of an error; 500 for whatever nobody foresaw."""
    if isinstance(error, Refused):
        return error.status
    kinds: tuple[tuple[type[BaseException], int], ...] = (
        (DataError, 400),
        (NotFound, 404),
        (Conflict, 409),
        (Busy, 503),
        (StoreError, 503),
    )
    return next((status for kind, status in kinds if isinstance(error, kind)), 500)


def body_of(error: BaseException) -> ErrorBody:
    """What is told of an error: nothing of the inside."""
    if isinstance(error, Refused):
        return ErrorBody(code=error.code, message=str(error), details=error.details)
    if isinstance(error, StoreError):  # its message names places
        return ErrorBody(code="store_unavailable", message="The store does not answer. Try again soon.")
    codes: tuple[tuple[type[BaseException], str], ...] = (
        (DataError, "bad_input"),
        (NotFound, "not_found"),
        (Conflict, "conflict"),
        (Busy, "busy"),
    )
    for kind, code in codes:
        if isinstance(error, kind):
            return ErrorBody(code=code, message=str(error))
    return ErrorBody(code="internal", message=INTERNAL)


def headers_of(error: BaseException) -> dict[str, str]:
    """``Retry-After`` and ``WWW-Authenticate`` where they belong."""
    status = status_of(error)
    headers: dict[str, str] = {}
    wait = getattr(error, "retry_after", None)
    if wait is None and status in {429, 503}:
        wait = 1.0
    if wait is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def answer(status: int, body: ErrorBody, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error as a response."""
    return JSONResponse(Problem(error=body).model_dump(mode="json"), status, headers=dict(headers or {}))


def answer_to(error: BaseException) -> JSONResponse:
    """The response to an error."""
    return answer(status_of(error), body_of(error), headers_of(error))

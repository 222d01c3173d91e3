"""Errors in the shape of the OpenAI protocol: ``{"error": {"message", "type", "param", "code"}}``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ccrs.core.errors import CcrsError, DataError
from ccrs.serving.api.problems import body_of, headers_of, status_of

OPENAI_PATHS = ("/v1/chat/completions", "/v1/models")
"""What lies at and below these is answered in the protocol's shape, errors included."""

_TYPES = {403: "permission_error", 409: "conflict_error", 429: "rate_limit_error", 503: "overloaded_error"}
_CODES = {"unauthorized": "invalid_api_key", "rate_limited": "rate_limit_exceeded"}
"""The protocol's codes for ours, where it has one."""


class Unsupported(DataError):  # noqa: N818 - what is asked for
    """A parameter (``param``) that the endpoint does not support, or a value of it that is not allowed."""

    def __init__(self, param: str, message: str, code: str = "unsupported_parameter") -> None:
        super().__init__(message)
        self.param, self.code = param, code


class NoModel(CcrsError):  # noqa: N818 - what happened to the request
    """The model is not one that is served."""


def is_openai_path(path: str) -> bool:
    """Whether errors on this path are told in the protocol's shape."""
    return any(path == place or path.startswith(f"{place}/") for place in OPENAI_PATHS)


def openai_error(
    status: int,
    message: str,
    code: str | None = None,
    *,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error as a response; its type follows from the status."""
    return JSONResponse(error_body(status, message, code, param), status, headers=dict(headers or {}))


def error_body(
    status: int, message: str, code: str | None = None, param: str | None = None
) -> dict[str, Any]:
    """An error as it goes over the wire."""
    usual = "server_error" if status >= 500 else "invalid_request_error"
    kind = _TYPES.get(status, usual)
    return {"error": {"message": message, "type": kind, "param": param, "code": _CODES.get(code or "", code)}}


def openai_answer_to(error: BaseException) -> JSONResponse:
    """The response to any error; nothing of the inside is told of one that nobody foresaw."""
    status, message, code, param = _told(error)
    headers = error.headers if isinstance(error, HTTPException) else headers_of(error)
    return openai_error(status, message, code, param=param, headers=headers)


def openai_event_of(error: BaseException) -> dict[str, Any]:
    """The same as the data of an event, for a stream that has begun."""
    return error_body(*_told(error))


class OpenAIRoute(APIRoute):
    """A route whose errors are told in the protocol's shape, those of its dependencies included."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with errors turned into answers; what nobody foresaw is left to the app."""
        handle = super().get_route_handler()

        async def handle_told(request: Request) -> Response:
            try:
                return await handle(request)
            except (CcrsError, HTTPException, RequestValidationError) as error:
                return openai_answer_to(error)

        return handle_told


def _told(error: BaseException) -> tuple[int, str, str | None, str | None]:
    """Status, message, code and parameter."""
    if isinstance(error, RequestValidationError):
        return _of_validation(error.errors())
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail), None, None
    if isinstance(error, NoModel):
        return 404, str(error), "model_not_found", "model"
    if isinstance(error, Unsupported):
        return 400, str(error), error.code, error.param
    body = body_of(error)
    param = "messages" if isinstance(error, DataError) else None
    return status_of(error), body.message, "invalid_value" if param else body.code, param


def _of_validation(faults: Sequence[Any]) -> tuple[int, str, str | None, str | None]:
    """The first fault of a request's body, with its place."""
    fault = faults[0]
    if fault["type"] == "json_invalid":
        return 400, "The body is no JSON. Send a JSON object.", "invalid_json", None
    # Steps of a union name a type (``str``, ``list[TextPart]``), which says nothing to a client.
    steps = [step for step in fault["loc"] if step != "body"]
    place = [step for step in steps if isinstance(step, int) or (step != "str" and "[" not in step)]
    if not place:
        return 400, f"{fault['msg']}. Send a JSON object with model and messages.", "invalid_value", None
    name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")
    code = "missing_required_parameter" if fault["type"] == "missing" else "invalid_value"
    # Messages of pydantic tell what is allowed; those of our own validators begin with "Value error, ".
    message = str(fault["msg"]).removeprefix("Value error, ")
    return 400, f"{name}: {message}", code, str(place[0])

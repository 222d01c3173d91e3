"""Errors in the shape of the path they happen on: ``Problem``, or the other protocol's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from ccrs.core.errors import CcrsError
from ccrs.serving.api.access_log import note_failure
from ccrs.serving.api.openai_errors import is_openai_path, openai_answer_to
from ccrs.serving.api.problems import Refused, answer_to, status_of

MAX_DETAILS = 20
_CODES = {
    404: ("not_found", "There is nothing at this address. All addresses are listed in /openapi.json."),
    405: (
        "method_not_allowed",
        "This address does not take this method. See the header Allow and /openapi.json.",
    ),
    400: ("bad_input", "The request cannot be read. Send UTF-8 JSON as described in /openapi.json."),
}


def answer_at(path: str, error: BaseException) -> Response:
    """The response to an error on a path."""
    return openai_answer_to(error) if is_openai_path(path) else answer_to(error)


def add_error_answers(app: FastAPI, routers: Sequence[APIRouter] = ()) -> None:
    """Answers for all that is foreseen; the rest is the outermost middleware's.

    ``routers`` are those of the app, for the header ``Allow``: it lists all methods of an address, also where several
    routes share it.
    """
    routes = [route for router in routers for route in router.routes if isinstance(route, Route | APIRoute)]

    async def http(request: Request, error: Exception) -> Response:
        response = await _http(request, error)
        if response.status_code == 405:
            path = request.url.path
            allowed = {m for route in routes if route.path_regex.match(path) for m in route.methods or ()}
            response.headers["Allow"] = ", ".join(sorted(allowed)) or response.headers.get("Allow", "")
        return response

    app.add_exception_handler(CcrsError, _foreseen)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, http)


async def _foreseen(request: Request, error: Exception) -> Response:
    if status_of(error) == 500:
        note_failure(error)
    return answer_at(request.url.path, error)


async def _invalid(request: Request, error: Exception) -> Response:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    if any(fault["type"] == "json_invalid" for fault in faults):
        return answer_at(
            request.url.path, Refused(400, "bad_json", f"The body is not JSON{_where(faults)}. Mend it.")
        )
    details = [_detail(fault) for fault in faults[:MAX_DETAILS]]
    told = "; ".join(f"{detail['place']}: {detail['problem']}" for detail in details[:3])
    message = f"The request does not fit: {told}. See /openapi.json for what is allowed."
    return answer_at(request.url.path, Refused(422, "invalid", message, details=details))


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code, message = _CODES.get(error.status_code, ("refused", "The request was refused."))
    response = answer_at(request.url.path, Refused(error.status_code, code, message))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def _detail(fault: dict[str, Any]) -> dict[str, Any]:
    """Where and what; never the value itself, which may be a person's words."""
    return {"place": _place(fault["loc"]), "problem": _printable(str(fault["msg"])), "type": fault["type"]}


def _place(parts: Iterable[Any]) -> str:
    return _printable(".".join(str(part) for part in parts))[:200]


def _printable(text: str) -> str:
    """Without halves of signs, which no encoding takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _where(faults: Iterable[dict[str, Any]]) -> str:
    place = next((fault["loc"][-1] for fault in faults if fault["type"] == "json_invalid"), None)
    return f" (character {place})" if isinstance(place, int) else ""

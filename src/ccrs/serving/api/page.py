"""The static page: files of the package folder ``web``, each with its exact type."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "webmanifest": "application/manifest+json",
    "txt": "text/plain; charset=utf-8",
}
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.([a-z0-9]+)")
_METHODS = ["GET", "HEAD"]


def page_router(folder: Traversable | None = None) -> APIRouter:
    """``/`` and the files beside it; by default those of the package."""
    place = folder or files("ccrs.serving") / "web"
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=_METHODS)
    async def index(request: Request) -> Response:
        """The page."""
        return page_file(place, "index.html", request)

    @router.api_route("/{stem}.{kind}", methods=_METHODS)
    async def beside(stem: str, kind: str, request: Request) -> Response:
        """What the page loads."""
        return page_file(place, f"{stem}.{kind}", request)

    return router


def page_file(folder: Traversable, name: str, request: Request) -> Response:
    """A file; 304 where the browser has it, 404 for a name that is none, has no type here or leads elsewhere."""
    match = _NAME.fullmatch(name)
    if match is None or match[1] not in TYPES:
        raise HTTPException(404)
    try:
        content = (folder / name).read_bytes()
    except OSError:
        raise HTTPException(404) from None
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    known = [text.strip().removeprefix("W/") for text in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers | {"content-type": TYPES[match[1]]})

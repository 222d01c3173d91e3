"""Routes of users: export, profile, delete."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from ccrs.serving.api.callers import AnyCaller
from ccrs.serving.api.requests import Service, UserName, json_of, problems
from ccrs.serving.schemas import Profile


@cache  # routes hold nothing of an app, and are made in tens of milliseconds
def people_router() -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["users"])

    @router.get(
        "/v1/users/{user}",
        response_model=dict[str, Any],
        responses=problems(404),
        summary="Export a user",
    )
    async def export_user(user: UserName, caller: AnyCaller, service: Service) -> Response:
        """All that is stored of a user."""
        return JSONResponse(await service.export_user(caller.tenant, user))

    @router.get(
        "/v1/users/{user}/profile",
        response_model=Profile,
        responses=problems(404),
        summary="What is known about a user",
    )
    async def profile(user: UserName, caller: AnyCaller, service: Service) -> Response:
        """Opinions, the relations that the user follows, and his dialogues."""
        return json_of(await service.profile(caller.tenant, user))

    @router.delete("/v1/users/{user}", status_code=204, responses=problems(404), summary="Delete a user")
    async def delete_user(user: UserName, caller: AnyCaller, service: Service) -> Response:
        """Delete a user with all that is stored of him."""
        await service.delete_user(caller.tenant, user)
        return Response(status_code=204)

    return router

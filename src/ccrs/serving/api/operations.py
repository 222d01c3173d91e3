"""Routes for whoever runs the server: reload, health, readiness, counts."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ccrs.core.errors import CheckpointError, DataError
from ccrs.serving.api.callers import AdminCaller
from ccrs.serving.api.metrics import CONTENT_TYPE
from ccrs.serving.api.problems import Refused
from ccrs.serving.api.requests import Service, json_of, problems
from ccrs.serving.schemas import Problem, Wire


class Reloaded(Wire):
    """The version of the run that is served now."""

    model: str


class Health(Wire):
    """The process runs."""

    status: Literal["ok"] = "ok"


@cache  # routes hold nothing of an app, and are made in tens of milliseconds
def operation_router() -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["operation"])

    @router.post(
        "/v1/admin/reload",
        response_model=Reloaded,
        responses=problems(409),
        summary="Load the run anew",
    )
    async def reload(caller: AdminCaller, service: Service) -> Response:
        """Serve what lies in the run's folder now; dialogues under way go on. With several workers send SIGHUP."""
        try:
            return json_of(Reloaded(model=await service.reload()))
        except (CheckpointError, DataError) as error:  # the one before goes on being served
            raise Refused(409, "unusable_run", str(error)) from error

    @router.get(
        "/healthz", response_model=Health, responses=_problems(403, 429), summary="Is the process alive?"
    )
    async def healthz() -> Response:
        """Always 200 while the process answers at all."""
        return json_of(Health())

    @router.get(
        "/readyz", response_model=dict[str, Any], responses=_problems(403, 503), summary="Can it work?"
    )
    async def readyz(request: Request, service: Service) -> Response:
        """200 when turns can be answered, else 503. What is served is told only where no keys are needed."""
        told = await run_sync(service.readiness)
        if not told.get("ready"):
            raise Refused(
                503, "not_ready", "The run or the store is not ready. Try again soon.", retry_after=2.0
            )
        return JSONResponse({"ready": True} if request.app.state.settings.keys_required else told)

    @router.get(
        "/metrics",
        response_class=Response,
        responses=_problems(401, 403, 429)
        | {200: {"content": {CONTENT_TYPE: {"schema": {"type": "string"}}}}},
        summary="Counts for Prometheus",
    )
    async def metrics(request: Request, service: Service) -> Response:
        """Where keys are needed: for admins, and for whoever asks from the machine itself."""
        return Response(request.app.state.metrics.text(service), headers={"content-type": CONTENT_TYPE})

    return router


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    known = problems()
    return {status: known.get(status, {"model": Problem}) for status in statuses}

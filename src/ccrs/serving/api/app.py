"""The app: routes in, around them deadlines, bodies, the gate, and the outermost layer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from ccrs import __version__
from ccrs.serving.api.answers import add_error_answers
from ccrs.serving.api.bodies import Bodies
from ccrs.serving.api.callers import Keys
from ccrs.serving.api.deadlines import Deadlines
from ccrs.serving.api.dialogues import dialogue_router
from ccrs.serving.api.gate import Gate
from ccrs.serving.api.items import item_router
from ccrs.serving.api.metrics import Metrics
from ccrs.serving.api.openai_routes import openai_router
from ccrs.serving.api.operations import operation_router
from ccrs.serving.api.outer import Outer
from ccrs.serving.api.page import page_router
from ccrs.serving.api.people import people_router
from ccrs.serving.api.settings import ServerSettings
from ccrs.serving.protocols import ChatService

Companion = Callable[[], AbstractAsyncContextManager[None]]
"""Entered when the app starts, left when it ends (a retention period, the closing of a store)."""

_TAGS = [
    {"name": "dialogues", "description": "Talk: begin a dialogue, say something, read and forget it."},
    {"name": "recommendations", "description": "Ranked items without a dialogue; like, dislike, seen."},
    {"name": "items", "description": "The catalogue; changes need an admin key."},
    {"name": "users", "description": "What is known of a user: see, export, delete."},
    {"name": "operation", "description": "For whoever runs the server."},
]


def create_app(
    service: ChatService, keys: Keys, settings: ServerSettings, *, companions: Sequence[Companion] = ()
) -> FastAPI:
    """The app over a service; ``request.app.state`` holds ``service``, ``settings`` and ``metrics``."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as entered:
            for companion in companions:
                await entered.enter_async_context(companion())
            yield

    app = FastAPI(
        title="ccrs",
        version=__version__,
        summary="Customized conversational recommendation, with reasons.",
        openapi_tags=_TAGS,
        docs_url=None,  # both pages load scripts from other sites
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    metrics = Metrics(settings.metrics_folder)
    app.state.service, app.state.settings, app.state.metrics = service, settings, metrics
    routers = (
        dialogue_router(),
        item_router(),
        people_router(),
        openai_router(),
        operation_router(),
        page_router(),
    )
    for router in routers:
        app.include_router(router)
    add_error_answers(app, routers)
    # The last one added is the outermost.
    app.add_middleware(Bodies, settings=settings)
    app.add_middleware(Deadlines, settings=settings)
    app.add_middleware(Gate, keys=keys, settings=settings, metrics=metrics)
    app.add_middleware(Outer, metrics=metrics)
    return app

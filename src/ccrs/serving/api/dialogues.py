"""Routes of dialogues: begin, say, read, forget; and recommendations and feedback outside of them."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Request, Response

from ccrs.serving.api.callers import AnyCaller
from ccrs.serving.api.requests import DialogueId, Once, Service, UserName, json_of, problems
from ccrs.serving.api.streams import event_stream, whole_turn
from ccrs.serving.schemas import (
    Dialogue,
    FeedbackRequest,
    FeedbackResponse,
    RecommendationRequest,
    Recommendations,
    Turn,
    TurnRequest,
)

EVENTS = "text/event-stream"
_STREAMED = {
    "description": "The turn; as server-sent events (`StreamEvent`) where `Accept: text/event-stream` asks for them.",
    "content": {
        EVENTS: {
            "schema": {"type": "string"},
            "example": 'event: token\ndata: {"event":"token","token":"You could"}\n\n',
        }
    },
}


@cache  # routes hold nothing of an app, and are made in tens of milliseconds
def dialogue_router() -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.post(
        "/v1/users/{user}/dialogues",
        status_code=201,
        response_model=Dialogue,
        responses=problems(409, 413, 415),
        tags=["dialogues"],
        summary="Begin a dialogue",
    )
    async def begin_dialogue(user: UserName, caller: AnyCaller, service: Service, once: Once) -> Response:
        """Begin a dialogue of a user, who is made when new."""
        dialogue = await service.begin_dialogue(caller.tenant, user, once=once)
        response = json_of(dialogue, 201)
        response.headers["Location"] = f"/v1/dialogues/{dialogue.id}"
        return response

    @router.post(
        "/v1/dialogues/{dialogue}/turns",
        response_model=Turn,
        responses=problems(404, 409, 413, 415) | {200: _STREAMED},
        tags=["dialogues"],
        summary="Say something",
    )
    async def say(
        dialogue: DialogueId,
        body: TurnRequest,
        request: Request,
        caller: AnyCaller,
        service: Service,
        once: Once,
    ) -> Response:
        """Say something and get a reply with items and reasons. An answered turn is stored."""
        events = service.turn(caller.tenant, dialogue, body, once=once)
        counted = request.app.state.metrics.counted(events)
        if EVENTS in request.headers.get("accept", "").lower():
            return await event_stream(counted, request.receive, request.app.state.settings)
        return json_of(await whole_turn(counted, request.receive))

    @router.get(
        "/v1/dialogues/{dialogue}",
        response_model=Dialogue,
        responses=problems(404),
        tags=["dialogues"],
        summary="Read a dialogue",
    )
    async def read_dialogue(dialogue: DialogueId, caller: AnyCaller, service: Service) -> Response:
        """A dialogue with all its turns."""
        return json_of(await service.dialogue(caller.tenant, dialogue))

    @router.delete(
        "/v1/dialogues/{dialogue}",
        status_code=204,
        responses=problems(404),
        tags=["dialogues"],
        summary="Forget a dialogue",
    )
    async def forget_dialogue(dialogue: DialogueId, caller: AnyCaller, service: Service) -> Response:
        """Delete a dialogue with all that was said in it."""
        await service.forget_dialogue(caller.tenant, dialogue)
        return Response(status_code=204)

    @router.post(
        "/v1/recommendations",
        response_model=Recommendations,
        responses=problems(404, 413, 415),
        tags=["recommendations"],
        summary="Recommend without a dialogue",
    )
    async def recommend(body: RecommendationRequest, caller: AnyCaller, service: Service) -> Response:
        """Rank items for a user, for words said now, for items named now. Nothing is stored."""
        return json_of(await service.recommend(caller.tenant, body))

    @router.post(
        "/v1/feedback",
        response_model=FeedbackResponse,
        responses=problems(404, 409, 413, 415),
        tags=["recommendations"],
        summary="Like, dislike, seen",
    )
    async def feedback(body: FeedbackRequest, caller: AnyCaller, service: Service, once: Once) -> Response:
        """Tell what a user thinks of an item, or take it back with `undo`."""
        return json_of(await service.feedback(caller.tenant, body, once=once))

    return router

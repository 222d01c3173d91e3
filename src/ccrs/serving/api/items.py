"""Routes of the catalogue: search, read, put, delete. Changes need an admin key, or the machine itself."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Response

from ccrs.serving.api.callers import AdminCaller, AnyCaller
from ccrs.serving.api.requests import ItemName, Limit, Offset, SearchText, Service, json_of, problems
from ccrs.serving.schemas import Card, ItemIn, ItemPage

_PLACE = "/v1/items/{item:path}"  # ids may hold slashes


@cache  # routes hold nothing of an app, and are made in tens of milliseconds
def item_router() -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["items"])

    @router.get("/v1/items", response_model=ItemPage, responses=problems(), summary="Search items")
    async def search_items(
        caller: AnyCaller, service: Service, q: SearchText = "", limit: Limit = 20, offset: Offset = 0
    ) -> Response:
        """Items whose title matches, best first."""
        return json_of(await service.search_items(q, limit, offset))

    @router.get(_PLACE, response_model=Card, responses=problems(404), summary="Read an item")
    async def read_item(item: ItemName, caller: AnyCaller, service: Service) -> Response:
        """An item with its facts."""
        return json_of(await service.item(item))

    @router.put(
        _PLACE,
        response_model=Card,
        responses=problems(404, 409, 413, 415),
        summary="Put an item in, or change it",
    )
    async def put_item(item: ItemName, body: ItemIn, caller: AdminCaller, service: Service) -> Response:
        """A new item can be recommended at once, by its facts; of a known one, what is left out stays."""
        return json_of(await service.put_item(item, body))

    @router.delete(_PLACE, status_code=204, responses=problems(404), summary="Take an item out")
    async def delete_item(item: ItemName, caller: AdminCaller, service: Service) -> Response:
        """The item is recommended no more."""
        await service.delete_item(item)
        return Response(status_code=204)

    return router

"""Every error has one shape, tells what to do, and tells nothing of the inside."""

from __future__ import annotations

import json

import pytest

from ccrs.core.errors import CheckpointError, DataError
from ccrs.serving.errors import Busy, StoreError
from ccrs.serving.schemas import MAX_TEXT
from tests.serving.api.asking import EVENTS, Asked, asked, problem


@pytest.fixture
def ask() -> Asked:
    return asked()


def test_unknown_addresses(ask: Asked) -> None:
    for path in ("/v1", "/v1/", "/v1/nothing", "/a/b", "/nothing.html", "/v1/users", "/docs", "/redoc"):
        problem(ask("GET", path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/feedback", {"POST"}),
        ("PUT", "/v1/users/anna", {"GET", "DELETE"}),
        ("POST", "/healthz", {"GET"}),
        ("OPTIONS", "/v1/items", {"GET"}),
        ("PATCH", "/v1/items/m1", {"GET", "PUT", "DELETE"}),
    ],
)
def test_methods_that_are_not_taken(ask: Asked, method: str, path: str, allowed: set[str]) -> None:
    answer = ask(method, path)
    problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == allowed


def test_a_body_that_does_not_fit_names_the_places(ask: Asked) -> None:
    told = problem(
        ask("POST", "/v1/feedback", json={"user": "secret words here", "opinion": "love", "more": 1}),
        422,
        "invalid",
    )
    assert {detail["place"] for detail in told["details"]} == {
        "body.user",
        "body.item",
        "body.opinion",
        "body.more",
    }
    assert all(set(detail) == {"place", "problem", "type"} for detail in told["details"])
    assert "secret words" not in str(told)  # what was sent is not sent back


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"text": "a" * (MAX_TEXT + 1)}, "body.text"),
        ({"text": "a", "k": 0}, "body.k"),
        ({"text": "a", "k": 51}, "body.k"),
        ({"text": None}, "body.text"),
        ({"text": "a", "seed": -1}, "body.seed"),
        ({"text": "a", "filters": {"year_from": 1e400}}, "body.filters.year_from"),
        ({"text": "a", "filters": {"unwanted": ["x"] * 101}}, "body.filters.unwanted"),
    ],
)
def test_limits_of_a_turn(ask: Asked, body: object, place: str) -> None:
    told = problem(_say(ask, body), 422, "invalid")
    assert [detail["place"] for detail in told["details"]] == [place]


def _say(ask: Asked, body: object) -> object:

    content = json.dumps(body).encode()
    path = f"/v1/dialogues/{ask.dialogue()}/turns"
    return ask("POST", path, content=content, headers={"content-type": "application/json"})


@pytest.mark.parametrize("user", ["a b", "-a", "a" * 65, "%F0%9F%8E%AC", "a%2Fb", ".."])
def test_names_that_are_none(ask: Asked, user: str) -> None:
    assert ask("POST", f"/v1/users/{user}/dialogues").status_code in {404, 422}


@pytest.mark.parametrize("user", ["anna", "Ännä", "a.b-c@d_e", "李", "7"])
def test_names_that_are_some(ask: Asked, user: str) -> None:
    assert ask("POST", f"/v1/users/{user}/dialogues").json()["user"] == user


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "limit=x", "q=" + "a" * 201])
def test_queries_that_do_not_fit(ask: Asked, query: str) -> None:
    problem(ask("GET", f"/v1/items?{query}"), 422, "invalid")


def test_control_characters_in_an_address(ask: Asked) -> None:
    for path in ("/v1/items/%00", "/v1/items/a%0Ab", "/v1/items?q=%00"):
        problem(ask("GET", path), 400, "bad_input")


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (DataError("Text is not good. Mend it."), 400, "bad_input"),
        (StoreError("postgresql://user:password@db is gone"), 503, "store_unavailable"),
        (Busy("Full. Come back.", retry_after=7.2), 503, "busy"),
        (CheckpointError("/srv/private/run is broken"), 500, "internal"),
        (RuntimeError("/srv/private/place"), 500, "internal"),
        (MemoryError(), 500, "internal"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_what_the_service_raises(
    ask: Asked, monkeypatch: pytest.MonkeyPatch, raised: Exception, status: int, code: str, accept: str
) -> None:
    dialogue = ask.dialogue()

    async def item(_: str) -> None:
        raise raised

    async def turn(*_: object, **__: object) -> object:
        raise raised
        yield

    monkeypatch.setattr(ask.service, "item", item)
    monkeypatch.setattr(ask.service, "turn", turn)
    said = ask("POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "a"}, headers={"accept": accept})
    for answer in (ask("GET", "/v1/items/m1"), said):
        told = problem(answer, status, code)
        assert "private" not in str(told)
        assert "password" not in str(told)
        if status == 503:
            assert answer.headers["retry-after"] == ("8" if code == "busy" else "1")


def test_a_busy_service(ask: Asked) -> None:
    dialogue = ask.dialogue()
    ask.service.busy = True
    for headers in ({}, EVENTS):
        answer = ask("POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "Heat"}, headers=headers)
        problem(answer, 503, "busy")
        assert answer.headers["retry-after"] == "2"
    ask.service.busy = False
    assert ask("POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "Heat"}).is_success


def test_a_run_that_cannot_be_loaded_anew(ask: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    async def reload() -> str:
        raise CheckpointError("model.safetensors was altered. Train again.")

    monkeypatch.setattr(ask.service, "reload", reload)
    told = problem(ask("POST", "/v1/admin/reload"), 409, "unusable_run")
    assert "model.safetensors" in told["message"]


def test_halves_of_signs_are_refused(ask: Asked) -> None:
    for text in (b'{"text": "\\ud800"}', b'{"text": "a", "\\ud800": 1}'):
        headers = {"content-type": "application/json"}
        answer = ask("POST", f"/v1/dialogues/{ask.dialogue()}/turns", content=text, headers=headers)
        problem(answer, 422, "invalid")

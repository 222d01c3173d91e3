"""Who gets in, and what he sees."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute

from ccrs.serving.api.dialogues import dialogue_router
from ccrs.serving.api.items import item_router
from ccrs.serving.api.openai_routes import openai_router
from ccrs.serving.api.operations import operation_router
from ccrs.serving.api.people import people_router
from ccrs.serving.api.settings import ServerSettings
from tests.fixtures.fake_service import FakeStore
from tests.serving.api.asking import OUTSIDE, Asked, asked, problem

ROUTERS = (dialogue_router(), item_router(), people_router(), openai_router(), operation_router())
ROUTES = [
    (method, re.sub(r"\{\w+(:path)?\}", "m1", route.path))
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods
]
OPEN = {"/healthz", "/readyz"}
GUARDED = [(method, path) for method, path in ROUTES if path not in OPEN]
ADMINS = [("PUT", "/v1/items/m1"), ("DELETE", "/v1/items/m1"), ("POST", "/v1/admin/reload")]


@pytest.fixture
def ask() -> Asked:
    store = FakeStore()
    store.add("key-of-shop", "shop")
    store.add("second-key-of-shop", "shop")
    store.add("key-of-club", "club")
    store.add("key-of-ops", "ops", admin=True)
    return asked(store=store, **OUTSIDE)


def test_the_matrix_covers_all_routes() -> None:
    assert len(ROUTES) >= 18
    assert {path for _, path in ROUTES} >= {
        "/v1/feedback",
        "/v1/chat/completions",
        "/metrics",
        "/v1/users/m1",
    }


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nothing_without_a_key(ask: Asked, method: str, path: str) -> None:
    for key in (None, "wrong", "", "key-of-shop\u00e9", "k" * 5000):
        headers = {} if key is None else {"authorization": f"Bearer {key}".encode()}
        answer = ask(method, path, headers=headers, client="203.0.113.9")
        assert answer.status_code == 401, key
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["error"]["message"]
    assert ask.service.dialogues == {}


@pytest.mark.parametrize(
    "authorization", ["Basic key-of-shop", "key-of-shop", "Bearer", "Bearer key-of-shop x"]
)
def test_keys_come_as_bearers(ask: Asked, authorization: str) -> None:
    problem(ask("GET", "/v1/items", headers={"authorization": authorization}), 401, "unauthorized")


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
def test_the_word_bearer_may_be_written_as_one_likes(ask: Asked, kind: str) -> None:
    assert ask("GET", "/v1/items", headers={"authorization": f"{kind} key-of-shop"}).is_success


def test_what_needs_no_key(ask: Asked) -> None:
    for path in ("/", "/healthz", "/readyz", "/openapi.json", "/style.css"):
        assert ask("GET", path, client="203.0.113.9").status_code == 200, path
    assert ask("GET", "/readyz").json() == {"ready": True}


@pytest.mark.parametrize(("method", "path"), ADMINS)
def test_the_catalogue_and_the_run_are_for_admins(ask: Asked, method: str, path: str) -> None:
    body = {"json": {"title": "Heat"}} if method == "PUT" else {}
    problem(ask(method, path, key="key-of-shop", **body), 403, "forbidden")
    assert "m1" in ask.service.items
    assert ask(method, path, key="key-of-ops", **body).is_success


def test_users_of_different_keys_never_meet(ask: Asked) -> None:
    shop, club = {"key": "key-of-shop"}, {"key": "key-of-club"}
    dialogue = ask.dialogue(**shop)
    ask("POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "I loved Heat"}, **shop)
    for method, path, body in (
        ("GET", f"/v1/dialogues/{dialogue}", None),
        ("DELETE", f"/v1/dialogues/{dialogue}", None),
        ("POST", f"/v1/dialogues/{dialogue}/turns", {"text": "Big"}),
        ("GET", "/v1/users/anna", None),
        ("GET", "/v1/users/anna/profile", None),
        ("DELETE", "/v1/users/anna", None),
        ("POST", "/v1/feedback", {"user": "anna", "item": "m1", "opinion": "like", "dialogue": dialogue}),
    ):
        for key in ("key-of-club", "key-of-ops"):  # an admin of another tenant is a stranger too
            problem(ask(method, path, key=key, **({"json": body} if body else {})), 404, "not_found")
    assert ask.dialogue(**club) != dialogue
    assert ask("GET", "/v1/users/anna", **club).json()["opinions"] == []
    assert ask("GET", "/v1/users/anna", key="second-key-of-shop").json()["opinions"][0]["name"] == "Heat"


def test_an_idempotency_key_of_another_tenant_tells_nothing(ask: Asked) -> None:
    headers = {"idempotency-key": "same"}
    one = ask.dialogue(key="key-of-shop", headers=headers)
    assert ask.dialogue(key="key-of-club", headers=headers) != one


def test_a_revoked_key_opens_nothing_at_once(ask: Asked) -> None:
    assert ask("GET", "/v1/items", key="key-of-shop").is_success
    ask.store.revoke("key-of-shop")
    problem(ask("GET", "/v1/items", key="key-of-shop"), 401, "unauthorized")


def test_counts_are_for_admins_and_for_the_machine_itself(ask: Asked) -> None:
    problem(ask("GET", "/metrics", client="203.0.113.9"), 401, "unauthorized")
    problem(ask("GET", "/metrics", key="key-of-shop", client="203.0.113.9"), 403, "forbidden")
    problem(ask("GET", "/metrics", headers={"x-forwarded-for": "203.0.113.9"}), 401, "unauthorized")
    assert ask("GET", "/metrics", key="key-of-ops", client="203.0.113.9").is_success
    assert ask("GET", "/metrics").is_success


def test_on_loopback_nobody_needs_a_key() -> None:
    ask = asked()
    ask.store.add("ccrs_key_of_shop", "shop")
    dialogue = ask.dialogue()
    assert ("local", dialogue) in ask.service.dialogues
    assert ask("DELETE", "/v1/items/m1").status_code == 204


def test_on_loopback_a_key_of_ours_counts_and_anything_else_is_no_key() -> None:
    ask = asked()
    ask.store.add("ccrs_key_of_shop", "shop")
    assert ("shop", ask.dialogue(key="ccrs_key_of_shop")) in ask.service.dialogues
    problem(ask("DELETE", "/v1/items/m1", key="ccrs_key_of_shop"), 403, "forbidden")
    problem(ask("GET", "/v1/items", key="ccrs_wrong"), 401, "unauthorized")
    assert ("local", ask.dialogue(key="whatever-a-client-sends")) in ask.service.dialogues


@pytest.mark.parametrize(
    ("settings", "required"),
    [
        ({}, False),
        ({"host": "localhost"}, False),
        ({"host": "::1"}, False),
        ({"host": "127.3.2.1"}, False),
        ({"host": "0.0.0.0"}, True),  # noqa: S104
        ({"host": "::"}, True),
        ({"host": "192.168.1.5"}, True),
        ({"host": "example.org"}, True),
        ({"host": "localhost.example.org"}, True),
        ({"host": "127.0.0.1.example.org"}, True),
        ({"require_keys": True}, True),
        ({"trust_proxy": True}, True),
    ],
)
def test_where_keys_are_required(settings: dict[str, object], required: bool) -> None:
    assert ServerSettings(**settings).keys_required is required  # type: ignore[arg-type]

"""Pages of others cannot use the server of whoever visits them; every answer carries the headers of safety."""

from __future__ import annotations

import pytest

from tests.fixtures.fake_service import FakeService, FakeStore
from tests.serving.api.asking import EVENTS, OUTSIDE, Asked, asked, problem

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000", "127.1.2.3", "localhost."]
)
def test_names_of_this_machine_are_taken(host: str) -> None:
    assert asked()("GET", "/v1/items", headers={"host": host}).is_success


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
        "[::2]",
        "a b",
        "10.0.0.1",
    ],
)
def test_other_names_are_not(host: str) -> None:
    ask = asked()
    for path in ("/v1/items", "/", "/metrics", "/v1/users/anna", "/healthz"):
        problem(ask("GET", path, headers={"host": host}), 403, "wrong_host")


def test_a_name_may_be_allowed() -> None:
    ask = asked(allowed_hosts=("chat.example",))
    for host in ("chat.example", "chat.example:8000", "Chat.Example", "127.0.0.1:8000"):
        assert ask("GET", "/v1/items", headers={"host": host}).is_success
    problem(ask("GET", "/v1/items", headers={"host": "other.example"}), 403, "wrong_host")


def test_with_keys_names_are_checked_where_they_are_given() -> None:
    store = FakeStore()
    store.add("key", "shop")
    anything = asked(store=store, **OUTSIDE)
    assert anything("GET", "/v1/items", key="key", headers={"host": "any.example"}).is_success
    strict = asked(store=store, allowed_hosts=("chat.example",), **OUTSIDE)
    assert strict("GET", "/v1/items", key="key", headers={"host": "chat.example"}).is_success
    problem(strict("GET", "/v1/items", key="key", headers={"host": "any.example"}), 403, "wrong_host")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://localhost:8000"},  # not the name that was asked
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "cross-site"},
    ],
)
def test_pages_of_others_cannot_write(headers: dict[str, str]) -> None:
    ask = asked()
    for method, path in (
        ("POST", "/v1/users/anna/dialogues"),
        ("DELETE", "/v1/items/m1"),
        ("POST", "/v1/admin/reload"),
    ):
        problem(ask(method, path, headers=headers), 403, "cross_site")
    assert ask.service.dialogues == {}
    assert ask.service.reloads == 0


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}],
)
def test_its_own_page_and_programs_can(headers: dict[str, str]) -> None:
    assert asked()("POST", "/v1/users/anna/dialogues", headers=headers).status_code == 201


def test_a_form_cannot_write() -> None:
    ask = asked()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        body = b'{"user": "anna", "item": "m1", "opinion": "like"}'
        problem(ask("POST", "/v1/feedback", content=body, headers={"content-type": kind}), 415, "not_json")


def test_no_other_origin_may_read() -> None:
    answer = asked()("GET", "/v1/items", headers={"origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def kinds() -> dict[str, object]:
    """Answers of every kind."""
    ask, broken, guarded = asked(), asked(FakeService()), asked(**OUTSIDE)
    broken.service.broken = True
    dialogue = ask.dialogue()
    slow = asked(FakeService(delay=1), request_seconds=0.05)
    small = asked(max_body=5)
    limited = asked(rate_per_address="1/minute")
    limited("GET", "/v1/items")
    return {
        "json": ask("GET", "/v1/items"),
        "stream": ask("POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "a"}, headers=EVENTS),
        "empty": ask("DELETE", f"/v1/dialogues/{dialogue}"),
        "page": ask("GET", "/"),
        "style": ask("GET", "/style.css"),
        "counts": ask("GET", "/metrics"),
        "description": ask("GET", "/openapi.json"),
        "missing": ask("GET", "/nothing/here"),
        "method": ask("PUT", "/healthz"),
        "invalid": ask("GET", "/v1/items?limit=x"),
        "host": ask("GET", "/", headers={"host": "evil.example"}),
        "key": guarded("GET", "/v1/items"),
        "large": small("POST", "/v1/feedback", json={"a": 1}),
        "rate": limited("GET", "/v1/items"),
        "late": slow("POST", "/v1/recommendations", json={"text": "Heat"}),
        "error": broken("GET", "/v1/items"),
        "protocol": ask("GET", "/v1/models"),
    }


def test_every_answer_carries_the_headers_of_safety() -> None:
    for kind, answer in kinds().items():
        headers = answer.headers  # type: ignore[attr-defined]
        assert headers["content-security-policy"] == POLICY, kind
        assert headers["x-content-type-options"] == "nosniff", kind
        assert headers["referrer-policy"] == "no-referrer", kind
        assert headers["cross-origin-opener-policy"] == "same-origin", kind
        assert headers["cross-origin-resource-policy"] == "same-origin", kind
        assert headers["x-frame-options"] == "DENY", kind
        assert headers["cache-control"] == ("no-cache" if kind in {"page", "style"} else "no-store"), kind
        assert "server" not in headers, kind


def test_the_kinds_are_what_they_are_called() -> None:
    told = {kind: answer.status_code for kind, answer in kinds().items()}  # type: ignore[attr-defined]
    assert told == {
        "json": 200, "stream": 200, "empty": 204, "page": 200, "style": 200, "counts": 200, "description": 200,
        "missing": 404, "method": 405, "invalid": 422, "host": 403, "key": 401, "large": 413, "rate": 429,
        "late": 503, "error": 500, "protocol": 200,
    }  # fmt: skip


@pytest.fixture
def ask() -> Asked:
    return asked()


def test_words_come_back_as_json_not_as_markup(ask: Asked) -> None:
    words = "<script>alert(1)</script>"
    turn = ask("POST", f"/v1/dialogues/{ask.dialogue()}/turns", json={"text": words})
    assert turn.headers["content-type"] == "application/json"
    assert turn.json()["said"] == words

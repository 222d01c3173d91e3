"""Writes with an idempotency key happen once."""

from __future__ import annotations

import pytest

from tests.serving.api.asking import EVENTS, Asked, asked, problem, sse


@pytest.fixture
def ask() -> Asked:
    return asked()


def test_a_turn_that_is_sent_twice_is_said_once(ask: Asked) -> None:
    dialogue = ask.dialogue()
    path, headers = f"/v1/dialogues/{dialogue}/turns", {"idempotency-key": "one"}
    first = ask("POST", path, json={"text": "Heat"}, headers=headers)
    again = ask("POST", path, json={"text": "Heat"}, headers=headers)
    assert again.json() == first.json()
    streamed = ask("POST", path, json={"text": "Heat"}, headers=headers | EVENTS)
    assert sse(streamed.text)[-1][0] == "done"
    assert len(ask("GET", f"/v1/dialogues/{dialogue}").json()["turns"]) == 1


def test_another_request_with_the_same_key_is_a_conflict(ask: Asked) -> None:
    one, two = ask.dialogue(), ask.dialogue()
    headers = {"idempotency-key": "one"}
    assert ask("POST", f"/v1/dialogues/{one}/turns", json={"text": "Heat"}, headers=headers).is_success
    problem(ask("POST", f"/v1/dialogues/{one}/turns", json={"text": "Big"}, headers=headers), 409, "conflict")
    problem(
        ask("POST", f"/v1/dialogues/{two}/turns", json={"text": "Heat"}, headers=headers), 409, "conflict"
    )


def test_dialogues_and_feedback_too(ask: Asked) -> None:
    headers = {"idempotency-key": "begin"}
    assert ask.dialogue(headers=headers) == ask.dialogue(headers=headers)
    body = {"user": "anna", "item": "m1", "opinion": "like"}
    headers = {"idempotency-key": "said"}
    assert ask("POST", "/v1/feedback", json=body, headers=headers).is_success
    ask("POST", "/v1/feedback", json=body | {"undo": True})
    told = ask("POST", "/v1/feedback", json=body, headers=headers)
    assert told.json()["opinions"] == ["like"]  # what was answered then
    assert ask("GET", "/v1/users/anna/profile").json()["opinions"] == []  # it was not done again


@pytest.mark.parametrize("key", ["", "a" * 201, "with blank", "ümlaut", "tab\tbed"])
def test_a_key_that_is_none_is_refused(ask: Asked, key: str) -> None:
    answer = ask("POST", "/v1/users/anna/dialogues", headers={"idempotency-key": key.encode()})  # type: ignore[dict-item]
    problem(answer, 400, "bad_idempotency_key")


def test_the_longest_key_is_taken(ask: Asked) -> None:
    assert ask.dialogue(headers={"idempotency-key": "a" * 200})

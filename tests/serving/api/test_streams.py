"""Turns as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ccrs.serving.schemas import StreamEvent, Turn
from tests.fixtures.fake_service import FakeService
from tests.serving.api.asking import EVENTS, Asked, asked, problem, sse


def say(ask: Asked, text: str, **headers: str) -> Any:
    return ask("POST", f"/v1/dialogues/{ask.dialogue()}/turns", json={"text": text}, headers=EVENTS | headers)


def test_a_turn_event_by_event() -> None:
    answer = say(asked(), "I loved Heat")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "content-length" not in answer.headers
    events = sse(answer.text)
    assert [event for event, _ in events] == ["heard", "items", *["token"] * 5, "done"]
    parsed = [StreamEvent.model_validate_json(data) for _, data in events]
    assert [event.event for event in parsed] == [event for event, _ in events]
    done = parsed[-1].turn
    assert done is not None
    assert (
        "".join(event.token or "" for event in parsed) == done.reply == "You could watch Collateral (2004)."
    )
    assert parsed[1].items == done.items


def test_an_event_holds_only_what_it_tells() -> None:
    events = [json.loads(data) for _, data in sse(say(asked(), "Heat").text)]
    assert [set(event) for event in events] == [
        {"event", "heard"},
        {"event", "items"},
        *[{"event", "token"}] * 5,
        {"event", "turn"},
    ]


@pytest.mark.parametrize(
    "words", ["one\ntwo", "one\r\ntwo", "data: x\n\nevent: done", "\u2028\u2029\x85", "ÄÖ 😀 \u200f"]
)
def test_words_cannot_break_the_frames(words: str) -> None:
    service = FakeService()

    async def turn(*_: object, **__: object) -> AsyncIterator[StreamEvent]:
        yield StreamEvent(event="token", token=words)
        yield StreamEvent(event="done", turn=Turn(id="t", number=0, created=0, said=words, reply=words))

    ask = asked(service)
    dialogue = ask.dialogue()
    service.turn = turn  # type: ignore[method-assign, assignment]
    answer = ask("POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "a"}, headers=EVENTS)
    events = sse(answer.content.decode())
    assert [event for event, _ in events] == ["token", "done"]
    assert json.loads(events[0][1])["token"] == words


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html", ""])
def test_json_where_no_events_are_asked_for(accept: str) -> None:
    answer = say(asked(), "Heat", accept=accept)
    assert answer.headers["content-type"] == "application/json"


def test_what_goes_wrong_before_the_first_event_has_a_status() -> None:
    ask = asked()
    problem(ask("POST", "/v1/dialogues/none/turns", json={"text": "Heat"}, headers=EVENTS), 404, "not_found")
    problem(ask("POST", "/v1/dialogues/none/turns", json={"text": 3}, headers=EVENTS), 422, "invalid")


def test_what_goes_wrong_later_is_an_event() -> None:
    service = FakeService()

    async def turn(*_: object, **__: object) -> AsyncIterator[StreamEvent]:
        yield StreamEvent(event="heard", heard=[])
        raise RuntimeError("inside: /srv/private")

    ask = asked(service)
    dialogue = ask.dialogue()
    service.turn = turn  # type: ignore[method-assign, assignment]
    answer = ask("POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "a"}, headers=EVENTS)
    events = sse(answer.text)
    assert [event for event, _ in events] == ["heard", "error"]
    assert json.loads(events[1][1])["error"]["code"] == "internal"
    assert "private" not in answer.text


def test_heartbeats_while_nothing_comes() -> None:
    ask = asked(FakeService(delay=0.12), heartbeat_seconds=0.05)
    answer = say(ask, "Heat")
    assert answer.text.count(": still here\n\n") >= 5
    assert sse(answer.text)[-1][0] == "done"


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
def test_work_ends_when_nobody_listens(accept: str) -> None:
    """The client leaves after some time; the turn is not stored, and the place is free."""
    ask = asked(FakeService(delay=0.2))
    dialogue = ask.dialogue()
    sent: list[dict[str, Any]] = []

    async def work() -> None:
        messages = [{"type": "http.request", "body": b'{"text": "Heat"}', "more_body": False}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            await asyncio.sleep(0.3)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = {"host": "127.0.0.1", "accept": accept, "content-type": "application/json"}
        scope = {
            "type": "http",
            "method": "POST",
            "path": f"/v1/dialogues/{dialogue}/turns",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
        }
        await asyncio.wait_for(ask.app(scope, receive, send), 3)

    ask.run(work())
    assert (ask.service.started, ask.service.stopped) == (1, 1)
    assert ask("GET", f"/v1/dialogues/{dialogue}").json()["turns"] == []
    if accept == "application/json":
        assert sent == []
        assert 'status="499"' in ask("GET", "/metrics").text

"""Streamed replies, over a socket and in process."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from ccrs.serving.errors import Busy
from tests.serving.openai.conftest import Connect, Serve
from tests.serving.openai.recording import KEY, VERSION, RecordingService, app_of

ASKED: dict[str, Any] = {"model": "ccrs", "messages": [{"role": "user", "content": "Hi"}]}


def text_of(chunks: list[ChatCompletionChunk], index: int = 0) -> str:
    """The text of a choice."""
    pieces = [choice.delta.content for c in chunks for choice in c.choices if choice.index == index]
    return "".join(piece or "" for piece in pieces)


def test_a_stream_over_a_socket(serve: Serve, service: RecordingService) -> None:
    with serve(service).chat.completions.create(**ASKED, stream=True) as stream:
        chunks = list(stream)
    first, *_, last = chunks
    assert first.choices[0].delta.role == "assistant"
    assert first.choices[0].delta.content == ""
    assert text_of(chunks) == "You could watch Heat."
    assert last.choices[0].finish_reason == "stop"
    assert last.choices[0].delta.content is None
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert len({(chunk.id, chunk.created, chunk.model, chunk.system_fingerprint) for chunk in chunks}) == 1
    assert first.id.startswith("chatcmpl-")
    assert (first.system_fingerprint, first.object) == (VERSION, "chat.completion.chunk")
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)
    with_reasons = [chunk for chunk in chunks if "ccrs" in (chunk.choices[0].model_extra or {})]
    assert with_reasons == [chunks[-2]]  # the last content, just before the end
    extension = chunks[-2].choices[0].ccrs  # type: ignore[attr-defined]
    assert extension["items"][0]["title"] == "Heat"


def test_pieces_come_as_they_are_made(serve: Serve) -> None:
    service = RecordingService(tokens=["a ", "b ", "c"], delay=0.15)
    with serve(service).chat.completions.create(**ASKED, stream=True) as stream:
        seen = [(chunk.choices[0].delta.content, time.monotonic()) for chunk in stream]
    arrived = [moment for text, moment in seen if text in service.tokens]
    assert len(arrived) == 3
    assert arrived[2] - arrived[0] > 0.2


def test_the_counts_come_last_when_asked_for(serve: Serve, service: RecordingService) -> None:
    options: Any = {"include_usage": True}
    with serve(service).chat.completions.create(**ASKED, stream=True, stream_options=options, n=2) as stream:
        *before, last = list(stream)
    assert last.choices == []
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (11, 8, 19)
    assert all("usage" in chunk.model_fields_set and chunk.usage is None for chunk in before)
    assert [text_of(before, index) for index in (0, 1)] == ["You could watch Heat."] * 2


def test_the_wire_is_server_sent_events_that_end_with_done(service: RecordingService) -> None:
    response = asyncio.run(raw(service, ASKED | {"stream": True}))
    assert response.headers["content-type"].startswith("text/event-stream")
    *events, done, end = response.text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    assert all(json.loads(event.removeprefix("data: "))["id"] for event in events)


async def raw(service: RecordingService, body: dict[str, Any]) -> httpx.Response:
    """The bytes."""
    transport = httpx.ASGITransport(app_of(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        headers = {"authorization": f"Bearer {KEY}"}
        return await http.post("/v1/chat/completions", json=body, headers=headers)


async def chunks_of(connect: Connect, service: RecordingService, **fields: Any) -> list[ChatCompletionChunk]:
    """All chunks, in process."""
    async with connect(service) as client:
        return [chunk async for chunk in await client.chat.completions.create(**ASKED, stream=True, **fields)]


def test_a_stop_string_across_tokens_never_appears(connect: Connect, service: RecordingService) -> None:
    chunks = asyncio.run(chunks_of(connect, service, stop=["ch He", "zzz"]))
    assert text_of(chunks) == "You could wat"
    assert chunks[-1].choices[0].finish_reason == "stop"
    held = asyncio.run(chunks_of(connect, service, stop=["t. Or"]))
    assert text_of(held) == "You could watch Heat."  # what was kept back is told at the end


@pytest.mark.parametrize(
    ("fault", "told"), [(Busy("Full. Try again."), "Full"), (RuntimeError("/secret"), "wrong")]
)
def test_an_error_on_the_way_is_an_event(serve: Serve, fault: Exception, told: str) -> None:
    service = RecordingService(fails_later=fault)
    got = []
    with (
        pytest.raises(openai.APIError) as caught,
        serve(service).chat.completions.create(**ASKED, stream=True) as stream,
    ):
        got.extend(stream)
    assert text_of(got) == "You "
    assert told in caught.value.message
    assert "secret" not in caught.value.message


def test_a_reply_without_tokens_is_whole(connect: Connect, service: RecordingService) -> None:
    service.tokens = ()
    chunks = asyncio.run(chunks_of(connect, service))
    assert text_of(chunks) == ""
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("n", [1, 3])
def test_a_client_that_leaves_stops_the_work(serve: Serve, n: int) -> None:
    service = RecordingService(tokens=["word "] * 400, delay=0.01)
    with serve(service).chat.completions.create(**ASKED, stream=True, n=n) as stream:
        for chunk in stream:
            if chunk.choices[0].delta.content:
                break
    until = time.monotonic() + 3
    while service.num_closed_early < n and time.monotonic() < until:
        time.sleep(0.02)
    assert service.num_closed_early == n


def test_chores_are_streamed_too(connect: Connect, service: RecordingService) -> None:
    messages = [
        {"role": "user", "content": "I adore Heat"},
        {"role": "assistant", "content": "Nice."},
        {
            "role": "user",
            "content": "Please write a four to five word title for our conversation, nothing else.",
        },
    ]
    options = {"messages": messages, "user": "anna", "stream_options": {"include_usage": True}}

    async def read() -> list[ChatCompletionChunk]:
        async with connect(service) as client:
            stream = await client.chat.completions.create(**(ASKED | options), stream=True)
            return [chunk async for chunk in stream]

    chunks = asyncio.run(read())
    assert text_of(chunks) == "I adore Heat"
    assert chunks[-1].usage is not None
    assert not service.asked


def test_a_stream_that_takes_too_long_says_so(connect: Connect) -> None:
    service = RecordingService(tokens=["a ", "b "] * 50, delay=0.05)

    texts: list[str | None] = []

    async def read() -> None:
        async with connect(service, stream_seconds=0.3, heartbeat_seconds=0.01) as client:
            stream = await client.chat.completions.create(**ASKED, stream=True)
            async for chunk in stream:
                texts.append(chunk.choices[0].delta.content)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(openai.APIError, match="too long"):
        asyncio.run(read())
    assert texts[:3] == ["", "a ", "b "]
    assert service.num_closed_early == 1

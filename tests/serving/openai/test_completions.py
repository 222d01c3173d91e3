"""Whole replies, as the real client reads them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import openai
import pytest

from ccrs.serving.protocols import Said, Sampling
from ccrs.serving.schemas import MAX_TEXT
from tests.serving.openai.conftest import Connect, ask, refusal
from tests.serving.openai.recording import HI, KEY, VERSION, RecordingService, app_of


def test_a_reply_has_all_that_the_protocol_says(connect: Connect, service: RecordingService) -> None:
    completion = asyncio.run(ask(connect, service, user="anna"))
    assert completion.id.startswith("chatcmpl-")
    assert completion.object == "chat.completion"
    assert completion.model == "ccrs"
    assert completion.created > 1_700_000_000
    assert completion.system_fingerprint == VERSION
    (choice,) = completion.choices
    assert (choice.index, choice.finish_reason, choice.logprobs) == (0, "stop", None)
    assert (choice.message.role, choice.message.content) == ("assistant", "You could watch Heat.")
    assert completion.usage is not None
    assert completion.usage.prompt_tokens == 11
    assert completion.usage.completion_tokens == 4
    assert completion.usage.total_tokens == 15
    (asked,) = service.asked
    assert (asked.tenant, asked.user, asked.number) == ("shop", "anna", 0)
    assert asked.history == (Said("user", "Hi"),)
    assert asked.sampling == Sampling()


def test_items_and_reasons_come_in_the_extension(connect: Connect, service: RecordingService) -> None:
    extension = asyncio.run(ask(connect, service)).choices[0].ccrs  # type: ignore[attr-defined]
    assert extension["items"][0]["title"] == "Heat"
    assert extension["items"][0]["reason"] == "It shares Michael Mann."
    assert extension["explanation"]["relations"][0]["name"] == "director"
    assert extension["remarks"] == ["a remark"]
    assert extension["turn"] == "t0"


def test_sampling_reaches_the_service(connect: Connect, service: RecordingService) -> None:
    asyncio.run(
        ask(connect, service, temperature=0, top_p=0.5, seed=-1, max_tokens=9, stop=["x", "y"], user="anna")
    )
    expected = Sampling(temperature=0.0, top_p=0.5, seed=2**31 - 1, max_tokens=9, stop=("x", "y"))
    assert service.asked[0].sampling == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"max_completion_tokens": 5}, 5),
        ({"max_tokens": 3, "max_completion_tokens": 5}, 3),
        ({"max_tokens": 10**30}, 2**31 - 1),
        ({"max_tokens": None}, None),
    ],
)
def test_the_smaller_limit_counts(
    connect: Connect, service: RecordingService, fields: dict[str, Any], expected: int | None
) -> None:
    asyncio.run(ask(connect, service, **fields))
    assert service.asked[0].sampling.max_tokens == expected


@pytest.mark.parametrize(
    ("stop", "expected"), [(None, ()), ("", ()), ([], ()), ("a", ("a",)), (["", "b"], ("b",))]
)
def test_stop_may_be_null_a_string_or_a_list(
    connect: Connect, service: RecordingService, stop: Any, expected: tuple[str, ...]
) -> None:
    asyncio.run(ask(connect, service, stop=stop))
    assert service.asked[0].sampling.stop == expected


def test_a_stop_string_never_appears_and_ends_the_reply(connect: Connect, service: RecordingService) -> None:
    service.finish_reason = "length"
    completion = asyncio.run(ask(connect, service, stop="d wat"))
    assert completion.choices[0].message.content == "You coul"
    assert completion.choices[0].finish_reason == "stop"


def test_the_end_by_length_is_told(connect: Connect, service: RecordingService) -> None:
    service.finish_reason = "length"
    assert asyncio.run(ask(connect, service)).choices[0].finish_reason == "length"


def test_several_choices_are_numbered_and_their_tokens_added(
    connect: Connect, service: RecordingService
) -> None:
    completion = asyncio.run(ask(connect, service, n=4, seed=5, user="anna"))
    assert [choice.index for choice in completion.choices] == [0, 1, 2, 3]
    assert sorted(asked.number for asked in service.asked) == [0, 1, 2, 3]
    assert {asked.sampling.seed for asked in service.asked} == {5}  # the service varies it by the number
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (11, 16)


@pytest.mark.parametrize("user", [None, ""])
def test_without_a_user_nobody_is_remembered(
    connect: Connect, service: RecordingService, user: str | None
) -> None:
    asyncio.run(ask(connect, service, user=user))
    assert service.asked[0].user is None


def test_the_history_is_read_as_the_two_said_it(connect: Connect, service: RecordingService) -> None:
    messages = [
        {"role": "system", "content": "You love horror."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "you"}]},
        {"role": "assistant", "content": "Hello!", "refusal": None, "tool_calls": None},
        {"role": "user", "content": "Grüß dich 🎬", "name": "anna"},
    ]
    asyncio.run(ask(connect, service, messages=messages))
    expected = (Said("user", "Hi\nyou"), Said("assistant", "Hello!"), Said("user", "Grüß dich 🎬"))
    assert service.asked[0].history == expected


def test_any_writing_survives_both_ways(connect: Connect, service: RecordingService) -> None:
    service.tokens = ["Ame", "́", "lie 映画 ", "👩‍🚀", "\u2028\r\n\x00end"]
    completion = asyncio.run(ask(connect, service, messages=[{"role": "user", "content": "映画 \u2029?"}]))
    assert completion.choices[0].message.content == "".join(service.tokens)
    assert service.asked[0].history[0].text == "映画 \u2029?"


@pytest.mark.parametrize(
    ("messages", "word"),
    [
        ([], "at least 1"),
        ([{"role": "assistant", "content": "Hello"}], "user"),
        ([{"role": "user", "content": "  "}], "user"),
        ([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "last message"),
        ([{"role": "tool", "content": "42", "tool_call_id": "x"}, *HI], "'tool'"),
        ([{"role": "function", "content": "42", "name": "x"}, *HI], "'function'"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}], "image_url"),
        ([{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}], "input_audio"),
        ([{"role": "user", "content": "a" * (MAX_TEXT + 1)}], str(MAX_TEXT)),
        ([{"role": "user", "content": 5}], "string"),
        (HI * 1001, "1000"),
    ],
)
def test_messages_that_cannot_be_read_are_refused(
    connect: Connect, service: RecordingService, messages: Any, word: str
) -> None:
    error = asyncio.run(refusal(connect, service, messages=messages))
    assert isinstance(error, openai.BadRequestError)
    assert error.param == "messages"
    assert word in error.message
    assert not service.asked


def test_half_a_surrogate_harms_nobody(service: RecordingService) -> None:
    body = '{"model": "ccrs", "messages": [{"role": "user", "content": "Hi \\ud800!"}]}'
    assert asyncio.run(post(service, body)).status_code == 200
    assert service.asked[0].history == (Said("user", "Hi ?!"),)
    for odd in ('{"role": "\\ud800"}', '{"role": "user", "content": [{"type": "\\ud800"}]}', '"\\ud800"'):
        body = f'{{"model": "ccrs", "messages": [{odd}], "user": "x"}}'
        assert asyncio.run(post(service, body)).status_code == 400
    body = '{"model": "\\ud800", "messages": [{"role": "user", "content": "Hi"}]}'
    assert asyncio.run(post(service, body)).status_code == 404


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "3", '"x"', "{}", "[" * 100_000, '{"model": NaN}'])
def test_what_is_no_request_is_refused(service: RecordingService, body: str) -> None:
    response = asyncio.run(post(service, body))
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_models_are_listed_and_found(connect: Connect, service: RecordingService) -> None:
    async def look() -> None:
        async with connect(service) as client:
            listed = [model async for model in client.models.list()]
            assert [(model.id, model.object, model.owned_by) for model in listed] == [
                ("ccrs", "model", "ccrs"),
                (VERSION, "model", "ccrs"),
            ]
            assert (await client.models.retrieve(VERSION)).id == VERSION
            with pytest.raises(openai.NotFoundError) as caught:
                await client.models.retrieve("other/one")
            assert caught.value.code == "model_not_found"

    asyncio.run(look())
    assert asyncio.run(ask(connect, service, model=VERSION)).model == VERSION


async def post(service: RecordingService, body: str) -> httpx.Response:
    """A body as it is."""
    transport = httpx.ASGITransport(app_of(service))
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.post("/v1/chat/completions", content=body, headers=headers)


def test_a_title_prompt_never_reaches_the_service(connect: Connect, service: RecordingService) -> None:
    prompt = (
        "### Task:\nGenerate a 3-5 word title that sums up the chat history.\n### Output:\n"
        'JSON format: { "title": "..." }\n<chat_history>\nUSER: I adore films by Michael Mann\n'
        "ASSISTANT: Watch Heat.\n</chat_history>"
    )
    messages = [{"role": "user", "content": prompt}]
    completion = asyncio.run(ask(connect, service, messages=messages, user="anna", n=2, max_tokens=50))
    assert len(completion.choices) == 2
    assert json.loads(completion.choices[0].message.content or "") == {"title": "I adore films by Michael"}
    assert completion.choices[0].ccrs["chore"] == "title"  # type: ignore[attr-defined]
    assert completion.usage is not None
    assert completion.usage.total_tokens == 0
    assert not service.asked

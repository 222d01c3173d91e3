"""The table of what is supported, in docs/openai.md, against what happens."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import openai
import pytest
from openai.resources.chat.completions import AsyncCompletions

from ccrs.serving.api.openai_schemas import HARMLESS, ChatRequest, Extension
from ccrs.serving.schemas import MAX_TEXT
from tests.serving.openai.conftest import Connect
from tests.serving.openai.recording import Asked, RecordingService

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "openai.md").read_text(encoding="utf-8")
Effect = Literal["applied", "ignored", "not supported"]
NOT_OF_THE_PROTOCOL = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}


@dataclass(frozen=True)
class Row:
    """A row of the table; values as JSON."""

    field: str
    effect: str
    accepted: tuple[str, ...]
    refused: tuple[str, ...]


def rows() -> Iterator[Row]:
    """The rows of the first table."""
    table = PAGE.split("## Fields of a request")[1].split("## ")[0]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 4 and cells[0].startswith("`"):
            accepted, refused = (tuple(re.findall(r"`([^`]+)`", cell)) for cell in cells[2:])
            yield Row(cells[0].strip("`"), cells[1], accepted, refused)


ROWS = {row.field: row for row in rows()}


def test_the_table_has_every_field_of_the_client_and_of_the_server() -> None:
    sent = set(inspect.signature(AsyncCompletions.create).parameters) - NOT_OF_THE_PROTOCOL
    assert sent | set(ChatRequest.model_fields) == set(ROWS)
    assert len(list(rows())) == len(ROWS)
    assert {row.effect for row in ROWS.values()} == set(get_args(Effect))
    assert {row.field for row in ROWS.values() if row.effect == "not supported"} == set(HARMLESS)
    assert {row.field for row in ROWS.values() if row.effect == "ignored"} == set(ROWS) - set(
        ChatRequest.model_fields
    )


async def outcome(
    client: openai.AsyncOpenAI, service: RecordingService, fields: dict[str, Any]
) -> tuple[list[Asked], str]:
    """What the service was asked, and the answer without what differs each time."""
    service.asked.clear()
    asked: dict[str, Any] = {"model": "ccrs", "messages": [{"role": "user", "content": "Hi"}]}
    raw = await client.chat.completions.with_raw_response.create(**asked, extra_body=fields)
    text = re.sub(r'"id":"chatcmpl-\w+"|"created":\d+', "", raw.http_response.text)
    return sorted(service.asked, key=lambda each: each.number), text


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_each_row_is_what_happens(connect: Connect, service: RecordingService, row: Row) -> None:
    beside = {"stream": True} if row.field == "stream_options" else {}

    async def check() -> None:
        async with connect(service) as client:
            plain = await outcome(client, service, beside)
            results = [
                await outcome(client, service, beside | {row.field: json.loads(value)})
                for value in row.accepted
            ]
            has_effect = any(result != plain for result in results)
            assert has_effect == (row.effect == "applied")
            for value in row.refused:
                with pytest.raises(openai.APIStatusError) as caught:
                    await outcome(client, service, beside | {row.field: json.loads(value)})
                is_missing = row.field == "model" and isinstance(json.loads(value), str)
                assert type(caught.value) is (openai.NotFoundError if is_missing else openai.BadRequestError)
                assert caught.value.param == row.field
                assert not service.asked
                if row.effect == "not supported":
                    assert caught.value.code == "unsupported_parameter"

    assert row.accepted
    assert bool(row.refused) == (row.effect != "ignored")
    asyncio.run(check())


def test_stream_options_need_a_stream(connect: Connect, service: RecordingService) -> None:
    async def ask() -> None:
        async with connect(service) as client:
            await outcome(client, service, {"stream_options": {"include_usage": True}})

    with pytest.raises(openai.BadRequestError, match="stream: true"):
        asyncio.run(ask())


def test_fields_nobody_knows_are_ignored(connect: Connect, service: RecordingService) -> None:
    async def both() -> tuple[Any, Any]:
        async with connect(service) as client:
            odd = {"top_k": 40, "chat_id": "x", "options": {"a": [1]}, "min_p": None}
            return await outcome(client, service, {}), await outcome(client, service, odd)

    plain, odd = asyncio.run(both())
    assert plain == odd


def test_the_page_tells_the_truth_about_limits_and_the_extension() -> None:
    assert f"{MAX_TEXT} characters" in PAGE
    table = PAGE.split("| In `ccrs` |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(Extension.model_fields)


def test_the_example_of_the_page_is_python() -> None:
    code = PAGE.split("```python\n")[1].split("```")[0]
    compile(code, "docs/openai.md", "exec")

"""With a user the dialogue is remembered, without one nothing is; against the service in memory."""

from __future__ import annotations

import asyncio
from typing import Any

import openai

from tests.fixtures.fake_service import FakeService
from tests.serving.openai.conftest import Connect

Message = dict[str, Any]


async def reply(client: openai.AsyncOpenAI, messages: list[Message], **fields: Any) -> Message:
    """The reply as a message of the history."""
    asked: dict[str, Any] = {"model": "ccrs", "messages": messages} | fields
    completion = await client.chat.completions.create(**asked)
    return {"role": "assistant", "content": completion.choices[0].message.content}


def turns_of(service: FakeService) -> list[list[str]]:
    """What was said in each dialogue."""
    return [[turn.said for turn in dialogue.turns] for dialogue in service.dialogues.values()]


def test_a_resent_history_is_one_dialogue_of_the_user(connect: Connect) -> None:
    service = FakeService()

    async def talk() -> None:
        async with connect(service) as client:
            messages: list[Message] = [
                {"role": "system", "content": "The user loves Speed."},
                {"role": "user", "content": "I like Heat"},
            ]
            messages.append(await reply(client, messages, user="anna"))
            messages.append({"role": "user", "content": "More, please"})
            messages.append(await reply(client, messages, user="anna", n=3))
            title = "Write a four to five word title for our conversation, nothing else. Speed!"
            titled = await reply(client, [*messages, {"role": "user", "content": title}], user="anna")
            assert titled["content"] == "I like Heat"

    asyncio.run(talk())
    assert turns_of(service) == [["I like Heat", "More, please"]]
    assert [user for _, user in service.opinions] == ["anna"]
    (liked,) = service.opinions["shop", "anna"]
    assert service.items[liked].title == "Heat"


def test_without_a_user_nothing_persists(connect: Connect) -> None:
    service = FakeService()

    async def talk() -> None:
        async with connect(service) as client:
            for user in ({}, {"user": None}, {"user": ""}):
                await reply(client, [{"role": "user", "content": "I like Heat"}], **user)

    asyncio.run(talk())
    assert service.dialogues == service.opinions == {}

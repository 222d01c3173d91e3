"""What goes wrong, as the real client tells it."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from ccrs.core.errors import DataError
from ccrs.serving.errors import Busy, Conflict, StoreError
from ccrs.serving.schemas import ErrorBody
from tests.serving.openai.conftest import Connect, refusal
from tests.serving.openai.recording import HI, KEY, RecordingService


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (Busy("Full. Try again.", retry_after=2), openai.InternalServerError, "busy"),
        (DataError("That is no text. Send one."), openai.BadRequestError, "invalid_value"),
        (Conflict("Somebody was quicker. Ask again."), openai.ConflictError, "conflict"),
        (StoreError("/srv/secret: disk full"), openai.InternalServerError, "store_unavailable"),
    ],
)
def test_errors_before_the_first_word_have_their_status(
    connect: Connect, service: RecordingService, fault: Exception, kind: type, code: str, stream: bool
) -> None:
    service.fails_first = fault
    error = asyncio.run(refusal(connect, service, stream=stream))
    assert isinstance(error, kind)
    assert error.code == code
    assert "secret" not in error.message
    if isinstance(fault, Busy):
        assert (error.status_code, error.response.headers["retry-after"]) == (503, "2")
        assert error.type == "overloaded_error"


def test_an_error_event_of_the_service_is_an_error(connect: Connect, service: RecordingService) -> None:
    service.tokens, service.error = (), ErrorBody(code="busy", message="Full. Try again.")
    error = asyncio.run(refusal(connect, service))
    assert (error.status_code, error.message.count("Full. Try again.")) == (503, 1)


def test_a_failure_of_one_choice_ends_the_others(connect: Connect, service: RecordingService) -> None:
    service.fails_later = Busy("Full. Try again.")
    error = asyncio.run(refusal(connect, service, n=3))
    assert error.status_code == 503
    assert service.num_closed_early == 3


def test_who_has_no_key_or_asks_too_often_is_told_so(connect: Connect, service: RecordingService) -> None:
    async def tried(key: str, times: int = 1, **settings: Any) -> openai.APIStatusError:
        async with connect(service, key, **settings) as client:
            for _ in range(times - 1):
                await client.models.list()
            with pytest.raises(openai.APIStatusError) as caught:
                await client.chat.completions.create(model="ccrs", messages=HI)
        return caught.value

    wrong = asyncio.run(tried("wrong"))
    assert isinstance(wrong, openai.AuthenticationError)
    assert (wrong.code, wrong.type) == ("invalid_api_key", "invalid_request_error")
    often = asyncio.run(tried(KEY, 3, rate_per_key="2/minute"))
    assert isinstance(often, openai.RateLimitError)
    assert often.type == "rate_limit_error"
    assert int(often.response.headers["retry-after"]) >= 1
    large = asyncio.run(tried(KEY, max_body=20))
    assert (large.status_code, large.type) == (413, "invalid_request_error")
    assert not service.asked


def test_a_bug_is_an_error_of_the_server(connect: Connect, service: RecordingService) -> None:
    service.fails_first = RuntimeError("/srv/secret")
    error = asyncio.run(refusal(connect, service))
    assert isinstance(error, openai.InternalServerError)
    assert (error.status_code, error.type) == (500, "server_error")
    assert "secret" not in error.message


def test_an_answer_that_takes_too_long_is_given_up(connect: Connect, service: RecordingService) -> None:
    service.delay = 0.2

    async def tried() -> None:
        async with connect(service, request_seconds=0.3) as client:
            with pytest.raises(openai.InternalServerError, match="too long"):
                await client.chat.completions.create(model="ccrs", messages=HI)

    asyncio.run(tried())
    assert service.num_closed_early == 1


def test_a_model_that_is_not_served_is_not_found(connect: Connect, service: RecordingService) -> None:
    error = asyncio.run(refusal(connect, service, model="gpt-x"))
    assert isinstance(error, openai.NotFoundError)
    assert (error.code, error.param) == ("model_not_found", "model")
    assert "'gpt-x'" in error.message

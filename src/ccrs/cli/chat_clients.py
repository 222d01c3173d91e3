"""What ``ccrs chat`` talks to: a run in this process, or a server at an address."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
from pydantic import ValidationError

from ccrs.core.errors import CcrsError, DataError
from ccrs.serving import schemas
from ccrs.serving.assembly import open_service
from ccrs.serving.errors import Busy, NotFound
from ccrs.serving.store.records import LOCAL

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class ServerError(CcrsError):
    """The server did not answer as it should."""


class ChatClient(Protocol):
    """One person talking."""

    last: schemas.Turn | None

    def begin(self, user: str) -> int:
        """Begin a dialogue as ``user``; how many earlier ones are remembered. Raises ``DataError`` for no name."""
        ...

    def say(self, text: str) -> Iterator[str]:
        """The reply in pieces, as it comes; afterwards ``last`` is the whole turn."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class LocalClient:
    """A run in this process; people are kept in ``store``."""

    def __init__(self, run: Path, store: str | None, *, seed: int, choose: bool) -> None:
        self.service = open_service(run, store, choose=choose)
        self.seed = seed
        self.last: schemas.Turn | None = None
        self._runner = asyncio.Runner()
        self._dialogue = ""

    def begin(self, user: str) -> int:
        """See ``ChatClient``."""
        name = checked_name(user)
        self._dialogue = self._runner.run(self.service.begin_dialogue(LOCAL, name)).id
        self.last = None
        profile = self._runner.run(self.service.profile(LOCAL, name))
        return sum(bool(dialogue.num_turns) for dialogue in profile.dialogues)

    def say(self, text: str) -> Iterator[str]:
        """See ``ChatClient``."""
        request = schemas.TurnRequest.model_construct(text=text, filters=None, k=4, seed=self.seed)
        events = self.service.turn(LOCAL, self._dialogue, request)
        while (event := self._runner.run(_next(events))) is not None:
            yield from self._take(event)

    def _take(self, event: schemas.StreamEvent) -> Iterator[str]:
        if event.token is not None:
            yield event.token
        self.last = event.turn or self.last

    def close(self) -> None:
        """See ``ChatClient``."""
        self.service.close()
        self._runner.close()


class RemoteClient:
    """A server of ``ccrs serve`` at ``url``; ``key`` is an API key, where it asks for one."""

    def __init__(self, url: str, key: str | None = None, *, seed: int = 0) -> None:
        if not url.startswith(("http://", "https://")):
            raise DataError(f"{url!r} is no address. Write it like http://127.0.0.1:8000")
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=_TIMEOUT)
        self.url, self.seed = url, seed
        self.last: schemas.Turn | None = None
        self._dialogue = ""

    def begin(self, user: str) -> int:
        """See ``ChatClient``."""
        name = checked_name(user)
        self._dialogue = str(self._json("POST", f"/v1/users/{name}/dialogues")["id"])
        self.last = None
        profile = self._json("GET", f"/v1/users/{name}/profile")
        return sum(bool(dialogue["num_turns"]) for dialogue in profile["dialogues"])

    def say(self, text: str) -> Iterator[str]:
        """See ``ChatClient``."""
        body = {"text": text[-schemas.MAX_TEXT :], "seed": self.seed}
        headers = {"Accept": "text/event-stream", "Idempotency-Key": uuid.uuid4().hex}
        path = f"/v1/dialogues/{self._dialogue}/turns"
        try:
            with self._http.stream("POST", path, json=body, headers=headers) as response:
                if response.is_error:
                    response.read()
                self._check(response)
                for line in response.iter_lines():
                    if line.startswith("data:"):
                        yield from self._take(line.removeprefix("data:").strip())
        except httpx.HTTPError as error:
            raise self._gone(error) from error

    def _take(self, data: str) -> Iterator[str]:
        try:
            event = schemas.StreamEvent.model_validate_json(data)
        except ValidationError as error:
            raise ServerError(f"{self.url}: answered what is not understood. Is it a ccrs server?") from error
        if event.error is not None:
            raise ServerError(f"{self.url}: {event.error.message}")
        if event.token is not None:
            yield event.token
        self.last = event.turn or self.last

    def close(self) -> None:
        """See ``ChatClient``."""
        self._http.close()

    def _json(self, method: str, path: str) -> dict[str, Any]:
        try:
            response = self._http.request(method, path)
        except httpx.HTTPError as error:
            raise self._gone(error) from error
        self._check(response)
        try:
            found = response.json()
        except json.JSONDecodeError as error:
            raise ServerError(f"{self.url}: answered no JSON. Is it a ccrs server?") from error
        if not isinstance(found, dict):
            raise ServerError(f"{self.url}: answered what is not understood. Is it a ccrs server?")
        return found

    def _check(self, response: httpx.Response) -> None:
        if not response.is_error:
            return
        try:
            message = schemas.Problem.model_validate_json(response.content).error.message
        except ValidationError:
            message = f"answered {response.status_code}"
        told = f"{self.url}: {message}"
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise ServerError(f"{told} Give it with --key, or in the variable CCRS_KEY.")
        if response.status_code == httpx.codes.NOT_FOUND:
            raise NotFound(told)
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise Busy(told)
        raise ServerError(told)

    def _gone(self, error: httpx.HTTPError) -> ServerError:
        reason = str(error) or type(error).__name__
        return ServerError(f"{self.url}: cannot be reached ({reason}). Is the server running? ccrs serve RUN")


async def _next(events: AsyncIterator[schemas.StreamEvent]) -> schemas.StreamEvent | None:
    return await anext(events, None)


def checked_name(name: str) -> str:
    """A person's name as the server takes it; raises ``DataError``."""
    try:
        schemas.FeedbackRequest(user=name, item="-", opinion="like")
    except ValidationError:
        raise DataError(
            f"{name!r} is no name for a person. Use up to 64 letters, digits, dashes, underscores, dots and @, "
            "and begin with a letter, digit or underscore."
        ) from None
    return name

"""Kinds of load: requests in a row, people who chat, a flood that does not wait for answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from typing import Any

from benchmarks.load_client import Answer, Ask, Connection

_TAIL = 400  # characters of an answer that nobody expected
_PROBE_PAUSE = 0.02


async def asks(plan: dict[str, Any]) -> dict[str, Any]:
    """Send ``requests`` (method, path, body) in order over ``clients`` connections, each after its last answer."""
    waiting = deque(enumerate(plan["requests"]))
    answers: dict[int, Answer] = {}

    async def client() -> None:
        connection = Connection(plan["host"], plan["port"])
        while waiting:
            number, (method, path, body) = waiting.popleft()
            answers[number] = await connection.ask(Ask(method, path, _json(body)))
        await connection.close()

    await asyncio.gather(*(client() for _ in range(plan.get("clients", 1))))
    return {"answers": [_told(answers[number]) for number in sorted(answers)]}


async def chats(plan: dict[str, Any]) -> dict[str, Any]:
    """People (``user``, ``lines``) who say their next line when they have the reply; all at once, or ``in_turn``."""
    people = [_Chat(plan, chat) for chat in plan["chats"]]
    for person in people:
        await person.begin()
    begun = time.perf_counter()
    if plan.get("in_turn"):
        turns = [await person.talk() for person in people]
    else:
        turns = await asyncio.gather(*(person.talk() for person in people))
    return {
        "seconds": time.perf_counter() - begun,
        "turns": [{**turn, "number": n} for said in turns for n, turn in enumerate(said)],
    }


async def flood(plan: dict[str, Any]) -> dict[str, Any]:
    """``rate`` turns a second for ``seconds``, answered or not; then a lone turn again and again.

    The lone turns go on until ``num_usual`` in a row took at most ``usual`` seconds, or ``patience`` is over.
    """
    dialogues = await _begun(plan, plan["users"])
    waiting = [Connection(plan["host"], plan["port"]) for _ in range(64)]
    begun = time.perf_counter()
    tasks: list[asyncio.Task[Answer]] = []
    ends: list[float] = []

    async def one(dialogue: str, line: str) -> Answer:
        connection = waiting.pop() if waiting else Connection(plan["host"], plan["port"])
        answer = await connection.ask(_say(dialogue, line))
        ends.append(time.perf_counter())
        waiting.append(connection)
        return answer

    for number, dialogue in enumerate(dialogues):
        pause = begun + number / plan["rate"] - time.perf_counter()
        await asyncio.sleep(max(pause, 0.0))
        tasks.append(asyncio.create_task(one(dialogue, plan["lines"][number % len(plan["lines"])])))
    stopped = time.perf_counter()
    probes = await _probes(plan, stopped)
    answers = await asyncio.gather(*tasks)
    await asyncio.gather(*(connection.close() for connection in waiting))
    return {
        "offered_seconds": stopped - begun,
        "drained": max(ends) - stopped,
        "answers": [_told(answer) for answer in answers],
        "probes": probes,
    }


async def _probes(plan: dict[str, Any], stopped: float) -> list[dict[str, Any]]:
    """Lone turns after the flood: when each began (seconds after the stop), its seconds and status."""
    connection = Connection(plan["host"], plan["port"])
    probes: list[dict[str, Any]] = []
    usual = 0
    while usual < plan["num_usual"] and time.perf_counter() - stopped < plan["patience"]:
        (dialogue,) = await _begun(plan, [f"{plan['prober']}-{len(probes)}"])
        began = time.perf_counter() - stopped
        answer = await connection.ask(_say(dialogue, plan["lines"][0]))
        probes.append({"began": began, **_told(answer)})
        usual = usual + 1 if answer.status == 200 and answer.seconds <= plan["usual"] else 0
        await asyncio.sleep(_PROBE_PAUSE)
    await connection.close()
    return probes


async def _begun(plan: dict[str, Any], users: list[str]) -> list[str]:
    """A new dialogue for each of ``users``, begun a few at a time."""
    found: dict[int, str] = {}
    waiting = deque(enumerate(users))

    async def client() -> None:
        connection = Connection(plan["host"], plan["port"])
        while waiting:
            number, user = waiting.popleft()
            found[number] = await _begin(connection, user)
        await connection.close()

    await asyncio.gather(*(client() for _ in range(min(4, len(users)))))
    return [found[number] for number in range(len(users))]


async def _begin(connection: Connection, user: str) -> str:
    """The id of a new dialogue; a server that is busy is asked again."""
    while True:
        answer = await connection.ask(Ask("POST", f"/v1/users/{user}/dialogues"))
        if answer.status == 201:
            return str(json.loads(answer.body)["id"])
        if answer.status != 503:
            raise RuntimeError(f"no dialogue was begun: {answer.status} {answer.body[:_TAIL]!r}")
        await asyncio.sleep(_PROBE_PAUSE)


class _Chat:
    """One person."""

    def __init__(self, plan: dict[str, Any], chat: dict[str, Any]) -> None:
        self.connection = Connection(plan["host"], plan["port"])
        self.user, self.lines = chat["user"], chat["lines"]
        self.dialogue = ""

    async def begin(self) -> None:
        """Begin the dialogue."""
        self.dialogue = await _begin(self.connection, self.user)

    async def talk(self) -> list[dict[str, Any]]:
        """Say all lines."""
        turns = []
        for line in self.lines:
            answer = await self.connection.ask(_say(self.dialogue, line))
            turns.append({**_told(answer), "reply": _reply(answer)})
        await self.connection.close()
        return turns


def _say(dialogue: str, line: str) -> Ask:
    return Ask("POST", f"/v1/dialogues/{dialogue}/turns", _json({"text": line}), streams=True)


def _reply(answer: Answer) -> str:
    """The words of a streamed reply, "" where there was none."""
    for frame in answer.body.decode("utf-8", "replace").split("\n\n"):
        kind, _, data = frame.partition("\ndata: ")
        if kind == "event: done":
            return str(json.loads(data)["turn"]["reply"])
    return ""


def _told(answer: Answer) -> dict[str, Any]:
    """Of an answer what the report holds; of one that failed, its words as well."""
    failed_within = b"event: error" in answer.body
    told: dict[str, Any] = {
        "status": answer.status,
        "seconds": answer.seconds,
        "first": answer.first,
        "retry_after": answer.headers.get("retry-after"),
    }
    if answer.status >= 300 or answer.status == 0 or failed_within:
        told["body"] = answer.body[:_TAIL].decode("utf-8", "replace")
        told["failed"] = True
    return told


def _json(body: object) -> bytes:
    return b"" if body is None else json.dumps(body).encode()

"""Hostile requests: hostile texts in every field of the API, by somebody who may not see the victims' data."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from benchmarks.load_client import BROKEN, Answer, Ask, Connection
from benchmarks.load_texts import hostile_text

_SHOWN = 300  # characters of an answer that is reported
_MOST_SHOWN = 20


async def hostile(plan: dict[str, Any]) -> dict[str, Any]:
    """Send ``count`` hostile texts over ``clients`` connections with the key ``secret``.

    ``victims`` (names), ``dialogues`` (ids of theirs) and ``markers`` (words only they said) are another tenant's.
    """
    attack = _Attack(plan)
    await asyncio.gather(*(attack.client(number) for number in range(plan["clients"])))
    return {
        "statuses": dict(attack.statuses),
        "kinds": dict(attack.kinds),
        "fields": dict(attack.fields),
        "failures": attack.failures[:_MOST_SHOWN],
        "num_failures": len(attack.failures),
        "leaks": attack.leaks[:_MOST_SHOWN],
        "num_leaks": len(attack.leaks),
        "pages": attack.pages[:_MOST_SHOWN],
        "num_pages": len(attack.pages),
        "slowest": attack.slowest,
    }


class _Attack:
    """What was sent and what came of it."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan, self.rng = plan, random.Random(plan["seed"])  # noqa: S311 - texts, no secrets
        self.left: int = plan["count"]
        self.markers = [marker.encode() for marker in plan["markers"]]
        self.statuses: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.fields: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []
        self.leaks: list[dict[str, Any]] = []
        self.pages: list[dict[str, Any]] = []
        self.slowest: dict[str, Any] = {"seconds": 0.0}
        self.turns_left = plan["num_turns"]

    async def client(self, number: int) -> None:
        """One attacker, who has a dialogue of his own."""
        connection = Connection(
            self.plan["host"], self.plan["port"], headers=f"Authorization: Bearer {self.plan['secret']}\r\n"
        )
        begun = await connection.ask(Ask("POST", f"/v1/users/attacker-{number}/dialogues"))
        dialogue = str(json.loads(begun.body)["id"])
        while self.left > 0:
            self.left -= 1
            victim = self.rng.choice([*self.plan["victims"], *self.plan["dialogues"]])
            kind, text = hostile_text(self.rng, victim)
            field = self._field()
            asked = FIELDS[field](self.rng, text, dialogue, f"attacker-{number}")
            self.kinds[kind] += 1
            self.fields[field] += 1
            self._judge(kind, field, text, asked, await connection.ask(asked))
        await connection.close()

    def _field(self) -> str:
        """Where the next text goes; turns take long, so there are only so many of them."""
        if self.turns_left > 0 and self.rng.random() < self.turns_left / (self.left + 1):
            self.turns_left -= 1
            return self.rng.choice(_TURN_FIELDS)
        return self.rng.choice(_OTHER_FIELDS)

    def _judge(self, kind: str, field: str, text: str, asked: Ask, answer: Answer) -> None:
        self.statuses[str(answer.status)] += 1
        told = {
            "kind": kind,
            "field": field,
            "asked": f"{asked.method} {asked.path[:_SHOWN]} {asked.body[:_SHOWN]!r}",
            "status": answer.status,
            "body": answer.body[:_SHOWN].decode("utf-8", "replace"),
        }
        whole = answer.body + repr(answer.headers).encode()
        failed_within = b"event: error" in answer.body and b'"internal"' in answer.body
        if (answer.status >= 500 and answer.status != 503) or answer.status == BROKEN or failed_within:
            self.failures.append(told)
        if any(marker in whole for marker in self.markers):
            self.leaks.append(told)
        # Text that comes back as a page would be run by a browser; as JSON that may not be sniffed it is only text.
        given_back = "<" in text and text.encode("utf-8", "replace") in answer.body
        kind_told = answer.headers.get("content-type", "")
        if given_back and not kind_told.startswith(("application/json", "text/event-stream")):
            self.pages.append({**told, "type": kind_told})
        if answer.seconds > self.slowest["seconds"]:
            self.slowest = {"seconds": answer.seconds, "field": field, "kind": kind, "status": answer.status}


Field = Callable[[random.Random, str, str, str], Ask]


def _body(body: object) -> bytes:
    """JSON whose half surrogates are escapes, as clients in many languages send them."""
    return json.dumps(body).encode()


def _raw(text: str) -> bytes:
    """JSON with bytes that are no UTF-8 where the text holds half surrogates."""
    return json.dumps({"text": text, "k": 3}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _quoted(text: str) -> str:
    return quote(text[:300].encode("utf-8", "surrogatepass"), safe="")


def _unquoted(text: str) -> str:
    """As much of a text as a request line can hold."""
    return "".join(sign for sign in text[:300] if "!" <= sign <= "~")


def _mangled(rng: random.Random, text: str) -> Ask:
    """A body that is no JSON, not UTF-8, too deep, or of another type."""
    body = rng.choice(
        (
            text.encode("utf-8", "surrogatepass"),
            b'{"text": ' + _body(text)[:-1],
            b"[" * 5_000 + b"]" * 5_000,
            b'{"text": "a", "text": ' + _body(text) + b', "k": 1e999}',
            bytes(rng.randrange(256) for _ in range(200)),
            _body({"text": text, "k": rng.choice((0, -1, 10**30, 1.5, None, "3"))}),
            _body({"text": [text], "user": {"$ne": None}, "__proto__": {"admin": True}}),
        )
    )
    kind = rng.choice(
        ("application/json", "application/json", "text/html", "application/x-www-form-urlencoded")
    )
    return Ask("POST", "/v1/recommendations", body, headers=f"Content-Type: {kind}\r\n")


FIELDS: dict[str, Field] = {
    "turn": lambda _r, t, d, _u: Ask("POST", f"/v1/dialogues/{d}/turns", _body({"text": t[:4000]})),
    "turn, streamed": lambda _r, t, d, _u: Ask(
        "POST", f"/v1/dialogues/{d}/turns", _body({"text": t[:4000]}), streams=True
    ),
    "turn, raw bytes": lambda _r, t, d, _u: Ask("POST", f"/v1/dialogues/{d}/turns", _raw(t)),
    "chat completion": lambda _r, t, _d, u: Ask(
        "POST",
        "/v1/chat/completions",
        _body({"model": "ccrs", "user": u, "messages": [{"role": "user", "content": t}]}),
    ),
    "text": lambda _r, t, _d, u: Ask("POST", "/v1/recommendations", _body({"user": u, "text": t[:4000]})),
    "text, as long as it is": lambda _r, t, _d, _u: Ask("POST", "/v1/recommendations", _body({"text": t})),
    "user in a body": lambda _r, t, _d, _u: Ask("POST", "/v1/recommendations", _body({"user": t})),
    "items": lambda _r, t, _d, _u: Ask("POST", "/v1/recommendations", _body({"items": [t]})),
    "filters": lambda _r, t, _d, _u: Ask("POST", "/v1/recommendations", _body({"filters": {"wanted": [t]}})),
    "feedback": lambda _r, t, _d, u: Ask(
        "POST", "/v1/feedback", _body({"user": u, "item": t, "opinion": "like"})
    ),
    "feedback's dialogue": lambda _r, t, _d, u: Ask(
        "POST", "/v1/feedback", _body({"user": u, "item": "x", "opinion": "like", "dialogue": t})
    ),
    "user to begin": lambda _r, t, _d, _u: Ask("POST", f"/v1/users/{_quoted(t)}/dialogues"),
    "user to export": lambda _r, t, _d, _u: Ask("GET", f"/v1/users/{_quoted(t)}"),
    "user's profile": lambda _r, t, _d, _u: Ask("GET", f"/v1/users/{_quoted(t)}/profile"),
    "user to delete": lambda _r, t, _d, _u: Ask("DELETE", f"/v1/users/{_quoted(t)}"),
    "dialogue to read": lambda _r, t, _d, _u: Ask("GET", f"/v1/dialogues/{_quoted(t)}"),
    "dialogue to delete": lambda _r, t, _d, _u: Ask("DELETE", f"/v1/dialogues/{_quoted(t)}"),
    "search": lambda _r, t, _d, _u: Ask("GET", f"/v1/items?limit=3&q={_quoted(t)}"),
    "item": lambda _r, t, _d, _u: Ask("GET", f"/v1/items/{_quoted(t)}"),
    "item to put": lambda _r, t, _d, _u: Ask("PUT", f"/v1/items/{_quoted(t)}", _body({"title": t[:300]})),
    "path": lambda _r, t, _d, _u: Ask("GET", f"/v1/{_unquoted(t)}"),
    "page's path": lambda _r, t, _d, _u: Ask("GET", f"/{_unquoted(t)}"),
    "header": lambda _r, t, _d, u: Ask(
        "POST", f"/v1/users/{u}/dialogues", headers=f"Idempotency-Key: {_unquoted(t)}\r\n"
    ),
    "whole body": lambda r, t, _d, _u: _mangled(r, t),
}
"""Where a text is put: from chance, text, the attacker's dialogue and name to a request."""

_TURN_FIELDS = ("turn", "turn, streamed", "turn, raw bytes", "chat completion")
_OTHER_FIELDS = tuple(field for field in FIELDS if field not in _TURN_FIELDS)

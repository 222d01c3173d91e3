"""How much, how deep, how slow, how often, how many at once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.serving.api import limiting
from ccrs.serving.api.bodies import depth_of
from ccrs.serving.api.limiting import network_of
from tests.fixtures.fake_service import FakeService, FakeStore
from tests.serving.api.asking import EVENTS, OUTSIDE, Asked, asked, problem

JSON = {"content-type": "application/json"}
PATH = "/v1/recommendations"


def test_a_body_has_a_size() -> None:
    ask = asked(max_body=1000)
    assert ask("POST", PATH, content=b'{"text": ""}' + b" " * 988, headers=JSON).is_success
    problem(ask("POST", PATH, content=b'{"text": ""}' + b" " * 989, headers=JSON), 413, "too_large")


@pytest.mark.parametrize("length", ["abc", "-1", "9" * 30, "1e3"])
def test_a_length_that_is_none(length: str) -> None:
    problem(asked()("POST", PATH, content=b"{}", headers=JSON | {"content-length": length}), 413, "too_large")


def test_a_body_in_pieces_has_a_size_too() -> None:
    ask = asked(max_body=1000)
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 100
            yield b" " * 100

    problem(ask("POST", PATH, content=pieces(), headers=JSON), 413, "too_large")
    assert sent <= 1200  # it is not read to its end


def test_a_body_that_does_not_come() -> None:
    ask = asked(body_seconds=0.05)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    problem(ask("POST", PATH, content=pieces(), headers=JSON), 408, "too_slow")


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 50_000, b"[" * 33 + b"]" * 33, b'{"text": ' + b"[" * 33 + b"]" * 33 + b"}"],
)
def test_a_body_has_a_depth(body: bytes) -> None:
    problem(asked()("POST", PATH, content=body, headers=JSON), 400, "too_deep")


def test_brackets_in_words_do_not_count() -> None:
    assert asked()("POST", PATH, json={"text": "[" * 500 + '\\"' + "{" * 500}).is_success


@given(
    st.recursive(
        st.text() | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    )
)
def test_depth_is_counted_as_json_means_it(value: object) -> None:

    def depth(node: object) -> int:
        if isinstance(node, dict):
            return 1 + max(map(depth, node.values()), default=0)
        return 1 + max(map(depth, node), default=0) if isinstance(node, list) else 0

    for ascii_only in (True, False):
        assert depth_of(
            json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"), 99
        ) == depth(value)


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 400_000, b'"' * 900_001, b"\\" * 900_000, b'["' * 300_000])
def test_hostile_bodies_are_looked_through_quickly(body: bytes) -> None:

    begun = time.perf_counter()
    assert asked()("POST", PATH, content=body, headers=JSON).status_code == 400
    assert time.perf_counter() - begun < 3


@pytest.mark.parametrize("body", [b'{"text": "a\\u0000b"}', b'{"text": "\\\\\\u0000"}', b'{"\\u0000": 1}'])
def test_the_sign_zero_is_refused(body: bytes) -> None:
    problem(asked()("POST", PATH, content=body, headers=JSON), 400, "bad_input")


def test_a_backslash_before_u0000_is_only_a_backslash() -> None:
    assert asked()("POST", PATH, content=b'{"text": "\\\\u0000"}', headers=JSON).is_success


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nothing",
        b"\xff\xfe",
        b'{"text": NaN}',
        b"1" * 5000,
        b'{"k": ' + b"9" * 5000 + b"}",
        b"null",
    ],
)
def test_bodies_that_are_no_json(body: bytes) -> None:
    assert asked()("POST", PATH, content=body, headers=JSON).status_code in {400, 422}


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
def test_types_that_are_taken(kind: str) -> None:
    assert asked()("POST", PATH, content=b"{}", headers={"content-type": kind}).is_success


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/xml"},
        {"content-type": "application/json; charset=utf-16"},
        JSON | {"content-encoding": "gzip"},
    ],
)
def test_types_that_are_not(headers: dict[str, str]) -> None:
    problem(asked()("POST", PATH, content=b"{}", headers=headers), 415, "not_json")


def test_headers_have_a_number() -> None:
    many = {f"x-{n}": "a" for n in range(70)}
    problem(asked()("GET", "/v1/items", headers=many), 431, "too_many_headers")


# Rates


def test_an_address_has_a_rate() -> None:
    ask = asked(rate_per_address="3/minute")
    told = [ask("GET", "/v1/items", client="203.0.113.9").status_code for _ in range(4)]
    assert told == [200, 200, 200, 429]
    refused = ask("GET", "/", client="203.0.113.9")
    problem(refused, 429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert ask("GET", "/v1/items", client="203.0.113.10").is_success
    assert ask("GET", "/healthz", client="203.0.113.9").is_success


def test_a_key_has_a_rate_wherever_it_is_used() -> None:
    store = FakeStore()
    store.add("one", "shop")
    store.add("two", "shop")
    ask = asked(store=store, rate_per_key="2/minute", **OUTSIDE)
    told = [ask("GET", "/v1/items", key="one", client=f"203.0.113.{n}").status_code for n in range(3)]
    assert told == [200, 200, 429]
    assert ask("GET", "/v1/items", key="two").is_success


def test_rates_are_over_after_a_while() -> None:
    ask = asked(rate_per_address="1/second")
    assert ask("GET", "/v1/items").is_success
    wait = int(ask("GET", "/v1/items").headers.get("retry-after", "1"))

    async def later() -> None:
        await asyncio.sleep(wait + 0.05)

    asyncio.run(later())
    assert ask("GET", "/v1/items").is_success


def test_keys_cannot_be_guessed_for_long() -> None:
    store = FakeStore()
    store.add("right", "shop")
    ask = asked(store=store, wrong_keys_per_address="3/minute", **OUTSIDE)
    told = [ask("GET", "/v1/items", key=f"guess{n}", client="203.0.113.9").status_code for n in range(4)]
    assert told == [401, 401, 401, 429]
    assert ask("GET", "/v1/items", key="right", client="203.0.113.9").status_code == 429
    assert ask("GET", "/v1/items", key="right", client="203.0.113.10").is_success


def test_forwarded_addresses_count_only_behind_a_trusted_proxy() -> None:
    forged = [{"x-forwarded-for": f"198.51.100.{n}"} for n in range(3)]
    plain = asked(rate_per_address="2/minute")
    assert [plain("GET", "/v1/items", headers=h).status_code for h in forged] == [200, 200, 429]
    store = FakeStore()
    store.add("key", "shop")
    behind = asked(store=store, rate_per_address="2/minute", trust_proxy=True)
    assert [behind("GET", "/v1/items", key="key", headers=h).status_code for h in forged] == [200, 200, 200]
    # Whatever a client writes stands before what the proxy adds.
    forged = [{"x-forwarded-for": f"198.51.100.{n}, 203.0.113.9"} for n in range(3)]
    assert [behind("GET", "/v1/items", key="key", headers=h).status_code for h in forged] == [200, 200, 429]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("testclient", "unknown"),
    ],
)
def test_who_counts_as_one(address: str, network: str) -> None:
    assert network_of(address) == network


def test_callers_beyond_a_number_share_one_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "MAX_KNOWN", 3)
    ask = asked(rate_per_address="2/minute")
    told = [ask("GET", "/v1/items", client=f"203.0.113.{n}").status_code for n in range(8)]
    assert told == [200] * 5 + [429] * 3


# At once


async def _many(ask: Asked, count: int, path: str = PATH, **kwargs: object) -> list[httpx.Response]:
    async with ask.client() as session:
        kwargs = kwargs or {"json": {"text": "Heat"}}
        return list(await asyncio.gather(*(session.post(path, **kwargs) for _ in range(count))))  # type: ignore[arg-type]


def test_a_full_server_refuses_and_goes_on() -> None:
    ask = asked(FakeService(delay=0.1), max_in_flight=4)
    told = ask.run(_many(ask, 12))
    assert sorted(answer.status_code for answer in told) == [200] * 4 + [503] * 8
    for answer in told:
        if answer.status_code == 503:
            problem(answer, 503, "busy")
            assert answer.headers["retry-after"] == "1"
    assert ask("GET", "/healthz").is_success
    assert [answer.status_code for answer in ask.run(_many(ask, 4))] == [200] * 4
    assert 'ccrs_refusals_total{reason="busy"} 8.0' in ask("GET", "/metrics").text


def test_the_page_and_the_probes_are_there_when_the_server_is_full() -> None:
    ask = asked(FakeService(delay=1.0), max_in_flight=1)

    async def work() -> list[int]:
        async with ask.client() as session:
            busy = asyncio.create_task(session.post(PATH, json={"text": "Heat"}))
            await asyncio.sleep(0.1)
            told = [
                (await session.get(path)).status_code for path in ("/healthz", "/readyz", "/", "/v1/items")
            ]
            return [*told, (await busy).status_code]

    assert ask.run(work()) == [200, 200, 200, 503, 200]


def test_one_caller_has_so_many_turns_at_once() -> None:
    store = FakeStore()
    store.add("one", "shop")
    store.add("two", "club")
    ask = asked(FakeService(delay=0.03), store, max_turns_per_caller=2, **OUTSIDE)
    paths = {key: f"/v1/dialogues/{ask.dialogue(key=key)}/turns" for key in ("one", "two")}

    async def work() -> dict[str, list[int]]:
        async with ask.client() as session:

            async def say(key: str) -> int:
                headers = EVENTS | {"authorization": f"Bearer {key}"}
                return (await session.post(paths[key], json={"text": "Heat"}, headers=headers)).status_code

            told = await asyncio.gather(*(say(key) for key in ("one", "one", "one", "two", "two")))
            return {"one": sorted(told[:3]), "two": sorted(told[3:])}

    assert ask.run(work()) == {"one": [200, 200, 429], "two": [200, 200]}
    assert ask.run(work()) == {"one": [200, 200, 429], "two": [200, 200]}  # places are given back


def test_an_answer_that_takes_too_long() -> None:
    ask = asked(FakeService(delay=5), request_seconds=0.1, max_in_flight=1)
    for _ in range(2):  # and its place is free again
        late = ask("POST", PATH, json={"text": "Heat"})
        problem(late, 503, "timeout")
        assert late.headers["retry-after"] == "2"
    turn = ask("POST", f"/v1/dialogues/{ask.dialogue()}/turns", json={"text": "Heat"})
    problem(turn, 503, "timeout")
    assert ask.service.stopped == 1


def test_a_stream_that_takes_too_long_says_so() -> None:
    ask = asked(FakeService(delay=0.2), stream_seconds=0.3, heartbeat_seconds=0.1)
    answer = ask("POST", f"/v1/dialogues/{ask.dialogue()}/turns", json={"text": "Heat"}, headers=EVENTS)
    assert '"code":"timeout"' in answer.text.split("event: error")[1]
    assert ask.service.stopped == 1

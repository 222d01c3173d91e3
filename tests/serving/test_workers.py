"""Two workers behind one address share nothing but the store; people hop between them at every request."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from ccrs.serving.api import companions
from ccrs.serving.errors import StoreError
from tests.fixtures.postgres import PostgresServer, postgres
from tests.fixtures.serving_process import ServingProcess, serving_process
from tests.fixtures.tiny_run import TinyRun

__all__ = ["postgres"]  # a fixture
pytestmark = pytest.mark.slow  # two servers of two processes
EVENTS = {"accept": "text/event-stream"}
HEAT = "heat-1995"
SEEN_WITHIN = 3.0  # seconds
BUSY_MACHINE = 6.0  # more of them, where the tests share it


class Workers:
    """A server with two workers, each of which can be asked."""

    def __init__(self, served: ServingProcess, store: str) -> None:
        self.served, self.store = served, store

    @property
    def pids(self) -> list[int]:
        """Of the workers."""
        found = []
        for child in self.served.children():
            with suppress(psutil.Error):  # it has just ended
                if "spawn_main" in " ".join(child.cmdline()):
                    found.append(child.pid)
        return sorted(found)

    @contextmanager
    def at(self, number: int) -> Iterator[httpx.Client]:
        """A connection that is this worker's: the others sleep while it is made."""
        pid = self.pids[number]
        others = [psutil.Process(other) for other in self.pids if other != pid]
        limits = httpx.Limits(max_connections=1)
        with httpx.Client(base_url=self.served.address, limits=limits, timeout=60) as client:
            try:
                for other in others:
                    other.suspend()
                while any(other.status() != psutil.STATUS_STOPPED for other in others):
                    time.sleep(0.001)
                assert client.get("/healthz").is_success
            finally:
                for other in others:
                    other.resume()
            yield client
            assert self.owner(client.get("/healthz")) == pid

    def owner(self, answer: httpx.Response) -> int:
        """The worker whose connection an answer came by."""
        _, port = answer.extensions["network_stream"].get_extra_info("client_addr")
        return next(
            pid
            for pid in self.pids
            if any(c.raddr and c.raddr.port == port for c in psutil.Process(pid).net_connections("tcp"))
        )

    def ask(self, number: int, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """One request to a worker, by a new connection."""
        with self.at(number) as client:
            return client.request(method, path, **kwargs)

    def told(self, number: int, method: str, path: str, **kwargs: Any) -> Any:
        """The body of an answer that must be good."""
        answer = self.ask(number, method, path, **kwargs)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def begin(self, number: int, user: str) -> str:
        """The id of a new dialogue."""
        return str(self.told(number, "POST", f"/v1/users/{user}/dialogues")["id"])

    def say(self, number: int, dialogue: str, text: str, **kwargs: Any) -> dict[str, Any]:
        """A turn."""
        path = f"/v1/dialogues/{dialogue}/turns"
        return dict(self.told(number, "POST", path, json={"text": text}, **kwargs))

    def recommended(self, number: int, **wanted: Any) -> list[str]:
        """Ids, the best first."""
        cards = self.told(number, "POST", "/v1/recommendations", json={"k": 50, **wanted})["items"]
        return [card["id"] for card in cards]

    @contextmanager
    def nobody_writes(self) -> Iterator[None]:
        """Hold the store so that all can read and whoever writes waits."""
        if self.store.startswith("sqlite"):
            connection = sqlite3.connect(self.store.removeprefix("sqlite:///"), isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                connection.execute("ROLLBACK")
                connection.close()
        else:
            with psycopg.connect(self.store) as held:
                held.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
                yield


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def workers(
    request: pytest.FixtureRequest, talking_run: TinyRun, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workers]:
    folder = tmp_path_factory.mktemp("workers")
    store = f"sqlite:///{folder}/people.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        store = server.new_schema()
    options = ("--workers", "2", "--threads", "1", "--store", store)
    with serving_process(talking_run.run, folder, *options) as served:
        yield Workers(served, store)


def requests_counted(workers: Workers) -> float:
    """What /metrics tells of all requests for readiness."""
    lines = workers.ask(0, "GET", "/metrics").text.splitlines()
    wanted = 'ccrs_requests_total{method="GET",route="/readyz",status="200"} '
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


def test_both_answer_and_are_counted_together(workers: Workers) -> None:
    assert len(workers.pids) == 2
    before = requests_counted(workers)
    told = [workers.told(number, "GET", "/readyz") for number in (0, 1, 1)]
    assert told[0] == told[1] == told[2]
    assert requests_counted(workers) == before + 3


def test_a_dialogue_goes_on_with_the_other(workers: Workers) -> None:
    dialogue = workers.begin(0, "hopper")
    said = ["I loved Heat (1995)", "Who directed it?", "Something else, please"]
    turns = [workers.say(1 - number % 2, dialogue, text) for number, text in enumerate(said)]
    assert [turn["number"] for turn in turns] == [0, 1, 2]
    assert any(mention["id"] == HEAT for mention in turns[0]["heard"])
    seen = [workers.told(number, "GET", f"/v1/dialogues/{dialogue}") for number in (0, 1)]
    assert seen[0] == seen[1]
    assert [turn["said"] for turn in seen[0]["turns"]] == said
    assert [turn["id"] for turn in seen[0]["turns"]] == [turn["id"] for turn in turns]


def test_a_person_is_the_same_to_both(workers: Workers) -> None:
    for number, text in ((0, "I loved Heat (1995)"), (1, "I liked The Insider and Collateral")):
        workers.say(number, workers.begin(1 - number, "same"), text)
    wanted = {"user": "same", "text": "something tense"}
    one, other = (workers.told(n, "POST", "/v1/recommendations", json=wanted) for n in (0, 1))
    assert one == other
    assert workers.told(0, "GET", "/v1/users/same/profile") == workers.told(
        1, "GET", "/v1/users/same/profile"
    )


def test_opinions_act_at_once_with_both(workers: Workers) -> None:
    best = workers.recommended(0, user="picky", text="I loved Heat (1995)")[0]
    opinion = {"user": "picky", "item": best, "opinion": "dislike"}
    workers.told(1, "POST", "/v1/feedback", json=opinion)
    for number in (0, 1):
        assert best not in workers.recommended(number, user="picky", text="I loved Heat (1995)")
    workers.told(0, "POST", "/v1/feedback", json={**opinion, "undo": True})
    for number in (1, 0):
        assert workers.recommended(number, user="picky", text="I loved Heat (1995)")[0] == best


def test_a_retry_with_the_other_is_done_once(workers: Workers) -> None:
    key = {"idempotency-key": "begin-1"}
    begun = [workers.told(n, "POST", "/v1/users/again/dialogues", headers=key)["id"] for n in (0, 1)]
    assert begun[0] == begun[1]
    key = {"idempotency-key": "turn-1"}
    turns = [workers.say(n, begun[0], "I loved Heat (1995)", headers=key) for n in (1, 0, 1)]
    assert turns[0]["id"] == turns[1]["id"] == turns[2]["id"]
    other = workers.ask(0, "POST", f"/v1/dialogues/{begun[0]}/turns", json={"text": "other"}, headers=key)
    assert other.status_code == 409
    assert len(workers.told(1, "GET", f"/v1/dialogues/{begun[0]}")["turns"]) == 1


def talk(
    client: httpx.Client, dialogue: str, text: str, answered: threading.Event, **headers: str
) -> list[str]:
    """The kinds of the events of a turn; ``answered`` is set when the first has come, before it is stored."""
    path = f"/v1/dialogues/{dialogue}/turns"
    kinds = []
    with client.stream("POST", path, json={"text": text}, headers={**EVENTS, **headers}) as stream:
        for line in stream.iter_lines():
            if line.startswith("event: "):
                kinds.append(line.removeprefix("event: "))
                answered.set()
            elif line.startswith("data: ") and kinds[-1] == "error":
                kinds.append(json.loads(line.removeprefix("data: "))["error"]["code"])
    return kinds


def at_once(workers: Workers, dialogue: str, *texts: str, **headers: str) -> list[list[str]]:
    """The events of two turns, one with each worker, both of which were answered before either could be stored."""
    with workers.at(0) as one, workers.at(1) as other, ThreadPoolExecutor(2) as pool:
        answered = (threading.Event(), threading.Event())
        with workers.nobody_writes():
            talks = [
                pool.submit(talk, client, dialogue, text, event, **headers)
                for client, text, event in zip((one, other), texts, answered, strict=True)
            ]
            assert all(event.wait(20) for event in answered)
        return [talk.result(60) for talk in talks]


def test_of_two_turns_at_once_one_wins(workers: Workers) -> None:
    dialogue = workers.begin(0, "twice")
    workers.say(1, dialogue, "Hello")
    texts = ("I loved Heat (1995)", "I loved Alien")
    ends = [kinds[-1] for kinds in at_once(workers, dialogue, *texts)]
    assert sorted(ends) == ["conflict", "done"]
    turns = workers.told(0, "GET", f"/v1/dialogues/{dialogue}")["turns"]
    assert [turn["said"] for turn in turns] == ["Hello", texts[ends.index("done")]]
    lost = texts[ends.index("conflict")].removeprefix("I loved ").removesuffix(" (1995)")
    known = workers.told(1, "GET", "/v1/users/twice")
    assert lost not in json.dumps(known)


def test_of_the_same_turn_sent_twice_at_once_one_is_stored(workers: Workers) -> None:
    dialogue = workers.begin(1, "eager")
    key = {"idempotency-key": "eager-1"}
    ends = [
        kinds[-1] for kinds in at_once(workers, dialogue, "I loved Heat (1995)", "I loved Heat (1995)", **key)
    ]
    assert sorted(ends) == ["conflict", "done"]
    again = [workers.say(number, dialogue, "I loved Heat (1995)", headers=key)["id"] for number in (0, 1)]
    turns = workers.told(0, "GET", f"/v1/dialogues/{dialogue}")["turns"]
    assert [turn["id"] for turn in turns] == [again[0]] == [again[1]]


def test_many_turns_at_once_are_stored_one_after_another_or_refused(workers: Workers) -> None:
    dialogue = workers.begin(0, "crowd")
    path = f"/v1/dialogues/{dialogue}/turns"
    with workers.at(0) as one, workers.at(1) as other, ThreadPoolExecutor(2) as pool:

        def speak(place: int) -> tuple[int, str]:
            text = f"I loved Heat (1995), number {place}"
            client = (one, other)[place % 2]
            return client.post(path, json={"text": text}).status_code, text

        said = list(pool.map(speak, range(12)))
    assert {status for status, _ in said} == {200, 409}
    turns = workers.told(1, "GET", f"/v1/dialogues/{dialogue}")["turns"]
    assert sorted(turn["said"] for turn in turns) == sorted(text for status, text in said if status == 200)
    assert [turn["number"] for turn in turns] == list(range(len(turns)))


def test_what_one_forgets_the_other_does_not_know(workers: Workers) -> None:
    kept, gone = workers.begin(0, "forgetful"), workers.begin(1, "forgetful")
    workers.say(1, kept, "I loved Heat (1995)")
    workers.say(0, gone, "I loved Alien")
    workers.told(1, "DELETE", f"/v1/dialogues/{gone}")
    for number in (0, 1):
        assert workers.ask(number, "GET", f"/v1/dialogues/{gone}").status_code == 404
        assert len(workers.told(number, "GET", "/v1/users/forgetful/profile")["dialogues"]) == 1
    workers.told(0, "DELETE", "/v1/users/forgetful")
    for number in (1, 0):
        assert workers.ask(number, "GET", "/v1/users/forgetful/profile").status_code == 404
        assert workers.ask(number, "GET", f"/v1/dialogues/{kept}").status_code == 404
        said = {"text": "hello?"}
        assert workers.ask(number, "POST", f"/v1/dialogues/{kept}/turns", json=said).status_code == 404


def test_who_was_deleted_and_comes_back_is_a_stranger_to_both(workers: Workers) -> None:
    """Also where the second life has as many changes as the first had when a worker last looked."""
    for item in (HEAT, "alien-1979"):
        opinion = {"user": "phoenix", "item": item, "opinion": "like"}
        workers.told(0, "POST", "/v1/feedback", json=opinion)
        told = [workers.told(n, "GET", "/v1/users/phoenix/profile")["opinions"] for n in (0, 1)]
        assert [[known["id"] for known in one] for one in told] == [[item], [item]]
        workers.told(0, "DELETE", "/v1/users/phoenix")


def within(seconds: float, holds: Any) -> None:
    """Until it holds; fails when it does not in time."""
    end = time.monotonic() + seconds + BUSY_MACHINE
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_an_item_put_in_through_one_is_recommended_by_both(workers: Workers) -> None:
    item = {"title": "Night Train North", "year": 2031, "facts": {"director": ["Michael Mann"]}}
    only = {"text": "I loved Heat (1995)", "filters": {"year_from": 2031, "year_to": 2031}}
    workers.told(0, "PUT", "/v1/items/night-train", json=item)
    assert workers.recommended(0, **only) == ["night-train"]
    within(SEEN_WITHIN, lambda: workers.recommended(1, **only) == ["night-train"])
    turn = workers.say(1, workers.begin(0, "traveller"), "I loved Night Train North (2031)")
    assert [mention["id"] for mention in turn["heard"]] == ["night-train"]
    workers.told(1, "DELETE", "/v1/items/night-train")
    assert workers.recommended(1, **only) == []
    within(SEEN_WITHIN, lambda: workers.recommended(0, **only) == [])


def test_a_key_made_or_revoked_counts_for_both_at_once(workers: Workers) -> None:
    from ccrs.serving.store.sql_store import open_store  # noqa: PLC0415 - the other tests need no store of their own

    with open_store(workers.store) as store:
        record, secret = store.create_key("shop", "till")
        bearer = {"authorization": f"Bearer {secret}"}
        assert [workers.ask(n, "GET", "/v1/items", headers=bearer).status_code for n in (0, 1)] == [200, 200]
        store.revoke_key(record.id)
        assert [workers.ask(n, "GET", "/v1/items", headers=bearer).status_code for n in (0, 1)] == [401, 401]


class Items:
    """A catalogue whose store is away for a while."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers, self.asked = list(answers), 0

    def refresh(self) -> bool:
        """What was prepared, then nothing new."""
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else False
        if isinstance(answer, Exception):
            raise answer
        return answer


def looked(items: Items, times: int) -> None:
    """Run what looks for new items until it has looked so often."""

    async def work() -> None:
        async with companions.refreshed(items, every=0.01):
            while items.asked < times:
                await asyncio.sleep(0.01)
        asked = items.asked
        await asyncio.sleep(0.05)
        assert items.asked == asked  # it ends with the app

    asyncio.run(asyncio.wait_for(work(), 10))


def test_items_are_looked_for_again_when_the_store_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[BaseException] = []
    monkeypatch.setattr(companions, "note_failure", noted.append)
    gone, odd, again = StoreError("gone"), ValueError("odd"), StoreError("gone again")
    looked(Items(True, gone, odd, False, again), 8)
    assert noted == [gone, again]  # once for each time it was away


def test_a_worker_that_is_killed_gets_a_successor_and_nothing_is_lost(workers: Workers) -> None:
    dialogue = workers.begin(0, "survivor")
    turn = workers.say(0, dialogue, "I loved Heat (1995)")
    before = workers.pids
    os.kill(before[0], signal.SIGKILL)
    within(60, lambda: len(workers.pids) == 2 and before[0] not in workers.pids)
    for number in (0, 1):
        turns = workers.told(number, "GET", f"/v1/dialogues/{dialogue}")["turns"]
        assert [one["id"] for one in turns] == [turn["id"]]


def test_a_hangup_replaces_the_workers_one_after_another_and_nobody_is_refused(workers: Workers) -> None:
    dialogue = workers.begin(0, "patient")
    before = set(workers.pids)
    os.kill(workers.served.process.pid, signal.SIGHUP)
    refused = []

    def replaced() -> bool:
        answer = httpx.get(f"{workers.served.address}/v1/dialogues/{dialogue}", timeout=60)
        refused.extend([] if answer.is_success else [answer.text])
        return len(workers.pids) == 2 and not before & set(workers.pids)

    within(120, replaced)
    assert refused == []

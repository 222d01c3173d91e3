"""Many threads and processes write at once, and one of them is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ccrs.serving.errors import Conflict, NotFound
from ccrs.serving.store.records import ItemRecord, Once, OpinionRecord
from ccrs.serving.store.sql_store import SqlStore, open_store
from tests.serving.store.talking import begin, said, speak, turn

pytestmark = pytest.mark.slow  # many processes

NUM_THREADS = 8
WRITER = Path(__file__).with_name("writer.py")


def at_once(work: Callable[[int], object], num: int = NUM_THREADS) -> list[object]:
    """What ``work`` gives in each of several threads that begin at the same moment, errors included."""
    barrier = threading.Barrier(num)

    def one(number: int) -> object:
        barrier.wait()
        try:
            return work(number)
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(num) as pool:
        return list(pool.map(one, range(num)))


def test_threads_talk_in_dialogues_of_their_own(store: SqlStore) -> None:
    def talk(number: int) -> list[str]:
        dialogue = begin(store, f"user{number % 3}")
        return [dialogue.id, *(t.id for t in speak(store, dialogue.id, *map(str, range(25))))]

    for result in at_once(talk):
        assert isinstance(result, list)
        dialogue = store.dialogue("shop", result[0])
        assert [t.id for t in dialogue.turns] == result[1:]
        assert said(dialogue) == [str(n) for n in range(25)]
    user = store.user("shop", "user0")
    assert user is not None
    assert user.version == 3 * 26  # no change was lost


def test_of_threads_that_go_on_from_the_same_turn_one_wins(store: SqlStore) -> None:
    dialogue = begin(store)
    head: str | None = None
    for number in range(25):
        results = at_once(
            lambda thread, head=head, number=number: turn(  # type: ignore[misc]
                store,
                dialogue.id,
                f"{number} {thread}",
                parent=head,
                expected_head=head,
                opinions=[(f"film{thread}", "like")],
            )
        )
        won = [result for result in results if not isinstance(result, Conflict)]
        assert len(won) == 1
        head = won[0].id  # type: ignore[attr-defined]
    read = store.dialogue("shop", dialogue.id)
    assert [t.number for t in read.turns] == list(range(25))
    assert store.export_user("shop", "anna").branches == ()
    assert len(store.export_user("shop", "anna").extra["earlier_opinions"]) + len(
        store.opinions("shop", "anna")
    ) == len(read.turns)


def test_threads_that_replace_one_another_leave_one_way(store: SqlStore) -> None:
    dialogue = begin(store)
    root = turn(store, dialogue.id, "root")
    at_once(lambda n: [turn(store, dialogue.id, f"{n}", parent=root.id) for _ in range(5)])
    read = store.dialogue("shop", dialogue.id)
    assert [t.number for t in read.turns] == [0, 1]
    assert len(store.export_user("shop", "anna").branches) == 5 * NUM_THREADS - 1


def test_of_threads_with_one_idempotency_key_one_writes(store: SqlStore) -> None:
    once = Once("key", "request", 201, "body")
    results = at_once(lambda n: store.begin_dialogue("shop", f"user{n}", once=once))
    assert sum(not isinstance(result, Conflict) for result in results) == 1
    assert sum(len(store.dialogues("shop", f"user{n}")) for n in range(NUM_THREADS)) == 1


def test_threads_make_one_user(store: SqlStore) -> None:
    assert len({store.ensure_user("shop", "anna").id for _ in range(2)}) == 1
    assert len(set(at_once(lambda _: store.ensure_user("shop", "bert")))) == 1


def test_threads_put_items_and_opinions_and_none_is_lost(store: SqlStore) -> None:
    def work(number: int) -> None:
        for n in range(5):
            store.put_item(ItemRecord(f"m{n}", f"{number}"))
            store.set_opinion("shop", "anna", OpinionRecord(f"{number}/{n}", "like", 1.0))
            store.history("shop", "anna")

    at_once(work)
    assert store.catalogue_version() == 5 * NUM_THREADS
    assert len(store.opinions("shop", "anna")) == 5 * NUM_THREADS


def test_a_user_deleted_while_he_talks_is_gone(store: SqlStore) -> None:
    dialogue = begin(store)

    def work(number: int) -> None:
        if number == 0:
            store.delete_user("shop", "anna")
            return
        try:
            turn(store, dialogue.id, f"{number}")
        except NotFound:
            return

    at_once(work)
    assert store.user("shop", "anna") is None
    store.ensure_user("shop", "anna")
    assert store.history("shop", "anna") == ()


def test_two_open_a_new_database_at_once(new_url: Callable[[], str]) -> None:
    for _ in range(3):
        url = new_url()
        at_once(lambda _, url=url: open_store(url).close(), 4)  # type: ignore[misc]
        with open_store(url) as store:
            begin(store)


def test_after_a_kill_every_acknowledged_turn_is_there(url: str, tmp_path: Path) -> None:
    """Two processes write; both are killed in the middle of it."""
    outputs = [tmp_path / f"told{n}" for n in range(2)]
    writers = []
    for output in outputs:
        with output.open("wb") as stream:
            command = [sys.executable, str(WRITER), url, output.name]
            writers.append(subprocess.Popen(command, stdout=stream))
    end = time.monotonic() + 60
    while min(output.read_bytes().count(b"\n") for output in outputs) < 40:
        assert time.monotonic() < end
        assert [writer.poll() for writer in writers] == [None, None]
        time.sleep(0.01)
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        assert writer.wait(timeout=20) == -signal.SIGKILL
    with open_store(url) as store:
        for output in outputs:
            lines = output.read_text().split("\n")[:-1]
            stored = {t.id: t for d in store.history("shop", output.name) for t in d.turns}
            assert set(lines) <= set(stored)
            assert len(stored) <= len(lines) + 4  # one for each thread may be stored and not yet told
            for told_turn in lines:  # whole: with its opinion and its answer
                assert store.done("shop", stored[told_turn].said) is not None
            said_of = {record.turn for record in store.opinions("shop", output.name)}
            assert set(lines) <= said_of
        turn(store, begin(store).id, "goes on")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_processes_wait_for_one_another(url: str) -> None:
    """A writer that holds the lock for a while is waited for, not refused."""
    with open_store(url) as store, open_store(url) as other:
        dialogue = begin(store)
        with other._database.writing():
            thread = threading.Timer(0, lambda: turn(store, dialogue.id, "waits"))
            thread.start()
            thread.join(0.3)
            assert thread.is_alive()
            assert store.dialogue("shop", dialogue.id).turns == ()  # readers do not wait
        thread.join(20)
        assert said(store.dialogue("shop", dialogue.id)) == ["waits"]

"""What is said when a database cannot be opened, read or written; and what stays on the disk."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text

from ccrs.serving.errors import StoreError
from ccrs.serving.store.records import KnownItem, Once, OpinionRecord
from ccrs.serving.store.sql_store import SqlStore, open_store
from tests.fixtures.postgres import USER, PostgresServer
from tests.serving.store.talking import begin, said, speak, turn


@contextmanager
def nobody() -> Iterator[None]:
    """Without the rights of root, who may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_path_or_a_url_and_the_folder_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "new" / "folder" / "people 100%.db"
    for url in (
        str(path),
        f"sqlite:///{path}",
        "sqlite:///new/folder/people 100%.db",
        "new/folder/people 100%.db",
    ):
        with open_store(url) as store:
            begin(store)
            assert "people 100%.db" in store.name
    with open_store(str(path)) as store:
        assert len(store.dialogues("shop", "anna")) == 4
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
        assert len(list(path.parent.iterdir())) > 1  # the log too
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_settings_of_sqlite(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "people.db")) as store, store._database.reading() as connection:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in wanted}
    assert found == wanted


def test_in_memory_nothing_stays() -> None:
    with open_store("sqlite://") as store:
        begin(store)
        assert len(store.dialogues("shop", "anna")) == 1
    with open_store("sqlite:///:memory:") as store:
        assert store.dialogues("shop", "anna") == ()


def test_what_is_no_sqlite_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Anna, this is a letter and no database.")
    with pytest.raises(StoreError, match=r"letter\.txt: is there already and is no SQLite file"):
        open_store(str(letter))
    assert letter.read_text().startswith("Dear Anna")
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(StoreError, match="Is a directory"):
        open_store(str(tmp_path))
    with pytest.raises(StoreError, match=r"people\.db: cannot be opened for writing \(File exists"):
        open_store(str(letter / "people.db"))


def test_a_damaged_file_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    with open_store(str(path)) as store:
        speak(store, begin(store).id, *("words " * 50 for _ in range(20)))
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    with pytest.raises(StoreError, match="damaged: put back a copy"):
        open_store(str(path))


def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        with (
            nobody(),
            pytest.raises(StoreError, match=r"people\.db: cannot be opened for writing \(Permission denied"),
        ):
            open_store(str(folder / "people.db"))
        with nobody(), pytest.raises(StoreError, match="Choose another place"):
            open_store(str(folder / "deeper" / "people.db"))
        assert list(folder.iterdir()) == []


def test_a_full_disk_undoes_the_write_and_says_so(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "people.db")) as store:
        dialogue = begin(store)
        first = turn(store, dialogue.id, "fits")
        engine = store._database._engine
        store.close()  # the limit is one of a connection
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 1"))
        with pytest.raises(StoreError, match=r"people\.db: .*full.*Free space.*nothing was changed"):
            turn(store, dialogue.id, "x" * 10**6, parent=first.id, opinions=[("heat", "like")])
        assert said(store.dialogue("shop", dialogue.id)) == ["fits"]
        assert store.opinions("shop", "anna") == ()


def test_a_lock_that_is_never_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "people.db"
    open_store(str(path)).close()
    monkeypatch.setattr("ccrs.serving.store.database.WAIT", 0.05)
    with open_store(str(path)) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"is locked\. Another process writes for too long"):
            begin(store)
        other.execute("ROLLBACK")
        other.close()
        begin(store)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "mysql://anna:geheim@host/people",
            "mysql://…: there is no store on that database. Allowed are a path",
        ),
        ("http://anna:geheim@host", "http://…: there is no store"),
        ("postgresql://anna:geheim@host:port/people", "postgresql://…: cannot be understood"),
        ("://geheim", "cannot be understood"),
    ],
)
def test_an_address_that_is_none(url: str, told: str) -> None:
    with pytest.raises(StoreError) as refused:
        open_store(url)
    assert told in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_a_postgresql_that_is_not_there() -> None:
    with pytest.raises(StoreError) as refused:
        open_store("postgresql://anna:geheim@127.0.0.1:1/people?password=geheimer")
    message = str(refused.value)
    assert message.startswith("PostgreSQL at 127.0.0.1:1/people: ")
    assert "refused" in message
    assert "Check that the server runs" in message
    assert "geheim" not in message
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_wrong_password_is_not_told(postgres: PostgresServer) -> None:
    for url in (postgres.url("postgres", "geheim"), f"{postgres.url('postgres', 'x')}?password=geheim"):
        with pytest.raises(StoreError, match=f'password authentication failed for user "{USER}"') as refused:
            open_store(url)
        assert "geheim" not in str(refused.value)
        assert "Check user, password and database" in str(refused.value)
    with pytest.raises(StoreError, match='database "nowhere" does not exist') as refused:
        open_store(postgres.url("nowhere"))
    assert postgres.password not in str(refused.value)


def test_a_server_that_comes_back_is_used_again(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    with open_store(url) as store, psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        dialogue = begin(store)
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.split("/")[-1]]
        )
        turn(store, dialogue.id, "still here")
        database = url.split("/")[-1]
        admin.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])
        with pytest.raises(StoreError, match="PostgreSQL at 127"):
            store.ping()
        admin.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
        store.ping()
        assert said(store.dialogue("shop", dialogue.id)) == ["still here"]


def test_an_error_message_holds_no_words_of_people(store: SqlStore) -> None:
    database = store._database
    with pytest.raises(StoreError) as refused, database.writing() as connection:
        connection.execute(
            text("INSERT INTO users (tenant, name) VALUES (:a, :b)"), {"a": "shop", "b": "geheim"}
        )
    assert "geheim" not in str(refused.value)
    assert refused.value.__suppress_context__


MARK = "xylophonquark"


def words_on_disk(folder: Path) -> int:
    """How often the mark stands in the files of a store."""
    return sum(file.read_bytes().count(MARK.encode()) for file in folder.iterdir())


@pytest.mark.parametrize("others", [0, 12])
def test_what_is_deleted_is_gone_from_the_disk(others: int, tmp_path: Path) -> None:
    with open_store(str(tmp_path / "people.db")) as store:
        names = [f"user{n}" for n in range(others)]
        for number, user in enumerate([*names, MARK, *names]):
            mark = MARK if user == MARK else "word"
            dialogue = store.begin_dialogue("shop", user, once=Once(f"{mark}{number}", "r", 200, mark))
            head: str | None = None
            for n in range(12):
                head = turn(
                    store,
                    dialogue.id,
                    f"{mark} {n} " * (50 if n == 5 else 1),
                    parent=head,
                    content={mark: [mark]},
                    fingerprint=f"{mark}{n}",
                    opinions=[(f"{mark}{n}", "like")],
                    once=Once(f"{mark}{number}/{n}", "r", 200, f"{mark} " * 9),
                ).id
            turn(store, dialogue.id, f"{mark} edited")
            store.set_opinion("shop", user, OpinionRecord(mark, "seen", 1.0))
        store.note_items([KnownItem("m1", "Heat", 1995)])
        assert words_on_disk(tmp_path) > 100
        store.delete_user("shop", MARK)
        assert words_on_disk(tmp_path) == 0
        assert len(store.history("shop", "user0")) == (2 if others else 0)


def test_a_forgotten_or_expired_dialogue_is_gone_from_the_disk(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "people.db")) as store:
        for forget in (store.forget_dialogue, lambda *_: store.expire(1e12)):
            dialogue = begin(store)
            turn(store, dialogue.id, MARK * 2000, once=Once("k", "r", 200, MARK))
            assert words_on_disk(tmp_path) > 0
            forget("shop", dialogue.id)
            assert words_on_disk(tmp_path) == 0
            assert store.history("shop", "anna") == ()


def test_deleting_goes_on_while_somebody_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccrs.serving.store.database._CHECKPOINT_WAIT", 0.05)
    with open_store(str(tmp_path / "people.db")) as store:
        turn(store, begin(store).id, MARK)
        with store._database.snapshot() as reader:
            assert reader.execute(text("SELECT count(*) FROM turns")).scalar_one() == 1
            store.delete_user("shop", "anna")  # the log cannot be emptied now
            assert reader.execute(text("SELECT count(*) FROM turns")).scalar_one() == 1
        begin(store, "bert")
        store.delete_user("shop", "bert")
        assert words_on_disk(tmp_path) == 0

"""A process that talks to a store from four threads until it is killed: ``python writer.py URL USER``.

Prints the id of each turn once the store has said that it is stored.
"""

from __future__ import annotations

import sys
import threading

from ccrs.serving.store.records import NewTurn, Once
from ccrs.serving.store.sql_store import SqlStore, open_store

_printing = threading.Lock()


def talk(store: SqlStore, user: str, thread: int) -> None:
    """One dialogue without end."""
    dialogue = store.begin_dialogue("shop", user)
    parent: str | None = None
    number = 0
    while True:
        number += 1
        words = f"{user} {thread} {number}"
        stored = store.add_turn(
            "shop",
            dialogue.id,
            NewTurn(words, "reply " * 50, "model 1", {"n": number}, ("m1",), words),
            parent=parent,
            opinions=[(words, "like")],
            once=Once(words, "r", 200, "body"),
        )
        parent = stored.id
        with _printing:
            sys.stdout.write(f"{stored.id}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    opened = open_store(sys.argv[1])
    threads = [threading.Thread(target=talk, args=(opened, sys.argv[2], n)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

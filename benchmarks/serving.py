"""The measurements of the server: each part starts servers of its own and loads them from another process."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from benchmarks.report import Row
from benchmarks.serving_attack import attacked
from benchmarks.serving_crowd import crowd, overload
from benchmarks.serving_recommending import recommending
from benchmarks.serving_setting import QUICK, Serving, Sizes, with_sizes
from benchmarks.serving_stored import stored_people
from benchmarks.serving_turns import lone_turns

SERVING_PARTS: dict[str, Callable[[Serving], list[Row]]] = {
    "recommending": recommending,
    "turns": lone_turns,
    "crowd": crowd,
    "overload": overload,
    "stored": stored_people,
    "hostile": attacked,
}
ALL = "serving"
"""On the command line: all of these."""


def add_sizes(parser: argparse.ArgumentParser, count: Callable[[str], int]) -> None:
    """The options for sizes of servers; ``count`` reads a number."""
    group = parser.add_argument_group("servers")
    sizes = Sizes()
    for name, what in (
        ("passes", "passes of a measurement, of which the best counts"),
        ("people", "people who chat at once"),
        ("sqlite-users", "people stored in SQLite"),
        ("postgres-users", "people stored in PostgreSQL"),
        ("hostile", "hostile texts"),
        ("hostile-turns", "of them said in a dialogue"),
    ):
        default = getattr(sizes, name.replace("-", "_"))
        group.add_argument(f"--{name}", type=count, metavar="N", help=f"{what} (default {default:,})")


def sizes_of(options: argparse.Namespace) -> Sizes:
    """The sizes that the command line asks for."""
    names = ("passes", "people", "sqlite_users", "postgres_users", "hostile", "hostile_turns")
    return with_sizes(QUICK if options.quick else Sizes(), **{name: getattr(options, name) for name in names})

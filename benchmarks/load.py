"""``python -m benchmarks.load``: the load generator, a process of its own; a plan on stdin, a report on stdout.

Plan and report are JSON. A plan names the server's ``host`` and ``port``, a ``kind`` of ``KINDS`` and what that kind
needs. A report holds what was measured, and ``cpu`` and ``wall``: the seconds the generator itself used.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.load_hostile import hostile
from benchmarks.load_shapes import asks, chats, flood

KINDS: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
    "asks": asks,
    "chats": chats,
    "flood": flood,
    "hostile": hostile,
}


def main() -> None:
    """Carry the plan out."""
    plan = json.load(sys.stdin)
    cpu, wall = time.process_time(), time.perf_counter()
    report = asyncio.run(_run(plan))
    report |= {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    json.dump(report, sys.stdout)


async def _run(plan: dict[str, Any]) -> dict[str, Any]:
    return await KINDS[plan["kind"]](plan)


if __name__ == "__main__":
    main()

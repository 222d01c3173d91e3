"""People in a store: known by dialogues of the corpus, or by having talked to the run themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from benchmarks.serving_setting import Serving
from ccrs.core.dialogue import Dialogue
from ccrs.serving.assembly import open_service
from ccrs.serving.engine import NUM_SUPPORT
from ccrs.serving.importing import import_dialogues
from ccrs.serving.schemas import TurnRequest
from ccrs.serving.service import Service
from ccrs.serving.store.records import LOCAL


@contextmanager
def opened(serving: Serving, store: str) -> Iterator[Service]:
    """The service over a store in this process, without HTTP."""
    service = open_service(serving.run, store, num_threads=serving.threads)
    try:
        yield service
    finally:
        service.close()


def seed_known(serving: Serving, service: Service, prefix: str, count: int) -> list[str]:
    """People ``prefix0`` ... who each had 20 dialogues of the corpus; their names."""
    names = [f"{prefix}{number}" for number in range(count)]
    for number, name in enumerate(names):
        mine = earlier_dialogues(serving, number)
        import_dialogues(service.store, service.world, LOCAL, name, mine)
        serving.bench.advance()
    return names


def earlier_dialogues(serving: Serving, number: int) -> Sequence[Dialogue]:
    """The 20 dialogues of person ``number``."""
    talks = serving.talks
    return [talks[(number * NUM_SUPPORT + place) % len(talks)] for place in range(NUM_SUPPORT)]


def seed_talking(
    serving: Serving, service: Service, prefix: str, count: int, *, advance: Callable[[], None]
) -> list[str]:
    """People ``prefix0`` ... who each had one dialogue of two turns with the run itself; their names."""

    async def talk(name: str, lines: Sequence[str]) -> None:
        dialogue = await service.begin_dialogue(LOCAL, name)
        for line in lines:
            async for _ in service.turn(LOCAL, dialogue.id, TurnRequest(text=line)):
                pass
        advance()

    async def all_of_them() -> None:
        await asyncio.gather(*(talk(name, serving.lines(n, 2)) for n, name in enumerate(names)))

    names = [f"{prefix}{number}" for number in range(count)]
    asyncio.run(all_of_them())
    return names

"""A turn of somebody who is alone with the server: until its first word and until its end (j)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.report import Row
from benchmarks.serving_people import opened, seed_known
from benchmarks.serving_server import Server, serving
from benchmarks.serving_setting import Latency, Serving
from benchmarks.timing import Spread
from ccrs.data.tokeniser import ReplyTokeniser

SHORT, LONG = 15, 25
"""Tokens of a reply of about 20."""
LINES = 4


@dataclass(frozen=True)
class Told:
    """One answered turn: seconds until the first word and the end, tokens of its reply, number in its dialogue."""

    first: float
    seconds: float
    tokens: int
    number: int


def lone_turns(setting: Serving) -> list[Row]:
    """Strangers and known people, one at a time."""
    sizes = setting.sizes
    store = setting.new_store("turns")
    setting.announce("people with 20 dialogues", sizes.known)
    num_chats = max(1, sizes.turns // LINES)
    with opened(setting, store) as service:
        known = seed_known(setting, service, "known-", min(sizes.known, num_chats))
        tokeniser = service.world.talker.responder.tokeniser
    setting.announce("turns, alone", sizes.passes)
    strangers, friends, cpu = [], [], []
    with serving(setting.start(store)) as server:
        _talked(setting, server, tokeniser, ["warm-up"], 0)
        for number in range(sizes.passes):
            names = [f"stranger-{number}-{n}" for n in range(num_chats)]
            told, used = _talked(setting, server, tokeniser, names, number)
            strangers.append(told)
            cpu.append(used / len(told))
            friends.append(_talked(setting, server, tokeniser, known, number)[0])
            setting.bench.advance()
    note = f"server CPU a turn {1e3 * min(cpu):.0f} ms"
    rows = _rows("a stranger's turn", strangers, targets=True, note=note)
    later = [[turn for turn in told if turn.number] for told in friends]
    rows += _rows("a turn of somebody known by 20 dialogues", later, targets=False)
    opening = Latency.of([[turn.seconds for turn in told if not turn.number] for told in friends], 95)
    name = "the first turn of somebody known, who is adapted to"
    return [
        *rows,
        Row("j", f"{name}, p50", opening.spread, "ms", note=opening.note),
        Row("j", f"{name}, p95", opening.tail, "ms"),
    ]


def _talked(
    setting: Serving, server: Server, tokeniser: ReplyTokeniser, names: Sequence[str], shift: int
) -> tuple[list[Told], float]:
    """Everybody's dialogue, one after another; the turns, and the server's seconds of processor time."""
    chats = [
        {"user": name, "lines": setting.lines(shift * 1000 + place, LINES)}
        for place, name in enumerate(names)
    ]
    report = server.load("chats", chats=chats, in_turn=True)
    return [told_of(turn, tokeniser) for turn in report["turns"]], report["server_cpu"]


def told_of(turn: dict[str, Any], tokeniser: ReplyTokeniser) -> Told:
    """A turn of a report; raises where it failed."""
    if turn["status"] != 200 or turn.get("failed"):
        raise RuntimeError(f"a turn failed: {turn}")
    tokens = len(tokeniser.encode(turn["reply"]))
    return Told(turn["first"] or turn["seconds"], turn["seconds"], tokens, turn["number"])


def _rows(what: str, passes: Sequence[Sequence[Told]], *, targets: bool, note: str = "") -> list[Row]:
    """All turns, and those with a reply of about 20 tokens, to which the targets belong."""
    tokens = [turn.tokens for turns in passes for turn in turns]
    lengths = Row(
        "j", f"{what}: tokens of a reply", Spread.of(tokens), note=f"p95 {np.percentile(tokens, 95):.0f}"
    )
    middle = [[turn for turn in turns if SHORT <= turn.tokens <= LONG] for turns in passes]
    about = f"{what}, reply of {SHORT} to {LONG} tokens"
    rows = [lengths, *_times(what, passes, targets=False, note=note)]
    return rows + (_times(about, middle, targets=targets) if all(middle) else [])


def _times(what: str, passes: Sequence[Sequence[Told]], *, targets: bool, note: str = "") -> list[Row]:
    whole = Latency.of([[turn.seconds for turn in turns] for turns in passes], 95)
    first = Latency.of([[turn.first for turn in turns] for turns in passes], 95)
    notes = "; ".join(text for text in (whole.note, note) if text)
    return [
        Row("j", f"{what}, p50", whole.spread, "ms", note=notes),
        Row("j", f"{what}, p95", whole.tail, "ms", 200 if targets else None),
        Row("j", f"{what}: first token, p50", first.spread, "ms", 80 if targets else None),
        Row("j", f"{what}: first token, p95", first.tail, "ms"),
    ]

"""Hostile texts through the whole API: nothing falls over, and nobody sees what is another's (n)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from benchmarks.report import Row
from benchmarks.serving_server import Server, serving
from benchmarks.serving_setting import Serving, one
from ccrs.serving.store.sql_store import open_store

MARKERS = tuple(f"zqx{word}vjk" for word in ("amber", "birch", "cobalt", "delta", "ember"))
"""Words that nobody says but the victims, one each."""
CLIENTS = 8
_SEED = 20_261


def attacked(setting: Serving) -> list[Row]:
    """One tenant's key asks for everything in every hostile way, while another tenant's people have secrets."""
    sizes = setting.sizes
    store = setting.new_store("attacked")
    with open_store(store) as kept:
        _, secret_of_victims = kept.create_key("victims", "victims")
        _, secret = kept.create_key("attackers", "attackers")
    setting.announce("hostile texts", 3)
    with serving(replace(setting.start(store), needs_keys=True)) as server:
        dialogues = [_confide(server, secret_of_victims, n, marker) for n, marker in enumerate(MARKERS)]
        setting.bench.advance()
        before = _all_of_them(server, secret_of_victims)
        at_start = server.resident()
        report = server.load(
            "hostile",
            count=sizes.hostile,
            num_turns=sizes.hostile_turns,
            clients=CLIENTS,
            secret=secret,
            seed=_SEED,
            victims=[_name(n) for n in range(len(MARKERS))],
            dialogues=dialogues,
            markers=MARKERS,
        )
        setting.bench.advance()
        after = _all_of_them(server, secret_of_victims)
        status, _ = server.ask("POST", "/v1/recommendations", {"text": "a comedy"}, secret)
        grown = server.resident() / at_start
    kinds = len(report["kinds"])
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(report["statuses"].items()))
    sent = f"{kinds} kinds of texts in {len(report['fields'])} fields; {statuses}"
    slowest = report["slowest"]
    return [
        Row("n", "hostile texts sent", one(sum(report["kinds"].values())), note=sent),
        Row(
            "n",
            "answers 5xx (503 apart), or none at all",
            one(report["num_failures"]),
            "",
            0,
            note=_told(report["failures"]),
        ),
        Row("n", "answers 503", one(report["statuses"].get("503", 0))),
        Row(
            "n",
            "answers with another tenant's words",
            one(report["num_leaks"]),
            "",
            0,
            note=_told(report["leaks"]),
        ),
        Row("n", "texts given back as a page", one(report["num_pages"]), "", 0, note=_told(report["pages"])),
        Row(
            "n",
            "victims whose data changed",
            one(sum(a != b for a, b in zip(before, after, strict=True))),
            "",
            0,
        ),
        Row("n", "status of a plain request afterwards", one(status)),
        Row(
            "n",
            "slowest answer",
            one(slowest["seconds"]),
            "s",
            note=f"{slowest['kind']} as {slowest['field']}: {slowest['status']}",
        ),
        Row("n", "texts a second", one(sum(report["kinds"].values()) / report["wall"]), "/s"),
        Row("n", "memory after / before", one(grown), "x"),
    ]


def _name(number: int) -> str:
    return f"victim-{number}"


def _confide(server: Server, secret: str, number: int, marker: str) -> str:
    """A victim tells a secret; the id of the dialogue."""
    _, dialogue = server.ask("POST", f"/v1/users/{_name(number)}/dialogues", None, secret)
    text = f"My secret word is {marker}. I love comedies."
    status, turn = server.ask("POST", f"/v1/dialogues/{dialogue['id']}/turns", {"text": text}, secret)
    if status != 200:
        raise RuntimeError(f"the victim was not answered: {status} {turn}")
    return str(dialogue["id"])


def _all_of_them(server: Server, secret: str) -> list[str]:
    """A digest of all that is stored of each victim; raises where a victim's word is not there."""
    digests = []
    for number, marker in enumerate(MARKERS):
        status, export = server.ask("GET", f"/v1/users/{_name(number)}", None, secret)
        text = json.dumps(export, sort_keys=True)
        if status != 200 or marker not in text:
            raise RuntimeError(f"{_name(number)} has lost the secret: {status} {text[:200]}")
        digests.append(hashlib.sha256(text.encode()).hexdigest())
    return digests


def _told(found: list[dict[str, object]]) -> str:
    return "" if not found else json.dumps(found[0])

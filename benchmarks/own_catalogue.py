"""A shop's table to a recommender that talks: how long each part takes, and how good it is.

    python -m benchmarks.own_catalogue --out DIR [--products 5000] [--threads 1] [--set model.embedding_size=32]

Seconds of the clock and of the processor stand side by side, as other programs may be running.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.own_questions import ask
from benchmarks.own_table import make_products, write_table
from ccrs.experiments.config import load_config
from ccrs.experiments.corpus import load_corpus
from ccrs.experiments.evaluate import evaluate
from ccrs.experiments.prepare_own import OwnConfig, OwnSources, prepare_catalogue
from ccrs.experiments.reply_setup import load_responder_config
from ccrs.experiments.train import train_recommender
from ccrs.experiments.train_responder import train_responder
from ccrs.inference.talk import Talker

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
TABLE = "lamps.csv"


@dataclass
class Stages:
    """What each part took."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """One part."""
        wall, cpu = time.monotonic(), _cpu_seconds()
        yield
        self.wall[name], self.cpu[name] = time.monotonic() - wall, _cpu_seconds() - cpu
        print(
            f"{name:<12} {self.wall[name]:8.1f} s of the clock {self.cpu[name]:8.1f} s of the processor",
            flush=True,
        )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Prepare, train, judge and talk; returns the figures."""
    stages, out = Stages(), options.out
    with stages.stage("prepare"):
        out.mkdir(parents=True, exist_ok=True)
        write_table(out / TABLE, make_products(options.products))
        prepare_catalogue(OwnSources(items=out / TABLE), out / "data", OwnConfig(users=options.users))
    corpus = load_corpus(out / "data")
    with stages.stage("recommender"):
        config = load_config(CONFIGS / "recommender" / "own.toml", options.set)
        train_recommender(config, corpus, out / "run", quiet=True)
    with stages.stage("judging"):
        report = evaluate(out / "run", data=out / "data").report
    outcomes: dict[str, int] = {}
    if options.talk:
        with stages.stage("responder"):
            talking = load_responder_config(CONFIGS / "responder" / "own.toml", options.set_talk)
            train_responder(talking, out / "run", corpus, out / "run", quiet=True)
        with stages.stage("chat"):
            outcomes = dict(ask(Talker.load(out / "run")))
    rows = {name: report[name]["all"] for name in ("metrics", "unadapted", "popularity")}
    figures = {
        name: {k: row[k] for k in ("hr@1", "hr@10", "hr@50", "ndcg@50") if k in row}
        for name, row in rows.items()
    }
    return {
        "products": options.products,
        "dialogues": len(corpus.dialogues),
        "wall": stages.wall,
        "cpu": stages.cpu,
        "figures": figures,
        "outcomes": outcomes,
        "differences": report.get("differences"),
    }


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Run what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.own_catalogue", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where data and run go (new)")
    parser.add_argument("--products", type=int, default=5000, metavar="N", help="rows of the table")
    parser.add_argument(
        "--users", type=int, metavar="N", help="people to simulate (default: by the number of products)"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="of torch")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of the recommender")
    parser.add_argument(
        "--set-talk", action="append", default=[], metavar="KEY=VALUE", help="of the responder"
    )
    parser.add_argument("--no-talk", dest="talk", action="store_false", help="the recommender alone")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    found = run(options)
    options.out.joinpath("figures.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(json.dumps({key: found[key] for key in ("figures", "outcomes", "dialogues")}, indent=1))
    print(
        f"in all {sum(found['wall'].values()):.0f} s of the clock, {sum(found['cpu'].values()):.0f} s of the processor"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Train the demo's model on embedded corpora of other seeds, and print what the demo claims for each.

    python scripts/check_customization.py --seeds 11 12
    python scripts/check_customization.py --seeds 11 --set 'model.gamma="one"'

The demo's settings were chosen at seed 0; corpora of other seeds are untouched by that choice.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ccrs.core.files import read_json
from ccrs.evaluation.ranking import per_sample
from ccrs.evaluation.significance import paired_difference
from ccrs.evaluation.tables import aligned
from ccrs.experiments.corpus import divide, load_corpus
from ccrs.experiments.demo import demo_config, recovery_of, swapped_ranks
from ccrs.experiments.evaluate import judge
from ccrs.experiments.prepare import TRUTH, prepare_simulated
from ccrs.experiments.train import train_recommender
from ccrs.simulation.corpus import SimulationConfig, simulate
from ccrs.simulation.oracles import rank_by_oracles
from ccrs.simulation.truth import Truth

HEADER = [
    "seed",
    "mean oracle",
    "unadapted",
    "adapted - unadapted",
    "adapted - swapped",
    "recovery",
    "shuffled",
]


def figures(seed: int, folder: Path, overrides: Sequence[str]) -> list[str]:
    """One row: HR@10 and differences with 95% intervals, on held-out people."""
    simulation = SimulationConfig(seed=seed)
    prepare_simulated(simulation, folder / "data")
    corpus, truth = load_corpus(folder / "data"), Truth.from_json(read_json(folder / "data" / TRUTH))
    run = train_recommender(demo_config(overrides), corpus, folder / "run", quiet=True)
    rows, _ = judge(run, corpus.table, divide(corpus, run.config.data).test, run.statistics.popularity)
    hits = {name: per_sample(row.ranks)["hr@10"] for name, row in rows.items()}
    swapped = per_sample(swapped_ranks(run, corpus, truth))["hr@10"]
    users = rows["metrics"].users
    differences = [
        paired_difference(hits["metrics"], other, users).interval for other in (hits["unadapted"], swapped)
    ]
    recovery = recovery_of(run, folder / "data", truth)
    oracle = rank_by_oracles(simulate(simulation)).hit_rates()["mean"]
    return [
        str(seed),
        f"{oracle:.3f}",
        f"{hits['unadapted'].mean():.3f}",
        *(f"{d.mean:+.3f} [{d.low:+.3f}, {d.high:+.3f}]" for d in differences),
        f"{recovery.correlation():+.2f}",
        f"{recovery.shuffled():+.2f}",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12])
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], help="change a setting: a.b=c"
    )
    arguments = parser.parse_args()
    rows = []
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(figures(seed, Path(folder), arguments.overrides))
    print(aligned(HEADER, rows))


if __name__ == "__main__":
    main()

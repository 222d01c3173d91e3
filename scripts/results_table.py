"""Write the README's result table from the tables that `ccrs reproduce` wrote.

    python scripts/results_table.py results/redial/side-by-side/main.json

Every row is a system on the same samples, with the paper's figures and how far the baseline of the table is ahead of
it. Nothing is typed by hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccrs.core.errors import DataError
from ccrs.core.files import read_json, replacing
from ccrs.evaluation.tables import markdown

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"


def cell(found: Mapping[str, Any]) -> str:
    """A figure with half its interval."""
    low, high = found["ci95"]
    return f"{found['mean']:.4f} ±{(high - low) / 2:.4f}"


def ahead(row: Mapping[str, Any], metric: str) -> str:
    """How far the baseline is ahead of a row, with the interval; empty for itself."""
    if not row["baseline_minus_this"]:
        return ""
    found = row["baseline_minus_this"]["all"][metric]
    low, high = found["ci95"]
    return f"{found['mean']:+.4f} [{low:+.4f}, {high:+.4f}]"


def row_of(row: Mapping[str, Any]) -> list[str]:
    """One system."""
    figures, printed = row["figures"], row["printed"] or {}
    return [
        row["model"],
        cell(figures["all"]["hr@10"]),
        cell(figures["all"]["hr@50"]),
        cell(figures["novel"]["hr@10"]),
        " / ".join(f"{printed[metric]:.4f}" for metric in ("hr@10", "hr@50") if metric in printed),
        ahead(row, "hr@10"),
        ahead(row, "hr@50"),
    ]


def section(table: Mapping[str, Any]) -> str:
    """What stands between the markers."""
    base, signature = table["baseline"], table["rows"][0]["signature"]
    header = ["model", "HR@10", "HR@50", "HR@10 novel", "printed HR@10 / HR@50"]
    header += [f"{base} minus it, HR@10", f"{base} minus it, HR@50"]
    told = (
        f"{signature['data']}, {signature['folds']} user folds pooled, {signature['order']} halves, "
        f"{table['num_samples']['all']:,} samples of {table['num_users']} users, all targets ranked over the whole "
        "catalogue; ± is half the 95% interval, differences are paired by sample, both resampled by user. The paper "
        "trains on twice as many dialogues."
    )
    seeds = {row["model"]: row.get("seeds", 1) for row in table["rows"]}
    several = [f"{model} {number}" for model, number in seeds.items() if number > 1]
    if several:
        told += f" Trainings of each fold: {', '.join(several)}, all others one; figures are their means."
    return told + "\n\n" + markdown(header, [row_of(row) for row in table["rows"]])


def main() -> None:
    """Read the table, write the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    arguments = parser.parse_args()
    text = arguments.readme.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise DataError(
            f"{arguments.readme}: has no lines {BEGIN} and {END}. Put them where the table belongs."
        )
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    with replacing(arguments.readme) as temporary:
        temporary.write_text(
            f"{before}{BEGIN}\n{section(read_json(arguments.table))}\n{END}{after}", encoding="utf-8"
        )


if __name__ == "__main__":
    main()

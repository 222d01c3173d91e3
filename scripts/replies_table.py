"""Write the README's table of replies from the report of ``ccrs evaluate --json`` (or several).

    python scripts/replies_table.py results/redial/replies.json --readme README.md

Nothing is typed by hand; without --readme the table is printed.

Rows that stand in several reports (people, constant and retrieved replies) are taken from the first.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccrs.core.files import replacing

BEGIN, END = "<!-- replies:begin -->", "<!-- replies:end -->"
COLUMNS = (
    ("bleu_1", "BLEU-1", 1, 1),
    ("bleu_4", "BLEU-4", 1, 2),
    ("f1", "F1", 1, 3),
    ("distinct_2", "Dist-2", 1, 3),
    ("truth", "true %", 100, 1),
    ("statements_per_100_item_replies", "statements per 100 replies with a film", 1, 1),
    ("mean_rank", "mean rank of 20", 1, 2),
    ("perplexity_per_word", "perplexity per word", 1, 1),
)


def main() -> None:
    """Parse and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reports", type=Path, nargs="+")
    parser.add_argument("--readme", type=Path, default=None)
    args = parser.parse_args()
    rows: dict[str, Mapping[str, Any]] = {}
    signatures = []
    for path in args.reports:
        report = json.loads(path.read_text(encoding="utf-8"))
        report = report.get("replies", report)
        for name, row in report["rows"].items():
            rows.setdefault(name, {**row, **report["fit"][name]})
        told = report["signature"]
        signatures.append(" | ".join(f"{key}={value}" for key, value in told.items()))
        judges = report["truth_judged_by"]
    lines = [
        f"| replies | {' | '.join(title for _, title, _, _ in COLUMNS)} |",
        f"| --- |{' ---: |' * len(COLUMNS)}",
    ]
    lines += [
        f"| {name} | {' | '.join(cell(row, column) for column in COLUMNS)} |" for name, row in rows.items()
    ]
    first = next(iter(rows.values()))
    lines += [
        "",
        f"{first['num_replies']:,} replies to {first['num_users']} test users, ± half the 95% interval by user; "
        f"statements judged by {judges}. Human replies are ranked among 19. Signatures:",
        "",
        *(f"- `{signature}`" for signature in signatures),
    ]
    if args.readme is None:
        print("\n".join(lines))
        return
    text = args.readme.read_text(encoding="utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    with replacing(args.readme) as temporary:
        temporary.write_text(text[:start] + "\n" + "\n".join(lines) + "\n" + text[end:], encoding="utf-8")


def cell(row: Mapping[str, Any], column: tuple[str, str, int, int]) -> str:
    """A figure with half its interval."""
    name, _, factor, digits = column
    value, bounds = row.get(name), row.get(f"{name}_ci95")
    if value is None:
        return ""
    shown = f"{factor * value:.{digits}f}"
    if bounds is None or None in bounds:
        return shown
    return f"{shown} ±{factor * (bounds[1] - bounds[0]) / 2:.{digits}f}"


if __name__ == "__main__":
    main()

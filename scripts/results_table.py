"""Write the README's result table from the reports that `ccrs evaluate --json` wrote.

    python scripts/results_table.py results/redial/*.json --readme README.md

Every row is one report's adapted model (and the same weights unadapted, where they differ); Popularity comes from the
first report, and the paper's figures stand beside. Reports named with --compare give differences only. Nothing is
typed by hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ccrs.core.errors import DataError
from ccrs.core.files import read_json, replacing
from ccrs.evaluation.published import PAPER_REDIAL
from ccrs.evaluation.tables import markdown, signature_line

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
HEADER = ["model", "order", "HR@10", "HR@50", "MRR@10", "NDCG@10", "HR@10 novel", "HR@10 new to user"]


def cell(block: Mapping[str, Any], metric: str) -> str:
    """A figure with half its interval."""
    value, bounds = block[metric], block.get(f"{metric}_ci95")
    if value is None:
        return ""
    return f"{value:.4f}" + (f" ±{(bounds[1] - bounds[0]) / 2:.4f}" if bounds else "")


def row(name: str, order: str, part: Mapping[str, Any]) -> list[str]:
    """One line of the table."""
    figures = [cell(part["all"], metric) for metric in ("hr@10", "hr@50", "mrr@10", "ndcg@10")]
    return [name, order, *figures, cell(part["novel"], "hr@10"), cell(part["new_to_user"], "hr@10")]


def rows_of(reports: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Popularity, every report, and the paper."""
    rows = [row("Popularity", reports[0]["metrics"]["order"], reports[0]["popularity"])]
    for report in reports:
        title, order = report["signature"]["model"], report["metrics"]["order"]
        if report["metrics"] != report["unadapted"]:
            rows.append(row(f"{title}, unadapted", order, report["unadapted"]))
            rows.append(row(f"**{title}, adapted**", order, report["metrics"]))
        else:
            rows.append(row(title, order, report["metrics"]))
    for name in ("Popularity", "KBRD", "CCRS"):
        found = PAPER_REDIAL[name]
        rows.append(
            [
                f"*{name}, as printed in the paper*",
                "",
                f"{found['hr@10']:.4f}",
                f"{found['hr@50']:.4f}",
                *[""] * 4,
            ]
        )
    return rows


def differences(
    reports: Sequence[Mapping[str, Any]], compared: Sequence[Mapping[str, Any]]
) -> list[list[str]]:
    """Adapted minus unadapted, and minus the plain run of the report, on HR@10; of ``compared`` the latter only."""
    rows = []
    for report in (*reports, *compared):
        for other, name in (
            ("unadapted", "itself unadapted"),
            ("plain", str(report["signature"].get("plain", ""))),
        ):
            found = report["differences"].get(other)
            if other == "unadapted" and report in compared:
                continue
            if not found or report["metrics"] == report.get(other):
                continue
            for block in ("all", "new_to_user", "with_support"):
                value = found[block]["hr@10"]
                if value is None or value["ci95"] is None:
                    continue
                low, high = value["ci95"]
                title = f"{report['signature']['model']} ({report['metrics']['order']}) minus {name}"
                rows.append(
                    [
                        title,
                        block,
                        f"{value['difference']:+.4f}",
                        f"[{low:+.4f}, {high:+.4f}]",
                        "<0.001" if value["p"] < 0.001 else f"{value['p']:.3f}",
                    ]
                )
    return rows


def section(reports: Sequence[Mapping[str, Any]], compared: Sequence[Mapping[str, Any]]) -> str:
    """What stands between the markers."""
    first = reports[0]
    parts = [
        f"{first['dataset']}, {first['folds']} user folds pooled, {first['num_samples']:,} samples of "
        f"{first['num_users']} users, all targets ranked over the whole catalogue; ± is half the 95% interval, "
        "resampled by user. The paper trains on twice as many dialogues.",
        markdown(HEADER, rows_of(reports)),
        "Differences on HR@10, paired by sample, resampled by user:",
        markdown(["difference", "targets", "mean", "95% interval", "p"], differences(reports, compared)),
        "Signatures:\n\n" + "\n".join(f"- `{signature_line(report)}`" for report in reports),
    ]
    return "\n\n".join(parts)


def main() -> None:
    """Read the reports, write the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("reports", type=Path, nargs="+")
    parser.add_argument("--compare", type=Path, nargs="*", default=[])
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    arguments = parser.parse_args()
    text = arguments.readme.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise DataError(
            f"{arguments.readme}: has no lines {BEGIN} and {END}. Put them where the table belongs."
        )
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    body = section(*([read_json(path) for path in paths] for paths in (arguments.reports, arguments.compare)))
    with replacing(arguments.readme) as temporary:
        temporary.write_text(f"{before}{BEGIN}\n{body}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

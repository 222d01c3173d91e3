"""What ``ccrs evaluate`` prints about replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ccrs.cli.printing import table
from ccrs.evaluation.published import PAPER_REDIAL_REPLIES
from ccrs.evaluation.reply_tables import CONDUCT, OVERLAP, VARIETY, reply_difference_table, reply_table


def render_replies(report: Mapping[str, Any]) -> str:
    """Overlap, variety, conduct, truth and fit of every row, and the differences to the model."""
    told = report["signature"]
    signature = (
        f"{told['responder']} on {told['model']} | {told['data']} | {report['split']} of {told['split']} split, "
        f"order {told['order']} | seed {told['seed']} | commit {told['responder_commit']}"
    )
    published = PAPER_REDIAL_REPLIES if report["dataset"] == "redial" else None
    rows = report["rows"]
    parts = [
        "What is said, compared with what people said",
        reply_table(rows, signature=signature, columns=OVERLAP, published=published),
        "Variety",
        reply_table(rows, signature=signature, columns=VARIETY, published=published),
        "Films, likelihood and copying",
        reply_table(rows, signature=signature, columns=CONDUCT),
        truth_table(report),
        reply_difference_table(report["differences"], signature=signature),
        swap_lines(report["swap"]),
    ]
    return "\n\n".join(parts)


def truth_table(report: Mapping[str, Any]) -> str:
    """Truth, statements and fit of every row."""
    lines = []
    for name, row in report["rows"].items():
        fit = report["fit"][name]
        lines.append(
            [
                name,
                _with_interval(row["truth"], row["truth_ci95"], 100, 1),
                f"{100 * row['truth_judged_share']:.0f}",
                str(row["statements"]),
                f"{row['statements_per_100_item_replies']:.1f}",
                _with_interval(fit["mean_rank"], fit["mean_rank_ci95"], 1, 2),
            ]
        )
    header = [
        "model",
        "true %",
        "judged %",
        "statements",
        "per 100 replies with a film",
        "mean rank of 20",
    ]
    return (
        f"Statements about films (judged by {report['truth_judged_by']}) and how well replies fit\n"
        + table(header, lines)
        + "\nhuman replies are ranked among 19"
    )


def swap_lines(swap: Mapping[str, Any]) -> str:
    """Whether human replies are likelier under their own context."""
    return (
        "Human replies under their own context against another user's: likelier in "
        f"{_with_interval(swap['own_is_likelier'], swap['own_is_likelier_ci95'], 100, 1)} % of cases, by "
        f"{_with_interval(swap['gain_per_word'], swap['gain_per_word_ci95'], 1, 3)} nats a word"
    )


def _with_interval(value: float | None, bounds: list[float] | None, factor: float, digits: int) -> str:
    if value is None:
        return "-"
    shown = f"{factor * value:.{digits}f}"
    if bounds is None or bounds[0] != bounds[0]:
        return shown
    return f"{shown} ±{factor * (bounds[1] - bounds[0]) / 2:.{digits}f}"

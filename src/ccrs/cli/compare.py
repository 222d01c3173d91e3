"""``ccrs compare``: runs and predictions of other systems in one table, with paired differences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.evaluate import Split
from ccrs.cli.printing import remark, say
from ccrs.core.files import replacing, write_json
from ccrs.evaluation.comparison_tables import (
    as_csv,
    as_json,
    as_latex,
    as_markdown,
    as_text,
    draw_differences,
)
from ccrs.evaluation.tables import aligned
from ccrs.experiments.compare import ReplyFigures, Source, compare_sources

TITLE = "Comparison"


def compare(
    systems: Annotated[
        list[str],
        typer.Argument(
            help="Run folders or predictions.jsonl files; NAME=PATH names one.", show_default=False
        ),
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help="The prepared folder, if there is no run or it has moved.")
    ] = None,
    split: Annotated[Split, typer.Option("--split", help="Whose samples.")] = Split.test,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", help="Whose differences are given; default: the highest HR@10."),
    ] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write a Markdown page.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write all figures as CSV.")] = None,
    latex: Annotated[Path | None, typer.Option("--latex", help="Write a LaTeX table.")] = None,
    figure: Annotated[Path | None, typer.Option("--figure", help="Draw the differences as PNG.")] = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="Write everything as JSON.")] = None,
) -> None:
    """Compare systems on the same samples: figures, paired differences by user, on all and on novel targets.

    Any system can take part with a file of one line a sample: `{"sample": "...", "items": ["best", "second", ...],
    "reply": "..."}`; `ccrs evaluate --save-predictions` writes such a file, docs/compare.md says more.

    Examples: `ccrs compare runs/kbrd runs/redial` · `ccrs compare runs/redial LLM=theirs.jsonl --csv all.csv`
    """
    sources = [Source.parse(text) for text in systems]
    found = compare_sources(sources, data=data, split=split.value, baseline=baseline)
    comparison, title = found.comparison, f"{TITLE} on {found.dataset}"
    say(as_text(comparison, title))
    if found.replies:
        say("\n" + _replies(found.replies))
    texts = {markdown: as_markdown, latex: as_latex}
    for path, form in texts.items():
        if path is not None:
            _write(path, form(comparison, title))
    if csv is not None:
        _write(csv, as_csv(comparison))
    if json_out is not None:
        write_json(json_out, as_json(comparison))
        remark(f"written to {json_out}")
    if figure is not None:
        draw_differences(comparison, figure, title)
        remark(f"written to {figure}")


def _replies(figures: tuple[ReplyFigures, ...]) -> str:
    rows = [
        [
            one.name,
            f"{one.count:,}",
            f"{one.f1.mean:.3f}" + (f" ±{(one.f1.high - one.f1.low) / 2:.3f}" if one.f1.is_known else ""),
            f"{one.bleu4:.2f}",
            f"{one.distinct2:.3f}",
        ]
        for one in figures
    ]
    return aligned(["replies", "messages", "word F1", "BLEU-4", "Dist-2"], rows)


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    remark(f"written to {path}")

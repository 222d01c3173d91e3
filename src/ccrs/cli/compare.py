"""``ccrs compare``: runs and predictions of other systems in one table, with paired differences."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.evaluate import Split
from ccrs.cli.printing import remark, say
from ccrs.core.errors import DataError
from ccrs.core.files import replacing
from ccrs.evaluation.compared_replies import replies_csv, replies_json, replies_table
from ccrs.evaluation.comparison_tables import (
    as_csv,
    as_json,
    as_latex,
    as_markdown,
    as_text,
    draw_differences,
)
from ccrs.evaluation.tables import aligned
from ccrs.evaluation.tables import markdown as tables_markdown
from ccrs.experiments.compare import Source, compare_sources

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
    split: Annotated[Split, typer.Option("--split", help="Whose samples of the runs.")] = Split.test,
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
    if figure is not None and len(sources) == 1:
        raise DataError(
            f"{figure}: shows differences, and only {sources[0].path} is given. Name a second system."
        )
    paths = [path for path in (markdown, csv, latex, json_out, figure) if path is not None]
    _check_outputs(paths, [*(source.path for source in sources), *([] if data is None else [data])])
    found = compare_sources(sources, data=data, split=split.value, baseline=baseline)
    comparison, title = found.comparison, f"{TITLE} on {found.dataset}"
    say(as_text(comparison, title))
    replies = replies_table(found.replies)
    if found.replies:
        say("\n" + aligned(*replies))
    for line in found.remarks:
        remark(line)
    page = as_markdown(comparison, title)
    if found.replies:
        page += "\n" + tables_markdown(*replies) + "\n"
    whole = {**as_json(comparison), "replies": replies_json(found.replies)}
    texts = (
        (markdown, page),
        (csv, as_csv(comparison) + replies_csv(found.replies)),
        (latex, as_latex(comparison, title)),
        (json_out, json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False) + "\n"),
    )
    with ExitStack() as kept:  # the files take their names only when all are written
        for path, text in texts:
            if path is not None:
                kept.enter_context(replacing(path)).write_text(text, encoding="utf-8")
        if figure is not None:
            draw_differences(comparison, kept.enter_context(replacing(figure)), title)
    for path in paths:
        remark(f"written to {path}")


def _check_outputs(paths: Sequence[Path], sources: Sequence[Path]) -> None:
    """Raise ``DataError`` before anything is judged: two files of one name, one that would replace what is compared."""
    seen: set[Path] = set()
    for path in paths:
        place = path.resolve()
        if place in seen:
            raise DataError(f"{path}: two tables would be written there. Give each a file of its own.")
        seen.add(place)
        for source in sources:
            if place == source.resolve() or source.resolve() in place.parents:
                raise DataError(
                    f"{path}: would be written into what is compared ({source}). Name another file."
                )
        if path.is_dir():
            raise DataError(f"{path}: is a folder. Name a file.")
        parent = next((folder for folder in place.parents if folder.exists()), place.parent)
        if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
            raise DataError(f"{path}: nothing can be written into {parent}. Name another file.")

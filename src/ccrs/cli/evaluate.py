"""``ccrs evaluate``: a run to a table with intervals."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.printing import remark, say
from ccrs.core.errors import ConfigError
from ccrs.core.files import write_json
from ccrs.evaluation.published import PAPER_REDIAL
from ccrs.evaluation.tables import curve_table, difference_table, metrics_table
from ccrs.experiments.evaluate import evaluate as judge
from ccrs.experiments.evaluate import fold_folders, write_predictions


class Split(StrEnum):
    """Whose dialogues are judged."""

    validation = "validation"
    test = "test"


class Order(StrEnum):
    """How a user's dialogues become support and query."""

    random = "random"
    chronological = "chronological"


def evaluate(
    run: Annotated[Path, typer.Argument(help="A run, or a folder of five folds.", show_default=False)],
    split: Annotated[Split, typer.Option("--split", help="Whose dialogues to judge.")] = Split.test,
    data: Annotated[
        Path | None, typer.Option("--data", help="The prepared folder, if it has moved.", show_default=False)
    ] = None,
    dialogues: Annotated[
        Path | None,
        typer.Option(
            "--dialogues", help="Judge on these instead: ReDial's or the own format.", show_default=False
        ),
    ] = None,
    plain: Annotated[
        Path | None,
        typer.Option("--plain", help="A run that does not adapt, to compare with.", show_default=False),
    ] = None,
    order: Annotated[
        Order | None,
        typer.Option(
            "--order",
            help="Support and query by time or at random; the run's own when not given.",
            show_default=False,
        ),
    ] = None,
    json_out: Annotated[
        Path | None,
        typer.Option(
            "--json", help="Write the whole report here; - for standard output.", show_default=False
        ),
    ] = None,
    save_predictions: Annotated[
        Path | None,
        typer.Option("--save-predictions", help="Write ranked items per sample here.", show_default=False),
    ] = None,
    lenient: Annotated[bool, typer.Option("--lenient", help="Skip broken dialogues of --dialogues.")] = False,
) -> None:
    """Judge a run: HR, MRR, NDCG with 95% intervals resampled by user.

    Examples: `ccrs evaluate runs/redial` · `ccrs evaluate runs/redial --dialogues more.jsonl --json -`
    """
    if len(fold_folders(run)) > 1 and (dialogues is not None or split is Split.validation):
        raise ConfigError(
            f"{run}: holds folds, which can only be pooled over their test users. "
            f"Name one of them for this: {run / 'fold-0'}"
        )
    result = judge(
        run,
        split=split.value,
        data=data,
        dialogues=dialogues,
        plain=plain,
        order=None if order is None else order.value,
        lenient=lenient,
    )
    if save_predictions is not None:
        write_predictions(save_predictions, result.predictions)
        remark(f"predictions written to {save_predictions}")
    if json_out is not None and str(json_out) != "-":
        write_json(json_out, result.report)
        remark(f"report written to {json_out}")
    for reason, count in result.dropped.items():
        remark(f"left out: {count:,} {reason}")
    if result.num_outside:
        remark(
            f"{result.num_outside} samples recommend an item outside the run's catalogue; they count as misses."
        )
    if json_out is not None and str(json_out) == "-":
        say(json.dumps(result.report, ensure_ascii=False))
        return
    published = None
    if result.report["dataset"] == "redial":
        published = {name: PAPER_REDIAL[name] for name in ("Popularity", "KBRD", "CCRS")}
    say(metrics_table(result.report, published=published))
    say("\n" + difference_table(result.report))
    say("\nHR@10 by the number of support dialogues\n" + curve_table(result.report, by="support"))
    say("\nHR@10 by the number of entities mentioned so far\n" + curve_table(result.report, by="mentions"))

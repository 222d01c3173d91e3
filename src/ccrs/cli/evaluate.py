"""``ccrs evaluate``: a run to a table with intervals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ccrs.artifacts.responder import has_responder
from ccrs.artifacts.run import load_run
from ccrs.cli.printing import counting, remark, say
from ccrs.cli.replies import render_replies
from ccrs.core.errors import ConfigError
from ccrs.core.files import write_json
from ccrs.evaluation.published import PAPER_REDIAL
from ccrs.evaluation.tables import curve_table, difference_table, metrics_table
from ccrs.experiments.evaluate import Evaluation, fold_folders, own_corpus, write_predictions
from ccrs.experiments.evaluate import evaluate as judge
from ccrs.experiments.evaluate_replies import ReplyEvaluation, evaluate_replies, write_replies
from ccrs.experiments.figures import check_folder, write_figures
from ccrs.experiments.reply_styles import reply_styles


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
    replies: Annotated[
        bool,
        typer.Option("--replies/--no-replies", help="Judge what the run says, where it has a responder."),
    ] = True,
    reply_users: Annotated[
        int | None,
        typer.Option(
            "--reply-users", min=1, help="Judge the replies to the first N users only.", show_default=False
        ),
    ] = None,
    truth_graph: Annotated[
        list[Path] | None,
        typer.Option(
            "--truth-graph",
            help="A graph folder that judges statements about films; give several to join them.",
            show_default=False,
        ),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option("--beside", help="Runs that talk, for the same table of replies.", show_default=False),
    ] = None,
    save_replies: Annotated[
        Path | None,
        typer.Option("--save-replies", help="Write what every row says, a line a reply.", show_default=False),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(
            "--figures", help="Draw relation weights, turns, styles, curves here.", show_default=False
        ),
    ] = None,
) -> None:
    """Judge a run: HR, MRR, NDCG with 95% intervals resampled by user, and what it says.

    Examples: `ccrs evaluate runs/redial` · `ccrs evaluate runs/redial --dialogues more.jsonl --json -` ·
    `ccrs evaluate runs/talk --truth-graph redial-kg/kecrs-tmdkg --figures figures`
    """
    if figures is not None:
        check_folder(figures)
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
    said = None
    if replies and dialogues is None and has_responder(run):
        with counting("replies") as progress:
            said = evaluate_replies(
                run,
                split=split.value,
                data=data,
                truth_graphs=truth_graph or [],
                beside=beside or [],
                num_users=reply_users,
                announce=remark,
                progress=progress,
            )
        if save_replies is not None:
            write_replies(save_replies, said)
            remark(f"replies written to {save_replies}")
    if figures is not None:
        _draw(run, figures, result, said, own=dialogues is None, data=data, split=split)
    if save_predictions is not None:
        write_predictions(save_predictions, result.predictions)
        remark(f"predictions written to {save_predictions}")
    if json_out is not None and str(json_out) != "-":
        write_json(json_out, _whole(result.report, said))
        remark(f"report written to {json_out}")
    for reason, count in result.dropped.items():
        remark(f"left out: {count:,} {reason}")
    if result.num_outside:
        remark(
            f"{result.num_outside} samples recommend an item outside the run's catalogue; they count as misses."
        )
    _print(result, said, as_json=json_out is not None and str(json_out) == "-")


def _print(result: Evaluation, said: ReplyEvaluation | None, *, as_json: bool) -> None:
    """All tables, or the whole report as one JSON object."""
    if as_json:
        say(json.dumps(_whole(result.report, said), ensure_ascii=False))
        return
    published = None
    if result.report["dataset"] == "redial":
        published = {name: PAPER_REDIAL[name] for name in ("Popularity", "KBRD", "CCRS")}
    say(metrics_table(result.report, published=published))
    say("\n" + difference_table(result.report))
    say("\nHR@10 by the number of support dialogues\n" + curve_table(result.report, by="support"))
    say("\nHR@10 by the number of entities mentioned so far\n" + curve_table(result.report, by="mentions"))
    if said is not None:
        say("\n" + render_replies(said.report))


def _draw(
    run: Path,
    folder: Path,
    result: Evaluation,
    said: ReplyEvaluation | None,
    *,
    own: bool,
    data: Path | None,
    split: Split,
) -> None:
    """The figures; of dialogues that are not the run's own only those that need no corpus."""
    loaded = load_run(fold_folders(run)[0])
    corpus = own_corpus(loaded, data, {}) if own else None
    styles = None if said is None else reply_styles(said)
    for path in write_figures(loaded, corpus, result.report, styles, folder, split=split.value):
        remark(f"figure written to {path}")


def _whole(report: Mapping[str, Any], said: ReplyEvaluation | None) -> dict[str, Any]:
    """The report on recommendations, with that on replies where there is one."""
    return {**report, **({} if said is None else {"replies": said.report})}

"""``ccrs reproduce``: all systems side by side, trained, judged and put into tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.printing import remark, say
from ccrs.core.errors import ConfigError
from ccrs.experiments.reproduction.plan import Plan, load_plan
from ccrs.experiments.reproduction.reply_tables import write_reply_table
from ccrs.experiments.reproduction.reply_units import reply_units_of, with_recommenders
from ccrs.experiments.reproduction.running import run_units
from ccrs.experiments.reproduction.tables import Written, write_tables
from ccrs.experiments.reproduction.units import units_of
from ccrs.experiments.reproduction.work import Work


def reproduce(
    plan: Annotated[Path, typer.Argument(help="A TOML file; see configs/reproduce.", show_default=False)],
    data: Annotated[Path, typer.Option("--data", help="A prepared folder.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for outcomes and tables.", show_default=False)],
    tables: Annotated[
        list[str] | None,
        typer.Option("--table", help="Only this table (a key of the plan). May be given often."),
    ] = None,
    rows: Annotated[
        list[str] | None,
        typer.Option("--row", help="Train only this row; tables show what is there. May be given often."),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="A rehearsal: two epochs, one fold, few users' replies. Its figures mean nothing."
        ),
    ] = False,
    processes: Annotated[
        int, typer.Option("--processes", min=1, help="Trainings side by side, one thread each.")
    ] = 1,
    keep: Annotated[bool, typer.Option("--keep-runs", help="Leave the trained runs in OUT/runs.")] = False,
    tables_only: Annotated[
        bool, typer.Option("--tables-only", help="Train nothing; write the tables of what is there.")
    ] = False,
) -> None:
    """Train (or resume) and judge every row of a plan, and write its tables beside the paper's figures.

    Rows recommend, or talk (the table of replies: each row has a recommender and a responder on it). Killed and
    started again it skips what is done. Tables come as text, Markdown, CSV, LaTeX and PNG.

    Examples: `ccrs reproduce configs/reproduce/redial.toml --data data/redial --out results/redial --processes 2` ·
    `ccrs reproduce ... --table main --table replies --quick --out rehearsal` · `ccrs reproduce ... --tables-only`
    """
    whole = load_plan(plan)
    chosen = list(dict.fromkeys(_known("--table", tables, whole.tables)))
    named = [*(row.key for row in whole.rows), *(row.key for row in whole.replies)]
    keys = _known("--row", rows, list(dict.fromkeys(named)))
    if not tables_only:
        wanted = _work(whole, plan.parent, chosen, keys, quick=quick)
        run_units(wanted, data, out, processes=processes, keep=keep, announce=remark)
    for table in chosen:
        _show(table, _written(whole, plan.parent, table, out, data=data, quick=quick))


def _work(whole: Plan, folder: Path, chosen: list[str], keys: list[str], *, quick: bool) -> list[Work]:
    """The trainings of the ``chosen`` tables in that order, recommenders before what is trained on them."""
    found: list[Work] = []
    for table in chosen:
        if whole.reply_table is not None and table == whole.reply_table.key:
            found += with_recommenders(reply_units_of(whole, folder, quick=quick, keys=keys))
        else:
            found += [unit for unit in units_of(whole, folder, [table], quick=quick) if unit.row.key in keys]
    return found


def _written(whole: Plan, folder: Path, table: str, out: Path, *, data: Path, quick: bool) -> Written | None:
    """One table in all its forms; None where its baseline is not complete."""
    if whole.reply_table is not None and table == whole.reply_table.key:
        return write_reply_table(whole, reply_units_of(whole, folder, quick=quick), data, out, quick=quick)
    units = units_of(whole, folder, [table], quick=quick)
    return write_tables(whole, table, units, data, out, quick=quick)


def _show(table: str, written: Written | None) -> None:
    if written is None:
        remark(f"table {table}: its baseline is not complete yet")
        return
    for title in written.missing:
        remark(f"table {table}: {title} is not complete and left out")
    say(written.text)
    for path in written.files:
        remark(f"written to {path}")


def _known(flag: str, given: list[str] | None, known: list[str]) -> list[str]:
    """The values asked for, all when none is; raises ``ConfigError`` for one that is not there."""
    unknown = [value for value in given or [] if value not in known]
    if unknown:
        raise ConfigError(f"{flag} {unknown[0]}: is not in the plan; it has: {', '.join(known)}.")
    return given or known

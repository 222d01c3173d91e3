"""``ccrs reproduce``: all systems side by side, trained, judged and put into tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.printing import remark, say
from ccrs.core.errors import ConfigError
from ccrs.experiments.reproduction.plan import Plan, load_plan, units_of
from ccrs.experiments.reproduction.running import run_units
from ccrs.experiments.reproduction.tables import write_tables


def reproduce(
    plan: Annotated[Path, typer.Argument(help="A TOML file; see configs/reproduce.", show_default=False)],
    data: Annotated[Path, typer.Option("--data", help="A prepared folder.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for outcomes and tables.", show_default=False)],
    tables: Annotated[
        list[str] | None,
        typer.Option("--table", help="Only this table (a group of the plan). May be given often."),
    ] = None,
    rows: Annotated[
        list[str] | None,
        typer.Option("--row", help="Train only this row; tables show what is there. May be given often."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A rehearsal: one fold, two epochs. Its figures mean nothing.")
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

    Killed and started again it skips what is done. Tables come as text, Markdown, CSV, LaTeX and PNG.

    Examples: `ccrs reproduce configs/reproduce/redial.toml --data data/redial --out results/redial --processes 2` ·
    `ccrs reproduce ... --table main --quick --out rehearsal` · `ccrs reproduce ... --tables-only`
    """
    whole = load_plan(plan)
    chosen = _known("--table", tables, [group.key for group in whole.groups])
    keys = _known("--row", rows, list(dict.fromkeys(row.key for row in whole.rows)))
    units = units_of(whole, plan.parent, chosen, quick=quick)
    if not tables_only:
        wanted = [unit for unit in units if unit.row.key in keys]
        run_units(wanted, data, out, processes=processes, keep=keep, announce=remark)
    _show(whole, plan.parent, chosen, out, data=data, quick=quick)


def _show(whole: Plan, folder: Path, chosen: list[str], out: Path, *, data: Path, quick: bool) -> None:
    for group in chosen:
        units = units_of(whole, folder, [group], quick=quick)
        written = write_tables(whole, group, units, data, out, quick=quick)
        if written is None:
            remark(f"table {group}: its baseline is not complete yet")
            continue
        for title in written.missing:
            remark(f"table {group}: {title} is not complete and left out")
        say(written.text)
        for path in written.files:
            remark(f"written to {path}")


def _known(flag: str, given: list[str] | None, known: list[str]) -> list[str]:
    """The values asked for, all when none is; raises ``ConfigError`` for one that is not there."""
    unknown = [value for value in given or [] if value not in known]
    if unknown:
        raise ConfigError(f"{flag} {unknown[0]}: is not in the plan; it has: {', '.join(known)}.")
    return given or known

"""The tables of a reproduction, from the outcomes that are there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ccrs.core.files import replacing
from ccrs.evaluation.comparison import Compared, compare
from ccrs.evaluation.comparison_tables import (
    as_csv,
    as_json,
    as_latex,
    as_markdown,
    as_text,
    draw_differences,
)
from ccrs.evaluation.published import LITERATURE, unclaimed
from ccrs.evaluation.report import SampleOutcomes
from ccrs.experiments.corpus import Corpus, load_corpus
from ccrs.experiments.reproduction.outcomes import JudgedUnit, load_unit
from ccrs.experiments.reproduction.plan import Plan, RowPlan
from ccrs.experiments.reproduction.units import Unit, outcome_file


@dataclass(frozen=True)
class Written:
    """The text of a table, the files that hold it, and the rows that are missing in it."""

    text: str
    files: tuple[Path, ...]
    missing: tuple[str, ...]


def write_tables(
    plan: Plan, group: str, units: Sequence[Unit], data: Path, out: Path, *, quick: bool
) -> Written | None:
    """Write the table of ``group`` in all its forms; None where its baseline is not complete.

    A row that is not complete is left out and named. A model that adapts has a second row, unadapted.
    """
    corpus = load_corpus(data)
    found, missing = _collect(plan, group, units, corpus, out)
    baseline = plan.group(group).baseline
    by_key = {row.key: row.title for row in plan.rows_of(group)}
    names = [system.name for system in found]
    if by_key[baseline] not in names:
        return None
    asked = plan.group(group)
    comparison = compare(found, baseline=by_key[baseline], mentions=asked.mentions, supports=asked.supports)
    claimed = {row.published for row in plan.rows_of(group)}
    comparison = replace(comparison, printed=unclaimed(plan.dataset, claimed))
    title = asked.title
    if quick:
        title = f"{title} (REHEARSAL: two epochs, one fold; these figures mean nothing)"
    forms = {
        ".md": as_markdown(comparison, title),
        ".csv": as_csv(comparison),
        ".tex": as_latex(comparison, title),
        ".json": json.dumps(as_json(comparison), ensure_ascii=False, indent=1) + "\n",
    }
    files = write_forms(forms, out / group, lambda path: draw_differences(comparison, path, title))
    return Written(as_text(comparison, title), files, tuple(missing))


def write_forms(forms: Mapping[str, str], stem: Path, draw: Callable[[Path], None]) -> tuple[Path, ...]:
    """All forms of a table beside one another, by their endings, and its figure."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    files = []
    for ending, text in forms.items():
        path = stem.with_name(stem.name + ending)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
        files.append(path)
    figure = stem.with_name(stem.name + ".png")
    draw(figure)
    return (*files, figure)


def _collect(
    plan: Plan, group: str, units: Sequence[Unit], corpus: Corpus, out: Path
) -> tuple[list[Compared], list[str]]:
    """All complete rows, and the titles of the others."""
    found: list[Compared] = []
    missing: list[str] = []
    for row in plan.rows_of(group):
        mine = [unit for unit in units if unit.row.key == row.key]
        if any(unit.finished(corpus, out) is None for unit in mine):
            missing.append(row.title)
            continue
        judged = {(unit.seed, unit.fold): load_unit(outcome_file(out, unit)) for unit in mine}
        seconds = sum(one.seconds for one in judged.values())
        published = LITERATURE.get(plan.dataset, {}).get(row.published or "", {})
        found.append(_system(row, "metrics", row.title, judged, seconds, published))
        if all("unadapted" in one.rows for one in judged.values()):
            found.append(_system(row, "unadapted", f"{row.title}, unadapted", judged, seconds, {}))
    return found, missing


def _system(
    row: RowPlan,
    which: str,
    title: str,
    judged: Mapping[tuple[int, int], JudgedUnit],
    seconds: float,
    published: Mapping[str, float],
) -> Compared:
    """One row: its folds pooled, once for each seed."""
    repetitions = tuple(
        SampleOutcomes.concatenate([one.rows[which] for (s, _), one in sorted(judged.items()) if s == seed])
        for seed in row.seeds
        if any(s == seed for s, _ in judged)
    )
    first = next(iter(judged.values()))
    commits = sorted({str(one.signature["commit"]) for one in judged.values()})
    signature = {
        **first.signature,
        "folds": len({fold for _, fold in judged}),
        "seeds": len(repetitions),
        "commit": "+".join(commits),
        "best epochs": "/".join(str(one.best_epoch) for one in judged.values()),
        "minutes": round(seconds / 60, 1),
    }
    return Compared(title, repetitions, signature, published)

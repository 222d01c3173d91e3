"""``ccrs demo``: everything at once on the embedded corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.printing import remark, say, table
from ccrs.evaluation.tables import difference_table, metrics_table
from ccrs.experiments.demo import Demo, run_demo


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the data and the run.")] = Path("demo-run"),
    serve: Annotated[
        bool,
        typer.Option("--serve/--no-serve", help="Serve the chat page at the end (comes with the server)."),
    ] = True,
    users: Annotated[
        int | None, typer.Option("--users", min=40, help="Simulate fewer or more people.", show_default=False)
    ] = None,
) -> None:
    """Simulate, train, judge and recommend on the embedded film corpus, in a few minutes.

    Example: `ccrs demo --out demo-run --no-serve`
    """
    shown = run_demo(out, remark, num_users=users)
    say(render(shown))
    say(f'\nGo on: ccrs recommend {out / "run"} --text "I loved Inception, who else directs like that?"')
    if serve:
        remark("There is no chat page to serve yet; --no-serve silences this line.")


def render(shown: Demo) -> str:
    """What the demo found, as text."""
    parts = [
        "How often the film that was really recommended is near the top (held-out people):",
        metrics_table(shown.report),
        oracle_lines(shown),
        difference_table(shown.report),
        recovery_lines(shown),
        *figure_one(shown),
    ]
    return "\n\n".join(parts)


def oracle_lines(shown: Demo) -> str:
    """What could be reached at most on the test dialogues."""
    names = {
        "mean": "knows how films are chosen, but nobody's taste",
        "full": "knows everybody's taste as well",
    }
    rows = [[f"{name} oracle", f"{shown.oracles[name]:.3f}", said] for name, said in names.items()]
    return "What can be reached (HR@10 on all test dialogues):\n" + table(["", "HR@10", ""], rows)


def recovery_lines(shown: Demo) -> str:
    """How well attention tells what people follow."""
    return (
        "Does the attention tell what a person follows? Rank correlation of its change with the known preference:\n"
        f"{shown.recovery.correlation():+.2f} (with people shuffled: {shown.recovery.shuffled():+.2f})"
    )


def figure_one(shown: Demo) -> list[str]:
    """Two people, the same words."""
    parts = [f'Two people say: "{shown.words}"']
    for person in shown.people:
        title = f"{person.user} follows the {person.preferred} (favourites: {', '.join(person.favourites)})"
        rows = [
            [str(i.rank), str(i.unadapted_rank), i.title, "; ".join(i.reasons)] for i in person.answer.items
        ]
        parts.append(title + "\n" + table(["rank", "for a stranger", "title", "shares"], rows))
    return parts

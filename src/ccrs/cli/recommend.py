"""``ccrs recommend``: what a person says in, ranked titles with their reasons out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.printing import NO_ATTENTION, remark, say, table
from ccrs.core.errors import DataError
from ccrs.experiments.foreign import read_foreign
from ccrs.inference.recommend import Recommendation, Recommender


def recommend(
    run: Annotated[Path, typer.Argument(help="A run's folder.", show_default=False)],
    text: Annotated[
        list[str] | None,
        typer.Option("--text", help="What the person says. May be given often.", show_default=False),
    ] = None,
    like: Annotated[
        list[str] | None,
        typer.Option("--like", help="A title the person names. May be given often.", show_default=False),
    ] = None,
    support: Annotated[
        Path | None,
        typer.Option(
            "--support", help="The person's earlier dialogues (own format or ReDial's).", show_default=False
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many items.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Recommend items, with the weights of relations, entities and turns.

    Examples: `ccrs recommend demo-run --text "I like Titanic"` · `ccrs recommend runs/redial --like "Heat (1995)"`
    """
    recommender = Recommender.load(run)
    loaded = recommender.run
    earlier = read_foreign(support, loaded.catalogue, loaded.statistics.popularity) if support else ()
    users = {dialogue.user for dialogue in earlier}
    if len(users) > 1:
        raise DataError(f"{support}: holds dialogues of {len(users)} users. Keep those of one person only.")
    answer = recommender.recommend(*(text or []), items=like or [], support=earlier, k=k)
    if not answer.num_mentioned:
        remark(
            "Nothing in this is known to the catalogue: the ranking rests on the words and on what is popular."
        )
    if earlier and not answer.num_support:
        remark(f"The earlier dialogues change nothing: this run of {loaded.config.name!r} does not adapt.")
    say(json.dumps(answer.as_json(), ensure_ascii=False) if as_json else render(answer))


def render(answer: Recommendation) -> str:
    """The recommendation as tables."""
    parts = [
        table(
            ["rank", "unadapted", "title", "shares"],
            [[str(i.rank), str(i.unadapted_rank), i.title, "; ".join(i.reasons)] for i in answer.items],
        )
    ]
    if answer.mentions:
        rows = [
            [m.name, str(m.turn + 1), f"{m.by_itself:.2f}", f"{m.by_turn:.2f}", f"{m.weight:.2f}"]
            for m in answer.mentions
        ]
        parts.append(table(["mentioned", "turn", "by itself", "by turn", "weight"], rows))
    if not answer.attentive:
        parts.append(NO_ATTENTION)
    if answer.relations:
        rows = [[r.name, f"{r.weight:.3f}", f"{r.weight - r.unadapted:+.3f}"] for r in answer.relations]
        parts.append(table(["relation", "weight", "change by adapting"], rows))
    return "\n\n".join(parts)

"""``ccrs train``: a configuration and prepared data to a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.printing import remark, say
from ccrs.experiments.config import load_config
from ccrs.experiments.corpus import load_corpus
from ccrs.experiments.train import train_folds, train_recommender


def train(
    config: Annotated[Path, typer.Argument(help="A TOML file; see configs/.", show_default=False)],
    data: Annotated[Path, typer.Option("--data", help="A prepared folder.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for the run.", show_default=False)],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change one value: a.b=c. May be given often.", show_default=False),
    ] = None,
    folds: Annotated[
        int, typer.Option("--folds", min=0, max=5, help="5: train RUN/fold-0 to fold-4, one after the other.")
    ] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a stopped training left off.")
    ] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that share every batch.")] = 1,
    device: Annotated[str, typer.Option("--device", help="cpu, cuda or auto.")] = "cpu",
) -> None:
    """Train a recommender.

    Examples: `ccrs train configs/recommender/redial.toml --data data/redial --out runs/redial` ·
    `ccrs train ... --set training.epochs=5 --set model.turn_encoder=false` · `ccrs train ... --resume`
    """
    settings = load_config(config, overrides or [])
    corpus = load_corpus(data)
    if folds:
        train_folds(settings, corpus, out, resume=resume, workers=workers, device=device, announce=remark)
    else:
        train_recommender(settings, corpus, out, resume=resume, workers=workers, device=device)
    say(f"run written to {out}\nnext: ccrs evaluate {out}")

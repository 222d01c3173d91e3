"""``ccrs train``: a configuration and prepared data to a run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import torch
import typer

from ccrs.cli.printing import remark, say
from ccrs.core.config import load_toml
from ccrs.core.errors import ConfigError
from ccrs.data.splits import NUM_FOLDS
from ccrs.experiments.config import load_config
from ccrs.experiments.corpus import load_corpus
from ccrs.experiments.reply_setup import load_responder_config
from ccrs.experiments.train import train_folds, train_recommender
from ccrs.experiments.train_responder import train_responder


class Device(StrEnum):
    """Where to compute."""

    cpu = "cpu"
    cuda = "cuda"
    auto = "auto"


def train(
    config: Annotated[Path, typer.Argument(help="A TOML file; see configs/.", show_default=False)],
    data: Annotated[Path, typer.Option("--data", help="A prepared folder.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for the run.", show_default=False)],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change one value: a.b=c. May be given often.", show_default=False),
    ] = None,
    recommender: Annotated[
        Path | None,
        typer.Option("--recommender", help="For a responder: the run it speaks for.", show_default=False),
    ] = None,
    folds: Annotated[
        int, typer.Option("--folds", help="5: train OUT/fold-0 to OUT/fold-4, each user a test user once.")
    ] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a stopped training left off.")
    ] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that share every batch.")] = 1,
    device: Annotated[Device, typer.Option("--device", help="Where to compute.")] = Device.cpu,
) -> None:
    """Train a recommender, or the responder of one (a configuration with `kind = "responder"`).

    Examples: `ccrs train configs/recommender/redial.toml --data data/redial --out runs/redial` ·
    `ccrs train configs/responder/redial.toml --recommender runs/redial --data data/redial --out runs/talk` ·
    `ccrs train ... --set training.epochs=5 --set model.turn_encoder=false` · `ccrs train ... --resume`
    """
    if folds not in (0, NUM_FOLDS):
        raise ConfigError(f"--folds {folds}: there are {NUM_FOLDS} folds. Give {NUM_FOLDS}, or leave it out.")
    if device is Device.cuda and not torch.cuda.is_available():
        raise ConfigError("--device cuda: this machine has no CUDA device. Use cpu, or auto.")
    if load_toml(config).get("kind") == "responder":
        if recommender is None or folds or workers > 1:
            raise ConfigError(
                f"{config}: trains a responder. Name its run with --recommender RUN, and leave --folds and "
                "--workers out."
            )
        talks = load_responder_config(config, overrides or [])
        train_responder(talks, recommender, load_corpus(data), out, resume=resume, device=device.value)
        say(f"run written to {out}\nnext: ccrs chat {out}")
        return
    if recommender is not None:
        raise ConfigError(
            f"{config}: trains a recommender. --recommender belongs to a responder's configuration."
        )
    settings = load_config(config, overrides or [])
    corpus = load_corpus(data)
    if folds:
        train_folds(
            settings, corpus, out, resume=resume, workers=workers, device=device.value, announce=remark
        )
    else:
        train_recommender(settings, corpus, out, resume=resume, workers=workers, device=device.value)
    say(f"run written to {out}\nnext: ccrs evaluate {out}")

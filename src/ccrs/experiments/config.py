"""The configuration of a training run: everything of ``UseConfig`` and how it is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ccrs.artifacts.config import UseConfig
from ccrs.core.config import apply_overrides, load_toml, parse_config
from ccrs.core.errors import ConfigError
from ccrs.models.registry import model_row, parse_model_config
from ccrs.training.config import TrainingConfig


class RecommenderConfig(UseConfig):
    """A recommender, its data split and its training."""

    training: TrainingConfig = TrainingConfig()


def load_config(path: Path, overrides: Sequence[str] = ()) -> RecommenderConfig:
    """Read a TOML file with ``overrides`` (``a.b=c``); raises ``ConfigError`` with all faults at once."""
    values = apply_overrides(load_toml(path), overrides)
    faults = []
    try:
        config = parse_config(RecommenderConfig, values, str(path))
    except ConfigError as error:
        faults.append(str(error))
    try:
        model = values.get("model", {})
        name = str(values.get("name", "ccrs"))
        parsed = parse_model_config(name, model, f"{path} [model]")
    except ConfigError as error:
        faults.append(str(error))
    if faults:
        raise ConfigError("\n".join(faults))
    if config.training.objective == "meta" and not model_row(config.name).adapts:
        raise ConfigError(
            f"{path}: training.objective = 'meta', but {config.name!r} cannot adapt. Use 'plain'."
        )
    return config.model_copy(update={"model": parsed.model_dump()})

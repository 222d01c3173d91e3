"""The model of opinions on disk: one JSON file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ccrs.core.errors import DataError
from ccrs.core.files import read_json, write_json
from ccrs.data.understanding.opinion_model import LABELS, OpinionModel

FORMAT = 1
OPINIONS_FILE = "opinions.json"


def save_opinions(path: Path, model: OpinionModel) -> None:
    """Write the model, all or nothing; the same model gives the same bytes."""
    write_json(
        path,
        {
            "format": FORMAT,
            "labels": list(LABELS),
            "thresholds": list(model.thresholds),
            "bias": model.bias.tolist(),
            "weights": dict(zip(model.features, model.weights.tolist(), strict=True)),
        },
    )


def load_opinions(path: Path) -> OpinionModel:
    """Read what ``save_opinions`` wrote; raises ``DataError`` when it is broken or of another version."""
    value = read_json(path)
    mend = "Fit the opinions again with this version"
    if not isinstance(value, dict) or value.get("format") != FORMAT or value.get("labels") != list(LABELS):
        raise DataError.at(path, None, f"is no opinion model of format {FORMAT}", mend)
    try:
        names = tuple(value["weights"])
        weights = np.array([value["weights"][name] for name in names], dtype=np.float64).reshape(
            -1, len(LABELS)
        )
        bias = np.array(value["bias"], dtype=np.float64)
        thresholds = tuple(float(number) for number in value["thresholds"])
        if bias.shape != (len(LABELS),) or len(thresholds) != len(LABELS):
            raise ValueError(f"needs {len(LABELS)} biases and thresholds")
        if len(weights) != len(names) or not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise ValueError("weights that are no finite numbers")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError.at(path, None, f"is no opinion model ({error})", mend) from error
    return OpinionModel(names, weights, bias, thresholds)

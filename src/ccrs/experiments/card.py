"""The model card of a run: what it is, what it was trained on, what it can and cannot do."""

from __future__ import annotations

import json
import re

from ccrs.artifacts.run import DataIdentity
from ccrs.experiments.config import RecommenderConfig
from ccrs.training.loop import Trained


def model_card(config: RecommenderConfig, data: DataIdentity, trained: Trained) -> str:
    """A Markdown page for the run's folder."""
    best = trained.history[trained.best_epoch - 1] if trained.best_epoch else {}
    figures = (
        "\n".join(f"| {name} | {value:.4f} |" for name, value in best.items() if name != "seconds")
        or "| none | |"
    )
    split = config.data
    names = [name.removeprefix("validation ") for name in best if name.startswith("validation ")]
    # The hub takes names of data sets in its own form only. JSON is YAML too, and quotes what needs it.
    dataset = re.sub(r"[^\w.-]+", "-", data.dataset, flags=re.ASCII).strip("-.")
    lists = {"datasets": [dataset] if dataset else [], "metrics": names}
    further = "".join(f"\n{key}: {json.dumps(values)}" for key, values in lists.items() if values)
    return f"""---
license: other
library_name: ccrs
tags: [conversational-recommendation, recommender-system, {json.dumps(config.name)}]{further}
---
# {config.title}

A conversational recommender trained with ccrs. Use it: `ccrs recommend {"RUN"} --text "..."`.

## Data
- Data set: {data.dataset} (checksum {data.checksum[:12]})
- Licence of the data: {data.licence}
- Split: {split.protocol}, fold {split.fold}, order {split.order}, seed {split.seed};
  {len(data.train)} users for training, {len(data.validation)} for validation, {len(data.test)} for test

## Validation figures of epoch {trained.best_epoch} (the one kept)
| figure | value |
| --- | ---: |
{figures}

These chose the epoch, so they flatter; `ccrs evaluate` gives the test figures with intervals.

## Limits
- Knows the items of its catalogue only, and people only by what they said in their dialogues.
- The speakers of the training data were crowd workers or simulated people, not customers.
- Recommendations follow what people in the data recommended, popularity and all.
"""

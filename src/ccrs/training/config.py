"""How a model is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ccrs.core.config import StrictConfig


class TrainingConfig(StrictConfig):
    """The outer loop."""

    objective: Literal["plain", "meta"] = "meta"
    """``plain``: every sample alike, nobody adapts. ``meta``: support and query (Algorithm 1)."""
    epochs: int = Field(30, ge=0)
    batch_size: int = Field(256, ge=1)
    """Contexts a step; a step of ``meta`` holds whole tasks up to this many."""
    learning_rate: float = Field(0.003, gt=0)
    rate_learning_rate: float = Field(0.01, gt=0)
    """Outer rate of the inner rates themselves."""
    decay: float = Field(1.0, gt=0, le=1)
    """The learning rate is multiplied by this after each epoch."""
    clip_norm: float = Field(0.1, gt=0)
    patience: int = Field(5, ge=1)
    """Epochs without a better validation figure before training stops."""
    average_epochs: int = Field(1, ge=1, le=100)
    """The mean of the weights of this many last epochs is what is validated and kept (1: the last alone)."""
    monitor: Literal["hr@10", "hr@50", "mrr@50", "ndcg@50"] = "ndcg@50"
    support_weight: float = Field(1.0, ge=0)
    """λ: weight of the unadapted support loss in the outer update; 0 is Eq. 14 alone."""
    average: Literal["samples", "users"] = "samples"
    """Mean over samples, or the paper's mean per user, then over users (Eq. 11)."""
    max_task_dialogues: int = Field(16, ge=2)
    """Users with more dialogues are cut into several tasks an epoch."""
    seed: int = 0

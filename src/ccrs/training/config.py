"""How a model is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ccrs.core.config import StrictConfig


class LoopConfig(StrictConfig):
    """What the loop needs to know, whatever it trains."""

    epochs: int = Field(30, ge=0)
    batch_size: int = Field(256, ge=1)
    """Contexts (or replies) a step; a step of ``meta`` holds whole tasks up to this many."""
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
    monitor: Literal["hr@10", "hr@50", "mrr@50", "ndcg@50", "log likelihood", "recall@1"] = "ndcg@50"
    """The validation figure that decides which epoch is best; greater is better."""
    support_weight: float = Field(1.0, ge=0)
    """λ: weight of the unadapted support loss in the outer update; 0 is Eq. 14 alone."""
    seed: int = 0


class TrainingConfig(LoopConfig):
    """The outer loop of a recommender."""

    objective: Literal["plain", "meta"] = "meta"
    """``plain``: every sample alike, nobody adapts. ``meta``: support and query (Algorithm 1)."""
    average: Literal["samples", "users"] = "samples"
    """Mean over samples, or the paper's mean per user, then over users (Eq. 11)."""
    max_task_dialogues: int = Field(16, ge=2)
    """Users with more dialogues are cut into several tasks an epoch."""


class ReplyTrainingConfig(LoopConfig):
    """The outer loop of a responder."""

    objective: Literal["plain", "meta"] = "meta"
    epochs: int = Field(10, ge=0)
    batch_size: int = Field(96, ge=1)
    learning_rate: float = Field(0.001, gt=0)
    clip_norm: float = Field(1.0, gt=0)
    patience: int = Field(2, ge=1)
    monitor: Literal["log likelihood"] = "log likelihood"
    """Mean log-likelihood per word of the validation users' replies."""
    fact_weight: float = Field(2.0, gt=0)
    """How often a reply with a fact about a film counts (the same in the mean as drawing it as often)."""
    max_task_dialogues: int = Field(6, ge=2)
    """Users with more dialogues are cut into several tasks an epoch."""
    low_precision: bool = True
    """bfloat16 autocast."""

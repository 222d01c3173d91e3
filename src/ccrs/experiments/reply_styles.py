"""The style mixtures of judged replies, as the figures want them."""

from __future__ import annotations

import numpy as np

from ccrs.experiments.evaluate_replies import ReplyEvaluation
from ccrs.experiments.figures import ReplyStyles


def reply_styles(evaluation: ReplyEvaluation) -> ReplyStyles | None:
    """μ^m of every reply with its topic and user; None for a model without styles."""
    name = next(iter(evaluation.written))
    mixtures = [one.styles for one in evaluation.written[name]]
    if any(mixture is None for mixture in mixtures):
        return None
    judged = evaluation.rows[name]
    return ReplyStyles(
        np.array(mixtures, np.float64),
        tuple(reply.topic for reply in judged),
        tuple(reply.user for reply in judged),
    )

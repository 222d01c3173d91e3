"""Which of several candidate replies is said: a weighted sum of terms, each kept so that it can be told.

Candidates are compared by a maximum-mutual-information criterion (length-normalised log p(reply | context)
minus λ log p(reply), which disfavours replies that fit any context), the next-reply selector and the
fit of the act, minus penalties for repeating oneself and for lengths that no person writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from pydantic import Field

from ccrs.core.config import StrictConfig

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Term = Literal["likelihood", "prior", "selector", "act", "agreement", "statement", "repetition", "length"]
TERMS: tuple[Term, ...] = get_args(Term)


class RerankConfig(StrictConfig):
    """The weights of the terms; all are at least 0, and what is a penalty is subtracted."""

    likelihood: float = Field(1.0, ge=0)
    """Weight of log p(reply | context) per token."""
    prior: float = Field(0.3, ge=0)
    """λ: weight of log p(reply) per token, subtracted."""
    selector: float = Field(0.2, ge=0)
    """Weight of the next-reply selector's score."""
    act: float = Field(0.3, ge=0)
    """Weight of log P(act | state)."""
    agreement: float = Field(0.0, ge=0)
    """Weight of the overlap with everything else the model might say (``consensus``), 0 to 1."""
    statement: float = Field(0.0, ge=0)
    """Added where a reply states a fact about a film: otherwise truth is easiest by silence."""
    repetition: float = Field(2.0, ge=0)
    """Weight of the share of n-grams said before, subtracted."""
    length: float = Field(2.0, ge=0)
    """Weight of the logarithm of how many times too short or too long a reply is, subtracted."""
    ngram: int = Field(3, ge=1)
    """Tokens that count as a repetition together."""
    length_exponent: float = Field(1.0, ge=0, le=2)
    """α: both log-likelihoods are divided by tokensᵅ, the end token included."""
    min_tokens: int = Field(1, ge=1)
    max_tokens: int = Field(48, ge=1)
    """Lengths that people write (``human_lengths``); inside there is no penalty."""


@dataclass(frozen=True)
class ScoredCandidate:
    """A candidate reply with what is known of it.

    ``token_ids`` have no end token; both log-likelihoods are sums over the tokens and the end, in nats.
    ``fillable`` is False where a slot cannot be filled: such a reply is never said.
    """

    token_ids: tuple[int, ...]
    log_likelihood: float
    unconditional: float
    selector: float
    act_log_probability: float
    agreement: float = 0.0
    statement: float = 0.0
    fillable: bool = True


@dataclass(frozen=True)
class Ranking:
    """Candidates in order, and why.

    ``terms`` are unweighted; ``weights`` carry the signs, and a score is the sum of its products.
    """

    order: IntArray  # (candidates that can be said) indices, best first; equal ones in the order given
    scores: FloatArray  # (candidates) -inf for those that are out
    terms: FloatArray  # (candidates, TERMS)
    weights: FloatArray  # (TERMS)

    def contributions(self, candidate: int) -> dict[Term, float]:
        """What each term adds to the score of a candidate."""
        return dict(zip(TERMS, (self.terms[candidate] * self.weights).tolist(), strict=True))


def rank_candidates(
    candidates: Sequence[ScoredCandidate], config: RerankConfig, history: Sequence[Sequence[int]]
) -> Ranking:
    """Order ``candidates``; ``history`` are the token ids of the own earlier replies of the dialogue.

    Out are candidates that cannot be filled, those without a token, and those with a term that is not finite. The order
    is empty when all are out.
    """
    terms = candidate_terms(candidates, config, history)
    weights = term_weights(config)
    able = np.array([bool(c.fillable and c.token_ids) for c in candidates], np.bool_)
    able &= np.isfinite(terms).all(axis=1)
    scores = np.full(len(candidates), -np.inf)
    scores[able] = terms[able] @ weights
    order = np.argsort(-scores, kind="stable")[: int(able.sum())]
    return Ranking(order.astype(np.int64), scores, terms, weights)


def candidate_terms(
    candidates: Sequence[ScoredCandidate], config: RerankConfig, history: Sequence[Sequence[int]]
) -> FloatArray:
    """The unweighted terms, (candidates, TERMS): tuning the weights needs them once only."""
    lengths = np.array([len(c.token_ids) for c in candidates], np.float64)
    scale = (lengths + 1.0) ** config.length_exponent
    known = np.array(
        [
            (c.log_likelihood, c.unconditional, c.selector, c.act_log_probability, c.agreement, c.statement)
            for c in candidates
        ],
        np.float64,
    ).reshape(-1, 6)
    short = np.log(config.min_tokens / np.maximum(lengths, 1.0))
    long = np.log(np.maximum(lengths, 1.0) / config.max_tokens)
    return np.stack(
        [
            known[:, 0] / scale,
            known[:, 1] / scale,
            known[:, 2],
            known[:, 3],
            known[:, 4],
            known[:, 5],
            repetition([c.token_ids for c in candidates], history, config.ngram),
            np.maximum(np.maximum(short, long), 0.0),
        ],
        axis=1,
    )


def term_weights(config: RerankConfig) -> FloatArray:
    """The weights of ``TERMS`` with their signs."""
    return np.array(
        [
            config.likelihood,
            -config.prior,
            config.selector,
            config.act,
            config.agreement,
            config.statement,
            -config.repetition,
            -config.length,
        ]
    )


def repetition(replies: Sequence[Sequence[int]], history: Sequence[Sequence[int]], ngram: int) -> FloatArray:
    """The share of each reply's n-grams that stand in an earlier reply, 0 to 1: (replies,).

    A reply shorter than ``ngram`` is one n-gram of its own length, and is a repetition only of a whole reply.
    """
    said = {gram for reply in history for gram in _ngrams(reply, ngram)}
    shares = [
        sum(gram in said for gram in grams) / len(grams)
        for grams in (_ngrams(reply, ngram) or [()] for reply in replies)
    ]
    return np.array(shares, np.float64)


def _ngrams(ids: Sequence[int], size: int) -> list[tuple[int, ...]]:
    size = min(size, len(ids))
    return list(zip(*(ids[start:] for start in range(size)), strict=False))


def human_lengths(lengths: Iterable[int], *, low: float = 1.0, high: float = 99.0) -> tuple[int, int]:
    """The given percentiles of the lengths of training replies in tokens, end token not counted."""
    found = np.percentile(np.fromiter(lengths, np.int64), [low, high])
    return max(1, int(np.floor(found[0]))), max(1, int(np.ceil(found[1])))

"""Which token comes next in decoding: what may be written, beam search, nucleus sampling.

All functions work on every hypothesis of a batch at once, and what they do with one does not depend on the
hypotheses of other rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

LAST_RESORT = -1e9
"""Score of an end that is forced because nothing else may follow: below all that a model finds possible."""

HEAD = 128
"""How many of the most probable tokens are sorted at first; the nucleus is rarely larger."""


@dataclass(frozen=True)
class Hypotheses:
    """Beginnings of replies, all of the same length, those of a row together."""

    streams: Tensor  # (live,) number of the hypothesis at the start
    owners: Tensor  # (live,) row, ascending
    token_ids: Tensor  # (live, length)
    scores: Tensor  # (live,) float64, sum of what the tokens were chosen by
    log_probabilities: Tensor  # (live,) float64, under the model

    @classmethod
    def start(cls, owners: Tensor) -> Hypotheses:
        """An empty hypothesis for each of ``owners``, the rows in ascending order."""
        nothing = torch.zeros(len(owners), dtype=torch.float64, device=owners.device)
        streams = torch.arange(len(owners), device=owners.device)
        return cls(streams, owners, owners.new_empty(len(owners), 0), nothing, nothing)

    @property
    def length(self) -> int:
        """Tokens of each hypothesis."""
        return self.token_ids.shape[1]

    def take(self, places: Tensor) -> Hypotheses:
        """The hypotheses at ``places``."""
        parts = (self.streams, self.owners, self.token_ids, self.scores, self.log_probabilities)
        return Hypotheses(*(part[places] for part in parts))

    def extended(self, token_ids: Tensor, gains: Tensor, log_probabilities: Tensor) -> Hypotheses:
        """Every hypothesis with one more token (live,), its score and its log-probability."""
        return replace(
            self,
            token_ids=torch.cat([self.token_ids, token_ids[:, None]], dim=1),  # (live, length + 1)
            scores=self.scores + gains.double(),
            log_probabilities=self.log_probabilities + log_probabilities.double(),
        )


@dataclass(frozen=True)
class Rules:
    """What may be written. ``bias`` is added to the logits before a token is chosen."""

    start_id: int
    end_id: int
    min_tokens: int
    max_tokens: int
    no_repeat_ngram: int
    forbidden: Tensor | None  # (vocabulary,) True = never
    bias: Tensor | None  # (rows, vocabulary)

    def scores(self, logits: Tensor, model: Tensor, live: Hypotheses) -> tuple[Tensor, Tensor]:
        """What tokens are chosen by (live, vocabulary), and where the end is forced (live,).

        ``model`` (live, vocabulary) is the log softmax of ``logits``. A barred token has -inf; each
        hypothesis has at least one token that is not barred.
        """
        scores = model.clone() if self.bias is None else (logits + self.bias[live.owners]).log_softmax(dim=1)
        if live.length == self.max_tokens:
            end = scores[:, self.end_id].clamp(min=LAST_RESORT)
            scores.fill_(-torch.inf)
            scores[:, self.end_id] = end
            return scores, torch.ones_like(end, dtype=torch.bool)
        if self.forbidden is not None:
            scores.masked_fill_(self.forbidden, -torch.inf)
        if self.start_id != self.end_id:
            scores[:, self.start_id] = -torch.inf
        if live.length < self.min_tokens:
            scores[:, self.end_id] = -torch.inf
        if self.no_repeat_ngram:
            scores[repeating(live.token_ids, self.no_repeat_ngram)] = -torch.inf
        forced = scores.amax(dim=1) == -torch.inf
        scores[:, self.end_id].masked_fill_(forced, LAST_RESORT)
        return scores, forced


def repeating(token_ids: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Which tokens would write an n-gram of ``size`` once more: rows (found,) and tokens (found,).

    ``token_ids`` (rows, length) is what was written so far.
    """
    length = token_ids.shape[1]
    if length < size:
        return token_ids.new_empty(0), token_ids.new_empty(0)
    # The beginnings of all n-grams so far, against the last n - 1 tokens.
    beginnings = token_ids.unfold(1, size, 1)[:, :, : size - 1]  # (rows, places, size - 1)
    same = (beginnings == token_ids[:, None, length - size + 1 :]).all(dim=2)  # (rows, places)
    rows, places = same.nonzero(as_tuple=True)
    return rows, token_ids[rows, places + size - 1]


class Choice(Protocol):
    """How tokens are chosen."""

    def __call__(self, scores: Tensor, live: Hypotheses) -> tuple[Tensor, Tensor]:
        """From ``scores`` (live, vocabulary): places in ``live`` (chosen,) and the next token of each (chosen,)."""
        ...


@dataclass
class Beam:
    """Chooses the best continuations of every row, as many as it has open places."""

    width: int
    end_id: int
    open: Tensor  # (rows,) places that no ended hypothesis holds

    def __call__(self, scores: Tensor, live: Hypotheses) -> tuple[Tensor, Tensor]:
        """See ``Choice``; the best of a row come first, and an end closes a place."""
        count = min(self.width, scores.shape[1])
        # The best of a row are among the best of its hypotheses: no sort over the whole vocabulary.
        values, token_ids = scores.topk(count, dim=1)  # (live, count)
        sizes = torch.bincount(live.owners, minlength=len(self.open))
        first = sizes.cumsum(0) - sizes
        place = torch.arange(len(live.owners), device=first.device) - first[live.owners]
        totals = live.scores.new_full((len(sizes), self.width, count), -torch.inf)
        totals[live.owners, place] = live.scores[:, None] + values.double()
        # Stable: of equals, the earlier hypothesis goes first.
        totals, order = totals.flatten(1).sort(dim=1, descending=True, stable=True)  # (rows, width * count)
        ranks = torch.arange(order.shape[1], device=order.device)
        taken = (ranks < self.open[:, None]) & (totals > -torch.inf)
        rows, rank = taken.nonzero(as_tuple=True)
        cell = order[rows, rank]
        parents = first[rows] + cell // count
        chosen = token_ids[parents, cell % count]
        self.open -= torch.bincount(rows[chosen == self.end_id], minlength=len(self.open))
        return parents, chosen


@dataclass(frozen=True)
class Nucleus:
    """Draws one token a hypothesis from the most probable ones (Holtzman et al., 2020)."""

    top_p: float
    temperature: float
    uniforms: Tensor  # (streams, max_tokens + 1) float64 in [0, 1)

    def __call__(self, scores: Tensor, live: Hypotheses) -> tuple[Tensor, Tensor]:
        """See ``Choice``; every hypothesis goes on."""
        probabilities = (scores / self.temperature).softmax(dim=1)
        mass = probabilities.sum(dim=1, dtype=torch.float64) * self.top_p
        draws = self.uniforms[live.streams, live.length]
        values, token_ids = probabilities.topk(min(HEAD, probabilities.shape[1]), dim=1)
        chosen = _drawn(values, token_ids, mass, draws)
        # Each row decides for itself whether it needs the long way: nothing depends on the others.
        wide = (values.sum(dim=1, dtype=torch.float64) < mass).nonzero()[:, 0]
        if len(wide):
            values, token_ids = probabilities[wide].sort(dim=1, descending=True, stable=True)
            chosen[wide] = _drawn(values, token_ids, mass[wide], draws[wide])
        return torch.arange(len(chosen), device=chosen.device), chosen


def _drawn(values: Tensor, token_ids: Tensor, mass: Tensor, draws: Tensor) -> Tensor:
    """The token (rows,) at ``draws`` (rows,) of the cumulative probability of the nucleus.

    ``values`` and ``token_ids`` (rows, tokens) fall with the probability; the nucleus is the shortest start
    that reaches ``mass`` (rows,).
    """
    cumulative = values.double().cumsum(dim=1)
    inside = (cumulative - values < mass[:, None]) & (values > 0)
    last = inside.sum(dim=1, keepdim=True) - 1  # (rows, 1)
    wanted = draws[:, None] * cumulative.gather(1, last)
    # Rounding must not lead out of the nucleus.
    place = torch.searchsorted(cumulative, wanted, right=True).minimum(last)
    return token_ids.gather(1, place)[:, 0]

"""A reply worth reading: many candidates, of all styles and out of other dialogues, and the best of them said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.chooser import Chooser
from ccrs.core.replies import ReplyBatch
from ccrs.core.samples import Ragged
from ccrs.data.act_model import state_after
from ccrs.data.acts import reply_act
from ccrs.data.filling import Filled
from ccrs.data.reply_batching import padded
from ccrs.inference.writing import ReplyWriter, Situation, Written
from ccrs.meta.reply_adaptation import Inner
from ccrs.models.consensus import Electorate
from ccrs.models.decoding import DecodingConfig, decode
from ccrs.models.reranking import ScoredCandidate, rank_candidates
from ccrs.models.responders import with_styles

NUM_MIXED, NUM_RETRIEVED, NUM_AGREED = 20, 4, 12
"""Samples of the mixture (they vote as well), replies the selector finds, replies most of the samples agree with."""
_VOTING_TOP_P = 0.95
_STREAMS = 64  # random streams of one situation
_SITUATIONS_A_BATCH = 16


@dataclass(frozen=True)
class _Candidate:
    """A reply that might be said."""

    row: int  # the situation
    token_ids: tuple[int, ...]
    slotted: str
    filled: Filled | None
    agreement: float


class ReplyChooser:
    """Writes candidates and chooses: the reply of CCRS+.

    Candidates are the writer's first choice, samples of the style mixture, samples of each single style, and
    replies that other users got: those the selector finds, and those that agree most with the samples. The
    weights of the terms are those of the chooser's configuration. ``num_samples`` are drawn of the mixture; fewer
    are quicker.
    """

    def __init__(self, writer: ReplyWriter, chooser: Chooser, *, num_samples: int = NUM_MIXED) -> None:
        self.writer, self.chooser, self.num_samples = writer, chooser, num_samples
        self.model, self.tokeniser = writer.model, writer.tokeniser
        bank = chooser.bank.token_ids
        self.electorate = Electorate([bank[number].tolist() for number in range(len(bank))])

    def write(
        self, situations: Sequence[Situation], inner: Inner | None, config: DecodingConfig | None = None
    ) -> list[Written]:
        """One reply for each situation; the same for the same seeds, whatever else is written beside it."""
        found: list[Written] = []
        for start in range(0, len(situations), _SITUATIONS_A_BATCH):
            found += self._write(situations[start : start + _SITUATIONS_A_BATCH], inner, config)
        return found

    def _write(
        self, situations: Sequence[Situation], inner: Inner | None, config: DecodingConfig | None
    ) -> list[Written]:
        batch = self.writer.batch(situations, inner)
        styles = self.writer.styles(batch, inner)
        candidates = self.candidates(situations, batch, inner, config)
        scored = self.scored(situations, batch, inner, candidates)
        chosen = []
        for row, situation in enumerate(situations):
            mine = [number for number, candidate in enumerate(candidates) if candidate.row == row]
            ranking = rank_candidates([scored[n] for n in mine], self.chooser.config, situation.own)
            if not len(ranking.order):
                chosen.append(self.writer.stock(situation, styles[row]))
                continue
            best = int(ranking.order[0])
            candidate = candidates[mine[best]]
            if candidate.filled is None:
                raise ValueError("A reply that cannot be filled was chosen.")
            terms = {str(name): value for name, value in ranking.contributions(best).items()}
            chosen.append(
                Written(candidate.filled, candidate.slotted, candidate.token_ids, styles[row], best, terms)
            )
        return chosen

    def candidates(
        self,
        situations: Sequence[Situation],
        batch: ReplyBatch,
        inner: Inner | None,
        config: DecodingConfig | None,
    ) -> list[_Candidate]:
        """All candidates of all situations, equal ones once, by situation."""
        config = config or self.writer.responder.config.decoding
        votes, single = self._sampled(situations, batch, inner, config)
        greedy = self._decoded(
            self._start(batch, inner),
            self.writer.bias(situations),
            config.model_copy(update={"method": "greedy"}),
        )
        written = [greedy, votes, single]
        written.append(self._retrieved(batch, votes))
        found: list[_Candidate] = []
        for row, situation in enumerate(situations):
            texts = list(dict.fromkeys(ids for group in written for ids in group[row] if ids))
            agreed = Electorate(texts).agreement(votes[row]).tolist()
            for ids, agreement in zip(texts, agreed, strict=True):
                slotted = self.tokeniser.decode(ids)
                found.append(_Candidate(row, ids, slotted, self.writer.filled(slotted, situation), agreement))
        return found

    @torch.no_grad()
    def _sampled(
        self, situations: Sequence[Situation], batch: ReplyBatch, inner: Inner | None, config: DecodingConfig
    ) -> tuple[list[list[tuple[int, ...]]], list[list[tuple[int, ...]]]]:
        """What is sampled for each situation: of the mixture, and of every single style; all written side by side."""
        model = with_styles(self.model)
        num_styles = 0 if model is None else model.num_styles
        streams = self.num_samples + num_styles
        state = self._start(batch, inner)
        rows = torch.arange(len(situations)).repeat_interleave(streams)
        if model is not None:
            styles = [
                model.word_bias(batch.vectors, batch.owners, inner, torch.full_like(batch.owners, style))
                for style in range(num_styles)
            ]
            mixed = cast("Tensor", state.bias)
            every = torch.stack([*[mixed] * self.num_samples, *cast("list[Tensor]", styles)], dim=1)
            state = replace(self.model.select(state, rows), bias=every.flatten(0, 1))
        else:
            state = self.model.select(state, rows)
        seeds = [s.seed * _STREAMS + stream for s in situations for stream in range(streams)]
        sampling = config.model_copy(update={"method": "nucleus", "num_samples": 1, "top_p": _VOTING_TOP_P})
        with torch.autocast(batch.owners.device.type, torch.bfloat16):
            found = self._decoded(state, self.writer.bias(situations)[rows], sampling, seeds)
        groups = [found[start : start + streams] for start in range(0, len(found), streams)]
        return (
            [[ids for texts in group[: self.num_samples] for ids in texts] for group in groups],
            [[ids for texts in group[self.num_samples :] for ids in texts] for group in groups],
        )

    def _start(self, batch: ReplyBatch, inner: Inner | None) -> Any:
        with torch.no_grad():
            return self.model.start(batch, inner)

    def _decoded(
        self,
        state: Any,
        bias: Tensor,
        config: DecodingConfig,
        seeds: Sequence[int] | None = None,
    ) -> list[list[tuple[int, ...]]]:
        """Token ids of what is decoded for each row of the state, without what did not come to an end."""
        found = decode(
            self.model,
            state,
            len(bias),
            config,
            start_id=self.tokeniser.start_id,
            end_id=self.tokeniser.end_id,
            forbidden=self.writer.forbidden,
            bias=bias,
            seeds=None if seeds is None else torch.tensor(seeds),
            device=self.model.device,
        )
        return [[candidate.token_ids for candidate in row if candidate.finished] for row in found]

    def _retrieved(
        self, batch: ReplyBatch, votes: Sequence[Sequence[tuple[int, ...]]]
    ) -> list[list[tuple[int, ...]]]:
        """Replies of the bank that the selector finds fitting, and those that the votes agree with most."""
        with torch.no_grad():
            vectors = self.chooser.selector.encode_contexts(batch.context_ids, batch.context_mask)
        bank = self.chooser.bank
        found = []
        for vector, voting in zip(vectors, votes, strict=True):
            agreement = self.electorate.agreement(voting)
            best = agreement.topk(min(NUM_AGREED, len(bank))).indices.tolist()
            chosen = [*bank.nearest(vector, NUM_RETRIEVED).replies.tolist(), *best]
            found.append([tuple(bank.token_ids[number].tolist()) for number in dict.fromkeys(chosen)])
        return found

    def scored(
        self,
        situations: Sequence[Situation],
        batch: ReplyBatch,
        inner: Inner | None,
        candidates: Sequence[_Candidate],
    ) -> list[ScoredCandidate]:
        """Every candidate with the values of its terms."""
        rows = torch.tensor([candidate.row for candidate in candidates])
        ids = [list(candidate.token_ids) for candidate in candidates]
        with torch.no_grad():
            state = self.model.start(batch, inner)
            given = self._log_likelihoods(self.model.select(state, rows), ids)
            prior = self._log_likelihoods(self.model.select(self._silence, torch.zeros_like(rows)), ids)
            reply_ids, mask = padded(Ragged.from_rows(ids), np.arange(len(ids)))
            selector = self.chooser.selector
            contexts = selector.encode_contexts(batch.context_ids, batch.context_mask)
            replies = selector.encode_replies(torch.from_numpy(reply_ids), torch.from_numpy(mask))
            fits = selector.log_scale.exp() * (contexts[rows] * replies).sum(-1)
        states = [state_after(situation.turns) for situation in situations]
        return [
            ScoredCandidate(
                candidate.token_ids,
                float(given[number]),
                float(prior[number]),
                float(fits[number]),
                self.chooser.acts.log_probability(reply_act(candidate.slotted), states[candidate.row]),
                agreement=candidate.agreement,
                statement=float(candidate.filled is not None and bool(candidate.filled.statements)),
                fillable=candidate.filled is not None,
            )
            for number, candidate in enumerate(candidates)
        ]

    def _log_likelihoods(self, state: Any, ids: list[list[int]]) -> Tensor:
        """Log p of each reply with its end, in nats: (candidates,)."""
        targets, mask = padded(
            Ragged.from_rows([[*row, self.tokeniser.end_id] for row in ids]), np.arange(len(ids))
        )
        wanted, real = torch.from_numpy(targets), torch.from_numpy(mask)
        given = wanted.roll(1, dims=1)
        given[:, 0] = self.tokeniser.start_id
        losses = self.model.likelihoods(state, given, wanted, real)
        return -torch.zeros(len(ids)).index_add_(0, real.nonzero()[:, 0], losses)

    @cached_property
    def _silence(self) -> Any:
        """The state of an empty context of nobody: what is likely to be said anyway."""
        vector = torch.zeros(self.writer.responder.sizes.vector_size)
        nobody = Situation(context=[self.tokeniser.start_id], vector=vector, offered=(), named=())
        return self._start(self.writer.batch([nobody], None), None)

"""Replies token by token: greedy, beam search and nucleus sampling, in batches, with a cached state.

All hypotheses of a batch take a step together. One that has ended leaves the batch at once, and the decoder's
state is cut down with ``StepDecoder.select``. What happens to a row does not depend on the rows beside it, as
far as the decoder's own logits do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor

from ccrs.core.config import StrictConfig
from ccrs.core.errors import CcrsError
from ccrs.models.token_choice import Beam, Choice, Hypotheses, Nucleus, Rules

State = TypeVar("State")


class StepDecoder(Protocol[State]):
    """A model that predicts the next token from the last one and a state that holds all before it."""

    def step(self, token_ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Logits (rows, vocabulary) of what follows ``token_ids`` (rows,), and the state that has seen them."""
        ...

    def select(self, state: State, rows: Tensor) -> State:
        """The state of ``rows`` (new rows,) only: reordered, repeated or dropped."""
        ...


class DecodingConfig(StrictConfig):
    """How replies are written."""

    method: Literal["greedy", "beam", "nucleus"] = "greedy"
    """The best token each time, the best sequences of a beam search, or samples."""
    beam_size: int = Field(4, ge=1, le=1024)
    """Hypotheses of a row (beam)."""
    length_penalty: float = Field(1.0, ge=0, le=5)
    """α: ended hypotheses are compared by score / tokensᵅ, end included (beam). 0 favours short replies."""
    top_p: float = Field(0.9, gt=0, le=1)
    """Drawn are only the most probable tokens that together reach this probability (nucleus)."""
    temperature: float = Field(1.0, ge=0.01, le=100)
    """Logits are divided by it before ``top_p`` is applied (nucleus)."""
    num_samples: int = Field(1, ge=1, le=1024)
    """Replies of a row (nucleus)."""
    min_tokens: int = Field(1, ge=1, le=1024)
    """The end is barred before; a reply is never empty unless all tokens are barred."""
    max_tokens: int = Field(48, ge=1, le=1024)
    """The end is forced after."""
    no_repeat_ngram: int = Field(3, ge=0, le=1024)
    """No run of so many tokens occurs twice in a reply; 0 allows all."""

    @model_validator(mode="after")
    def _fitting(self) -> DecodingConfig:
        if self.min_tokens > self.max_tokens:
            raise ValueError(f"min_tokens = {self.min_tokens} is above max_tokens = {self.max_tokens}")
        if self.num_samples > 1 and self.method != "nucleus":
            raise ValueError(f'num_samples = {self.num_samples} needs method = "nucleus"')
        return self


@dataclass(frozen=True)
class Candidate:
    """A reply, without start and end token.

    ``log_probability`` (nats) is summed over its tokens and the end, under the model's own distribution: before
    temperature, nucleus and bias, and with the barred tokens still in it. ``finished`` is False where the end
    was forced: after ``max_tokens``, or because all tokens were barred.
    """

    token_ids: tuple[int, ...]
    log_probability: float
    finished: bool


@torch.no_grad()
def decode(
    decoder: StepDecoder[State],
    state: State,
    num_rows: int,
    config: DecodingConfig,
    *,
    start_id: int,
    end_id: int,
    forbidden: Tensor | None = None,
    bias: Tensor | None = None,
    seeds: Tensor | None = None,
    device: torch.device | str = "cpu",
) -> list[list[Candidate]]:
    """Replies of every row: one (greedy), up to ``beam_size``, best first (beam), or ``num_samples`` (nucleus).

    Beam search follows log softmax(logits + bias), not renormalised where tokens are barred. A hypothesis that
    ends keeps its place in the beam, so a beam of one is greedy decoding. In sampling the bias is added before
    the temperature, and barred tokens leave their probability to the others.

    Args:
        decoder: the model, in evaluation mode.
        state: its state before the start token, of ``num_rows`` rows.
        num_rows: how many replies to write side by side.
        config: method and limits.
        start_id: fed first and never written.
        end_id: ends a reply.
        forbidden: (vocabulary,) bool, True = never written. An end that is forced comes all the same.
        bias: (num_rows, vocabulary) finite, added to the logits where a token is chosen.
        seeds: (num_rows,) integers from 0, needed for nucleus. Sample j of a row is drawn from a stream of
            its own, (seed, j), so it is the same whatever else is in the batch.
        device: where token ids for the decoder are made; ``forbidden`` and ``bias`` are moved there.

    Raises:
        CcrsError: arguments do not fit, or logits are NaN, +inf or all -inf.
    """
    _check_arguments(num_rows, config, forbidden, bias, seeds)
    if not num_rows:
        return []
    repeats = config.num_samples if config.method == "nucleus" else 1
    owners = torch.arange(num_rows, device=device).repeat_interleave(repeats)  # (streams,)
    if repeats > 1:
        state = decoder.select(state, owners)
    rules = Rules(
        start_id=start_id,
        end_id=end_id,
        min_tokens=config.min_tokens,
        max_tokens=config.max_tokens,
        no_repeat_ngram=config.no_repeat_ngram,
        forbidden=None if forbidden is None else forbidden.to(device),
        bias=None if bias is None else bias.to(device),
    )
    choice: Choice
    if config.method == "nucleus" and seeds is not None:
        choice = Nucleus(config.top_p, config.temperature, _uniforms(seeds, config).to(device))
    else:
        width = config.beam_size if config.method == "beam" else 1
        choice = Beam(width, end_id, torch.full((num_rows,), width, device=device))
    ended = _run(decoder, state, Hypotheses.start(owners), rules, choice)
    # A row has one candidate a stream, or all in one stream: (stream, rank) is the order in either case.
    ended.sort(key=lambda entry: (entry.stream, -entry.rank(config.length_penalty)))
    replies: list[list[Candidate]] = [[] for _ in range(num_rows)]
    for entry in ended:
        replies[entry.stream // repeats].append(entry.candidate)
    return replies


@dataclass(frozen=True)
class _Ended:
    """A candidate, the stream it comes from and the sum of what its tokens were chosen by."""

    stream: int
    score: float
    candidate: Candidate

    def rank(self, length_penalty: float) -> float:
        """What candidates of a row are compared by; higher is better."""
        return self.score / math.pow(len(self.candidate.token_ids) + 1, length_penalty)


def _run(
    decoder: StepDecoder[State], state: State, live: Hypotheses, rules: Rules, choice: Choice
) -> list[_Ended]:
    """Take steps until all hypotheses have ended."""
    ended: list[_Ended] = []
    last = torch.full_like(live.owners, rules.start_id)
    while True:
        logits, state = decoder.step(last, state)
        logits = _checked_logits(logits, len(last), rules)
        model = logits.log_softmax(dim=1)
        scores, forced = rules.scores(logits, model, live)
        parents, last = choice(scores, live)
        num_before = len(scores)
        live = live.take(parents).extended(last, scores[parents, last], model[parents, last])
        over = last == rules.end_id
        if bool(over.any()):
            ended += _candidates(live.take(over), ~forced[parents[over]])
            live, parents, last = live.take(~over), parents[~over], last[~over]
        if not len(last):
            return ended
        if not _is_identity(parents, num_before):
            state = decoder.select(state, parents)


def _candidates(over: Hypotheses, finished: Tensor) -> list[_Ended]:
    """Of hypotheses whose last token is the end."""
    values = zip(
        over.streams.tolist(),
        over.scores.tolist(),
        over.token_ids[:, :-1].tolist(),
        over.log_probabilities.tolist(),
        finished.tolist(),
        strict=True,
    )
    return [
        _Ended(stream, score, Candidate(tuple(token_ids), log_probability, free))
        for stream, score, token_ids, log_probability, free in values
    ]


def _is_identity(rows: Tensor, count: int) -> bool:
    """Whether to select ``rows`` of ``count`` changes nothing."""
    return len(rows) == count and torch.equal(rows, torch.arange(count, device=rows.device))


def _uniforms(seeds: Tensor, config: DecodingConfig) -> Tensor:
    """The random numbers of every sample of every row: (rows * samples, max_tokens + 1)."""
    streams = [(seed, sample) for seed in seeds.tolist() for sample in range(config.num_samples)]
    drawn = [np.random.default_rng(stream).random(config.max_tokens + 1) for stream in streams]
    return torch.from_numpy(np.stack(drawn))


def _check_arguments(
    num_rows: int, config: DecodingConfig, forbidden: Tensor | None, bias: Tensor | None, seeds: Tensor | None
) -> None:
    if num_rows < 0:
        raise CcrsError(f"num_rows = {num_rows} is below 0. Pass the number of rows of the state.")
    if forbidden is not None and (forbidden.dtype != torch.bool or forbidden.dim() != 1):
        raise CcrsError(
            f"forbidden is {forbidden.dtype} of shape {tuple(forbidden.shape)}. Pass a bool vector (vocabulary,)."
        )
    if bias is not None:
        if bias.dim() != 2 or bias.shape[0] != num_rows:
            raise CcrsError(f"bias has shape {tuple(bias.shape)}. Pass ({num_rows}, vocabulary).")
        if not bool(bias.isfinite().all()):
            raise CcrsError("bias holds values that are not finite. Bar tokens with forbidden instead.")
    if config.method != "nucleus":
        return
    if seeds is None:
        raise CcrsError("Nucleus sampling needs seeds. Pass one integer a row.")
    whole = not seeds.is_floating_point() and not seeds.is_complex() and seeds.dtype != torch.bool
    if not whole or seeds.shape != (num_rows,) or bool((seeds < 0).any()):
        raise CcrsError(
            f"seeds are {seeds.dtype} of shape {tuple(seeds.shape)}. Pass {num_rows} integers from 0, one a row."
        )


def _checked_logits(logits: Tensor, num_live: int, rules: Rules) -> Tensor:
    """``logits`` in float32 or float64, after checks; raises ``CcrsError``."""
    if logits.dim() != 2 or logits.shape[0] != num_live:
        raise CcrsError(
            f"The decoder gave logits of shape {tuple(logits.shape)}, not ({num_live}, vocabulary)."
        )
    size = logits.shape[1]
    for name, token in (("start_id", rules.start_id), ("end_id", rules.end_id)):
        if not 0 <= token < size:
            raise CcrsError(f"{name} = {token} is not among the {size} tokens of the decoder.")
    for name, tensor in (("forbidden", rules.forbidden), ("bias", rules.bias)):
        if tensor is not None and tensor.shape[-1] != size:
            raise CcrsError(f"{name} is of {tensor.shape[-1]} tokens, the decoder's logits of {size}.")
    # The largest logit is NaN when any is: one pass finds all that has no softmax.
    broken = ~logits.amax(dim=1).isfinite()
    if bool(broken.any()):
        raise CcrsError(
            f"The decoder's logits of {int(broken.sum())} of {num_live} hypotheses hold NaN or +inf, or are all -inf. "
            "They have no softmax: check the model's weights and inputs."
        )
    return logits if logits.dtype in (torch.float32, torch.float64) else logits.float()

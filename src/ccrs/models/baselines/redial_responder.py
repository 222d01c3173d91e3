"""ReDial's dialogue model (Li et al. 2018): a hierarchical recurrent network that switches between words and films."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ccrs.core.config import StrictConfig
from ccrs.core.replies import ReplyBatch
from ccrs.models.layers.reply_transformer import packed_losses
from ccrs.models.layers.transformer import Packing
from ccrs.models.responder_inputs import ResponderInputs


class ReDialResponderConfig(StrictConfig):
    """Sizes of the dialogue model."""

    embedding_size: int = Field(300, ge=1)
    sentence_size: int = Field(256, ge=1)
    """Of each direction of the sentence encoder."""
    conversation_size: int = Field(256, ge=1)
    decoder_size: int = Field(256, ge=1)
    dropout: float = Field(0.1, ge=0, lt=1)


@dataclass(frozen=True)
class RecurrentState:
    """What decoding keeps between two steps, one row a reply that is being written."""

    hidden: Tensor  # (rows, decoder size)
    conversation: Tensor  # (rows, conversation size)


class ReDialResponder(nn.Module):
    """Words of a turn to a vector, vectors of the turns to a conversation, from which a decoder writes the reply.

    ``p(film slot) = σ(w · [h, c])`` is a switch; the other tokens share the rest by a softmax of their own. h is the
    state of the decoder, c the conversation. Which film it is decides the recommender, as for all models here.

    Adapted: turns are cut where a speaker's token stands; a film named before and a new one have slots of their own,
    and share the switch by two more logits. Sentences are read by embeddings that are learned here, where the
    original starts from those of a pretrained encoder, and the speaker is a token, not a feature.
    """

    speakers: Tensor
    films: Tensor
    others: Tensor

    def __init__(self, config: ReDialResponderConfig, given: ResponderInputs) -> None:
        super().__init__()
        self.config, self.sizes = config, given.sizes
        vocabulary, size = given.sizes.vocabulary, config.embedding_size
        self.embedding = nn.Parameter(torch.randn(vocabulary, size) * 0.1)
        self.sentences = nn.GRU(size, config.sentence_size, batch_first=True, bidirectional=True)
        self.conversations = nn.GRU(2 * config.sentence_size, config.conversation_size, batch_first=True)
        self.first = nn.Linear(config.conversation_size, config.decoder_size)
        self.decoder = nn.GRU(size, config.decoder_size, batch_first=True)
        self.output = nn.Linear(config.decoder_size, vocabulary)
        self.switch = nn.Linear(config.decoder_size + config.conversation_size, 1)
        films = torch.tensor(given.tokens.films, dtype=torch.long)
        is_film = torch.zeros(vocabulary, dtype=torch.bool).index_fill(0, films, True)
        self.register_buffer("films", films, persistent=False)
        self.register_buffer("others", (~is_film).nonzero()[:, 0], persistent=False)
        self.register_buffer("speakers", torch.tensor(given.tokens.speakers), persistent=False)

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.embedding.device

    def forward(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> Tensor:
        """Negative log-likelihood of every real target token, packed: (tokens,)."""
        return self.likelihoods(
            self.start(batch, inner), batch.input_ids, batch.target_ids, batch.target_mask
        )

    def start(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> RecurrentState:
        """The state before the first token."""
        packing = Packing.of(batch.context_mask)
        if not len(packing.index):
            nothing = self.embedding.new_zeros(len(packing.mask), self.config.conversation_size)
            return RecurrentState(torch.tanh(self.first(nothing)), nothing)
        ids = batch.context_ids.flatten().index_select(0, packing.index)
        # A turn opens with its speaker; the first one with whatever the context opens with.
        opens = (packing.places == 0) | (torch.isin(ids, self.speakers) & (packing.places > 1))
        turns = opens.long().cumsum(0) - 1  # (tokens,)
        _, ends = self.sentences(packed_runs(self._embed(ids), torch.bincount(turns)))
        encoded = torch.cat([ends[0], ends[1]], dim=1)  # (turns, 2 · sentence size)
        counts = torch.bincount(packing.sequences[opens], minlength=len(packing.mask))
        conversation: Tensor = self.conversations(packed_runs(encoded, counts))[1][0]
        return RecurrentState(torch.tanh(self.first(conversation)), conversation)

    def likelihoods(
        self, state: RecurrentState, input_ids: Tensor, target_ids: Tensor, target_mask: Tensor
    ) -> Tensor:
        """Negative log-likelihood of every real target token, packed (tokens,), after a start state."""
        targets = Packing.of(target_mask)
        if not len(targets.index):
            return state.hidden.new_zeros(0)
        found, _ = self.decoder(self._embed(input_ids), state.hidden[None])  # (rows, length, decoder size)
        conversation = state.conversation.index_select(0, targets.sequences)
        return packed_losses(self._logits(targets.pack(found), conversation), target_ids, targets)

    def step(self, token_ids: Tensor, state: RecurrentState) -> tuple[Tensor, RecurrentState]:
        """Log-probabilities (rows, vocabulary) of the token after ``token_ids`` (rows,), and the next state."""
        _, hidden = self.decoder(self._embed(token_ids)[:, None], state.hidden[None])
        return self._logits(hidden[0], state.conversation), RecurrentState(hidden[0], state.conversation)

    def select(self, state: RecurrentState, rows: Tensor) -> RecurrentState:
        """The state of chosen (or repeated) rows."""
        return RecurrentState(state.hidden.index_select(0, rows), state.conversation.index_select(0, rows))

    def _logits(self, hidden: Tensor, conversation: Tensor) -> Tensor:
        """Log-probabilities of all tokens: (n, vocabulary)."""
        hidden = self._drop(hidden)
        switch = self.switch(torch.cat([hidden, conversation], dim=1))  # (n, 1)
        values = self.output(hidden)
        precise = torch.promote_types(values.dtype, torch.float32)
        films, others = (
            values.index_select(1, which).to(precise).log_softmax(1) + nn.functional.logsigmoid(sign * switch)
            for which, sign in ((self.films, 1), (self.others, -1))
        )
        return (
            torch.empty_like(values, dtype=precise)
            .index_copy(1, self.films, films)
            .index_copy(1, self.others, others)
        )

    def _embed(self, ids: Tensor) -> Tensor:
        return self._drop(nn.functional.embedding(ids, self.embedding))

    def _drop(self, values: Tensor) -> Tensor:
        return nn.functional.dropout(values, self.config.dropout, self.training)


def packed_runs(values: Tensor, lengths: Tensor) -> PackedSequence:
    """Sequences that lie one after the other in ``values`` (tokens, size), none of them empty, without padding."""
    order = lengths.argsort(descending=True, stable=True)
    ranks = torch.empty_like(order)
    ranks[order] = torch.arange(len(order), device=order.device)
    owners = torch.repeat_interleave(torch.arange(len(lengths), device=lengths.device), lengths)
    times = torch.arange(len(values), device=lengths.device) - (lengths.cumsum(0) - lengths)[owners]
    # By time, and the longest sequence first within a time.
    index = (times * len(lengths) + ranks[owners]).argsort()
    return PackedSequence(values.index_select(0, index), torch.bincount(times).cpu(), order, ranks)

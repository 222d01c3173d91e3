"""TextCNN (Kim 2014): convolutions over the words of the context, the strongest answer of each filter counts."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ccrs.core.batch import Batch, Contexts
from ccrs.core.config import StrictConfig
from ccrs.models.sizes import Sizes


class TextCNNConfig(StrictConfig):
    """Sizes, as the paper's comparison has them."""

    embedding_size: int = Field(300, ge=1)
    num_filters: int = Field(256, ge=1)
    """Of each width."""
    widths: tuple[int, ...] = Field((2, 3, 4), min_length=1)
    max_words: int = Field(256, ge=1)
    dropout: float = Field(0.5, ge=0, lt=1)
    initial_scale: float = Field(0.1, gt=0)
    """Standard deviation of the word embeddings before training."""


class TextCNN(nn.Module):
    """Scores ``W max_t relu(conv(words)) + b`` over the known words of the context.

    A context shorter than a filter is filled up with zeros behind its end to that length; no other padding exists.

    A filter of width w answers at place t with ``Σ_j F_j e(word_{t+j})``, and a batch has far fewer distinct words
    than places: ``F_j e(word)`` is computed once for each distinct word, then looked up and added. Only the place of
    the strongest answer has a gradient. So all places are tried without one, and the strongest are computed again.
    """

    def __init__(self, config: TextCNNConfig, sizes: Sizes) -> None:
        super().__init__()
        self.config = config
        size, filters = config.embedding_size, config.num_filters
        self.words = nn.Parameter(torch.randn(sizes.num_words, size) * config.initial_scale)
        bounds = [(width * size) ** -0.5 for width in config.widths]
        self.filters = nn.ParameterList(
            torch.empty(width, size, filters).uniform_(-bound, bound)
            for width, bound in zip(config.widths, bounds, strict=True)
        )
        self.filter_biases = nn.ParameterList(
            torch.empty(filters).uniform_(-bound, bound) for bound in bounds
        )
        self.output = nn.Linear(len(config.widths) * filters, sizes.num_items)

    def forward(self, batch: Batch) -> Tensor:
        """Logits of all items for the query contexts: (contexts, items)."""
        vectors = self.context_vectors(batch)
        logits: Tensor = self.output(functional.dropout(vectors, self.config.dropout, self.training))
        return logits

    def context_vectors(self, batch: Batch) -> Tensor:
        """The strongest answers of all filters to the query contexts: (contexts, widths * filters)."""
        contexts = batch.query
        distinct, places = torch.unique(contexts.words, return_inverse=True)
        silence = self.words.new_zeros(1, self.config.embedding_size)
        known = torch.cat([self.words.index_select(0, distinct), silence])  # (distinct + 1, size)
        answers = []
        for filters, bias in zip(self.filters, self.filter_biases, strict=True):
            windows, firsts = _windows(contexts, places, len(filters), silent=len(distinct))
            parts = torch.matmul(known, filters)  # (width, distinct + 1, filters)
            best = _strongest(parts.detach(), windows, firsts)  # (contexts, filters) windows
            found = [part.gather(0, windows[:, j][best]) for j, part in enumerate(parts)]
            answers.append(functional.relu(torch.stack(found).sum(0) + bias))
        return torch.cat(answers, dim=1)


def _windows(contexts: Contexts, places: Tensor, width: int, *, silent: int) -> tuple[Tensor, Tensor]:
    """Every stretch of ``width`` words, and the number of the first of each context: (windows, width), (contexts,).

    ``places`` (words,) are what the words are called; ``silent`` stands behind the end of a context that is shorter.
    """
    lengths = torch.bincount(contexts.word_contexts, minlength=contexts.num_contexts)
    counts = (lengths - width + 1).clamp(min=1)
    firsts = counts.cumsum(0) - counts
    owners = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    numbers = torch.arange(len(owners), device=counts.device) - firsts.index_select(0, owners)
    within = numbers[:, None] + torch.arange(width, device=counts.device)  # (windows, width)
    positions = (lengths.cumsum(0) - lengths).index_select(0, owners)[:, None] + within
    inside = within < lengths.index_select(0, owners)[:, None]
    called = torch.cat([places, places.new_full((1,), silent)])  # the last one is never outside
    return torch.where(inside, called[positions.clamp(max=len(places))], silent), firsts


@torch.no_grad()
def _strongest(parts: Tensor, windows: Tensor, firsts: Tensor) -> Tensor:
    """Which window each filter answers most strongly to in each context: (contexts, filters).

    ``parts`` (width, distinct words, filters) are the summands of an answer.
    """
    width, distinct, filters = parts.shape
    index = windows + torch.arange(width, device=windows.device) * distinct
    answers = functional.embedding_bag(index, parts.reshape(width * distinct, filters), mode="sum")
    everything = torch.arange(len(answers), device=answers.device)
    # The operator behind functional.embedding_bag tells where the maximum lies.
    best: Tensor = torch.embedding_bag(answers, everything, firsts, False, 2)[3]
    return best

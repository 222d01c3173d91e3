"""TextCNN (Kim 2014): convolutions over the words of the context, the strongest answer of each filter counts."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

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


class TextCNN(nn.Module):
    """Scores ``W max_t relu(conv(words)) + b``; a context without words is answered by the bias.

    A filter of width w at place t is a sum over its w places, ``Σ_j F_j e(word_{t+j})``, and a batch has far fewer
    distinct words than places. So ``F_j e(word)`` is computed once a distinct word, then looked up and added: nothing
    is padded. A context shorter than a filter ends in silence (zeros).
    """

    def __init__(self, config: TextCNNConfig, sizes: Sizes) -> None:
        super().__init__()
        self.config = config
        slots = sum(config.widths)
        self.words = nn.Parameter(torch.randn(sizes.num_words, config.embedding_size) * 0.1)
        self.filters = nn.Linear(config.embedding_size, slots * config.num_filters, bias=False)
        self.filter_bias = nn.Parameter(torch.zeros(len(config.widths), config.num_filters))
        self.output = nn.Linear(len(config.widths) * config.num_filters, sizes.num_items)

    def forward(self, batch: Batch) -> Tensor:
        """Logits of all items for the query contexts: (contexts, items)."""
        scores: Tensor = self.output(self.context_vectors(batch))
        return scores

    def context_vectors(self, batch: Batch) -> Tensor:
        """The pooled answers of all filters: (contexts, widths * filters)."""
        contexts, config = batch.query, self.config
        distinct, places = torch.unique(contexts.words, return_inverse=True)
        parts = self.filters(self.words.index_select(0, distinct))  # (distinct, slots * filters)
        parts = parts.view(len(distinct), -1, config.num_filters)
        answers, slot = [], 0
        for number, width in enumerate(config.widths):
            found = self._convolved(parts[:, slot : slot + width], places, contexts)
            found = nn.functional.relu(found + self.filter_bias[number])
            answers.append(self._strongest(found, width, contexts))
            slot += width
        return nn.functional.dropout(torch.cat(answers, dim=1), config.dropout, self.training)

    def _convolved(self, parts: Tensor, places: Tensor, contexts: Contexts) -> Tensor:
        """A filter's answer at every word, what follows the context taken as silence: (words, filters)."""
        total = parts[:, 0].index_select(0, places)
        owners = contexts.word_contexts
        for shift in range(1, parts.shape[1]):
            inside = owners[shift:] == owners[:-shift]
            here = inside.nonzero()[:, 0]
            total = total.index_add(0, here, parts[:, shift].index_select(0, places[shift:][inside]))
        return total

    def _strongest(self, values: Tensor, width: int, contexts: Contexts) -> Tensor:
        """The maximum over the places where the filter fits (or over the first, if nowhere): (contexts, filters)."""
        owners = contexts.word_contexts
        counts = torch.bincount(owners, minlength=contexts.num_contexts)
        firsts = counts.cumsum(0) - counts
        numbers = torch.arange(len(owners), device=owners.device) - firsts.index_select(0, owners)
        fits = numbers <= (counts - width).clamp(min=0).index_select(0, owners)
        index = owners[fits][:, None].expand(-1, values.shape[1])
        silent = values.new_zeros(contexts.num_contexts, values.shape[1])
        # Answers are 0 or more after the ReLU, so zeros at the start change no maximum.
        return silent.scatter_reduce(0, index, values[fits], "amax")

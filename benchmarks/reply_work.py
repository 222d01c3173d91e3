"""How much arithmetic a step of the responder must do, and a matrix product to compare it with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks.work import PASSES
from ccrs.core.replies import ReplyBatch
from ccrs.models.responder import Responder, ResponderConfig


@dataclass(frozen=True)
class ReplyWork:
    """Floating-point operations of one plain step, forward and backward."""

    encoder: int
    decoder: int
    output: int
    word_bias: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.parts().values())

    def parts(self) -> dict[str, int]:
        """The operations by what they are for."""
        return {
            "encoder": self.encoder,
            "decoder": self.decoder,
            "output": self.output,
            "word bias": self.word_bias,
        }


def reply_work(batch: ReplyBatch, model: Responder) -> ReplyWork:
    """The multiplications and additions that no implementation of the responder gets around, support included.

    Real tokens only; attention without padding and, in the decoder, without what lies ahead. Elementwise
    functions, norms and the optimiser do not count. The meta step of first order needs the same for its replies: one
    pass forward and one backward through each.
    """
    config, sizes = model.config, model.sizes
    contexts, targets = batch.context_mask.sum(1), batch.target_mask.sum(1)  # (replies,)
    heard, said = int(contexts.sum()), int(targets.sum())
    width, feeding = config.width, 2 * config.width * config.feed_forward_size
    encoder = heard * (4 * width**2 + feeding) + 2 * width * _pairs(contexts, contexts)
    # Own past, question and answer to the memory, then the memory's keys and values.
    decoder = said * (6 * width**2 + feeding) + heard * 2 * width**2
    decoder += 2 * width * (_pairs(targets, targets + 1) // 2 + _pairs(targets, contexts))
    products = {
        "encoder": config.num_encoder_layers * encoder,
        "decoder": config.num_decoder_layers * decoder,
        "output": said * (width**2 + width * sizes.vocabulary),
        "word_bias": len(contexts) * _bias(config, sizes.vector_size, sizes.vocabulary),
    }
    work = ReplyWork(**{name: PASSES * 2 * count for name, count in products.items()})
    if batch.support is None:
        return work
    told = reply_work(batch.support, model)
    return ReplyWork(*(a + b for a, b in zip(work.parts().values(), told.parts().values(), strict=True)))


def num_real(batch: ReplyBatch) -> int:
    """Real tokens of contexts and replies, support included."""
    here = int(batch.context_mask.sum()) + int(batch.target_mask.sum())
    return here + (0 if batch.support is None else num_real(batch.support))


class Product:
    """One layer's matrix product, forward and backward to both factors: as fast as the processor gets."""

    def __init__(self, model: Responder, *, num_tokens: int, low_precision: bool) -> None:
        generator = torch.Generator().manual_seed(0)
        width, size = model.config.width, model.config.feed_forward_size
        self.low_precision = low_precision
        self.values = nn.Parameter(torch.randn(num_tokens, width, generator=generator))
        self.weight = nn.Parameter(torch.randn(size, width, generator=generator))
        self.gradient = torch.ones(num_tokens, size)
        self.work = PASSES * 2 * num_tokens * width * size

    def __call__(self, _: int) -> None:
        """Once, into fresh gradients."""
        self.values.grad = self.weight.grad = None
        with torch.autocast("cpu", torch.bfloat16, enabled=self.low_precision):
            found = nn.functional.linear(self.values, self.weight)
        found.backward(self.gradient.to(found.dtype))  # type: ignore[no-untyped-call]


def _pairs(first: Tensor, second: Tensor) -> int:
    """How many pairs of tokens attention looks at."""
    return int((first * second).sum())


def _bias(config: ResponderConfig, vector_size: int, vocabulary: int) -> int:
    """Multiplications of F(g_u) for one reply."""
    if config.customization == "none":
        return 0
    words = config.bias_size * vocabulary
    if config.customization == "user":
        return vector_size * config.bias_size + words
    mixing = 2 * config.style_size * config.num_styles
    return vector_size * config.style_size + mixing + config.style_size * config.bias_size + words

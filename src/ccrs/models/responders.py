"""Every dialogue model by name. Adding one is a file and a row here; the conformance tests run each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from torch import nn

from ccrs.core.config import StrictConfig
from ccrs.core.errors import ConfigError
from ccrs.core.protocols import AdaptableReplyModel, ReplyModel
from ccrs.core.reads import NOTHING_READ, ReplyReads
from ccrs.core.resources import ReplyNeed
from ccrs.models.baselines.kecrs_responder import KECRSResponder, KECRSResponderConfig
from ccrs.models.baselines.kgsf_responder import KGSFResponder, KGSFResponderConfig
from ccrs.models.baselines.redial_responder import ReDialResponder, ReDialResponderConfig
from ccrs.models.baselines.revcore_responder import RevCoreResponder, RevCoreResponderConfig
from ccrs.models.responder import Responder, ResponderConfig
from ccrs.models.responder_inputs import ResponderInputs

MAX_ENTITIES, MAX_WORDS = 32, 48
"""Of the latest entities and words of a context."""


@dataclass(frozen=True)
class ResponderRow:
    """How a dialogue model is made, what it reads, and what people are told of it."""

    config: type[StrictConfig]
    build: Callable[[Any, ResponderInputs], nn.Module]
    """From an object of ``config`` and the inputs; the result fulfils ``ReplyModel``."""
    summary: str
    """One line for the list of models."""
    reads: ReplyReads = NOTHING_READ
    """What its batches must hold."""
    needs: frozenset[ReplyNeed] = frozenset()
    """What the run must give: rows of its recommender, or knowledge beside it."""
    adapts: bool = False
    """Whether it fulfils ``AdaptableReplyModel``."""
    small: Mapping[str, Any] = field(default_factory=dict)
    """A model section small enough for a test of seconds."""


_SMALL_TRANSFORMER = {
    "width": 16,
    "num_heads": 2,
    "num_encoder_layers": 1,
    "num_decoder_layers": 1,
    "feed_forward_size": 16,
}

RESPONDERS: Mapping[str, ResponderRow] = {
    "ccrs": ResponderRow(
        ResponderConfig,
        lambda config, given: Responder(config, given.sizes),
        "a mixture of latent styles moves the words, meta-learning (the paper, Eq. 9-10); KBRD's with another switch",
        adapts=True,
        small={**_SMALL_TRANSFORMER, "num_styles": 2, "style_size": 4, "bias_size": 8},
    ),
    "redial": ResponderRow(
        ReDialResponderConfig,
        ReDialResponder,
        "recurrent over words and turns, a switch between words and films (Li et al. 2018)",
        small={"embedding_size": 12, "sentence_size": 8, "conversation_size": 8, "decoder_size": 8},
    ),
    "kgsf": ResponderRow(
        KGSFResponderConfig,
        KGSFResponder,
        "looks at the entities and words named and copies from their graphs (Zhou et al. 2020)",
        reads=ReplyReads(max_entities=MAX_ENTITIES, max_words=MAX_WORDS),
        needs=frozenset({"entity_rows", "word_rows", "word_graph"}),
        small=_SMALL_TRANSFORMER,
    ),
    "kecrs": ResponderRow(
        KECRSResponderConfig,
        KECRSResponder,
        "is asked for the facts around the film it names (Zhang et al. 2021)",
        reads=ReplyReads(max_entities=MAX_ENTITIES, goals=True),
        needs=frozenset({"entity_rows"}),
        small=_SMALL_TRANSFORMER,
    ),
    "revcore": ResponderRow(
        RevCoreResponderConfig,
        RevCoreResponder,
        "KGSF's, with reviews of the films mentioned to look at and to copy from (Lu et al. 2021)",
        reads=ReplyReads(max_entities=MAX_ENTITIES, max_words=MAX_WORDS),
        needs=frozenset({"entity_rows", "word_rows", "word_graph", "reviews"}),
        small={**_SMALL_TRANSFORMER, "review_tokens": 6},
    ),
}


def responder_row(name: str) -> ResponderRow:
    """The row of a dialogue model; raises ``ConfigError`` naming the known ones."""
    if name not in RESPONDERS:
        known = ", ".join(sorted(RESPONDERS))
        raise ConfigError(f"name = {name!r}: there is no such dialogue model; known: {known}.")
    return RESPONDERS[name]


def build_responder(name: str, config: StrictConfig, given: ResponderInputs) -> ReplyModel:
    """The dialogue model, freshly initialised by torch's seed."""
    return cast("ReplyModel", responder_row(name).build(config, given))


def as_adaptable_responder(model: ReplyModel) -> AdaptableReplyModel:
    """The model as one that adapts; raises ``ConfigError`` when it is none."""
    if not isinstance(model, AdaptableReplyModel):
        raise ConfigError(
            f"{type(model).__name__} cannot adapt. Use training.objective = 'plain' and adapt = false."
        )
    return model


def with_styles(model: ReplyModel) -> Responder | None:
    """The model where it has styles (Eq. 9), else None."""
    return model if isinstance(model, Responder) and model.num_styles else None

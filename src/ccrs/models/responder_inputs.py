"""What a responder may be built from."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from ccrs.core.samples import Ragged
from ccrs.models.layers.reply_transformer import ResponderSizes


@dataclass(frozen=True)
class ReplyTokens:
    """Tokens with a meaning of their own, by their ids."""

    speakers: tuple[int, ...] = ()
    """They open what each speaker says."""
    films: tuple[int, ...] = ()
    """The slots of films, the new one first."""
    slots: tuple[int, ...] = ()
    """All slots, those of films among them."""


@dataclass(frozen=True)
class ReplyKnowledge:
    """What a trained recommender and the knowledge beside it give, all of it frozen; None where nothing needs it."""

    entity_rows: Tensor | None = None  # (entities, d)
    word_rows: Tensor | None = None  # (words, d) by the ids of the run's vocabulary
    keywords: Tensor | None = None  # tokens that are a word of the word graph
    reviews: Ragged | None = None  # per item: tokens of its review
    facts: Tensor | None = None  # entities, no items, one hop from an item
    entity_tokens: Ragged | None = None  # per entity: tokens of its name; none of an item's, which is a slot
    one_token_names: Tensor | None = None  # (2, names) entity and the token that is its name


@dataclass(frozen=True)
class ResponderInputs:
    """Sizes, tokens and knowledge."""

    sizes: ResponderSizes
    tokens: ReplyTokens = field(default_factory=ReplyTokens)
    knowledge: ReplyKnowledge = field(default_factory=ReplyKnowledge)


def required(part: Tensor | None, name: str) -> Tensor:
    """A part of the knowledge that a responder's row names as needed."""
    if part is None:
        raise ValueError(f"The responder is built with {name}; its registry row says so.")
    return part

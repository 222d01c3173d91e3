"""A reply beside its reference: what every measure of generation looks at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JudgedReply:
    """One generated reply and the human one, as read and as compared.

    ``reply`` and ``reference`` are what a person reads, titles and facts filled in. ``reply_words`` and
    ``reference_words`` are the same with every title as the one token ``[item]``, which is what overlap is
    counted on. ``items`` are ids of the catalogue in the order in which they are named.
    """

    user: str
    dialogue: str
    message: int  # number of the first message of the answered turn
    reply: str
    reference: str
    reply_words: str
    reference_words: str
    items: tuple[str, ...] = ()
    reference_items: tuple[str, ...] = ()
    topic: str | None = None
    """What the context is about: the commonest genre of its films, where there is one."""
    style: int | None = None
    """The heaviest latent style of the mixture, for models that have styles."""

"""What is read of what was typed."""

from __future__ import annotations

from ccrs.core.item_words import ItemWords
from ccrs.data.turns import clean

NUM_WORDS, NUM_LETTERS = 300, 4000
"""What is read of one message: its end."""


def readable(text: str, num_tokens: int, words: ItemWords) -> tuple[str, tuple[str, ...]]:
    """The text that is read of what was typed, and remarks on what was left out."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    end = whole[-NUM_LETTERS:]
    typed = clean(end).split(" ")
    said = " ".join(typed[-NUM_WORDS:])
    if len(end) == len(whole) and len(typed) <= NUM_WORDS:
        return said, ()
    remark = (
        f"That is long: I look for {words.plural} in its last {min(len(typed), NUM_WORDS)} words, "
        f"and my words answer the last {num_tokens} tokens."
    )
    return said, (remark,)

"""A turn as a stream of events."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ccrs.serving.schemas import StreamEvent, Turn

_PIECE = re.compile(r"\s*\S+|\s+")


def events_of(turn: Turn) -> Iterator[StreamEvent]:
    """What was heard, the items, then the reply word by word; the pieces joined are the reply."""
    yield StreamEvent(event="heard", heard=turn.heard)
    yield StreamEvent(event="items", items=turn.items)
    for piece in _PIECE.findall(turn.reply):
        yield StreamEvent(event="token", token=piece)

"""What each user has named or been recommended, over all of his dialogues."""

from __future__ import annotations

import numpy as np

from ccrs.core.samples import IntArray, Ragged, SampleTable


def items_of_users(table: SampleTable, dialogues: IntArray | None = None) -> Ragged:
    """The distinct entities of each user's ``dialogues`` (all where None), by user of the table: (users)."""
    if dialogues is None:
        dialogues = np.arange(len(table.dialogue_users), dtype=np.int64)
    positions, which = table.dialogue_mentions.positions(dialogues)
    entities = table.dialogue_mentions.values[positions]
    span = int(entities.max(initial=0)) + 1
    found = np.unique(table.dialogue_users[dialogues][which] * span + entities)
    num_users = int(table.dialogue_users.max(initial=-1)) + 1
    offsets = np.searchsorted(found // span, np.arange(num_users + 1))
    return Ragged(offsets.astype(np.int64), found % span)

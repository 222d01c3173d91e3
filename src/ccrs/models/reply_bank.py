"""Replies that training users were given, without names: candidates to be retrieved and refined.

A reply with slots fits any film; filling the slots is the refining (*retrieve and refine*). Kept are replies that
several people got, so that none tells of one person, of a length people write, and with nothing left in them that
belongs to one film.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from ccrs.core.config import StrictConfig
from ccrs.core.errors import CheckpointError, DataError
from ccrs.core.files import read_json, replacing, write_json
from ccrs.core.samples import BoolArray, IntArray, Ragged

TENSORS, TEXTS = "reply-bank.safetensors", "reply-bank.json"
FORMAT = 1

_WORD = re.compile(r"\[[^\[\]]+\]|\w+(?:['’]\w+)*")
_DIGIT = re.compile(r"\d")


class BankConfig(StrictConfig):
    """Which training replies are kept."""

    min_users: int = Field(2, ge=1)
    """Users that a reply (spelling and punctuation aside) must have been said to."""
    shortest: float = Field(1.0, ge=0, le=100)
    longest: float = Field(99.0, ge=0, le=100)
    """Percentiles of the lengths of all replies, in tokens, between which a reply's length must lie."""


@dataclass(frozen=True)
class Retrieved:
    """Replies of the bank, best first."""

    replies: IntArray  # (found) indices into the bank
    scores: Tensor  # (found) cosine with the context


@dataclass(frozen=True)
class ReplyBank:
    """Delexicalised replies with their vectors; replies are in the order of their first occurrence."""

    texts: tuple[str, ...]  # with slots
    acts: tuple[str, ...]
    num_users: IntArray  # (replies) users that the reply was said to
    token_ids: Ragged  # (replies) without the end token
    vectors: Tensor  # (replies, vector size), unit length, by the selector

    def __len__(self) -> int:
        return len(self.texts)

    def nearest(self, context_vector: Tensor, k: int, acts: Collection[str] | None = None) -> Retrieved:
        """The ``k`` replies nearest to a context (vector size,), of the ``acts`` given; fewer if there are fewer.

        Equal scores keep the order of the bank.
        """
        scores = self.vectors @ context_vector
        allowed = np.arange(len(self))
        if acts is not None:
            allowed = np.flatnonzero([act in acts for act in self.acts])
        order = torch.argsort(scores[torch.from_numpy(allowed)], descending=True, stable=True)[:k]
        chosen = allowed[order.numpy()]
        return Retrieved(chosen, scores[torch.from_numpy(chosen)])

    def save(self, folder: Path) -> None:
        """Write the bank as one safetensors and one JSON file into ``folder``."""
        tensors = {
            "vectors": self.vectors.contiguous(),
            "num_users": torch.from_numpy(self.num_users),
            "offsets": torch.from_numpy(self.token_ids.offsets),
            "token_ids": torch.from_numpy(self.token_ids.values),
        }
        with replacing(folder / TENSORS) as temporary:
            temporary.write_bytes(save(tensors))
        write_json(folder / TEXTS, {"format": FORMAT, "texts": self.texts, "acts": self.acts})

    @classmethod
    def load(cls, folder: Path) -> ReplyBank:
        """Read what ``save`` wrote; raises ``CheckpointError`` when a file is missing, broken or does not fit."""
        try:
            named: Any = read_json(folder / TEXTS)
            tensors = load_file(folder / TENSORS)
            if named["format"] != FORMAT:
                raise CheckpointError(
                    f"{folder / TEXTS}: has format {named['format']}, not {FORMAT}. Build it anew."
                )
            bank = cls(
                texts=tuple(str(text) for text in named["texts"]),
                acts=tuple(str(act) for act in named["acts"]),
                num_users=tensors["num_users"].numpy(),
                token_ids=Ragged(tensors["offsets"].numpy(), tensors["token_ids"].numpy()),
                vectors=tensors["vectors"],
            )
        except (SafetensorError, OSError, DataError, KeyError, TypeError) as error:
            raise CheckpointError(f"{folder}: holds no reply bank ({error}). Build it anew.") from error
        counts = {len(bank.acts), len(bank.num_users), len(bank.token_ids), len(bank.vectors)}
        ends = bank.token_ids.offsets[-1] if len(bank.token_ids.offsets) else -1
        if counts != {len(bank.texts)} or ends != len(bank.token_ids.values):
            raise CheckpointError(
                f"{folder}: the files of the reply bank do not fit each other. Build it anew."
            )
        return bank


def build_bank(
    slotted: Sequence[str],
    token_ids: Ragged,
    users: IntArray,
    names_left: BoolArray,
    *,
    encode: Callable[[IntArray], Tensor],
    act_of: Callable[[str], str],
    config: BankConfig,
) -> ReplyBank:
    """The bank of some training replies.

    ``slotted`` are their texts, ``token_ids`` their tokens without the end token, ``users`` who got them, and
    ``names_left`` tells which still hold a name that a linker found. Those and replies with digits are left
    out. Of several spellings of a reply the most frequent stands for all. ``encode`` gives the selector's vectors
    of the replies with the indices given. Raises ``DataError`` when nothing is left.
    """
    lengths = token_ids.lengths
    if not len(slotted):
        raise DataError("There are no training replies to build a bank from. Give training dialogues.")
    low, high = np.percentile(lengths, [config.shortest, config.longest])
    groups: dict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(slotted):
        if not names_left[row] and low <= lengths[row] <= high and not _DIGIT.search(text):
            groups[normalised(text)].append(row)
    groups.pop("", None)
    chosen, counts = [], []
    for rows in groups.values():
        num_users = len(np.unique(users[rows]))
        if num_users >= config.min_users:
            usual = Counter(slotted[row] for row in rows).most_common(1)[0][0]
            chosen.append(next(row for row in rows if slotted[row] == usual))
            counts.append(num_users)
    if not chosen:
        raise DataError(
            f"No reply was said to {config.min_users} users; the bank would be empty. Lower min_users or "
            "give more dialogues."
        )
    texts = tuple(slotted[row] for row in chosen)
    return ReplyBank(
        texts=texts,
        acts=tuple(act_of(text) for text in texts),
        num_users=np.array(counts, np.int64),
        token_ids=Ragged.from_rows([token_ids[row].tolist() for row in chosen]),
        vectors=encode(np.array(chosen, np.int64)),
    )


def normalised(text: str) -> str:
    """The lower-cased words and slots of a text: two replies with the same ones are one."""
    return " ".join(_WORD.findall(text.lower()))

"""The bank of replies: what is kept, what is found, what is on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.core.errors import CheckpointError, DataError
from ccrs.core.samples import IntArray, Ragged
from ccrs.models.reply_bank import TENSORS, TEXTS, BankConfig, ReplyBank, build_bank

SLOTTED = (
    "Have you seen [item]?",
    "have you seen [item] ?",
    "Have you seen [item]?",
    "Hello!",
    "Hello",
    "Said to one user",
    "Said to one user",
    "Titanic is good",
    "Titanic is good",
    "It came out in 1999",
    "It came out in 1999",
    "Hello",
)
USERS = np.array([0, 1, 2, 0, 1, 3, 3, 0, 1, 0, 1, 0])
NAMES_LEFT = np.array(["Titanic" in text for text in SLOTTED])
ALL = BankConfig(min_users=2, shortest=0, longest=100)


def planted(rows: IntArray) -> Tensor:
    """Reply 0 looks along the first axis, reply 4 along the second."""
    vectors = torch.zeros(len(rows), 3)
    for place, row in enumerate(rows.tolist()):
        vectors[place, {0: 0, 4: 1}[row]] = 1
    return vectors


def act_of(text: str) -> str:
    return "recommend" if "[item]" in text else "greet"


def bank(config: BankConfig = ALL) -> ReplyBank:
    tokens = Ragged.from_rows([[ord(letter) for letter in text] for text in SLOTTED])
    return build_bank(SLOTTED, tokens, USERS, NAMES_LEFT, encode=planted, act_of=act_of, config=config)


def test_kept_is_what_several_users_got_in_its_usual_spelling_without_names_and_digits() -> None:
    found = bank()
    assert found.texts == ("Have you seen [item]?", "Hello")
    assert found.num_users.tolist() == [3, 2]
    assert found.acts == ("recommend", "greet")
    assert "".join(map(chr, found.token_ids[1])) == "Hello"


def test_the_planted_reply_is_nearest() -> None:
    found = bank().nearest(torch.tensor([0.1, 0.9, 0.0]), 1)
    assert found.replies.tolist() == [1]
    assert found.scores.tolist() == pytest.approx([0.9])


def test_only_replies_of_the_wanted_acts_are_found_and_never_more_than_there_are() -> None:
    toward_greeting = torch.tensor([0.1, 0.9, 0.0])
    assert bank().nearest(toward_greeting, 5).replies.tolist() == [1, 0]
    assert bank().nearest(toward_greeting, 5, {"recommend"}).replies.tolist() == [0]
    assert bank().nearest(toward_greeting, 5, {"close"}).replies.tolist() == []
    assert bank().nearest(toward_greeting, 0).replies.tolist() == []


def test_lengths_no_person_writes_are_left_out() -> None:
    # The longest of 12 replies have 21 tokens: below the 80th percentile are the greetings alone.
    assert bank(BankConfig(min_users=2, shortest=0, longest=30)).texts == ("Hello",)


def test_an_empty_bank_is_an_error() -> None:
    with pytest.raises(DataError, match="9 users"):
        bank(BankConfig(min_users=9))
    with pytest.raises(DataError, match="no training replies"):
        build_bank(
            (), Ragged.from_rows([]), USERS[:0], NAMES_LEFT[:0], encode=planted, act_of=act_of, config=ALL
        )


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    saved = bank()
    saved.save(tmp_path)
    loaded = ReplyBank.load(tmp_path)
    assert (loaded.texts, loaded.acts) == (saved.texts, saved.acts)
    assert torch.equal(loaded.vectors, saved.vectors)
    assert loaded.num_users.tolist() == saved.num_users.tolist()
    assert [row.tolist() for row in map(loaded.token_ids.__getitem__, range(2))] == [
        row.tolist() for row in map(saved.token_ids.__getitem__, range(2))
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (TENSORS, b"nothing"),
        (TEXTS, b"{}"),
        (TEXTS, b"[1]"),
        (TEXTS, b'{"format": 1'),
        (TEXTS, b'{"format": 7, "texts": [], "acts": []}'),
        (TEXTS, json.dumps({"format": 1, "texts": ["one"], "acts": ["greet"]}).encode()),
    ],
)
def test_a_broken_bank_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    bank().save(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match="Build it anew"):
        ReplyBank.load(tmp_path)

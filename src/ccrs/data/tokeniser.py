"""Byte-level BPE over the training dialogues, kept in the ecosystem's ``tokenizer.json``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable, Sequence
from functools import cached_property
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from ccrs.core.dialogue import Speaker
from ccrs.core.errors import CheckpointError
from ccrs.core.files import replacing
from ccrs.data.turns import BREAK

PAD, START, END = "[pad]", "[start]", "[end]"
SPEAKERS: dict[Speaker, str] = {"seeker": "[seeker]", "recommender": "[recommender]"}
_CLOSE = re.compile(r"([(“]|(?<!\S)\"|(?<=\S)[/-]) (\[)")
"""Signs that stand close to the slot after them; the tokeniser puts a space before every slot."""
_ROLES = (PAD, START, END, *SPEAKERS.values(), BREAK)


class ReplyTokeniser:
    """Text with slots to token ids and back. Ids 0, 1, 2 are padding, start and end."""

    pad_id, start_id, end_id = 0, 1, 2

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    @classmethod
    def train(cls, texts: Iterable[str], slots: Sequence[str], *, vocabulary_size: int) -> ReplyTokeniser:
        """Learn the merges of ``texts``; the same texts give the same tokeniser, byte for byte."""
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        special = [AddedToken(name, lstrip=True, normalized=False) for name in (*_ROLES, *slots)]
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary_size,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            min_frequency=2,
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer)

    @classmethod
    def load(cls, path: Path) -> ReplyTokeniser:
        """Read ``tokenizer.json``; raises ``CheckpointError`` when it is missing or broken."""
        try:
            tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
            found = [tokenizer.token_to_id(name) for name in _ROLES[:3]]
        except Exception as error:  # the library raises bare Exception
            raise CheckpointError(f"{path}: is no tokeniser ({error}). Train the run again.") from error
        if found != [0, 1, 2]:
            raise CheckpointError(f"{path}: has no {', '.join(_ROLES[:3])}. Train the run again.")
        return cls(tokenizer)

    def save(self, path: Path) -> None:
        """Write ``tokenizer.json``, all or nothing."""
        with replacing(path) as temporary:
            temporary.write_text(self._tokenizer.to_str(pretty=True), encoding="utf-8")

    @property
    def digest(self) -> str:
        """SHA-256 of all it knows: weights learned with another one would read other words."""
        return hashlib.sha256(self._tokenizer.to_str().encode()).hexdigest()

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    @cached_property
    def slots(self) -> dict[str, int]:
        """Every slot with its token id (roles left out)."""
        added = self._tokenizer.get_added_tokens_decoder()
        return {token.content: number for number, token in added.items() if token.content not in _ROLES}

    @cached_property
    def role_ids(self) -> dict[str, int]:
        """The tokens that are no words: padding, start, end, speakers, break."""
        return {name: number for name in _ROLES if (number := self._tokenizer.token_to_id(name)) is not None}

    @cached_property
    def bracket_ids(self) -> list[int]:
        """The tokens that hold a square bracket and are neither slots nor roles; no cleaned text has one."""
        special = {*self.slots.values(), *self.role_ids.values()}
        vocabulary = self._tokenizer.get_vocab()
        return sorted(
            n for name, n in vocabulary.items() if n not in special and ("[" in name or "]" in name)
        )

    def whole_words(self, words: Container[str]) -> list[int]:
        """The tokens that are one of ``words`` (in small letters) with a space before it, whatever its case."""
        # Byte-level BPE writes a space as "Ġ", and letters outside ASCII as several signs.
        vocabulary = self._tokenizer.get_vocab()
        return sorted(n for name, n in vocabulary.items() if name[:1] == "Ġ" and name[1:].lower() in words)

    def encode(self, text: str) -> list[int]:
        """Token ids of a text; ``[item]`` and the other slots are one token each."""
        return list(self._tokenizer.encode(f" {text}" if text else "").ids)

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """``encode`` of many texts at once."""
        found = self._tokenizer.encode_batch([f" {text}" if text else "" for text in texts])
        return [list(encoding.ids) for encoding in found]

    def decode(self, ids: Sequence[int]) -> str:
        """The text with slots; padding, start, end and speakers are left out."""
        unwanted = {self.role_ids[name] for name in _ROLES if name != BREAK}
        parts: list[str] = []
        words: list[int] = []
        names = {number: name for name, number in self.slots.items()} | {self.role_ids[BREAK]: BREAK}
        for number in ids:
            if number in unwanted:
                continue
            if number in names:
                parts += [self._tokenizer.decode(words), f" {names[number]}"]
                words = []
            else:
                words.append(number)
        text = "".join([*parts, self._tokenizer.decode(words)])
        return _CLOSE.sub(r"\1\2", " ".join(text.split()))

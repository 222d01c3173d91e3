"""What people said before, one file a person: dialogues in the project's own format."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from ccrs.core.dialogue import Dialogue
from ccrs.core.errors import DataError
from ccrs.data.readers.jsonl import read_dialogues, write_dialogues

_NAME = re.compile(r"\w[\w.-]{0,39}")


class Memory:
    """A folder of people's dialogues; every write is all or nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def recall(self, name: str) -> tuple[Dialogue, ...]:
        """A person's dialogues, oldest first; none for somebody new. Raises ``DataError``."""
        path = self.path(name)
        if not path.exists():
            return ()
        dialogues, _ = read_dialogues(path)
        return tuple(sorted(dialogues, key=lambda dialogue: dialogue.time))

    def keep(self, name: str, dialogues: Sequence[Dialogue]) -> None:
        """Write a person's dialogues in the place of those before; raises ``DataError``."""
        if dialogues:
            write_dialogues(self.path(name), dialogues)

    def path(self, name: str) -> Path:
        """The file of a person; raises ``DataError`` for what is no name."""
        return self.folder / f"{checked_name(name)}.jsonl"


def checked_name(name: str) -> str:
    """A person's name that is fit for a file; raises ``DataError``."""
    composed = unicodedata.normalize("NFC", name)
    if not _NAME.fullmatch(composed):
        raise DataError(
            f"{name!r} is no name for a person. Use up to 40 letters, digits, dashes, underscores and dots, "
            "and begin with a letter or digit."
        )
    return composed

"""What may stand in a column of text, on both databases alike."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from ccrs.core.errors import DataError

MAX_NAME = 256
REPLACEMENT = "\ufffd"
# PostgreSQL refuses NUL, and half a surrogate pair is no UTF-8 for either database.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with U+FFFD in place of what no database takes (NUL, lone surrogates)."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def checked_name(text: str, what: str) -> str:
    """``text`` when it may name something (``what``, for the message); raises ``DataError``.

    Names with U+FFFD are refused too: so a name that ``storable`` had to change never means somebody else.
    """
    if not text or len(text) > MAX_NAME or REPLACEMENT in storable(text):
        raise DataError(
            f"{what} {storable(text)[:40]!r} has {len(text)} characters; allowed are 1 to {MAX_NAME}, none of them "
            "NUL, half a surrogate pair or U+FFFD. Choose another one."
        )
    return text


class Words(TypeDecorator[str]):
    """Text that is made storable wherever it is bound, in values and in conditions."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is sent to the database."""
        return None if value is None else storable(value)


class JsonText(TypeDecorator[Any]):
    """JSON as text: read whole, never searched, and the same on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """What is sent to the database; SQL NULL for None."""
        if value is None:
            return None
        return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """What was stored."""
        return None if value is None else json.loads(value)

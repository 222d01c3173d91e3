"""A document of tables and conversations, for the terminal and as one HTML page: what both print is the same."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ccrs.evaluation.tables import aligned, display_width

_REPLACED: Final = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Share:
    """A part of a whole, from 0 to 1; a page draws it as a bar behind the number."""

    value: float

    def __str__(self) -> str:
        return f"{self.value:.1%}"


Cell = str | int | Share


@dataclass(frozen=True)
class Table:
    """Rows under a header; ``caption`` says what they are."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Paragraph:
    """A line of prose; in a terminal ``in_terminal``, where it needs other words there."""

    text: str
    in_terminal: str | None = None


@dataclass(frozen=True)
class Warned:
    """What is wrong, and what to do about it."""

    problem: str
    mend: str


@dataclass(frozen=True)
class Piece:
    """Part of what is said: plain where ``label`` is None, else highlighted, with what it means unless that is plain.

    ``sure`` tells apart what the source says from what a program found.
    """

    text: str
    label: str | None = None
    sure: bool = False


@dataclass(frozen=True)
class Said:
    """What one speaker says."""

    speaker: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Conversation:
    """A dialogue to read."""

    title: str
    messages: tuple[Said, ...]


Block = Table | Paragraph | Warned | Conversation


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; with ``on_page_only`` the terminal is spared it."""

    heading: str
    blocks: tuple[Block, ...]
    on_page_only: bool = False


@dataclass(frozen=True)
class Document:
    """A title, the most important figures, and sections."""

    title: str
    figures: Mapping[str, int]
    sections: tuple[Section, ...]


def printable(text: str, limit: int) -> str:
    """``text`` on one line, cut to ``limit`` characters, without signs that steer a terminal or a reader's eye.

    Titles come from anybody's table: an escape sequence could recolour a terminal, an override of the writing
    direction turn a line around.
    """
    line = " ".join(text[: 4 * limit].split())
    return _unsteered(f"{line[: limit - 1].rstrip()}…" if len(line) > limit else line)


def _unsteered(text: str) -> str:
    """``text`` with spaces for what breaks a line, and a mark for each sign that steers."""
    return "".join(" " if sign.isspace() else _REPLACED if _steers(sign) else sign for sign in text)


def _steers(sign: str) -> bool:
    kind = unicodedata.category(sign)
    # Joiners are of the spelling of many scripts and of emoji; all other format signs only steer.
    return kind in ("Cc", "Cs", "Co") or (kind == "Cf" and sign not in "\u200c\u200d")


WIDTH: Final = 80
"""Characters of a cell in the terminal."""
LINE: Final = 110
"""Characters of a line of prose in the terminal."""
PROSE: Final = 1_000
"""Characters of a paragraph or caption."""
SAID: Final = 400
"""Characters of a message in the terminal."""


def as_text(document: Document, *, rows: int = 10) -> str:
    """The document for a terminal; of each table at most ``rows`` rows."""
    parts = []
    for section in document.sections:
        if not section.on_page_only:
            heading = printable(section.heading, WIDTH)
            parts.append(f"{heading}\n{'=' * display_width(heading)}")
            parts += [_block_text(block, rows) for block in section.blocks]
    return "\n\n".join(parts)


def _block_text(block: Block, rows: int) -> str:
    if isinstance(block, Paragraph):
        return _wrapped(block.text if block.in_terminal is None else block.in_terminal)
    if isinstance(block, Warned):
        return f"{_wrapped(block.problem, '! ')}\n{_wrapped(block.mend, '  -> ')}"
    if isinstance(block, Conversation):
        lines = [_said_text(said) for said in block.messages]
        return "\n".join([printable(block.title, 2 * WIDTH), *(f"  {line}" for line in lines)])
    cells = [[_cell_text(cell) for cell in row] for row in block.rows[:rows]]
    table = aligned([printable(name, WIDTH) for name in block.header], cells)
    more = len(block.rows) - rows
    return "\n".join([_wrapped(block.caption), table, *([f"… {more:,} more"] if more > 0 else [])])


def _wrapped(text: str, before: str = "") -> str:
    """Prose in lines, ``before`` in front of the first and as much room in front of the others."""
    indent = " " * len(before)
    return textwrap.fill(printable(text, PROSE), LINE, initial_indent=before, subsequent_indent=indent)


def _cell_text(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else printable(str(cell), WIDTH)


def _said_text(said: Said) -> str:
    """One message on a line: the highlighted pieces in square brackets, none cut in its midst."""
    speaker = printable(said.speaker, WIDTH)
    text = f"{speaker}: " if speaker else ""
    for piece in said.pieces:
        left = SAID - len(text)
        if len(piece.text) > left:
            whole = piece.label is not None
            return f"{text}{'' if whole else _unsteered(piece.text[: max(left, 0)])}…"
        shown = _unsteered(piece.text)
        if piece.label is not None:
            shown = f"[{shown} = {printable(piece.label, WIDTH)}]" if piece.label else f"[{shown}]"
        text += shown
    return text

"""Streaming a dump of triples: plain, gzip or bzip2, in bounded memory, checked line by line.

The dumps have tens of gigabytes, so almost every line must cost almost nothing. A block of lines
that is plainly in order (three addresses and a full stop each, no texts, no comments) is cut at
its blanks all at once, and only lines that name a wanted address are looked at. Any other block
is read line by line, and there too only wanted lines are parsed.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterator, Set
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ccrs.core.errors import DataError
from ccrs.data.graph_building.addresses import canonical, percent_decoded
from ccrs.data.graph_building.statements import LineParser, NotATripleError, Statement

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 1 << 20  # bytes read at once
LONGEST_LINE = 1 << 24  # bytes: no line of a dump of triples comes near it

_ESCAPE = re.compile(rb"\\")
_OTHER_ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_ONE_A_LINE = (
    "Give N-Triples, or Turtle with one whole triple a line, as DBpedia publishes it; "
    "rapper and riot convert other RDF to N-Triples"
)


def token(address: str) -> bytes:
    """An address as the reader looks for it."""
    return f"<{address}>".encode()


class Dump:
    """One file of triples, read from its beginning to its end by ``around``.

    ``on_bytes`` is told how many bytes of the file (compressed, if it is) were read. ``lenient``
    skips and counts lines that are no triples instead of raising.
    """

    def __init__(
        self, path: Path, *, lenient: bool = False, on_bytes: Callable[[int], None] | None = None
    ) -> None:
        self.path = path
        self.lines = 0
        """Lines of the last reading."""
        self.broken = 0
        """Lines of the last reading that were skipped, if lenient."""
        self.sha256 = ""
        """Of the file as it lies on the disk; known after the first whole reading."""
        self.is_cut_short = False
        """Whether the file says that it began but not that it ended, as DBpedia's dumps do."""
        self._lenient = lenient
        self._on_bytes = on_bytes or (lambda count: None)
        self._parser = LineParser()

    def around(self, wanted: Set[bytes], *, subjects_only: bool = False) -> Iterator[Statement]:
        """The triples whose subject (or object) is one of the ``wanted`` tokens, in the order of the file.

        Raises ``DataError`` with file and line where a line is no triple or not UTF-8, where it
        is endless, and where the archive is broken or cut short.
        """
        self.lines = self.broken = 0
        started = completed = False
        self._parser = LineParser()
        for block in self._blocks():
            started = started or (self.lines == 0 and block.startswith(b"# started"))
            completed = b"# completed" in block[-200:]
            found = _cut(block, wanted, subjects_only)
            if found is None:
                yield from self._by_line(block, wanted, subjects_only)
            else:
                yield from (_statement(row) for row in found)
            self.lines += _num_lines(block)
        self.is_cut_short = started and not completed

    def _blocks(self) -> Iterator[bytes]:
        """Blocks of whole lines."""
        try:
            with self.path.open("rb", buffering=0) as raw, _Watched(raw, self._on_bytes) as watched:
                stream = _opened(self.path, io.BufferedReader(watched, BLOCK))
                while block := stream.read(BLOCK):
                    if not block.endswith(b"\n"):
                        rest = stream.readline(LONGEST_LINE)
                        if len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
                            line = self.lines + block.count(b"\n") + 1
                            raise self._error(
                                line, f"the line is longer than {LONGEST_LINE:,} bytes", _ONE_A_LINE
                            )
                        block += rest
                    yield block if self.lines else block.removeprefix(b"\xef\xbb\xbf")
                while watched.read(BLOCK):  # what lies behind the archive belongs to the checksum
                    pass
                self.sha256 = watched.digest.hexdigest()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self._cut_off(watched.count, error) from error
        except OSError as error:
            if error.errno is None:  # from the unpacker, not from the disk
                raise self._cut_off(watched.count, error) from error
            problem = f"cannot be read ({error.strerror or error})"
            raise DataError.at(self.path, None, problem, "Check the path") from error

    def _by_line(self, block: bytes, wanted: Set[bytes], subjects_only: bool) -> Iterator[Statement]:
        """The wanted triples of a block, each line looked at."""
        for number, line in enumerate(block.split(b"\n"), 1):
            text = line.strip()
            try:
                line_text = text.decode()
                if not self._parser.prefixes and _may_be_skipped(text, wanted, subjects_only):
                    continue
                statement = self._parser.parse(line_text)
            except UnicodeDecodeError:
                self._refuse(
                    self.lines + number, "is not UTF-8 text", "Fetch the file again, or save it as UTF-8"
                )
            except NotATripleError as error:
                self._refuse(self.lines + number, f"{_shown(text)} {error}", _ONE_A_LINE)
            else:
                if statement is not None and _is_wanted(statement, wanted, subjects_only):
                    yield statement

    def _refuse(self, line: int, problem: str, mend: str) -> None:
        """Raise, or count the line if lenient."""
        if not self._lenient:
            raise self._error(line, problem, f"{mend}. Or pass such lines over with --lenient")
        self.broken += 1

    def _error(self, line: int, problem: str, mend: str) -> DataError:
        return DataError.at(self.path, line, problem, mend)

    def _cut_off(self, position: int, error: Exception) -> DataError:
        problem = f"the compressed file is cut short or broken near byte {position:,} ({error})"
        return self._error(self.lines + 1, problem, "Fetch it again")


def _cut(block: bytes, wanted: Set[bytes], subjects_only: bool) -> list[tuple[bytes, bytes, bytes]] | None:
    """The wanted triples of a block that is plainly in order; None where it must be read line by line."""
    if b'"' in block or b"#" in block[:1] or b"\n#" in block:
        return None
    lines = _num_lines(block)
    try:
        block.decode()
        parts = _in_one_spelling(block).split()
    except ValueError:  # not UTF-8, or a broken escape: the line is to be found
        return None
    if len(parts) != 4 * lines or parts[3::4].count(b".") != lines or _count(block, b"<") != 3 * lines:
        return None
    subjects, objects = parts[0::4], parts[2::4]
    is_wanted = wanted.__contains__
    places = set(compress(range(lines), map(is_wanted, subjects)))
    if not subjects_only:
        places.update(compress(range(lines), map(is_wanted, objects)))
    rows = [(subjects[place], parts[4 * place + 1], objects[place]) for place in sorted(places)]
    whole = all(part[:1] == b"<" and part[-1:] == b">" for row in rows for part in row)
    return rows if whole else None


def _statement(row: tuple[bytes, bytes, bytes]) -> Statement:
    subject, relation, value = row
    return Statement(subject[1:-1].decode(), relation[1:-1].decode(), value[1:-1].decode())


def _num_lines(block: bytes) -> int:
    return _count(block, b"\n") + (not block.endswith(b"\n"))


def _count(block: bytes, sign: bytes) -> int:
    """How often one byte is in a block; several times faster than ``bytes.count`` where it is frequent."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord(sign)))


def _in_one_spelling(block: bytes) -> bytes:
    """The block with every address in its canonical spelling; only odd ones are touched."""
    pieces: list[bytes] = []
    done = 0
    for match in _ESCAPE.finditer(block):
        if match.start() < done:
            continue
        begin, end = block.rfind(b"<", done, match.start()), block.find(b">", match.start())
        if begin < 0 or end < 0:
            raise ValueError("a backslash outside of an address")
        pieces += (block[done:begin], token(canonical(block[begin + 1 : end].decode())))
        done = end + 1
    whole = b"".join((*pieces, block[done:])) if pieces else block
    return percent_decoded(whole) if b"%" in whole else whole


def _may_be_skipped(text: bytes, wanted: Set[bytes], subjects_only: bool) -> bool:
    """Whether a line has the shape of a triple and names nothing that is wanted."""
    if not text:
        return True
    # With a graph behind the triple, or a remark, the last address is not the triple's object.
    if text[:1] != b"<" or text[-1:] != b"." or not 1 <= text.count(b"> <") <= 2 or b". #" in text:
        return False
    subject = text[: text.find(b">") + 1]
    value = b"" if subjects_only else text[text.rfind(b"<") : text.rfind(b">") + 1]
    if b"\\" in subject or b"\\" in value:
        return False
    if b"%" in subject or b"%" in value:
        subject, value = percent_decoded(subject), percent_decoded(value)
    return subject not in wanted and value not in wanted


def _is_wanted(statement: Statement, wanted: Set[bytes], subjects_only: bool) -> bool:
    if token(statement.subject) in wanted:
        return True
    return not subjects_only and isinstance(statement.object, str) and token(statement.object) in wanted


def _opened(path: Path, stream: io.BufferedReader) -> io.BufferedIOBase:
    """The stream unpacked, told by its first bytes and not by its name."""
    begin = stream.peek(8)[:8]
    for magic, name in _OTHER_ARCHIVES.items():
        if begin.startswith(magic):
            raise DataError.at(path, None, f"is a {name} archive", "Unpack it first, or give .bz2 or .gz")
    if begin.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    return gzip.GzipFile(fileobj=stream) if begin.startswith(b"\x1f\x8b") else stream


def _shown(text: bytes) -> str:
    """The beginning of a line, for a message."""
    plain = text.decode(errors="replace")
    return repr(plain if len(plain) <= 80 else plain[:77] + "...")


class _Watched(io.RawIOBase):
    """A file that counts and hashes what is read of it."""

    def __init__(self, raw: io.FileIO, on_bytes: Callable[[int], None]) -> None:
        self.count = 0
        self.digest = hashlib.sha256()
        self._raw = raw
        self._on_bytes = on_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        count = self._raw.readinto(view)
        self.digest.update(view[:count])
        self.count += count
        self._on_bytes(count)
        return count

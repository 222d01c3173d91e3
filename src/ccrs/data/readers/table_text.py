"""The lines of a text file that people bring: plain or gzip, in the encoding it has, with bounded memory."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

from ccrs.core.errors import DataError

MAX_BYTES = 2**30
"""Unpacked. A table or log above it is better cut into pieces."""
MAX_RATIO, MIN_UNPACKED = 100, 64 * 2**20
"""A file packed with gzip may unpack to this many times its size, or to that many bytes if that is more."""
MAX_LINE = 1_000_000
"""Characters of one line."""
ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "cp1252",
    "latin-1",
    "cp1250",
    "cp1251",
    "cp437",
    "shift_jis",
    "gb18030",
    "big5",
    "euc-kr",
)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class TextLines:
    """The lines of a file with their ends; ``encoding`` None is UTF-8, or UTF-16 where the file begins with its mark.

    Iterating raises ``DataError`` with file and line: for bytes that are no such text, NUL bytes, lines and files
    beyond the limits, archives, and files that are missing or damaged.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            raise DataError(f"--encoding {encoding!r} is not known. Allowed: {', '.join(ENCODINGS)}.")
        self.path = path
        self._asked = None if encoding is None else encoding.lower()
        self.encoding = self._asked or "utf-8"

    def __iter__(self) -> Iterator[str]:
        number = 0
        try:
            with _unpacked(self.path) as raw:
                self.encoding = self._found(raw)
                stream = io.TextIOWrapper(raw, encoding=self.encoding, newline="")
                while line := stream.readline(MAX_LINE + 1):
                    number += 1
                    self._check(line, number)
                    yield line
        except UnicodeDecodeError as error:
            raise self._undecodable(error, number + 1) from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            problem = f"the compressed file is cut short or broken ({error})"
            raise DataError.at(self.path, number + 1, problem, "Get the file anew.") from error
        except OSError as error:
            problem = f"cannot be read ({error.strerror or error})"
            raise DataError.at(self.path, None, problem, "Check the path and its permissions.") from error

    def _found(self, raw: io.BufferedReader) -> str:
        """The encoding to read in; a byte order mark goes before what was asked for."""
        head = raw.peek(4)[:4]
        if head[:2] == b"PK" and head[2:4] in (b"\x03\x04", b"\x05\x06"):
            problem = "is a zip archive or an Excel workbook, not a text table"
            mend = "Unpack it, or save the sheet as CSV (UTF-8)."
            raise DataError.at(self.path, None, problem, mend)
        marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
        return marked or self.encoding

    def _check(self, line: str, number: int) -> None:
        if len(line) > MAX_LINE:
            problem = f"the line has more than {MAX_LINE:,} characters"
            raise DataError.at(self.path, number, problem, "Shorten it, or break it into lines.")
        if "\0" in line:
            mend = "Take it out; if the file is UTF-16 without a mark, say --encoding utf-16-le."
            raise DataError.at(self.path, number, "holds a NUL byte", mend)

    def _undecodable(self, error: UnicodeDecodeError, line: int) -> DataError:
        """Which line and byte is no text, and what to try."""
        byte = f"byte {error.object[error.start]:#04x}"
        if self.encoding.startswith("utf-8"):
            line, byte = self._bad_line(line, byte)
        mend = (
            "Save the file as UTF-8, or say --encoding cp1252 if it comes from Windows or Excel."
            if self._asked is None
            else "Say the encoding it has with --encoding, or save it as UTF-8."
        )
        name = self.encoding.removesuffix("-sig").upper()
        return DataError.at(self.path, line, f"is not {name} text ({byte})", mend)

    def _bad_line(self, line: int, byte: str) -> tuple[int, str]:
        """The first line that is not UTF-8, and its byte: text is decoded ahead of the line that is read."""
        with _unpacked(self.path) as raw:
            for number, bytes_of_line in enumerate(iter(lambda: raw.readline(4 * MAX_LINE), b""), start=1):
                try:
                    bytes_of_line.decode("utf-8")
                except UnicodeDecodeError as error:
                    return number, f"byte {bytes_of_line[error.start]:#04x} at {error.start + 1} of the line"
        return line, byte


class _Bounded(io.RawIOBase):
    """A stream that ends in ``DataError`` beyond ``limit`` bytes: what a small archive unpacks to has no bound."""

    def __init__(self, stream: io.BufferedIOBase, path: Path, limit: int) -> None:
        self._stream, self._path, self._limit, self._left = stream, path, limit, limit

    def readable(self) -> bool:
        return True

    # Called with a memoryview by BufferedReader; the type of any buffer has no length.
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(min(len(buffer), 1 << 16))
        self._left -= len(data)
        if self._left < 0:
            problem = f"holds more than {self._limit:,} bytes"
            raise DataError.at(self._path, None, problem, "Cut it into pieces, or leave columns out.")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _unpacked(path: Path) -> io.BufferedReader:
    """The bytes of a plain or gzip file, bounded."""
    with path.open("rb") as probe:
        packed = probe.read(2) == b"\x1f\x8b"
    limit = min(MAX_BYTES, max(MIN_UNPACKED, MAX_RATIO * path.stat().st_size)) if packed else MAX_BYTES
    stream: io.BufferedIOBase = gzip.GzipFile(path, "rb") if packed else path.open("rb")
    return io.BufferedReader(_Bounded(stream, path, limit), 1 << 16)

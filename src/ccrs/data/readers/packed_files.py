"""Files of a release in a folder, plain or compressed with gzip."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccrs.core.errors import DataError

MAX_BYTES = 512 * 2**20
"""No file of the releases that are read comes near this size unpacked."""

_GZIP_MAGIC = b"\x1f\x8b"
_BROKEN = "Fetch the file again."


@dataclass(frozen=True)
class PackedFile:
    """One file: its path (for messages) and what is in it, unpacked."""

    path: Path
    data: bytes

    def lines(self) -> Iterator[bytes]:
        """Its lines, one at a time, without a byte order mark."""
        yield from io.BytesIO(self.data.removeprefix(b"\xef\xbb\xbf"))

    def text(self) -> str:
        """All of it as text; raises ``DataError`` where it is not UTF-8."""
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            problem = f"is not UTF-8 text (byte {self.data[error.start]:#04x})"
            raise DataError.at(self.path, line, problem, "Save the file as UTF-8.") from None

    def json(self) -> Any:
        """All of it as one JSON value; raises ``DataError`` where it is none."""
        try:
            return json.loads(self.text())
        except json.JSONDecodeError as error:
            raise DataError.at(
                self.path, error.lineno, f"is not valid JSON ({error.msg} at column {error.colno})", _BROKEN
            ) from None
        except (ValueError, RecursionError) as error:
            raise DataError.at(self.path, None, f"cannot be read as JSON ({error})", _BROKEN) from None


def find_packed(folder: Path, name: str) -> Path | None:
    """The plain or compressed file ``name`` of a folder, if there is one."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def find_folder(source: Path, names: Sequence[str]) -> Path | None:
    """The folder that holds all ``names`` (plain or compressed): ``source`` itself or one below it, two deep.

    Raises ``DataError`` where ``source`` is no folder that can be read.
    """
    if not source.is_dir():
        problem = "is not a folder" if source.exists() else "there is no such folder"
        raise DataError.at(source, None, problem, "Give the folder with the files (unpack a zip first).")
    try:
        nearest = sorted(path for path in source.iterdir() if path.is_dir())
        further = sorted(path for folder in nearest for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise DataError.at(source, None, problem, "Check its permissions.") from error
    for folder in (source, *nearest, *further):
        if all(find_packed(folder, name) for name in names):
            return folder
    return None


def read_packed(folder: Path, name: str) -> PackedFile:
    """The file ``name`` of a folder; raises ``DataError`` where it is missing, broken or far too large."""
    path = find_packed(folder, name)
    if path is None:
        raise DataError.at(folder, None, f"holds neither {name} nor {name}.gz", "Put the file there.")
    try:
        with path.open("rb") as probe:
            packed = probe.read(2) == _GZIP_MAGIC
        with gzip.open(path, "rb") if packed else path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError.at(
            path, None, f"the compressed file is cut short or broken ({error})", _BROKEN
        ) from error
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise DataError.at(path, None, problem, "Check the path and its permissions.") from error
    if len(data) > MAX_BYTES:
        problem = f"holds more than {MAX_BYTES // 2**20} MiB, far more than any release"
        raise DataError.at(path, None, problem, _BROKEN)
    return PackedFile(path, data)

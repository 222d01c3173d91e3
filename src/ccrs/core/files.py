"""Writing to disk so that nothing is ever half there, and checking what was written."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ccrs.core.errors import DataError


def sha256(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its name when the block ends well.

    Raises ``DataError`` when the disk refuses (full, read-only); the old file then still stands.
    """
    with _refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        with _refusals(path):
            yield temporary
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            temporary.chmod(0o666 & ~_umask())  # mkstemp lets the owner alone read
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(folder: Path, *, marker: str) -> Iterator[Path]:
    """A temporary folder beside ``folder`` that takes its place when the block ends well.

    An existing ``folder`` is replaced only if it is empty or holds ``marker`` (so that it is one
    of ours); otherwise ``DataError`` is raised and nothing is touched.
    """
    if folder.exists() and (
        not folder.is_dir() or (any(folder.iterdir()) and not (folder / marker).exists())
    ):
        raise DataError(
            f"{folder}: is there already and is not ours to replace (no {marker}). Choose another folder."
        )
    with _refusals(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    old = temporary.with_name(temporary.name + ".old")
    try:
        with _refusals(folder):
            yield temporary
            temporary.chmod(0o777 & ~_umask())
            if folder.exists():
                folder.replace(old)
            temporary.replace(folder)
    finally:
        if old.exists() and not folder.exists():  # stopped between the two renames
            old.replace(folder)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into an error a person can act on."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{path}: could not be written ({error.strerror or error}). "
            "Free space or choose another folder; nothing was changed."
        ) from error


def _umask() -> int:
    """The permissions the user's files are made without."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, all or nothing."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file; raises ``DataError`` naming file and line when it is missing or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text. Save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise DataError.at(
            path, error.lineno, f"is not valid JSON ({error.msg})", "Mend the file or make it anew"
        ) from error
    except (RecursionError, ValueError) as error:  # nested too deeply, a number of thousands of digits
        raise DataError(f"{path}: is not JSON that can be read ({error}). Make it anew.") from error

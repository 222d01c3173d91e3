"""The files of a downloaded release, from a folder or a zip, possibly one folder deep."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from ccrs.core.errors import DataError
from ccrs.core.files import sha256

Folder = TypeVar("Folder", Path, PurePosixPath)


@dataclass(frozen=True)
class ReleaseFiles:
    """What was found: ``contents`` and ``places`` (for error messages) by file name.

    ``sources`` are the SHA-256 of the files by name, and of the zip itself where there is one.
    """

    contents: dict[str, bytes]
    places: dict[str, str]
    sources: dict[str, str]


def read_release_files(source: Path, names: Sequence[str]) -> ReleaseFiles:
    """Read the named files of a release; raises ``DataError`` where one is missing or damaged."""
    try:
        if source.is_dir():
            return _from_folder(source, names)
        with source.open("rb"):  # tells a missing file from one that is not a zip
            pass
        return _from_zip(source, names)
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else source
        raise DataError.at(
            place, None, f"cannot be read ({error.strerror or error})", "Check the path and its permissions."
        ) from error


def _from_folder(source: Path, names: Sequence[str]) -> ReleaseFiles:
    folders = [source, *sorted(path for path in source.iterdir() if path.is_dir())]
    found = {folder: [name for name in names if (folder / name).is_file()] for folder in folders}
    folder = _fullest(found, names, source)
    contents = {name: (folder / name).read_bytes() for name in names}
    return ReleaseFiles(contents, {name: str(folder / name) for name in names}, _hashes(contents))


def _from_zip(source: Path, names: Sequence[str]) -> ReleaseFiles:
    damaged = "Get the file anew (an interrupted download leaves a damaged zip)."
    try:
        with zipfile.ZipFile(source) as archive:
            found = _folders_of(archive.namelist(), names)
            folder = _fullest(found, names, source)
            contents = {name: archive.read(str(folder / name)) for name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        raise DataError.at(source, None, f"is not a whole zip file ({error})", damaged) from error
    # What zipfile raises for a password, an unknown method, a size that cannot be.
    except (RuntimeError, NotImplementedError, ValueError, OverflowError) as error:
        raise DataError.at(source, None, f"cannot be unpacked ({error})", damaged) from error
    places = {name: f"{source}/{folder / name}" for name in names}
    return ReleaseFiles(contents, places, {source.name: sha256(source)} | _hashes(contents))


def _folders_of(members: Iterable[str], names: Sequence[str]) -> dict[PurePosixPath, list[str]]:
    """The wanted names by folder of the zip, outermost first."""
    folders: dict[PurePosixPath, list[str]] = {PurePosixPath(): []}
    for member in members:
        path = PurePosixPath(member)
        if path.name in names and str(path) == member and len(path.parts) <= 2:
            folders.setdefault(path.parent, []).append(path.name)
    return dict(sorted(folders.items()))


def _fullest(found: dict[Folder, list[str]], names: Sequence[str], source: Path) -> Folder:
    """The first folder that holds all names; otherwise ``DataError`` telling what is missing."""
    for folder, here in found.items():
        if set(here) == set(names):
            return folder
    most = max(found.values(), key=len)
    missing = ", ".join(name for name in names if name not in most)
    raise DataError.at(
        source, None, f"{missing} not found", f"Give the folder or zip that holds {', '.join(names)}."
    )


def _hashes(contents: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}

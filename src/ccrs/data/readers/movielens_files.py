"""The files of a MovieLens release: from its zip, its folder, or a wheel that holds the atomic form."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from ccrs.core.errors import DataError
from ccrs.core.files import sha256

Form = Literal["ml-100k", "ml-1m", "atomic"]
MAX_BYTES = 512 * 2**20
"""No file of the releases that are read comes near this size."""

# Of the official releases by name, of the atomic form by ending. The last ones may be missing.
_FORMS: dict[Form, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ml-100k": (("u.data", "u.item", "u.genre"), ()),
    "ml-1m": (("ratings.dat", "movies.dat"), ()),
    "atomic": ((".inter", ".item"), (".kg", ".link")),
}
_DAMAGED = "Get the file anew (an interrupted download leaves a damaged zip)."
_WANTED = "Give the zip or folder of ml-100k or ml-1m, or what holds .inter and .item files."


@dataclass(frozen=True)
class MovieLensFile:
    """One file: where it stands (for messages) and what is in it."""

    place: str
    data: bytes

    def lines(self, encoding: Literal["utf-8", "latin-1"]) -> list[str]:
        """Its lines without their ends; raises ``DataError`` for bytes that are no such text.

        Of latin-1, in which any bytes are text, what is UTF-8 is read as such: copies are often saved anew.
        """
        data = self.data
        if b"\0" in data or data.startswith((b"\xff\xfe", b"\xfe\xff")):
            line = data[: data.find(b"\0")].count(b"\n") + 1
            mend = f"Save it as {encoding}, or get the release anew."
            raise DataError.at(self.place, line, "is no text in the encoding of the release (UTF-16?)", mend)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            if encoding == "utf-8":
                line = data[: error.start].count(b"\n") + 1
                raise DataError.at(self.place, line, "is not UTF-8 text", "Save it as UTF-8.") from error
            text = data.decode("latin-1")
        return [line.rstrip("\r") for line in text.split("\n")]  # a title may hold other line ends


@dataclass(frozen=True)
class MovieLensFiles:
    """The files by their name in ``_FORMS``, and the SHA-256 of all that was read."""

    form: Form
    files: dict[str, MovieLensFile]
    sources: dict[str, str]


def find_movielens(source: Path) -> MovieLensFiles:
    """The files of the release in ``source``; raises ``DataError`` where they are missing or damaged."""
    try:
        if source.is_dir():
            paths = {str(path.relative_to(source).as_posix()): path for path in _files_under(source)}
            form, names = _choose(paths, source)
            found = {key: _read_file(paths[name]) for key, name in names.items()}
            return MovieLensFiles(form, found, _hashes(found))
        with source.open("rb"):  # tells a missing file from one that is no zip
            pass
        return _from_zip(source)
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else source
        problem = f"cannot be read ({error.strerror or error})"
        raise DataError.at(place, None, problem, "Check the path and its permissions.") from error


def _files_under(folder: Path) -> list[Path]:
    """The files of a folder and of the folders in it."""
    return sorted(p for pattern in ("*", "*/*") for p in folder.glob(pattern) if p.is_file())


def _read_file(path: Path) -> MovieLensFile:
    _check_size(str(path), path.stat().st_size)
    return MovieLensFile(str(path), path.read_bytes())


def _from_zip(source: Path) -> MovieLensFiles:
    try:
        with zipfile.ZipFile(source) as archive:
            members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            for name in members:
                _check_inside(source, name)
            form, names = _choose(members, source)
            for name in names.values():
                _check_size(f"{source}/{name}", members[name].file_size)
            read: Callable[[str], bytes] = archive.read
            found = {key: MovieLensFile(f"{source}/{name}", read(name)) for key, name in names.items()}
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        raise DataError.at(source, None, f"is not a whole zip file ({error})", _DAMAGED) from error
    # What zipfile raises for a password, an unknown method, a size that cannot be.
    except (RuntimeError, NotImplementedError, ValueError, OverflowError) as error:
        raise DataError.at(source, None, f"cannot be unpacked ({error})", _DAMAGED) from error
    return MovieLensFiles(form, found, {source.name: sha256(source)} | _hashes(found))


def _check_inside(source: Path, name: str) -> None:
    """Nothing is unpacked to disk; a name that climbs out still tells of a zip that is not the release."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise DataError.at(source, None, f"holds {name!r}, a path that leads out of the zip", _DAMAGED)


def _check_size(place: str, size: int) -> None:
    if size > MAX_BYTES:
        problem = f"has {size:,} bytes, more than the {MAX_BYTES:,} that are read"
        raise DataError.at(place, None, problem, "Give ml-100k or ml-1m; larger releases are not read.")


def _choose(names: Iterable[str], source: Path) -> tuple[Form, dict[str, str]]:
    """The form of the release and the name of each of its files; the outermost folder that holds all."""
    by_folder: dict[PurePosixPath, list[str]] = {}
    for name in names:
        by_folder.setdefault(PurePosixPath(name).parent, []).append(name)
    missing: list[str] = []
    for folder in sorted(by_folder, key=lambda path: (len(path.parts), str(path))):
        for form, (needed, optional) in _FORMS.items():
            found: dict[str, str] = {}
            for key in (*needed, *optional):
                fits = [n for n in by_folder[folder] if _fits(PurePosixPath(n).name, key)]
                if len(fits) > 1:
                    raise DataError.at(source, None, f"holds {fits[0]} and {fits[1]}", "Leave one of them.")
                if fits:
                    found[key] = fits[0]
            if all(key in found for key in needed):
                return form, found
            if found and not missing:
                missing = [key for key in needed if key not in found]
    raise DataError.at(source, None, f"{', '.join(missing) or 'a release'} not found", _WANTED)


def _fits(name: str, key: str) -> bool:
    """Whether a file of this name is the wanted one: by its whole name, or by its ending."""
    return name.endswith(key) and name != key if key in (".inter", ".item", ".kg", ".link") else name == key


def _hashes(files: dict[str, MovieLensFile]) -> dict[str, str]:
    return {PurePosixPath(f.place).name: hashlib.sha256(f.data).hexdigest() for f in files.values()}

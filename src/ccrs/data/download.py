"""Fetching the raw data from where its authors publish it; nothing here runs unless asked for."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ccrs.core.errors import DataError
from ccrs.core.files import sha256

TIMEOUT = 30.0  # seconds without a byte
BLOCK = 1 << 16

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes there will be, where the server tells."""


@dataclass(frozen=True)
class SourceFile:
    """A published file. ``sha256`` is ``None`` where no checksum of it is known."""

    file: str
    url: str
    sha256: str | None = None

    @property
    def checksum_note(self) -> str:
        """What the checksum of a downloaded file is worth."""
        if self.sha256 is None:
            return "No checksum of this file is published: keep the one printed here as your own record."
        return "The checksum is the expected one."


@dataclass(frozen=True)
class Source:
    """A published data set: its files, and under which licence and where they are published."""

    name: str
    files: tuple[SourceFile, ...]
    licence: str
    home: str

    def folder(self, out: Path) -> Path:
        """Where its files go: several have a folder of their own, named after the source."""
        return out if len(self.files) == 1 else out / self.name

    def addresses(self, url: str | None) -> list[str]:
        """Where to get its files; ``url`` replaces the address of the only file, or of the folder of several."""
        if url is None:
            return [file.url for file in self.files]
        if len(self.files) == 1:
            return [url]
        if not url.endswith("/"):
            names = ", ".join(file.file for file in self.files)
            raise DataError(
                f"--url {url!r}: {self.name} is {len(self.files)} files ({names}). "
                "Give the address of the folder that holds them, ending with /."
            )
        return [url + file.file for file in self.files]


def _files(folder: str, *names: str) -> tuple[SourceFile, ...]:
    return tuple(SourceFile(name.rpartition("/")[2], folder + name) for name in names)


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            name="redial",
            files=_files("https://github.com/ReDialData/website/raw/data/", "redial_dataset.zip"),
            licence="CC BY 4.0",
            home="https://redialdata.github.io/website/",
        ),
        Source(
            name="inspired",
            files=_files(
                "https://github.com/sweetpeach/Inspired/raw/master/data/",
                "dialog_data/train.tsv",
                "dialog_data/dev.tsv",
                "dialog_data/test.tsv",
                "movie_database.tsv",
            ),
            licence="none stated by the authors: ask them before you pass it on",
            home="https://github.com/sweetpeach/Inspired",
        ),
        Source(
            name="opendialkg",
            files=_files(
                "https://github.com/facebookresearch/opendialkg/raw/main/data/",
                "opendialkg.csv",
                "opendialkg_triples.txt",
            ),
            licence="CC BY-NC 4.0: not for commercial use",
            home="https://github.com/facebookresearch/opendialkg",
        ),
    )
}


def download(
    name: str,
    out: Path,
    *,
    url: str | None = None,
    progress: Progress | None = None,
    announce: Callable[[SourceFile], None] | None = None,
) -> tuple[Path, ...]:
    """Fetch a source of ``SOURCES`` into the folder ``out``; returns the paths of its files.

    ``url`` (http, https or file) replaces the listed address; of several files that of their folder, with a / at its
    end. A file that is there already is checked and kept. While one is fetched its data stand in ``<file>.part``; a
    later call goes on from there where the server can, and begins again where it cannot. ``announce`` is told of each
    file before it is fetched.

    Raises ``DataError`` when the name is unknown, the address is gone or does not answer, the
    connection breaks, the disk refuses, or what came is not the file.
    """
    if name not in SOURCES:
        raise DataError(f"There is no source {name!r}. Known: {', '.join(sorted(SOURCES))}.")
    source = SOURCES[name]
    addresses = source.addresses(url)
    if addresses[0].partition("://")[0].lower() not in ("http", "https", "file"):
        raise DataError(f"--url {url!r}: is not an address. It must begin with https://, http:// or file://.")
    folder = source.folder(out)
    paths = []
    for file, address in zip(source.files, addresses, strict=True):
        if announce is not None:
            announce(file)
        paths.append(_download_file(source, file, address, folder, progress or (lambda done, total: None)))
    return tuple(paths)


def _download_file(source: Source, file: SourceFile, address: str, folder: Path, progress: Progress) -> Path:
    """One file of a source: kept, gone on with, or fetched."""
    target = folder / file.file
    part = target.with_name(target.name + ".part")
    try:
        if target.exists():
            _check(target, source, file, address)
            return target
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(address, part, progress)
        _check(part, source, file, address)
        part.replace(target)
        _tag_file(part).unlink(missing_ok=True)
    except OSError as error:  # those of the network are DataErrors already
        raise DataError(
            f"{target}: could not be written ({error.strerror or error}). "
            "Free space or choose another folder, then run the command again."
        ) from error
    return target


def _fetch(address: str, part: Path, progress: Progress) -> None:
    """Bring ``part`` to its full length, going on from what it holds if the server agrees."""
    tag_file = _tag_file(part)
    tag = tag_file.read_text(encoding="utf-8", errors="replace") if tag_file.exists() else ""
    known_address, _, version = tag.partition("\n")
    done = part.stat().st_size if part.exists() and known_address == address else 0
    with _open(address, done, version) as response:
        begun = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if done and not (response.status == http.client.PARTIAL_CONTENT and begun and int(begun[1]) == done):
            done = 0  # the server sends everything, so what we have is written over
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        version = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        with part.open("ab" if done else "wb") as stream:
            # Written after the old part is emptied: a new tag never stands beside old bytes.
            tag_file.write_text(f"{address}\n{version}", encoding="utf-8")
            progress(done, total)
            while block := _read(response, address, done):
                stream.write(block)
                done += len(block)
                progress(done, total)
    if total is not None and done < total:
        raise _broken_off(address, done, f"{total - done:,} bytes are missing")


def _open(address: str, done: int, version: str) -> http.client.HTTPResponse:
    """Ask for the file from byte ``done`` on, if it is still of that version."""
    headers = {"User-Agent": "ccrs"}
    if done:
        headers["Range"] = f"bytes={done}-"
        if version and not version.startswith("W/"):  # a weak tag does not vouch for the bytes
            headers["If-Range"] = version
    try:
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - scheme checked in download
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310 - as above
    except urllib.error.HTTPError as error:
        error.close()
        if done and error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _open(address, 0, "")
        raise _gone(address, f"answers {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _gone(address, f"cannot be reached ({getattr(error, 'reason', None) or error})") from error
    return response


def _read(response: IO[bytes], address: str, done: int) -> bytes:
    """The next block; a break of the connection is a ``DataError``."""
    try:
        return response.read(BLOCK)
    except (OSError, http.client.HTTPException) as error:
        raise _broken_off(address, done, str(error) or type(error).__name__) from error


def _check(path: Path, source: Source, file: SourceFile, address: str) -> None:
    """Raise ``DataError`` unless the file is what was asked for; a wrong ``.part`` is removed."""
    problem = ""
    if file.sha256 is not None and (found := sha256(path)) != file.sha256:
        problem = f"has the SHA-256 {found}, not {file.sha256}"
    elif file.file.endswith(".zip") and not zipfile.is_zipfile(path):
        problem = f"came from {address} but is not a zip file"
    elif not file.file.endswith(".zip") and (kind := _other_than_text(path)):
        problem = f"came from {address} but is {kind}"
    if not problem:
        return
    mend = "Remove the file and run the command again."
    if path.suffix == ".part":
        path.unlink()
        _tag_file(path).unlink(missing_ok=True)
        mend = f"Try again, or name another address with --url. See {source.home}"
    raise DataError.at(path, None, problem, mend)


def _other_than_text(path: Path) -> str:
    """What a table of text is not: nothing, a web page, or a note that the file is kept elsewhere."""
    with path.open("rb") as stream:
        head = stream.read(BLOCK).lstrip().lower()
    if not head:
        return "empty"
    if head.startswith((b"<!doctype", b"<html")):
        return "a web page"
    return "a pointer to the file (Git LFS)" if head.startswith(b"version https://git-lfs") else ""


def _tag_file(part: Path) -> Path:
    """Where the address and version of a ``.part`` file are kept."""
    return part.with_name(part.name + ".from")


def _gone(address: str, problem: str) -> DataError:
    mend = "Check the network, or name another address (http, https or file) with --url."
    return DataError(f"{address}: {problem}. {mend}")


def _broken_off(address: str, done: int, problem: str) -> DataError:
    mend = "Run the command again: it goes on from there."
    return DataError(f"{address}: the connection broke off after {done:,} bytes ({problem}). {mend}")

"""Downloads from a server on this very machine: whole, resumed, restarted, refused, broken off."""

from __future__ import annotations

import dataclasses
import hashlib
import http.server
import io
import re
import socket
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import ccrs.data.download as download_module
from ccrs.core.errors import DataError
from ccrs.data.download import SOURCES, download


def make_zip(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("train_data.jsonl", text * 40_000)
    return buffer.getvalue()


CONTENT = make_zip("hello ")


class FileServer(http.server.ThreadingHTTPServer):
    """Serves ``content`` for every path; what it does and saw is in its fields."""

    daemon_threads = True
    content = CONTENT
    etag = '"one"'
    status = 200  # another status refuses
    ranges = True  # whether Range is obeyed
    break_after: int | None = None  # how many bytes are sent before the connection closes
    announces_length = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/redial.zip"


class Handler(http.server.BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server = self.server
        wanted = self.headers["Range"]
        server.seen.append(wanted)
        if server.status != 200:
            self.send_error(server.status)
            return
        begin = 0
        condition = self.headers["If-Range"]
        if wanted and server.ranges and condition in (None, server.etag):
            match = re.fullmatch(r"bytes=(\d+)-", wanted)
            assert match is not None
            begin = int(match[1])
        if begin and begin >= len(server.content):
            self.send_error(416)
            return
        body = server.content[begin:]
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header(
                "Content-Range", f"bytes {begin}-{len(server.content) - 1}/{len(server.content)}"
            )
        if server.announces_length:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", server.etag)
        self.end_headers()
        self.wfile.write(body[: server.break_after])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet."""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def broken_off(server: FileServer, out: Path, after: int = 100_000) -> None:
    """A download that broke off after some bytes."""
    server.break_after = after
    with pytest.raises(
        DataError, match=f"broke off after {after:,} bytes .* Run the command again: it goes on"
    ):
        download("redial", out, url=server.url)
    server.break_after = None
    assert names(out) == ["redial_dataset.zip.part", "redial_dataset.zip.part.from"]


def test_a_file_is_fetched_with_progress(server: FileServer, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    (path,) = download(
        "redial", tmp_path / "raw", url=server.url, progress=lambda *numbers: told.append(numbers)
    )
    assert path == tmp_path / "raw" / "redial_dataset.zip"
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["redial_dataset.zip"]
    assert (told[0], told[-1]) == ((0, len(CONTENT)), (len(CONTENT), len(CONTENT)))
    assert told == sorted(told)


def test_an_unannounced_length_is_no_hindrance(server: FileServer, tmp_path: Path) -> None:
    server.announces_length = False
    assert download("redial", tmp_path, url=server.url)[0].read_bytes() == CONTENT


def test_a_file_address_works_too(tmp_path: Path) -> None:
    (tmp_path / "mirror.zip").write_bytes(CONTENT)
    (path,) = download("redial", tmp_path / "raw", url=(tmp_path / "mirror.zip").as_uri())
    assert path.read_bytes() == CONTENT


def test_a_download_that_broke_off_is_resumed(server: FileServer, tmp_path: Path) -> None:
    broken_off(server, tmp_path)
    told: list[int] = []
    (path,) = download("redial", tmp_path, url=server.url, progress=lambda done, total: told.append(done))
    assert path.read_bytes() == CONTENT
    assert server.seen == [None, "bytes=100000-"]
    assert told[0] == 100_000
    assert names(tmp_path) == ["redial_dataset.zip"]


def test_a_server_without_ranges_starts_over(server: FileServer, tmp_path: Path) -> None:
    server.ranges = False
    broken_off(server, tmp_path)
    assert download("redial", tmp_path, url=server.url)[0].read_bytes() == CONTENT
    assert server.seen == [None, "bytes=100000-"]


def test_a_file_that_changed_meanwhile_starts_over(server: FileServer, tmp_path: Path) -> None:
    broken_off(server, tmp_path)
    server.content, server.etag = make_zip("other "), '"two"'
    assert download("redial", tmp_path, url=server.url)[0].read_bytes() == server.content


def test_another_address_starts_over(server: FileServer, tmp_path: Path) -> None:
    broken_off(server, tmp_path)
    assert download("redial", tmp_path, url=server.url + "?mirror")[0].read_bytes() == CONTENT
    assert server.seen == [None, None]


def test_a_part_that_is_too_long_starts_over(server: FileServer, tmp_path: Path) -> None:
    broken_off(server, tmp_path)
    (tmp_path / "redial_dataset.zip.part").write_bytes(CONTENT + b"more")
    assert download("redial", tmp_path, url=server.url)[0].read_bytes() == CONTENT
    assert server.seen == [None, f"bytes={len(CONTENT) + 4}-", None]


def test_a_file_that_is_there_is_not_fetched_again(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "redial_dataset.zip").write_bytes(CONTENT)
    assert download("redial", tmp_path, url=server.url) == (tmp_path / "redial_dataset.zip",)
    assert server.seen == []
    (tmp_path / "redial_dataset.zip").write_bytes(b"junk")
    with pytest.raises(DataError, match=r"is not a zip file\. Remove the file"):
        download("redial", tmp_path, url=server.url)
    assert (tmp_path / "redial_dataset.zip").read_bytes() == b"junk"


@pytest.mark.parametrize(("status", "words"), [(404, "answers 404 Not Found"), (503, "answers 503")])
def test_an_address_that_is_gone_is_named(
    server: FileServer, tmp_path: Path, status: int, words: str
) -> None:
    server.status = status
    with pytest.raises(DataError, match=words) as caught:
        download("redial", tmp_path, url=server.url)
    assert server.url in str(caught.value)
    assert "--url" in str(caught.value)
    assert names(tmp_path) == []


def test_no_network_is_named(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/a.zip"
    with pytest.raises(DataError, match=rf"{url}: cannot be reached \(.*refused.*--url"):
        download("redial", tmp_path, url=url)
    missing = (tmp_path / "missing.zip").as_uri()
    with pytest.raises(DataError, match=f"{missing}: cannot be reached"):
        download("redial", tmp_path, url=missing)


def test_a_server_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a.zip"
        with pytest.raises(DataError, match=rf"{url}: cannot be reached \(.*timed out"):
            download("redial", tmp_path, url=url)


@pytest.mark.parametrize("url", ["ftp://host/a", "redial.zip", "/etc/passwd", "data:text/plain,x"])
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(DataError, match="must begin with https://, http:// or file://"):
        download("redial", tmp_path, url=url)


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:port/", "http://127.0.0.1/a b\n", "http://"])
def test_an_address_that_is_none_is_named(tmp_path: Path, url: str) -> None:
    with pytest.raises(DataError, match="cannot be reached"):
        download("redial", tmp_path, url=url)


def test_an_unknown_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no source 'reddit'\. Known: inspired, opendialkg, redial\."):
        download("reddit", tmp_path)


def test_a_page_instead_of_the_file_is_refused(server: FileServer, tmp_path: Path) -> None:
    server.content = b"<html>please log in</html>"
    with pytest.raises(DataError, match=r"is not a zip file\. Try again, or name another address with --url"):
        download("redial", tmp_path, url=server.url)
    assert names(tmp_path) == []


def test_a_known_checksum_is_checked(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = hashlib.sha256(CONTENT).hexdigest()
    file = dataclasses.replace(SOURCES["redial"].files[0], sha256=right)
    known = dataclasses.replace(SOURCES["redial"], files=(file,))
    monkeypatch.setitem(SOURCES, "redial", known)
    assert download("redial", tmp_path / "a", url=server.url)[0].exists()
    server.content = make_zip("forged")
    with pytest.raises(DataError, match=f"has the SHA-256 .*, not {right}"):
        download("redial", tmp_path / "b", url=server.url)
    assert names(tmp_path / "b") == []


def test_a_folder_that_cannot_be_made_is_named(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"redial_dataset\.zip: could not be written"):
        download("redial", tmp_path / "file" / "raw", url=server.url)


def test_several_files_are_fetched_into_a_folder_of_their_own(server: FileServer, tmp_path: Path) -> None:
    server.content = b"Messages,User Rating,Assistant Rating\n"
    announced: list[str] = []
    folder = server.url.removesuffix("redial.zip")
    paths = download("opendialkg", tmp_path, url=folder, announce=lambda file: announced.append(file.file))
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "opendialkg/opendialkg.csv",
        "opendialkg/opendialkg_triples.txt",
    ]
    assert announced == ["opendialkg.csv", "opendialkg_triples.txt"]
    assert names(tmp_path / "opendialkg") == announced
    assert len(server.seen) == 2
    download("opendialkg", tmp_path, url=folder)
    assert len(server.seen) == 2  # what is there is kept


def test_each_of_several_files_is_resumed(server: FileServer, tmp_path: Path) -> None:
    server.content = b"a\tb\tc\n" * 40_000
    server.break_after = 100_000
    folder = server.url.removesuffix("redial.zip")
    with pytest.raises(DataError, match="broke off after 100,000 bytes"):
        download("opendialkg", tmp_path, url=folder)
    server.break_after = None
    first, second = download("opendialkg", tmp_path, url=folder)
    assert first.read_bytes() == second.read_bytes() == server.content
    assert server.seen == [None, "bytes=100000-", None]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\n<!DOCTYPE html><html>log in</html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_table_is_refused(server: FileServer, tmp_path: Path, content: bytes, words: str) -> None:
    server.content = content
    with pytest.raises(DataError, match=words):
        download("inspired", tmp_path, url=server.url.removesuffix("redial.zip"))
    assert names(tmp_path / "inspired") == []


def test_a_mirror_of_several_files_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"inspired is 4 files \(train\.tsv, .*ending with /"):
        download("inspired", tmp_path, url="https://mirror.example/train.tsv")


def test_the_table_tells_what_a_user_must_know() -> None:
    source = SOURCES["redial"]
    assert source.licence == "CC BY 4.0"
    (file,) = source.files
    assert file.url == "https://github.com/ReDialData/website/raw/data/redial_dataset.zip"
    assert file.sha256 is None
    assert "your own record" in file.checksum_note
    assert "none stated" in SOURCES["inspired"].licence
    assert [one.file for one in SOURCES["inspired"].files] == [
        "train.tsv",
        "dev.tsv",
        "test.tsv",
        "movie_database.tsv",
    ]
    assert "not for commercial use" in SOURCES["opendialkg"].licence

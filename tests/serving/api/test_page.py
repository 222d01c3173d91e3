"""The static page is served with exact types, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI

from ccrs.serving import api
from ccrs.serving.api.answers import add_error_answers
from ccrs.serving.api.page import TYPES, page_router
from tests.fixtures.fake_service import FakeService, FakeStore
from tests.serving.api.asking import Asked, asked, problem

WEB = Path(api.__file__).parents[1] / "web"


@pytest.fixture
def ask(tmp_path: Path) -> Asked:
    folder = tmp_path / "web"
    folder.mkdir()
    for name in ("index.html", "app.js", "style.css", "icon.svg", "notes.py", ".hidden.js", "a.b-c.js"):
        (folder / name).write_text(f"this is {name}")
    (folder / "folder.js").mkdir()
    (tmp_path / "outside.js").write_text("secret")
    app = FastAPI(redirect_slashes=False)
    app.include_router(page_router(folder))
    add_error_answers(app)
    return Asked(FakeService(), FakeStore(), app)


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/index.html", "index.html", "text/html; charset=utf-8"),
        ("/app.js", "app.js", "text/javascript; charset=utf-8"),
        ("/a.b-c.js", "a.b-c.js", "text/javascript; charset=utf-8"),
        ("/style.css", "style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "icon.svg", "image/svg+xml"),
    ],
)
def test_files_have_their_types(ask: Asked, path: str, name: str, kind: str) -> None:
    answer = ask("GET", path)
    assert (answer.status_code, answer.text) == (200, f"this is {name}")
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == "no-cache"
    head = ask("HEAD", path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])


@pytest.mark.parametrize(
    "path",
    ["/notes.py", "/.hidden.js", "/folder.js", "/..%2Foutside.js", "/%2e%2e/outside.js", "/..%5Coutside.js", "/none.js",
     "/app", "/app.js/", "/%2Fetc%2Fpasswd", "/app.js%0A", "/APP.JS"],
)  # fmt: skip
def test_nothing_else_is_served(ask: Asked, path: str) -> None:
    problem(ask("GET", path), 404, "not_found")


def test_what_the_browser_has_is_not_sent_again(ask: Asked) -> None:
    tag = ask("GET", "/app.js").headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = ask("GET", "/app.js", headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert ask("GET", "/app.js", headers={"if-none-match": '"other"'}).status_code == 200


def test_every_file_of_the_page_can_be_had() -> None:
    ask = asked()
    files = sorted(path.name for path in WEB.iterdir() if path.suffix[1:] in TYPES)
    assert "index.html" in files
    for name in files:
        assert ask("GET", f"/{name}").content == (WEB / name).read_bytes()

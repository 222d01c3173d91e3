"""A real browser on the real page; every test fails on a console error, a dialog event or a foreign request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.web.page_server import PageServer, serving

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT = 15_000  # milliseconds until an expectation fails; the machine may be busy


@dataclass
class Watched:
    """A page, and all that went wrong on it; ``expected`` are patterns of console errors that a test means."""

    page: Page
    server: PageServer
    expected: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)

    def open(self, place: str = "") -> Page:
        """Go to the page, with what stands after ``#``."""
        self.page.goto(f"{self.server.url}/#{place}" if place else f"{self.server.url}/")
        self.page.locator("section.column").first.wait_for()
        return self.page

    def say(self, text: str) -> None:
        """Type and send."""
        self.page.get_by_label("What you want to say").fill(text)
        self.page.keyboard.press("Enter")

    def unexpected(self) -> list[str]:
        """The faults that no pattern expects."""
        return [f for f in self.faults if not any(re.search(pattern, f) for pattern in self.expected)]


# One per file, not per session: a running playwright keeps an event loop that other tests' asyncio.run would meet.
@pytest.fixture(scope="module")
def browser_process() -> Iterator[Browser]:
    """Debian's chromium."""
    if not CHROMIUM.exists():
        pytest.skip(
            f"THE PAGE IS NOT TESTED: there is no {CHROMIUM}. Install it with: apt-get install chromium"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def one_server() -> Iterator[PageServer]:
    """A server without keys, for all tests of a file: making the app is what costs."""
    with serving() as made:
        yield made


@pytest.fixture
def server(one_server: PageServer) -> PageServer:
    """The server, as if just started."""
    one_server.service.reset()
    return one_server


@pytest.fixture
def watched(browser_process: Browser, server: PageServer) -> Iterator[Watched]:
    """A page of a fresh visitor on a desk, checked for faults at the end."""
    with watching(browser_process, server) as made:
        yield made


@pytest.fixture
def phone(browser_process: Browser, server: PageServer) -> Iterator[Watched]:
    """The same on a phone, 360 × 740."""
    with watching(browser_process, server, width=360, height=740, is_mobile=True) as made:
        yield made


@contextmanager
def watching(
    browser: Browser, server: PageServer, *, width: int = 1280, height: int = 860, is_mobile: bool = False
) -> Iterator[Watched]:
    """A page in light colours and without motion; leaving it fails when anything went wrong on it."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="light",
        reduced_motion="reduce",
        is_mobile=is_mobile,
        has_touch=is_mobile,
    )
    page = context.new_page()
    page.set_default_timeout(WAIT)
    expect.set_options(timeout=WAIT)
    watched = Watched(page, server)

    def console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            watched.faults.append(f"console {message.type}: {message.text}")

    def request(made: Request) -> None:
        if not made.url.startswith((server.url, "blob:", "data:")):
            watched.faults.append(f"request to another place: {made.url}")

    page.on("console", console)
    page.on("pageerror", lambda error: watched.faults.append(f"error in the page: {error}"))
    page.on("request", request)
    page.on("dialog", lambda dialog: (watched.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("popup", lambda popup: watched.faults.append(f"popup: {popup.url}"))
    page.add_init_script(
        "window.policyFaults = [];"
        "document.addEventListener('securitypolicyviolation', e => window.policyFaults.push(e.violatedDirective));"
    )
    try:
        yield watched
        violations = page.evaluate("window.policyFaults ?? []")
        assert watched.unexpected() + violations == []
    finally:
        context.close()

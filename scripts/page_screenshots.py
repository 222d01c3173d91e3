"""Renew the pictures of the chat page in docs/images, from a running server that has the demo's people.

    ccrs demo                    # in another terminal: ends in a server
    python scripts/page_screenshots.py http://127.0.0.1:8000

Needs Debian's chromium (``apt-get install chromium``). The conversations made for the pictures are deleted again.
"""

from __future__ import annotations

import argparse
import json
import re
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
MAX_BYTES = 150_000
WORDS = "I loved Heat (1995) and Catch Me If You Can (2002). What should I see next?"


@dataclass(frozen=True)
class Stage:
    """Where pictures are taken: the server, its demo people, the words said, and the folder to write to."""

    url: str
    users: tuple[str, str]
    words: str
    folder: Path


def stage_of(url: str, folder: Path, words: str | None) -> Stage:
    """Ask the server for its demo; raises SystemExit where it has none."""
    with urllib.request.urlopen(f"{url}/readyz", timeout=30) as answer:  # noqa: S310 - the address is the caller's
        demo = json.load(answer).get("demo") or {}
    names = [user["name"] for user in demo.get("users", [])]
    if len(names) < 2:
        raise SystemExit(f"{url}/readyz names no two people in 'demo'. Start the server with: ccrs demo")
    return Stage(url, (names[0], names[1]), words or demo.get("words") or WORDS, folder)


def opened(browser: Browser, stage: Stage, place: str, **look: Any) -> Page:
    """A page without motion, at a place (what stands after ``#``)."""
    context = browser.new_context(reduced_motion="reduce", locale="en-GB", **look)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{stage.url}/#{place}")
    page.locator("section.column").first.wait_for()
    return page


def say(page: Page, text: str) -> None:
    """Say it and wait until every column has answered."""
    columns = page.locator("section.column").count()
    before = page.locator(".why-button").count()
    page.get_by_label("What you want to say").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('.why-button').length >= n", arg=before + columns, timeout=60_000
    )


def keep(page: Page, stage: Stage, name: str) -> None:
    """Write the picture; raises SystemExit when it is too large to keep."""
    page.evaluate("document.activeElement?.blur()")
    page.wait_for_timeout(200)  # pictures and bars are drawn a moment after their data
    path = stage.folder / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as picture:
        # A palette is enough for a page, and a third of the bytes.
        few = picture.convert("RGB").quantize(128)
    few.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.name}: {size // 1000} kB")
    if size > MAX_BYTES:
        raise SystemExit(f"{path} has {size} bytes; at most {MAX_BYTES} are kept in the repository.")


def dialogues_in(page: Page) -> list[str]:
    """The ids in the page's address."""
    return re.findall(r"(?:dialogue|other)=([^&]+)", page.url)


def take_pictures(browser: Browser, stage: Stage) -> list[str]:
    """All pictures; returns the dialogues that were made for them."""
    first, second = stage.users
    desk: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
    page = opened(browser, stage, f"user={first}", color_scheme="light", **desk)
    keep(page, stage, "page-empty")
    say(page, stage.words)
    keep(page, stage, "page-light")
    place, made = page.url.partition("#")[2], dialogues_in(page)
    page.locator(".why-button").first.click()
    page.locator(".details summary").first.click()
    keep(page, stage, "page-why")
    page.get_by_role("button", name="What you know about me").click()
    page.locator(".profile .chart, .profile .quiet").first.wait_for()
    keep(page, stage, "page-profile")
    page = opened(browser, stage, place, color_scheme="dark", **desk)
    page.locator(".why-button").first.wait_for()
    keep(page, stage, "page-dark")
    phone: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
    page = opened(browser, stage, place, color_scheme="light", **phone)
    page.locator(".why-button").first.wait_for()
    keep(page, stage, "page-phone")
    page = opened(browser, stage, f"user={first}&beside={second}", color_scheme="light", **desk)
    say(page, stage.words)
    keep(page, stage, "page-two-people")
    for button in page.locator(".why-button").all():
        button.click()
    keep(page, stage, "page-two-reasons")
    return [*made, *dialogues_in(page)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", help="address of the running server")
    parser.add_argument("--words", help="what is said; by default what the demo proposes")
    parser.add_argument("--folder", type=Path, default=IMAGES, help="where the pictures go")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    stage = stage_of(chosen.url.rstrip("/"), chosen.folder, chosen.words)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        made = take_pictures(browser, stage)
        browser.close()
    for dialogue in made:
        request = urllib.request.Request(f"{stage.url}/v1/dialogues/{dialogue}", method="DELETE")  # noqa: S310
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - as above


if __name__ == "__main__":
    main()

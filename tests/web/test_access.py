"""For everybody: names, contrast, headings, sizes, keyboard only, a phone, both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Watched

CHECKS = (Path(__file__).parent / "accessibility.js").read_text(encoding="utf-8")
SIDEWAYS = """
[document.documentElement, ...document.querySelectorAll("main, .scroller, .columns, dialog, .dialog-body")]
  .filter(e => e.scrollWidth > e.clientWidth + 1)
  .map(e => `${e.tagName} ${e.className} ${e.scrollWidth} > ${e.clientWidth}`)
"""


def faults(page: Page) -> list[str]:
    """What the checks find on the page as it is now."""
    found: list[str] = page.evaluate(CHECKS)
    return found


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_every_state_is_accessible(watched: Watched, theme: str) -> None:
    watched.expected += ["404", "503"]
    service = watched.server.service
    service.told = {"constraints": ["no horror"]}
    service.changes = {"price": "3 €", "url": "https://films.example/", "available": False}
    page = watched.page
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    watched.open()
    expect(page.locator(".example")).to_have_count(3)
    states = {"empty": faults(page)}
    watched.say("I loved Heat, not Titanic")
    page.get_by_role("button", name="Why?").click()
    page.get_by_text("Details").click()
    page.get_by_text("More").first.click()
    for button in page.locator(".card").nth(1).locator(".opinion").all()[1:]:
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    states["answered"] = faults(page)
    page.get_by_role("button", name="What you know about me").click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    page.get_by_label("Tell me about another one").fill("Titanic")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 of 2 found.")).to_be_visible()
    states["profile"] = faults(page)
    page.get_by_role("button", name="Delete everything").click()
    states["question"] = faults(page)
    page.get_by_role("button", name="Keep it").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="You are anna").click()
    states["people"] = faults(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Side by side", exact=True).click()
    watched.say("I loved Big")
    expect(page.get_by_role("button", name="Why?")).to_have_count(2)
    page.get_by_role("button", name="Why?").nth(1).click()
    states["two"] = faults(page)
    service.busy = True
    watched.say("I loved Heat")
    expect(page.locator(".notice:not([hidden])")).to_have_count(2)
    states["busy"] = faults(page)
    assert states == {name: [] for name in states}
    assert (
        page.evaluate("getComputedStyle(document.body).backgroundColor")
        == {
            "light": "rgb(246, 244, 239)",
            "dark": "rgb(20, 23, 26)",
        }[theme]
    )


@pytest.mark.slow
def test_the_theme_is_chosen_and_remembered(watched: Watched) -> None:
    watched.expected.append("404")
    page = watched.open()
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(246, 244, 239)"
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate(colour) == "rgb(20, 23, 26)"
    page.reload()
    expect(page.get_by_role("button", name="Light colours")).to_be_visible()
    assert page.evaluate(colour) == "rgb(20, 23, 26)"


def test_by_keyboard_only(watched: Watched) -> None:
    watched.expected.append("404")
    page = watched.open()
    expect(page.locator(".example")).to_have_count(3)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to what you want to say")).to_be_focused()
    page.keyboard.press("Enter")
    box = page.get_by_label("What you want to say")
    expect(box).to_be_focused()
    page.keyboard.type("I loved Heat")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and Big")
    expect(box).to_have_value("I loved Heat\nand Big")
    page.keyboard.press("Enter")
    why = page.get_by_role("button", name="Why?")
    expect(why).to_be_visible()
    expect(box).to_be_focused()
    _tab_to(page, why, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Why this, for anna?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Why this, for anna?")).to_be_hidden()
    like = page.locator(".card").first.locator(".opinion.like")
    _tab_to(page, like, "Tab")
    page.keyboard.press("Space")
    expect(like).to_have_attribute("aria-pressed", "true")
    expect(like).to_be_focused()
    page.get_by_role("button", name="Past conversations").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Past conversations")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="New conversation")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Past conversations")).to_be_focused()


@pytest.mark.slow
def test_the_focus_goes_in_order_and_is_seen(watched: Watched) -> None:
    watched.expected.append("404")
    page = watched.open()
    watched.say("I loved Heat")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    page.evaluate("document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus()")
    page.evaluate("window.visited = []")
    for _ in range(60):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
              const now = document.activeElement;
              if (now === document.body || window.visited.includes(now)) return null;
              window.visited.push(now);
              const box = now.closest(".composer-box") ?? now;
              const style = getComputedStyle(box);
              return style.outlineStyle !== "none" || style.boxShadow !== "none";
            }"""
        )
        if seen is None:
            break
        assert seen, page.evaluate("document.activeElement.outerHTML")
    order = page.evaluate(
        "window.visited.slice(1).every((e, i) =>"
        " window.visited[i].compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING)"
    )
    assert order
    assert page.evaluate("window.visited.length") >= 20


def test_a_phone_scrolls_one_way_only(phone: Watched) -> None:
    phone.expected.append("404")
    phone.server.service.told = {"constraints": ["no horror", "between 1990 and 1999", "with Tom Hanks"]}
    page = phone.open()
    expect(page.locator(".example")).to_have_count(3)
    assert page.evaluate(SIDEWAYS) == []
    phone.say("I loved Heat and " + "Donaudampfschifffahrtsgesellschaft" * 5)
    page.get_by_role("button", name="Why?").click()
    page.get_by_text("Details").click()
    assert page.evaluate(SIDEWAYS) == []
    found = faults(page)
    page.get_by_role("button", name="What you know about me").click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    assert page.evaluate(SIDEWAYS) == []
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Past conversations").click()
    past = page.get_by_role("navigation", name="Past conversations")
    expect(past).to_be_visible()
    assert page.evaluate(SIDEWAYS) == []
    past.get_by_role("button", name="New conversation").click()
    expect(past).to_have_count(0)
    page.get_by_role("button", name="Two people side by side", exact=True).click()
    phone.say("I loved Heat")
    expect(page.get_by_role("button", name="Why?")).to_have_count(2)
    assert page.evaluate(SIDEWAYS) == []
    boxes = [column.bounding_box() for column in page.locator("section.column").all()]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]  # type: ignore[index]
    assert found + faults(page) == []


def test_the_page_says_what_a_screen_reader_needs(watched: Watched) -> None:
    watched.expected.append("404")
    page = watched.open()
    expect(page.locator(".example")).to_have_count(3)
    expect(page).to_have_title(re.compile("ccrs"))
    log = page.get_by_role("log", name="Messages with anna")
    expect(log).to_have_attribute("aria-live", "polite")
    for role in ("banner", "main"):
        expect(page.get_by_role(role)).to_have_count(1)  # type: ignore[arg-type]
    expect(page.get_by_label("What you want to say")).to_have_attribute("aria-describedby", "words-help")
    expect(page.locator("#toast")).to_have_attribute("role", "status")
    expect(page.locator("#banner")).to_have_attribute("role", "status")


def _tab_to(page: Page, place: object, key: str) -> None:
    """Press a key until the place has the focus."""
    for _ in range(60):
        page.keyboard.press(key)
        if place.evaluate("e => e === document.activeElement"):  # type: ignore[attr-defined]
            return
    raise AssertionError(f"{key} never leads to {place}")

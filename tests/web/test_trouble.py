"""The server is busy, gone, or wants a key; a reply breaks off; texts are hostile. Nothing typed is lost or doubled."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.web.conftest import Watched, watching
from tests.web.page_server import serving

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<svg/onload=alert(1)>\u202eevil\u202c <a href=javascript:alert(1)>x</a>",
    "{{constructor.constructor('alert(1)')()}} &lt;b&gt; \u2066\u2069 \x00 ` ${alert(1)}".replace("\x00", ""),
)


@pytest.fixture(autouse=True)
def _new_users_are_expected(watched: Watched) -> None:
    watched.expected += [r"404 \(Not Found\)"]


@pytest.mark.slow
def test_a_busy_server_counts_down_and_is_asked_again(watched: Watched) -> None:
    watched.expected.append("503")
    service = watched.server.service
    page = watched.open()
    watched.say("I loved Big")
    expect(page.get_by_role("article", name="Turn 1").get_by_role("button", name="Why?")).to_be_visible()
    service.busy = True
    watched.say("I loved Heat")
    turn = page.get_by_role("article", name="Turn 2")
    expect(turn.locator(".notice")).to_contain_text(
        "The server is busy. Your words are kept; trying again in 2 s."
    )
    expect(turn.locator(".notice")).to_contain_text("in 1 s")
    service.busy = False
    expect(turn.get_by_role("button", name="Why?")).to_be_visible()  # by itself
    expect(turn.locator(".notice")).to_be_hidden()
    keys = [key for _, key in service.turns_asked]
    assert len(set(keys)) == 2
    assert [len(d.turns) for d in service.dialogues.values()] == [2]


@pytest.mark.slow
def test_words_are_taken_back_from_a_busy_server(watched: Watched) -> None:
    watched.expected.append("503")
    page = watched.open()
    expect(page.locator(".example")).to_have_count(3)
    watched.server.service.busy = True
    watched.say("I loved Heat")
    page.get_by_role("button", name="Take it back").click()
    box = page.get_by_label("What you want to say")
    expect(box).to_have_value("I loved Heat")
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator(".example")).to_have_count(3)
    watched.server.service.busy = False
    box.press("Enter")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    assert [len(d.turns) for d in watched.server.service.dialogues.values()] == [1]


@pytest.mark.slow
def test_a_server_that_is_gone_comes_back(watched: Watched) -> None:
    watched.expected.append("ERR_INTERNET_DISCONNECTED")
    page = watched.open()
    watched.say("I loved Big")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    page.context.set_offline(True)
    banner = page.locator("#banner")
    expect(banner).to_contain_text("The server cannot be reached. Nothing you typed is lost")
    watched.say("I loved Heat")
    turn = page.get_by_role("article", name="Turn 2")
    expect(turn.locator(".notice")).to_contain_text("This is sent again when it is back.")
    page.get_by_label("What you want to say").fill("and one more thing")
    expect(banner).to_contain_text("still cannot be reached")
    page.context.set_offline(False)
    expect(turn.get_by_role("button", name="Why?")).to_be_visible()
    expect(banner).to_be_hidden()
    expect(page.get_by_label("What you want to say")).to_have_value("and one more thing")
    assert [len(d.turns) for d in watched.server.service.dialogues.values()] == [2]


@pytest.mark.slow
def test_an_answer_that_got_lost_is_not_doubled(watched: Watched) -> None:
    """The server stores the turn, the wire breaks: the same key brings the same turn."""
    watched.expected += ["ERR_FAILED", "ERR_CONNECTION"]
    page = watched.open()
    lost: list[str] = []

    def lose_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        route.fetch()  # it reaches the server, and is answered
        lost.append(route.request.headers["idempotency-key"])
        route.abort()

    page.route("**/turns", lose_first)
    watched.say("I loved Heat")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    assert [key for _, key in watched.server.service.turns_asked] == [lost[0], lost[0]]
    assert [len(d.turns) for d in watched.server.service.dialogues.values()] == [1]


@pytest.mark.slow
def test_a_reload_in_the_middle_is_answered_once(watched: Watched) -> None:
    watched.expected += ["ERR_FAILED"]
    page = watched.open()
    page.route("**/turns", lambda route: (route.fetch(), route.abort()))
    page.route("**/readyz", lambda route: route.abort())
    watched.say("I loved Heat")
    expect(page.locator(".notice")).to_contain_text("Not answered yet")
    page.unroute_all()
    page.reload()
    expect(page.get_by_role("article", name="Turn 1").get_by_role("button", name="Why?")).to_be_visible()
    expect(page.get_by_label("What you want to say")).to_have_value("")
    assert [len(d.turns) for d in watched.server.service.dialogues.values()] == [1]


@pytest.mark.slow
def test_an_error_within_the_stream_is_told(watched: Watched) -> None:
    page = watched.open()
    body = (
        'event: error\ndata: {"event":"error","error":{"code":"internal","message":"It <b>broke</b>."}}\n\n'
    )
    page.route("**/turns", lambda route: route.fulfill(content_type="text/event-stream", body=body))
    watched.say("I loved Heat")
    expect(page.locator(".notice p")).to_have_text("It <b>broke</b>.")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Why?")).to_be_visible()


def test_a_key_is_asked_for_and_kept_in_the_tab(browser_process: Browser) -> None:
    with serving(require_keys=True) as server, watching(browser_process, server) as watched:
        watched.expected += ["401", "404"]
        server.keys.add("right", "shop")
        page = watched.open()
        box = page.get_by_role("dialog", name="A key, please").get_by_label("Your key")
        box.fill("wrong")
        box.press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text("The server does not take this key.")
        box.fill("right")
        box.press("Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        watched.say("I loved Heat")
        expect(page.get_by_role("button", name="Why?")).to_be_visible()
        page.reload()
        expect(page.locator(".said")).to_have_text("I loved Heat")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.evaluate("[sessionStorage['ccrs.key'], localStorage['ccrs.key'] ?? null]") == [
            "right",
            None,
        ]
        assert "right" not in page.url
        assert {tenant for tenant, _ in server.service.dialogues} == {"shop"}


def test_hostile_texts_are_texts(watched: Watched) -> None:
    """Every field of every answer is hostile; what the browser would run or load is not there."""
    service = watched.server.service
    page = watched.open()
    for number, text in enumerate(HOSTILE, 1):
        service.told, service.reply = {"constraints": [text]}, text
        facts = {"director": [text], "actor": [text] * 4, "genre": [text], text: [text]}
        said = dict.fromkeys(("title", "reason", "plot", "price", "image", "url"), text)
        service.changes = {**said, "facts": facts}
        watched.say(text)
        turn = page.get_by_role("article", name=f"Turn {number}")
        expect(turn.locator(".words")).to_have_text(text)
        expect(turn.locator(".said")).to_have_text(text)
        expect(turn.locator(".card-title bdi").first).to_have_text(text)
        expect(page.locator(".chips li")).to_have_text(text)
        turn.get_by_role("button", name="Why?").click()
        turn.get_by_text("Details").click()
        turn.get_by_text("More").first.click()
    turn.locator(".opinion").first.click()
    expect(page.locator("#toast")).to_contain_text(text)
    page.reload()
    expect(page.locator(".said")).to_have_text(list(HOSTILE))
    made = "script:not([src]), img, iframe, object, embed, [onload], [onerror], #columns a"
    assert page.evaluate("s => document.querySelectorAll(s).length", made) == 0


@pytest.mark.slow
def test_four_thousand_letters_fit(watched: Watched) -> None:
    page = watched.open()
    text = "W" * 4000
    box = page.get_by_label("What you want to say")
    box.fill(text)
    expect(page.locator("#count")).to_have_text("4000 of 4000 letters")
    box.press("Enter")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    expect(page.locator(".said")).to_have_text(text)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".said").bounding_box()["height"] <= 860 * 0.61  # type: ignore[index]
    assert re.fullmatch("W{4000}", next(iter(watched.server.service.dialogues.values())).turns[0].said)

"""A person talks on the page: pieces as they come, cards, opinions, reasons, reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Watched

NEW_USER = r"404 \(Not Found\)"  # a profile of somebody who never said anything


@pytest.fixture(autouse=True)
def _new_users_are_expected(watched: Watched) -> None:
    watched.expected.append(NEW_USER)


def test_a_whole_conversation(watched: Watched) -> None:
    page = watched.open()
    expect(page.get_by_role("list", name="Examples").get_by_role("button")).to_have_count(3)
    page.get_by_role("button", name="I loved Heat and Catch Me If You Can").click()
    page.keyboard.press("Enter")
    first = page.get_by_role("article", name="Turn 1")
    expect(first.locator(".words")).to_have_text(re.compile(r"^You could watch .+ \(\d{4}\)\.$"))
    expect(first.locator("mark.like")).to_have_text(["Heat", "Catch Me If You Can"])
    expect(first.locator(".understood")).to_have_text(
        "Understood: Heat (liked) · Catch Me If You Can (liked)"
    )
    watched.say("🎬 😀 Aliens please, not Titanic")  # places count characters, not UTF-16 units
    second = page.get_by_role("article", name="Turn 2")
    expect(second.locator("mark.like")).to_have_text("Aliens")
    expect(second.locator("mark.dislike")).to_have_text("Titanic")
    expect(page.get_by_role("log", name="Messages with anna").get_by_role("article")).to_have_count(2)
    stored = list(watched.server.service.dialogues.values())
    assert [[t.said for t in d.turns] for d in stored] == [
        ["I loved Heat and Catch Me If You Can. What next?", "🎬 😀 Aliens please, not Titanic"]
    ]


def test_cards_show_facts_and_the_reason(watched: Watched) -> None:
    watched.server.service.changes = {"price": "3.99 €", "url": "https://films.example/1", "available": True}
    page = watched.open()
    watched.say("I loved Heat")
    card = page.locator(".card").filter(has_text="Collateral")
    expect(card.get_by_role("heading", level=4)).to_have_text("Collateral 2004")
    expect(card.locator(".people")).to_have_text("By Michael Mann · with Tom Cruise, Jamie Foxx")
    expect(card.get_by_role("list", name="Genres").get_by_role("listitem")).to_have_text(
        ["Crime", "Thriller"]
    )
    expect(card.locator(".reason")).to_have_text("It shares Michael Mann.")
    expect(card.locator(".price")).to_have_text("3.99 €")
    expect(card.get_by_role("link")).to_have_attribute("href", "https://films.example/1")
    expect(card.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer")
    card.get_by_text("More").click()
    expect(card.get_by_text("A taxi driver has to drive a killer")).to_be_visible()


@pytest.mark.slow
def test_only_https_pictures_and_web_links(watched: Watched) -> None:
    pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    page = watched.page
    page.route("https://pictures.example/*", lambda route: route.fulfill(status=404, body=""))
    watched.expected += [r"pictures\.example", r"status of 404"]
    watched.server.service.changes = {"image": "https://pictures.example/a.jpg", "url": "javascript:alert(1)"}
    watched.open()
    with page.expect_request("https://pictures.example/*"):
        watched.say("I loved Heat")
    expect(page.locator(".card")).to_have_count(4)
    expect(page.locator(".card img")).to_have_count(0)  # a picture that fails makes place for the letter
    expect(page.locator(".card a")).to_have_count(0)
    watched.server.service.changes = {"image": "http://pictures.example/a.jpg", "url": pixel}
    watched.say("I loved Aliens")
    expect(page.get_by_role("article", name="Turn 2").locator("div.poster")).to_have_count(4)
    expect(page.locator(".card a")).to_have_count(0)


def test_the_reply_is_seen_piece_by_piece(watched: Watched) -> None:
    service = watched.server.service
    service.close_gate()
    page = watched.open()
    watched.say("I loved Heat")
    turn = page.get_by_role("article", name="Turn 1")
    expect(turn.locator(".card")).to_have_count(4)  # the items come before the words
    expect(turn.locator(".typing")).to_be_visible()
    expect(turn).to_have_attribute("aria-busy", "true")
    expect(page.locator("#send")).to_have_attribute("aria-disabled", "true")
    seen = []
    for words in ("You", "You could", "You could watch"):
        service.let_through(1)
        expect(turn.locator(".words")).to_have_text(words)
        seen.append(turn.locator(".words").text_content())
    assert seen == ["You", "You could", "You could watch"]
    expect(turn.get_by_role("button", name="Why?")).to_have_count(0)
    service.let_through(20)
    expect(turn.get_by_role("button", name="Why?")).to_be_visible()
    expect(turn.locator(".typing")).to_have_count(0)
    expect(turn).to_have_attribute("aria-busy", "false")


@pytest.mark.slow
def test_opinions_are_toggles_with_undo(watched: Watched) -> None:
    said = watched.server.service.opinions
    page = watched.open()
    watched.say("I loved Heat")
    card = page.locator(".card").filter(has_text="Collateral")
    like = card.get_by_role("button", name="Like: Collateral", exact=True)
    dislike = card.get_by_role("button", name="Dislike: Collateral")
    seen = card.get_by_role("button", name="Seen: Collateral")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    assert said["local", "anna"]["m2"] == ["like"]
    dislike.click()  # pushes the like out
    expect(dislike).to_have_attribute("aria-pressed", "true")
    expect(like).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Undo").click()  # and brings it back
    expect(like).to_have_attribute("aria-pressed", "true")
    expect(dislike).to_have_attribute("aria-pressed", "false")
    seen.click()
    expect(seen).to_have_attribute("aria-pressed", "true")
    assert set(said["local", "anna"]["m2"]) == {"like", "seen"}
    seen.click()  # pressing again takes it back too
    expect(seen).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#toast")).to_contain_text("No longer: seen Collateral.")
    assert said["local", "anna"]["m2"] == ["like"]


def test_why_of_a_recommender_without_attention(watched: Watched) -> None:
    watched.server.service.told = {"attentive": False, "relations": [], "neighbours": [], "mentions": []}
    page = watched.open()
    watched.say("I loved Heat and Aliens")
    page.get_by_role("button", name="Why?").click()
    panel = page.get_by_role("region", name="Why this, for anna?")
    expect(panel).to_contain_text("keeps no weights of what counted: each card says what it shares")
    expect(panel).not_to_contain_text("could be linked")
    expect(panel.get_by_role("img")).to_have_count(0)


def test_why_shows_one_chart_and_details(watched: Watched) -> None:
    watched.server.service.told = {"constraints": ["no horror", "from 1990 on"]}
    page = watched.open()
    watched.say("I loved Heat and Aliens")
    page.get_by_role("button", name="Why?").click()
    panel = page.get_by_role("region", name="Why this, for anna?")
    chart = panel.get_by_role("img")
    expect(chart).to_have_count(1)
    words = chart.get_attribute("aria-label") or ""
    assert "Director 80 % (a stranger: 33 %)" in words
    assert "Heat 50 %, Aliens 50 %" in words
    widths = [float(bar.get_attribute("width") or 0) for bar in chart.locator(".bar").all()]
    assert widths[0] == pytest.approx(8 * widths[1], rel=0.01)  # .8 against .1
    assert widths[3] == pytest.approx(widths[0] * 0.5 / 0.8, rel=0.01)  # a mention, on the same scale
    other = float(chart.locator(".bar-other").first.get_attribute("width") or 0)
    assert other == pytest.approx(widths[0] * 0.333 / 0.8, rel=0.01)
    table = panel.get_by_role("table", name="How knowing you moved the rank")
    expect(table).to_be_hidden()
    panel.get_by_text("Details").click()
    cards = next(iter(watched.server.service.dialogues.values())).turns[0].items
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(len(cards))
    for row, item in zip(rows.all(), cards, strict=True):
        expect(row).to_contain_text(f"{item.title}{item.unadapted_rank}{item.rank}")
    expect(panel.get_by_role("table", name="Mixture of styles in the reply")).to_contain_text("Style 1")
    expect(panel).to_contain_text("Answered by model fake-1.")
    expect(page.get_by_role("list", name="Constraints in force").get_by_role("listitem")).to_have_text(
        ["no horror", "from 1990 on"]
    )
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="Why?")).to_be_focused()


def test_reload_brings_everything_back(watched: Watched) -> None:
    page = watched.open("user=bert")
    watched.say("I loved Heat")
    page.locator(".card").first.get_by_role("button", name=re.compile("^Seen")).click()
    expect(page).to_have_url(re.compile(r"#user=bert&dialogue=d1$"))
    page.get_by_label("What you want to say").fill("half a sent")
    page.reload()
    turn = page.get_by_role("article", name="Turn 1")
    expect(turn.locator(".said")).to_have_text("I loved Heat")
    expect(turn.locator("mark.like")).to_have_text("Heat")
    expect(turn.locator(".card").first.get_by_role("button", name=re.compile("^Seen"))).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_label("What you want to say")).to_have_value("half a sent")
    expect(page.locator(".person-name")).to_have_text("bert")
    watched.say("I loved Aliens")
    expect(page.get_by_role("article", name="Turn 2").get_by_role("button", name="Why?")).to_be_visible()
    assert len(watched.server.service.dialogues) == 1


@pytest.mark.slow
def test_past_conversations_are_opened_and_deleted(watched: Watched) -> None:
    page = watched.open()
    watched.say("I loved Heat")
    past = page.get_by_role("navigation", name="Past conversations")
    expect(past.get_by_role("button", name="I loved Heat 1 turn")).to_have_attribute("aria-current", "page")
    past.get_by_role("button", name="New conversation").click()
    watched.say("I loved Big")
    expect(past.get_by_role("listitem")).to_have_count(2)
    past.get_by_role("button", name="I loved Heat 1 turn").click()
    expect(page.locator(".said")).to_have_text("I loved Heat")
    page.go_back()
    expect(page.locator(".said")).to_have_text("I loved Big")
    past.get_by_role("button", name="Delete the conversation I loved Heat").click()
    question = page.get_by_role("dialog")
    question.get_by_role("button", name="Keep it").click()
    assert len(watched.server.service.dialogues) == 2
    past.get_by_role("button", name="Delete the conversation I loved Heat").click()
    question.get_by_role("button", name="Delete", exact=True).click()
    expect(past.get_by_role("listitem")).to_have_count(1)
    expect(page.locator(".said")).to_have_text("I loved Big")
    assert [d.turns[0].said for d in watched.server.service.dialogues.values()] == ["I loved Big"]


@pytest.mark.slow
def test_a_conversation_that_is_gone_begins_anew(watched: Watched) -> None:
    page = watched.open("user=anna&dialogue=d99")
    expect(page.locator("#toast")).to_have_text("This conversation is no longer there. A new one begins.")
    watched.say("I loved Heat")
    expect(page).to_have_url(re.compile("dialogue=d1$"))

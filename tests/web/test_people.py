"""Who is talking: two side by side, a switch, what is known, export, delete."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Watched

pytestmark = pytest.mark.slow  # the first conversation and what everybody can reach are in the default tests


@pytest.fixture(autouse=True)
def _new_users_are_expected(watched: Watched) -> None:
    watched.expected.append(r"404 \(Not Found\)")


def test_two_people_answer_the_same_words(watched: Watched) -> None:
    page = watched.open()
    page.get_by_role("button", name="Side by side", exact=True).click()
    watched.say("I loved Heat and Catch Me If You Can")
    for name, relation, user in (("anna", "Director", "anna"), ("bert", "Actor", "bert")):
        column = page.locator("section.column").filter(
            has=page.get_by_role("heading", name=f"Conversation with {name}")
        )
        expect(column.locator(".said")).to_have_text("I loved Heat and Catch Me If You Can")
        expect(column.locator(".card")).to_have_count(4)
        column.get_by_role("button", name="Why?").click()
        chart = column.get_by_role("region", name=f"Why this, for {name}?").get_by_role("img")
        assert f"{relation} 80 %" in (chart.get_attribute("aria-label") or ""), user
    titles = [
        [c.text_content() for c in page.locator("section.column").nth(i).locator(".card-title").all()]
        for i in (0, 1)
    ]
    assert titles[0] != titles[1]  # other people, other films
    expect(page).to_have_url(re.compile(r"#user=anna&dialogue=d\d&beside=bert&other=d\d$"))
    page.reload()
    expect(page.locator(".said")).to_have_count(2)
    asked = watched.server.service.turns_asked
    assert len(asked) == 2
    assert asked[0][1] != asked[1][1]
    page.get_by_role("combobox", name="Second person").select_option("carla")
    expect(page.get_by_role("heading", name="Conversation with carla")).to_be_visible()
    page.get_by_role("button", name="Side by side", exact=True).click()
    expect(page.locator("section.column")).to_have_count(1)


def test_the_user_is_switched(watched: Watched) -> None:
    page = watched.open()
    watched.say("I loved Heat")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    page.get_by_role("button", name="You are anna").click()
    page.get_by_role("dialog").get_by_role("button", name="bert").click()
    expect(page.get_by_role("heading", name="Conversation with bert")).to_be_visible()
    expect(page.locator(".said")).to_have_count(0)
    page.get_by_role("button", name="You are bert").click()
    box = page.get_by_role("dialog").get_by_label("Or another name")
    box.fill("../evil")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("A name has 1 to 64 letters")
    box.fill("Žofie")
    box.press("Enter")
    expect(page.locator(".person-name")).to_have_text("Žofie")
    watched.say("I loved Big")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    assert {d.user for d in watched.server.service.dialogues.values()} == {"anna", "Žofie"}


def test_outside_the_demo_a_guest_is_remembered(watched: Watched) -> None:
    watched.server.service.demo = False
    page = watched.open()
    name = page.locator(".person-name").text_content() or ""
    assert re.fullmatch(r"guest-[0-9a-f]{8}", name)
    expect(page.get_by_role("button", name="Side by side")).to_have_count(0)
    watched.open()
    page.reload()
    expect(page.locator(".person-name")).to_have_text(name)


def test_who_comes_back_is_offered_something(watched: Watched) -> None:
    page = watched.open()
    watched.say("I loved Heat")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("heading", name="Picked for you")).to_be_visible()
    expect(page.locator(".card")).to_have_count(3)


def test_what_is_known_is_corrected(watched: Watched) -> None:
    said = watched.server.service.opinions
    page = watched.open()
    watched.say("I loved Heat, not Aliens")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    page.get_by_role("button", name="What you know about me").click()
    sheet = page.get_by_role("dialog", name="What I know about you")
    expect(sheet.get_by_role("heading", name="What I know about you")).to_be_focused()
    row = sheet.locator(".known").filter(has_text="Heat")
    expect(row.get_by_role("button", name="Like: Heat", exact=True)).to_have_attribute("aria-pressed", "true")
    row.get_by_role("button", name="Dislike: Heat").click()
    expect(row.get_by_role("button", name="Like: Heat", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    assert said["local", "anna"]["m1"] == ["dislike"]
    sheet.get_by_role("button", name="Forget Aliens").click()
    expect(sheet.locator(".forgotten")).to_contain_text("Aliens")
    assert "m6" not in said["local", "anna"]
    sheet.get_by_role("button", name="Undo").click()
    expect(sheet.locator(".forgotten")).to_have_count(0)
    assert said["local", "anna"]["m6"] == ["dislike"]
    box = sheet.get_by_label("Tell me about another one")
    box.fill("titan")
    box.press("Enter")
    expect(sheet.get_by_text("2 of 2 found.")).to_be_visible()
    found = sheet.locator(".search .known").filter(has_text="Titanic (1953)")
    found.get_by_role("button", name="Seen: Titanic").click()
    expect(found.get_by_role("button", name="Seen: Titanic")).to_have_attribute("aria-pressed", "true")
    assert said["local", "anna"]["m5"] == ["seen"]
    expect(sheet.get_by_role("img")).to_have_attribute("aria-label", re.compile("Director 80 %"))
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page.get_by_role("button", name="What you know about me")).to_be_focused()


def test_everything_is_exported_and_deleted(watched: Watched, tmp_path: Path) -> None:
    service = watched.server.service
    page = watched.open()
    watched.say("I loved Heat")
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    page.get_by_role("button", name="What you know about me").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as JSON").click()
    assert download.value.suggested_filename == "ccrs-anna.json"
    download.value.save_as(tmp_path / "anna.json")
    exported = json.loads((tmp_path / "anna.json").read_text())
    assert exported["dialogues"][0]["turns"][0]["said"] == "I loved Heat"
    page.get_by_role("button", name="Delete everything").click()
    question = page.get_by_role("dialog", name="Delete everything about anna?")
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    question.get_by_role("button", name="Keep it").click()
    assert service.dialogues
    page.get_by_role("button", name="Delete everything").click()
    question.get_by_role("button", name="Delete everything").click()
    expect(page.locator("#toast")).to_have_text("Everything about anna is deleted.")
    expect(page.locator(".said")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not service.dialogues
    assert not service.opinions

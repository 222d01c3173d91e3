"""Documents in the terminal and as a page: what any text in them can and cannot do."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccrs.evaluation.documents import (
    Conversation,
    Document,
    Paragraph,
    Piece,
    Said,
    Section,
    Share,
    Table,
    Warned,
    as_text,
    printable,
)
from ccrs.evaluation.page import as_html

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style></table><b>",
    "'; background:url(http://x)",
    "&lt;b&gt; &amp;",
    "<!-- ]]> -->",
    "\x1b[31mred\x1b[0m",
    "\u202eevil",
    "L" * 10_000,
]
anything = st.one_of(st.text(max_size=40), st.sampled_from(HOSTILE))


def document(text: str) -> Document:
    """A document with ``text`` in every place that takes one."""
    pieces = (Piece(text), Piece(text, ""), Piece(text, text), Piece(text, text, sure=True))
    blocks = (
        Paragraph(text),
        Warned(text, text),
        Table(text, (text, "n", "share"), ((text, 1_234, Share(0.25)), (text, 0, Share(1.0)))),
        Conversation(text, (Said(text, pieces), Said("seeker", (Piece(text),)))),
    )
    return Document(text, {text: 12}, (Section(text, blocks), Section("page", (Paragraph("x"),), True)))


class Page(HTMLParser):
    """The tags with their attributes, and the texts, of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: set[str] = set()
        self.texts: list[str] = []
        self.comments: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values |= {value or "" for _, value in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@settings(max_examples=60, deadline=None)
@given(anything)
def test_no_text_becomes_a_tag_an_attribute_or_a_comment(text: str) -> None:
    # Of the same length, as what is too long is cut.
    plain, found = Page(as_html(document("a" * len(text)))), Page(as_html(document(text)))
    assert found.tags == plain.tags
    assert found.values == plain.values
    assert found.comments == []


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30))
def test_a_text_is_read_on_the_page_as_it_was_written(text: str) -> None:
    found = Page(as_html(document(text)))
    assert found.texts.count(text) >= 12
    assert text in as_text(document(text))


@settings(max_examples=60, deadline=None)
@given(anything)
def test_no_text_steers_a_terminal_or_breaks_a_line(text: str) -> None:
    shown = as_text(document(text))
    steering = {sign for sign in shown if unicodedata.category(sign) in ("Cc", "Cf")} - {
        "\n",
        "\u200c",
        "\u200d",
    }
    assert steering == set()
    assert max(len(line) for line in shown.splitlines()) < 1_000


@given(st.text(max_size=200), st.integers(2, 30))
def test_printable_is_one_line_of_at_most_so_many_characters(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    assert printable(shown, limit) == shown


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    page = as_html(document("a"))
    assert "<script" not in page
    assert not re.search(r' src|href="(?!#)|url\(|@import|https?://', page)
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page


def test_a_table_of_a_page_can_be_heard() -> None:
    page = as_html(document("films"))
    assert '<caption id="s0-2">films</caption>' in page
    assert '<th scope="col">films</th><th scope="col" class=n>n</th>' in page
    assert '<th scope="row" dir="auto">films</th><td class="n">1,234</td>' in page
    assert 'aria-labelledby="s0-2" tabindex="0"' in page
    names = re.findall(r' id="([^"]+)"', page)
    assert len(names) == len(set(names))


def test_a_gigantic_cell_is_cut() -> None:
    page = as_html(document("L" * 100_000))
    assert len(page) < 30_000
    assert "LL…" in page


def test_a_terminal_shows_mentions_in_brackets_and_not_what_is_for_the_page_only() -> None:
    talk = Conversation(
        "talk", (Said("seeker", (Piece("I liked "), Piece("Heat", "Heat (1995), movie"), Piece("."))),)
    )
    shown = as_text(
        Document("d", {}, (Section("One", (talk,)), Section("Two", (Paragraph("no"),), on_page_only=True)))
    )
    assert shown == "One\n===\n\ntalk\n  seeker: I liked [Heat = Heat (1995), movie]."


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0.0%"), (0.126, "12.6%"), (1.0, "100.0%")])
def test_a_share_is_a_percentage(value: float, shown: str) -> None:
    assert str(Share(value)) == shown


def test_prose_is_wrapped_and_a_mend_stands_under_its_problem() -> None:
    shown = as_text(Document("d", {}, (Section("One", (Warned("problem " * 30, "mend"),)),)))
    lines = shown.splitlines()[3:]
    assert lines[0].startswith("! problem")
    assert lines[1].startswith("  problem")
    assert lines[-1] == "  -> mend"
    assert max(map(len, lines)) <= 110

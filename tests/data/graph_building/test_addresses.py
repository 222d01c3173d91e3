"""One spelling for an address, however a dump or a person writes it; readable names out of it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.data.graph_building.addresses import (
    RESOURCE,
    address_of,
    canonical,
    page_address,
    readable_name,
    readable_words,
    unescaped,
)

PAGE_NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="_ "), min_size=1, max_size=20
)


def escaped(text: str) -> str:
    """Every character as an escape of N-Triples."""
    return "".join(f"\\u{ord(c):04X}" if ord(c) < 0x10000 else f"\\U{ord(c):08X}" for c in text)


def halves(text: str) -> str:
    """Every character as Java writes it: those beyond 16 bits as two escapes."""
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


@given(PAGE_NAMES)
def test_all_spellings_of_a_page_are_one(name: str) -> None:
    right = canonical(RESOURCE + quote(name, safe=""))
    assert canonical(right) == right
    assert canonical(RESOURCE + escaped(quote(name, safe=""))) == right
    assert canonical(RESOURCE + escaped(name.replace("%", "%25"))) == right
    assert canonical(RESOURCE + halves(name.replace("%", "%25"))) == right
    assert canonical(RESOURCE + quote(name, safe="()!,'*:;@&=+$/")) == right
    assert right.isascii() or any(ord(c) > 127 for c in name)
    assert not any(sign in right for sign in '<>" \t\n')


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_texts_come_back_from_their_escapes(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert unescaped(halves(text)) == text
    assert unescaped(text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')) == text


@pytest.mark.parametrize("broken", ["\\u12", "\\ud83d", "\\U00110000", "\\x41", "a\\"])
def test_an_escape_that_stands_for_nothing_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unescaped(broken)


def test_names_of_pages_are_encoded_as_dbpedia_does() -> None:
    assert page_address("who's afraid of Virginia Woolf?") == f"{RESOURCE}Who's_afraid_of_Virginia_Woolf%3F"
    assert page_address("100% Wolf") == f"{RESOURCE}100%25_Wolf"
    assert page_address("AC/DC") == f"{RESOURCE}AC/DC"
    assert page_address("ßtraße") == f"{RESOURCE}ßtraße"
    assert canonical(f"{RESOURCE}Caf%E9") == f"{RESOURCE}Caf%E9"  # no UTF-8: as it is
    assert canonical("http://example.org/a b") == "http://example.org/a%20b"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("<http://dbpedia.org/resource/Heat>", f"{RESOURCE}Heat"),
        ("https://dbpedia.org/page/Am%C3%A9lie", f"{RESOURCE}Amélie"),
        ("https://en.wikipedia.org/wiki/Heat_(1995_film)", f"{RESOURCE}Heat_(1995_film)"),
        ("http://www.wikidata.org/entity/Q1", "http://www.wikidata.org/entity/Q1"),
        ("Heat (1995 film)", None),
        ("m1", None),
    ],
)
def test_what_people_give_as_an_address(text: str, address: str | None) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("It_(2017_film)", "It", 2017),
        ("Titanic_(ship)", "Titanic", None),
        ("Who's_Afraid_of_Virginia_Woolf%3F", "Who's Afraid of Virginia Woolf?", None),
        ("Am%C3%A9lie", "Amélie", None),
        ("(500)_Days_of_Summer", "(500) Days of Summer", None),
    ],
)
def test_readable_names(name: str, title: str, year: int | None) -> None:
    assert readable_name(RESOURCE + name) == (title, year)


def test_readable_words_of_relations() -> None:
    base = "http://dbpedia.org/ontology/"
    words = {
        "musicComposer": "music composer",
        "isPartOf": "is part of",
        "starring": "starring",
        "TVShow": "tv show",
    }
    assert {name: readable_words(base + name) for name in words} == words
    assert readable_words("http://purl.org/dc/terms/has_part") == "has part"
    assert readable_words("http://example.org/ns#recordLabel") == "record label"

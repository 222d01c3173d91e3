"""Addresses of things (IRIs): one spelling for each, and the readable names that lie in them."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from ccrs.data.redial_graph_forms import clean_page_title

RESOURCE = "http://dbpedia.org/resource/"

_RESOURCE_PART = "/resource/"
_WIKIPEDIA = re.compile(r"https?://(?:en\.)?(?:m\.)?wikipedia\.org/wiki/(.+)")
_PAGE = re.compile(r"https?://dbpedia\.org/(?:resource|page)/(.+)")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.?))", re.DOTALL)
_PLAIN_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
# What cannot stand in an address as it is; DBpedia percent-encodes the same in the names of pages.
_FORBIDDEN = {number: f"%{number:02X}" for number in (*range(0x21), *map(ord, '"<>[]\\^`{|}'), 0x7F)}
_ENCODED_IN_NAMES = _FORBIDDEN | {ord(sign): f"%{ord(sign):02X}" for sign in "#?"}
_KEPT = _ENCODED_IN_NAMES | {ord("%"): "%25"}
# It begins with a plain character, so that the search for it skips what lies between.
_PERCENT = re.compile(rb"%(?:[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*)?")


def unescaped(text: str) -> str:
    r"""``text`` with ``\uXXXX``, ``\UXXXXXXXX`` and ``\n``-like escapes replaced.

    Two escapes that are halves of one character, as some programs write them, become that
    character. Raises ``ValueError`` for an escape that stands for nothing.
    """
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_meaning, text)
    # An odd half cannot be encoded, which is the error wanted here.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16")


def _meaning(match: re.Match[str]) -> str:
    """The character of one escape."""
    if digits := match[1] or match[2]:
        return chr(int(digits, 16))
    if match[3] not in _PLAIN_ESCAPES:
        raise ValueError(f"{match[0]!r} is not an escape")
    return _PLAIN_ESCAPES[match[3]]


def canonical(address: str) -> str:
    r"""The one spelling of an address: escapes read, percent-encoded only what must be.

    ``…/resource/Am%C3%A9lie`` and ``…/resource/Am\u00E9lie`` are both ``…/resource/Amélie``. The
    result holds no white space and no ``<`` or ``>``. Raises ``ValueError`` as ``unescaped`` does.
    """
    head, part, name = unescaped(address).partition(_RESOURCE_PART)
    text = head.translate(_FORBIDDEN) + part + name.replace(" ", "_").translate(_ENCODED_IN_NAMES)
    return percent_decoded(text.encode()).decode() if "%" in text else text


def percent_decoded(data: bytes) -> bytes:
    """Percent-encoded characters as they are, but for those that an address cannot hold."""
    return _PERCENT.sub(lambda match: _decoded(match[0]), data)


@lru_cache(maxsize=1 << 14)
def _decoded(run: bytes) -> bytes:
    """What a run of encoded bytes, or a single percent sign, says."""
    if run == b"%":
        return b"%25"
    try:
        text = bytes.fromhex(run.replace(b"%", b"").decode()).decode()
    except UnicodeDecodeError:  # not UTF-8: nobody knows what it means
        return run
    return text.translate(_KEPT).encode()


def page_address(name: str) -> str:
    """The address of DBpedia's page of that name; its first letter is a capital, as on Wikipedia."""
    text = " ".join(name.replace("_", " ").split())
    # Some letters have a capital of two letters (ß): Wikipedia leaves these as they are.
    first = text[:1].upper() if len(text[:1].upper()) == 1 else text[:1]
    return RESOURCE + (first + text[1:]).replace(" ", "_").translate(_KEPT)


def address_of(text: str) -> str | None:
    """The address that ``text`` is, if it is one; pages of the English Wikipedia are those of DBpedia."""
    value = text.strip().removeprefix("<").removesuffix(">")
    if match := _WIKIPEDIA.fullmatch(value) or _PAGE.fullmatch(value):
        value = RESOURCE + match[1]
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://\S", value) is None:
        return None
    try:
        return canonical(value)
    except ValueError:
        return None


def local_name(address: str) -> str:
    """The last part of an address, percent signs read: ``Heat_(1995_film)``, ``musicComposer``."""
    _, part, name = address.partition(_RESOURCE_PART)
    if not part:
        name = re.split(r"[/#]", address.rstrip("/#"))[-1]
    return unquote(name, errors="replace") or address


def readable_name(address: str) -> tuple[str, int | None]:
    """What people call the thing, and its year: ``…/It_(2017_film)`` is ``("It", 2017)``."""
    return title_parts(local_name(address))


def title_parts(title: str) -> tuple[str, int | None]:
    """Name and year of a page's title: what tells it from namesakes is left out of the name."""
    name, year = clean_page_title(title)
    return " ".join(name.split()) or title.strip(), year


@lru_cache(maxsize=1 << 14)
def readable_words(address: str) -> str:
    """The words of a relation's or a class's address: ``…/musicComposer`` is ``music composer``."""
    name = local_name(address).replace("_", " ").replace("-", " ")
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(parted.lower().split()) or address

r"""One line of a dump as a triple: N-Triples, N-Quads, and Turtle that keeps to one triple a line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ccrs.data.graph_building.addresses import canonical, unescaped

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_IRI = r"<[^<>\s]*>"
_SHORT = r"[A-Za-z][\w.-]*:(?:[^\s<>\";,]*[^\s<>\";,.])?|:[^\s<>\";,]*[^\s<>\";,.]"
_BLANK = r"_:[^\s<>\";,]*[^\s<>\";,.]"
_LITERAL = rf'"[^"\\]*(?:\\.[^"\\]*)*"(?:@[A-Za-z0-9-]+|\^\^(?:{_IRI}|{_SHORT}))?'
_NUMBER = r"[+-]?[0-9.]*[0-9](?:[eE][+-]?[0-9]+)?|true|false"
_STATEMENT = re.compile(
    rf"(?P<subject>{_IRI}|{_BLANK}|{_SHORT})\s*(?P<relation>{_IRI}|a(?=[\s<])|{_SHORT})\s*"
    rf"(?P<object>{_IRI}|{_LITERAL}|{_BLANK}|{_SHORT}|{_NUMBER})\s*(?:{_IRI}\s*)?\.\s*(?:#.*)?"
)
_PREFIX = re.compile(
    r"(?:@prefix\s+([\w.-]*):\s*<([^<>\s]*)>\s*\.|prefix\s+([\w.-]*):\s*<([^<>\s]*)>)", re.IGNORECASE
)
_BASE = re.compile(r"(?:@base\s+<[^<>\s]*>\s*\.|base\s+<[^<>\s]*>)", re.IGNORECASE)
_LONG_FORM = "begins or continues a statement of several lines or several triples"
_WORDS = re.compile(r'"(?P<text>[^"\\]*(?:\\.[^"\\]*)*)"(?:@(?P<language>[A-Za-z0-9-]+))?')


class NotATripleError(ValueError):
    """A line that cannot be read; its text says why, as the rest of a sentence about the line."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text at the end of a triple, and its language where it says one."""

    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One triple by canonical addresses; blank nodes keep their names (``_:b1``)."""

    subject: str
    relation: str
    object: str | Literal


@dataclass
class LineParser:
    """Reads lines; remembers the prefixes that earlier lines declared."""

    prefixes: dict[str, str] = field(default_factory=dict)

    def parse(self, line: str) -> Statement | None:
        """The triple of a line; None for a blank line, a comment or a declaration.

        Raises ``NotATripleError`` for anything else.
        """
        text = line.strip()
        if not text or text.startswith("#"):
            return None
        if match := _STATEMENT.fullmatch(text):
            try:
                return self._statement(match)
            except ValueError as error:
                raise NotATripleError(f"holds an address or a text that cannot be read ({error})") from error
        if match := _PREFIX.fullmatch(text):
            name, address = (match[1], match[2]) if match[2] is not None else (match[3], match[4])
            self.prefixes[name] = address
            return None
        if _BASE.fullmatch(text):
            return None
        raise NotATripleError(_LONG_FORM if _is_long_form(text) else "is no triple")

    def _statement(self, match: re.Match[str]) -> Statement:
        value = match["object"]
        is_text = value.startswith('"') or re.fullmatch(_NUMBER, value) is not None
        return Statement(
            self._address(match["subject"]),
            TYPE if match["relation"] == "a" else self._address(match["relation"]),
            _literal(value) if is_text else self._address(value),
        )

    def _address(self, term: str) -> str:
        if term.startswith("<"):
            return canonical(term[1:-1])
        prefix, _, name = term.partition(":")
        if prefix == "_":
            return term
        if prefix not in self.prefixes:
            raise NotATripleError(f"uses the prefix {prefix + ':'!r}, which no line before it declares")
        # In short names Turtle puts a backslash before signs that are part of the name.
        return canonical(self.prefixes[prefix] + re.sub(r"\\([^uU])", r"\1", name))


def _literal(term: str) -> Literal:
    match = _WORDS.match(term)
    return Literal(term) if match is None else Literal(unescaped(match["text"]), match["language"])


def _is_long_form(text: str) -> bool:
    """Whether a line looks like Turtle that is not one triple a line."""
    begins_well = re.match(rf"{_IRI}|{_BLANK}|{_SHORT}|[\[(\]]|\"", text) is not None
    return begins_well and (text[-1] in ";,[](" or '"""' in text or not text.endswith("."))

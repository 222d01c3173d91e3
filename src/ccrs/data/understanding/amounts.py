"""Amounts that are asked for: *under 30 euros*, *for 4 players*, *at most an hour*, *something cheaper*.

What is counted is known from the catalogue: an attribute for each column of numbers, and one for two columns that
give its least and its most (*min players* and *max players*). An amount whose attribute the words do not tell is the
price, where there is one, else nothing.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ccrs.core.hearing import NumberRange
from ccrs.data.understanding.amount_words import (
    AMOUNTS,
    ANY_PRICE,
    CHEAP,
    COMPARED,
    COUNTED,
    DEAR,
    EXTREMES,
    HOURS,
    KINDS,
    LETS_ALL_GO,
    LIMITS,
    MINUTES,
    OR_LESS,
    OR_MORE,
    PRICE_WORDS,
    PRICES,
    SAYS_WHAT,
    SMALL,
    SPELT,
)
from ccrs.data.understanding.line import lowered

Numbers = Mapping[str, Mapping[str, float]]
"""Item id to column to number."""

_WORDS_BEFORE = 24  # characters


@dataclass(frozen=True)
class _Attribute:
    """What can be counted: the words that name it and the columns that hold it."""

    words: frozenset[str]
    least: str | None = None
    most: str | None = None
    column: str | None = None
    is_price: bool = False
    in_minutes: bool = False

    def is_of(self, kind: str) -> bool:
        """Whether it is the price, a time, or named by the word ``kind``."""
        return self.is_price if kind == "price" else self.in_minutes if kind == "time" else kind in self.words

    def ranges(self, low: float | None, high: float | None) -> list[NumberRange]:
        """What the columns must be for the attribute to lie between ``low`` and ``high``."""
        if self.column is not None:
            return [NumberRange(self.column, low, high)]
        found = []
        if self.least is not None and high is not None:
            found.append(NumberRange(self.least, None, high))
        if self.most is not None and low is not None:
            found.append(NumberRange(self.most, low, None))
        if not found and self.least is not None:  # "ages 12 and up", of which only the least is known
            found.append(NumberRange(self.least, low, None))
        return found


class Amounts:
    """Reads amounts against the numbers of a catalogue's items."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        values: dict[str, list[float]] = defaultdict(list)
        for columns in numbers.values():
            for column, number in columns.items():
                values[column].append(number)
        self._sorted = {column: sorted(found) for column, found in values.items()}
        self._attributes = _attributes(sorted(values))

    def after(
        self, before: tuple[NumberRange, ...], text: str, shown: Sequence[str], *, released: bool = False
    ) -> tuple[NumberRange, ...]:
        """The ranges in force after a message; new ones take the place of old ones of the same attribute.

        ``shown`` are the items that *cheaper* is measured against; ``released``: all wishes are let go.
        """
        if not self._attributes:
            return before
        said = re.sub(r"\s+", " ", lowered(text))
        kept = () if released or LETS_ALL_GO.search(said) else before
        if ANY_PRICE.search(said):
            prices = {a.column for a in self._attributes if a.is_price}
            kept = tuple(one for one in kept if one.name not in prices)
        new = self.read(said, shown)
        touched = {column for one in new for column in self._together(one.name)}
        return (*(one for one in kept if one.name not in touched), *new)

    def read(self, said: str, shown: Sequence[str]) -> tuple[NumberRange, ...]:
        """The ranges that a text in lower case asks for."""
        found: dict[str, NumberRange] = {}
        taken: list[tuple[int, int]] = []
        for kind, pattern in AMOUNTS:
            for match in pattern.finditer(said):
                # The words behind belong to whatever is asked for next as well.
                span = match.start(), match.end("n2" if kind == "between" else "n1")
                if any(start < span[1] and span[0] < end for start, end in taken):
                    continue
                ranges = self._meant(said, kind, match)
                if ranges:
                    taken.append(span)
                    found |= {one.name: one for one in ranges}
        if not found:
            found = {one.name: one for one in (*self._compared(said, shown), *self._cheap(said))}
        return tuple(found.values())

    def _meant(self, said: str, kind: str, match: re.Match[str]) -> list[NumberRange]:
        first, unit = _number(match["n1"]), match["unit"].replace("-", " ").split()
        currency = match["c1"] or match["d1"]
        before = said[max(0, match.start() - _WORDS_BEFORE) : match.start()]
        attribute = self._attribute(before, [*unit, *_adjectives(match[0])], currency, kind)
        if attribute is None:
            return []
        scale = 60.0 if attribute.in_minutes and HOURS & set(unit[:1]) else 1.0
        first *= scale
        second = _number(match["n2"]) * scale if kind == "between" else first
        behind = " ".join(unit)
        plus = said[match.end("n1") :].startswith("+")
        return attribute.ranges(*_bounds(kind, first, second, behind, attribute, plus=plus))

    def _attribute(
        self, before: str, unit: Sequence[str], currency: str | None, kind: str
    ) -> _Attribute | None:
        """What an amount counts, by its currency, the words behind it, or those before it."""
        price = next((one for one in self._attributes if one.is_price), None)
        if currency:
            return price
        # Of several lengths in cm that one is meant that "high" or "wider" tells.
        counts = [sum(word in one.words for word in unit) for one in self._attributes]
        if max(counts, default=0):
            return self._attributes[counts.index(max(counts))]
        words = set(re.findall(r"[a-z]+", before)[-1 if kind == "exact" else -3 :])
        for one in self._attributes:
            if words & one.words:
                return one
        if kind == "exact":  # a bare number may be of a title
            return None
        return price if not unit or unit[0] in ("please", "or", "and", "for", "that", "if") else None

    def extreme(self, text: str) -> tuple[str, bool] | None:
        """The number whose least (True) or most is asked for: *the cheapest one*."""
        said = lowered(text)
        for kind, least, pattern in EXTREMES:
            for one in self._attributes if pattern.search(said) else ():
                if one.column is not None and one.is_of(kind):
                    return one.column, least
        return None

    def _compared(self, said: str, shown: Sequence[str]) -> list[NumberRange]:
        """*Cheaper* than everything shown, *longer* than it."""
        for kind, side, pattern in COMPARED:
            if not pattern.search(said):
                continue
            for one in self._attributes:
                fits, column = one.is_of(kind), one.column
                known = [
                    self._numbers[i][column] for i in shown if column and column in self._numbers.get(i, {})
                ]
                if fits and column and known:
                    if side == "less":
                        return [NumberRange(column, None, math.nextafter(min(known), -math.inf))]
                    return [NumberRange(column, math.nextafter(max(known), math.inf), None)]
        return []

    def _cheap(self, said: str) -> list[NumberRange]:
        """*Cheap* is the cheapest third of the catalogue, *expensive* the dearest."""
        price = next((one.column for one in self._attributes if one.is_price), None)
        if price is None:
            return []
        numbers = self._sorted[price]
        if CHEAP.search(said):
            return [NumberRange(price, None, numbers[len(numbers) // 3])]
        if DEAR.search(said):
            return [NumberRange(price, numbers[len(numbers) * 2 // 3], None)]
        return []

    def _together(self, column: str) -> set[str]:
        """The columns of the attribute that a column belongs to."""
        for one in self._attributes:
            if column in (one.column, one.least, one.most):
                return {name for name in (one.column, one.least, one.most) if name is not None}
        return {column}


def _bounds(
    kind: str, first: float, second: float, behind: str, attribute: _Attribute, *, plus: bool
) -> tuple[float | None, float | None]:
    """The least and the most that is asked for."""
    if kind == "between":
        return min(first, second), max(first, second)
    plain = kind in ("exact", "about")
    if kind == "less" or (plain and OR_LESS.search(behind)):
        return None, first
    if kind == "more" or (plain and (plus or OR_MORE.search(behind))):
        return first, None
    if kind == "about":
        return 0.8 * first, 1.2 * first
    # "For 60 dollars", "a 45 minute game": no more than that.
    at_most = attribute.column is not None and (attribute.is_price or attribute.in_minutes)
    return None if at_most else first, first


def _adjectives(said: str) -> list[str]:
    """What the adjectives of an amount count: *tall* of *taller than*."""
    return [COUNTED.get(word, word) for word in SAYS_WHAT.findall(said)]


def _number(text: str) -> float:
    plain = text.replace(",", "")
    if plain.startswith("half"):
        return 0.5
    if plain in ("a", "an"):
        return 1.0
    return float(SPELT[plain]) if plain in SPELT else float(plain)


def _attributes(columns: Sequence[str]) -> list[_Attribute]:
    """The attributes of some columns, *min players* and *max players* together."""
    limits: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    plain: list[str] = []
    for column in columns:
        words = re.findall(r"[a-z]+", column.lower())
        side = next((LIMITS[word] for word in words if word in LIMITS), None)
        if side is None or len(words) == 1:
            plain.append(column)
        else:
            limits[tuple(word for word in words if word not in LIMITS)][side] = column
    found = [
        _attribute(words, least=sides.get("least"), most=sides.get("most")) for words, sides in limits.items()
    ]
    return [*found, *(_attribute(re.findall(r"[a-z]+", column.lower()), column=column) for column in plain)]


def _attribute(
    words: Sequence[str], *, least: str | None = None, most: str | None = None, column: str | None = None
) -> _Attribute:
    own = {word for word in words if word not in SMALL}
    known = set(own)
    for word in own:
        known |= {f"{word}s", word.removesuffix("s")}
    for kind, said in KINDS:
        if kind & own:
            known |= said
    is_price = bool(PRICES & own)
    known -= {"", "times"}  # "played it ten times"
    return _Attribute(
        frozenset(known | PRICE_WORDS if is_price else known),
        least,
        most,
        column,
        is_price,
        bool(MINUTES & own) and not {"hours", "hour"} & own,
    )

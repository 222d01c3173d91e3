"""Values of a table as people write them: numbers with units and currencies, dates, yes and no."""

from __future__ import annotations

import datetime
import functools
import math
import re
from typing import NamedTuple

# Bounded repetitions, so that no text makes it slow.
_NUMBER = re.compile(
    r"(?P<before>(?:[A-Z]{1,3})?[$\u00a3\u00a5\u20a0-\u20bf]|[A-Z]{3}(?=\s))?\s?(?P<sign>[+-]?)"
    r"(?P<digits>\d[\d.,'\u00a0\u202f]{0,30}|\d{1,3}(?: \d{3}){1,6}(?:[.,]\d{1,3})?)(?P<power>[eE][+-]?\d{1,3})?"
    r"(?P<after>\s[^\W\d_]{1,15}|\s?[%\u00b0$\u00a3\u00a5\u20a0-\u20bf]"
    r"|(?i:mins?|h|hrs?|kg|g|mg|lbs?|oz|mm|cm|m|km|in|ft|ml|cl|l|w|kw|v|mb|gb|tb|mah|hz))?"
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_GROUPED_DOTS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}")
_SPACES = str.maketrans("", "", "' \u00a0\u202f")
_DATES = (
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})(?:[-/.](?P<d>\d{1,2}))?(?:[T ].{0,30})?"),
    re.compile(r"(?P<d>\d{1,2})[./-](?P<m>\d{1,2})[./-](?P<y>\d{4})"),
)
_YES = frozenset({"true", "yes", "y", "1", "t", "in stock", "instock", "available", "x"})
_NO = frozenset(
    {"false", "no", "n", "0", "f", "out of stock", "outofstock", "sold out", "unavailable", "not available"}
)
YES_OR_NO = frozenset({"true", "false", "yes", "no", "y", "n"})
"""The words that make a column one of yes and no by themselves."""
MONTHS = 12


class Number(NamedTuple):
    """A number with what stands before and behind it: a currency, a unit."""

    value: float
    before: str = ""
    after: str = ""


@functools.lru_cache(1 << 14)
def parse_number(text: str) -> Number | None:
    """The number that a text is, or None.

    Of point and comma the last one is decimal where both stand; a comma alone groups thousands where three digits
    follow each (``1,234``) and is decimal otherwise (``29,99``).
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    digits = match["digits"].translate(_SPACES)
    if "," in digits and "." in digits:
        group = "," if digits.rindex(".") > digits.rindex(",") else "."
        digits = digits.replace(group, "").replace(",", ".")
    elif "," in digits:
        digits = digits.replace(",", "") if _GROUPED.fullmatch(digits) else digits.replace(",", ".")
    elif _GROUPED_DOTS.fullmatch(digits):
        digits = digits.replace(".", "")
    try:
        value = float(f"{match['sign']}{digits.rstrip('.')}{match['power'] or ''}")
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return Number(value, (match["before"] or "").strip(), (match["after"] or "").strip())


def parse_date(text: str) -> datetime.date | None:
    """The day that a text names (``2019-05-17``, ``17.05.2019``, ``17/5/2019``, ``2019-05``), or None.

    Where day and month could be either, the day stands first unless the second number is above 12.
    """
    for form in _DATES:
        match = form.fullmatch(text)
        if match is None:
            continue
        year, month, day = int(match["y"]), int(match["m"]), int(match["d"] or 1)
        if month > MONTHS >= day:
            month, day = day, month
        try:
            return datetime.date(year, month, day)
        except ValueError:
            return None
    return None


def parse_year(text: str) -> int | None:
    """The year of ``1995``, ``1995.0`` or a date; None for anything else, and outside 1 to 9999."""
    day = parse_date(text)
    if day is not None:
        return day.year
    number = parse_number(text)
    if number is None or number.before or number.after or not number.value.is_integer():
        return None
    year = int(number.value)
    return year if 1 <= year <= datetime.MAXYEAR else None


def parse_yes_or_no(text: str) -> bool | None:
    """Whether a text says yes or no; a number of pieces in stock says yes above 0."""
    said = text.casefold().replace("_", " ")
    if said in _YES or said in _NO:
        return said in _YES
    number = parse_number(text)
    return None if number is None or number.before or number.after else number.value > 0


def parse_time(text: str) -> float | None:
    """A point in time, to put things in order: a number (seconds, say), or a date with or without a time."""
    number = parse_number(text)
    if number is not None and not number.before and not number.after and parse_date(text) is None:
        return number.value
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        day = parse_date(text)
        if day is None:
            return None
        moment = datetime.datetime(day.year, day.month, day.day)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)).total_seconds()

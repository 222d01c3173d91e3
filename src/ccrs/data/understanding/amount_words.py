"""Words and patterns of amounts: bounds, units, currencies, comparisons."""

from __future__ import annotations

import re

_N = r"\d{1,9}(?:,\d{3})*(?:\.\d+)?|an?(?= hour)|half an(?= hour)|one|two|three|four|five|six|seven|eight|nine|ten"
_CURRENCY = r"[$€£¥]"


def _amount(number: int) -> str:
    """An amount with its currency before or behind it, as numbered groups."""
    return rf"(?P<c{number}>{_CURRENCY}|usd |eur |gbp )?\s?(?P<n{number}>{_N})\s?(?P<d{number}>{_CURRENCY})?(?!\d)"


_LESS = (
    r"under|below|less than|at most|at the most|up to|max(?:imum)?(?: of)?|no more than|not more than|fewer than|"
    r"cheaper than|shorter than|lighter than|smaller than|within|not over|not above|no longer than|lower than|"
    r"(?:no|not) (?:taller|higher|bigger|larger|wider|longer|heavier|deeper|more expensive) than|<=?"
)
_MORE = (
    r"over|above|more than|at least|min(?:imum)?(?: of)?|no less than|not less than|not under|starting at|longer than|"
    r"heavier than|bigger than|larger than|taller than|higher than|wider than|deeper than|>=?"
)
_UNIT = r"\+?(?P<unit>(?:[ -]?[a-z]+){0,4})"
AMOUNTS = (
    (
        "between",
        re.compile(rf"(?:between|from)? ?{_amount(1)} ?(?:and|to|-|–) ?{_amount(2)}{_UNIT}"),
    ),
    ("less", re.compile(rf"(?:(?<=\s)|^)(?:{_LESS}) {{0,2}}(?:about )?{_amount(1)}{_UNIT}")),
    ("more", re.compile(rf"(?:(?<=\s)|^)(?:{_MORE}) {{0,2}}(?:about )?{_amount(1)}{_UNIT}")),
    ("about", re.compile(rf"\b(?:around|about|roughly|approximately) {_amount(1)}{_UNIT}")),
    ("exact", re.compile(rf"(?<![\w.,]){_amount(1)}{_UNIT}")),
)
"""How an amount is bounded: tried in this order, with groups c, n, d (currency, number, currency) and unit."""
OR_LESS = re.compile(r"\b(?:or (?:less|under|fewer|below|cheaper|shorter)|max|maximum|at most|tops)\b")
OR_MORE = re.compile(r"\b(?:or (?:more|over|above|up)|and (?:up|above|over|more)|minimum|at least|plus)\b")
_SPELT_TEXT = "zero one two three four five six seven eight nine ten"
SPELT = {name: number for number, name in enumerate(_SPELT_TEXT.split())}
LIMITS = {"min": "least", "minimum": "least", "max": "most", "maximum": "most"}
SMALL = frozenset(["number", "of", "in", "the", "for", "per"])
PRICES = frozenset(["price", "cost", "msrp", "rrp"])
_PRICE_TEXT = "price prices cost costs dollar dollars buck bucks euro euros pound pounds usd eur gbp"
PRICE_WORDS = frozenset(_PRICE_TEXT.split())
_KINDS_TEXT = """
    time duration minutes minute length runtime hours=minute minutes min mins hour hours hr hrs h time long;
    players player=players player people persons;
    age ages=age ages aged year years yr yrs old olds;
    height=cm mm inch inches tall high height;
    width=cm mm inch inches wide broad width;
    depth=cm mm inch inches deep depth;
    size length diameter=cm mm inch inches size length diameter;
    weight=kg kilo kilos gram grams g lb lbs pound pounds weight weigh
"""
KINDS = tuple(
    (frozenset(names.split()), frozenset(said.split()))
    for entry in _KINDS_TEXT.split(";")
    for names, said in [entry.split("=")]
)
"""Words of a column's name, and what people say of such a column."""
HOURS = frozenset(["hour", "hours", "hr", "hrs", "h"])
MINUTES = frozenset(["minutes", "minute", "min", "time", "duration"])
CHEAP = re.compile(
    r"\b(?:cheap|inexpensive|affordable|budget|low cost|not (?:too |so |very |that )?expensive)\b"
)
DEAR = re.compile(
    r"(?<!too )(?<!less )(?<!not )(?<!it )(?<!more )(?<!most )\b(?:premium|luxury|luxurious|high end|expensive)\b"
)
COMPARED = tuple(
    (kind, side, re.compile(rf"\b(?:{said})\b(?! than \W?\d)"))
    for kind, side, said in (
        ("price", "less", "cheaper|less expensive|lower price|too (?:expensive|dear|pricey)|less pricey"),
        ("price", "more", "more expensive|pricier|higher price|too cheap"),
        ("time", "less", "shorter|quicker|faster|too long"),
        ("time", "more", "longer|too short"),
        ("weight", "less", "lighter|too heavy"),
        ("weight", "more", "heavier|too light"),
    )
)
"""What is compared with what was shown, and to which side."""
_NO_MATTER = (
    r"(?:does not|doesn'?t|is no|isn'?t) (?:matter|an? (?:issue|object|problem)|object|issue|important)"
)
SAYS_WHAT = re.compile(r"\b(tall|high|wide|deep|long|short|heav|light)(?:er|ier|r)?\b")
"""Adjectives of an amount that tell what it counts."""
COUNTED = {"short": "long", "heav": "weight", "light": "weight"}
EXTREMES = tuple(
    (kind, least, re.compile(rf"\b(?:{said})\b"))
    for kind, least, said in (
        ("price", True, "cheapest|least expensive|lowest price|most affordable"),
        ("price", False, "most expensive|priciest|dearest"),
        ("time", True, "shortest|quickest|fastest"),
        ("time", False, "longest"),
        ("height", True, "smallest|lowest"),
        ("height", False, "tallest|biggest|highest"),
        ("weight", True, "lightest"),
        ("weight", False, "heaviest"),
    )
)
"""What is asked for in the superlative: which number, and whether its least."""
ANY_PRICE = re.compile(
    rf"\b(?:any (?:price|budget)|(?:price|cost|money|budget) {_NO_MATTER}|"
    r"no matter (?:the price|what it costs|how (?:much|expensive)))\b"
)
LETS_ALL_GO = re.compile(r"\b(?:anything (?:goes|is fine|works)|start over|forget everything|reset)\b")

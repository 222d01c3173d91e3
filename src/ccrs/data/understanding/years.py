"""Years and decades that are asked for, and relative ones: *from the 80s*, *after 2000*, *something newer*."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ccrs.data.understanding.line import Clause

_Y = r"(?:18|19|20)\d\d"
_DECADE_NAMES = {"twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70,
    "eighties": 80, "nineties": 90}  # fmt: skip
_DECADE = rf"(?:(?:19|20)\d0'?s|[2-9]0'?s|00'?s|noughties|aughts|{'|'.join(_DECADE_NAMES)})"
_NO = (
    r"(?:nothing|not|no|never|anything but|except|without)"
    r"(?: (?:a|the|any|anything|movies?|from|made|in|released|to|too|be|of|want|is|ones?|really|looking|"
    r"for)){0,5}"
)
_RANGE = re.compile(
    rf"\b(?:between|from) (?P<a>{_Y}) (?:and|to|until|till|through) (?P<b>{_Y})\b|\b(?P<c>{_Y}) (?:to|-) "
    rf"(?P<d>{_Y})\b"
)
_NOT_BEFORE = re.compile(
    rf"\b(?:{_NO} (?:before|prior to|older than|earlier than)|no older than|since|starting (?:in|from)|"
    rf"from (?={_Y} (?:on|onwards?|and (?:up|on|later|after|newer|beyond|onwards?)|or (?:later|newer|"
    rf"after)|to now|to today|to present))) (?P<y>{_Y})\b"
    rf"|\b(?P<z>{_Y}) (?:or|and) (?:later|newer|after|above|up|onwards?|beyond|younger)\b|\b(?P<w>{_Y}) "
    rf"onwards?\b"
)
_NOT_AFTER = re.compile(
    rf"\b(?:{_NO} (?:after|newer than|later than|past|more recent than)|no (?:later|newer) than|up to|"
    rf"until|till|by) (?P<y>{_Y})\b"
    rf"|\b(?P<z>{_Y}) (?:or|and) (?:earlier|older|before|below)\b"
)
_AFTER = re.compile(
    rf"\b(?:after|newer than|later than|more recent than|past|post|younger than) (?:the )?(?:year "
    rf")?(?P<y>{_Y}|{_DECADE})(?![\w'])"
)
_BEFORE = re.compile(
    rf"\b(?:before|older than|prior to|earlier than|pre) (?:the )?(?:year )?(?P<y>{_Y}|{_DECADE})(?![\w'])"
)
_DECADES = re.compile(
    rf"(?:\b(?P<part>early|mid|late|later|earlier)[ ,]+)?(?<![\w'])(?P<d>{_DECADE})(?![\w'])"
)
_EXACT = re.compile(
    rf"\b(?:from|in|of|made in|released in|year|came out in|for) (?:the year )?(?P<y>{_Y})(?![\w'])"
    rf"|(?<![\w'])(?P<z>{_Y}) (?:movies?|releases?|ones?|comed|<[gt]>)|^(?:maybe |a |an |something "
    rf")?(?P<w>{_Y})(?: please)?$"
)
_LAST = re.compile(
    r"\b(?:last|past|previous) (?:(?P<n>\d{1,2}|few|couple|couple of|two|three|five|ten|twenty|several) "
    r"years?|(?P<decade>decade)|(?P<one>year))\b"
    r"|\b(?P<this>this year)\b"
)
_CENTURY = re.compile(r"\b(?:(?P<last>(?:last|previous|20th|twentieth))|this|21st|twenty first) century\b")
_COUNTS = {
    "few": 4,
    "couple": 3,
    "couple of": 3,
    "two": 2,
    "three": 3,
    "five": 5,
    "ten": 10,
    "twenty": 20,
    "several": 6,
}
_NEWER = re.compile(
    r"\b(?:newer|more recent|more modern|more current|less old|not (?:so|that|as|too) old|too old)\b(?! "
    r"than (?:19|20)\d\d)"
)
_OLDER = re.compile(
    r"\b(?:older|more classic|less recent|not (?:so|that|as|too) (?:new|recent)|too (?:new|recent))\b(?! "
    r"than (?:19|20)\d\d)"
)
_RECENT = re.compile(
    r"\b(?:(?:most )?recent(?:ly)?(?: released| made)?|newest|latest|new(?= (?:movies?|releases?|ones?|"
    r"stuff|<[gt]>|something))|something new|anything new|brand new|modern|current)\b"
)
_OLD = re.compile(
    r"\b(?:classics?|old(?= (?:movies?|ones?|stuff|<[gt]>|school|classics?|time))|something old|anything "
    r"old|oldies|old school|vintage|golden age)\b"
)
_NOT_RECENT = re.compile(rf"\b{_NO} (?:{_RECENT.pattern})")
_NOT_OLD = re.compile(rf"\b{_NO} (?:{_OLD.pattern})")
_NARRATIVE = re.compile(
    r"\b(?:grew up|born|was a kid|was young|childhood|years ago|reminds?|year old|years old|remember|"
    r"meant)\b|\b(?:his|her|my|their|our) (?:early |late |mid )?[2-9]0s\b"
)
_SHORT = "0123456789"


@dataclass(frozen=True, slots=True)
class Span:
    """Inclusive years; ``None`` is open. ``excluded`` are decades that are not wanted."""

    year_from: int | None = None
    year_to: int | None = None
    excluded: tuple[int, ...] = ()


class Years:
    """Reads years against a catalogue: ``newest`` is the year of its newest item, which stands for today."""

    def __init__(self, newest: int, oldest: int) -> None:
        self.newest, self.oldest = newest, oldest

    def read(self, clause: Clause, shown: Sequence[int], compared: Sequence[int]) -> Span | None:
        """The span that a clause asks for, or ``None``.

        ``shown`` are the years of the items last shown, against which *newer* and *older* are read; ``compared`` those
        of items named in the clause (*newer than Heat*).
        """
        line = clause.line
        if not any(letter in _SHORT for letter in line) and not _worth_reading(line):
            return None
        if _NARRATIVE.search(line):
            return None
        return self._absolute(line) or self._relative(line, tuple(compared) or tuple(shown))

    def _absolute(self, line: str) -> Span | None:
        found = _RANGE.search(line)
        if found:
            low, high = sorted((int(found["a"] or found["c"]), int(found["b"] or found["d"])))
            return Span(low, high)
        least, most = _int(_NOT_BEFORE.search(line)), _int(_NOT_AFTER.search(line))
        after, before = _AFTER.search(line), _BEFORE.search(line)
        if after is not None and least is None and most is None:
            least = self._end(after["y"]) + 1
        if before is not None and most is None and _NOT_BEFORE.search(line) is None:
            most = self._start(before["y"]) - 1
        if least is not None or most is not None:
            return Span(least, most)
        if century := _CENTURY.search(line):
            return Span(1900, 1999) if century["last"] else Span(2000, None)
        return self._decades(line) or self._exact(line) or self._last(line)

    def _decades(self, line: str) -> Span | None:
        spans: list[tuple[int, int]] = []
        for found in _DECADES.finditer(line):
            start = self._start(found["d"])
            part = found["part"] or ""
            low = start + (5 if part.startswith("late") else 3 if part == "mid" else 0)
            high = start + (4 if part.startswith("earl") else 6 if part == "mid" else 9)
            before = line[: found.start()].split()[-1:]
            # "30s" alone is an age more often than a decade.
            if (
                found["d"][:2] in ("20", "30", "40")
                and found["d"][2:].strip("'") == "s"
                and before != ["the"]
            ):
                continue
            spans.append((low, high))
        if not spans:
            return None
        first = _DECADES.search(line)
        if first is not None and re.search(rf"\b{_NO} (?:the )?$", line[: first.start()]):
            return Span(excluded=tuple(low // 10 * 10 for low, _ in spans))
        if re.search(r"\b(?:or|and) (?:later|newer|up|beyond|after|onwards?|on)\b", line):
            return Span(min(low for low, _ in spans), None)
        if re.search(r"\b(?:or|and) (?:earlier|older|before)\b", line):
            return Span(None, max(high for _, high in spans))
        return Span(min(low for low, _ in spans), max(high for _, high in spans))

    def _exact(self, line: str) -> Span | None:
        years = [int(found["y"] or found["z"] or found["w"]) for found in _EXACT.finditer(line)]
        return Span(min(years), max(years)) if years else None

    def _last(self, line: str) -> Span | None:
        found = _LAST.search(line)
        if found is None or re.search(r"\b(?:saw|seen|watched|since)\b", line):
            return None
        if found["this"]:
            return Span(self.newest, None)
        count = found["n"]
        years = (
            10 if found["decade"] else 1 if found["one"] else _COUNTS.get(count or "", 0) or int(count or 1)
        )
        return Span(self.newest - years, None)

    def _relative(self, line: str, against: tuple[int, ...]) -> Span | None:
        if found := _NEWER.search(line):
            usual = self.old + 1 if found.group().endswith("old") else self.newest - 5
            return Span(min(max(against) + 1 if against else usual, self.newest), None)
        if _OLDER.search(line):
            return Span(None, max(min(against) - 1, self.oldest) if against else self.old)
        if _RECENT.search(line):
            return Span(None, self.newest - 6) if _NOT_RECENT.search(line) else Span(self.newest - 5, None)
        if _OLD.search(line):
            return Span(self.old + 1, None) if _NOT_OLD.search(line) else Span(None, self.old)
        return None

    @property
    def old(self) -> int:
        """The last year of what is called old: a generation before the newest item, at the end of a decade."""
        return (self.newest - 25) // 10 * 10 - 1

    def _start(self, word: str) -> int:
        """The first year of a decade's name, or the year itself."""
        digits = word.rstrip("s'")
        if not digits.isdigit():
            return 1900 + _DECADE_NAMES[word] if word in _DECADE_NAMES else 2000
        if len(digits) == 4:
            return int(digits)
        return 2000 if digits == "00" else 1900 + int(digits)

    def _end(self, word: str) -> int:
        start = self._start(word)
        return start if word.isdigit() else start + 9


def _int(match: re.Match[str] | None) -> int | None:
    """The year of whichever group matched."""
    if match is None:
        return None
    return int(next(value for value in match.groups() if value))


_WORTH = re.compile(
    r"\b(?:new|newer|newest|recent|recently|latest|modern|current|old|older|oldies|classics?|vintage|"
    r"school|last|past|century|this year|later|earlier|"
    rf"noughties|aughts|golden|{'|'.join(_DECADE_NAMES)})\b"
)


def _worth_reading(line: str) -> bool:
    return _WORTH.search(line) is not None

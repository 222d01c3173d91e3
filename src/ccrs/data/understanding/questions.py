"""Questions of fact: which relation, year, plot or likeness is asked of which item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set

from ccrs.core.hearing import Question, QuestionKind
from ccrs.core.item_words import plural_of
from ccrs.data.linking_names import tokenise
from ccrs.data.understanding.line import Clause
from ccrs.data.understanding.wish_words import LEFT_OPEN

# The names that graphs give to one relation, and the words that ask for it.
_CONCEPTS = {
    "direction": (
        "director directors directed by",
        r"direct|directs|directed|director|directors|filmmaker|made by|who made|"
        r"who (?:is|was) (?:<i>|it|that|this) by|by who|whose movie (?:is|was)",
    ),
    "cast": (
        "actor actors star stars starring cast performer",
        r"star|stars|starred|starring|actors?|actress|actresses|cast|plays?|played|acts?|acted|in <i>|in "
        r"it|in that|in this|in",
    ),
    "writing": (
        "writer writers author screenwriter screenplay",
        r"wrote|write|writes|written|writers?|author|screenplay|script|screenwriter",
    ),
    "music": (
        "composer composers music music composer",
        r"composed|compose|composes|composers?|music|score|scored|soundtrack|songs?|tunes?",
    ),
    "genre": ("genre genres category", r"genres?|kind|type|sort|category"),
    "country": ("country countries", r"country|countries|where"),
    "series": ("series franchise", r"series|franchise|trilogy|saga"),
    "theme": ("theme themes subject keyword topic", r"themes?|topics?|subjects?|keywords?"),
    "production": ("producer producers", r"produced|producer|producers"),
    "language": ("language", r"languages?"),
    "height": ("height", r"how (?:tall|high)"),
    "width": ("width", r"how (?:wide|broad)"),
    "depth": ("depth", r"how deep"),
    "size": ("size dimensions", r"how (?:big|large)"),
    "weight": ("weight", r"how heavy"),
    "duration": ("playing time running time time duration runtime length", r"how long"),
    "material": ("material materials fabric", r"materials?|made (?:out )?of|made from"),
    "making": (
        "brand maker manufacturer make",
        r"brands?|makers?|made by|who (?:made|makes)|manufactur(?:er|es|ed)",
    ),
    "price": ("price cost", r"prices?|costs?|how much|expensive"),
}
_THING = r"(?:<i>|it|that|this|the movie|that movie|this movie|they|them|these|those)"
_LEAD = (
    r"(?:(?:and|so|ok|but|well|oh|cool|nice|great|also|hmm|do you know|do you remember|can you tell me|"
    r"could you tell me|do you happen to know|(?:i|we) (?:would like|want|need|would love) to know|let me know|"
    r"remind me|any idea|(?:quick |another |one )?question|by the way|i am curious|(?:may|can|could) i ask(?: you)?|"
    r"tell me|i wonder|i was wondering|wondering|just|please|yes|no|hi|hey|awesome|interesting|,) ){0,4}"
)
_YEAR = re.compile(
    rf"^{_LEAD}(?:when (?:was|is|did|were|does)\b.*(?:made|released?|come out|came out|out|filmed|shot|"
    rf"from|produced)|(?:(?:in|from) )?(?:what|which) year\b|how (?:old|new|recent) (?:is|are|was)\b|"
    rf"when did {_THING} come|what decade|is {_THING} (?:a |an )?(?:new|old|recent|older|newer|"
    rf"classic)\b(?! <)|when is {_THING} from|when was {_THING}$|year of release|release (?:year|date)|"
    rf"when (?:{_THING}) (?:was|is|came|got|did|first)\b|what (?:is|was) (?:the |its )?(?:release )?(?:year|date)\b|"
    rf"(?:the |its )?(?:year|release date)(?: (?:of|for) {_THING})?$|from (?:what|which) year|(?:what|which) year$)"
)
_PLOT = re.compile(
    rf"^{_LEAD}(?:what (?:is|are|was|were) {_THING} (?:all |movie )?about|what (?:is|was) (?:the |its "
    rf")(?:plot|story|storyline|premise|synopsis|summary|story line)|what (?:happens|is happening) in|"
    rf"(?:the )?(?:plot|story|premise|synopsis)\b.*$|"
    rf"(?:and )?what about {_THING}$|about what|what is the (?:movie|story) about|tell me (?:what {_THING} "
    rf"is about|the (?:plot|story))|what {_THING} is about)"
)
_FACTS = re.compile(
    rf"^{_LEAD}(?:tell me (?:a (?:bit|little) )?(?:more |something )?about (?=<i>|it|that|this|them)|"
    rf"(?:more|any more|some more|give me more|additional) (?:info|information|details?)(?: (?:about|on))?|"
    rf"what (?:do|can) you (?:know|tell me) about|"
    rf"(?:what|how) (?:is|was|are|were) {_THING}$|what is <i> (?:movie)?$|(?:is|was|are|were) {_THING} "
    rf"(?:movie )?(?:any |really |actually )?(?:good|great|worth|well|popular|interesting|any)\b|describe "
    rf"<i>|"
    rf"(?:any|some|more) (?:details|info|facts)|who is in and|do you know (?:about )?<i>$|tell me more$|"
    rf"(?:can you )?tell me more(?: please)?$|more about <i>|details (?:on|about) <i>|give me details)"
)
_AVAILABLE = re.compile(
    rf"^{_LEAD}(?:(?:is|are|was) {_THING} (?:still |currently |really )?"
    r"(?:available|availble|in stock|on stock|sold out|out of stock)"
    rf"|do you (?:still )?have {_THING}(?: (?:one|movie))? (?:in stock|available|on stock))\b"
)
_LINK = re.compile(
    rf"^{_LEAD}(?:(?:give|send|show) me (?:the|a|its) (?:link|url|website|page)|what is the (?:link|url)|"
    rf"(?:the )?(?:link|url)|where (?:can|could|do) i (?:buy|get|order|find|watch) {_THING}|"
    r"do you have (?:a|the) link)(?= |$)"
)
_OF_SHOP = re.compile(
    r"\b(?:ships?|shipping|delivers?|delivery|returns?|refunds?|warranty|guarantee|opening hours|payment|discounts?|"
    r"vouchers?|insurance|install|installation)\b"
)
_OF_ITEM = re.compile(rf"^{_LEAD}(?:is|are|does|do|has|can|will) (?:the )?{_THING} [a-z]+")
_LIKE_WHICH = re.compile(
    rf"^{_LEAD}(?:what (?:is|are|was) {_THING} (?:similar to|like|comparable to)|(?:what|which) (?:movies?|"
    rf"ones?|other movies?) (?:is|are) {_THING} (?:like|similar to)|(?:is|are|was) {_THING} (?:a bit |"
    rf"anything |kind of |more |just )?(?:like|similar to) <i>|"
    rf"what does {_THING} have in common|how (?:is|does|are) {_THING} (?:similar|compare|like))"
)
_WH = re.compile(
    rf"^{_LEAD}(?:who|whose|whom|by whom|what|which|where|how many|is|was|are|were|did|does|do|has|have|name|"
    rf"how (?:much|long|heavy|tall|high|wide|broad|deep|big|large)|list)\b(?! (?:there|you)\b(?! know who))"
)
_ALONE = re.compile(
    rf"^{_LEAD}(?:give me |name |and )?(?:the |its )([a-z]+)(?: (?:of|in) {_THING})?(?: please)?$"
)
_POLAR = re.compile(rf"^{_LEAD}(?!do you|can you|could you)(?:is|was|are|were|did|does|has|do|have)\b")
_DENIES = re.compile(rf"^{_LEAD}(?:is|was|are|were|did|does|do|has|have) not\b")
_ABOUT_YOU = re.compile(
    r"\b(?:do|did|would|are|have|can|could|will) you\b(?! (?:know|tell|remember))|\byour\b|\byou (?:like|"
    r"recommend|suggest|think|mean)\b|\b(?:should|can|could) (?:i|we)\b|\bwho else\b.*\blike\b|\bi "
    r"(?:like|want|watch|see)\b"
)
_ELSE = re.compile(
    r"\b(?:what|which|anything|something|who) (?:else|other)\b|\b(?:other|another|more) (?:movies?|ones?|"
    r"<[gt]>|of (?:his|her|their))\b|\bsame (?:director|actor|actress|writer|cast|actors)\b"
)


_THERE_IS = re.compile(
    rf"^{_LEAD}(?:what|which) (?:kinds? of |sorts? of |types? of )?([a-z]+(?: [a-z]+)?) (?:do you (?:have|sell|carry|"
    r"know|offer)|are there|is there|(?:can|could|may) (?:i|we) (?:choose|pick|get)|are available|is available)\b(?! <)"
)
AND_THAT = re.compile(
    r"(?:(?:and|so|ok|but|well|oh|what about|how about|same for|what of|or|for|in|of|no|not that|not that one|sorry|"
    r"oops|actually|wait|i meant|i mean|i was talking about|the one|rather|please|,) )*(?:<i>|<[gpt]>)"
    r"(?: , (?:the |not )?(?:\d\d\d\d )?<i>)?(?: (?:then|too|as well|please|in it|instead|i meant|i mean|sorry))*"
)
"""A question that goes on with another name: *and Heat?*, *no, I meant the 2017 one*."""


# What is asked for by an adjective, to say at least that it is not known where the graph has nothing of the kind.
_MEASURES = {"heavy": "weight", "tall": "height", "high": "height", "wide": "width", "deep": "depth", "big": "size",
    "large": "size", "long": "length"}  # fmt: skip
_HOW = re.compile(rf"\bhow ({'|'.join(_MEASURES)}) (?:is|are|was) {_THING}")
_OF_MUSIC = re.compile(r"\b(?:music|score|soundtrack|songs?|theme song|tunes?)\b")


class Questions:
    """Reads questions of fact, with the relation names of a graph.

    A relation is asked for by its own name (*what is its country?*) or by a verb or noun that means it (*who wrote
    it?*); a graph that lacks the relation is not asked.
    """

    def __init__(self, relations: Iterable[str], *, of_films: bool = True) -> None:
        self._of_films = of_films
        words: list[tuple[str, str]] = []
        for relation in relations:
            name = " ".join(tokenise(relation)[0])
            concept = next(
                (pattern for names, pattern in _CONCEPTS.values() if f" {name} " in f" {_spread(names)} "),
                None,
            )
            own = rf"{_either_spelling(name)}(?:s|es)?|{_either_spelling(plural_of(name))}" if name else ""
            pattern = "|".join(part for part in (own, concept or _deed(name)) if part)
            if pattern:
                words.append((relation, pattern))
        self._relations = [(relation, re.compile(rf"\b(?:{pattern})(?= |$)")) for relation, pattern in words]
        self.by_concept = {
            concept: relation
            for concept, (names, _) in _CONCEPTS.items()
            for relation in relations
            if f" {' '.join(tokenise(relation)[0])} " in f" {_spread(names)} "
        }

    def read(
        self, clauses: Sequence[Clause], latest: Sequence[str], *, lacking: bool = False
    ) -> tuple[Question, int] | None:
        """The first question of a message and the number of its clause; ``latest`` is what an unnamed item means.

        Asked of something that the catalogue lacks (``lacking``: spoken of before), it is a question about no item.
        """
        recent = tuple(latest)
        choice = self._choice(clauses)
        if choice is not None:
            return choice
        for number, clause in enumerate(clauses):
            items = [ref for _, ref in clause.refs if ref.kind == "item"]
            meant = items[0].entities if items else recent
            if items:
                recent, lacking = items[-1].entities, not items[-1].entities
            if not meant and not lacking:
                continue
            found = self._kind(clause, named=bool(items))
            if found is not None:
                kind, relation = found
                if kind == "like_which" and len(items) > 1:
                    meant = (*items[0].entities, *items[1].entities)
                entity = self._asked_of(clause) if relation is not None or kind == "facts" else None
                return Question(kind, tuple(dict.fromkeys(meant)), relation, entity), number
        # Films are talked about in all sorts of questions; of what is sold, an unanswered one should be told so.
        return None if self._of_films else _unanswered(clauses, tuple(latest))

    def _choice(self, clauses: Sequence[Clause]) -> tuple[Question, int] | None:
        """*What brands do you have?*, *which genres are there?*: asked of no item."""
        for number, clause in enumerate(clauses):
            found = _THERE_IS.match(clause.line)
            for relation, pattern in self._relations if found is not None else ():
                if found is not None and pattern.fullmatch(found[1]):
                    return Question("values", (), relation), number
        return None

    def _asked_of(self, clause: Clause) -> str | None:
        """The person or genre of a yes-or-no question (*is Tom Hanks in it?*)."""
        if not _POLAR.match(clause.line):
            return None
        return next((ref.entities[0] for _, ref in clause.refs if ref.kind != "item" and ref.entities), None)

    def _kind(self, clause: Clause, *, named: bool) -> tuple[QuestionKind, str | None] | None:
        line = clause.line
        if _LIKE_WHICH.search(line) or _YEAR.search(line):
            return ("like_which" if _LIKE_WHICH.search(line) else "year"), None
        if _PLOT.search(line) and (
            clause.asks or "what" in line or "tell me" in line or len(clause.tokens) <= 3
        ):
            return ("plot", None) if "what about" not in line else None
        plain = _plain_kind(clause)
        if plain is not None:
            return plain, None
        alone = _ALONE.match(line)
        for relation, pattern in self._relations if alone is not None else ():
            if alone is not None and pattern.fullmatch(alone[1]):
                return "relation", relation
        # "Does not need to have Tom Hanks in it" asks nothing, nor does "who is in it does not matter".
        states = not clause.asks and bool(_DENIES.match(line) or LEFT_OPEN.search(line))
        if states or not _WH.search(line) or _ABOUT_YOU.search(line) or _ELSE.search(line):
            return None
        found = self._relation(clause, named=named)
        measured = _HOW.search(line) if found is None else None
        return found if measured is None else ("relation", _MEASURES[measured[1]])

    def _relation(self, clause: Clause, *, named: bool) -> tuple[QuestionKind, str | None] | None:
        line = clause.line
        kinds = {ref.kind for _, ref in clause.refs}
        if _POLAR.match(line):
            return self._polar(line, kinds, named=named)
        if re.search(r"\bwho (?:is|are|was) <p>", line):
            return None
        genre = self.by_concept.get("genre")
        if genre is not None and re.search(
            rf"\b(?:what|which) (?:genres?|kind|type|sort)(?: of (?:a )?(?:movie|one|story|genre))? (?:is|"
            rf"are|was) (?:{_THING})",
            line,
        ):
            return "relation", genre
        if not named and not re.search(
            r"\b(?:it|that|this|the|its|in|directed|wrote|starred|stars|composed|who|him|her)\b", line
        ):
            return None
        for relation, pattern in self._relations_asked(line):
            if (
                relation == genre
                and re.search(r"\b(?:kind|type|sort)s? of\b", line)
                and not re.search(r"<i>", line)
            ):
                continue
            if relation == self.by_concept.get("country") and not re.search(
                r"\bcountr|where (?:was|is|were) .*\b(?:made|filmed|shot|from|set)|which country", line
            ):
                continue
            if pattern.search(line) and re.search(
                r"\b(?:who|whom|whose|what|which|where|name|list|how [a-z]+)\b", line
            ):
                if relation == self.by_concept.get("cast") and not re.search(
                    r"\bwho|cast|star|actor|actress|lead\b", line
                ):
                    continue
                return "relation", relation
        return None

    def _relations_asked(self, line: str) -> list[tuple[str, re.Pattern[str]]]:
        """The relations, that of the thing made first: *who wrote the music* asks for no writer."""
        music = self.by_concept.get("music")
        if music is None or not _OF_MUSIC.search(line):
            return self._relations
        return sorted(self._relations, key=lambda pair: pair[0] != music)

    def _of_person(self, line: str, *, named: bool) -> tuple[QuestionKind, str | None] | None:
        """*Is Tom Hanks in it? Was it written by him? Is it by him?*."""
        genre, cast = self.by_concept.get("genre"), self.by_concept.get("cast")
        direction = self.by_concept.get("direction")
        for relation, pattern in self._relations:
            if relation not in (cast, genre) and pattern.search(line):
                return "relation", relation
        if direction is not None and re.search(r"\bby <p>|<p> movies?\b", line):
            return "relation", direction
        return ("relation", cast) if cast is not None and (named or " in " in line) else None

    def _polar(self, line: str, kinds: Set[str], *, named: bool) -> tuple[QuestionKind, str | None] | None:
        """*Is Tom Hanks in it? Was it directed by him? Is it scary?*."""
        genre = self.by_concept.get("genre")
        if "person" in kinds:
            return self._of_person(line, named=named)
        if kinds & {"genre"} and re.search(rf"^{_LEAD}(?:is|was|are|were) {_THING}", line):
            return ("relation", genre) if genre is not None else None
        if "thing" in kinds and re.search(
            rf"^{_LEAD}(?:is|was|are|were|does|do|has|have|can) (?:the )?{_THING}", line
        ):
            return "facts", None
        if re.search(
            rf"^{_LEAD}(?:does|do|has|can) {_THING} (?:also )?(?:have|come|include|need|work|use)\b", line
        ):
            return "facts", None
        series = self.by_concept.get("series")
        if series is not None and re.search(r"\b(?:series|franchise|trilogy|sequel|prequel|saga)\b", line):
            return "relation", series
        return None


def _unanswered(clauses: Sequence[Clause], latest: tuple[str, ...]) -> tuple[Question, int] | None:
    """What no rule reads though it is asked, of an item or of the shop."""
    for number, clause in enumerate(clauses):
        named = next((ref.entities for _, ref in clause.refs if ref.kind == "item"), latest)
        if any(ref.kind != "item" for _, ref in clause.refs):
            continue
        if _OF_SHOP.search(clause.line) and (clause.asks or _WH.search(clause.line)):
            return Question("other", named if "<i>" in clause.line else ()), number
        if named and clause.asks and _OF_ITEM.search(clause.line):
            return Question("other", named), number
    return None


def _plain_kind(clause: Clause) -> QuestionKind | None:
    """Asked whether or where an item can be had, or for anything that is known of it."""
    only_items = all(ref.kind == "item" for _, ref in clause.refs)
    if only_items and _AVAILABLE.search(clause.line):
        return "available"
    if only_items and _LINK.search(clause.line):
        return "link"
    return "facts" if _FACTS.search(clause.line) else None


def _either_spelling(name: str) -> str:
    """A pattern of a name in British and American letters: *colour*, *color*."""
    return re.sub(r"colou?r", "colou?r", re.escape(name))


def _deed(name: str) -> str:
    """The verb of who did something: *designed*, *designs* and *design* of *designer*."""
    stem = name[:-2]
    if " " in name or not name.endswith(("er", "or")) or len(stem) < 3:
        return ""
    return rf"{stem}(?:ed|s|es)?|{stem}e[ds]?"


def _spread(names: str) -> str:
    return " ".join(names.split())

"""What somebody asks for and the catalogue knows nothing of: *do you have laptops?*, *something with dragons*.

Films are asked for in ordinary words that no catalogue lists (*a feel-good story*), so this is for other catalogues,
whose columns say what can be asked for. A word is known when it is part of any name or relation. Ordinary words are
passed over, unless they stand before what the items are called (*a floor lamp*).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ccrs.core.dialogue import Mention
from ccrs.core.graph import Catalogue
from ccrs.core.item_words import ItemWords
from ccrs.data.linking_names import tokenise
from ccrs.data.linking_words import COMMON_WORDS, FUNCTION_WORDS
from ccrs.data.unknown_words import UnknownTitle

# Looked for ahead only, so that what is asked for may begin with words that ask: *I want something with dragons*.
_ASKED = re.compile(
    r"\b(?=(?:(?:do|would) you (?:have|sell|stock|carry|offer)|have you got|got any|any|"
    r"(?:(?:i|we) (?:want|need|would like)|(?:i|we)'?d like)(?: to (?:buy|get|have|see|order|purchase))?|"
    r"(?:looking|searching|search) for|(?:find|show|give) me|recommend(?: me)?|suggest(?: me)?|made (?:of|from)|"
    r"(?:something|anything|one) (?:with|for))"
    r"(?: (?:a|an|any|some|the|your|good|great|nice|new|cheap|few|couple|of|bit|more|really|very))* "
    r"(?P<word>[^\W\d_]{3,40}(?:-[^\W\d_]{2,40})?))",
    re.IGNORECASE,
)
_SAID_OF_ANYTHING_TEXT = """
    present presents gift gifts birthday christmas recommendation recommendations suggestion suggestions tip tips ideas
    advice please help option options choice choices alternative alternatives kinds sorts types details info information
    discount sale delivery similar cheaper nicer better bigger smaller lighter heavier shorter longer budget
"""
_ORDINARY = COMMON_WORDS | FUNCTION_WORDS | frozenset(_SAID_OF_ANYTHING_TEXT.split())
"""Asked for, they say nothing of what it should be like."""
_SAID_BEFORE_A_NOUN_TEXT = """
    good better best great nice new newer newest old older cheap cheaper expensive other another different same similar
    favorite favourite more most some any many few several this that these those which what your their first second
    third last next only real really perfect beautiful cool fun lovely amazing awesome interesting recommended suggested
    popular affordable decent right wrong bad boring such kind sort type like liked love loved want need have the also
    two three four five six seven eight nine ten all both every each for with and not big small large little short long
    quick fast easy heavy light ever else enjoy enjoyed buy bought own owned play played playing available
    cheapest dearest priciest smallest biggest tallest lightest heaviest longest shortest quickest
"""
_SAID_BEFORE_A_NOUN = FUNCTION_WORDS | frozenset(_SAID_BEFORE_A_NOUN_TEXT.split())
PRICES = "prices"
"""What is unknown where a catalogue without prices is asked for one, in whatever words."""
_PRICE = re.compile(
    r"\b(?:cheap(?:er|est)?|inexpensive|(?:less |too |more )?expensive|prices?|how much (?:is|does|are)|"
    r"(?:euros?|dollars?|bucks))\b|[$€£]",
    re.IGNORECASE,
)


class UnknownWishes:
    """Finds what is asked for in words that no entity and no relation of a catalogue has."""

    def __init__(self, catalogue: Catalogue, relations: Iterable[str], *, has_prices: bool = False) -> None:
        words = ItemWords.of(catalogue)
        self._of_films = words.are_films
        names = [
            name for entity in catalogue.entities for name in (entity.name, entity.type, *entity.aliases)
        ]
        known = {token for name in (*names, *relations) for token in tokenise(name)[0]}
        spoken = {token for name in (words.singular, words.plural) for token in name.split()}
        self._known, self._has_prices = frozenset(known | spoken), has_prices
        nouns = "|".join(
            map(re.escape, sorted({*words.head, words.singular, words.plural}, key=len, reverse=True))
        )
        self._described = re.compile(
            rf"(?<![\w'’-])(?P<word>[^\W\d_]{{3,30}})[ -](?:{nouns})(?!\w)", re.IGNORECASE
        )

    def _asked_for(self, text: str) -> Iterator[tuple[str, int, int]]:
        """What is asked for and the catalogue has no word for, and where it stands."""
        for match in _ASKED.finditer(text):
            if match["word"].lower() not in _ORDINARY and not self._is_known(match["word"]):
                yield match["word"], *match.span("word")
        for match in self._described.finditer(text):
            if match["word"].lower() not in _SAID_BEFORE_A_NOUN and not self._is_known(match["word"]):
                yield text[match.start("word") : match.end()], match.start("word"), match.end()
        price = None if self._has_prices else _PRICE.search(text)
        if price is not None:
            yield PRICES, *price.span()

    def find(self, text: str, mentions: Sequence[Mention]) -> tuple[UnknownTitle, ...]:
        """The unknown words asked for, outside of ``mentions``, each once."""
        if self._of_films:
            return ()
        found: list[UnknownTitle] = []
        taken = [(mention.start, mention.end) for mention in mentions]
        for name, start, end in self._asked_for(text):
            if not any(first < end and start < last for first, last in taken):
                found.append(UnknownTitle(name, start, end))
                taken.append((start, end))
        return tuple(found)

    def _is_known(self, word: str) -> bool:
        """Whether the catalogue has the word, in one number or the other."""
        parts = tokenise(word.replace("-", " "))[0]
        return all(
            {
                part,
                part.removesuffix("s"),
                part.removesuffix("es"),
                f"{part}s",
                f"{part.removesuffix('ies')}y",
            }
            & self._known
            for part in parts
        )

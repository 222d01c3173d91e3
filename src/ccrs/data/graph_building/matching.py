"""Deciding which page of the encyclopedia each entity of a corpus is, from the pages the dump holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from ccrs.data.graph_building.corpus_entities import FILM_TYPES, CorpusEntity, Page
from ccrs.data.graph_building.page_types import COMPARABLE

_SERIES = frozenset({"television show", "television series", "television season"})


@dataclass(frozen=True)
class Matches:
    """``page_of`` maps ids to addresses, ``ids_of`` addresses to ids; ``unmatched`` says why by id."""

    page_of: dict[str, str]
    ids_of: dict[str, tuple[str, ...]]
    unmatched: dict[str, str]

    @property
    def pages(self) -> Set[str]:
        """The addresses that are some entity's."""
        return self.ids_of.keys()


def match_pages(corpus: Sequence[CorpusEntity], found: Set[str], kinds: Mapping[str, str]) -> Matches:
    """Give every entity the likeliest of its pages that is in the dump.

    ``found`` are the addresses that the dump holds a triple of, ``kinds`` their types where known.
    A page with a bare name counts only if its type does not speak against it; films and people
    need a type that speaks for it. A page that the file names goes to everyone who names it; one
    that is guessed by name goes to the entity whose likelier page it is, the first among equals.
    """
    page_of = {
        known.entity.id: page.address
        for known in corpus
        if known.is_addressed
        for page in known.pages[::-1]  # the first one that is there stays
        if page.address in found
    }
    taken = set(page_of.values())
    guesses = [
        (rank, place)
        for place, known in enumerate(corpus)
        if not known.is_addressed
        for rank, page in enumerate(known.pages)
        if page.address in found and _fits(page, known.entity.type, kinds)
    ]
    for rank, place in sorted(guesses):
        identity, address = corpus[place].entity.id, corpus[place].pages[rank].address
        if identity not in page_of and address not in taken:
            page_of[identity] = address
            taken.add(address)
    ids_of: dict[str, tuple[str, ...]] = {}
    for known in corpus:
        if (own := page_of.get(known.entity.id)) is not None:
            ids_of[own] = (*ids_of.get(own, ()), known.entity.id)
    unmatched = {
        known.entity.id: _reason(known, found, kinds) for known in corpus if known.entity.id not in page_of
    }
    return Matches(page_of, ids_of, unmatched)


def same_kind(first: str, second: str) -> bool:
    """Whether two types mean the same: ``film``, ``movie`` and ``television show`` do, as people talk of them."""
    return first == second or {first, second} <= FILM_TYPES | _SERIES


def _fits(page: Page, own: str, kinds: Mapping[str, str]) -> bool:
    """Whether a page can be an entity of the type ``own``."""
    if not page.is_plain:
        return True
    own = own.lower()
    kind = kinds.get(page.address)
    if kind is None:
        return own not in COMPARABLE | FILM_TYPES
    return same_kind(own, kind) or (own not in COMPARABLE | FILM_TYPES and kind not in COMPARABLE)


def _reason(known: CorpusEntity, found: Set[str], kinds: Mapping[str, str]) -> str:
    """Why an entity has no page."""
    there = [page for page in known.pages if page.address in found]
    if known.is_addressed or not there:
        return "no triple in the dump"
    if any(_fits(page, known.entity.type, kinds) for page in there):
        return "its page is another entity's"
    kind = kinds.get(there[0].address)
    return "its page is of an unknown type" if kind is None else f"its page is of the type {kind}"

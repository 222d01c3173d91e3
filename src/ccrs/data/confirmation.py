"""Facts that people bear out: of the graph's, those that training dialogues name beside the film.

One graph errs: of the genres one source gives, another source denies about one in ten. A fact that people also name
where they talk of the film is nearly always right, so a system that must not say what is not so keeps to these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ccrs.core.dialogue import Dialogue
from ccrs.core.graph import Catalogue, Triple

Facts = frozenset[tuple[int, int]]
"""(film, entity) pairs, as indices into the catalogue."""

_ONCE, _OVER_CHANCE = 0.5, 2.0


def confirmed_facts(dialogues: Iterable[Dialogue], catalogue: Catalogue, triples: Sequence[Triple]) -> Facts:
    """The (film, entity) pairs of ``triples`` that the dialogues confirm.

    With c(f) and c(v) the dialogues that name film and value, and n all of them, a fact is confirmed when both are
    named in at least 0.5 + 2 c(f) c(v) / n dialogues: at least once, and twice as often as chance would have it.
    """
    films: Counter[int] = Counter()
    values: Counter[int] = Counter()
    both: Counter[tuple[int, int]] = Counter()
    wanted = {(catalogue.index[triple.head], catalogue.index[triple.tail]) for triple in triples}
    num_dialogues = 0
    for dialogue in dialogues:
        num_dialogues += 1
        named = {
            catalogue.index[mention.entity]
            for message in dialogue.messages
            for mention in message.mentions
            if mention.entity in catalogue.index
        }
        items = {entity for entity in named if entity < catalogue.num_items}
        others = named - items
        films.update(items)
        values.update(others)
        both.update((item, value) for item in items for value in others if (item, value) in wanted)
    return frozenset(
        (item, value)
        for (item, value), count in both.items()
        if count >= _ONCE + _OVER_CHANCE * films[item] * values[value] / num_dialogues
    )

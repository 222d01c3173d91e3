"""Items as people see them: facts of the graph, the reason in words, and what the shop says of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ccrs.artifacts.run import Run
from ccrs.core.cards import ItemCard
from ccrs.core.hearing import Opinion
from ccrs.inference.answers import listed
from ccrs.inference.recommend import Recommended
from ccrs.serving.schemas import Card
from ccrs.serving.store.records import ItemRecord

_MAX_NAMES = 6
_ORDER: Sequence[Opinion] = ("like", "dislike", "seen")


class Cards:
    """Makes the cards of one catalogue; ``records`` are items put in or changed while the server runs, by id.

    Where a record says nothing, the card is what the run says.
    """

    def __init__(self, run: Run, records: Mapping[str, ItemRecord]) -> None:
        self.catalogue, self.records, self._own = run.catalogue, records, run.cards
        facts: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        index, entities = run.catalogue.index, run.catalogue.entities
        for triple in run.triples:
            head = index[triple.head]
            if head < run.catalogue.num_items:
                facts[head][triple.relation].append(entities[index[triple.tail]].title)
        self._facts: Mapping[int, Mapping[str, list[str]]] = facts

    def card(
        self,
        item: str,
        *,
        recommended: Recommended | None = None,
        opinions: Iterable[Opinion] = (),
    ) -> Card:
        """The card of an item of the catalogue, with its place in a ranking where it has one."""
        number = self.catalogue.index[item]
        entity = self.catalogue.entities[number]
        record, own = self.records.get(item), self._own.get(item, ItemCard())
        facts = {relation: names[:_MAX_NAMES] for relation, names in self._facts.get(number, {}).items()}
        said = set(opinions)
        return Card(
            id=entity.id,
            title=entity.name,
            year=entity.year,
            facts=facts,
            reason="" if recommended is None else in_words(recommended.reasons),
            reasons=[] if recommended is None else list(recommended.reasons),
            rank=None if recommended is None else recommended.rank,
            unadapted_rank=None if recommended is None else recommended.unadapted_rank,
            score=None if recommended is None else recommended.score,
            plot=own.text if record is None else record.plot or own.text,
            url=own.url if record is None else record.url or own.url,
            image=own.image if record is None else record.image or own.image,
            price=own.price if record is None else record.price or own.price,
            available=own.available if record is None else record.available,
            opinions=[opinion for opinion in _ORDER if opinion in said],
        )


def in_words(reasons: Sequence[str]) -> str:
    """The facts an item shares with what was named, as a sentence; "" without any."""
    return f"Shares {listed(tuple(reasons))} with what you named." if reasons else ""

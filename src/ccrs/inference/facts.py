"""Answers to questions of fact, from the graph alone, in words that fit any catalogue."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from ccrs.core.cards import ItemCard
from ccrs.core.graph import Catalogue
from ccrs.core.hearing import Question
from ccrs.core.item_words import plural_of
from ccrs.data.filling import Filler
from ccrs.inference.answers import Stated, listed

NOT_KNOWN = "I do not know that one, so I cannot say."
_MAX_VALUES = 5
_MAX_RELATIONS = 4
_MAX_CHOICE = 12
_UNIT = re.compile(r"\d\s?([^\W\d_]{1,12})$")


class FactTeller:
    """Tells what the graph holds of an item; ``plots`` are texts by item id, where there are any.

    Of a number that ``cards`` (by item id) give, that is told rather than the range it lies in.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        filler: Filler,
        relations: Sequence[str],
        plots: Mapping[str, str] | None = None,
        cards: Mapping[str, ItemCard] | None = None,
    ) -> None:
        self.catalogue, self.filler = catalogue, filler
        self.relations = tuple(name for name in relations if not name.endswith(" of"))
        self.cards = cards or {}
        told = {item: card.text for item, card in self.cards.items() if card.text}
        self.plots: Mapping[str, str] = told | dict(plots or {})

    def answer(self, question: Question) -> tuple[str, tuple[Stated, ...]]:
        """What is said to a question, and the facts in it; "" when it is about no item of the catalogue.

        A question about no item at all is about one that the catalogue lacks.
        """
        if question.kind == "values" and question.relation is not None:
            return self._choice(question.relation), ()
        if question.kind == "other":
            return self._cannot_say(question.items), ()
        if not question.items:
            return NOT_KNOWN, ()
        sentences: list[str] = []
        stated: list[Stated] = []
        for name in question.items:
            item = self.catalogue.index.get(name)
            if item is None or item >= self.catalogue.num_items:
                continue
            if question.kind in ("available", "link"):
                sentences.append(self._to_be_had(item, with_link=question.kind == "link"))
                continue
            sentence, facts = self._about(item, question)
            sentences.append(sentence)
            stated += facts
        return " ".join(sentences), tuple(stated)

    def _cannot_say(self, items: Sequence[str]) -> str:
        """To what no catalogue answers."""
        known = [self.catalogue.index[name] for name in items if name in self.catalogue.index]
        if not known:
            return "I cannot say: I only know what stands in the catalogue."
        return f"I cannot say that of {self.catalogue.entities[known[0]].title}: its facts do not tell."

    def _choice(self, relation: str) -> str:
        """The values of a relation, those of the most items first."""
        items = range(self.catalogue.num_items)
        counts = Counter(value for item in items for value in self.filler.values(item, relation))
        names = tuple(self.catalogue.entities[value].name for value, _ in counts.most_common(_MAX_CHOICE))
        more = len(counts) - len(names)
        if not names:
            return f"I know of no {relation}."
        if more:
            names = (*names, f"{more:,} more")
        return f"Of {plural_of(relation)} there are {listed(names)}."

    def _about(self, item: int, question: Question) -> tuple[str, list[Stated]]:
        title = self.catalogue.entities[item].title
        if question.entity is not None:
            return self._whether(item, question.entity, question.relation)
        if question.kind == "year":
            year = self.catalogue.entities[item].year
            if year is None:
                return f"I do not know the year of {title}.", []
            return f"{title} is from {year}.", [Stated(title, "year", str(year))]
        if question.kind == "relation" and question.relation is not None:
            names = self._names(item, question.relation)
            if not names:
                return f"I do not know the {question.relation} of {title}.", []
            verb, plural = ("is", "") if len(names) == 1 else ("are", "s")
            sentence = f"The {question.relation}{plural} of {title} {verb} {listed(names)}."
            return sentence, [Stated(title, question.relation, name) for name in names]
        return self._all_of(item, with_plot=question.kind == "plot")

    def _to_be_had(self, item: int, *, with_link: bool) -> str:
        """Whether, or where, an item can be had, as its card says."""
        title, card = self.catalogue.entities[item].title, self.cards.get(self.catalogue.entities[item].id)
        if with_link:
            known = card is not None and card.url
            return f"{title}: {known}" if known else f"I do not know where {title} can be had."
        if card is not None and not card.available:
            return f"{title} is not available."
        # Where nothing is ever said not to be had, nothing is known of it.
        told = any(not other.available for other in self.cards.values())
        return f"Yes, {title} is available." if told else f"I do not know whether {title} is available."

    def _whether(self, item: int, entity: str, relation: str | None) -> tuple[str, list[Stated]]:
        """Whether an item is linked to an entity."""
        title, other = self.catalogue.entities[item].title, self.catalogue.index.get(entity)
        name = self.catalogue.entities[other].name if other is not None else entity
        wanted = self.relations if relation is None else (relation,)
        held = [r for r in wanted if other is not None and other in self.filler.values(item, r)]
        if held:
            return f"Yes: {name} is {held[0]} of {title}.", [Stated(title, held[0], name)]
        return f"No, not that I know: {name} is not linked to {title}.", []

    def _all_of(self, item: int, *, with_plot: bool) -> tuple[str, list[Stated]]:
        entity = self.catalogue.entities[item]
        plot = self.plots.get(entity.id)
        if with_plot and plot:
            return f"{entity.title}: {plot}", []
        parts, stated = [], []
        for relation in self.relations:
            names = self._names(item, relation)[:3]
            if names:
                parts.append(f"{relation}: {listed(names)}")
                stated += [Stated(entity.title, relation, name) for name in names]
            if len(parts) == _MAX_RELATIONS:
                break
        start = f"I have no story of {entity.title}. " if with_plot else ""
        if not parts:
            return f"{start}I know nothing more about {entity.title}.", []
        return f"{start}What I know of {entity.title}: {'; '.join(parts)}.", stated

    def _names(self, item: int, relation: str) -> tuple[str, ...]:
        card = self.cards.get(self.catalogue.entities[item].id)
        if card is not None and relation == "price" and card.price:
            return (card.price,)
        if card is not None and relation in card.numbers:
            return (f"{card.numbers[relation]:.10g}{self._unit(item, relation)}",)
        found = [self.catalogue.entities[value].name for value in self.filler.values(item, relation)]
        return tuple(found[:_MAX_VALUES])

    def _unit(self, item: int, relation: str) -> str:
        """The unit of a number, as the range it lies in has it: *40 to 60 min*."""
        names = (self.catalogue.entities[value].name for value in self.filler.values(item, relation))
        found = next((match for name in names if (match := _UNIT.search(name))), None)
        return "" if found is None else f" {found[1]}"

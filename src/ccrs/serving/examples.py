"""What an empty conversation suggests to say: sentences about the catalogue that is served."""

from __future__ import annotations

from collections import Counter
from statistics import median

from ccrs.artifacts.run import Run
from ccrs.core.graph import Entity
from ccrs.core.item_words import ItemWords

_OF_FILMS = (
    "I loved Heat (1995). What should I see next?",
    "A comedy with Tom Hanks, please.",
    "Something older than 1990, but no horror.",
)


def examples_of(run: Run) -> tuple[str, ...]:
    """At most three things to say that the catalogue of ``run`` has an answer to."""
    words, catalogue = ItemWords.of(run.catalogue), run.catalogue
    if words.are_films or not catalogue.num_items:
        return _OF_FILMS if words.are_films else ()
    popular = catalogue.entities[int(run.statistics.popularity.argmax())]
    said = [f"I like {popular.title}. What else would suit me?"]
    values = _usual_values(run)
    if values:
        joint = "by" if values[0].type == "person" else "with"
        said.append(f"I am looking for {words.one} {joint} {values[0].name}.")
    prices = sorted(card.numbers["price"] for card in run.cards.values() if "price" in card.numbers)
    if prices:
        said.append(f"Something for less than {median(prices):.0f}, please.")
    elif len(values) > 1:
        said.append(f"Something with {values[1].name}, please.")
    return tuple(said)


def _usual_values(run: Run) -> list[Entity]:
    """What many items are linked to, the most frequent of each relation; the best filled relation first."""
    catalogue = run.catalogue
    counts: dict[str, Counter[str]] = {}
    for triple in run.triples:
        entity = catalogue.entities[catalogue.index[triple.tail]]
        # Of ranges of numbers ("30 to 60") nobody speaks by name.
        if not entity.is_item and not any(letter.isdigit() for letter in entity.name):
            counts.setdefault(triple.relation, Counter())[triple.tail] += 1
    ordered = sorted(counts.values(), key=lambda count: -count.total())
    return [catalogue.entities[catalogue.index[count.most_common(1)[0][0]]] for count in ordered]

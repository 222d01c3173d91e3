"""Facts that simulated recommenders state by name: "it was directed by Christopher Nolan".

They are drawn from a random stream of their own and said only with the last suggestion of a dialogue. Nothing is
recommended after it, so no context that a recommender reads holds one, and the rest of the corpus is the same
whether facts are stated or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ccrs.core.dialogue import Part
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.simulation.choice import Choice, ChoiceModel
from ccrs.simulation.phrases import pick
from ccrs.simulation.templates import Style, Templates

_SAME_REASON = 0.5  # the chance to name the value that was followed, where there is one

# As many words in all of them, and no word that stands for a relation elsewhere: silent dialogues stay silent.
CLAUSES: Mapping[str, str] = {
    "director": "was directed by {0}",
    "actor": "stars the great {0}",
    "writer": "was written by {0}",
    "composer": "was scored by {0}",
    "genre": "is pure {0} cinema",
    "theme": "is all about {0}",
}
FRAMES: Mapping[Style, Templates] = {
    "eager": (
        ("Wow, and it {clause}, just imagine that!", "Get this now: it {clause}, how awesome!"),
        ("Believe me, it {clause}, totally unreal stuff!",),
    ),
    "dry": (
        ("For completeness, it {clause}, as is documented.", "I should add it {clause}, if relevant."),
        ("Records show that it {clause}, nothing more.",),
    ),
    "warm": (
        ("And it {clause}, which always moves me.", "Dear friend, it {clause}, so very lovely."),
        ("I am glad it {clause}, truly touching.",),
    ),
    "playful": (
        ("Psst, little secret: it {clause}, tee hee!", "Drum roll please: it {clause}, boing boing!"),
        ("Riddle me this: it {clause}, ta da!",),
    ),
}


@dataclass(frozen=True)
class SpokenFact:
    """A sentence with the slot ``{0}``, and the value (an entity) that fills it."""

    template: str
    value: Entity


class FactTeller:
    """Decides which fact is stated of a suggested film.

    Only values that stand in one relation to the film are named, so that it is clear which is meant.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        triples: Sequence[Triple],
        model: ChoiceModel,
        *,
        share: float,
        rng: np.random.Generator,
    ) -> None:
        self._catalogue, self._model, self._share, self._rng = catalogue, model, share, rng
        found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for triple in triples:
            found[catalogue.index[triple.head]][triple.tail].append(triple.relation)
        self._facts = {
            film: tuple(
                (relations[0], value)
                for value, relations in values.items()
                if len(relations) == 1 and relations[0] in CLAUSES
            )
            for film, values in found.items()
        }

    def draw(self, choice: Choice, favourites: Sequence[str], style: Style, part: Part) -> SpokenFact | None:
        """What is said of the chosen film, if anything: half the time the value that was followed.

        ``favourites`` are entity ids. A relation is drawn first, then one of its values.
        """
        rng = self._rng
        facts = self._facts.get(choice.film, ())
        if rng.random() >= self._share or not facts:
            return None
        followed = [fact for fact in facts if fact in self._followed(choice, favourites)]
        if followed and rng.random() < _SAME_REASON:
            relation, value = followed[0]
        else:
            relations = sorted({relation for relation, _ in facts})
            relation = relations[int(rng.integers(len(relations)))]
            values = [value for name, value in facts if name == relation]
            value = values[int(rng.integers(len(values)))]
        template = pick(FRAMES[style], part, rng).replace("{clause}", CLAUSES[relation])
        return SpokenFact(template, self._catalogue.entities[self._catalogue.index[value]])

    def _followed(self, choice: Choice, favourites: Sequence[str]) -> set[tuple[str, str]]:
        """The facts (relation, entity id) that led to the choice."""
        if choice.relation is None:
            return set()
        if choice.pivot is not None:
            return {(choice.relation, self._model.pivots[choice.pivot].fans[choice.relation].value)}
        return {(choice.relation, value) for value in favourites}

"""Hears a seeker's message: opinions, wishes, questions, corrections."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ccrs.core.dialogue import Mention, Message
from ccrs.core.graph import Catalogue, Triple
from ccrs.core.hearing import Heard, Opinion, SoFar
from ccrs.data.linking import Linker
from ccrs.data.understanding.corrections import Correction, correction_of, turned_down
from ccrs.data.understanding.courtesy import fits_recommendation
from ccrs.data.understanding.line import Clause, Kind, Ref, clauses_of, place_refs, words_of
from ccrs.data.understanding.names import Names
from ccrs.data.understanding.opinion_model import LABELS, OpinionModel, occurrences
from ccrs.data.understanding.opinion_rules import Opinions, hear_opinions
from ccrs.data.understanding.people import more_of_people
from ccrs.data.understanding.questions import Questions
from ccrs.data.understanding.references import Surroundings, point
from ccrs.data.understanding.standing import Filters
from ccrs.data.understanding.wish_words import ASKS
from ccrs.data.understanding.wishes import Wishes, hear_wishes, unique
from ccrs.data.unknown_titles import KnownTitles

_SERIES_BEHIND = re.compile(r"(?:'s)? (?:movies|films|series|franchise|saga|trilogy)\b", re.IGNORECASE)
_OTHER_BEFORE = re.compile(r"\bother\s$", re.IGNORECASE)
_VERB_BEHIND = re.compile(r"(?:'s| is| was| has| looks| sounds| seems| had| would| does)\b", re.IGNORECASE)
_YEAR_BEFORE = re.compile(r"\b((?:19|20)\d\d) (?:version of |remake of |movie )?$", re.IGNORECASE)
_YEAR_IN = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True)
class Read:
    """A message cut up: linked mentions, clauses, and what its words could point at."""

    message: Message
    clauses: tuple[Clause, ...]
    around: Surroundings


class Hearer:
    """Understands messages against a catalogue, its triples and a linker.

    All patterns and name tables are made once, here; hearing is linear in the text and depends on nothing but its
    arguments. Rules decide where a word says it plainly; ``opinion_model`` adds opinions where they are silent
    (``model_alone`` lets it decide on all items, to measure it).
    The rules for wishes are stated in ``ccrs.data.understanding.wishes``.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        triples: Sequence[Triple],
        linker: Linker | KnownTitles,
        opinion_model: OpinionModel | None = None,
        *,
        model_alone: bool = False,
    ) -> None:
        self.catalogue, self.model = catalogue, opinion_model
        self.titles = linker if isinstance(linker, KnownTitles) else KnownTitles(linker, catalogue)
        self._model_alone = model_alone
        self._names = Names(catalogue, triples)
        self._kinds: dict[str, Kind] = {}
        for position, entity in enumerate(catalogue.entities):
            other: Kind = entity.type if entity.type in ("person", "genre") else "thing"  # type: ignore[assignment]
            self._kinds[entity.id] = "item" if position < catalogue.num_items else other
        self._years = {item.id: item.year for item in catalogue.items if item.year is not None}
        self._namesakes: dict[str, list[str]] = defaultdict(list)
        for item in catalogue.items:
            self._namesakes[item.name.casefold()].append(item.id)
        links: dict[str, set[str]] = defaultdict(set)
        self._by_relation: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for triple in triples:
            for head, tail in ((triple.head, triple.tail), (triple.tail, triple.head)):
                if self._kinds.get(head) == "item":
                    links[head].add(tail)
                    self._by_relation[head][triple.relation].append(tail)
        self._links = {item: frozenset(linked) for item, linked in links.items()}
        relations = dict.fromkeys(t.relation for t in triples if self._kinds.get(t.head) == "item")
        self.questions = Questions(relations)
        self._filters = Filters(catalogue, self._kinds, self._years)

    def hear(self, text: str, so_far: SoFar) -> Heard:
        """Understand one message of the seeker; never raises on any text."""
        read = self.read(text, so_far)
        clauses, around = read.clauses, read.around
        asked = self.questions.read(clauses, around.latest)
        question, at = asked if asked is not None else (None, -1)
        statements = [clause for number, clause in enumerate(clauses) if number != at]
        fix = correction_of(clauses, around, so_far, around.own, self._same_name)
        said = hear_opinions(statements, around.shown, around.latest)
        if self._model_alone:
            said = Opinions()
        if self.model is not None and question is None and fix is None:
            self._ask_model(read, so_far, said)
        wishes = hear_wishes(statements)
        more = more_of_people(clauses, around, self._by_relation, self.questions.by_concept)
        if more:
            wishes.wanted += more
            question = None
        self._sort(wishes, said)
        rejected = () if more else self._rejected(statements, around, wishes, said, fix)
        asks = bool(more) or any(ASKS.search(clause.line) for clause in statements)
        opinions = self._opinions(said, fix, so_far)
        named = any(self._kinds.get(name) == "item" for name in opinions)
        taste_is_wish = asks or bool(rejected) or not (so_far.shown or named)
        constraints = self._filters.after(
            so_far.constraints, statements, wishes, around.shown, taste_is_wish=taste_is_wish
        )
        turned = bool(rejected) or constraints != so_far.constraints
        return Heard(
            message=read.message,
            opinions=opinions,
            rejected=rejected,
            undone=fix.wrong if fix is not None else (),
            constraints=constraints,
            question=question,
            wants_more=fits_recommendation(
                clauses, questioned=question is not None, asks=asks, turned=turned, told=bool(opinions)
            ),
        )

    def read(self, text: str, so_far: SoFar) -> Read:
        """Link a message and cut it into clauses with its references resolved."""
        linked, unknown = self.titles.read(text)
        words = words_of(text)
        refs = [
            Ref(self._kinds[m.entity], (m.entity,), m.start, m.end, word=text[m.start : m.end].lower())
            for m in linked
        ]
        around = self._around(so_far)
        refs = [ref for ref in refs if not _is_pronoun(text, ref, around)]
        refs = [self._namesake_meant(text, self._series_meant(text, ref), around) for ref in refs]
        # What the catalogue lacks stands where a name stands, and means nothing.
        nameless = [Ref(title.kind, (), title.start, title.end) for title in unknown]
        tokens = place_refs(words, self._names.find(text, words, [*refs, *nameless]))
        clauses = tuple(clauses_of(point(tokens, around)))
        meant = {ref.start: ref.entities[0] for ref in refs}
        linked = tuple(mention for mention in linked if mention.start in meant)
        mentions = tuple(
            Mention(meant[m.start], m.start, m.end, marked=self._kinds[meant[m.start]] == "item")
            for m in linked
        )
        return Read(Message("seeker", text, mentions), clauses, around)

    def _around(self, so_far: SoFar) -> Surroundings:
        """What the message may point at."""
        shown = next((turn for turn in reversed(so_far.shown) if turn), ())
        known = tuple(item for item in so_far.named if self._kinds.get(item) == "item")
        mentions = so_far.previous.mentions if so_far.previous is not None else ()
        own = tuple(m.entity for m in mentions if self._kinds.get(m.entity) == "item")
        people = tuple(m.entity for m in mentions if self._kinds.get(m.entity) == "person")
        if so_far.shown and not so_far.shown[-1]:
            # The last turn showed nothing: "it" is what was named last, "something else" still turns the shown down.
            shown = () if known and known[-1] not in shown else shown
        return Surroundings(
            tuple(item for item in shown if self._kinds.get(item) == "item"),
            known or own, own, people, self._years, self._links, self._others,
        )  # fmt: skip

    def _others(self, item: str) -> tuple[str, ...]:
        """The other items of the same name."""
        position = self.catalogue.index.get(item)
        if position is None:
            return ()
        name = self.catalogue.entities[position].name.casefold()
        return tuple(other for other in self._namesakes[name] if other != item)

    def _same_name(self, one: str, other: str) -> bool:
        return other in self._others(one)

    def _series_meant(self, text: str, ref: Ref) -> Ref:
        """*Star Wars movies* are the series, where there is one, not the film of that name."""
        if ref.kind != "item" or not _SERIES_BEHIND.match(text, ref.end):
            return ref
        series = self._names.series(text[ref.start : ref.end])
        return replace(ref, kind="thing", entities=(series,)) if series is not None else ref

    def _namesake_meant(self, text: str, ref: Ref, around: Surroundings) -> Ref:
        """*The other Titanic* is its namesake; one that was shown is meant rather than one that nobody spoke of."""
        if ref.kind != "item" or not (others := self._others(ref.entities[0])):
            return ref
        if _OTHER_BEFORE.search(text[max(0, ref.start - 12) : ref.start]):
            spoken_of = next(
                (item for item in reversed(around.earlier) if item in (*others, ref.entities[0])), None
            )
            meant = others if spoken_of in (None, ref.entities[0]) else (ref.entities[0],)
            return replace(ref, entities=meant[:1])
        if before := _YEAR_BEFORE.search(text[max(0, ref.start - 20) : ref.start]):
            year = int(before[1])
            meant = tuple(item for item in (ref.entities[0], *others) if self._years.get(item) == year)
            return replace(ref, entities=meant[:1] or ref.entities)
        if not _YEAR_IN.search(text[ref.start : ref.end]):
            known = (*around.earlier, *around.shown)
            spoken_of = next((item for item in reversed(known) if item in (*others, ref.entities[0])), None)
            if spoken_of is not None:
                return replace(ref, entities=(spoken_of,))
        return ref

    def _ask_model(self, read: Read, so_far: SoFar, said: Opinions) -> None:
        """Add the model's opinions where no rule says anything."""
        if self.model is None:
            return
        shown = so_far.shown[-1] if so_far.shown else ()
        asked = so_far.asked.text if so_far.asked is not None else ""
        for occurrence in occurrences(read.clauses, shown, asked):
            item = occurrence.item
            if self._kinds.get(item) != "item" or item in said.seen or item in said.unseen:
                continue
            taken = self.model.opinions(occurrence)
            # Where a rule speaks of an item, the model may still know that it was seen.
            open_to = ("seen",) if item in said.ruled else LABELS
            if words := [word for word in open_to if word in taken]:
                said.add([item], words)

    def _sort(self, wishes: Wishes, said: Opinions) -> None:
        """Tastes that are denied are not wanted; alternatives are liked; what is wanted is no opinion."""
        for name, valence in said.valence.items():
            if self._kinds.get(name) != "item" and valence == "dislike":
                wishes.dislikes.append(name)
        disliked = set(wishes.dislikes)
        wishes.rejected = [name for name in wishes.rejected if name not in said.ruled]
        wishes.barred = [name for name in wishes.barred if name in wishes.rejected]
        wishes.tastes = [
            name for name in wishes.tastes if name not in disliked and name not in wishes.unwanted
        ]
        wishes.wanted = [name for name in wishes.wanted if name not in disliked]
        said.add([name for name in wishes.alternatives if name not in disliked], ["like"])
        for name in (*wishes.ignored,):
            if name not in wishes.tastes and said.valence.get(name) == "like" and name not in wishes.wanted:
                del said.valence[name]

    def _rejected(
        self,
        clauses: Sequence[Clause],
        around: Surroundings,
        wishes: Wishes,
        said: Opinions,
        fix: Correction | None,
    ) -> tuple[str, ...]:
        """The items turned down: by name, or all last shown, but those that are liked."""
        named = [name for name in wishes.rejected if self._kinds.get(name) == "item"]
        if fix is not None:
            # "Not that one, the 1953 one": what is pointed at is the wrong one, not what was shown.
            return tuple(name for name in unique(wishes.barred) if name not in (*fix.wrong, *fix.right))
        shown = turned_down(clauses, around.shown)
        kept = {name for name, valence in said.valence.items() if valence == "like"} | said.seen
        return unique([*named, *(name for name in shown if name not in kept)])

    def _opinions(
        self, said: Opinions, fix: Correction | None, so_far: SoFar
    ) -> dict[str, frozenset[Opinion]]:
        """The opinions by entity; after a correction those of the wrong item hold for the right one."""
        result: dict[str, set[Opinion]] = defaultdict(set)
        for name, valence in said.valence.items():
            result[name].add(valence)
        for name in said.seen:
            result[name].add("seen")
        if fix is not None:
            for name in (*fix.wrong, *fix.right):
                result.pop(name, None)
            result[fix.right[0]] |= self._said_before(fix.wrong, so_far)
        return {name: frozenset(words) for name, words in sorted(result.items()) if words}

    def _said_before(self, wrong: Sequence[str], so_far: SoFar) -> set[Opinion]:
        """What the seeker's message before says of the wrong item; naming it is liking it."""
        if so_far.previous is not None:
            earlier = self.read(so_far.previous.text, SoFar(named=so_far.named))
            said = hear_opinions(earlier.clauses, (), ())
            for name in wrong:
                for other in (name, *self._others(name)):
                    if other in said.valence or other in said.seen:
                        valence: set[Opinion] = {said.valence[other]} if other in said.valence else set()
                        return valence | ({"seen"} if other in said.seen else set())
        return {"like"}


def _is_pronoun(text: str, ref: Ref, around: Surroundings) -> bool:
    """Whether *It* at the head of a clause is a word rather than the film of that name, which nobody spoke of."""
    if ref.kind != "item" or ref.word != "it" or ref.entities[0] in (*around.earlier, *around.shown):
        return False
    return _VERB_BEHIND.match(text, ref.end) is not None

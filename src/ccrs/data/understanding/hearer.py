"""Hears a seeker's message: opinions, wishes, questions, corrections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ccrs.core.graph import Catalogue, Triple
from ccrs.core.hearing import Heard, Opinion, Question, SoFar
from ccrs.data.linking import Linker
from ccrs.data.understanding.alike import SameValue
from ccrs.data.understanding.amounts import Amounts, Numbers
from ccrs.data.understanding.corrections import Correction, correction_of, turned_down
from ccrs.data.understanding.courtesy import fits_recommendation
from ccrs.data.understanding.line import Clause
from ccrs.data.understanding.opinion_model import LABELS, OpinionModel, occurrences
from ccrs.data.understanding.opinion_rules import Opinions, hear_opinions
from ccrs.data.understanding.people import more_of_people
from ccrs.data.understanding.question_words import AND_THAT
from ccrs.data.understanding.questions import Questions
from ccrs.data.understanding.reader import Read, Reader
from ccrs.data.understanding.references import Surroundings
from ccrs.data.understanding.standing import Filters
from ccrs.data.understanding.wish_words import ASKS
from ccrs.data.understanding.wishes import Wishes, hear_wishes, unique
from ccrs.data.understanding.world import World
from ccrs.data.unknown_titles import KnownTitles


class Hearer:
    """Understands messages against a catalogue, its triples and a linker.

    All patterns and name tables are made once, here; hearing is linear in the text and depends on nothing but its
    arguments. Rules decide where a word says it plainly; ``opinion_model`` adds opinions where they are silent
    (``model_alone`` lets it decide on all items, to measure it). ``numbers`` are those of the items, by id and name:
    amounts are read against them.
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
        numbers: Numbers | None = None,
    ) -> None:
        self.model, self._model_alone = opinion_model, model_alone
        titles = linker if isinstance(linker, KnownTitles) else KnownTitles(linker, catalogue)
        self.world = World(catalogue, triples)
        self._reader = Reader(self.world, triples, titles)
        kinds = self.world.kinds
        relations = dict.fromkeys(t.relation for t in triples if kinds.get(t.head) == "item")
        self.questions = Questions(relations, of_films=self.world.words.are_films)
        self._same = SameValue(relations)
        self._filters = Filters(self.world)
        self._amounts = Amounts(numbers or {})

    def hear(self, text: str, so_far: SoFar) -> Heard:
        """Understand one message of the seeker; never raises on any text."""
        read = self.read(text, so_far)
        clauses, around = read.clauses, read.around
        asked = self.questions.read(clauses, around.latest, lacking=around.lacking)
        question, at = asked if asked is not None else (None, -1)
        statements = [clause for number, clause in enumerate(clauses) if number != at]
        fix = correction_of(clauses, around, so_far, around.own, self.world.same_name)
        if question is None:
            question = self._asked_again(clauses, fix, around, so_far)
        said = hear_opinions(statements, around.answered)
        if self._model_alone:
            said = Opinions()
        if self.model is not None and question is None and fix is None:
            self._ask_model(read, so_far, said)
        wishes = hear_wishes(statements)
        more = more_of_people(clauses, around, self.world.by_relation, self.questions.by_concept)
        more = more or self._same.wanted(clauses, around, self.world.by_relation)
        if more:
            wishes.wanted += more
            question = None
        self._sort(wishes, said)
        rejected = () if more else self._rejected(statements, around, wishes, said, fix)
        asks = bool(more) or any(ASKS.search(clause.line) for clause in statements)
        opinions = self._opinions(said, fix, so_far)
        named = any(self.world.is_item(name) for name in opinions)
        taste_is_wish = asks or bool(rejected) or not (so_far.shown or named)
        constraints = self._filters.after(
            so_far.constraints,
            statements,
            wishes,
            around.latest or around.shown,
            taste_is_wish=taste_is_wish,
            in_vain=self._in_vain(so_far),
        )
        numbers = self._amounts.after(
            so_far.constraints.numbers,
            text,
            # "Like Heat but cheaper" is measured against what is named, else against what was shown.
            self.world.named_in(read.message, "item") or around.shown,
            released=wishes.anything or wishes.surprise,
        )
        extreme = self._amounts.extreme(text)
        constraints = replace(constraints, numbers=numbers)
        turned = bool(rejected) or extreme is not None or constraints != so_far.constraints
        return Heard(
            message=read.message,
            opinions=opinions,
            rejected=rejected,
            undone=fix.wrong if fix is not None else (),
            constraints=constraints,
            question=question,
            extreme=extreme,
            wants_more=fits_recommendation(
                clauses, questioned=question is not None, asks=asks, turned=turned, told=bool(opinions)
            ),
        )

    def read(self, text: str, so_far: SoFar) -> Read:
        """Link a message and cut it into clauses with its references resolved."""
        return self._reader.read(text, so_far)

    def _ask_model(self, read: Read, so_far: SoFar, said: Opinions) -> None:
        """Add the model's opinions where no rule says anything."""
        if self.model is None:
            return
        shown = so_far.shown[-1] if so_far.shown else ()
        asked = so_far.asked.text if so_far.asked is not None else ""
        for occurrence in occurrences(read.clauses, shown, asked):
            item = occurrence.item
            if not self.world.is_item(item) or item in said.seen or item in said.unseen:
                continue
            taken = self.model.opinions(occurrence)
            # Where a rule speaks of an item, the model may still know that it was seen.
            open_to = ("seen",) if item in said.ruled else LABELS
            if words := [word for word in open_to if word in taken]:
                said.add([item], words)

    def _sort(self, wishes: Wishes, said: Opinions) -> None:
        """Tastes that are denied are not wanted; alternatives are liked; what is wanted is no opinion."""
        for name, valence in said.valence.items():
            if not self.world.is_item(name) and valence == "dislike":
                wishes.dislikes.append(name)
        disliked = set(wishes.dislikes)
        told = {*said.valence, *said.seen, *said.unseen}
        wishes.rejected = [name for name in wishes.rejected if name not in told]
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
        named = [name for name in wishes.rejected if self.world.is_item(name)]
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

    def _asked_again(
        self, clauses: Sequence[Clause], fix: Correction | None, around: Surroundings, so_far: SoFar
    ) -> Question | None:
        """The question before, put of another item: *no, the other one*, *and Heat?*, *what about Al Pacino?*."""
        previous = so_far.previous
        if previous is None or (so_far.shown and so_far.shown[-1]):
            return None
        earlier = self.read(previous.text, SoFar(named=so_far.named, mentioned=so_far.mentioned))
        before = self.questions.read(earlier.clauses, around.latest or around.own)
        if before is None or fix is not None:
            return None if before is None or fix is None else replace(before[0], items=fix.right)
        refs = [ref for clause in clauses for _, ref in clause.refs]
        line = " , ".join(clause.line for clause in clauses)
        if not refs or not AND_THAT.fullmatch(line):
            return None
        if refs[0].kind == "item":
            return replace(before[0], items=refs[0].entities)
        if before[0].entity is not None and refs[0].entities:
            return replace(before[0], items=around.latest or before[0].items, entity=refs[0].entities[0])
        return None

    def _in_vain(self, so_far: SoFar) -> bool:
        """Whether the last turn offered nothing though no question of fact was asked."""
        if not so_far.shown or so_far.shown[-1] or so_far.previous is None or not so_far.constraints:
            return False
        earlier = self.read(so_far.previous.text, SoFar(named=so_far.named))
        return self.questions.read(earlier.clauses, so_far.named[-1:]) is None

    def _said_before(self, wrong: Sequence[str], so_far: SoFar) -> set[Opinion]:
        """What the seeker's message before says of the wrong item; naming it, unless in a question, is liking it."""
        if so_far.previous is not None:
            earlier = self.read(so_far.previous.text, SoFar(named=so_far.named))
            said = hear_opinions(earlier.clauses, ())
            for name in wrong:
                for other in (name, *self.world.namesakes(name)):
                    if other in said.valence or other in said.seen:
                        valence: set[Opinion] = {said.valence[other]} if other in said.valence else set()
                        return valence | ({"seen"} if other in said.seen else set())
            if self.questions.read(earlier.clauses, wrong) is not None:
                return set()
        return {"like"}

"""Hears a seeker's message: opinions, wishes, questions, corrections."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ccrs.core.dialogue import Mention, Message
from ccrs.core.graph import Catalogue, Triple
from ccrs.core.hearing import Heard, Opinion, Question, SoFar
from ccrs.data.linking import Linker
from ccrs.data.understanding.corrections import Correction, correction_of, turned_down
from ccrs.data.understanding.courtesy import fits_recommendation
from ccrs.data.understanding.line import Clause, Kind, Ref, clauses_of, place_refs, words_of
from ccrs.data.understanding.names import Names
from ccrs.data.understanding.opinion_model import LABELS, OpinionModel, occurrences
from ccrs.data.understanding.opinion_rules import Opinions, hear_opinions
from ccrs.data.understanding.people import more_of_people
from ccrs.data.understanding.questions import AND_THAT, Questions
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
_YEAR_BEHIND = re.compile(
    r"[\s,(–-]{1,3}(?:but |i mean |i meant |that is |the |that |one |movie |version |film |remake |original |from |of |"
    r"made in |released in |in |out in |year |which came out in |that came out in ){0,6}((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_AGE_BEFORE = re.compile(
    r"\b(original|old|older|classic|first|new|newer|newest|recent|latest|modern|remake of|reboot of)(?: the)? $",
    re.IGNORECASE,
)
_AGE_BEHIND = re.compile(
    r"(?:[\s,(–-]{1,3}(?:but |i mean |i meant |the |that )*(original|remake|reboot|(?:old|older|new|newer|recent|"
    r"latest|modern|classic)(?= (?:one|version|movie|film)))\b)",
    re.IGNORECASE,
)
_WITH_BEHIND = re.compile(
    r"[\s,(–-]{1,3}(?:the |that |one |version |movie |film )*(?:with|starring|by|directed by|featuring) $",
    re.IGNORECASE,
)
_WEIGHS = re.compile(
    r"\b(?:between|decide|choose|choosing|torn|versus|vs|or|which (?:one |movie |film )?is better)\b",
    re.IGNORECASE,
)


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
        if question is None:
            question = self._asked_again(clauses, fix, around, so_far)
        said = hear_opinions(statements, around.answered)
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
            so_far.constraints,
            statements,
            wishes,
            around.shown,
            taste_is_wish=taste_is_wish,
            in_vain=self._in_vain(so_far),
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
        refs = [self._series_meant(text, ref) for ref in refs]
        refs = [
            self._namesake_meant(text, ref, refs[number + 1] if number + 1 < len(refs) else None, around)
            for number, ref in enumerate(refs)
        ]
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
        """What the message may point at.

        *It* is the first of the offered items that the reply names (the best), else what the reply or the seeker
        named, else the first shown. After a turn that showed nothing it is what that turn was about.
        """
        shown = self._items(next((turn for turn in reversed(so_far.shown) if turn), ()))
        last = shown if so_far.shown and so_far.shown[-1] else ()
        known = self._items(so_far.named)
        own = self._named_in(so_far.previous, "item")
        spoken = self._named_in(so_far.asked, "item")
        offered = tuple(item for item in spoken if item in last)
        if so_far.asked is None:
            latest = last[:1] or known[-1:] or own[-1:] or shown[:1]
        else:
            latest = offered[:1] or spoken[:1] or own[-1:] or last[:1] or known[-1:] or shown[:1]
        if not offered and self._asked_in_vain(so_far, spoken):
            latest = ()
        weighed = own if len(own) > 1 and so_far.previous and _WEIGHS.search(so_far.previous.text) else ()
        return Surroundings(
            shown, known or own, latest, offered or last or latest, weighed or shown or own[-4:], own,
            self._people(so_far), self._years, self._links, self._others,
        )  # fmt: skip

    def _items(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if self._kinds.get(name) == "item")

    def _named_in(self, message: Message | None, kind: Kind) -> tuple[str, ...]:
        """What a message names of one kind, in order."""
        mentions = message.mentions if message is not None else ()
        return tuple(dict.fromkeys(m.entity for m in mentions if self._kinds.get(m.entity) == kind))

    def _asked_in_vain(self, so_far: SoFar, spoken: Sequence[str]) -> bool:
        """Whether the seeker last spoke of an item that the catalogue lacks: *it* is that one, and means nothing."""
        if so_far.previous is None or spoken:
            return False
        mentions, unknown = self.titles.read(so_far.previous.text)
        named = [m.start for m in mentions if self._kinds.get(m.entity) == "item"]
        return any(title.kind == "item" and title.start > max(named, default=-1) for title in unknown)

    def _people(self, so_far: SoFar) -> tuple[str, ...]:
        """The persons spoken of, the latest last: the one of a plain answer is the latest."""
        told = self._named_in(so_far.asked, "person")
        wanted = [name for name in so_far.constraints.wanted if self._kinds.get(name) == "person"]
        spoken = [name for name in so_far.mentioned if self._kinds.get(name) == "person"]
        answered = told if so_far.shown and not so_far.shown[-1] and len(told) == 1 else ()
        return (*told, *wanted, *spoken, *self._named_in(so_far.previous, "person"), *answered)

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

    def _namesake_meant(self, text: str, ref: Ref, following: Ref | None, around: Surroundings) -> Ref:
        """The namesake that the words beside a title mean; without any, one that was spoken of before.

        *The other Titanic*, *the 1953 Titanic*, *Titanic, the 1953 one*, *the original Titanic*, *Titanic with Kate*.
        """
        if ref.kind != "item" or not (others := self._others(ref.entities[0])):
            return ref
        if _OTHER_BEFORE.search(text[max(0, ref.start - 12) : ref.start]):
            spoken_of = next(
                (item for item in reversed(around.earlier) if item in (*others, ref.entities[0])), None
            )
            meant = others if spoken_of in (None, ref.entities[0]) else (ref.entities[0],)
            return replace(ref, entities=meant[:1])
        several = (ref.entities[0], *others)
        if meant := self._picked(text, ref, following, several):
            return replace(ref, entities=(meant,))
        if not _YEAR_IN.search(text[ref.start : ref.end]):
            known = (*around.earlier, *around.shown)
            spoken_of = next((item for item in reversed(known) if item in (*others, ref.entities[0])), None)
            if spoken_of is not None:
                return replace(ref, entities=(spoken_of,))
        return ref

    def _picked(self, text: str, ref: Ref, following: Ref | None, several: Sequence[str]) -> str | None:
        """Which of several namesakes a year, an age or a person beside the title picks; None where none does."""
        before, behind = text[max(0, ref.start - 24) : ref.start], text[ref.end : ref.end + 80]
        own_year = _YEAR_IN.search(text[ref.start : ref.end])
        for year in (_YEAR_BEFORE.search(before), None if own_year else _YEAR_BEHIND.match(behind)):
            meant = [item for item in several if year and self._years.get(item) == int(year[1])]
            if meant:
                return meant[0]
        if own_year:
            return None
        age = _AGE_BEFORE.search(before) or _AGE_BEHIND.match(behind)
        dated = [item for item in several if item in self._years]
        if age is not None and len(dated) > 1:
            old = age[1].lower() in ("original", "old", "older", "classic", "first")
            return (min if old else max)(dated, key=lambda item: self._years[item])
        if following is not None and following.kind == "person":
            if _WITH_BEHIND.fullmatch(text[ref.end : following.start]):
                linked = [i for i in several if set(following.entities) <= self._links.get(i, frozenset())]
                return linked[0] if len(linked) == 1 else None
        return None

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

    def _asked_again(
        self, clauses: Sequence[Clause], fix: Correction | None, around: Surroundings, so_far: SoFar
    ) -> Question | None:
        """The question before, put of another item: *no, the other one*, *and Heat?*, *what about Al Pacino?*."""
        if so_far.previous is None or (so_far.shown and so_far.shown[-1]):
            return None
        earlier = self.read(so_far.previous.text, SoFar(named=so_far.named, mentioned=so_far.mentioned))
        before = self.questions.read(earlier.clauses, around.latest or around.own)
        if before is None:
            return None
        if fix is not None:
            return replace(before[0], items=fix.right)
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
                for other in (name, *self._others(name)):
                    if other in said.valence or other in said.seen:
                        valence: set[Opinion] = {said.valence[other]} if other in said.valence else set()
                        return valence | ({"seen"} if other in said.seen else set())
            if self.questions.read(earlier.clauses, wrong) is not None:
                return set()
        return {"like"}


def _is_pronoun(text: str, ref: Ref, around: Surroundings) -> bool:
    """Whether *It* at the head of a clause is a word rather than the film of that name, which nobody spoke of."""
    if ref.kind != "item" or ref.word != "it" or ref.entities[0] in (*around.earlier, *around.shown):
        return False
    return _VERB_BEHIND.match(text, ref.end) is not None

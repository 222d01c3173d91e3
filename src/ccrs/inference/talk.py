"""Talk with people: what each says in, a reply and what it rests on out. Nothing is remembered here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from ccrs.artifacts.responder import ResponderRun, load_responder
from ccrs.artifacts.run import Run, load_run
from ccrs.core.cards import numbers_of
from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.graph import Entity
from ccrs.core.hearing import Constraints, Heard, SoFar
from ccrs.core.item_words import ItemWords
from ccrs.data.filling import Filler
from ccrs.data.linking_dialogues import link_dialogue
from ccrs.data.understanding.hearer import Hearer
from ccrs.data.unknown_titles import KnownTitles, UnknownTitle
from ccrs.data.unknown_wishes import UnknownWishes
from ccrs.inference.answers import (
    Answer,
    Exchange,
    Person,
    Stated,
    TurnInput,
    UnknownFilm,
)
from ccrs.inference.choosing import ReplyChooser
from ccrs.inference.facts import NOT_KNOWN, FactTeller
from ccrs.inference.fitting import Fitting, Said
from ccrs.inference.interactions import disliked_of, merged_opinions, without_mentions
from ccrs.inference.live import LiveResponder
from ccrs.inference.pretrained import Pretrained
from ccrs.inference.ranking import RankedItems, RankRequest
from ccrs.inference.reading import readable
from ccrs.inference.recommend import Recommendation, Recommender
from ccrs.inference.wishes import Wishes
from ccrs.inference.writing import NUM_OFFERED, ReplyWriter, Situation, Written
from ccrs.meta.reply_adaptation import Inner
from ccrs.models.decoding import DecodingConfig
from ccrs.models.responders import as_adaptable_responder

NUM_UNKNOWN, NUM_SUGGESTIONS = 3, 3
YOU = "you"
NOTHING_SO_FAR, NO_CONSTRAINTS = SoFar(), Constraints()

_LIVE_SAMPLES = 8
"""Fewer than in evaluation: a person waits."""


@dataclass(frozen=True)
class _Turn:
    """A turn under way: what came in, what was heard of it, and the messages so far that the models read."""

    number: int  # among the inputs
    given: TurnInput
    heard: Heard
    unknown: tuple[UnknownFilm, ...]
    remarks: tuple[str, ...]
    messages: tuple[Message, ...]
    in_force: Constraints = NO_CONSTRAINTS
    allowed: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.bool))  # (items,)


class Talker(Pretrained):
    """A loaded run that talks.

    Example::

        talker = Talker.load(Path("runs/talk"))
        (answer,) = talker.answer([TurnInput("Hi! I liked Titanic (1997)")])
        print(answer.text, answer.recommendation.relations)
    """

    def __init__(self, run: Run, responder: ResponderRun, *, choose: bool = True) -> None:
        self.run, self.responder = run, responder
        self.recommender = Recommender(run)
        self.live = LiveResponder(run, responder, self.recommender)
        writer = ReplyWriter(run, responder)
        self.writer: ReplyWriter | ReplyChooser = writer
        if choose and responder.chooser is not None:
            self.writer = ReplyChooser(writer, responder.chooser, num_samples=_LIVE_SAMPLES)
        self.titles = KnownTitles(self.recommender.linker, run.catalogue)
        priced = any("price" in card.numbers for card in run.cards.values())
        self.unknown_wishes = UnknownWishes(run.catalogue, run.graph.relations, has_prices=priced)
        self.hearer = Hearer(
            run.catalogue, run.triples, self.titles, responder.opinions, numbers=numbers_of(run.cards)
        )
        filler = Filler(run.catalogue, run.triples)
        self.facts = FactTeller(run.catalogue, filler, run.graph.relations, cards=run.cards)
        self.words = ItemWords.of(run.catalogue)
        self.wishes = Wishes(run.catalogue)
        self.fitting = Fitting(run.catalogue, self.wishes, self.live.slotter.plural)

    @classmethod
    def load(cls, folder: Path | str, *, choose: bool = True) -> Talker:
        """Load the run in ``folder`` with its responder and warm it up; raises ``CheckpointError``."""
        run = load_run(Path(folder))
        talker = cls(run, load_responder(Path(folder), run), choose=choose)
        talker.folder = Path(folder)
        talker.warm_up()
        return talker

    def warm_up(self) -> None:
        """Make what is made at first need (names to suggest, kernels) before anybody waits for it."""
        self.answer([TurnInput('Hi! Do you know "Xyzzy" (1950)?')])

    def person(self, earlier: Sequence[Dialogue]) -> Person:
        """Somebody with ``earlier`` dialogues, adapted to."""
        return Person(state=self.recommender.state(earlier), inner=self.live.adapted(earlier))

    def answer(self, inputs: Sequence[TurnInput]) -> list[Answer]:
        """An answer to each input, worked out side by side; the same for the same input, whatever stands beside it.

        Texts may be anything. Nothing but blanks and control characters is answered without a model. Of long
        messages the end is read.
        """
        answers: dict[int, Answer] = {}
        turns: list[_Turn] = []
        for number, given in enumerate(inputs):
            said, remarks = readable(given.text, self.responder.config.text.max_context, self.words)
            if said:
                turns.append(self._with_allowed(self._heard(number, given, said, remarks)))
            else:
                answers[number] = Answer(nothing_said(self.words), remarks=remarks)
        requests = [RankRequest(turn.messages, turn.given.person.state, turn.allowed) for turn in turns]
        ranked = self.recommender.rank_all(requests)
        for turn, found, written in zip(turns, ranked, self._written(turns, ranked), strict=True):
            answers[turn.number] = self._answer(turn, found, written)
        return [answers[number] for number in range(len(inputs))]

    def hear(self, said: str, so_far: SoFar = NOTHING_SO_FAR) -> Heard:
        """What is heard in words that ``readable`` has cleaned, films marked."""
        heard = self.hearer.hear(said, so_far)
        return replace(heard, message=replace(heard.message, mentions=self._marked(heard.message.mentions)))

    def heard_before(self, said: str, reply: str, before: tuple[Exchange, ...]) -> Exchange:
        """A turn that somebody else answered with ``reply``, heard after ``before`` as if it had been ours."""
        words, _ = readable(said, self.responder.config.text.max_context, self.words)
        heard = self.hear(words, TurnInput("", before).so_far)
        messages = []
        for line in readable(reply, self.responder.config.text.max_context, self.words)[0].splitlines():
            mentions = self._marked(self.recommender.linker.link(line))
            messages.append(Message("recommender", line, mentions))
        shown = (m.entity for message in messages for m in message.mentions if m.marked)
        return Exchange(heard, tuple(messages), tuple(dict.fromkeys(shown)))

    def _heard(self, number: int, given: TurnInput, said: str, remarks: tuple[str, ...]) -> _Turn:
        heard = self.hear(said, given.so_far)
        mentions, unknown = self.titles.read(said)
        asked = () if heard.question is not None else self.unknown_wishes.find(said, mentions)
        # What is disliked is no sign of what is liked.
        opinions = merged_opinions(given.person.opinions, heard.opinions, heard.undone)
        disliked = disliked_of(opinions) | set(heard.undone)
        messages: list[Message] = []
        for exchange in given.before:
            messages += [exchange.heard.message, *exchange.spoken]
        messages += [self.recommender.naming(item) for item in given.liked if self._is_item(item)]
        messages.append(heard.message)
        read = tuple(
            without_mentions(message, disliked) if message.speaker == "seeker" else message
            for message in messages
        )
        return _Turn(number, given, heard, self._suggested(unknown, asked), remarks, read)

    def _is_item(self, name: str) -> bool:
        catalogue = self.run.catalogue
        return catalogue.index.get(name, catalogue.num_items) < catalogue.num_items

    def _with_allowed(self, turn: _Turn) -> _Turn:
        """The turn with the items that may be offered: not named, rejected, seen or disliked, and what is wanted."""
        given, index = turn.given, self.run.catalogue.index
        opinions = merged_opinions(given.person.opinions, turn.heard.opinions, turn.heard.undone)
        # Who names a favourite knows it: liked items are no news either.
        out = {e for e, said in opinions.items() if said & {"seen", "dislike", "like"}}
        for heard in (*(exchange.heard for exchange in given.before), turn.heard):
            out |= {*heard.rejected, *heard.undone}
            out |= {m.entity for m in heard.message.mentions}
        for exchange in given.before:
            out |= {m.entity for message in exchange.spoken for m in message.mentions}
        out |= self.recommender.unavailable if given.unavailable is None else given.unavailable
        in_force = self.wishes.in_force(turn.heard.constraints, opinions, given.filters)
        barred = [index[e] for e in out if e in index]
        allowed = self.recommender.filter.allowed(in_force, barred) & self.recommender.unnamed(turn.messages)
        shown = [index[e] for exchange in given.before for e in exchange.shown if e in index]
        if turn.heard.extreme is not None:  # "the cheapest one" may well be among those shown
            allowed, shown = self.recommender.filter.extreme(allowed, *turn.heard.extreme), []
        fresh = allowed.clone()
        fresh[shown] = False
        # A card that was there before comes again only when nothing else is left.
        return replace(turn, in_force=in_force, allowed=fresh if bool(fresh.any()) else allowed)

    def _written(self, turns: Sequence[_Turn], ranked: Sequence[RankedItems]) -> list[Written]:
        """The reply of each turn, those decoded alike side by side."""
        found: dict[int, Written] = {}
        groups: dict[DecodingConfig | None, list[int]] = {}
        for place, turn in enumerate(turns):
            groups.setdefault(turn.given.decoding, []).append(place)
        for decoding, places in groups.items():
            inner = stacked_inner(self.responder, [turns[place].given.person.inner for place in places])
            situations = [
                self._situation(turns[place], ranked[place], owner if inner is not None else 0)
                for owner, place in enumerate(places)
            ]
            # Asked for another way of decoding, what chooses among candidates would not be what was asked for.
            writer = self.plain_writer if decoding is not None else self.writer
            found |= zip(places, writer.write(situations, inner, decoding), strict=True)
        return [found[place] for place in range(len(turns))]

    @property
    def plain_writer(self) -> ReplyWriter:
        """Eq. 9-10 without a choice among candidates."""
        return self.writer.writer if isinstance(self.writer, ReplyChooser) else self.writer

    def _situation(self, turn: _Turn, ranked: RankedItems, owner: int) -> Situation:
        names_known = any(mention.marked for mention in turn.heard.message.mentions)
        dialogue = Dialogue("now", YOU, turn.messages)
        return self.live.situation(
            dialogue,
            ranked,
            seed=turn.given.seed * 10_000 + len(turn.messages),
            offered=tuple(self.recommender.best(ranked, NUM_OFFERED, turn.allowed)),
            # Whoever asks about an unknown film is not told of another one he named before.
            with_named=names_known or not turn.unknown,
            owner=owner,
            wanted=turn.in_force.wanted,
        )

    def _answer(self, turn: _Turn, ranked: RankedItems, written: Written) -> Answer:
        given, heard = turn.given, turn.heard
        catalogue = self.run.catalogue
        facts, stated = ("", ()) if heard.question is None else self.facts.answer(heard.question)
        explained = self.recommender.explain(ranked, k=given.num_items, allowed=turn.allowed)
        said = Said(given, heard, turn.messages, turn.in_force)
        spoken = self.fitting.fitting(said, written, explained, answered=bool(facts))
        named = tuple(catalogue.entities[item] for item in spoken.filled.items)
        shown = self._shown(turn, named, explained) if spoken.filled.items or said.recommends else ()
        if facts == NOT_KNOWN and turn.unknown:
            facts = ""  # the sentence about the unknown film says as much
        lines = [*(film.sentence for film in turn.unknown), facts, spoken.filled.text]
        messages = self._spoken(facts, spoken)
        return Answer(
            text="\n".join(line for line in lines if line),
            exchange=Exchange(heard, messages, tuple(entity.id for entity in shown)),
            slotted=spoken.slotted,
            items=named,
            shown=shown,
            styles=spoken.styles,
            recommendation=explained,
            terms=spoken.terms,
            statements=(
                *stated,
                *(
                    Stated(catalogue.entities[s.item].title, s.relation, s.value)
                    for s in spoken.filled.statements
                ),
            ),
            unknown=turn.unknown,
            remarks=turn.remarks,
            attempt=spoken.attempt,
            num_context_tokens=sum(len(message.text.split()) for message in turn.messages),
            num_reply_tokens=len(spoken.token_ids),
            complete=len(spoken.token_ids) < (given.decoding or self.responder.config.decoding).max_tokens,
        )

    def _shown(self, turn: _Turn, named: tuple[Entity, ...], explained: Recommendation) -> tuple[Entity, ...]:
        """The named items and the next best."""
        entities, index = self.run.catalogue.entities, self.run.catalogue.index
        best = (entities[index[item.id]] for item in explained.items)
        return tuple(dict.fromkeys((*named, *best)))[: max(turn.given.num_items, len(named))]

    def _spoken(self, facts: str, written: Written) -> tuple[Message, ...]:
        """A reply as messages, a line each, films marked and everything else linked."""
        catalogue = self.run.catalogue
        titles = [catalogue.entities[item] for item in written.filled.items]
        messages = [Message("recommender", facts)] if facts else []
        for line in written.filled.text.splitlines():
            mentions, end = [], 0
            while titles and (start := line.find(titles[0].title, end)) >= 0:
                film = titles.pop(0)
                end = start + len(film.title)
                mentions.append(Mention(film.id, start, end, marked=True))
            if line.strip():
                messages.append(Message("recommender", line, tuple(mentions)))
        return link_dialogue(Dialogue("reply", YOU, tuple(messages)), self.recommender.linker).messages

    def _marked(self, mentions: Iterable[Mention]) -> tuple[Mention, ...]:
        """The mentions with films marked, as in dialogues whose films are named by id."""
        return tuple(Mention(m.entity, m.start, m.end, marked=self._is_item(m.entity)) for m in mentions)

    def _suggested(
        self, unknown: Sequence[UnknownTitle], asked: Sequence[UnknownTitle]
    ) -> tuple[UnknownFilm, ...]:
        """The first few unknown names and wishes, the first with names like it (to look them up takes long)."""
        told = [*unknown, *(one for one in asked if not any(_overlap(one, other) for other in unknown))]
        if not told:
            return ()
        near = self.recommender.linker.nearest(told[0].name, n=NUM_SUGGESTIONS)
        of_any_type = told[0] in asked
        alike = (entity for entity in near if of_any_type or entity.is_item or entity.type == "person")
        suggestions = tuple(dict.fromkeys(entity.title for entity in alike))
        others = tuple(UnknownFilm(title.name, ()) for title in told[1:NUM_UNKNOWN])
        return (UnknownFilm(told[0].name, suggestions), *others)


def _overlap(one: UnknownTitle, other: UnknownTitle) -> bool:
    return one.start < other.end and other.start < one.end


def nothing_said(words: ItemWords) -> str:
    """What is said to somebody who said nothing."""
    if words.are_films:
        return f"Say something: a {words.singular} you like, a genre, an actor, or just hi."
    return f"Say something: {words.one} you like, what it should be like, or just hi."


def stacked_inner(responder: ResponderRun, inners: Sequence[Inner | None]) -> Inner | None:
    """The inner parameters of several users, one row each; None where nobody has any of his own."""
    if len(inners) == 1 or all(inner is None for inner in inners):
        return inners[0]
    common = as_adaptable_responder(responder.model).inner_parameters()
    return {
        name: torch.cat([own[None] if inner is None else inner[name] for inner in inners]).detach()
        for name, own in common.items()
    }

"""Talk with one person: what he says in, a reply and what it rests on out; earlier dialogues are remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccrs.artifacts.memory import Memory, checked_name
from ccrs.artifacts.responder import ResponderRun, load_responder
from ccrs.artifacts.run import Run, load_run
from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.graph import Entity
from ccrs.data.acts import reply_act, seeker_act
from ccrs.data.filling import Filled
from ccrs.data.linking_dialogues import link_dialogue
from ccrs.data.turns import clean
from ccrs.data.unknown_titles import UnknownTitle, known_and_unknown
from ccrs.inference.choosing import ReplyChooser
from ccrs.inference.live import Known, LiveResponder
from ccrs.inference.recommend import Recommendation, Recommender
from ccrs.inference.writing import ReplyWriter, Written
from ccrs.meta.reply_adaptation import Inner

NUM_SUPPORT = 10
"""The latest earlier dialogues are adapted to; more would make a turn slow."""
NUM_WORDS, NUM_LETTERS = 300, 4000
"""What is read of one message: its end."""
NUM_UNKNOWN, NUM_SUGGESTIONS = 3, 3
NOTHING_SAID = "Say something: a movie you like, a genre, an actor, or just hi."
YOU = "you"

_LIVE_SAMPLES = 8
"""Fewer than in evaluation: a person waits."""


@dataclass(frozen=True)
class Stated:
    """A fact that a reply states: always one of the graph."""

    film: str
    relation: str
    value: str


@dataclass(frozen=True)
class UnknownFilm:
    """A film that the catalogue does not have, and titles that look like it."""

    name: str
    suggestions: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is said about it."""
        said = f"I do not know “{self.name}”."
        return f"{said} Did you mean {_either(self.suggestions)}?" if self.suggestions else said


@dataclass(frozen=True)
class Answer:
    """What is said, and why.

    ``slotted`` is the reply with its slots, ``styles`` μ^m, ``terms`` what each term of the choice added, ``attempt``
    as in ``Written``. Without a model call (nothing was said) there is no ``recommendation``.
    """

    text: str
    slotted: str = ""
    items: tuple[Entity, ...] = ()
    styles: tuple[float, ...] | None = None
    recommendation: Recommendation | None = None
    terms: Mapping[str, float] = field(default_factory=dict)
    statements: tuple[Stated, ...] = ()
    unknown: tuple[UnknownFilm, ...] = ()
    remarks: tuple[str, ...] = ()
    attempt: int = 0


class Talker:
    """A loaded run that talks.

    Example::

        conversation = Talker.load(Path("runs/talk")).conversation()
        answer = conversation.say("Hi! I liked Titanic (1997)")
        print(answer.text, answer.recommendation.relations)
    """

    def __init__(self, run: Run, responder: ResponderRun) -> None:
        self.run, self.responder = run, responder
        self.recommender = Recommender(run)
        self.live = LiveResponder(run, responder, self.recommender)
        writer = ReplyWriter(run, responder)
        self.writer: ReplyWriter | ReplyChooser = writer
        if responder.chooser is not None:
            self.writer = ReplyChooser(writer, responder.chooser, num_samples=_LIVE_SAMPLES)

    @classmethod
    def load(cls, folder: Path | str) -> Talker:
        """Load the run in ``folder`` with its responder and warm it up; raises ``CheckpointError``."""
        talker = cls(load_run(Path(folder)), load_responder(Path(folder)))
        # What is made at first need (names to suggest, kernels) is made before anybody waits for it.
        talker.conversation().say('Hi! Do you know "Xyzzy" (1950)?')
        return talker

    def conversation(
        self, name: str | None = None, *, memory: Memory | None = None, seed: int = 0
    ) -> Conversation:
        """A new dialogue with a person; ``memory`` knows what ``name`` said before and is told every turn.

        Raises ``DataError`` for what is no name, and when what is remembered cannot be read.
        """
        known = None if name is None else checked_name(name)
        earlier = memory.recall(known) if memory is not None and known is not None else ()
        return Conversation(self, known, memory, earlier, seed=seed)


class Conversation:
    """One person: his earlier dialogues, and the dialogue under way."""

    def __init__(
        self,
        talker: Talker,
        name: str | None,
        memory: Memory | None,
        earlier: Sequence[Dialogue],
        *,
        seed: int,
    ) -> None:
        self.talker, self.name, self.memory, self.seed = talker, name, memory, seed
        self.earlier = tuple(earlier)
        self.messages: tuple[Message, ...] = ()
        self.last: Answer | None = None
        self._inner: tuple[Inner | None] | None = None  # of the earlier dialogues
        self._gradients: Known = {}

    @property
    def dialogues(self) -> tuple[Dialogue, ...]:
        """All dialogues, that under way included when something was said."""
        return (*self.earlier, self._now()) if self.messages else self.earlier

    @property
    def support(self) -> tuple[Dialogue, ...]:
        """The earlier dialogues that are adapted to."""
        return self.earlier[-NUM_SUPPORT:]

    def say(self, text: str) -> Answer:
        """The reply to ``text``, which may be anything; the same for the same seed and dialogues.

        Nothing but blanks and control characters is answered without a model. Of long messages the end is read.
        Raises ``DataError`` when the memory cannot be written.
        """
        said, remarks = readable(text, self.talker.responder.config.text.max_context)
        if not said:
            self.last = Answer(NOTHING_SAID, remarks=remarks)
            return self.last
        catalogue, linker = self.talker.run.catalogue, self.talker.recommender.linker
        mentions, unknown = known_and_unknown(said, linker, catalogue)
        self.messages = (*self.messages, Message("seeker", said, self._marked(mentions)))
        answer = self._answer(self._suggested(unknown), remarks)
        if self.memory is not None and self.name is not None:
            self.memory.keep(self.name, self.dialogues)
        self.last = answer
        return answer

    def reset(self) -> None:
        """End the dialogue: from now on it is an earlier one."""
        self.earlier, self.messages, self.last, self._inner = self.dialogues, (), None, None

    def adapt(self) -> Inner | None:
        """The responder's parameters of this person's own, computed once for the same earlier dialogues.

        Done by ``say`` where it was not before; call it while the person is not waiting.
        """
        if self._inner is None:
            self._inner = (self.talker.live.adapted(self.support, self._gradients),)
        return self._inner[0]

    def _answer(self, unknown: tuple[UnknownFilm, ...], remarks: tuple[str, ...]) -> Answer:
        """Write a reply to the dialogue so far and add it to the dialogue."""
        talker = self.talker
        ranked = talker.recommender.rank(self.messages, support=self.support)
        names_known = any(mention.marked for mention in self.messages[-1].mentions)
        situation = talker.live.situation(
            self._now(),
            ranked,
            seed=self.seed * 10_000 + len(self.messages),
            # Whoever asks about an unknown film is not told of another one he named before.
            with_named=names_known or not unknown,
        )
        written = talker.writer.write([situation], self.adapt())[0]
        if self._only_greeted() and not _greets_or_asks(written):
            hello = "" if len(self.messages) > 1 else "Hi! "
            written = _plain(f"{hello}What kind of {talker.live.slotter.plural} do you like?", written.styles)
        entities = talker.run.catalogue.entities
        self.messages = (*self.messages, *self._spoken(written))
        filled = written.filled
        return Answer(
            text="\n".join([*(film.sentence for film in unknown), filled.text]),
            slotted=written.slotted,
            items=tuple(entities[item] for item in filled.items),
            styles=written.styles,
            recommendation=talker.recommender.explain(ranked),
            terms=written.terms,
            statements=tuple(Stated(entities[s.item].title, s.relation, s.value) for s in filled.statements),
            unknown=unknown,
            remarks=remarks,
            attempt=written.attempt,
        )

    def _only_greeted(self) -> bool:
        """Whether the person has said nothing but hello."""
        said = (message.text for message in self.messages if message.speaker == "seeker")
        return all(seeker_act(text) == "greet" for text in said)

    def _spoken(self, written: Written) -> tuple[Message, ...]:
        """A reply as messages, a line each, films marked and everything else linked."""
        catalogue = self.talker.run.catalogue
        titles = [catalogue.entities[item] for item in written.filled.items]
        messages = []
        for line in written.filled.text.splitlines():
            mentions, end = [], 0
            while titles and (start := line.find(titles[0].title, end)) >= 0:
                film = titles.pop(0)
                end = start + len(film.title)
                mentions.append(Mention(film.id, start, end, marked=True))
            if line.strip():
                messages.append(Message("recommender", line, tuple(mentions)))
        spoken = Dialogue("reply", YOU, tuple(messages))
        return link_dialogue(spoken, self.talker.recommender.linker).messages

    def _marked(self, mentions: Iterable[Mention]) -> tuple[Mention, ...]:
        """The mentions with films marked, as in dialogues whose films are named by id."""
        catalogue = self.talker.run.catalogue
        return tuple(
            Mention(m.entity, m.start, m.end, marked=catalogue.index[m.entity] < catalogue.num_items)
            for m in mentions
        )

    def _suggested(self, unknown: Sequence[UnknownTitle]) -> tuple[UnknownFilm, ...]:
        """The first few unknown films, the first with titles that look like it (to look them up takes long)."""
        if not unknown:
            return ()
        near = self.talker.recommender.linker.nearest(unknown[0].name, n=NUM_SUGGESTIONS)
        suggestions = tuple(dict.fromkeys(entity.title for entity in near if entity.is_item))
        others = tuple(UnknownFilm(title.name, ()) for title in unknown[1:NUM_UNKNOWN])
        return (UnknownFilm(unknown[0].name, suggestions), *others)

    def _now(self) -> Dialogue:
        """The dialogue under way, later than all others and with an id of its own."""
        time = max((dialogue.time for dialogue in self.earlier), default=-1) + 1
        taken = {dialogue.id for dialogue in self.earlier}
        name = self.name or YOU
        number = next(n for n in range(time, time + len(taken) + 1) if f"{name}-{n}" not in taken)
        return Dialogue(f"{name}-{number}", name, self.messages, time=time)


def readable(text: str, num_tokens: int) -> tuple[str, tuple[str, ...]]:
    """The text that is read of what was typed, and remarks on what was left out."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    end = whole[-NUM_LETTERS:]
    words = clean(end).split(" ")
    said = " ".join(words[-NUM_WORDS:])
    if len(end) == len(whole) and len(words) <= NUM_WORDS:
        return said, ()
    remark = (
        f"That is long: I look for films in its last {min(len(words), NUM_WORDS)} words, "
        f"and my words answer the last {num_tokens} tokens."
    )
    return said, (remark,)


def _greets_or_asks(written: Written) -> bool:
    return "?" in written.slotted or reply_act(written.slotted) in ("greet", "ask")


def _plain(text: str, styles: tuple[float, ...] | None) -> Written:
    """A reply of fixed words."""
    return Written(Filled(text, text, (), ()), text, (), styles, -1)


def _either(titles: Sequence[str]) -> str:
    """``A``, ``A or B``, ``A, B or C``."""
    return " or ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)

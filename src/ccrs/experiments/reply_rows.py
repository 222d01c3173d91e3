"""What is said at every reply of the judged users: by a model, by people, and by the cheap rivals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ccrs.artifacts.responder import ResponderRun
from ccrs.artifacts.run import Run
from ccrs.core.dialogue import Dialogue
from ccrs.core.samples import IntArray, UserTask
from ccrs.data.filling import Films
from ccrs.evaluation.constant_reply import constant_bag, constant_sentence
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.retrieval import ContextIndex
from ccrs.experiments.reply_data import ReplyData
from ccrs.experiments.reply_judging import adapted_batches, plain_batches, query_replies
from ccrs.experiments.situations import said_before, situations_of
from ccrs.inference.choosing import ReplyChooser
from ccrs.inference.writing import ReplyWriter, Situation, Written

HUMAN, SENTENCE = "human replies", "best constant reply"
BAG, RETRIEVED = "best constant bag of words", "nearest retrieved reply"
_RETRIEVAL_WORDS = 20
"""How many of the latest words of a context are looked up: with all of them the retrieved replies fit worse."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class JudgedTurn:
    """A reply of the judged users: its number in the table, and what was there before it."""

    reply: int
    situation: Situation
    discussed: str | None  # id of the film last named before it
    topic: str | None


class ReplyRows:
    """Makes the rows for the query replies of ``tasks``, all on the same contexts in the same order.

    ``only`` leaves just these of them.
    """

    def __init__(
        self,
        run: Run,
        responder: ResponderRun,
        dialogues: Sequence[Dialogue],
        data: ReplyData,
        tasks: Sequence[UserTask],
        *,
        seed: int,
        only: IntArray | None = None,
    ) -> None:
        self.run, self.responder, self.data, self.tasks = run, responder, data, list(tasks)
        self.writer = ReplyWriter(run, responder)
        self.replies = query_replies(data.builder, tasks)
        if only is not None:
            self.replies = np.intersect1d(self.replies, only)
        said = said_before(dialogues, data.replies, self.replies, data.slotter, responder.tokeniser)
        found = situations_of(run, data.table, data.replies, data.builder, tasks, said, seed=seed)
        entities = run.catalogue.entities
        self.turns = [
            JudgedTurn(
                reply,
                found[reply],
                entities[found[reply].named[0]].id if found[reply].named else None,
                self._topic(found[reply].named),
            )
            for reply in self.replies.tolist()
        ]

    def written(self, *, choose: bool, progress: Progress = lambda done, total: None) -> list[Written]:
        """The model's replies: by plain decoding (Eq. 9-10), or chosen among candidates (CCRS+)."""
        writer: ReplyWriter | ReplyChooser = self.writer
        if choose:
            if self.responder.chooser is None:
                raise ValueError("The run has nothing to choose by.")
            writer = ReplyChooser(self.writer, self.responder.chooser)
        turn_of = {turn.reply: number for number, turn in enumerate(self.turns)}
        found: dict[int, Written] = {}
        model, builder = self.responder.model, self.data.builder
        batches = (
            adapted_batches(model, self.responder.rates, builder, self.tasks)
            if self.responder.config.adapt
            else plain_batches(model, builder, self.replies)
        )
        for replies, batch, inner in batches:
            asked = [
                (reply, replace(self.turns[turn_of[reply]].situation, owner=owner))
                for reply, owner in zip(replies.tolist(), batch.owners.tolist(), strict=True)
                if reply in turn_of
            ]
            said = writer.write([situation for _, situation in asked], inner)
            found |= {reply: one for (reply, _), one in zip(asked, said, strict=True)}
            progress(len(found), len(self.turns))
        return [found[turn.reply] for turn in self.turns]

    def judged(self, written: Sequence[Written]) -> list[JudgedReply]:
        """A model's replies beside the human ones."""
        entities = self.run.catalogue.entities
        return [
            self._judged(
                turn,
                one.filled.text.replace("\n", " "),
                one.filled.words,
                tuple(entities[item].id for item in one.filled.items),
                None if one.styles is None else int(np.argmax(one.styles)),
            )
            for turn, one in zip(self.turns, written, strict=True)
        ]

    def human(self) -> list[JudgedReply]:
        """The replies people wrote."""
        table, entities = self.data.replies, self.run.catalogue.entities
        return [
            self._judged(
                turn,
                table.texts[turn.reply],
                table.words[turn.reply],
                tuple(entities[item].id for item in table.items[turn.reply].tolist()),
            )
            for turn in self.turns
        ]

    def constant(self, training: IntArray, *, bag: bool, seed: int) -> list[JudgedReply]:
        """The same reply everywhere, chosen on the training replies; its films are those offered."""
        texts = [self.data.replies.words[int(reply)] for reply in training]
        said = constant_bag(texts) if bag else constant_sentence(texts, seed=seed)
        return [self._filled(turn, said.text) for turn in self.turns]

    def retrieved(self, training: IntArray) -> list[JudgedReply]:
        """What was answered in the training context that is most like this one."""
        table = self.data.replies
        index = ContextIndex([self._latest(int(reply)) for reply in training])
        nearest = index.nearest([self._latest(turn.reply) for turn in self.turns])
        entities = self.run.catalogue.entities
        return [
            self._judged(
                turn,
                table.texts[found],
                table.words[found],
                tuple(entities[item].id for item in table.items[found].tolist()),
            )
            for turn, found in zip(self.turns, training[nearest].tolist(), strict=True)
        ]

    def _filled(self, turn: JudgedTurn, slotted: str) -> JudgedReply:
        films = Films(turn.situation.offered, turn.situation.named)
        filled = self.writer.filler.fill(slotted, films)
        if filled is None:
            return self._judged(turn, slotted, slotted, ())
        items = tuple(self.run.catalogue.entities[item].id for item in filled.items)
        return self._judged(turn, filled.text, slotted, items)

    def _judged(
        self, turn: JudgedTurn, text: str, words: str, items: tuple[str, ...], style: int | None = None
    ) -> JudgedReply:
        table, entities = self.data.replies, self.run.catalogue.entities
        dialogue = int(table.reply_dialogues[turn.reply])
        return JudgedReply(
            user=table.users[int(table.dialogue_users[dialogue])],
            dialogue=table.dialogue_ids[dialogue],
            message=int(table.reply_messages[turn.reply]),
            reply=text,
            reference=table.texts[turn.reply],
            reply_words=words,
            reference_words=table.words[turn.reply],
            items=items,
            reference_items=tuple(entities[item].id for item in table.items[turn.reply].tolist()),
            topic=turn.topic,
            style=style,
        )

    def _topic(self, named: Sequence[int]) -> str | None:
        """The commonest genre of the films named before, the latest deciding between equals."""
        catalogue = self.run.catalogue
        genres = [
            catalogue.entities[value].name
            for item in named
            for value in self.writer.filler.values(item, "genre")
        ]
        return Counter(genres).most_common(1)[0][0] if genres else None

    def _latest(self, reply: int) -> str:
        text = self.responder.tokeniser.decode(self.data.replies.contexts[reply].tolist())
        return " ".join(text.split()[-_RETRIEVAL_WORDS:])

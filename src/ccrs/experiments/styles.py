"""Whether a responder has learned the known styles of a simulated corpus, and answers each person in his words."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ccrs.artifacts.responder import ResponderRun
from ccrs.artifacts.run import Run
from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.errors import DataError
from ccrs.core.samples import UserTask
from ccrs.evaluation.style import StyleInformation, style_information
from ccrs.experiments.corpus import Corpus
from ccrs.experiments.reply_data import responder_data
from ccrs.experiments.reply_rows import ReplyRows
from ccrs.inference.answers import Answer
from ccrs.inference.conversation import Conversation
from ccrs.inference.talk import Talker
from ccrs.inference.writing import Written
from ccrs.simulation.phrases import STYLE_OF_GENRE
from ccrs.simulation.truth import Truth

_WORD = re.compile(r"[a-z']+")
_SLOT = re.compile(r"\[[^\[\]]+\]")
_SMOOTHING = 0.5  # added to every count of a word


@dataclass(frozen=True)
class StyleRecovery:
    """Mutual information (bits) at the suggestions to held-out people, each beside that of shuffled labels.

    ``latent`` is the heaviest latent style of μ^m (Eq. 9, adapted to the user), None for a model without styles;
    ``written`` the known style that the words of the model's own reply sound like. Both are compared with the
    known style of the reply that was really given and with the topic (the commonest genre of the films named
    before); ``written_film`` compares with the style that belongs to the film the model's reply names.

    Latent styles follow the recommender's vector, so even untrained ones may tell something about the topic;
    the words must have been learned.
    """

    latent: StyleInformation | None
    latent_topic: StyleInformation | None
    written: StyleInformation
    written_topic: StyleInformation
    written_film: StyleInformation
    agreement: float
    """Share of replies that sound like the known style of the film they name."""
    commonest: float
    """What that share would be for the one style that fits most of these films."""


@dataclass(frozen=True)
class Talk:
    """What a user said and was answered, turn by turn."""

    user: str
    turns: tuple[tuple[str, Answer], ...]

    @property
    def wording(self) -> tuple[str, ...]:
        """The answers without the films and facts that fill their slots."""
        return tuple(answer.slotted for _, answer in self.turns)


class StyleWords:
    """The known style that words sound like: naive Bayes over the words of training replies."""

    def __init__(self, texts: Sequence[str], styles: Sequence[str]) -> None:
        if not texts:
            raise DataError("There is no training reply to learn styles from. Simulate more users.")
        self.styles = tuple(sorted(set(styles)))
        counts = {style: Counter[str]() for style in self.styles}
        for text, style in zip(texts, styles, strict=True):
            counts[style].update(_words(text))
        words = sorted(set().union(*counts.values()))
        self._ids = {word: number for number, word in enumerate(words)}
        table = np.array([[counts[style][word] for word in words] for style in self.styles]) + _SMOOTHING
        self._logs = np.log(table / table.sum(1, keepdims=True))  # (styles, words)
        frequency = Counter(styles)
        self._prior = np.log([frequency[style] / len(styles) for style in self.styles])

    def style(self, text: str) -> str | None:
        """The likeliest style; None where no word is known."""
        known = [self._ids[word] for word in _words(text) if word in self._ids]
        if not known:
            return None
        return self.styles[int((self._prior + self._logs[:, known].sum(1)).argmax())]


def recover_styles(
    run: Run,
    responder: ResponderRun,
    corpus: Corpus,
    truth: Truth,
    tasks: Sequence[UserTask],
    *,
    seed: int = 0,
) -> StyleRecovery:
    """What the responder knows of styles at the query replies of ``tasks``, adapted to each support.

    Replies are decoded greedily (Eq. 9-10 alone). Raises ``DataError`` where the tasks have no suggestion.
    """
    dialogues, own_tasks = _only(corpus, tasks)
    rows, written = _greedy(run, responder, dialogues, own_tasks)
    known = {(sample.dialogue, sample.message): sample.style for sample in truth.samples}
    sounds = style_words(corpus, truth)
    table = rows.data.replies
    places = [
        (table.dialogue_ids[int(table.reply_dialogues[turn.reply])], int(table.reply_messages[turn.reply]))
        for turn in rows.turns
    ]
    wanted = [known.get(place) for place in places]
    topics = [turn.topic for turn in rows.turns]
    users = [place[0].rpartition("-")[0] for place in places]
    latent = [None if one.styles is None else int(np.argmax(one.styles)) for one in written]
    heard = [sounds.style(one.slotted) for one in written]
    films = [_style_of_film(rows, one) for one in written]
    agreed = [a == b for a, b in zip(heard, films, strict=True) if a is not None and b is not None]
    return StyleRecovery(
        latent=style_information(latent, wanted, users, seed=seed),
        latent_topic=style_information(latent, topics, users, seed=seed),
        written=_told(heard, wanted, users, seed),
        written_topic=_told(heard, topics, users, seed),
        written_film=_told(heard, films, users, seed),
        agreement=sum(agreed) / max(len(agreed), 1),
        commonest=max(Counter(style for style in films if style).values(), default=0) / max(len(agreed), 1),
    )


def style_words(corpus: Corpus, truth: Truth) -> StyleWords:
    """How the styles sound in the training dialogues, films and facts cut out."""
    by_id = {dialogue.id: dialogue for dialogue in corpus.dialogues if dialogue.part == "train"}
    samples = [sample for sample in truth.samples if sample.dialogue in by_id]
    texts = [_without_names(by_id[sample.dialogue].messages[sample.message]) for sample in samples]
    return StyleWords(texts, [sample.style for sample in samples])


def talks(talker: Talker, corpus: Corpus, tasks: Sequence[UserTask], said: Sequence[str]) -> list[Talk]:
    """The conversations in which each user of ``tasks`` says ``said`` in turn, adapted to his support dialogues."""
    found = []
    for task in tasks:
        user = corpus.table.users[task.user]
        earlier = [corpus.dialogues[number] for number in task.support.tolist()]
        conversation = Conversation(talker, earlier, user=user)
        found.append(Talk(user, tuple((words, conversation.say(words)) for words in said)))
    return found


def differently_worded(found: Sequence[Talk]) -> float:
    """Share of pairs of people who said the same words and were answered in others, names of films and facts apart."""
    pairs = list(itertools.combinations([talk.wording for talk in found], 2))
    return sum(first != second for first, second in pairs) / max(len(pairs), 1)


def _only(corpus: Corpus, tasks: Sequence[UserTask]) -> tuple[list[Dialogue], list[UserTask]]:
    """The dialogues of the tasks and the same tasks on them: the others need not be read."""
    named = [half for task in tasks for half in (task.support, task.query)]
    kept = np.unique(np.concatenate([np.zeros(0, np.int64), *named]))
    dialogues = [corpus.dialogues[number] for number in kept.tolist()]
    users = {user: number for number, user in enumerate(dict.fromkeys(d.user for d in dialogues))}
    placed = [
        UserTask(
            users[corpus.table.users[task.user]],
            np.searchsorted(kept, task.support),
            np.searchsorted(kept, task.query),
        )
        for task in tasks
    ]
    return dialogues, placed


def _greedy(
    run: Run, responder: ResponderRun, dialogues: Sequence[Dialogue], tasks: Sequence[UserTask]
) -> tuple[ReplyRows, list[Written]]:
    """The replies of plain decoding (Eq. 9-10) at the query of ``tasks``, in the order of the rows' turns."""
    decoding = responder.config.decoding.model_copy(update={"method": "greedy", "num_samples": 1})
    greedy = replace(responder, config=responder.config.model_copy(update={"decoding": decoding}))
    data = responder_data(run, greedy, dialogues, tasks)
    rows = ReplyRows(run, greedy, dialogues, data, tasks, seed=0)
    return rows, rows.written(choose=False)


def _told(
    styles: Sequence[str | None], labels: Sequence[str | None], users: Sequence[str], seed: int
) -> StyleInformation:
    found = style_information(styles, labels, users, seed=seed)
    if found is None:
        raise DataError("No suggestion to held-out people has a known style. Simulate more users.")
    return found


def _style_of_film(rows: ReplyRows, written: Written) -> str | None:
    """The style that the simulator has for the film a reply suggests, noise apart."""
    if not written.filled.items:
        return None
    genres = rows.writer.filler.values(written.filled.items[0], "genre")
    names = [rows.run.catalogue.entities[genre].name for genre in genres]
    return STYLE_OF_GENRE.get(names[0]) if names else None


def _without_names(message: Message) -> str:
    text = message.text
    for mention in sorted(message.mentions, key=lambda found: -found.start):
        text = f"{text[: mention.start]} {text[mention.end :]}"
    return text


def _words(text: str) -> list[str]:
    return _WORD.findall(_SLOT.sub(" ", text).lower())

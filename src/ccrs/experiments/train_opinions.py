"""The model of opinions, fitted on the questionnaires of training dialogues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ccrs.core.dialogue import Dialogue, Feedback, Message
from ccrs.core.hearing import SoFar
from ccrs.data.understanding.hearer import Hearer
from ccrs.data.understanding.opinion_model import (
    Occurrence,
    OpinionModel,
    fit_opinions,
    occurrences,
    with_thresholds,
)

Answers = tuple[bool | None, bool | None, bool | None]
"""Liked, disliked, seen; None where the person did not say."""
MIN_OCCURRENCES = 2000
"""Below, words would be learned by heart: rules alone hear then."""


def answers_of(feedback: Feedback) -> Answers:
    """Liked, disliked, seen."""
    disliked = None if feedback.liked is None else not feedback.liked
    return feedback.liked, disliked, feedback.seen


def steps(dialogue: Dialogue) -> Iterator[tuple[Message, SoFar]]:
    """Every message of the seeker with what came before; films as the release marks them."""
    shown: list[tuple[str, ...]] = []
    named: list[str] = []
    previous: Message | None = None
    asked: Message | None = None
    turn: list[str] = []
    for message in dialogue.messages:
        marked = [mention.entity for mention in message.mentions if mention.marked]
        if message.speaker == "recommender":
            turn += marked
            asked = message
        else:
            if asked is not None and turn:
                shown.append(tuple(dict.fromkeys(turn)))
            turn = []
            yield message, SoFar(tuple(shown), tuple(named), previous=previous, asked=asked)
            previous = message
        named += marked


def observe(hearer: Hearer, dialogues: Sequence[Dialogue]) -> list[tuple[Occurrence, Answers]]:
    """All occurrences with the questionnaire's answers."""
    found = []
    for dialogue in dialogues:
        for message, so_far in steps(dialogue):
            read = hearer.read(message.text, so_far)
            shown = so_far.shown[-1] if so_far.shown else ()
            asked = so_far.asked.text if so_far.asked is not None else ""
            found += [
                (occurrence, answers_of(dialogue.feedback[occurrence.item]))
                for occurrence in occurrences(read.clauses, shown, asked)
                if occurrence.item in dialogue.feedback
            ]
    return found


def train_opinions(rules: Hearer, dialogues: Sequence[Dialogue]) -> OpinionModel | None:
    """Fit the model on ``dialogues``, the thresholds on a fifth of them held out; None with too few answers.

    Thresholds are set on films that were recommended: of those that seekers name themselves nearly all are liked
    and seen.
    """
    fifth = len(dialogues) // 5
    held_out, observed = observe(rules, dialogues[:fifth]), observe(rules, dialogues[fifth:])
    recommended = [pair for pair in held_out if "new" not in pair[0].features]
    if len(observed) < MIN_OCCURRENCES or not recommended:
        return None
    thresholds = with_thresholds(fit_opinions(observed), recommended).thresholds
    return replace(fit_opinions([*observed, *held_out]), thresholds=thresholds)

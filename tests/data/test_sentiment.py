"""The sentiment of mentions: features by hand, what is learned, and what is never read."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message, Speaker
from ccrs.core.graph import Catalogue, Entity
from ccrs.core.samples import SampleTable
from ccrs.data.samples import build_samples
from ccrs.data.sentiment import BEFORE, BEHIND, NEXT, Sentiment
from ccrs.data.vocabulary import Vocabulary

CATALOGUE = Catalogue(
    (
        *(Entity(f"f{n}", "movie", f"Film {n}", is_item=True) for n in range(4)),
        Entity("p0", "person", "Al Pacino"),
    )
)


def say(speaker: Speaker, text: str) -> Message:
    """A message in which ``<f1>`` names an entity."""
    plain, mentions = "", []
    for piece in text.replace(">", "<").split("<"):
        if piece in CATALOGUE.index:
            name = CATALOGUE.entities[CATALOGUE.index[piece]].name
            mentions.append(Mention(piece, len(plain), len(plain) + len(name), piece != "p0"))
            plain += name
        else:
            plain += piece
    return Message(speaker, plain, tuple(mentions))


def dialogue(*messages: Message, number: int = 0, **liked: bool | None) -> Dialogue:
    answers = {name: Feedback(liked=answer) for name, answer in liked.items()}
    return Dialogue(f"d{number}", f"u{number}", messages, time=number, feedback=answers)


def table_of(*dialogues: Dialogue) -> SampleTable:
    return build_samples(CATALOGUE, dialogues, open_ended=True)


def test_where_a_mention_stands_among_the_words() -> None:
    table = table_of(
        dialogue(
            say("seeker", "Hello there <p0> is good in <f1> and more"),
            say("recommender", "try <f2>, or <f1> again please"),
        )
    )
    assert " ".join(table.words[0]) == "hello there al pacino is good in and more try or again please"
    where = list(zip(table.mention_word_places.tolist(), table.mention_word_ends.tolist(), strict=True))
    # The context of the second message, then all of the dialogue, in which f1 was last named by the recommender.
    assert table.mentions.values.tolist() == [4, 1, 4, 2, 1]
    assert where == [(2, 9), (7, 9), (2, 9), (10, 13), (11, 13)]


def weights_of(vocabulary: Vocabulary, **values: float) -> Sentiment:
    """``before_seeker_plain_word = weight``; all else is nothing."""
    stretches, speakers, signs = ("before", "behind", "next"), ("recommender", "seeker"), ("plain", "negated")
    weights = np.zeros(12 * len(vocabulary), np.float32)
    for name, value in values.items():
        if name == "bias":
            weights[0] = value
            continue
        stretch, speaker, sign, word = name.split("_")
        kind = stretches.index(stretch) * 4 + speakers.index(speaker) * 2 + signs.index(sign)
        weights[kind * len(vocabulary) + vocabulary.ids[word]] = value
    return Sentiment(weights)


def test_probabilities_by_hand() -> None:
    table = table_of(
        dialogue(
            say("seeker", "I loved <f1> so great"),
            say("recommender", "good then see <f2>"),
            say("seeker", "I do not like such zzz"),
        )
    )
    known = ("do", "good", "great", "i", "like", "loved", "not", "see", "so", "such", "then")
    vocabulary = Vocabulary(known)
    sentiment = weights_of(
        vocabulary,
        bias=0.5,
        before_seeker_plain_loved=1.0,
        behind_seeker_plain_great=0.25,
        before_seeker_plain_great=100.0,
        next_seeker_plain_good=-2.0,
        next_recommender_negated_like=-3.0,
        next_recommender_plain_like=100.0,
        before_recommender_plain_see=0.125,
    )
    scores = [0.5 + 1.0 + 0.25]  # f1, before anything was answered
    scores += [0.5 + 1.0 + 0.25 - 2.0, 0.5 - 3.0 + 0.125]  # f1 and f2 at the end
    expected = 1 / (1 + np.exp(-np.array(scores)))
    assert sentiment.likely(table, vocabulary) == pytest.approx(expected, abs=1e-6)


def test_stretches_are_of_limited_length() -> None:
    words = [f"w{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    vocabulary = Vocabulary(tuple(words))
    table = table_of(
        dialogue(say("seeker", f"{' '.join(words)} <f0> {' '.join(words)}"), say("seeker", " ".join(words)))
    )
    inside = weights_of(
        vocabulary,
        **{
            f"before_seeker_plain_{words[-BEFORE]}": 1.0,
            f"behind_seeker_plain_{words[BEHIND - 1]}": 2.0,
            f"next_seeker_plain_{words[NEXT - 1]}": 4.0,
        },
    )
    outside = weights_of(
        vocabulary,
        **{
            f"before_seeker_plain_{words[-BEFORE - 1]}": 1.0,
            f"behind_seeker_plain_{words[BEHIND]}": 2.0,
            f"next_seeker_plain_{words[NEXT]}": 4.0,
        },
    )
    assert inside.likely(table, vocabulary) == pytest.approx([1 / (1 + np.exp(-7.0))])
    assert outside.likely(table, vocabulary) == pytest.approx([0.5])


def opinions(count: int = 240, *, seed: int = 0) -> list[Dialogue]:
    """Half of the seekers love a film, half of them hate it; now and then in answer to the recommender."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        liked = bool(rng.integers(2))
        verb = "loved" if liked else "hated"
        film = f"f{rng.integers(4)}"
        told = (
            [say("seeker", f"I {verb} <{film}> you know")]
            if rng.random() < 0.5
            else [say("recommender", f"have you seen <{film}>"), say("seeker", f"yes I {verb} it")]
        )
        made.append(dialogue(*told, say("recommender", "fine"), number=number, **{film: liked}))
    return made


def learned(dialogues: list[Dialogue], chosen: list[int]) -> tuple[SampleTable, Vocabulary, Sentiment]:
    table = table_of(*dialogues)
    vocabulary = Vocabulary.count(table_of(*(dialogues[n] for n in chosen)).words, min_count=1)
    return table, vocabulary, Sentiment.learn(table, vocabulary, np.array(chosen))


def test_it_learns_what_the_questionnaires_say() -> None:
    dialogues = opinions()
    table, vocabulary, sentiment = learned(dialogues, list(range(200)))
    likely = sentiment.likely(table, vocabulary)
    for context, owner in enumerate(table.context_dialogues.tolist()):
        if owner < 200 or context != np.flatnonzero(table.context_dialogues == owner)[-1]:
            continue
        (position,) = range(table.mentions.offsets[context], table.mentions.offsets[context + 1])
        (answer,) = dialogues[owner].feedback.values()
        assert (likely[position] > 0.5) == answer.liked


def test_other_dialogues_are_not_learned_from() -> None:
    dialogues = opinions()
    chosen = list(range(200))
    _, _, before = learned(dialogues, chosen)
    changed = [
        dataclasses.replace(
            d, messages=(say("seeker", "I hated <f2>"),), feedback={"f2": Feedback(liked=True)}
        )
        for d in dialogues[200:]
    ]
    _, _, after = learned(dialogues[:200] + changed, chosen)
    assert before.weights.tobytes() == after.weights.tobytes()
    _, _, other = learned(changed + dialogues[40:], chosen)
    assert before.weights.tobytes() != other.weights.tobytes()


def test_no_word_behind_the_end_of_a_context_is_read() -> None:
    """All that follows may be cut off, and its mentions sound the same."""
    said = [
        say("recommender", "see <f2>"),
        say("recommender", "or <f3>"),
        say("seeker", "yes I loved it and hated <f3>"),
        say("recommender", "so <f1>"),
        say("seeker", "I hated it"),
    ]
    _, vocabulary, sentiment = learned(opinions(), list(range(200)))
    whole = table_of(dialogue(*said))
    known = sentiment.likely(whole, vocabulary)
    assert [row.tolist() for row in (whole.mentions[n] for n in range(4))] == [[], [2], [2, 3], [2, 3, 1]]
    for context, end in enumerate([0, 1, 3, 5]):
        cut = table_of(dialogue(*said[:end]))
        mine = known[whole.mentions.offsets[context] : whole.mentions.offsets[context + 1]]
        theirs = sentiment.likely(cut, vocabulary)[cut.mentions.offsets[-2] :]
        assert np.array_equal(mine, theirs)
    f2_before, f2_after, f1 = known[0], known[1], known[5]
    assert f2_after > max(f2_before, 0.5)  # else there would be nothing to leak
    assert f1 < 0.5


def test_missing_answers_teach_nothing() -> None:
    silent = [dataclasses.replace(d, feedback={}) for d in opinions(10)]
    table, vocabulary, sentiment = learned(silent, list(range(10)))
    assert not sentiment.weights.any()
    assert sentiment.likely(table, vocabulary) == pytest.approx(np.full(len(table.mention_turns), 0.5))


def test_nothing_at_all() -> None:
    table = table_of(dialogue(say("seeker", "Hello"), say("recommender", "Hi")))
    vocabulary = Vocabulary(())
    sentiment = Sentiment.learn(table, vocabulary, np.array([0]))
    assert sentiment.likely(table, vocabulary).shape == (0,)

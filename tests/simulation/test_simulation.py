"""The simulated corpus keeps its design, and the truth about it is true."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import asdict, replace

import numpy as np
import pytest
from pydantic import ValidationError

from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.errors import DataError
from ccrs.data.samples import build_samples
from ccrs.simulation.choice import ChoiceConfig
from ccrs.simulation.corpus import SimulatedCorpus, SimulationConfig, simulate
from ccrs.simulation.facts import CLAUSES, FRAMES
from ccrs.simulation.films import GENRES, Film, load_films
from ccrs.simulation.phrases import STYLE_OF_GENRE, MessageWriter, relation_word, word_count
from ccrs.simulation.templates import REASON, RELATION_WORDS, SEEKER, STYLES, SUGGEST, Templates
from ccrs.simulation.truth import Truth

CONFIG = SimulationConfig(num_users=60, seed=3)
ALL_TEMPLATES: list[Templates] = [
    *SEEKER.values(),
    *SUGGEST.values(),
    *(templates for styles in REASON.values() for templates in styles.values()),
    *FRAMES.values(),
]


@pytest.fixture(scope="module")
def corpus() -> SimulatedCorpus:
    return simulate(CONFIG)


def films_in(message: Message) -> list[Mention]:
    """The mentions of films: those of people and genres are facts."""
    return [mention for mention in message.mentions if mention.marked]


def as_bytes(corpus: SimulatedCorpus) -> bytes:
    dialogues = [asdict(dialogue) for dialogue in corpus.dialogues]
    return json.dumps([dialogues, corpus.truth.to_json()]).encode()


def skeletons(dialogue: Dialogue) -> set[str]:
    """The sentences of a dialogue with films and relations cut out."""
    found = set()
    for message in dialogue.messages:
        text = message.text
        for mention in reversed(message.mentions):
            text = text[: mention.start] + "_" + text[mention.end :]
        found.add(re.sub("|".join(RELATION_WORDS.values()), "_", text))
    return found


def test_same_seed_same_bytes_other_seed_other_bytes() -> None:
    config = SimulationConfig(num_users=12, seed=5)
    first = as_bytes(simulate(config))
    assert as_bytes(simulate(config)) == first
    assert as_bytes(simulate(config.model_copy(update={"seed": 6}))) != first


def test_size(corpus: SimulatedCorpus) -> None:
    assert len(corpus.dialogues) == 60 * 12
    turns = [sum(message.speaker == "recommender" for message in d.messages) for d in corpus.dialogues]
    assert set(turns) == {2, 3}
    assert Counter(user.part for user in corpus.truth.users) == {"train": 48, "test": 12}


def test_fans_have_one_size_and_no_film_in_common(corpus: SimulatedCorpus) -> None:
    facts = {(triple.head, triple.relation, triple.tail) for triple in corpus.triples}
    ids = [entity.id for entity in corpus.catalogue.items]
    assert len(corpus.model.pivots) >= 150
    for film, pivot in corpus.model.pivots.items():
        assert len(pivot.fans) >= 2
        films = [other for fan in pivot.fans.values() for other in fan.films]
        assert len(films) == CONFIG.fan_size * len(pivot.fans)
        assert len({film, *films}) == len(films) + 1
        for relation, fan in pivot.fans.items():
            assert {(ids[other], relation, fan.value) for other in (film, *fan.films)} <= facts


def test_every_relation_has_as_many_values(corpus: SimulatedCorpus) -> None:
    counts = Counter(relation for relation, _ in corpus.model.favourite_films)
    assert set(counts) == set(CONFIG.relations)
    assert max(counts.values()) <= CONFIG.num_values
    assert min(counts.values()) >= CONFIG.num_values - 4


def test_no_film_is_recommended_twice_or_after_it_was_named(corpus: SimulatedCorpus) -> None:
    known: dict[str, set[str]] = defaultdict(set)
    for dialogue in corpus.dialogues:
        for message in dialogue.messages:
            films = {mention.entity for mention in message.mentions if mention.marked}
            if message.speaker == "recommender":
                assert films.isdisjoint(known[dialogue.user])
            known[dialogue.user] |= films


def test_relations_are_said_in_half_of_the_dialogues(corpus: SimulatedCorpus) -> None:
    said: Counter[str] = Counter()
    for dialogue in corpus.dialogues:
        words: set[str] = set()
        for message in dialogue.messages:
            text = message.text
            for mention in reversed(message.mentions):
                text = text[: mention.start] + text[mention.end :]
            words |= set(re.findall(r"\w+", text.lower()))
        spoken = words & set(RELATION_WORDS.values())
        preferred = RELATION_WORDS[corpus.truth.user_of[dialogue.user].preferred]
        assert not spoken or preferred in spoken
        said[dialogue.user] += bool(spoken)
    assert set(said.values()) == {6}


def test_word_counts_are_equal_across_templates_and_relations() -> None:
    for train, test in [*SEEKER.values()]:
        assert len({word_count(template) for template in train + test}) == 1
    for styles in (SUGGEST, FRAMES, *REASON.values()):
        counts = {word_count(t) for train, test in styles.values() for t in train + test}
        assert len(counts) == 1
    assert len({word_count(clause) for clause in CLAUSES.values()}) == 1
    assert all(re.fullmatch(r"[a-z]+", word) for word in RELATION_WORDS.values())
    assert len(set(RELATION_WORDS.values())) == len(RELATION_WORDS)


def test_templates_of_the_parts_are_disjoint() -> None:
    for train, test in ALL_TEMPLATES:
        assert len(train) >= 2
        assert test
        assert set(train).isdisjoint(test)


def test_test_part_holds_out_users_phrasings_and_named_films(corpus: SimulatedCorpus) -> None:
    users, texts, named = defaultdict(set), defaultdict(set), defaultdict(set)
    for dialogue in corpus.dialogues:
        users[dialogue.part].add(dialogue.user)
        texts[dialogue.part] |= skeletons(dialogue)
        for message in dialogue.messages:
            if message.speaker == "seeker":
                named[dialogue.part] |= {mention.entity for mention in message.mentions}
    for held in (users, texts):
        assert held["train"].isdisjoint(held["test"])
    unseen = named["test"] - named["train"]
    assert len(unseen) >= 25, "films that nobody names in training"
    assert len(unseen) < len(named["test"]) / 2, "most films are known from training"


def test_held_out_films_have_values_known_from_training(corpus: SimulatedCorpus) -> None:
    values = defaultdict(set)
    index = corpus.catalogue.index
    for dialogue in corpus.dialogues:
        for message in dialogue.messages:
            if message.speaker == "seeker":
                for mention in message.mentions:
                    fans = corpus.model.pivots[index[mention.entity]].fans
                    values[dialogue.part] |= {(relation, fan.value) for relation, fan in fans.items()}
    assert values["test"] <= values["train"]


def test_mentions_stand_where_they_say(corpus: SimulatedCorpus) -> None:
    entities = corpus.catalogue.entities
    names = Counter(entity.name for entity in corpus.catalogue.items)
    short = 0
    for dialogue in corpus.dialogues:
        for message in dialogue.messages:
            for mention in message.mentions:
                entity = entities[corpus.catalogue.index[mention.entity]]
                said = message.text[mention.start : mention.end]
                assert mention.marked is entity.is_item
                allowed = {entity.title} if names[entity.name] > 1 else {entity.title, entity.name}
                assert said in allowed
                short += said == entity.name
            assert "{" not in message.text
    assert short > 100


def test_facts_are_true_and_said_with_the_last_suggestion_only(corpus: SimulatedCorpus) -> None:
    triples = {(t.head, t.relation, t.tail) for t in corpus.triples}
    stated = Counter[str]()
    for dialogue in corpus.dialogues:
        for number, message in enumerate(dialogue.messages):
            facts = [mention for mention in message.mentions if not mention.marked]
            assert not facts or number == len(dialogue.messages) - 2
            for fact in facts:
                sentence = re.split(r"[.!?] ", message.text[: fact.start])[-1]
                relation = next(name for name, text in CLAUSES.items() if text.split("{0}")[0] in sentence)
                assert (films_in(message)[0].entity, relation, fact.entity) in triples
                stated[relation] += 1
    assert set(stated) == set(CLAUSES)
    assert 0.15 < stated.total() / len(corpus.truth.samples) < 0.25


def test_everything_else_is_the_same_without_facts(corpus: SimulatedCorpus) -> None:
    bare = simulate(CONFIG.model_copy(update={"fact_share": 0.0}))
    assert bare.truth == corpus.truth
    for first, second in zip(bare.dialogues, corpus.dialogues, strict=True):
        assert len(first.messages) == len(second.messages)
        for plain, told in zip(first.messages, second.messages, strict=True):
            assert told.text.startswith(plain.text)
            assert tuple(films_in(told)) == plain.mentions
            assert told.text == plain.text or len(told.mentions) > len(plain.mentions)


def test_what_a_recommender_reads_is_the_same_without_facts(corpus: SimulatedCorpus) -> None:
    bare = simulate(CONFIG.model_copy(update={"fact_share": 0.0}))
    first, second = (build_samples(c.catalogue, c.dialogues) for c in (bare, corpus))
    for name in ("sample_contexts", "sample_targets", "context_dialogues", "mention_turns", "word_counts"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    np.testing.assert_array_equal(first.mentions.values, second.mentions.values)
    read = np.zeros(len(first.words), np.int64)
    np.maximum.at(read, first.context_dialogues, first.word_counts)
    for number, length in enumerate(read.tolist()):
        assert first.words[number][:length] == second.words[number][:length]
        films = second.dialogue_mentions[number]
        assert films[films < corpus.catalogue.num_items].tolist() == first.dialogue_mentions[number].tolist()


def test_feedback_answers_what_was_said(corpus: SimulatedCorpus) -> None:
    for dialogue in corpus.dialogues:
        for message in dialogue.messages:
            for mention in films_in(message):
                suggested = message.speaker == "recommender"
                assert dialogue.feedback[mention.entity].suggested is suggested
                assert suggested or dialogue.feedback[mention.entity].liked
        assert len(dialogue.feedback) == sum(len(films_in(message)) for message in dialogue.messages)


def test_liked_more_where_the_preferred_relation_was_followed(corpus: SimulatedCorpus) -> None:
    by_id = {dialogue.id: dialogue for dialogue in corpus.dialogues}
    liked = defaultdict(list)
    for sample in corpus.truth.samples:
        dialogue = by_id[sample.dialogue]
        matched = sample.relation == corpus.truth.user_of[dialogue.user].preferred
        liked[matched].append(dialogue.feedback[sample.item].liked)
    assert np.mean(liked[True]) == pytest.approx(0.9, abs=0.03)
    assert np.mean(liked[False]) == pytest.approx(0.6, abs=0.06)


def test_truth_of_samples(corpus: SimulatedCorpus) -> None:
    by_id = {dialogue.id: dialogue for dialogue in corpus.dialogues}
    index, kinds = corpus.catalogue.index, Counter[str]()
    for sample in corpus.truth.samples:
        dialogue = by_id[sample.dialogue]
        user = corpus.truth.user_of[dialogue.user]
        message = dialogue.messages[sample.message]
        assert message.speaker == "recommender"
        assert [mention.entity for mention in films_in(message)] == [sample.item]
        kinds[sample.kind] += 1
        if sample.kind == "relation":
            assert sample.relation is not None
            assert sample.pivot is not None
            said = {m.entity for before in dialogue.messages[: sample.message] for m in before.mentions}
            assert sample.pivot in said
            assert index[sample.item] in corpus.model.pivots[index[sample.pivot]].fans[sample.relation].films
        elif sample.kind == "favourite":
            films = [corpus.model.favourite_films[user.preferred, value] for value in user.favourites]
            assert sample.relation == user.preferred
            assert any(index[sample.item] in group for group in films)
    assert len(corpus.truth.samples) == kinds.total()
    assert kinds["popularity"] < kinds["favourite"] < kinds["relation"]


def test_truth_of_users(corpus: SimulatedCorpus) -> None:
    followed = Counter[bool]()
    users = corpus.truth.user_of
    index = corpus.catalogue.index
    for user in users.values():
        assert sum(user.preferences.values()) == pytest.approx(1)
        assert user.preferences[user.preferred] == max(user.preferences.values())
        assert len(set(user.favourites)) == CONFIG.num_favourites
    assert {user.preferred for user in users.values()} == set(CONFIG.relations)
    for sample in corpus.truth.samples:
        user = users[sample.dialogue.rpartition("-")[0]]
        if sample.pivot is not None and user.preferred in corpus.model.pivots[index[sample.pivot]].fans:
            followed[sample.relation == user.preferred] += 1
    assert followed[True] > 4 * followed[False]  # π ~ Dirichlet(.1) is all but one relation


def mutual_information(first: list[str], second: list[str]) -> float:
    """In nats, from counts."""
    both, one, two, n = Counter(zip(first, second, strict=True)), Counter(first), Counter(second), len(first)
    return sum(c / n * np.log(c * n / (one[a] * two[b])) for (a, b), c in both.items())


def test_style_follows_the_genre_with_noise(corpus: SimulatedCorpus) -> None:
    genre = {film.id: film.genres[0] for film in load_films()}
    styles = [sample.style for sample in corpus.truth.samples]
    genres = [genre[sample.item] for sample in corpus.truth.samples]
    shuffled = np.random.default_rng(0).permutation(styles).tolist()
    assert mutual_information(styles, genres) > 20 * mutual_information(shuffled, genres)
    other = np.mean([STYLE_OF_GENRE[g] != style for g, style in zip(genres, styles, strict=True)])
    assert other == pytest.approx(0.15 * (1 - 1 / len(STYLES)), abs=0.03)


def test_every_genre_has_a_style() -> None:
    assert set(STYLE_OF_GENRE) == GENRES
    assert set(STYLE_OF_GENRE.values()) == set(STYLES)


def test_truth_survives_json(corpus: SimulatedCorpus) -> None:
    stored = json.loads(json.dumps(corpus.truth.to_json()))
    assert Truth.from_json(stored) == corpus.truth
    del stored["users"][0]["favourites"]
    with pytest.raises(DataError, match="favourites"):
        Truth.from_json(stored)


def test_writer_keeps_places() -> None:
    writer = MessageWriter()
    catalogue = simulate(SimulationConfig(num_users=2, dialogues_per_user=1)).catalogue
    first, second = catalogue.entities[0], catalogue.entities[1]
    writer.say("Both {0} and {1}!", [(first, "Eins"), (second, "Zwei")])
    writer.say("Mind the {relation}.", words=relation_word("actor"))
    message = writer.message("seeker")
    assert message.text == "Both Eins and Zwei! Mind the cast."
    assert [(m.entity, m.start, m.end) for m in message.mentions] == [(first.id, 5, 9), (second.id, 14, 18)]


def test_designs_that_cannot_be_carried_out() -> None:
    with pytest.raises(ValidationError, match="add up to more than 1"):
        ChoiceConfig(popularity=0.7, favourite=0.4)
    with pytest.raises(ValidationError, match="max_turns is below min_turns"):
        SimulationConfig(min_turns=3, max_turns=2)
    with pytest.raises(ValidationError, match="there is no relation 'colour'"):
        SimulationConfig(relations=("actor", "colour"))
    with pytest.raises(DataError, match="No film for the training part shares actor, composer, director"):
        simulate(SimulationConfig(num_users=2), load_films()[:20])
    with pytest.raises(DataError, match=r"no film left to name|knows every film"):
        simulate(SimulationConfig(num_users=2, dialogues_per_user=400))


def test_a_film_without_genre_gets_any_style() -> None:
    bare: list[Film] = [replace(film, genres=()) for film in load_films()]
    corpus = simulate(SimulationConfig(num_users=30), bare)
    assert {sample.style for sample in corpus.truth.samples} == set(STYLES)

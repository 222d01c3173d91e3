"""Simulated dialogues over any catalogue are true of it, name nothing else, and come whatever the catalogue is."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.samples import build_samples
from ccrs.data.slots import Slotter
from ccrs.data.turns import turns_of
from ccrs.simulation import catalogue_templates
from ccrs.simulation.catalogue_corpus import CatalogueSimulationConfig, simulate_catalogue
from ccrs.simulation.catalogue_words import RelationWords, with_article
from ccrs.simulation.templates import STYLES

SMALL = CatalogueSimulationConfig(num_users=12, dialogues_per_user=4)
FILM_WORDS = re.compile(
    r"\b(?:films?|movies?|cinemas?|watch(?:ed|es|ing)?|rewatch\w*|seen|actors?|actress\w*|popcorn|screens?|"
    r"screening|directors?|directed|cast|stars?|starring|scenes?|trailers?|sequels?|flicks?|theat(?:er|re)s?|"
    r"oscars?|blockbusters?|genres?)\b",
    re.IGNORECASE,
)
Rows = Sequence[Mapping[str, object]]


def made(
    rows: Rows, kind: str = "armchair", types: Mapping[str, str] | None = None
) -> tuple[Catalogue, list[Triple]]:
    """A catalogue of rows: the title, and any relation with one value or several."""
    others: dict[str, Entity] = {}
    triples = []
    for number, row in enumerate(rows):
        for relation, values in row.items():
            if relation == "title":
                continue
            for value in values if isinstance(values, list) else [values]:
                type_ = (types or {}).get(relation, relation)
                entity = Entity(f"{type_}:{value}", type_, str(value))
                others.setdefault(entity.id, entity)
                triples.append(Triple(f"item:{number}", relation, entity.id))
    items = [
        Entity(f"item:{number}", kind, str(row["title"]), is_item=True) for number, row in enumerate(rows)
    ]
    return Catalogue((*items, *others.values())), triples


def furniture(number: int = 120) -> tuple[Catalogue, list[Triple]]:
    rng = np.random.default_rng(1)
    materials = ["oak", "steel", "linen", "glass"]
    rows = [
        {
            "title": f"Tarvik {number}",
            "maker": f"Maker {rng.integers(20)}",
            "designer": [f"Anna Berg {place}" for place in rng.permutation(30)[: rng.integers(3)]],
            "material": materials[int(rng.integers(4))],
            "colour": ["red", "blue", "ash grey"][int(rng.integers(3))],
            "seat height": f"{rng.integers(40, 50)} cm",
        }
        for number in range(number)
    ]
    return made(rows, types={"designer": "person"})


@pytest.fixture(scope="module")
def shop() -> tuple[Catalogue, list[Triple]]:
    return furniture()


@pytest.fixture(scope="module")
def dialogues(shop: tuple[Catalogue, list[Triple]]) -> tuple[Dialogue, ...]:
    return simulate_catalogue(*shop, CatalogueSimulationConfig(num_users=60, dialogues_per_user=8))


def messages(dialogues: Sequence[Dialogue], speaker: str) -> Iterator[Message]:
    for dialogue in dialogues:
        yield from (message for message in dialogue.messages if message.speaker == speaker)


def said(text: str, mention: Mention) -> str:
    return text[mention.start : mention.end]


def check_form(catalogue: Catalogue, dialogues: Sequence[Dialogue]) -> None:
    """What holds of every corpus: mentions are the names, only items are marked, nothing named is recommended."""
    for dialogue in dialogues:
        named: set[str] = set()
        for message in dialogue.messages:
            assert message.text.strip()
            assert not any("{" in piece for piece in outside(message))
            for mention in message.mentions:
                entity = catalogue.entities[catalogue.index[mention.entity]]
                assert mention.marked == entity.is_item
                words = " ".join(said(message.text, mention).split()).lower()
                assert words in {" ".join(name.split()).lower() for name in (entity.name, entity.title)}
            items = [mention.entity for mention in message.mentions if mention.marked]
            if message.speaker == "recommender":
                assert named.isdisjoint(items)
            named.update(items)
        assert set(dialogue.feedback) == named
        assert dialogue.part is None


def outside(message: Message) -> list[str]:
    """The words between the mentions."""
    pieces, start = [], 0
    for mention in message.mentions:
        pieces.append(message.text[start : mention.start])
        start = mention.end
    return [*pieces, message.text[start:]]


def test_the_same_seed_gives_the_same_dialogues_and_another_one_does_not() -> None:
    shop = furniture(40)
    first = simulate_catalogue(*shop, SMALL)
    assert simulate_catalogue(*shop, SMALL) == first
    assert simulate_catalogue(*shop, SMALL.model_copy(update={"seed": 1})) != first


def test_users_times_and_form(shop: tuple[Catalogue, list[Triple]], dialogues: tuple[Dialogue, ...]) -> None:
    check_form(shop[0], dialogues)
    assert Counter(dialogue.user for dialogue in dialogues) == {f"person-{n:04d}": 8 for n in range(1, 61)}
    assert [dialogue.time for dialogue in dialogues[:8]] == list(range(8))
    assert len({dialogue.id for dialogue in dialogues}) == len(dialogues)
    assert all(build_samples(shop[0], [dialogue]).sample_targets.size for dialogue in dialogues)


def test_nobody_speaks_of_films(dialogues: tuple[Dialogue, ...]) -> None:
    spoken = [
        template
        for value in vars(catalogue_templates).values()
        for template in flattened(value)
        if not isinstance(value, str)
    ]
    assert len(spoken) > 120
    texts = [*spoken, *(message.text.replace("designer", "") for d in dialogues for message in d.messages)]
    assert [text for text in texts if FILM_WORDS.search(text)] == []


def flattened(value: object) -> list[str]:
    if isinstance(value, tuple):
        return [one for one in value if isinstance(one, str)]
    if isinstance(value, Mapping):
        return [one for inner in value.values() for one in flattened(inner)]
    return []


def test_who_wishes_for_a_value_is_offered_an_item_that_has_it(
    shop: tuple[Catalogue, list[Triple]], dialogues: tuple[Dialogue, ...]
) -> None:
    facts = {(triple.head, triple.tail) for triple in shop[1]}
    wishes = pairs = 0
    for dialogue in dialogues:
        wished: list[str] = []
        for before, message in zip(dialogue.messages, dialogue.messages[1:], strict=False):
            values = [mention.entity for mention in before.mentions if not mention.marked]
            if before.speaker == "seeker" and values:
                wished = values
                wishes, pairs = wishes + 1, pairs + (len(values) == 2)
            offered = [mention.entity for mention in message.mentions if mention.marked]
            if message.speaker == "recommender" and offered:
                assert {(offered[0], value) for value in wished} <= facts
    assert wishes > 100
    assert pairs > 20


def test_what_the_recommender_states_is_in_the_catalogue(
    shop: tuple[Catalogue, list[Triple]], dialogues: tuple[Dialogue, ...]
) -> None:
    facts = {(triple.head, triple.tail) for triple in shop[1]}
    stated = 0
    for dialogue in dialogues:
        focus = ""
        for message in messages([dialogue], "recommender"):
            for mention in message.mentions:
                if mention.marked:
                    focus = mention.entity
                else:
                    stated += 1
                    assert (focus, mention.entity) in facts
    assert stated > 200


def test_questions_of_fact_are_answered(
    shop: tuple[Catalogue, list[Triple]], dialogues: tuple[Dialogue, ...]
) -> None:
    held = defaultdict(set)
    triples = shop[1]
    for triple in triples:
        held[triple.head, triple.relation].add(triple.tail)
    relations = sorted({triple.relation for triple in triples})
    asked: Counter[str] = Counter()
    for dialogue in dialogues:
        focus = ""
        for before, message in zip(dialogue.messages, dialogue.messages[1:], strict=False):
            focus = next(
                (m.entity for m in before.mentions if m.marked and before.speaker == "recommender"), focus
            )
            if message.speaker == "recommender" and re.search(r"\b(?:lists|is|has)\b", message.text):
                values = [m.entity for m in message.mentions]
                relation = next(
                    (name for name in relations if before.text.rstrip("?.").find(name) >= 0), None
                )
                if relation and values and all(not m.marked for m in message.mentions):
                    asked[relation] += 1
                    assert set(values) <= held[focus, relation]
                    assert ("who" in before.text.lower()) == (relation == "designer")
    assert set(asked) == set(relations)


def test_facts_of_replies_become_slots(
    shop: tuple[Catalogue, list[Triple]], dialogues: tuple[Dialogue, ...]
) -> None:
    slotter = Slotter(*shop)
    slots: Counter[str] = Counter()
    for dialogue in dialogues:
        focus = None
        for turn in turns_of(dialogue):
            items = [shop[0].index[m.entity] for m in turn.mentions if m.marked]
            if turn.speaker == "recommender":
                slotted = slotter.reply(turn, set(), focus, marked_only=True)
                slots.update(re.findall(r"\[[^\]]+\]", slotted.text))
                values = [m for m in turn.mentions if not m.marked]
                assert slotted.num_facts == len(values)
            focus = items[-1] if items else focus
    assert {"[item]", "[maker]", "[designer]", "[material]", "[colour]", "[seat height]"} <= set(slots)


def test_the_style_follows_a_value_of_the_item() -> None:
    rows = [
        {"title": f"Tarvik {n}", "material": ["oak", "steel", "linen", "glass"][n % 4]} for n in range(80)
    ]
    catalogue, triples = made(rows)
    material = {triple.head: triple.tail for triple in triples}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for message in messages(simulate_catalogue(catalogue, triples, SMALL), "recommender"):
        for style in STYLES:
            for template in catalogue_templates.SUGGEST[style]:
                pattern = re.escape(template).replace(r"\{0\}", ".+?")
                if message.mentions and message.mentions[0].marked and re.match(pattern, message.text):
                    counts[material[message.mentions[0].entity]][style] += 1
    usual = {value: count.most_common(1)[0] for value, count in counts.items()}
    assert len({style for style, _ in usual.values()}) == 4
    assert all(most / sum(counts[value].values()) > 0.7 for value, (_, most) in usual.items())


def test_people_have_tastes_that_differ() -> None:
    catalogue, triples = furniture(300)
    maker = {triple.head: triple.tail for triple in triples if triple.relation == "maker"}
    config = CatalogueSimulationConfig(
        num_users=80, dialogues_per_user=8, wish_share=0, both_share=0, change_share=0
    )
    corpus = simulate_catalogue(catalogue, triples, config)
    shares = []
    for user in range(80):
        makers = Counter(
            maker[message.mentions[0].entity]
            for message in messages(corpus[user * 8 : user * 8 + 8], "recommender")
            if message.mentions and message.mentions[0].marked
        )
        shares.append(sum(count for _, count in makers.most_common(3)) / makers.total())
    assert max(shares) > 0.6, "somebody follows makers"
    assert min(shares) < 0.4, "somebody does not"


def test_popularity_that_is_known_is_used() -> None:
    catalogue, _ = made([{"title": f"Tarvik {n}"} for n in range(50)])
    known = {"item:7": 1000.0, "item:9": 1000.0, "item of another shop": 5.0}
    for popularity, most in ((known, {"item:7", "item:9"}), ({"item:3": 1e308}, {"item:3"})):
        corpus = simulate_catalogue(catalogue, [], SMALL, popularity=popularity)
        table = Counter(
            m.entity for message in messages(corpus, "recommender") for m in message.mentions if m.marked
        )
        assert most <= {item for item, _ in table.most_common(4)}
        assert len(table) > 10, "the others are recommended as well"


ROWS: dict[str, Rows] = {
    "two items": [{"title": "Tarvik"}, {"title": "Olmo", "maker": "Ny"}],
    "three alike": [{"title": "Tarvik", "maker": "Ny"}] * 3,
    "no relation": [{"title": f"Tarvik {n}"} for n in range(30)],
    "every value its own": [{"title": f"Tarvik {n}", "number": f"N{n}"} for n in range(30)],
    "one giant relation": [{"title": f"Tarvik {n}", "shop": "Ny"} for n in range(200)],
    "namesakes": [{"title": "Tarvik", "maker": f"Maker {n % 3}"} for n in range(30)],
    "names like slots": [{"title": f"{{0}} [item] {n}", "{maker} [x]": "{1} [maker]"} for n in range(20)],
    "quotes and lines": [
        {"title": f'The "big"\n one\t({n})', "maker's": 'O\'Ny\n& "Sons"'} for n in range(20)
    ],
    "no letters": [{"title": f"{n} !!", "?": "!!", "maker": "…", "": "x"} for n in range(20)],
    "very long": [{"title": "x" * 3000 + str(n), "text": "y " * 4000 + str(n % 3)} for n in range(20)],
    "many values": [{"title": f"T {n}", "tag": [f"tag {m}" for m in range(60)]} for n in range(20)],
    "like the noun": [{"title": f"armchair {n}", "armchair": "armchair"} for n in range(20)],
    "by two relations": [
        {"title": f"T {n}", "maker": f"Ny {n % 2}", "seller": f"Ny {n % 2}"} for n in range(20)
    ],
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_any_catalogue_will_do(rows: Rows) -> None:
    catalogue, triples = made(rows, types={"maker": "firm", "seller": "firm"})
    corpus = simulate_catalogue(catalogue, triples, SMALL)
    assert len(corpus) == SMALL.num_users * SMALL.dialogues_per_user
    check_form(catalogue, corpus)
    assert sum(len(build_samples(catalogue, [one]).sample_targets) > 0 for one in corpus) == len(corpus)


NAMES = st.text(min_size=1, max_size=12).filter(lambda name: bool(name.strip()))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries({"title": NAMES}, optional={"a": NAMES, "b c": st.lists(NAMES, max_size=3)}),
        min_size=2,
        max_size=8,
    ),
    kind=NAMES,
    seed=st.integers(0, 99),
)
def test_names_may_be_anything(rows: Rows, kind: str, seed: int) -> None:
    catalogue, triples = made(rows, kind)
    config = CatalogueSimulationConfig(num_users=3, dialogues_per_user=3, seed=seed)
    check_form(catalogue, simulate_catalogue(catalogue, triples, config))


def test_nobody_names_what_was_talked_of_before(dialogues: tuple[Dialogue, ...]) -> None:
    known: dict[str, set[str]] = defaultdict(set)
    for dialogue in dialogues:
        for message in dialogue.messages:
            items = {mention.entity for mention in message.mentions if mention.marked}
            if (
                message.speaker == "recommender" or "?" not in message.text
            ):  # questions name what was suggested
                assert known[dialogue.user].isdisjoint(items)
            known[dialogue.user] |= items


def test_a_value_by_two_relations_is_not_spoken_of() -> None:
    corpus = simulate_catalogue(
        *made(ROWS["by two relations"], types={"maker": "firm", "seller": "firm"}), SMALL
    )
    assert all(mention.marked for one in corpus for message in one.messages for mention in message.mentions)


def test_facts_about_values_and_between_items_are_left_out() -> None:
    catalogue, triples = furniture(30)
    value = catalogue.entities[-1].id
    odd = [Triple("item:0", "like", "item:1"), Triple(value, "part of", "item:0"), Triple(value, "x", value)]
    assert simulate_catalogue(catalogue, [*triples, *odd], SMALL) == simulate_catalogue(
        catalogue, triples, SMALL
    )
    assert simulate_catalogue(catalogue, triples * 2, SMALL) == simulate_catalogue(catalogue, triples, SMALL)


def test_grammar_fits_the_noun() -> None:
    rows = [{"title": f"T {n}", "colour": "orange", "maker": "Ny"} for n in range(9)]
    texts = " ".join(m.text for m in messages(simulate_catalogue(*made(rows), SMALL), "seeker"))
    assert "an armchair" in texts
    assert "an orange armchair" in texts.lower()
    assert "armchairs" in texts
    assert not re.search(r"\ba armchair|\ba orange|armchairss", texts)
    assert with_article("board game") == "a board game"


def test_a_relation_is_worded_by_what_it_is() -> None:
    assert "by {v}" in RelationWords.of("author", of_people=True).wishes
    assert "by {v}" in RelationWords.of("voice", of_people=True).wishes
    assert "from {v}" in RelationWords.of("country of origin", of_people=False).wishes
    plain = RelationWords.of("seat height", of_people=False)
    assert plain.wishes == ("with the seat height {v}", "with {v} as seat height", "whose seat height is {v}")
    assert plain.clauses == ("has {v} as seat height", "has the seat height {v}")


def test_a_large_catalogue_takes_seconds() -> None:
    rng = np.random.default_rng(0)
    rows = [
        {"title": f"T {n}", "maker": f"M {rng.zipf(1.5) % 3000}", "kind": f"K {n % 5}", "room": f"R {n % 3}"}
        for n in range(8_000)
    ]
    catalogue, triples = made(rows)
    start = time.process_time()
    simulate_catalogue(catalogue, triples, CatalogueSimulationConfig(num_users=200))
    assert time.process_time() - start < 5


def test_what_cannot_be_simulated_is_said() -> None:
    with pytest.raises(DataError, match=r"has 1 item\(s\), and dialogues need at least 2.*Add items"):
        simulate_catalogue(*made([{"title": "Tarvik"}]), SMALL)
    with pytest.raises(DataError, match=r"popularity of 'item:1' is -1.*0 or more"):
        simulate_catalogue(*furniture(5), SMALL, popularity={"item:1": -1.0})
    with pytest.raises(DataError, match="is nan"):
        simulate_catalogue(*furniture(5), SMALL, popularity={"item:1": float("nan")})
    with pytest.raises(ValidationError, match="max_turns is below min_turns"):
        CatalogueSimulationConfig(min_turns=3, max_turns=2)
    with pytest.raises(ValidationError, match="add up to more than 1"):
        CatalogueSimulationConfig(wish_share=0.9, both_share=0.2)

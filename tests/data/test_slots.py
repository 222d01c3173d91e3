"""Films and facts become slots, each fact that of the film it is said of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.core.replies import ITEM_SLOT
from ccrs.data.filling import Filled, Filler, Films
from ccrs.data.slots import ERA_SLOT, NAMED_SLOT, YEAR_SLOT, Slotted, Slotter, fact_slot
from tests.fixtures.films import CATALOGUE, FACTS, ITEMS, OTHERS, TRIPLES, index, turn

SLOTTER, FILLER = Slotter(CATALOGUE, TRIPLES), Filler(CATALOGUE, TRIPLES)


def slotted(text: str, named: tuple[str, ...] = (), focus: str | None = None) -> Slotted:
    """A turn of the recommender after ``named`` were said."""
    about = None if focus is None else index(focus)
    return SLOTTER.reply(turn(text), {index(name) for name in named}, about, marked_only=True)


def filled_again(found: Slotted, named: tuple[str, ...]) -> Filled | None:
    """The same films put back where they stood."""
    old = {index(name) for name in named}
    films = Films([i for i in found.items if i not in old], [i for i in found.items if i in old])
    return FILLER.fill(found.text, films)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Have you seen <alien>?", "Have you seen [item]?"),
        ("<alien> or <heat>!", "[item] or [item]!"),
        ("<alien> by <scott> with <weaver>", "[item] by [director] with [actor]"),
        ("<scott> made <alien>", "[director] made [item]"),
        ("An <action> movie: <heat>", "An [genre] movie: [item]"),
        ("An <action|action movie>: <heat>", "An [genre] movie: [item]"),
        ("<heat> is one of the <thriller|thrillers>", "[item] is one of the [genre] movies"),
        ("<alien> has <scott> and <heat> <mann>", "[item] has [director] and [item] [director]"),
        ("<alien> is not by <mann>", "[item] is not by [director]"),  # a person has his usual relation
        ("<jaws> with <williams|Williams>", "[item] with [actor]"),  # a name that ends in s is no plural
        ("<alien> is from 1979", "[item] is from [year]"),
        ("<alien> of the 70s, the 1970's", "[item] of the [era], the [era]"),
        ("In 1979 <alien> came", "In [year] [item] came"),
        ("It was 1979", "It was 1979"),  # no film, no year of one
        ("<mute> came in 19790", "[item] came in 19790"),
    ],
)
def test_slots(text: str, expected: str) -> None:
    assert slotted(text).text == expected


@pytest.mark.parametrize(
    ("text", "named", "expected"),
    [
        ("<alien> again?", ("alien",), "[named] again?"),
        ("<alien> or <heat>", ("alien", "up"), "[named] or [item]"),
        ("<alien> by <scott>, <heat> by <mann>", ("alien",), "[named] by [director], [item] by [director]"),
        ("It is by <scott>", ("alien",), "It is by [director]"),
        (
            "Do you like <action>?",
            ("alien",),
            "Do you like Action?",
        ),  # a question about taste keeps its words
        ("Do you like <action>? Then <heat>", ("alien",), "Do you like [genre]? Then [item]"),
    ],
)
def test_slots_after_other_films(text: str, named: tuple[str, ...], expected: str) -> None:
    assert slotted(text, named, named[0]).text == expected


def test_without_any_film_the_words_stay() -> None:
    found = slotted("I love <scott> and <horror>")
    assert found == Slotted("I love Ridley Scott and Horror", (), 0)


def test_a_film_named_before_decides_only_where_no_other_does() -> None:
    """*Alien by Ridley Scott is better than Heat*, after Alien: the director is Alien's, as filling has it."""
    actor_too = Slotter(CATALOGUE, [*TRIPLES, Triple("heat", "actor", "scott")])
    said, alien = turn("<alien> by <scott> is better than <heat>"), index("alien")
    found = actor_too.reply(said, {alien}, alien, marked_only=True)
    assert found.text == "[named] by [director] is better than [item]"
    again = filled_again(found, ("alien",))
    assert again is not None
    assert again.statements[0].item == index("alien")
    assert again.statements[0].value == "Ridley Scott"


def test_films_are_counted_in_order_with_old_ones() -> None:
    found = slotted("<heat>, <alien>, <heat>", ("alien",))
    assert found.items == (index("heat"), index("alien"), index("heat"))
    assert found.text == "[item], [named], [item]"


def test_as_context_every_film_is_an_item_and_facts_stay() -> None:
    found = SLOTTER.reply(
        turn("<alien> by <scott>, 1979"), {index("alien")}, None, marked_only=True, as_context=True
    )
    assert found == Slotted("[item] by Ridley Scott, 1979", (index("alien"),), 0)


def test_facts_may_stay_words() -> None:
    plain = Slotter(CATALOGUE, TRIPLES, facts=False)
    found = plain.reply(turn("<alien> by <scott>, 1979"), set(), None, marked_only=True)
    assert found == Slotted("[item] by Ridley Scott, 1979", (index("alien"),), 0)


def test_unmarked_films_count_where_nothing_is_marked() -> None:
    text = turn("<alien> now")
    unmarked = type(text)(
        text.speaker, text.text, tuple(type(m)(m.entity, m.start, m.end) for m in text.mentions), 0
    )
    assert SLOTTER.reply(unmarked, set(), None, marked_only=True).text == "Alien now"
    assert SLOTTER.reply(unmarked, set(), None, marked_only=False).text == "[item] now"


def test_the_tokens_are_all_slots() -> None:
    assert SLOTTER.tokens == (ITEM_SLOT, NAMED_SLOT, YEAR_SLOT, ERA_SLOT, "[actor]", "[director]", "[genre]")


@pytest.mark.parametrize(
    "relation", ["item", "named", "year", "era", "pad", "start", "end", "seeker", "break"]
)
def test_a_relation_named_like_another_token_has_a_slot_of_its_own(relation: str) -> None:
    catalogue = Catalogue((ITEMS[4], Entity("x", "thing", "Xylo")))
    triples = [Triple("mute", relation, "x")]
    slotter = Slotter(catalogue, triples)
    assert len(set(slotter.tokens)) == len(slotter.tokens)
    assert fact_slot(relation) not in {"[pad]", "[start]", "[end]", "[seeker]", "[recommender]", "[break]"}
    filled = Filler(catalogue, triples).fill(f"[item] has {fact_slot(relation)}", Films([0], []))
    assert filled is not None
    assert filled.text == "Mute has Xylo"
    assert filled.statements[0].relation == relation


def test_brackets_in_a_relation_do_not_break_its_slot() -> None:
    assert fact_slot("has [a] part") == "[has (a) part]"


WORDS = st.sampled_from(
    ["", " so ", " is by ", ", ", "! ", " 😀 ", " in 1979 ", " a ", " an ", ". Then ", " [item] "]
)
ENTITIES = st.sampled_from([f"<{entity.id}>" for entity in (*ITEMS, *OTHERS)] + ["<thriller|thrillers>"])


@given(
    st.lists(st.tuples(WORDS, ENTITIES), max_size=6), WORDS, st.sets(st.sampled_from([e.id for e in ITEMS]))
)
def test_slot_then_fill_says_the_same_films_and_only_facts_of_the_graph(
    parts: list[tuple[str, str]], end: str, named: set[str]
) -> None:
    text = "".join(a + b for a, b in parts) + end + "x"
    old = tuple(sorted(named))
    found = slotted(text, old, old[0] if old else None)
    filled = filled_again(found, old)
    if filled is None:  # a fact that the film does not have, or not so often
        return
    assert filled.items == found.items
    entities = CATALOGUE.entities
    for statement in filled.statements:
        item = entities[statement.item]
        if statement.relation in ("year", "era"):
            assert item.year is not None
            assert statement.value in (str(item.year), f"{item.year // 10 * 10}s")
        else:
            ids = [e.id for e in entities if e.name.lower() == statement.value.lower()]
            assert (item.id, statement.relation, ids[0]) in FACTS
    assert len(filled.statements) == found.num_facts
    assert sum(filled.words.count(slot) for slot in (ITEM_SLOT,)) == len(found.items)
    assert "\x00" not in filled.text


@given(
    st.lists(st.sampled_from(sorted(FACTS)), min_size=1, max_size=3, unique_by=lambda fact: fact[0]),
    st.booleans(),
)
def test_slot_then_fill_gives_back_the_facts(facts: list[tuple[str, str, str]], fact_first: bool) -> None:
    """One fact a film; where the film has several values the preference for what was said gives it back."""
    order = "<{2}> has <{0}>. " if fact_first and len(facts) == 1 else "<{0}> has <{2}>. "
    found = slotted("".join(order.format(*fact) for fact in facts))
    said = {(index(a), b): index(c) for a, b, c in facts}

    def preference(item: int, relation: str) -> list[int]:
        return sorted(FILLER.values(item, relation), key=lambda value: value != said.get((item, relation)))

    filled = FILLER.fill(found.text, Films(found.items, []), preference)
    assert filled is not None
    names = {(s.item, s.relation): s.value.lower() for s in filled.statements}
    assert names == {key: CATALOGUE.entities[value].name.lower() for key, value in said.items()}

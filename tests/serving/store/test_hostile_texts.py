"""Whatever people type is stored or politely refused, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccrs.core.errors import DataError
from ccrs.serving.errors import NotFound
from ccrs.serving.store.records import ItemRecord, KnownItem, NewTurn, Once, OpinionRecord
from ccrs.serving.store.sql_store import SqlStore
from ccrs.serving.store.text import storable
from tests.serving.store.talking import begin

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
often = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def cleaned(value: object) -> object:
    """What JSON with storable texts comes back as; NUL is told from others in JSON and stays."""
    return json.loads(storable(json.dumps(value, ensure_ascii=False)))


@often
@given(
    said=ANY_TEXT, reply=ANY_TEXT, content=st.dictionaries(ANY_TEXT, JSON, max_size=3), ids=st.lists(ANY_TEXT)
)
def test_any_text_is_stored(
    store: SqlStore, said: str, reply: str, content: dict[str, object], ids: list[str]
) -> None:
    dialogue = begin(store)
    new = NewTurn(said, reply, said, content, tuple(ids), fingerprint=reply)
    stored = store.add_turn(
        "shop", dialogue.id, new, parent=None, opinions=[(i, "like") for i in ids], undone=[said, *ids]
    )
    assert (stored.said, stored.reply) == (storable(said), storable(reply))
    assert stored.content == cleaned(content)
    assert list(stored.shown) == cleaned(ids)
    assert store.dialogue("shop", dialogue.id).turns == (stored,)
    assert store.history("shop", "anna")[-1].turns == (stored,)
    assert store.turn_of("shop", "anna", reply) == (stored if reply else None)
    assert {storable(i) for i in ids} == {
        o.entity for o in store.opinions("shop", "anna") if o.turn == stored.id
    }
    assert len(store.dialogues("shop", "anna")[-1].title) <= 61
    store.forget_dialogue("shop", dialogue.id)


@often
@given(name=ANY_TEXT)
def test_any_name_is_a_user_or_refused(store: SqlStore, name: str) -> None:
    try:
        user = store.ensure_user("shop", name)
    except DataError:
        assert not name or storable(name) != name or "\ufffd" in name
        assert store.user("shop", name) is None
    else:
        assert user.name == name
        assert store.user("shop", name) == user
        store.set_opinion("shop", name, OpinionRecord(name, "seen", 1.0))
        assert [record.entity for record in store.opinions("shop", name)] == [name]


@often
@given(text=ANY_TEXT, facts=st.dictionaries(ANY_TEXT, st.lists(ANY_TEXT).map(tuple), max_size=3))
def test_any_item_is_stored(store: SqlStore, text: str, facts: dict[str, tuple[str, ...]]) -> None:
    store.put_item(ItemRecord("m1", text, aliases=(text,), facts=facts, plot=text, url=text))
    (item,) = store.items()
    assert item.title == item.plot == storable(text)
    assert len(item.facts or {}) <= len(facts)
    store.note_items([KnownItem(text, text, None)])
    assert [known.title for known in store.known_items([text]).values()] == [storable(text)]


HOSTILE = [
    "\x00",
    "\ud800",
    "'; DROP TABLE users; --",
    "%s %(a)s :a ?",
    "x" * 100_000,
    "\u202e\u0000",
    "NaN",
    "{}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_ids_from_outside_find_nothing(text: str, store: SqlStore) -> None:
    begin(store)
    refused: list[Callable[[], object]] = [
        lambda: store.dialogue("shop", text),
        lambda: store.forget_dialogue(text, text),
        lambda: store.add_turn("shop", text, NewTurn("a", "b", "m", {}), parent=text),
        lambda: store.delete_user("shop", text),
        lambda: store.export_user(text, text),
        lambda: store.revoke_key(text),
        lambda: store.set_opinion("shop", "anna", OpinionRecord("e", "like", 1.0, text, text)),
    ]
    for call in refused:
        with pytest.raises(NotFound):
            call()
    assert store.done(text, text) is None
    assert store.key_of(text) is store.key_of(f"ccrs_{text}_{text}") is None
    assert store.user(text, text) is None
    assert store.opinions("shop", text) == store.remove_opinion("shop", text, text, "like") == ()
    assert store.known_items([text]) == {}
    once = Once("key", text, 200, text)
    store.begin_dialogue("shop", "anna", once=once)
    done = store.done("shop", "key")
    assert done is not None
    assert done.body == storable(text)

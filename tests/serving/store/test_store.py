"""What the protocol promises, on both databases."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from ccrs.core.errors import DataError
from ccrs.serving.errors import Conflict, NotFound
from ccrs.serving.store.records import ItemRecord, KnownItem, NewTurn, Once, OpinionRecord, TurnRecord
from ccrs.serving.store.sql_store import SqlStore
from tests.serving.store.talking import begin, ids, said, speak, turn


def opinions(store: SqlStore, user: str = "anna", tenant: str = "shop") -> set[tuple[str, str]]:
    return {(record.entity, record.opinion) for record in store.opinions(tenant, user)}


def version(store: SqlStore, user: str = "anna") -> int:
    found = store.user("shop", user)
    assert found is not None
    return found.version


def test_a_user_is_made_once_and_found_again(store: SqlStore) -> None:
    assert store.user("shop", "anna") is None
    made = store.ensure_user("shop", "anna")
    assert (made.tenant, made.name) == ("shop", "anna")
    assert abs(made.created - time.time()) < 60
    assert store.ensure_user("shop", "anna") == made == store.user("shop", "anna")
    assert store.ensure_user("shop", "Anna").id != made.id


@pytest.mark.parametrize("name", ["", "a\x00b", "a\ud800", "a\ufffdb", "x" * 257])
def test_a_name_that_cannot_be_stored_is_refused_and_nobodys(name: str, store: SqlStore) -> None:
    with pytest.raises(DataError, match="allowed are 1 to 256"):
        store.ensure_user("shop", name)
    with pytest.raises(DataError, match="The tenant"):
        store.begin_dialogue(name, "anna")
    assert store.user("shop", name) is None
    assert store.history("shop", name) == store.dialogues("shop", name) == ()


def test_a_dialogue_goes_on_turn_by_turn(store: SqlStore) -> None:
    dialogue = begin(store)
    assert store.user("shop", "anna") is not None
    assert store.dialogue("shop", dialogue.id) == dialogue
    assert (dialogue.head, dialogue.turns) == (None, ())
    first = turn(store, dialogue.id, "hello", content={"a": [1, None, "ü"]}, shown=("m1", "m2"))
    second = turn(store, dialogue.id, "again", parent=first.id)
    assert (first.number, first.parent, second.number, second.parent) == (0, None, 1, first.id)
    assert first.content == {"a": [1, None, "ü"]}
    assert first.shown == ("m1", "m2")
    assert first.created <= second.created
    read = store.dialogue("shop", dialogue.id)
    assert read.turns == (first, second)
    assert read.head == second.id
    assert (read.user, read.tenant, read.created) == ("anna", "shop", dialogue.created)


def test_the_history_is_oldest_first(store: SqlStore) -> None:
    assert store.history("shop", "anna") == ()
    begun = [begin(store) for _ in range(3)]
    for n, dialogue in enumerate(begun[::-1]):
        speak(store, dialogue.id, f"{n}", f"{n}!")
    begin(store, "bert")
    history = store.history("shop", "anna")
    assert [dialogue.id for dialogue in history] == [dialogue.id for dialogue in begun]
    assert [said(dialogue) for dialogue in history] == [["2", "2!"], ["1", "1!"], ["0", "0!"]]
    assert history == tuple(store.dialogue("shop", dialogue.id) for dialogue in begun)


def test_heads_have_the_first_words_as_title(store: SqlStore) -> None:
    assert store.dialogues("shop", "anna") == ()
    empty, long = begin(store), begin(store)
    turns = speak(store, long.id, "I  want\na comedy " + "that is good " * 40, "ok")
    heads = store.dialogues("shop", "anna")
    assert [(head.id, head.num_turns, head.head) for head in heads] == [
        (empty.id, 0, None),
        (long.id, 2, turns[-1].id),
    ]
    assert heads[0].title == ""
    assert heads[1].title.startswith("I want a comedy that is good")
    assert heads[1].title.endswith("…")
    assert len(heads[1].title) <= 61
    turn(store, long.id, "x" * 500, parent=None)  # replaces the first turn
    assert store.dialogues("shop", "anna")[1].num_turns == 1
    assert store.dialogues("shop", "anna")[1].title == "x" * 59 + "…"


def test_an_earlier_parent_makes_the_rest_a_branch(store: SqlStore) -> None:
    dialogue = begin(store)
    one, two, three = speak(store, dialogue.id, "one", "two", "three")
    other = turn(store, dialogue.id, "other", parent=one.id)
    assert (other.number, other.parent) == (1, one.id)
    assert said(store.dialogue("shop", dialogue.id)) == ["one", "other"]
    fresh = turn(store, dialogue.id, "fresh", parent=None)
    assert store.dialogue("shop", dialogue.id).turns == (fresh,)
    last = turn(store, dialogue.id, "last", parent=fresh.id)
    exported = store.export_user("shop", "anna")
    assert exported.dialogues[0].turns == (fresh, last)
    assert exported.branches == (two, three, one, other)  # by the cuts
    assert [head.num_turns for head in store.dialogues("shop", "anna")] == [2]


def test_a_parent_off_the_way_is_a_conflict(store: SqlStore) -> None:
    dialogue, elsewhere = begin(store), begin(store)
    one, two = speak(store, dialogue.id, "one", "two")
    other = turn(store, dialogue.id, "other", parent=one.id)
    foreign = turn(store, elsewhere.id, "elsewhere")
    before = store.dialogue("shop", dialogue.id), version(store)
    for parent in (two.id, foreign.id, "nonsense", "\x00"):
        with pytest.raises(Conflict, match="not one that leads to"):
            turn(store, dialogue.id, "late", parent=parent)
    with pytest.raises(Conflict, match="went on meanwhile"):
        turn(store, dialogue.id, "late", parent=one.id, expected_head=two.id)
    with pytest.raises(Conflict, match="went on meanwhile"):
        turn(store, dialogue.id, "late", parent=None, expected_head=None)
    assert before == (store.dialogue("shop", dialogue.id), version(store))
    turn(store, dialogue.id, "on", parent=other.id, expected_head=other.id)
    turn(store, begin(store).id, "first", parent=None, expected_head=None)


def test_a_turn_is_found_by_its_fingerprint(store: SqlStore) -> None:
    dialogue, again = begin(store), begin(store)
    first = turn(store, dialogue.id, "one", fingerprint="f1")
    assert store.turn_of("shop", "anna", "f1") == first
    later = turn(store, again.id, "one", fingerprint="f1")
    assert store.turn_of("shop", "anna", "f1") == later  # the latest
    turn(store, again.id, "edited", fingerprint="f2")  # the other one is a branch now
    assert store.turn_of("shop", "anna", "f1") == later
    store.forget_dialogue("shop", again.id)
    assert store.turn_of("shop", "anna", "f1") == first
    turn(store, dialogue.id, "none", parent=first.id)
    assert [store.turn_of("shop", "anna", f) for f in ("", "f2", "f1\x00")] == [None, None, None]
    assert store.turn_of("shop", "bert", "f1") is None


def test_like_and_dislike_exclude_one_another(store: SqlStore) -> None:
    assert store.opinions("shop", "anna") == ()
    like = OpinionRecord("heat", "like", 5.0)
    assert store.set_opinion("shop", "anna", like) == (like,)
    seen, dislike = OpinionRecord("heat", "seen", 6.0), OpinionRecord("heat", "dislike", 7.0)
    assert store.set_opinion("shop", "anna", seen) == (like, seen)
    assert set(store.set_opinion("shop", "anna", dislike)) == {seen, dislike}
    other = OpinionRecord("speed", "like", 8.0)
    assert store.set_opinion("shop", "anna", other) == (other,)
    assert store.opinions("shop", "anna") == (seen, dislike, other)
    assert store.remove_opinion("shop", "anna", "heat", "like") == (seen, dislike)  # it does not hold
    assert store.remove_opinion("shop", "anna", "heat", "dislike") == (seen,)
    assert store.remove_opinion("shop", "anna", "heat", "seen") == ()
    assert store.opinions("shop", "anna") == (other,)
    assert store.export_user("shop", "anna").extra["earlier_opinions"] == []  # clicking leaves nothing behind
    with pytest.raises(DataError, match="Allowed are like, dislike, seen"):
        store.set_opinion("shop", "anna", replace(like, opinion="hate"))  # type: ignore[arg-type]


def test_removing_from_nobody_makes_nobody(store: SqlStore) -> None:
    assert store.remove_opinion("shop", "anna", "heat", "like", once=Once("k", "r", 200, "b")) == ()
    assert store.user("shop", "anna") is None
    assert store.done("shop", "k") is not None


def test_a_turn_says_and_takes_back(store: SqlStore) -> None:
    dialogue = begin(store)
    first = turn(store, dialogue.id, "one", opinions=[("heat", "like"), ("heat", "seen"), ("up", "like")])
    assert store.opinions("shop", "anna") == (
        OpinionRecord("heat", "like", first.created, dialogue.id, first.id),
        OpinionRecord("heat", "seen", first.created, dialogue.id, first.id),
        OpinionRecord("up", "like", first.created, dialogue.id, first.id),
    )
    second = turn(
        store,
        dialogue.id,
        "I meant the other one",
        parent=first.id,
        opinions=[("heat2", "like"), ("up", "dislike")],
        undone=["heat", "unknown"],
    )
    assert opinions(store) == {("heat2", "like"), ("up", "dislike")}
    turn(store, dialogue.id, "both", parent=second.id, opinions=[("heat2", "dislike")], undone=["heat2"])
    assert opinions(store) == {("heat2", "dislike"), ("up", "dislike")}


def test_what_a_branch_said_no_longer_holds_and_what_was_before_does(store: SqlStore) -> None:
    dialogue = begin(store)
    store.set_opinion("shop", "anna", OpinionRecord("speed", "like", 1.0))
    first = turn(store, dialogue.id, "one", opinions=[("heat", "like")])
    turn(
        store,
        dialogue.id,
        "two",
        parent=first.id,
        opinions=[("heat", "dislike"), ("up", "seen"), ("speed", "dislike")],
        undone=["speed"],
    )
    assert opinions(store) == {("heat", "dislike"), ("up", "seen"), ("speed", "dislike")}
    turn(store, dialogue.id, "two, edited", parent=first.id, opinions=[("down", "like")])
    assert opinions(store) == {("heat", "like"), ("speed", "like"), ("down", "like")}


def test_forgetting_a_dialogue_takes_back_what_was_said_in_it(store: SqlStore) -> None:
    kept, gone = begin(store), begin(store)
    turn(store, kept.id, "kept", opinions=[("heat", "like")])
    turn(
        store,
        gone.id,
        "gone",
        opinions=[("heat", "dislike"), ("up", "like")],
        once=Once("k", "r", 200, "gone"),
    )
    store.set_opinion("shop", "anna", OpinionRecord("card", "like", 1.0, dialogue=gone.id))
    store.set_opinion("shop", "anna", OpinionRecord("free", "seen", 1.0))
    store.forget_dialogue("shop", gone.id)
    assert opinions(store) == {("heat", "like"), ("free", "seen")}
    assert [dialogue.id for dialogue in store.history("shop", "anna")] == [kept.id]
    assert store.done("shop", "k") is None
    for forgotten in (gone.id, "nonsense"):
        with pytest.raises(NotFound, match="no dialogue"):
            store.forget_dialogue("shop", forgotten)
        with pytest.raises(NotFound, match="no dialogue"):
            store.dialogue("shop", forgotten)
        with pytest.raises(NotFound, match="no dialogue"):
            turn(store, forgotten, "late")


def test_an_opinion_belongs_to_a_dialogue_and_turn_of_the_user(store: SqlStore) -> None:
    mine, his = begin(store), begin(store, "bert")
    said_here = turn(store, mine.id, "one")
    here = OpinionRecord("heat", "like", 1.0, mine.id, said_here.id)
    assert store.set_opinion("shop", "anna", here) == (here,)
    for dialogue, in_turn in (
        (his.id, None),
        ("nonsense", None),
        (mine.id, "nonsense"),
        (None, said_here.id),
    ):
        with pytest.raises(NotFound):
            store.set_opinion("shop", "anna", OpinionRecord("up", "like", 1.0, dialogue, in_turn))
    assert opinions(store) == {("heat", "like")}


def test_the_version_grows_with_every_change_of_a_users_own(store: SqlStore) -> None:
    dialogue = begin(store)
    seen = [version(store)]

    def has_grown() -> bool:
        seen.append(version(store))
        return seen[-1] > seen[-2]

    first = turn(store, dialogue.id, "one")
    assert has_grown()
    turn(store, dialogue.id, "two", parent=first.id)
    assert has_grown()
    store.set_opinion("shop", "anna", OpinionRecord("heat", "like", 1.0))
    assert has_grown()
    store.remove_opinion("shop", "anna", "heat", "like")
    assert has_grown()
    other = begin(store)
    assert has_grown()
    store.forget_dialogue("shop", other.id)
    assert has_grown()
    begin(store, "bert")
    store.set_opinion("shop", "bert", OpinionRecord("heat", "like", 1.0))
    store.history("shop", "anna")
    store.export_user("shop", "anna")
    assert not has_grown()
    store.expire(time.time() + 10)
    assert has_grown()


def test_a_write_happens_once(store: SqlStore) -> None:
    begun = store.begin_dialogue("shop", "anna", once=Once("begin", "r1", 201, "{}"))
    assert store.done("shop", "begin") == Once("begin", "r1", 201, "{}", made=begun.id)
    first = turn(store, begun.id, "one", once=Once("turn", "r2", 200, "ünï"))
    assert store.done("shop", "turn") == Once("turn", "r2", 200, "ünï", made=first.id)
    like = OpinionRecord("heat", "like", 1.0)
    store.set_opinion("shop", "anna", like, once=Once("set", "r3", 200, "s"))
    store.remove_opinion("shop", "anna", "heat", "like", once=Once("remove", "r4", 200, "s"))
    assert store.done("shop", "nothing") is None
    before = store.export_user("shop", "anna")
    for key in ("begin", "turn", "set", "remove"):
        once = Once(key, "other", 200, "other")
        with pytest.raises(Conflict, match="was used already"):
            store.begin_dialogue("shop", "anna", once=once)
        with pytest.raises(Conflict, match="was used already"):
            turn(store, begun.id, "two", parent=first.id, opinions=[("up", "like")], once=once)
        with pytest.raises(Conflict, match="was used already"):
            store.set_opinion("shop", "anna", like, once=once)
        with pytest.raises(Conflict, match="was used already"):
            store.remove_opinion("shop", "anna", "heat", "like", once=once)
    assert store.export_user("shop", "anna") == before
    with pytest.raises(DataError, match="idempotency key"):
        store.begin_dialogue("shop", "anna", once=Once("x" * 300, "r", 200, ""))


def test_old_dialogues_expire(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    long, short, untouched = begin(store), begin(store), begin(store)
    his = begin(store, "bert")
    early = turn(store, long.id, "one", opinions=[("long", "like")])
    turn(
        store,
        short.id,
        "one",
        opinions=[("short", "like"), ("heat", "dislike")],
        once=Once("k", "r", 200, "one"),
    )
    turn(store, his.id, "one", opinions=[("his", "like")])
    store.set_opinion(
        "shop", "anna", OpinionRecord("card", "like", clock[0]), once=Once("free", "r", 200, "")
    )
    clock[0] = 2000.0
    late = turn(store, long.id, "two", parent=early.id)
    new = begin(store)
    store.set_opinion("shop", "anna", OpinionRecord("new", "like", clock[0]), once=Once("new", "r", 200, ""))
    assert store.expire(1000.0) == 0
    before = version(store, "bert")
    assert store.expire(1500.0) == 3  # short, untouched and his
    assert [dialogue.id for dialogue in store.history("shop", "anna")] == [long.id, new.id]
    assert store.dialogue("shop", long.id).turns == (early, late)
    assert opinions(store) == {("long", "like"), ("card", "like"), ("new", "like")}
    assert opinions(store, "bert") == set()
    assert version(store, "bert") > before
    assert [store.done("shop", key) is None for key in ("k", "free", "new")] == [True, True, False]
    with pytest.raises(NotFound):
        store.dialogue("shop", untouched.id)
    assert store.expire(1500.0) == 0


def test_what_an_expired_dialogue_overrode_does_not_hold_again(store: SqlStore) -> None:
    dialogue = begin(store)
    store.set_opinion("shop", "anna", OpinionRecord("heat", "like", 1.0))
    store.set_opinion("shop", "anna", OpinionRecord("heat", "seen", 1.0))
    store.set_opinion("shop", "anna", OpinionRecord("up", "like", 1.0))
    turn(store, dialogue.id, "no", opinions=[("heat", "dislike")], undone=["up"])
    store.set_opinion("shop", "anna", OpinionRecord("late", "like", 1.0))
    assert store.expire(time.time() + 10) == 1
    assert opinions(store) == {("heat", "seen"), ("late", "like")}


def test_hundreds_of_dialogues_expire(store: SqlStore) -> None:
    for n in range(205):
        begin(store, f"user{n % 7}")
    assert store.expire(time.time() + 10) == 205
    assert all(store.dialogues("shop", f"user{n}") == () for n in range(7))


def test_an_export_is_whole(store: SqlStore) -> None:
    dialogue = begin(store)
    one, two = speak(store, dialogue.id, "one", "two")
    turn(
        store, dialogue.id, "other", parent=one.id, opinions=[("heat", "like")], once=Once("k", "r", 200, "b")
    )
    store.set_opinion("shop", "anna", OpinionRecord("heat", "dislike", 1.0))
    exported = store.export_user("shop", "anna")
    assert exported.user == store.user("shop", "anna")
    assert exported.dialogues == store.history("shop", "anna")
    assert exported.branches == (two,)
    assert exported.opinions == store.opinions("shop", "anna")
    assert [(row["entity"], row["opinion"]) for row in exported.extra["earlier_opinions"]] == [
        ("heat", "like")
    ]
    assert [(row["key"], row["body"]) for row in exported.extra["answers"]] == [("k", "b")]
    with pytest.raises(NotFound, match="no user 'nobody'"):
        store.export_user("shop", "nobody")


def test_a_deleted_user_leaves_nothing(store: SqlStore) -> None:
    dialogue = store.begin_dialogue("shop", "anna", once=Once("begin", "r", 201, "b"))
    turn(
        store, dialogue.id, "one", opinions=[("heat", "like")], fingerprint="f", once=Once("k", "r", 200, "b")
    )
    turn(store, dialogue.id, "edited")
    store.set_opinion("shop", "anna", OpinionRecord("up", "like", 1.0), once=Once("set", "r", 200, "b"))
    store.remove_opinion("shop", "anna", "up", "like", once=Once("remove", "r", 200, "b"))
    speak(store, begin(store, "bert").id, "stays")
    first = store.user("shop", "anna")
    store.delete_user("shop", "anna")
    assert store.user("shop", "anna") is None
    assert store.history("shop", "anna") == store.opinions("shop", "anna") == ()
    assert store.turn_of("shop", "anna", "f") is None
    assert [store.done("shop", key) for key in ("begin", "k", "set", "remove")] == [None] * 4
    assert said(store.history("shop", "bert")[0]) == ["stays"]
    with pytest.raises(NotFound):
        store.delete_user("shop", "anna")
    again = store.ensure_user("shop", "anna")
    assert first is not None
    assert again.id > first.id  # what is cached of the first never means the second
    assert store.opinions("shop", "anna") == ()


def test_tenants_never_meet(store: SqlStore) -> None:
    """Every method that takes a tenant, with ids of another tenant's user of the same name."""
    mine, theirs = begin(store), begin(store, tenant="rival")
    kept = turn(
        store, mine.id, "mine", opinions=[("heat", "like")], fingerprint="f", once=Once("k", "r", 200, "mine")
    )
    before = store.export_user("shop", "anna")
    rival = store.user("rival", "anna")
    assert rival is not None
    assert rival.id != before.user.id
    assert store.opinions("rival", "anna") == ()
    assert store.turn_of("rival", "anna", "f") is None
    assert store.done("rival", "k") is None
    assert ids(store.history("rival", "anna")) == [theirs.id]
    assert [head.id for head in store.dialogues("rival", "anna")] == [theirs.id]
    assert store.export_user("rival", "anna").dialogues == (theirs,)
    for refused in (
        lambda: store.dialogue("rival", mine.id),
        lambda: store.forget_dialogue("rival", mine.id),
        lambda: turn(store, mine.id, "intruder", tenant="rival", parent=kept.id),
        lambda: store.set_opinion("rival", "anna", OpinionRecord("x", "like", 1.0, mine.id, kept.id)),
        lambda: store.export_user("other", "anna"),
        lambda: store.delete_user("other", "anna"),
    ):
        with pytest.raises(NotFound):
            refused()
    with pytest.raises(Conflict):
        turn(store, theirs.id, "intruder", tenant="rival", parent=kept.id)
    store.begin_dialogue("rival", "anna", once=Once("k", "r", 200, "theirs"))  # a key of their own
    store.set_opinion("rival", "anna", OpinionRecord("heat", "dislike", 1.0))
    store.remove_opinion("rival", "anna", "heat", "like")
    store.ensure_user("rival", "anna")
    store.delete_user("rival", "anna")
    assert store.export_user("shop", "anna") == before
    done = store.done("shop", "k")
    assert done is not None
    assert done.body == "mine"


def test_a_key_opens_until_it_is_revoked(store: SqlStore) -> None:
    first, secret = store.create_key("shop", "web")
    second, other = store.create_key("rival", "app", admin=True)
    assert secret.startswith(f"ccrs_{first.id}_")
    assert len(secret) > 50
    assert store.key_of(secret) == first
    assert store.key_of(other) == second
    assert (second.tenant, second.name, second.admin, second.revoked) == ("rival", "app", True, None)
    assert store.keys() == (first, second)
    store.revoke_key(first.id)
    assert store.key_of(secret) is None
    revoked = store.keys()[0]
    assert revoked.revoked is not None
    store.revoke_key(first.id)  # once more does no harm
    assert store.keys()[0] == revoked
    assert store.key_of(other) == second
    with pytest.raises(NotFound, match="no key 'nonsense'"):
        store.revoke_key("nonsense")
    with pytest.raises(DataError):
        store.create_key("", "web")


def test_a_wrong_secret_opens_nothing(store: SqlStore) -> None:
    record, secret = store.create_key("shop", "web")
    _, other = store.create_key("rival", "app")
    prefix, _, random = secret.partition(record.id)
    wrong = [
        "",
        "ccrs_",
        f"ccrs_{record.id}_",
        f"ccrs_{record.id}",
        secret[:-1],
        secret + "x",
        secret.upper(),
        f"{prefix}{record.id}_{other.split('_', 2)[2]}",
        f"ccrs_{'0' * 12}{random}",
        secret.replace("ccrs", "xxrs"),
        "ccrs_\x00_\x00",
        f"ccrs_{record.id}_\ud800",
        secret + "x" * 10**6,
        "' OR 1=1 --",
    ]
    assert [store.key_of(attempt) for attempt in wrong] == [None] * len(wrong)


def test_items_are_put_replaced_and_buried(store: SqlStore) -> None:
    assert store.items() == ()
    assert store.catalogue_version() == 0
    whole = ItemRecord(
        "m2", "Heat", 1995, "movie", ("Fire",), {"director": ("Michael Mann",)}, "A plot.", "u", "i", "3 €"
    )
    bare = ItemRecord("m10", "Speed")
    store.put_item(whole)
    store.put_item(bare)
    assert store.items() == (bare, whole)
    assert store.catalogue_version() == 2
    buried = replace(bare, deleted=True, available=False, facts={})
    store.put_item(buried)
    assert store.items() == (buried, whole)
    assert store.catalogue_version() == 3


def test_titles_of_items_are_remembered(store: SqlStore) -> None:
    heat, speed = KnownItem("m1", "Heat", 1995), KnownItem("m2", "Speed", None)
    store.note_items([heat, speed, heat])
    store.note_items([])
    assert store.known_items(["m1", "m2", "m3", "m1"]) == {"m1": heat, "m2": speed}
    assert store.known_items([]) == {}
    renamed = replace(speed, title="Speed!", year=1994)
    store.note_items([heat, renamed])
    assert store.known_items(["m2"]) == {"m2": renamed}
    many = [KnownItem(f"x{n}", f"Film {n}", n) for n in range(1500)]
    store.note_items(iter(many))
    assert store.known_items(item.id for item in many) == {item.id: item for item in many}


def test_a_store_answers(store: SqlStore) -> None:
    store.ping()
    store.close()
    store.ping()  # and opens again


def test_a_record_is_what_was_stored(store: SqlStore) -> None:
    dialogue = begin(store)
    new = NewTurn("a\x00b\ud83d", "c\x00", "m\ud800", {"k\udfff": ["\ud800", 1.5]}, ("i\x00",), "f\x00")
    stored = store.add_turn("shop", dialogue.id, new, parent=None)
    assert (stored.said, stored.reply, stored.model) == ("a\ufffdb\ufffd", "c\ufffd", "m\ufffd")
    assert stored.content == {"k\ufffd": ["\ufffd", 1.5]}
    assert stored.fingerprint == "f\ufffd"
    assert store.dialogue("shop", dialogue.id).turns == (stored,)
    assert isinstance(stored, TurnRecord)

"""A history sent again: what is known of it, what branches off, what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ccrs.core.errors import DataError
from ccrs.serving.api.openai_schemas import ChatMessage
from ccrs.serving.protocols import Said
from ccrs.serving.resent import Plan, conversation_of, fingerprint, persons_words, reconcile
from ccrs.serving.store.records import DialogueRecord, TurnRecord


def said(*texts: str) -> tuple[Said, ...]:
    return tuple(Said("assistant" if number % 2 else "user", text) for number, text in enumerate(texts))


def messages(*pairs: tuple[str, str | None]) -> list[ChatMessage]:
    """Messages of a client."""
    return [ChatMessage(role=role, content=content) for role, content in pairs]


@dataclass
class Tree:
    """A store of one user: turns with parents, the head of each dialogue."""

    turns: list[TurnRecord] = field(default_factory=list)
    heads: dict[str, str] = field(default_factory=dict)

    def find(self, wanted: str) -> TurnRecord | None:
        """The latest turn with a fingerprint."""
        return next((turn for turn in reversed(self.turns) if turn.fingerprint == wanted), None)

    def path(self, dialogue: str) -> list[TurnRecord]:
        """From the root to the head."""
        by_id = {turn.id: turn for turn in self.turns}
        path, at = [], self.heads.get(dialogue)
        while at is not None:
            path.append(by_id[at])
            at = by_id[at].parent
        return path[::-1]

    def ids(self, dialogue: str) -> list[str]:
        """The ids of the path."""
        return [turn.id for turn in self.path(dialogue)]

    def latest(self) -> DialogueRecord | None:
        """The dialogue that was begun last."""
        if not self.heads:
            return None
        name = list(self.heads)[-1]
        return DialogueRecord(name, "local", "anna", 0.0, self.heads[name], tuple(self.path(name)))

    def active(self) -> list[tuple[str, str]]:
        """What counts for the user's memory."""
        return [(turn.said, turn.reply) for name in self.heads for turn in self.path(name)]

    def ask(self, history: Sequence[Said], reply: str) -> Plan:
        """Reconcile and store, as the service does."""
        plan = reconcile(history, self.find, self.latest(), self.ids)
        dialogue = plan.dialogue or f"d{len(self.heads)}"
        parent = plan.parent
        for exchange in plan.unknown:
            parent = self._add(dialogue, parent, exchange.said, exchange.reply, exchange.fingerprint)
        self._add(dialogue, parent, plan.said, reply, plan.fingerprint(reply))
        return plan

    def _add(self, dialogue: str, parent: str | None, words: str, reply: str, mark: str) -> str:
        path = [turn.id for turn in self.path(dialogue)]
        assert parent is None or parent in path  # or else the store answers Conflict
        number = 0 if parent is None else path.index(parent) + 1
        turn = TurnRecord(
            f"t{len(self.turns)}", dialogue, number, parent, 0.0, words, reply, "run", {}, (), mark
        )
        self.turns.append(turn)
        self.heads[dialogue] = turn.id
        return turn.id


# What was said


def test_instructions_are_nobodys_words_and_the_rest_goes_by_turns() -> None:
    history = conversation_of(
        messages(
            ("system", "Love horror!"),
            ("user", " Hi "),
            ("user", "I like Heat"),
            ("developer", "Hate horror!"),
            ("assistant", "Hello!"),
            ("assistant", "What else?"),
            ("user", ""),
            ("user", "Speed"),
        )
    )
    assert history == said("Hi\nI like Heat", "Hello!\nWhat else?", "Speed")


def test_an_empty_reply_stays_where_it_separates_what_was_said() -> None:
    assert conversation_of(messages(("user", "a"), ("assistant", ""), ("user", "b"))) == said("a", "", "b")
    assert conversation_of(messages(("assistant", None), ("user", "b"))) == said("b")
    assert conversation_of(messages(("user", "b"), ("assistant", "  "))) == said("b")


def test_a_greeting_of_the_client_is_kept() -> None:
    history = conversation_of(messages(("assistant", "Welcome!"), ("user", "Hi")))
    assert history == (Said("assistant", "Welcome!"), Said("user", "Hi"))
    plan = reconcile(history, lambda _: None)
    assert [(each.said, each.reply) for each in plan.unknown] == [("", "Welcome!")]


def test_only_what_was_said_is_taken_from_a_prompt_with_documents() -> None:
    prompt = (
        "### Task:\nAnswer with the context.\n<context>I love horror</context>\n"
        "<user_query>\nI like Heat\n</user_query>"
    )
    assert conversation_of(messages(("user", prompt))) == said("I like Heat")
    for text in (
        "<user_query>Heat</user_query>",
        "# Task\n<user_query>Heat</user_query>",
        "# Task <context>",
    ):
        assert persons_words(text) == text


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system"]), st.text(max_size=8))))
def test_a_history_always_goes_by_turns_and_ends_with_the_user(pairs: list[tuple[str, str]]) -> None:
    try:
        history = conversation_of(messages(*pairs))
    except DataError:
        lasting = [(role, text.strip()) for role, text in pairs if role != "system" and text.strip()]
        assert not lasting or lasting[-1][0] == "assistant"
        return
    assert history[-1].role == "user"
    assert all(one.role != other.role for one, other in pairwise(history))
    assert all(each.text for each in history if each.role == "user")
    assert conversation_of(messages(*((each.role, each.text) for each in history))) == history


# Fingerprints

HISTORIES = st.lists(
    st.builds(Said, st.sampled_from(["user", "assistant"]), st.text("ab\n\x00u ", max_size=3)), max_size=4
)


def trimmed(history: Sequence[Said]) -> list[tuple[str, list[str]]]:
    """What counts of a history."""
    return [
        (each.role, [line.rstrip() for line in each.text.strip().splitlines()] or [""]) for each in history
    ]


@given(HISTORIES, HISTORIES)
def test_fingerprints_are_equal_just_when_histories_are(one: list[Said], other: list[Said]) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (trimmed(one) == trimmed(other))


def test_texts_and_speakers_are_never_confused() -> None:
    marks = {
        fingerprint(each)
        for each in (
            said("ab", "c"),
            said("a", "bc"),
            said("abc"),
            said("a", "b", "c"),
            said("", "abc"),
            (Said("assistant", "ab"), Said("user", "c")),
            (Said("user", "ab"), Said("user", "c")),
            (),
        )
    }
    assert len(marks) == 8


def test_what_clients_trim_does_not_count() -> None:
    assert fingerprint(said("Hi  \r\nyou", "Hello!\n")) == fingerprint(said(" Hi\nyou ", "Hello!"))
    assert fingerprint(said("\ud800")) != fingerprint(said("?"))


def test_fingerprints_do_not_change_between_versions() -> None:
    assert fingerprint(said("Hi", "Hello!")) == FIXED


FIXED = "1f1cc2ccb5ecc262fa34024e427b90f345c395fb0ee1b510f17cd1b94832b290"

# What is known


def test_a_dialogue_goes_on_from_its_last_turn() -> None:
    tree = Tree()
    tree.ask(said("u1"), "r1")
    plan = tree.ask(said("u1", "r1", "u2"), "r2")
    assert (plan.dialogue, plan.parent, plan.num_known, plan.unknown) == ("d0", "t0", 1, ())
    assert plan.said == "u2"
    assert tree.ask(said("u1", "r1", "u2", "r2 \n", "u3"), "r3").parent == "t1"
    assert tree.active() == [("u1", "r1"), ("u2", "r2"), ("u3", "r3")]


def test_a_regenerated_reply_leaves_the_earlier_one_as_a_branch() -> None:
    tree = Tree()
    tree.ask(said("u1"), "r1")
    tree.ask(said("u1", "r1", "u2"), "r2")
    plan = tree.ask(said("u1", "r1", "u2"), "other")
    assert (plan.parent, plan.num_known) == ("t0", 1)
    assert tree.active() == [("u1", "r1"), ("u2", "other")]


def test_whoever_goes_back_to_a_branch_has_it_told_again() -> None:
    tree = Tree()
    tree.ask(said("u1"), "r1")
    tree.ask(said("u1", "r1", "u2"), "r2")
    tree.ask(said("u1", "r1", "u2"), "other")
    plan = tree.ask(said("u1", "r1", "u2", "r2", "u3"), "r3")
    assert (plan.dialogue, plan.parent, plan.num_known) == ("d0", "t0", 1)
    assert [(each.reply, each.turn) for each in plan.unknown] == [("r2", tree.turns[1])]
    assert tree.active() == [("u1", "r1"), ("u2", "r2"), ("u3", "r3")]


def test_a_branch_that_begins_at_the_root_stays_in_its_dialogue() -> None:
    tree = Tree()
    tree.ask(said("u1"), "r1")
    tree.ask(said("u1"), "other")
    plan = tree.ask(said("u1", "r1", "u2"), "r2")
    assert (plan.dialogue, plan.parent, [each.reply for each in plan.unknown]) == ("d0", None, ["r1"])
    assert tree.active() == [("u1", "r1"), ("u2", "r2")]


def test_a_first_turn_asked_for_again_is_no_new_dialogue() -> None:
    tree = Tree()
    tree.ask(said("u1"), "r1")
    plan = tree.ask(said("u1"), "other")
    assert (plan.dialogue, plan.parent, plan.again) == ("d0", None, True)
    assert tree.active() == [("u1", "other")]
    assert tree.ask(said("u1", "other", "u2"), "r2").parent == "t1"
    # The dialogue went on since: the same greeting begins another one, and nothing of it is lost.
    assert tree.ask(said("u1"), "r1").dialogue is None
    assert len(tree.active()) == 3


def test_an_edited_message_begins_a_branch() -> None:
    tree = Tree()
    tree.ask(said("u1"), "r1")
    tree.ask(said("u1", "r1", "I love horror"), "r2")
    tree.ask(said("u1", "r1", "I love horror", "r2", "u3"), "r3")
    plan = tree.ask(said("u1", "r1", "I hate horror"), "r2b")
    assert (plan.dialogue, plan.parent) == ("d0", "t0")
    assert tree.active() == [("u1", "r1"), ("I hate horror", "r2b")]


def test_a_history_from_elsewhere_is_heard_but_not_answered() -> None:
    tree = Tree()
    plan = tree.ask(said("u1", "r1", "u2", "r2", "u3"), "r3")
    assert (plan.dialogue, plan.parent, plan.num_known) == (None, None, 0)
    assert [(each.said, each.reply) for each in plan.unknown] == [("u1", "r1"), ("u2", "r2")]
    assert tree.active() == [("u1", "r1"), ("u2", "r2"), ("u3", "r3")]
    again = tree.ask(said("u1", "r1", "u2", "r2", "u3"), "r3b")
    assert (again.num_known, again.unknown) == (2, ())
    assert tree.active() == [("u1", "r1"), ("u2", "r2"), ("u3", "r3b")]


def test_another_choice_than_the_stored_one_becomes_the_way() -> None:
    tree = Tree()
    tree.ask(said("u1"), "choice 0")
    tree.ask(said("u1", "choice 0", "u2"), "choice 0 again")
    plan = tree.ask(said("u1", "choice 0", "u2", "choice 1", "u3"), "r3")
    assert (plan.parent, [each.reply for each in plan.unknown]) == ("t0", ["choice 1"])
    assert tree.active() == [("u1", "choice 0"), ("u2", "choice 1"), ("u3", "r3")]


STEPS = st.lists(st.sampled_from(["go on", "again", "edit", "go back"]), min_size=1, max_size=8)


@given(STEPS, st.data())
def test_the_active_path_is_always_what_the_client_shows(steps: list[str], data: st.DataObject) -> None:
    tree = Tree()
    tree.ask(said("u0"), "r0")
    shown = said("u0", "r0")
    seen = [shown]
    for count, step in enumerate(steps, 1):
        num_turns = len(tree.turns)
        if step == "again" and (len(shown) > 2 or len(tree.path("d0")) == 1):
            asked = shown[:-1]
        elif step == "edit" and len(shown) > 2:  # an edited first message begins another dialogue
            place = 2 * data.draw(st.integers(1, len(shown) // 2 - 1))
            asked = (*shown[:place], Said("user", f"edited {count}"))
        else:
            before = data.draw(st.sampled_from(seen)) if step == "go back" else shown
            asked = (*before, Said("user", f"u{count}"))
        plan = tree.ask(asked, f"r{count}")
        shown = (*asked, Said("assistant", f"r{count}"))
        seen.append(shown)
        assert tree.active() == [(shown[at].text, shown[at + 1].text) for at in range(0, len(shown), 2)]
        if step != "go back":  # nothing is stored twice
            assert (plan.unknown, len(tree.turns)) == ((), num_turns + 1)

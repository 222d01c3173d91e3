"""The service over a real (tiny) run and a real store: what is said acts, is kept, and is gone when deleted."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ccrs.core.errors import CheckpointError, DataError
from ccrs.serving import schemas
from ccrs.serving.assembly import open_service
from ccrs.serving.errors import Conflict, NotFound
from ccrs.serving.protocols import Said, Sampling, Spoken
from ccrs.serving.service import Service
from tests.fixtures.tiny_run import TinyRun

T, OTHER = "local", "other"
HEAT = "heat-1995"


class Talk:
    """Calls the service as a server would."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.runner = asyncio.Runner()

    def begin(self, user: str = "ann", tenant: str = T) -> str:
        return self.runner.run(self.service.begin_dialogue(tenant, user)).id

    def say(
        self, dialogue: str, text: str, tenant: str = T, once: tuple[str, str] | None = None, **more: object
    ) -> schemas.Turn:
        request = schemas.TurnRequest.model_validate({"text": text, **more})

        async def all_events() -> list[schemas.StreamEvent]:
            return [event async for event in self.service.turn(tenant, dialogue, request, once=once)]

        events = self.runner.run(all_events())
        kinds = [event.event for event in events]
        assert kinds[:2] == ["heard", "items"]
        assert set(kinds[2:-1]) <= {"token"}
        turn = events[-1].turn
        assert turn is not None
        assert "".join(event.token or "" for event in events) == turn.reply
        return turn

    def recommend(self, tenant: str = T, **request: object) -> schemas.Recommendations:
        wanted = schemas.RecommendationRequest.model_validate(request)
        return self.runner.run(self.service.recommend(tenant, wanted))

    def feedback(self, item: str, opinion: str, *, undo: bool = False, user: str = "ann") -> list[str]:
        request = schemas.FeedbackRequest.model_validate(
            {"user": user, "item": item, "opinion": opinion, "undo": undo}
        )
        return list(self.runner.run(self.service.feedback(T, request)).opinions)

    def history(self, user: str | None, *texts: str, **sampling: object) -> Spoken:
        said = [Said("assistant" if n % 2 else "user", text) for n, text in enumerate(texts)]

        async def last() -> Spoken:
            *_, spoken = [
                event
                async for event in self.service.answer_history(T, user, said, Sampling(**sampling))  # type: ignore[arg-type]
            ]
            assert isinstance(spoken, Spoken)
            return spoken

        return self.runner.run(last())

    def profile(self, user: str = "ann") -> schemas.Profile:
        return self.runner.run(self.service.profile(T, user))

    def known(self, user: str = "ann") -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for known in self.profile(user).opinions:
            found.setdefault(known.id, set()).add(known.opinion)
        return found

    def close(self) -> None:
        self.runner.close()
        self.service.close()


@pytest.fixture(scope="module")
def opened(talking_run: TinyRun) -> Iterator[Talk]:
    found = Talk(open_service(talking_run.run, "sqlite://"))
    yield found
    found.close()


@pytest.fixture
def talk(opened: Talk) -> Iterator[Talk]:
    """The one service of this file, nobody known to it."""
    yield opened
    for user in ("ann", "bob", "cat", "dan"):
        with suppress(NotFound):
            opened.runner.run(opened.service.delete_user(T, user))


def test_a_turn_is_told_as_it_is_kept(talk: Talk) -> None:
    dialogue = talk.begin()
    turn = talk.say(dialogue, "I loved Heat (1995)", k=3)
    assert turn.number == 0
    assert [mention.id for mention in turn.heard] == [HEAT]
    assert "like" in turn.heard[0].opinions
    assert 3 <= len(turn.items) <= 4
    assert turn.explanation.mentions[0].name == "Heat (1995)"
    stored = talk.runner.run(talk.service.dialogue(T, dialogue))
    assert [t.model_copy(update={"items": turn.items}) for t in stored.turns] == [turn]
    assert "like" in talk.known()[HEAT]
    with pytest.raises(NotFound):
        talk.runner.run(talk.service.dialogue(OTHER, dialogue))
    with pytest.raises(NotFound):
        talk.say(dialogue, "hi", tenant=OTHER)


def test_what_was_seen_or_disliked_is_offered_no_more_in_this_dialogue_and_the_next(talk: Talk) -> None:
    first = talk.recommend(user="ann", text="I love Heat (1995)").items
    dialogue = talk.begin()
    talk.say(
        dialogue,
        f"I have seen {first[0].title} ({first[0].year}) and I hated {first[1].title} ({first[1].year})",
    )
    known = talk.known()
    assert "seen" in known[first[0].id]
    assert "dislike" in known[first[1].id]
    for place in (dialogue, talk.begin()):
        turn = talk.say(place, "I love Heat (1995). What should I watch?", k=20)
        assert not {first[0].id, first[1].id} & {card.id for card in turn.items}
    again = talk.recommend(user="ann", text="I love Heat (1995)", k=50).items
    assert not {first[0].id, first[1].id} & {card.id for card in again}
    stranger = talk.recommend(user="bob", text="I love Heat (1995)", k=50).items
    assert {first[0].id, first[1].id} <= {card.id for card in stranger}


def test_opinions_on_cards_act_at_once_and_can_be_taken_back(talk: Talk) -> None:
    first = talk.recommend(user="ann", text="Heat (1995)").items[0].id
    assert talk.feedback(first, "seen") == ["seen"]
    assert first not in {card.id for card in talk.recommend(user="ann", text="Heat (1995)", k=50).items}
    assert talk.feedback(first, "like") == ["like", "seen"]
    assert talk.feedback(first, "dislike") == ["dislike", "seen"]
    assert talk.feedback(first, "seen", undo=True) == ["dislike"]
    assert talk.feedback(first, "dislike", undo=True) == []
    assert first in {card.id for card in talk.recommend(user="ann", text="Heat (1995)", k=50).items}


def test_constraints_hold_for_every_card(talk: Talk) -> None:
    facts = talk.service.world.cards
    dialogue = talk.begin()
    turn = talk.say(dialogue, "a comedy from the 90s please", k=10)
    assert len(turn.items) == 10
    for card in turn.items:
        assert "comedy" in facts.card(card.id).facts["genre"]
        assert 1990 <= (card.year or 0) <= 1999
    filters = {"wanted": ["Comedy"], "year_to": 1985, "unwanted": ["Harold Ramis"]}
    for card in talk.recommend(user="ann", filters=filters, k=50).items:
        assert "comedy" in card.facts["genre"]
        assert (card.year or 9999) <= 1985
        assert "Harold Ramis" not in card.facts["director"]
    nothing = talk.say(talk.begin(), "a western", filters={"wanted": ["comedy"], "year_from": 2030})
    assert nothing.items == []
    assert "I know no" in nothing.reply
    with pytest.raises(DataError, match=r"filters\.wanted: 'Zzzzq' is nothing in the catalogue"):
        talk.recommend(filters={"wanted": ["Zzzzq"]})
    with pytest.raises(DataError, match="Swap them"):
        talk.recommend(filters={"year_from": 2000, "year_to": 1990})


def test_a_repeated_request_is_answered_once(talk: Talk) -> None:
    dialogue = talk.begin()
    turn = talk.say(dialogue, "I like Heat (1995)", once=("key", "request"))
    again = talk.say(dialogue, "I like Heat (1995)", once=("key", "request"))
    assert again.id == turn.id
    assert again.reply == turn.reply
    assert len(talk.runner.run(talk.service.dialogue(T, dialogue)).turns) == 1
    with pytest.raises(Conflict, match="another request"):
        talk.say(dialogue, "hi", once=("key", "another"))
    begun = talk.runner.run(talk.service.begin_dialogue(T, "ann", once=("begin", "r")))
    assert talk.runner.run(talk.service.begin_dialogue(T, "ann", once=("begin", "r"))).id == begun.id


def test_earlier_dialogues_are_adapted_to_and_kept_for_the_next_turn(talk: Talk) -> None:
    first = talk.begin()
    talk.say(first, "I love Heat (1995) and Casino (1995)")
    second = talk.begin()
    for _ in range(200):  # adapting begins with the dialogue, before anything is said
        if any(key[2] == second for key in talk.service.engine.cache._entries):
            break
        time.sleep(0.05)
    misses = talk.service.engine.cache.misses
    turn = talk.say(second, "something like Alien (1979)")
    assert turn.explanation.num_support == 1
    assert talk.service.engine.cache.misses == misses
    hits = talk.service.engine.cache.hits
    talk.say(second, "anything else?")
    assert talk.service.engine.cache.hits == hits + 1  # adapted once
    talk.runner.run(talk.service.forget_dialogue(T, first))
    assert talk.say(second, "and now?").explanation.num_support == 0
    assert HEAT not in talk.known()


def test_who_is_deleted_is_gone(talk: Talk) -> None:
    dialogue = talk.begin()
    talk.say(dialogue, "I love Heat (1995)")
    export = talk.runner.run(talk.service.export_user(T, "ann"))
    assert "I love Heat (1995)" in str(export)
    talk.recommend(user="ann", text="x")
    talk.runner.run(talk.service.delete_user(T, "ann"))
    for call in (talk.service.profile, talk.service.export_user, talk.service.delete_user):
        with pytest.raises(NotFound):
            talk.runner.run(call(T, "ann"))  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        talk.runner.run(talk.service.dialogue(T, dialogue))
    assert not [key for key in talk.service.engine.cache._entries if key[1] == "ann"]


def test_a_resent_history_is_stored_once_and_branches_leave_no_trace(talk: Talk) -> None:
    first = talk.history("cat", "I like Heat (1995)")
    reply = first.turn.reply
    talk.history("cat", "I like Heat (1995)", reply, "I hate Casino (1995)")
    assert "dislike" in talk.known("cat")["casino-1995"]
    assert [head.num_turns for head in talk.profile("cat").dialogues] == [2]
    # The second message edited: what it replaced was never said.
    talk.history("cat", "I like Heat (1995)", reply, "I love Alien (1979)")
    assert "casino-1995" not in talk.known("cat")
    assert "like" in talk.known("cat")["alien-1979"]
    assert [head.num_turns for head in talk.profile("cat").dialogues] == [2]
    # A history from elsewhere is heard, not answered again.
    talk.history("dan", "I hate Casino (1995)", "Noted. Have you seen Alien (1979)?", "yes, loved it")
    assert "dislike" in talk.known("dan")["casino-1995"]
    assert "like" in talk.known("dan")["alien-1979"]
    # Without a user nothing stays.
    talk.history(None, "I like Heat (1995)", "ok", "more")
    with pytest.raises(NotFound):
        talk.profile("None")


def test_decoding_can_be_chosen_for_a_history(talk: Talk) -> None:
    short = talk.history(None, "I like Heat (1995)", max_tokens=2)
    assert (short.finish_reason, short.completion_tokens) == ("length", 2)
    drawn = [
        talk.history(None, "I like Heat (1995)", temperature=1.5, seed=seed).turn.reply
        for seed in (1, 1, 2, 3)
    ]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1


def test_an_item_put_in_is_found_recommended_and_taken_out(talk: Talk) -> None:
    before = talk.service.world.version
    content = schemas.ItemIn(
        title="Warm",
        year=2026,
        facts={"director": ["Michael Mann"], "genre": ["crime"]},
        url="https://x.example/w",
    )
    card = talk.runner.run(talk.service.put_item("warm", content))
    assert card.facts["director"] == ["Michael Mann"]
    wanted = {"wanted": ["Michael Mann"], "year_from": 2026}
    found = talk.recommend(text="I love Heat (1995)", filters=wanted).items
    assert [(c.id, c.url) for c in found] == [("warm", "https://x.example/w")]
    assert talk.service.world.version != before
    assert "Warm" in {c.title for c in talk.runner.run(talk.service.search_items("warm", 5, 0)).items}
    turn = talk.say(talk.begin(), "I love Warm (2026)")
    assert [mention.id for mention in turn.heard] == ["warm"]
    talk.runner.run(talk.service.put_item("warm", schemas.ItemIn(title="Warm", available=False)))
    assert talk.recommend(filters=wanted).items == []
    assert len(talk.recommend(filters={**wanted, "available_only": False}).items) == 1
    talk.runner.run(talk.service.delete_item("warm"))
    assert talk.recommend(filters={**wanted, "available_only": False}).items == []
    for call in (talk.service.item, talk.service.delete_item):
        with pytest.raises(NotFound):
            talk.runner.run(call("warm"))
    with pytest.raises(DataError):
        talk.runner.run(talk.service.put_item("z", schemas.ItemIn(title="Z", facts={"baker": ["Ann"]})))
    assert "z" not in {item.id for item in talk.service.store.items()}


@pytest.mark.slow
def test_another_process_sees_items_at_its_next_refresh(
    talk: Talk, talking_run: TinyRun, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'people.db'}"
    first, second = open_service(talking_run.run, url), open_service(talking_run.run, url)
    content = schemas.ItemIn(title="Warm", facts={"director": ["Michael Mann"]})
    talk.runner.run(first.put_item("warm", content))
    assert not second.world.is_item("warm")
    assert second.catalogue.refresh()
    assert second.world.is_item("warm")
    assert not second.catalogue.refresh()
    first.close()
    second.close()


def test_a_run_is_swapped_while_a_dialogue_is_under_way(talking_run: TinyRun, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(talking_run.run, folder)
    service = open_service(folder, "sqlite://")
    talk = Talk(service)
    dialogue = talk.begin()
    talk.say(dialogue, "I love Heat (1995) but I have seen Casino (1995)")
    old = service.world
    assert talk.runner.run(service.reload()) == old.version
    assert service.world is old
    (folder / "responder" / "run.json").write_text((folder / "responder" / "run.json").read_text() + " ")
    assert talk.runner.run(service.reload()) != old.version
    turn = talk.say(dialogue, "something like it", k=50)
    assert turn.model == service.world.version != old.version
    assert "casino-1995" not in {card.id for card in turn.items}
    (folder / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(CheckpointError):
        talk.runner.run(service.reload())
    assert talk.say(dialogue, "thanks").number == 2  # goes on with what it has
    talk.close()


def test_nothing_said_is_not_kept(talk: Talk) -> None:
    dialogue = talk.begin()
    turn = talk.say(dialogue, " \x00 ")
    assert turn.reply.startswith("Say something")
    assert talk.runner.run(talk.service.dialogue(T, dialogue)).turns == []

"""Dialogues known from elsewhere become earlier dialogues of a person, with what was said in them."""

from __future__ import annotations

from pathlib import Path

from ccrs.data.prepared import load_prepared
from ccrs.serving.assembly import open_service
from ccrs.serving.importing import import_dialogues
from ccrs.serving.people import support_of
from ccrs.serving.store.records import LOCAL
from tests.fixtures.tiny_run import TinyRun


def test_what_is_imported_is_adapted_to_like_the_dialogues_themselves(
    talking_run: TinyRun, tmp_path: Path
) -> None:
    service = open_service(talking_run.run, f"sqlite:///{tmp_path / 'people.db'}")
    dialogues = load_prepared(talking_run.data).dialogues
    user = dialogues[0].user
    own = sorted((d for d in dialogues if d.user == user), key=lambda d: d.time)
    assert import_dialogues(service.store, service.world, LOCAL, user, own) == len(own)
    records = service.store.history(LOCAL, user)
    opinions = service.store.opinions(LOCAL, user)
    said = {
        (item, answer.liked) for d in own for item, answer in d.feedback.items() if answer.liked is not None
    }
    stored = {(o.entity, o.opinion == "like") for o in opinions if o.opinion != "seen"}
    assert stored <= said
    assert {item for item, _ in stored} == {item for item, _ in said}
    found = support_of(service.world, user, records, opinions)
    disliked = {entity for entity, liked in stored if not liked}
    for before, after in zip(own, found, strict=True):
        named = [m.entity for message in before.messages for m in message.mentions]
        kept = [m.entity for message in after.messages for m in message.mentions]
        assert kept == [entity for entity in named if entity not in disliked]
    service.close()

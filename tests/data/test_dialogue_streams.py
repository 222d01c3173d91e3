"""Dialogues one at a time: read, checked, counted and written in one pass and in little memory."""

from __future__ import annotations

import gc
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import ccrs.experiments.prepare_own as prepare_own_module
from ccrs.core.dialogue import Dialogue, Mention, Message
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import load_prepared, open_prepared, write_prepared
from ccrs.data.readers.jsonl import UNKNOWN_MENTION, iterate_dialogues, read_dialogues, write_dialogues

CATALOGUE = Catalogue((Entity("m1", "movie", "Heat", is_item=True), Entity("p1", "person", "Michael Mann")))
TRIPLES = (Triple("m1", "director", "p1"),)
TEXT = "Heat, by Michael Mann, " + 20 * "and so on, "


def talk(number: int, *, entity: str = "m1", messages: int = 2) -> Dialogue:
    mentions = (Mention(entity, 0, 4, marked=True), Mention("p1", 9, 21))
    said = tuple(Message("seeker", f"{TEXT}{number} {turn}", mentions) for turn in range(messages))
    return Dialogue(f"d{number}", f"u{number % 7}", said, time=number)


def talks(count: int) -> Iterator[Dialogue]:
    return (talk(number) for number in range(count))


def prepare(folder: Path, dialogues: Iterator[Dialogue] | list[Dialogue], **changes: object) -> None:
    values = {"dataset": "s", "licence": "CC0", "catalogue": CATALOGUE, "triples": TRIPLES}
    write_prepared(folder, dialogues=dialogues, **values | changes)  # type: ignore[arg-type]


def alive() -> int:
    """How many dialogues are held anywhere."""
    gc.collect()
    return sum(type(thing) is Dialogue for thing in gc.get_objects())


def test_dialogues_come_before_the_fault_behind_them_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    write_dialogues(path, talks(3))
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], lines[1], "{broken", lines[2]]), encoding="utf-8")
    stream = iterate_dialogues(path)
    assert [next(stream).id, next(stream).id] == ["d0", "d1"]
    with pytest.raises(DataError, match=r"d\.jsonl:3: is not valid JSON"):
        next(stream)
    lenient = iterate_dialogues(path, lenient=True)
    assert [dialogue.id for dialogue in lenient] == ["d0", "d1", "d2"]
    assert lenient.dropped == {"dialogues skipped: broken JSON": 1}


def test_the_counts_of_a_stream_grow_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    write_dialogues(path, [talk(0), talk(1, entity="m9"), talk(2, entity="m9")])
    stream = iterate_dialogues(path, lenient=True, known_entities=CATALOGUE.index)
    assert [stream.dropped[UNKNOWN_MENTION] for _ in stream] == [0, 2, 4]


def test_doubled_ids_are_found_far_apart_and_skipped_leniently(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    write_dialogues(path, talks(1_500))
    with path.open("a", encoding="utf-8") as stream:
        stream.write(path.read_text(encoding="utf-8").splitlines()[41] + "\n")
    with pytest.raises(DataError, match=r":1501: dialogue id 'd41' was used before, in .*d\.jsonl:42\."):
        read_dialogues(path)
    kept, dropped = read_dialogues(path, lenient=True)
    assert (len(kept), dropped) == (1_500, {"dialogues skipped: doubled id": 1})


def test_a_stream_is_written_as_a_list_is(tmp_path: Path) -> None:
    prepare(tmp_path / "list", [*talks(50)])
    prepare(tmp_path / "stream", talks(50))
    for path in (tmp_path / "list").iterdir():
        assert path.read_bytes() == (tmp_path / "stream" / path.name).read_bytes()
    assert load_prepared(tmp_path / "stream").manifest.counts == {
        "items": 1,
        "entities": 2,
        "triples": 1,
        "dialogues": 50,
        "users": 7,
        "messages": 100,
        "mentions": 200,
        "marked mentions": 100,
    }


def test_a_stream_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    prepare(tmp_path / "out", talks(2))
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    broken = itertools.chain(talks(500), [talk(500, entity="m9")])
    with pytest.raises(DataError, match="Dialogue 'd500' names 'm9', not in the catalogue"):
        prepare(tmp_path / "out", broken)
    with pytest.raises(DataError, match="no dialogues to write"):
        prepare(tmp_path / "out", iter(()))
    with pytest.raises(DataError, match="used twice"):
        prepare(tmp_path / "out", itertools.chain(talks(5), talks(1)))
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_prepared_folder_can_be_read_as_a_stream(tmp_path: Path) -> None:
    prepare(tmp_path / "out", talks(3))
    found = open_prepared(tmp_path / "out")
    assert (found.catalogue, found.triples) == (CATALOGUE, TRIPLES)
    assert tuple(found.dialogues) == load_prepared(tmp_path / "out").dialogues


def test_a_manifest_that_counts_otherwise_is_found_at_the_end_of_the_stream(tmp_path: Path) -> None:
    prepare(tmp_path / "out", talks(3))
    path = tmp_path / "out" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["counts"]["messages"] += 1
    path.write_text(json.dumps(manifest), encoding="utf-8")
    stream = open_prepared(tmp_path / "out").dialogues
    assert len([*itertools.islice(stream, 3)]) == 3
    with pytest.raises(DataError, match="does not count what the files hold"):
        next(stream)
    assert len([*open_prepared(tmp_path / "out", verify=False).dialogues]) == 3


@pytest.mark.slow
def test_dialogues_that_passed_are_not_held(tmp_path: Path) -> None:
    before = alive()
    at_the_end = []

    def watched(count: int) -> Iterator[Dialogue]:
        for number in range(count):
            yield talk(number)
        at_the_end.append(alive() - before)

    prepare(tmp_path / "out", watched(400))
    stream = open_prepared(tmp_path / "out").dialogues
    last = next(itertools.islice(stream, 399, None))
    at_the_end.append(alive() - before)
    assert last.id == "d399"
    assert len(at_the_end) == 2
    assert max(at_the_end) < 10


def test_preparing_own_files_does_not_hold_the_dialogues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path / "raw", talks(400))
    before = alive()
    seen = []

    def linked(dialogue: Dialogue, _: object) -> Dialogue:
        if dialogue.id == "d399":
            seen.append(alive() - before)
        return dialogue

    monkeypatch.setattr(prepare_own_module, "link_dialogue", linked)
    files = [tmp_path / "raw" / name for name in ("dialogues.jsonl", "entities.tsv", "triples.tsv")]
    manifest = prepare_own_module.prepare_own(*files, tmp_path / "out")
    assert manifest.counts["dialogues"] == 400
    assert len(seen) == 1
    assert seen[0] < 10

"""The prepared folder: written whole or not at all, and read only if it is the very one."""

from __future__ import annotations

import hashlib
import json
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ccrs.data.prepared as prepared_module
from ccrs.core.dialogue import Dialogue, Feedback, Mention, Message
from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import Manifest, load_prepared, read_manifest, write_prepared

CATALOGUE = Catalogue(
    (
        Entity("m1", "movie", "Heat", is_item=True, year=1995, aliases=("Heat!", "The Heat")),
        Entity("m2", "movie", "Thief", is_item=True),
        Entity("p1", "person", "Michael Mann"),
    )
)
TRIPLES = (Triple("m1", "director", "p1"), Triple("m2", "director", "p1"))
DIALOGUES = (
    Dialogue(
        "d1",
        "ann",
        (Message("seeker", "Heat!", (Mention("m1", 0, 4, marked=True),)), Message("recommender", "Thief")),
        time=4,
        part="train",
        feedback={"m1": Feedback(liked=True)},
    ),
    Dialogue("d2", "ann", (Message("seeker", "Michael Mann", (Mention("p1", 0, 12),)),), time=5),
)


def write(folder: Path, **changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "dataset": "small",
        "licence": "CC0",
        "catalogue": CATALOGUE,
        "triples": TRIPLES,
        "dialogues": DIALOGUES,
        "sources": {"raw.zip": "ab"},
        "dropped": {"messages without text": 3},
        "notes": ["made by a test"],
    }
    return write_prepared(folder, **values | changes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "small")
    return tmp_path / "small"


def test_what_is_written_is_loaded(folder: Path) -> None:
    corpus = load_prepared(folder)
    assert (corpus.catalogue, corpus.triples, corpus.dialogues) == (CATALOGUE, TRIPLES, DIALOGUES)
    assert corpus.manifest == read_manifest(folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        ["dialogues.jsonl", "entities.tsv", "manifest.json", "triples.tsv"]
    )
    assert [p.name for p in folder.parent.iterdir()] == ["small"]


def test_the_manifest_tells_counts_hashes_and_origin(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["counts"] == {
        "items": 2,
        "entities": 3,
        "triples": 2,
        "dialogues": 2,
        "users": 1,
        "messages": 3,
        "mentions": 2,
        "marked mentions": 1,
    }
    hashes = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("dialogues.jsonl", "entities.tsv", "triples.tsv")
    }
    assert {name: record["sha256"] for name, record in manifest["files"].items()} == hashes
    assert manifest["files"]["triples.tsv"]["bytes"] == (folder / "triples.tsv").stat().st_size
    lines = "".join(f"{name} {digest}\n" for name, digest in hashes.items())
    assert manifest["checksum"] == hashlib.sha256(lines.encode()).hexdigest()
    assert (manifest["format"], manifest["dataset"], manifest["licence"]) == (1, "small", "CC0")
    assert (manifest["sources"], manifest["dropped"]) == ({"raw.zip": "ab"}, {"messages without text": 3})
    assert manifest["notes"] == ["made by a test"]


def test_the_same_data_gives_the_same_bytes_and_other_data_another_checksum(tmp_path: Path) -> None:
    first, again = write(tmp_path / "a"), write(tmp_path / "b", notes=[])
    assert first.checksum == again.checksum
    for name in ("dialogues.jsonl", "entities.tsv", "triples.tsv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert write(tmp_path / "c", triples=TRIPLES[:1]).checksum != first.checksum


@pytest.mark.parametrize("name", ["dialogues.jsonl", "entities.tsv", "triples.tsv"])
def test_a_missing_or_altered_file_is_named(folder: Path, name: str) -> None:
    path = folder / name
    content = path.read_bytes()
    path.write_bytes(content.replace(b"m1", b"m2", 1))
    with pytest.raises(
        DataError, match=rf"{name}: was altered: {len(content)} bytes .* Prepare the data again\."
    ):
        load_prepared(folder)
    path.unlink()
    for verify in (True, False):
        with pytest.raises(DataError, match=rf"{name}: is missing\. Prepare the data again\."):
            load_prepared(folder, verify=verify)


def test_without_verification_an_edited_file_is_read(folder: Path) -> None:
    with (folder / "triples.tsv").open("a", encoding="utf-8") as stream:
        stream.write("m1\tsequel\tm2\n")
    assert load_prepared(folder, verify=False).triples == (*TRIPLES, Triple("m1", "sequel", "m2"))


def alter(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "manifest.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


MANIFEST_FAULTS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda m: m.update(format=2), "has format version 2; this program reads version 1"),
    (lambda m: m.pop("format"), "has format version None"),
    (lambda m: m.pop("licence"), "is not a manifest (licence: "),
    (lambda m: m.update(extra=1), "is not a manifest (extra: "),
    (lambda m: m["counts"].update(items="2"), "is not a manifest (counts.items: "),
    (lambda m: m["files"].pop("triples.tsv"), "lists the files ['dialogues.jsonl', 'entities.tsv']"),
    (lambda m: m["files"].update({"../x": m["files"]["triples.tsv"]}), "lists the files ['../x'"),
    (lambda m: m["files"]["triples.tsv"].update(sha256="00"), "its checksum does not fit its files"),
    (lambda m: m["counts"].update(items=3), "does not count what the files hold"),
]


@pytest.mark.parametrize(("change", "words"), MANIFEST_FAULTS, ids=[words for _, words in MANIFEST_FAULTS])
def test_a_manifest_that_does_not_fit_is_named(
    folder: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    alter(folder, change)
    with pytest.raises(DataError) as caught:
        load_prepared(folder)
    assert str(caught.value).startswith(f"{folder / 'manifest.json'}: ")
    assert words in str(caught.value)
    assert "Prepare the data again." in str(caught.value)


def test_a_folder_that_was_not_prepared_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is not a prepared corpus \(no manifest\.json\)"):
        load_prepared(tmp_path)
    with pytest.raises(DataError, match=r"manifest\.json: cannot be read \(No such file"):
        load_prepared(tmp_path / "nowhere")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["manifest.json", "dialogues.jsonl", "entities.tsv", "triples.tsv"]), st.data())
def test_any_damage_gives_a_data_error(tmp_path: Path, name: str, data: st.DataObject) -> None:
    write(tmp_path / "small")
    path = tmp_path / "small" / name
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content)))
    damaged = (
        content[:place] + data.draw(st.binary(max_size=6)) + content[place + data.draw(st.integers(0, 6)) :]
    )
    path.write_bytes(damaged)
    try:
        corpus = load_prepared(tmp_path / "small")
    except DataError:
        return
    assert name == "manifest.json" or damaged == content
    assert corpus.dialogues == DIALOGUES


UNKNOWN = Dialogue("d3", "bob", (Message("seeker", "Alien", (Mention("m9", 0, 5),)),))
UNLOADABLE: list[tuple[dict[str, Any], str]] = [
    ({"dialogues": [UNKNOWN]}, "Dialogue 'd3' names 'm9', not in the catalogue"),
    ({"dialogues": [Dialogue("d", "b", UNKNOWN.messages[:0])]}, "has no messages"),
    (
        {"dialogues": [Dialogue("d", "b", (Message("seeker", "a"),), feedback={"m8": Feedback()})]},
        "'d' names 'm8'",
    ),
    ({"triples": [Triple("m1", "sequel", "m7")]}, "names 'm7'"),
    ({"dialogues": []}, "no dialogues to write"),
]


@pytest.mark.parametrize(("changes", "words"), UNLOADABLE, ids=[words for _, words in UNLOADABLE])
def test_what_could_not_be_loaded_is_not_written(folder: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        write(folder, **changes)
    assert load_prepared(folder).dialogues == DIALOGUES
    assert [p.name for p in folder.parent.iterdir()] == ["small"]


def test_an_older_corpus_is_replaced_and_a_strangers_folder_is_not(folder: Path, tmp_path: Path) -> None:
    write(folder, dialogues=DIALOGUES[:1])
    assert load_prepared(folder).dialogues == DIALOGUES[:1]
    stranger = tmp_path / "photos"
    stranger.mkdir()
    (stranger / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(DataError, match="not ours to replace"):
        write(stranger)
    assert [p.name for p in stranger.iterdir()] == ["cat.jpg"]


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file can grow beyond 4 KiB, as on a disk that fills up."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path / "small")
    long = Dialogue("d9", "ann", (Message("seeker", "word " * 4000),))
    with pytest.raises(DataError, match=r"could not be written \(File too large\)\. Free space"):
        write(tmp_path / "small", dialogues=[long])
    assert load_prepared(tmp_path / "small").dialogues == DIALOGUES
    assert [p.name for p in tmp_path.iterdir()] == ["small"]


def test_an_interruption_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(prepared_module, "write_dialogues", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(folder, triples=())
    with pytest.raises(KeyboardInterrupt):
        write(folder.parent / "new")
    assert load_prepared(folder).triples == TRIPLES
    assert [p.name for p in folder.parent.iterdir()] == ["small"]

"""``ccrs prepare`` and ``ccrs data``: what goes in, what comes out, and what is refused without a trace."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import ccrs.data.prepared as prepared_module
from ccrs.data.prepared import load_prepared
from tests.cli.conftest import Command
from tests.fixtures.own_files import OwnFiles, Record, lines, records, write_own
from tests.fixtures.redial_files import conversation, usual, write_graph, write_release


def everything(folder: Path) -> list[str]:
    """All paths below ``folder``, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def without(key: str) -> Record:
    record = records()[0]
    del record[key]
    return record


def replace_line(path: Path, number: int, text: str) -> None:
    """Put ``text`` in the place of a line (from 1)."""
    rows = path.read_text(encoding="utf-8").splitlines()
    rows[number - 1] = text
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def test_own_files_become_a_prepared_corpus(ccrs: Command, tmp_path: Path) -> None:
    ended = ccrs(
        "prepare", "own", *write_own(tmp_path).options, "--out", tmp_path / "out", "--name", "stones"
    )
    assert ended.code == 0
    assert ended.err == ""
    manifest = load_prepared(tmp_path / "out").manifest
    assert manifest.dataset == "stones"
    assert (manifest.counts["dialogues"], manifest.counts["items"], manifest.counts["triples"]) == (
        40,
        10,
        10,
    )
    assert "dialogues           40" in ended.out
    inspected = ccrs("data", "inspect", tmp_path / "out")
    assert inspected.out.startswith(ended.out)


def test_words_are_linked_where_nothing_is_marked(ccrs: Command, tmp_path: Path) -> None:
    record = {"id": "d", "user": "u", "messages": [{"speaker": "seeker", "text": "Amber and Pat Number3"}]}
    ccrs("prepare", "own", *write_own(tmp_path, [record]).options, "--out", tmp_path / "out")
    (message,) = load_prepared(tmp_path / "out").dialogues[0].messages
    assert [mention.entity for mention in message.mentions] == ["f0", "p3"]


Spoil = Callable[[OwnFiles], object]
OWN_FAULTS: dict[str, tuple[Spoil, list[str]]] = {
    "broken line": (
        lambda files: replace_line(files.dialogues, 3, '{"id": "d", "user": '),
        ["dialogues.jsonl:3: ", "is not valid JSON", "Mend the line"],
    ),
    "missing key": (
        lambda files: replace_line(files.dialogues, 2, json.dumps(without("user"))),
        ["dialogues.jsonl:2: ", "key 'user' is missing", "Add 'user'"],
    ),
    "misspelt key": (
        lambda files: replace_line(files.dialogues, 2, json.dumps(without("time") | {"tiem": 3})),
        ["dialogues.jsonl:2: ", "'tiem'", "'time'"],
    ),
    "unknown entity in a dialogue": (
        lambda files: replace_line(files.dialogues, 1, lines(records()[:1]).strip().replace('"f', '"x')),
        ["dialogues.jsonl:1: ", "'x"],
    ),
    "no dialogues": (
        lambda files: files.dialogues.write_text("", encoding="utf-8"),
        ["dialogues.jsonl: holds no dialogues", "one dialogue a line"],
    ),
    "no entities": (
        lambda files: files.entities.write_text("", encoding="utf-8"),
        ["entities.tsv:1: the file is empty", "The header must be id type name"],
    ),
    "no triples": (
        lambda files: files.triples.write_text("", encoding="utf-8"),
        ["triples.tsv:1: the file is empty", "The header must be head relation tail"],
    ),
    "unknown entity in a triple": (
        lambda files: replace_line(files.triples, 4, "f2\tdirector\tp11"),
        ["triples.tsv:4: ", "entity 'p11' is not in the catalogue", "Did you mean 'p1'?"],
    ),
    "dialogues are not there": (
        lambda files: files.dialogues.unlink(),
        ["dialogues.jsonl: cannot be read (No such file or directory)", "Check the path"],
    ),
    "not text": (
        lambda files: files.dialogues.write_bytes(b"\xff\xfe\n"),
        ["dialogues.jsonl:1: ", "is not UTF-8 text", "Save the file as UTF-8"],
    ),
}


@pytest.mark.parametrize("fault", OWN_FAULTS)
def test_a_fault_of_own_files_is_named_and_nothing_is_written(
    fault: str, refused: Command, tmp_path: Path
) -> None:
    spoil, expected = OWN_FAULTS[fault]
    files = write_own(tmp_path)
    spoil(files)
    before = everything(tmp_path)
    ended = refused("prepare", "own", *files.options, "--out", tmp_path / "out")
    for part in expected:
        assert part in ended.err
    assert everything(tmp_path) == before


def test_lenient_counts_and_says_what_it_skipped(ccrs: Command, tmp_path: Path) -> None:
    files = write_own(tmp_path)
    replace_line(files.dialogues, 3, "{")
    replace_line(files.dialogues, 5, "[]")
    replace_line(files.dialogues, 9, "{")
    ended = ccrs("prepare", "own", *files.options, "--out", tmp_path / "out", "--lenient")
    assert ended.code == 0
    assert "2 dialogues skipped: broken JSON" in ended.out
    assert "1 dialogues skipped: not an object" in ended.out
    assert load_prepared(tmp_path / "out").manifest.counts["dialogues"] == 37


def test_redial_from_a_folder_and_from_a_zip_is_the_same(ccrs: Command, tmp_path: Path) -> None:
    release, graph = write_release(tmp_path / "redial"), write_graph(tmp_path / "imdb")
    archive = tmp_path / "redial.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in release.iterdir():
            stream.write(path, path.name)
    checksums = []
    for source, out in ((release, tmp_path / "a"), (archive, tmp_path / "b")):
        ended = ccrs("prepare", "redial", "--source", source, "--graph", graph, "--out", out)
        assert ended.code == 0, ended
        assert "licence: CC BY 4.0" in ended.out
        checksums.append(load_prepared(out).manifest.checksum)
    assert checksums[0] == checksums[1]


def test_a_message_by_an_unknown_worker(refused: Command, ccrs: Command, tmp_path: Path) -> None:
    stranger = conversation(3, [(7, "I like @11"), (55, "Try @12")])
    text = json.dumps(usual(1)) + "\n" + json.dumps(stranger) + "\n"
    release, graph = write_release(tmp_path / "redial", text), write_graph(tmp_path / "imdb")
    arguments = ("prepare", "redial", "--source", release, "--graph", graph, "--out", tmp_path / "out")
    ended = refused(*arguments)
    for part in ("train_data.jsonl:2: ", "55", "7", "8"):
        assert part in ended.err
    assert not (tmp_path / "out").exists()
    assert "1 dialogues skipped" in ccrs(*arguments, "--lenient").out


@pytest.mark.parametrize(
    ("keep", "expected"), [(0.6, "is not a whole zip file"), (0.0, "is not a whole zip file")]
)
def test_a_truncated_zip(keep: float, expected: str, refused: Command, tmp_path: Path) -> None:
    release, graph = write_release(tmp_path / "redial"), write_graph(tmp_path / "imdb")
    archive = tmp_path / "redial_dataset.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in release.iterdir():
            stream.write(path, path.name)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * keep)])
    before = everything(tmp_path)
    ended = refused("prepare", "redial", "--source", archive, "--graph", graph, "--out", tmp_path / "out")
    for part in (str(archive), expected, "Get the file anew"):
        assert part in ended.err
    assert everything(tmp_path) == before


def test_a_graph_triple_with_an_unknown_entity(refused: Command, tmp_path: Path) -> None:
    release = write_release(tmp_path / "redial")
    graph = write_graph(tmp_path / "imdb", "1\tstar\t2\n0\tstar\t77\n")
    before = everything(tmp_path)
    ended = refused("prepare", "redial", "--source", release, "--graph", graph, "--out", tmp_path / "out")
    assert "triples.tsv:2: " in ended.err
    assert "77" in ended.err
    assert everything(tmp_path) == before


def test_what_is_not_ours_is_not_replaced(refused: Command, tmp_path: Path) -> None:
    files = write_own(tmp_path / "mine")
    before = everything(tmp_path)
    ended = refused("prepare", "own", *files.options, "--out", tmp_path / "mine")
    assert "is not ours to replace" in ended.err
    assert everything(tmp_path) == before


def test_an_interrupted_prepare_leaves_what_was_there(
    ccrs: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_own(tmp_path)
    arguments = ("prepare", "own", *files.options, "--out", tmp_path / "out")
    ccrs(*arguments)
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(prepared_module, "write_triples", interrupt)
    ended = ccrs(*arguments)
    assert ended.code == 130
    assert ended.err == "error: stopped. A training goes on from its last epoch with --resume.\n"
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert everything(tmp_path) == sorted(
        [*(p.name for p in tmp_path.iterdir()), *(f"out/{path.name}" for path in before)]
    )


def test_a_download_from_a_mirror_and_an_address_that_is_gone(
    ccrs: Command, refused: Command, tmp_path: Path
) -> None:
    release = write_release(tmp_path / "redial")
    archive = tmp_path / "mirror.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in release.iterdir():
            stream.write(path, path.name)
    ended = ccrs("data", "download", "redial", "--out", tmp_path / "got", "--url", archive.as_uri())
    assert ended.code == 0
    assert (tmp_path / "got" / "redial_dataset.zip").read_bytes() == archive.read_bytes()
    assert "licence: CC BY 4.0" in ended.out
    gone = refused("data", "download", "redial", "--out", tmp_path / "no", "--url", "file:///nowhere.zip")
    assert "file:///nowhere.zip: cannot be reached" in gone.err
    assert "--url" in gone.err
    assert (
        "Known: inspired, opendialkg, redial"
        in refused("data", "download", "reddial", "--out", tmp_path / "no").err
    )


def test_the_sources_are_listed_with_their_licence(ccrs: Command) -> None:
    assert "CC BY 4.0" in ccrs("data", "sources").out


def test_an_altered_corpus_is_refused(ccrs: Command, refused: Command, tmp_path: Path) -> None:
    ccrs("prepare", "own", *write_own(tmp_path).options, "--out", tmp_path / "out")
    with (tmp_path / "out" / "triples.tsv").open("a", encoding="utf-8") as stream:
        stream.write("f0\tdirector\tp4\n")
    ended = refused("data", "inspect", tmp_path / "out")
    assert "triples.tsv: was altered" in ended.err

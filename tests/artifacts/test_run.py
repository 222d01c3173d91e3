"""A run on disk is complete, and every way in which it can be spoilt is named with its mend."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from ccrs.artifacts.files import MANIFEST
from ccrs.artifacts.run import FORMAT, Run, load_run, save_run
from ccrs.core.errors import CheckpointError
from ccrs.core.files import sha256
from tests.training.small_runs import ALL_ADDITIONS, named_bytes, small_config, train_quietly, write_corpus

FILES = (
    "config.json",
    "model.safetensors",
    "statistics.safetensors",
    "vocabulary.json",
    "split.json",
    "entities.tsv",
    "triples.tsv",
    "README.md",
)
AGAIN = r"Copy the run again, or train it again\."


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    folder = tmp_path_factory.mktemp("run")
    corpus = write_corpus(folder / "corpus")
    run = train_quietly(small_config(model={"additions": ALL_ADDITIONS}, epochs=1), corpus, folder / "run")
    shutil.rmtree(folder / "corpus")  # a run needs no data
    return folder / "run", run


@pytest.fixture
def copy(trained: tuple[Path, Run], tmp_path: Path) -> Path:
    shutil.copytree(trained[0], tmp_path / "copy")
    return tmp_path / "copy"


def refused(folder: Path, message: str) -> None:
    with pytest.raises(CheckpointError, match=message) as caught:
        load_run(folder)
    assert str(folder) in str(caught.value)


def sign_again(folder: Path, name: str) -> None:
    """Make the manifest agree with a file, as a clumsy editor of runs might."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"][name] = sha256(folder / name)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def test_round_trip_without_the_data(trained: tuple[Path, Run], copy: Path) -> None:
    loaded, run = load_run(copy), trained[1]
    assert named_bytes(loaded.model, loaded.rates) == named_bytes(run.model, run.rates)
    assert loaded.sizes == run.sizes
    assert loaded.catalogue == run.catalogue
    assert loaded.triples == run.triples
    assert loaded.data == run.data
    assert loaded.commit == run.commit
    assert loaded.config.model_dump() == {
        key: value for key, value in run.config.model_dump().items() if key != "training"
    }
    assert loaded.adapts
    assert loaded.graph.relations == run.graph.relations
    for name in ("offsets", "neighbours", "relation_ids"):
        assert np.array_equal(getattr(loaded.graph, name), getattr(run.graph, name))
    mine, theirs = loaded.statistics, run.statistics
    assert mine.vocabulary == theirs.vocabulary
    assert np.array_equal(mine.popularity, theirs.popularity)
    for name in ("counts", "dialogues"):
        assert np.array_equal(getattr(mine.cooccurrence, name), getattr(theirs.cooccurrence, name))
    assert np.array_equal(mine.cooccurrence.neighbours.offsets, theirs.cooccurrence.neighbours.offsets)
    assert np.array_equal(mine.cooccurrence.neighbours.values, theirs.cooccurrence.neighbours.values)


def test_the_graph_is_the_same_choice_of_edges(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    config = small_config(epochs=1)
    config = config.model_copy(update={"graph": config.graph.model_copy(update={"max_neighbours": 1})})
    run = train_quietly(config, corpus, tmp_path / "run")
    assert run.graph.num_edges < 2 * len(run.triples)
    assert np.array_equal(load_run(tmp_path / "run").graph.neighbours, run.graph.neighbours)


def test_no_pickle_and_every_file_named_in_the_manifest(trained: tuple[Path, Run]) -> None:
    folder, _ = trained
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["format"] == FORMAT
    assert manifest["files"] == {name: sha256(folder / name) for name in FILES}
    for path in folder.rglob("*"):
        assert path.suffix not in {".pt", ".pth", ".pkl", ".bin", ".ckpt"}


def test_saving_again_changes_no_file(trained: tuple[Path, Run], copy: Path) -> None:
    before = {name: (copy / name).read_bytes() for name in (*FILES, MANIFEST)}
    _, run = trained
    save_run(copy, run, run.config.model_dump(), before["README.md"].decode())
    assert {name: (copy / name).read_bytes() for name in before} == before


def test_a_run_half_saved_is_none(
    trained: tuple[Path, Run], copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old manifest goes first and the new one comes last."""
    _, run = trained

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ccrs.artifacts.run.write_triples", full)
    with pytest.raises(OSError, match="No space left"):
        save_run(copy, run, run.config.model_dump(), "card")
    monkeypatch.undo()
    refused(copy, r"is not a finished run \(run\.json is missing\)")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(copy: Path, name: str) -> None:
    (copy / name).unlink()
    refused(copy, rf"{re.escape(str(copy / name))}: is missing\. {AGAIN}")


@pytest.mark.parametrize("name", [name for name in FILES if name != "README.md"])
def test_an_altered_file(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[-2] ^= 1
    (copy / name).write_bytes(bytes(content))
    refused(copy, rf"{re.escape(str(copy / name))}: was altered since training\. {AGAIN}")


def test_the_card_may_be_written_on(copy: Path) -> None:
    with (copy / "README.md").open("a", encoding="utf-8") as stream:
        stream.write("My notes.\n")
    assert load_run(copy).catalogue.num_items == 10


@pytest.mark.parametrize("name", ["model.safetensors", "statistics.safetensors"])
@pytest.mark.parametrize("kept", [0, 4, 100, -8])
def test_truncated_tensors(copy: Path, name: str, kept: int) -> None:
    content = (copy / name).read_bytes()[:kept]
    (copy / name).write_bytes(content)
    refused(copy, "was altered since training")
    sign_again(copy, name)
    refused(copy, r"cannot be loaded \(.+\)\. Train it again with this version\.")


def test_another_format(copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    (copy / MANIFEST).write_text(json.dumps(manifest | {"format": FORMAT + 1}), encoding="utf-8")
    refused(copy, rf"is a run of format {FORMAT + 1}; this version reads {FORMAT}\. Train it again\.")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", "null", '{"format": 1}', '{"format": 1, "files": 3}']
)
def test_a_broken_manifest(copy: Path, content: str) -> None:
    (copy / MANIFEST).write_text(content, encoding="utf-8")
    refused(copy, rf"run\.json: is broken .+ {AGAIN}")


def test_a_manifest_that_names_no_files(copy: Path) -> None:
    (copy / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": {}}), encoding="utf-8")
    refused(copy, "was altered since training")


def test_no_folder_a_file_or_another_folder(tmp_path: Path) -> None:
    refused(tmp_path / "none", r"there is no such run\. Train one: ccrs train CONFIG --data DIR --out ")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    refused(tmp_path / "file", "there is no such run")
    refused(tmp_path, r"is not a finished run \(run\.json is missing\)\. Name a run's folder, or finish")


def alter(name: str, change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        values = json.loads((folder / name).read_text(encoding="utf-8"))
        change(values)
        (folder / name).write_text(json.dumps(values), encoding="utf-8")
        sign_again(folder, name)

    return apply


@pytest.mark.parametrize(
    "spoil",
    [
        alter("config.json", lambda values: values["ccrs"].update(name="no such model")),  # type: ignore[attr-defined]
        alter("config.json", lambda values: values["ccrs"]["model"].update(embedding_size=4)),  # type: ignore[index]
        alter("config.json", lambda values: values["ccrs"]["model"].update(colour="red")),  # type: ignore[index]
        alter("config.json", lambda values: values["sizes"].update(num_items="many")),  # type: ignore[attr-defined]
        alter("config.json", lambda values: values.pop("sizes")),
        alter("split.json", lambda values: values.pop("train")),
        alter("split.json", lambda values: values.update(colour="red")),
    ],
    ids=["model name", "shape", "model key", "sizes", "no sizes", "no train", "split key"],
)
def test_a_run_of_another_version_cannot_be_loaded(copy: Path, spoil: Callable[[Path], None]) -> None:
    """Files that agree with the manifest but not with this program."""
    spoil(copy)
    refused(copy, r"cannot be loaded \([\s\S]+\)\. Train it again with this version\.")


def test_a_loaded_run_is_ready_to_use(copy: Path) -> None:
    run = load_run(copy)
    assert not run.model.training
    assert all(parameter.device == torch.device("cpu") for parameter in run.model.parameters())

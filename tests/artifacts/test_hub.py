"""Runs from a folder and from a hub: what comes back is what went, and nothing that tells of people goes."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenizers import Tokenizer

import ccrs
from ccrs.artifacts.files import MANIFEST, write_manifest
from ccrs.artifacts.hub import HubAccess, check_run_folder, find_run, pull_run, push_run, write_public
from ccrs.artifacts.run import FORMAT, DataIdentity, load_run
from ccrs.core.errors import CheckpointError, ConfigError, DataError
from ccrs.experiments.card import model_card
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.evaluate import evaluate
from ccrs.inference.answers import TurnInput
from ccrs.inference.recommend import Recommender
from ccrs.inference.talk import Talker
from ccrs.training.loop import Trained
from tests.fixtures.fake_hub import FakeHub, Repository, fake_hub, keep_to
from tests.fixtures.tiny_run import TinyRun, smallest_run

NAME = "someone/small"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """A run to look at; nothing may be written into it."""
    return smallest_run(tmp_path_factory.getbasetemp() / "smallest-run")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """A hub of our own; the library shows no bars and goes nowhere else."""
    with fake_hub() as found:
        keep_to(monkeypatch, found, tmp_path / "default-cache")
        yield found


@pytest.fixture
def access(hub: FakeHub, tmp_path: Path) -> HubAccess:
    return HubAccess(hub.endpoint, token=False, cache=tmp_path / "cache")


def public_files(folder: Path, target: Path) -> dict[str, bytes]:
    write_public(folder, target)
    return {
        path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()
    }


def test_a_folder_is_loaded_without_the_hub(small: TinyRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for path in (small.run, str(small.run)):
        assert ccrs.Recommender.from_pretrained(path).recommend("hello", k=2).items
    with pytest.raises(ConfigError, match=r"is a folder and has no revision 'v1'"):
        Recommender.from_pretrained(small.run, revision="v1")
    with pytest.raises(ConfigError, match=r"pip install 'ccrs\[hub\]'"):
        Recommender.from_pretrained(NAME, allow_network=True)


def test_the_network_must_be_allowed(small: TinyRun, hub: FakeHub) -> None:
    with pytest.raises(ConfigError, match=r"someone/small: there is no such folder\. .* allow_network=True"):
        Recommender.from_pretrained(NAME, endpoint=hub.endpoint)
    with pytest.raises(ConfigError, match="allow_network=True"):
        Recommender.load(small.run).push_to_hub(NAME, endpoint=hub.endpoint)
    assert hub.asked == []


@pytest.mark.parametrize("name", ["nothing", "a/b/c", "../x/y", "a b/c", "-x/y", ""])
def test_a_name_that_is_neither_folder_nor_repository(name: str) -> None:
    with pytest.raises((CheckpointError, ConfigError), match=r"no such folder|is no repository"):
        find_run(name, allow_network=True) if name else pull_run(name, Path("nowhere"))


def test_a_run_goes_to_the_hub_and_comes_back(
    small: TinyRun, hub: FakeHub, access: HubAccess, tmp_path: Path
) -> None:
    mine = Recommender.load(small.run)
    address = mine.push_to_hub(NAME, allow_network=True, token=False, endpoint=hub.endpoint)
    assert address.startswith(f"{hub.endpoint}/{NAME}/commit/")
    assert hub.repositories[NAME].private
    theirs = Recommender.from_pretrained(
        NAME, allow_network=True, cache_dir=access.cache, token=False, endpoint=hub.endpoint
    )
    said = "I loved Amber (1990)."
    assert theirs.recommend(said) == mine.recommend(said)
    # What was fetched is found again without a network, by branch and by commit.
    asked = len(hub.asked)
    commit = hub.repositories[NAME].commits[-1][0]
    for revision in (None, commit):
        again = Recommender.from_pretrained(
            NAME, revision=revision, local_files_only=True, cache_dir=access.cache, endpoint=hub.endpoint
        )
        assert again.recommend(said) == mine.recommend(said)
    assert len(hub.asked) == asked
    with pytest.raises(CheckpointError, match="cannot be reached"):
        Recommender.from_pretrained(NAME, local_files_only=True, cache_dir=tmp_path / "empty")


def test_nothing_that_tells_of_people_is_published(small: TinyRun, hub: FakeHub, access: HubAccess) -> None:
    push_run(small.run, NAME, access=access)
    files = hub.newest[NAME]
    assert set(files) == {".gitattributes", MANIFEST, *json.loads(files[MANIFEST])["files"]}
    run = load_run(small.run)
    users = {*run.data.train, *run.data.validation, *run.data.test}
    assert users
    split = json.loads(files["split.json"])
    assert (split["path"], split["train"], split["validation"], split["test"]) == ("", [], [], [])
    for name, content in files.items():
        if not name.endswith(".safetensors"):
            assert str(small.folder).encode() not in content, name
            assert not [user for user in users if f'"{user}"'.encode() in content], name


def test_the_card_is_one_of_the_hub(small: TinyRun) -> None:
    yaml = pytest.importorskip("yaml")
    _, front, body = (small.run / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(front)
    assert card["library_name"] == "ccrs"
    assert card["license"] == "other"
    assert card["datasets"] == ["own"]
    assert "conversational-recommendation" in card["tags"]
    assert card["metrics"] == ["hr@10", "hr@50", "mrr@50", "ndcg@50"]
    assert body.startswith("# ")


@pytest.mark.parametrize(
    ("dataset", "named"),
    [
        ("movielens ml-100k", ["movielens-ml-100k"]),
        ('My "data": #1\n---', ["My-data-1"]),
        ("Über", ["ber"]),
        ("日本", None),
    ],
)
def test_a_data_set_of_any_name_leaves_the_card_whole(dataset: str, named: list[str] | None) -> None:
    yaml = pytest.importorskip("yaml")
    data = DataIdentity("", dataset, "0" * 64, "none", [], [], [])
    card = model_card(RecommenderConfig(), data, Trained(0, []))
    assert yaml.safe_load(card.split("---\n")[1]).get("datasets") == named


def test_a_published_run_is_judged_on_data_that_is_named(small: TinyRun, tmp_path: Path) -> None:
    write_public(small.run, tmp_path / "public")
    with pytest.raises(DataError, match=r"published without its split .* name that data with --data DIR"):
        evaluate(tmp_path / "public", resamples=10)
    report = evaluate(tmp_path / "public", data=small.data, plain=small.run, resamples=10).report
    assert report == evaluate(small.run, plain=small.run, resamples=10).report
    other = load_run(tmp_path / "public").data
    assert other.same_split(load_run(small.run).data)
    assert other.without_people() == other


@pytest.mark.slow
def test_a_talking_run_goes_and_comes_back(
    talking_run: TinyRun, hub: FakeHub, access: HubAccess, tmp_path: Path
) -> None:
    push_run(talking_run.run, NAME, access=access, private=False)
    assert not hub.repositories[NAME].private
    pull_run(NAME, tmp_path / "run", access=access)
    said = [TurnInput("Hi! I liked Titanic (1997)")]
    (mine,), (theirs,) = (Talker.load(f).answer(said) for f in (talking_run.run, tmp_path / "run"))
    assert theirs.text == mine.text
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_symlink()]
    assert not (tmp_path / "run" / "log.jsonl").exists()
    # The next one does not talk: nothing of the first is left.
    shutil.copytree(talking_run.run, tmp_path / "mute", ignore=shutil.ignore_patterns("responder"))
    push_run(tmp_path / "mute", NAME, access=access)
    assert not [name for name in hub.newest[NAME] if name.startswith("responder/")]
    pull_run(NAME, tmp_path / "run", access=access)
    assert not (tmp_path / "run" / "responder").exists()


def test_a_responder_has_a_tokeniser_that_other_libraries_read(talking_run: TinyRun) -> None:
    tokenizer = Tokenizer.from_file(str(talking_run.run / "responder" / "tokenizer.json"))
    assert tokenizer.decode(tokenizer.encode("Have you seen it?").ids) == "Have you seen it?"
    assert [tokenizer.id_to_token(number) for number in range(3)] == ["[pad]", "[start]", "[end]"]
    assert json.loads((talking_run.run / "config.json").read_text())["ccrs"]["name"] == "ccrs"


UNFIT = (
    *("../evil.json", "/evil.json", "a/b.json", "responder/x/y.json", "model.pkl", "run.py"),
    *("pytorch_model.bin", "responder/../x.json", "responder//x.json", "x\\y.json", "..json/../x.json"),
    *(".hidden.json", "config.json ", "responder/README.md"),
)


@pytest.mark.parametrize("name", UNFIT)
def test_a_repository_with_a_file_that_no_run_has_is_refused(
    small: TinyRun, hub: FakeHub, access: HubAccess, tmp_path: Path, name: str
) -> None:
    files = public_files(small.run, tmp_path / "public")
    hub.repositories[NAME] = Repository()
    hub.repositories[NAME].commit({**files, name: b"{}"})
    with pytest.raises(CheckpointError, match=r"which no run has; nothing was fetched"):
        pull_run(NAME, tmp_path / "run", access=access)
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "cache").exists()


def test_an_altered_file_is_refused(small: TinyRun, hub: FakeHub, access: HubAccess, tmp_path: Path) -> None:
    files = public_files(small.run, tmp_path / "public")
    hub.repositories[NAME] = Repository()
    hub.repositories[NAME].commit({**files, "triples.tsv": files["triples.tsv"] + b"f1\tdirector\tp4\n"})
    with pytest.raises(CheckpointError, match=r"triples\.tsv: was altered"):
        pull_run(NAME, tmp_path / "run", access=access)
    hub.repositories[NAME].commit({k: v for k, v in files.items() if k != "model.safetensors"})
    with pytest.raises(CheckpointError, match=r"model\.safetensors: is missing"):
        find_run(NAME, allow_network=True, access=access)
    hub.repositories[NAME].commit({k: v for k, v in files.items() if k != MANIFEST})
    with pytest.raises(CheckpointError, match=r"is no run of ccrs \(no run\.json\)"):
        pull_run(NAME, tmp_path / "run", access=access)
    # The card may be mended on the hub.
    good = hub.repositories[NAME].commit({**files, "README.md": b"# Mine\n", "LICENSE": b"free"})
    pull_run(NAME, tmp_path / "run", revision=good, access=access)
    assert load_run(tmp_path / "run").data.is_public
    assert (tmp_path / "run" / "README.md").read_text() == "# Mine\n"
    assert not (tmp_path / "run" / "LICENSE").exists()


@pytest.mark.parametrize("name", ["../../x.json", "/etc/passwd", "sub/x.json", "x.pkl"])
def test_a_manifest_that_lists_what_no_run_has_is_refused(small: TinyRun, tmp_path: Path, name: str) -> None:
    write_public(small.run, tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / MANIFEST).read_text())
    manifest["files"][name] = "0" * 64
    (tmp_path / "run" / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match="which no run has"):
        check_run_folder(tmp_path / "run")
    write_manifest(tmp_path / "run", ["config.json"], version=FORMAT, commit="x")
    with pytest.raises(CheckpointError, match=r"does not list .*model\.safetensors"):
        check_run_folder(tmp_path / "run")


def test_what_is_not_there_is_said(small: TinyRun, hub: FakeHub, access: HubAccess, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"someone/small: the hub refuses or cannot be reached"):
        pull_run(NAME, tmp_path / "run", access=access)
    push_run(small.run, NAME, access=access)
    with pytest.raises(CheckpointError, match="the hub refuses or cannot be reached"):
        pull_run(NAME, tmp_path / "run", revision="no-such-branch", access=access)
    with pytest.raises(CheckpointError, match=r"is no run \(no run\.json\)"):
        push_run(small.data, NAME, access=access)
    with pytest.raises(ConfigError, match="'small' is no repository"):
        push_run(small.run, "small", access=access)
    with pytest.raises(ConfigError, match="was not loaded from a folder"):
        Recommender(load_run(small.run)).push_to_hub(NAME, allow_network=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="is not ours to replace"):
        pull_run(NAME, tmp_path / "mine", access=access)

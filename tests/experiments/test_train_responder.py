"""Training a responder: repeated, killed, resumed, refused; what is judged leaves no trace in it."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.artifacts.files import MANIFEST
from ccrs.artifacts.responder import FOLDER, load_responder
from ccrs.artifacts.run import RUN_FILES, load_run
from ccrs.cli.main import main
from ccrs.core.dialogue import Dialogue
from ccrs.core.errors import CheckpointError, ConfigError
from ccrs.core.replies import ReplyBatch
from ccrs.experiments.corpus import Corpus, Division, divide, load_corpus
from ccrs.experiments.reply_setup import ReplySetup, load_responder_config, set_up_replies
from ccrs.experiments.train_responder import _objective_and_plan, train_responder
from ccrs.training.checkpoint import FILE as CHECKPOINT
from ccrs.training.tracking import LOG, Tracker
from tests.fixtures.tiny_responder import (
    TinyResponder,
    spoken,
    talk,
    talk_config,
    talk_values,
    tiny_responder,
    train_talk,
    write_talk,
)
from tests.training.small_runs import small_config, train_quietly

TRAINED = ("model.safetensors", "tokenizer.json", "selector.safetensors", "acts.json", "choosing.json")
BANK = ("reply-bank.json", "reply-bank.safetensors")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyResponder:
    """Nothing may be written into it."""
    return tiny_responder(tmp_path_factory.getbasetemp() / "tiny-responder")


class Killed(BaseException):
    """The process ends here."""


def kill_after(monkeypatch: pytest.MonkeyPatch, epoch: int) -> None:
    """End training in the middle of the epoch after ``epoch``."""
    begin = Tracker.start_epoch

    def start(self: Tracker, number: int, steps: int) -> None:
        if number > epoch:
            raise Killed
        begin(self, number, steps)

    monkeypatch.setattr(Tracker, "start_epoch", start)


def log_of(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / FOLDER / LOG).read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def artefacts(folder: Path, names: tuple[str, ...] = (*TRAINED, *BANK)) -> dict[str, bytes]:
    return {name: (folder / FOLDER / name).read_bytes() for name in names}


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["meta", "plain"])
def test_killed_and_resumed_is_as_if_never_stopped(
    tmp_path: Path, tiny: TinyResponder, objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sections = {"model": {**talk_values()["model"], "dropout": 0.2}}
    config = talk_config(sections, objective=objective, epochs=3, decay=0.9, average_epochs=2)
    train_talk(tiny, tmp_path / "straight", config)
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        kill_after(patch, 1)
        with pytest.raises(Killed):
            train_talk(tiny, out, config)
    assert (out / FOLDER / CHECKPOINT).exists()
    assert [line["epoch"] for line in log_of(out)] == [1]
    with pytest.raises(CheckpointError, match=r"has no responder|is not a finished run"):
        load_responder(out)

    altered = config.model_copy(update={"training": config.training.model_copy(update={"decay": 0.5})})
    with pytest.raises(CheckpointError, match="another configuration or other data"):
        train_talk(tiny, out, altered, resume=True)

    train_talk(tiny, out, config, resume=True)
    assert artefacts(out) == artefacts(tmp_path / "straight")
    assert log_of(out) == log_of(tmp_path / "straight")
    assert not (out / FOLDER / CHECKPOINT).exists()


def test_the_same_command_twice_gives_the_same_files(tmp_path: Path, tiny: TinyResponder) -> None:
    train_talk(tiny, tmp_path / "again", talk_config())
    assert artefacts(tmp_path / "again") == artefacts(tiny.run)
    train_talk(tiny, tmp_path / "other", talk_config(seed=1))
    assert artefacts(tmp_path / "other")["model.safetensors"] != artefacts(tiny.run)["model.safetensors"]


def test_a_finished_run_has_exactly_these_files(tiny: TinyResponder) -> None:
    found = {p.relative_to(tiny.run).as_posix() for p in tiny.run.rglob("*") if p.is_file()}
    events = {name for name in found if "events.out.tfevents." in name}
    assert {name.rpartition("/")[0] for name in events} == {
        "responder/tensorboard",
        "responder/selector/tensorboard",
    }
    own = (*TRAINED, *BANK, MANIFEST, LOG, "config.json", "dropped.json", "selector/log.jsonl")
    assert found - events == {*RUN_FILES, MANIFEST, *(f"responder/{name}" for name in own)}


def test_the_recommender_is_copied_byte_by_byte(tiny: TinyResponder) -> None:
    for name in (*RUN_FILES, MANIFEST):
        assert (tiny.run / name).read_bytes() == (tiny.recommender / name).read_bytes()
    load_run(tiny.run)


def test_what_was_saved_is_what_was_trained(tmp_path: Path, tiny: TinyResponder) -> None:
    trained = train_talk(tiny, tmp_path / "run", talk_config())
    loaded = load_responder(tmp_path / "run")
    assert loaded.config.model_dump() == {
        key: value for key, value in trained.config.model_dump().items() if "training" not in key
    }
    for mine, theirs in ((trained.model, loaded.model), (trained.rates, loaded.rates)):
        assert all(
            torch.equal(a, b)
            for a, b in zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True)
        )
    assert loaded.chooser is not None
    assert trained.chooser is not None
    assert loaded.chooser.config == trained.chooser.config
    assert loaded.chooser.bank.texts == trained.chooser.bank.texts
    assert not loaded.model.training


def test_training_learns(tmp_path: Path, tiny: TinyResponder) -> None:
    train_talk(tiny, tmp_path / "run", talk_config({"choose": False}, epochs=6, patience=9))
    lines = log_of(tmp_path / "run")
    assert lines[-1]["training loss"] < lines[0]["training loss"] - 0.5
    assert all(np.isfinite(value) for line in lines for value in line.values())
    assert not any((tmp_path / "run" / FOLDER / name).exists() for name in (*BANK, "acts.json"))
    assert load_responder(tmp_path / "run").chooser is None


@pytest.mark.parametrize(
    "sections",
    [
        {"adapt": False},
        {"inner": {"order": 2, "steps": 2}},
        {"text": {"fact_slots": False, "max_context": 40, "max_reply": 20, "vocabulary_size": 340}},
    ],
)
def test_other_kinds_train_too(tmp_path: Path, tiny: TinyResponder, sections: dict[str, Any]) -> None:
    train_talk(
        tiny, tmp_path / "run", talk_config({**sections, "choose": False}, epochs=1, low_precision=True)
    )
    load_responder(tmp_path / "run")


@pytest.mark.parametrize("customization", ["user", "none"])
@pytest.mark.parametrize("objective", ["plain", "meta"])
def test_every_customization_trains(
    tmp_path: Path, tiny: TinyResponder, customization: str, objective: str
) -> None:
    model = {**talk_values()["model"], "customization": customization}
    train_talk(
        tiny, tmp_path / "run", talk_config({"model": model, "choose": False}, objective=objective, epochs=1)
    )
    assert load_responder(tmp_path / "run").model.config.customization == customization


def test_without_epochs_the_fresh_weights_are_kept(tmp_path: Path, tiny: TinyResponder) -> None:
    train_talk(tiny, tmp_path / "run", talk_config({"choose": False}, epochs=0))
    load_responder(tmp_path / "run")


@pytest.mark.parametrize("name", ["popularity", "kbrd"])
def test_a_recommender_of_another_kind_is_spoken_for(tmp_path: Path, tiny: TinyResponder, name: str) -> None:
    corpus = load_corpus(tiny.data)
    train_quietly(small_config(name=name, objective="plain", epochs=1), corpus, tmp_path / "r")
    train_responder(
        talk_config({"choose": False}, epochs=1), tmp_path / "r", corpus, tmp_path / "out", quiet=True
    )
    load_responder(tmp_path / "out")


# --- what is refused


def test_a_second_training_into_the_same_folder_is_refused(tmp_path: Path, tiny: TinyResponder) -> None:
    with pytest.raises(ConfigError, match=r"has a responder already.*--out.*--resume"):
        train_talk(tiny, tiny.run, talk_config())
    before = artefacts(tiny.run)
    train_talk(tiny, tiny.run, talk_config(seed=9), resume=True)
    assert artefacts(tiny.run) == before


def test_a_responder_may_be_put_into_its_recommenders_folder(tmp_path: Path, tiny: TinyResponder) -> None:
    shutil.copytree(tiny.recommender, tmp_path / "r")
    corpus = load_corpus(tiny.data)
    train_responder(talk_config(), tmp_path / "r", corpus, tmp_path / "r", quiet=True)
    assert artefacts(tmp_path / "r") == artefacts(tiny.run)
    load_run(tmp_path / "r")


def test_another_run_is_not_written_over(tmp_path: Path, tiny: TinyResponder) -> None:
    corpus = load_corpus(tiny.data)
    train_quietly(small_config(epochs=1, seed=5), corpus, tmp_path / "other")
    before = (tmp_path / "other" / "model.safetensors").read_bytes()
    with pytest.raises(ConfigError, match=r"holds another run than .*--out"):
        train_talk(tiny, tmp_path / "other", talk_config())
    assert (tmp_path / "other" / "model.safetensors").read_bytes() == before


def test_other_data_than_the_recommenders_is_refused(tmp_path: Path, tiny: TinyResponder) -> None:
    other = write_talk(tmp_path / "data", talk(seed=1))
    with pytest.raises(ConfigError, match=r"is not the data .* was trained on.*--data"):
        train_responder(talk_config(), tiny.recommender, other, tmp_path / "out", quiet=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", [*TRAINED, *BANK, "config.json", "dropped.json"])
def test_an_altered_file_is_refused(tmp_path: Path, tiny: TinyResponder, name: str) -> None:
    shutil.copytree(tiny.run / FOLDER, tmp_path / FOLDER)
    path = tmp_path / FOLDER / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(CheckpointError, match=r"was altered since training"):
        load_responder(tmp_path)
    path.unlink()
    with pytest.raises(CheckpointError, match=r"is missing|is broken"):
        load_responder(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 99, "files": {}}', '{"format": 1}', "\x00"])
def test_a_broken_manifest_is_refused(tmp_path: Path, tiny: TinyResponder, content: str) -> None:
    shutil.copytree(tiny.run / FOLDER, tmp_path / FOLDER)
    (tmp_path / FOLDER / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"is broken|is a run of format 99"):
        load_responder(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"ccrs": 3}', '{"ccrs": {"choose": true}}'])
def test_a_broken_configuration_is_refused(tmp_path: Path, tiny: TinyResponder, content: str) -> None:
    shutil.copytree(tiny.run / FOLDER, tmp_path / FOLDER)
    (tmp_path / FOLDER / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError):
        load_responder(tmp_path)


def test_a_run_without_responder_says_how_to_get_one(tiny: TinyResponder) -> None:
    with pytest.raises(CheckpointError, match=r"has no responder.*ccrs train .*--recommender"):
        load_responder(tiny.recommender)


def test_all_faults_of_a_configuration_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        'kind = "responder"\nwidth = 3\n[model]\nwidht = 8\nnum_heads = 0\n[training]\nepoch = 1\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as refused:
        load_responder_config(path, ["text.max_reply=2", "training.objective=best"])
    told = str(refused.value)
    assert "6 fault(s)" in told
    for part in (
        "width: there is no such key",
        "did you mean 'width'",
        "model.num_heads",
        "'epochs'",
        "text.max_reply",
        "training.objective",
    ):
        assert part in told


def test_replies_longer_than_the_model_knows_places_for_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('kind = "responder"\n', encoding="utf-8")
    load_responder_config(path)
    with pytest.raises(ConfigError, match=r"decoding\.max_tokens = 48 is above text\.max_reply = 20"):
        load_responder_config(path, ["text.max_reply=20"])


def test_the_projects_own_configurations_are_read() -> None:
    folder = Path(__file__).resolve().parents[2] / "configs" / "responder"
    found = [load_responder_config(path) for path in sorted(folder.glob("*.toml"))]
    assert len(found) >= 2


# --- the command


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A command that must end with exit code 2: what it says."""

    def command(*arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["ccrs", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        seen = capfd.readouterr()
        assert ended.value.code == 2
        assert seen.out == ""
        assert "Traceback" not in seen.err
        return " ".join(seen.err.split())

    return command


def test_the_command_refuses_what_does_not_fit(
    tmp_path: Path, tiny: TinyResponder, refused: Callable[..., str]
) -> None:
    path = tmp_path / "c.toml"
    path.write_text('kind = "responder"\n', encoding="utf-8")
    base: tuple[str | Path, ...] = ("train", path, "--data", tiny.data, "--out")
    talks = ("--recommender", tiny.recommender)
    assert "--recommender RUN" in refused(*base, tmp_path / "out")
    assert "leave --folds" in refused(*base, tmp_path / "out", *talks, "--workers", "2")
    assert "leave --folds" in refused(*base, tmp_path / "out", *talks, "--folds", "5")
    assert "has a responder already" in refused(*base, tiny.run, *talks)
    assert "there is no such run" in refused(*base, tmp_path / "out", "--recommender", tmp_path / "no")
    assert "no such key" in refused(*base, tmp_path / "out", *talks, "--set", "model.wide=3")
    other = tmp_path / "r.toml"
    other.write_text('name = "ccrs"\n', encoding="utf-8")
    told = refused("train", other, "--data", tiny.data, "--out", tmp_path / "out", *talks)
    assert "--recommender belongs to a responder" in told
    nothing = tmp_path / "empty"
    nothing.mkdir()
    assert refused("train", path, "--data", nothing, "--out", tmp_path / "out", *talks).startswith("error: ")
    assert not (tmp_path / "out").exists()


# --- leaks


def rewritten(dialogue: Dialogue) -> Dialogue:
    """The same user and time; other words, other films, another number of replies."""
    messages = [
        spoken("seeker", "Zebras only zebras zebras <p4>"),
        spoken("recommender", "Zebras! <f9> and <f0> by zebras"),
        spoken("recommender", "Zebras <f8> of zebra fame, zebras zebras"),
        spoken("seeker", "Zebra"),
        spoken("recommender", "Zebras"),
        spoken("seeker", "<f1>"),
        spoken("recommender", "<f9>"),
    ]
    return dataclasses.replace(dialogue, messages=tuple(messages))


def query_of(which: str) -> Callable[[Division], set[int]]:
    return lambda division: {int(d) for task in division.tasks(which) for d in task.query}


def all_of_test(division: Division) -> set[int]:
    return query_of("test")(division) | {int(d) for task in division.test for d in task.support}


def one_of_training(division: Division) -> set[int]:
    return {int(division.train_dialogues[-1])}


def one_support(division: Division) -> set[int]:
    return {int(division.support_dialogues[0])}


def batches_of(setup: ReplySetup) -> Iterator[bytes]:
    """All tensors of the first two epochs."""
    _, plan = _objective_and_plan(setup)
    for epoch in (0, 1):
        for step in plan.steps(epoch, (0, 1)):
            yield from _bytes_of(step())


def _bytes_of(batch: ReplyBatch) -> Iterator[bytes]:
    for field in dataclasses.fields(batch):
        value = getattr(batch, field.name)
        if isinstance(value, Tensor):
            yield value.numpy().tobytes()
        elif isinstance(value, ReplyBatch):
            yield from _bytes_of(value)


class Twins:
    """A corpus and one in which some dialogues are rewritten: what training reads and leaves of both."""

    def __init__(self, folder: Path, objective: str, choose: Callable[[Division], set[int]]) -> None:
        dialogues = talk()
        corpora = [write_talk(folder / "before", dialogues)]
        config = small_config(objective=objective, epochs=1)
        chosen = choose(divide(corpora[0], config.data))
        assert chosen
        twin = [rewritten(d) if number in chosen else d for number, d in enumerate(dialogues)]
        corpora.append(write_talk(folder / "after", twin))
        self.found = [self.leaves(folder / f"run{n}", corpus, objective) for n, corpus in enumerate(corpora)]

    @staticmethod
    def leaves(folder: Path, corpus: Corpus, objective: str) -> dict[str, Any]:
        run = train_quietly(small_config(objective=objective, epochs=1), corpus, folder)
        config = talk_config(objective=objective, epochs=1)
        setup = set_up_replies(config, run, corpus)
        training = setup.replies
        tokens = [
            (training.contexts[int(r)].tolist(), training.targets[int(r)].tolist(), training.slotted[int(r)])
            for r in setup.training
        ]
        train_responder(config, folder, corpus, folder, quiet=True)
        return {"tokens": tokens, "batches": list(batches_of(setup)), **artefacts(folder)}

    @property
    def changed(self) -> set[str]:
        first, second = self.found
        return {name for name in first if first[name] != second[name]}


@pytest.mark.parametrize("objective", ["meta", "plain"])
@pytest.mark.parametrize("which", ["test", "validation"])
def test_query_dialogues_leave_no_trace(tmp_path: Path, objective: str, which: str) -> None:
    """One epoch, so that validation has nothing to choose."""
    assert Twins(tmp_path, objective, query_of(which)).changed == set()


def test_adaptive_training_has_not_even_seen_the_support_of_test_users(tmp_path: Path) -> None:
    assert Twins(tmp_path, "meta", all_of_test).changed == set()


def test_plain_training_has_seen_it_as_the_paper_grants_its_baselines(tmp_path: Path) -> None:
    assert {"tokens", "batches", "model.safetensors"} <= Twins(tmp_path, "plain", one_support).changed


def test_training_dialogues_do_leave_a_trace(tmp_path: Path) -> None:
    """Else the tests above would show nothing."""
    changed = Twins(tmp_path, "meta", one_of_training).changed
    assert changed >= {
        "tokens",
        "batches",
        "tokenizer.json",
        "model.safetensors",
        "selector.safetensors",
        *BANK,
    }

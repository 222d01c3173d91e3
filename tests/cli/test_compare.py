"""``ccrs compare``: runs and files in one table; unequal or broken ones are refused with both sides named."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.core.errors import DataError
from ccrs.data.readers.predictions import read_predictions
from ccrs.experiments.compare import Source, compare_sources
from tests.cli.conftest import Command
from tests.conftest import PROJECT
from tests.training.small_runs import small_config, train_quietly, write_corpus


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of one corpus, one of another, and the predictions of the first."""
    folder = tmp_path_factory.mktemp("compare")
    corpus = write_corpus(folder / "data")
    config = small_config(objective="plain", epochs=1).model_copy(update={"title": "One"})
    train_quietly(config, corpus, folder / "one")
    popular = small_config(name="popularity", objective="plain", epochs=0)
    train_quietly(popular.model_copy(update={"title": "Other"}), corpus, folder / "other")
    elsewhere = write_corpus(folder / "elsewhere", dialogues=list(corpus.dialogues[:-3]))
    train_quietly(popular, elsewhere, folder / "foreign")
    late = popular.data.model_copy(update={"seed": 3})
    train_quietly(popular.model_copy(update={"data": late}), corpus, folder / "resplit")
    return folder


@pytest.fixture
def predictions(runs: Path, ccrs: Command, tmp_path: Path) -> Path:
    path = tmp_path / "theirs.jsonl"
    assert ccrs("evaluate", runs / "one", "--save-predictions", path).code == 0
    return path


def rewrite(path: Path, change: dict[int, str | None]) -> Path:
    """``path`` with some lines replaced or taken out."""
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [change.get(number, line) for number, line in enumerate(lines)]
    path.write_text("".join(f"{line}\n" for line in kept if line is not None), encoding="utf-8")
    return path


def test_a_run_and_its_own_predictions_are_the_same(runs: Path, predictions: Path, ccrs: Command) -> None:
    ended = ccrs("compare", runs / "one", runs / "other", f"Theirs={predictions}", "--baseline", "Theirs")
    assert ended.code == 0
    (same,) = [
        line
        for line in ended.out.splitlines()
        if line.startswith("One ") and "all" in line and "HR@10" in line
    ]
    assert "+0.0000" in same
    found = compare_sources(
        [Source.parse(str(runs / "one")), Source("T", predictions)], resamples=20
    ).comparison
    for block in ("all", "novel"):
        assert found.row("T").figures[block] == found.row("One").figures[block]


def test_without_a_run_the_data_say_what_is_right(runs: Path, predictions: Path, ccrs: Command) -> None:
    ended = ccrs("compare", predictions, "--data", runs / "data")
    assert ended.code == 0
    assert "theirs" in ended.out
    assert "alone do not say what is right" in ccrs("compare", predictions).err


def test_a_rank_beyond_the_list_is_a_miss(runs: Path, predictions: Path) -> None:
    rows = [json.loads(line) for line in predictions.read_text(encoding="utf-8").splitlines()]
    predictions.write_text("".join(json.dumps(row | {"items": []}) + "\n" for row in rows), encoding="utf-8")
    found = compare_sources([Source("T", predictions)], data=runs / "data", resamples=20).comparison
    assert found.row("T").figures["all"]["hr@50"].mean == 0


def test_replies_are_judged_where_they_are_given(runs: Path, predictions: Path, ccrs: Command) -> None:
    rows = [
        json.loads(line) | {"reply": "Then have you seen it"} for line in predictions.read_text().splitlines()
    ]
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ended = ccrs("compare", predictions, "--data", runs / "data")
    assert ended.code == 0
    (line,) = [line for line in ended.out.splitlines() if line.startswith("theirs") and "±" in line][1:]
    assert len({row["sample"].rpartition(":")[0] for row in rows}) == int(line.split()[1].replace(",", ""))
    assert 0.3 < float(line.split()[2]) < 1
    rewrite(predictions, {0: json.dumps(rows[0] | {"reply": None})})
    assert (
        "some predictions have a reply and some have none"
        in ccrs("compare", predictions, "--data", runs / "data").err
    )


def test_all_forms_are_written(runs: Path, ccrs: Command, tmp_path: Path) -> None:
    flags = {
        "--markdown": "a.md",
        "--csv": "a.csv",
        "--latex": "a.tex",
        "--json": "a.json",
        "--figure": "a.png",
    }
    words = [part for flag, name in flags.items() for part in (flag, str(tmp_path / name))]
    assert ccrs("compare", runs / "one", runs / "other", *words).code == 0
    assert {path.name for path in tmp_path.iterdir()} == set(flags.values())
    assert json.loads((tmp_path / "a.json").read_text())["rows"][1]["model"] == "Other"


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            "one",
            "foreign",
            r"foreign was trained on small@\w+, \S+one on small@\w+\. Compare runs of the same data",
        ),
        ("one", "resplit", r"One has \d+ samples and CCRS \d+, of which \d+ are the same \(only One has"),
        ("one", "one", r"'One' names two systems"),
        ("one", "nothing", r"nothing: there is no such run or file"),
        ("one", "data", r"is not a finished run"),
    ],
)
def test_what_cannot_be_compared(runs: Path, ccrs: Command, first: str, second: str, message: str) -> None:
    ended = ccrs("compare", runs / first, runs / second)
    assert ended.code == 2
    assert re.search(message, ended.err), ended.err
    assert "Traceback" not in ended.err


LINE = '{"sample": "S", "items": ["f1", "f2"]}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no prediction"),
        (b"{\n", "theirs.jsonl:1: is not valid JSON"),
        (b'{"items": []}\n', "'sample' is missing"),
        (b'{"sample": "S"}\n', "'items' is missing"),
        (b'{"sample": "S", "items": [1]}\n', "item 1 is not a string"),
        (b'{"sample": "S", "items": ["f1", "f1"]}\n', "item 'f1' stands twice"),
        (b'{"sample": "S", "items": ["p1"]}\n', "item 'p1' is not in the catalogue"),
        (b'{"sample": "S", "items": [], "score": NaN}\n', "key 'score' is unknown"),
        (f"{LINE}\n\n{LINE}\n".encode(), "theirs.jsonl:3: sample 'S' stands already in line 1"),
        (LINE.encode("utf-16"), "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_predictions(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "theirs.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_predictions(path, {"f1", "f2"})
    assert message in str(caught.value)


def test_ids_that_do_not_fit_name_both_sides(runs: Path, predictions: Path, ccrs: Command) -> None:
    first = json.loads(predictions.read_text(encoding="utf-8").splitlines()[0])
    rewrite(predictions, {0: None})
    ended = ccrs("compare", runs / "one", predictions)
    assert ended.code == 2
    assert re.search(
        rf"theirs\.jsonl answers \d+ samples, One is judged on \d+.*lacks '{first['sample']}'", ended.err
    )
    rewrite(predictions, {0: json.dumps(first | {"sample": "d0-0:99:0"})})
    ended = ccrs("compare", runs / "one", predictions)
    assert "sample 'd0-0:99:0' is not in the data" in ended.err


@given(st.lists(st.text(max_size=40), max_size=5))
def test_no_text_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")
    with pytest.raises(DataError):
        read_predictions(path, {"f1"})


def test_the_page_is_done_as_written(
    runs: Path, ccrs: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (PROJECT / "docs" / "compare.md").read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    (tmp_path / "data").mkdir()
    (tmp_path / "runs").mkdir()
    (tmp_path / "data" / "mine").symlink_to(runs / "data")
    for name in ("one", "other"):
        shutil.copytree(runs / name, tmp_path / "runs" / name)
    monkeypatch.chdir(tmp_path)
    for line in lines:
        ended = ccrs(*shlex.split(line)[1:])
        assert ended.code == 0, (line, ended.err)
    assert {"all.csv", "table.tex", "differences.png", "theirs.jsonl"} <= {p.name for p in tmp_path.iterdir()}

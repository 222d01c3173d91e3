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
from ccrs.data.prepared import write_prepared
from ccrs.data.readers.predictions import read_predictions
from ccrs.experiments.compare import Source, compare_sources
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import Corpus, load_corpus
from tests.cli.conftest import Command
from tests.conftest import PROJECT
from tests.training.small_runs import (
    small_catalogue,
    small_config,
    small_dialogues,
    train_quietly,
    write_corpus,
)


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
    for name, title, seeds in (("folds", "Folds", [0] * 5), ("refolds", "Again", [3] * 5)):
        _train_folds(popular, corpus, folder / name, title, seeds)
    for name in ("mixed", "patched"):
        shutil.copytree(folder / "folds", folder / name)
    shutil.rmtree(folder / "mixed" / "fold-3")
    odd = popular.data.model_copy(update={"protocol": "folds", "fold": 3, "seed": 7})
    train_quietly(popular.model_copy(update={"data": odd}), corpus, folder / "mixed" / "fold-3")
    shutil.rmtree(folder / "patched" / "fold-4")
    last = popular.data.model_copy(update={"protocol": "folds", "fold": 4})
    train_quietly(popular.model_copy(update={"data": last}), elsewhere, folder / "patched" / "fold-4")
    return folder


def _train_folds(
    config: RecommenderConfig, corpus: Corpus, folder: Path, title: str, seeds: list[int]
) -> None:
    for fold, seed in enumerate(seeds):
        data = config.data.model_copy(update={"protocol": "folds", "fold": fold, "seed": seed})
        train_quietly(
            config.model_copy(update={"data": data, "title": title}), corpus, folder / f"fold-{fold}"
        )


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
    err = ccrs("compare", predictions, "--data", runs / "data").err
    assert "some predictions have a reply and some have none" in err
    assert rows[0]["sample"] in err


def test_replies_are_in_every_file_that_holds_all(
    runs: Path, predictions: Path, ccrs: Command, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in predictions.read_text(encoding="utf-8").splitlines()]
    words = {"Parrot": "Then have you seen it", "Mute": ""}
    for name, reply in words.items():
        lines = "".join(json.dumps(row | {"reply": reply}) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    paths = {flag: tmp_path / f"a.{flag}" for flag in ("json", "csv", "markdown")}
    flags = [part for flag, path in paths.items() for part in (f"--{flag}", path)]
    given = [tmp_path / f"{name}.jsonl" for name in words]
    assert ccrs("compare", *given, "--data", runs / "data", *flags).code == 0
    replies = {one["model"]: one for one in json.loads(paths["json"].read_text(encoding="utf-8"))["replies"]}
    assert replies["Mute"]["word_f1"]["mean"] == 0
    assert 0.3 < replies["Parrot"]["word_f1"]["mean"] < 1
    cells = [line.split(",") for line in paths["csv"].read_text(encoding="utf-8").splitlines()]
    assert {len(line) for line in cells} == {11}
    (f1,) = [line for line in cells if line[:3] == ["Parrot", "replies", "word_f1"]]
    assert float(f1[3]) == pytest.approx(replies["Parrot"]["word_f1"]["mean"], abs=1e-6)
    assert "| Parrot |" in paths["markdown"].read_text(encoding="utf-8").split("word F1")[1]


def test_one_message_has_one_reply(runs: Path, predictions: Path, refused: Command) -> None:
    rows = [json.loads(line) for line in predictions.read_text(encoding="utf-8").splitlines()]
    lines = "".join(json.dumps(row | {"reply": f"No {n}"}) + "\n" for n, row in enumerate(rows))
    predictions.write_text(lines, encoding="utf-8")
    second = next(row["sample"] for row in rows if row["sample"].endswith(":1"))
    ended = refused("compare", predictions, "--data", runs / "data")
    assert f"and {second!r} are of one message and have two different replies" in ended.err


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
    whole = json.loads((tmp_path / "a.json").read_text())
    assert whole["rows"][1]["model"] == "Other"
    assert [(pair["first"], pair["second"]) for pair in whole["pairs"]] == [("One", "Other")]


def test_it_says_which_baseline_it_chose(runs: Path, ccrs: Command) -> None:
    said = "One has the highest HR@10 and stands for the baseline"
    assert said in ccrs("compare", runs / "one", runs / "other").err
    assert said not in ccrs("compare", runs / "one", runs / "other", "--baseline", "One").err


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            "one",
            "foreign",
            r"foreign was trained on small@\w+, \S+one on small@\w+\. Compare runs of the same data",
        ),
        (
            "one",
            "resplit",
            r"One \(\S+one\) has \d+ samples and CCRS \(\S+resplit\) \d+, of which \d+ are the same \(only One has 'd",
        ),
        (
            "one",
            "resplit",
            r"One is of .* seed 0, fold 0, CCRS of .* seed 3, fold 0: train both with the same",
        ),
        (
            "folds",
            "refolds",
            r"Folds \(\S+folds\) and Again \(\S+refolds\) are judged on the same samples, but",
        ),
        (
            "one",
            "mixed",
            r"mixed\S+fold-3 is of .* seed 7, fold 3, \S+fold-0 of .* seed 0, fold 0\. Train all folds",
        ),
        ("one", "patched", r"fold-4 was trained on small@\w+, \S+fold-0 on small@\w+\. Train all folds"),
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
        (b'{"sample": "S", "items": [NaN]}\n', "item nan is not a string"),
        (b'{"sample": "S", "items": [], "reply": NaN}\n', "'reply' is nan, not a string"),
        (b'\n{"sample": "S", "items": "f1"}\n', "theirs.jsonl:2: 'items' is 'f1', not a list"),
        (b'[{"sample": "S", "items": []}]\n', "not a JSON object"),
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
        rf"theirs\.jsonl answers \d+ samples, One \(\S+one\) is judged on \d+.*lacks '{first['sample']}'",
        ended.err,
    )
    rewrite(predictions, {0: json.dumps(first | {"sample": "d0-0:99:0"})})
    ended = ccrs("compare", runs / "one", predictions)
    assert "sample 'd0-0:99:0' is not in the data" in ended.err


@pytest.mark.parametrize("order", ["file first", "run first", "files only"])
def test_the_other_side_is_named_whatever_stands_first(
    order: str, runs: Path, predictions: Path, ccrs: Command
) -> None:
    whole = predictions.with_name("whole.jsonl")
    shutil.copy(predictions, whole)
    rewrite(predictions, {0: None})
    given = {
        "file first": [predictions, whole, runs / "one"],
        "run first": [runs / "one", whole, predictions],
        "files only": [whole, predictions, "--data", runs / "data"],
    }
    ended = ccrs("compare", *given[order])
    assert ended.code == 2
    assert ended.out == ""
    other = str(whole) if order == "files only" else f"One ({runs / 'one'})"
    assert f"{predictions} answers 27 samples, {other} is judged on 28: the file lacks" in ended.err
    assert "(1 missing, 0 more)" in ended.err


def test_more_samples_than_asked_for_are_refused_as_well(
    runs: Path, predictions: Path, refused: Command
) -> None:
    answered = {json.loads(line)["sample"] for line in predictions.read_text(encoding="utf-8").splitlines()}
    table = load_corpus(runs / "data").table
    more = next(s for s in map(table.sample_id, range(table.num_samples)) if s not in answered)
    with predictions.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"sample": more, "items": []}) + "\n")
    ended = refused("compare", runs / "one", predictions)
    assert f"the file has besides {more!r} (0 missing, 1 more)" in ended.err


def test_folds_are_pooled_and_validation_needs_one(runs: Path, ccrs: Command) -> None:
    pooled = compare_sources([Source("A", runs / "folds")], resamples=20).comparison
    alone = [
        compare_sources([Source("A", runs / "folds" / f"fold-{fold}")], resamples=20).comparison
        for fold in range(5)
    ]
    assert pooled.num_samples["all"] == sum(one.num_samples["all"] for one in alone)
    assert pooled.num_users == sum(one.num_users for one in alone) == 24
    ended = ccrs("compare", runs / "folds", "--split", "validation")
    assert ended.code == 2
    assert f"Compare one of them for --split validation: {runs / 'folds' / 'fold-0'}" in ended.err
    assert ccrs("compare", runs / "folds" / "fold-0", "--split", "validation").code == 0


def test_nothing_is_judged_before_everything_is_checked(
    runs: Path, predictions: Path, ccrs: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(*_: object) -> None:
        raise AssertionError("was judged")

    monkeypatch.setattr("ccrs.experiments.compare.judge_run", judged)
    broken = predictions.with_name("broken.jsonl")
    broken.write_text("{\n", encoding="utf-8")
    assert "broken.jsonl:1: is not valid JSON" in ccrs("compare", runs / "one", broken).err
    assert "The baseline 'Z' is none of One" in ccrs("compare", runs / "one", "--baseline", "Z").err
    assert "are the same" in ccrs("compare", runs / "one", runs / "resplit").err
    rewrite(predictions, {0: None})
    assert "answers 27 samples" in ccrs("compare", runs / "one", predictions).err


def test_files_that_cannot_be_written_are_refused_at_once(
    runs: Path, predictions: Path, refused: Command, tmp_path: Path
) -> None:
    before, held = predictions.read_bytes(), sorted(tmp_path.iterdir())
    table, run = tmp_path / "a.csv", runs / "one"
    for words, message in (
        (["--csv", table, "--json", table], "two tables would be written there"),
        (["--csv", predictions], "would be written into what is compared"),
        (["--csv", run / "config.json"], "would be written into what is compared"),
        (["--data", runs / "data", "--json", runs / "data" / "manifest.json"], "into what is compared"),
        (["--csv", table, "--markdown", tmp_path], "is a folder"),
        (["--csv", table, "--latex", predictions / "a.tex"], "would be written into what is compared"),
    ):
        assert message in refused("compare", run, predictions, *words).err
    assert "Name a second system" in refused("compare", run, "--figure", tmp_path / "a.png").err
    assert predictions.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == held


def test_all_files_are_written_or_none(
    runs: Path, ccrs: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DataError("no space")

    monkeypatch.setattr("ccrs.cli.compare.draw_differences", full)
    old = tmp_path / "a.csv"
    old.write_text("old", encoding="utf-8")
    both = runs / "one", runs / "other"
    ended = ccrs("compare", *both, "--csv", old, "--json", tmp_path / "a", "--figure", tmp_path / "b")
    assert (ended.code, old.read_text(encoding="utf-8"), list(tmp_path.iterdir())) == (2, "old", [old])


def test_the_papers_figures_stand_beside_on_its_data(
    runs: Path, predictions: Path, ccrs: Command, tmp_path: Path
) -> None:
    catalogue, triples = small_catalogue()
    dialogues = small_dialogues(catalogue)
    write_prepared(
        tmp_path / "redial",
        dataset="redial",
        licence="none",
        catalogue=catalogue,
        triples=triples,
        dialogues=dialogues,
    )
    both = f"KBRD={predictions}", f"CCRS+={predictions}"
    lines = ccrs("compare", *both, "--data", tmp_path / "redial").out.splitlines()
    (header,) = [line for line in lines if "HR@10 printed" in line]
    assert header.endswith("HR@50 printed")
    (kbrd,) = [line for line in lines if line.startswith("KBRD ") and "±" in line]
    (ours,) = [line for line in lines if line.startswith("CCRS+ ") and "±" in line]
    assert kbrd.endswith("0.1520         0.3326")
    assert "0.3841" not in ours
    assert "printed" not in ccrs("compare", *both, "--data", runs / "data").out
    popular = small_config(name="popularity", objective="plain", epochs=0)
    train_quietly(
        popular.model_copy(update={"title": "Popularity"}), load_corpus(tmp_path / "redial"), tmp_path / "run"
    )
    lines = ccrs("compare", tmp_path / "run").out.splitlines()
    (line,) = [line for line in lines if line.startswith("Popularity ") and "±" in line]
    assert line.endswith("0.0647         0.1768")


@given(st.lists(st.text(max_size=40), max_size=5))
def test_no_text_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")
    with pytest.raises(DataError):
        read_predictions(path, {"f1"})


ITEMS = [f"f{number}" for number in range(8)]
ANSWERS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
    st.tuples(
        st.permutations(ITEMS).flatmap(lambda items: st.integers(0, 8).map(lambda n: list(items)[:n])),
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    ),
    min_size=1,
    max_size=6,
)


@given(ANSWERS, st.booleans(), st.booleans())
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    answers: dict[str, tuple[list[str], str | None]],
    marked: bool,
    escaped: bool,
) -> None:
    path = tmp_path_factory.getbasetemp() / "valid.jsonl"
    lines = [
        json.dumps({"sample": sample, "items": items, "reply": reply}, ensure_ascii=escaped) + "\n"
        for sample, (items, reply) in answers.items()
    ]
    path.write_bytes((b"\xef\xbb\xbf" if marked else b"") + "".join(lines).encode())
    found = read_predictions(path, set(ITEMS))
    assert {sample: (list(one.items), one.reply) for sample, one in found.items()} == answers
    assert list(found) == list(answers)
    for sample, (items, _) in answers.items():
        assert [found[sample].rank_of(item) for item in items] == list(range(1, len(items) + 1))
        assert all(found[sample].rank_of(item) is None for item in set(ITEMS) - set(items))


@given(ANSWERS, st.data())
def test_a_doubled_sample_or_item_is_found_wherever_it_stands(
    tmp_path_factory: pytest.TempPathFactory,
    answers: dict[str, tuple[list[str], str | None]],
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.getbasetemp() / "doubled.jsonl"
    rows = [{"sample": sample, "items": items} for sample, (items, _) in answers.items()]
    copied = data.draw(st.integers(0, len(rows) - 1))
    where = data.draw(st.integers(copied + 1, len(rows)))
    rows.insert(where, rows[copied])
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(DataError, match=rf":{where + 1}: sample .* stands already in line {copied + 1}"):
        read_predictions(path, set(ITEMS))


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

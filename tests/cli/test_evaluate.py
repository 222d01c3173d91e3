"""``ccrs evaluate``: the table, the JSON contract, predictions, and dialogues the run has never seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ccrs.artifacts.run import load_run
from ccrs.core.dialogue import Dialogue
from ccrs.data.prepared import load_prepared
from ccrs.data.readers.jsonl import write_dialogues
from tests.cli.conftest import Command
from tests.fixtures.redial_files import RECOMMENDER, Record
from tests.fixtures.tiny_run import TinyRun

TOP = {"dataset", "split", "folds", "protocol", "signature", "num_users", "num_samples"}
ROWS = {"metrics", "unadapted", "popularity", "plain"}
BLOCKS = {"all", "novel", "new_to_user", "with_support", "without_support"}
METRICS = {f"{name}@{k}" for name in ("hr", "mrr", "ndcg") for k in (1, 10, 50)}


@pytest.fixture(scope="module")
def test_dialogues(tiny: TinyRun) -> list[Dialogue]:
    """All dialogues of the tiny run's test users."""
    tested = set(load_run(tiny.run).data.test)
    return [dialogue for dialogue in load_prepared(tiny.data).dialogues if dialogue.user in tested]


def test_json_is_one_object_with_the_keys_of_the_contract(ccrs: Command, tiny: TinyRun) -> None:
    ended = ccrs("evaluate", tiny.run, "--json", "-")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.count("\n") == 1
    report = json.loads(ended.out)
    assert report.keys() >= TOP | ROWS
    assert (report["dataset"], report["split"], report["folds"], report["protocol"]) == (
        "simulated",
        "test",
        1,
        "official",
    )
    assert report["plain"] is None
    for row in ROWS - {"plain"}:
        assert report[row].keys() >= BLOCKS | {"by_support", "order"}
        assert report[row]["order"] == "chronological"
        assert report[row]["all"]["n"] == report["num_samples"]
        for block in (report[row]["all"], report[row]["novel"]):
            assert block.keys() >= {"n"} | METRICS | {f"{metric}_ci95" for metric in METRICS}
            low, high = block["hr@50_ci95"]
            assert 0 <= low <= block["hr@50"] <= high <= 1


def test_a_table_for_people(ccrs: Command, tiny: TinyRun) -> None:
    ended = ccrs("evaluate", tiny.run, "--split", "validation", "--order", "random")
    assert ended.code == 0
    assert ended.err == ""
    for part in ("popularity", "unadapted", "adapted - unadapted", "split=validation", "order=random"):
        assert part in ended.out
    assert "(published)" not in ended.out  # figures on ReDial say nothing about other data


def test_a_report_and_predictions_as_files(ccrs: Command, tiny: TinyRun, tmp_path: Path) -> None:
    report_file, predictions_file = tmp_path / "report.json", tmp_path / "predictions.jsonl"
    ended = ccrs("evaluate", tiny.run, "--json", report_file, "--save-predictions", predictions_file)
    assert ended.code == 0
    assert str(report_file) in ended.err
    report = json.loads(report_file.read_text(encoding="utf-8"))
    predictions = [json.loads(line) for line in predictions_file.read_text(encoding="utf-8").splitlines()]
    assert len(predictions) == report["num_samples"]
    assert len({line["sample"] for line in predictions}) == len(predictions)
    catalogue = load_prepared(tiny.data).catalogue
    items = {item.id for item in catalogue.items}
    for line in predictions:
        assert line.keys() == {"sample", "items"}
        assert len(line["items"]) == len(set(line["items"])) == 50
        assert items >= set(line["items"])
    # Hits counted from the file are those of the report.
    targets = recommended(load_prepared(tiny.data).dialogues)
    hits = [targets[line["sample"]] in line["items"][:10] for line in predictions]
    assert sum(hits) / len(hits) == pytest.approx(report["metrics"]["all"]["hr@10"])


def recommended(dialogues: tuple[Dialogue, ...]) -> dict[str, str]:
    """The item of each sample; in the simulated dialogues a message recommends one."""
    found = {}
    for dialogue in dialogues:
        for number, message in enumerate(dialogue.messages):
            for mention in message.mentions:
                if message.speaker == "recommender" and mention.marked:
                    found[f"{dialogue.id}:{number}:0"] = mention.entity
    return found


def test_a_plain_run_to_compare_with_must_have_the_same_data(
    ccrs: Command, refused: Command, smallest: TinyRun, tmp_path: Path
) -> None:
    report = json.loads(ccrs("evaluate", smallest.run, "--plain", smallest.run, "--json", "-").out)
    # A run as its own plain one is the unadapted row.
    assert report["plain"]["all"] == report["unadapted"]["all"]
    assert "there is no such run" in refused("evaluate", smallest.run, "--plain", tmp_path / "none").err


def test_own_dialogues_never_seen_give_what_they_gave_as_test_part(
    ccrs: Command, tiny: TinyRun, test_dialogues: list[Dialogue], tmp_path: Path
) -> None:
    path = tmp_path / "more.jsonl"
    write_dialogues(path, test_dialogues)
    known = json.loads(ccrs("evaluate", tiny.run, "--json", "-").out)
    ended = ccrs("evaluate", tiny.run, "--dialogues", path, "--json", "-")
    assert ended.err == ""
    foreign = json.loads(ended.out)
    assert (foreign["dataset"], foreign["split"]) == ("more.jsonl", "all users")
    for row in ("metrics", "unadapted"):
        for block in ("all", "with_support"):
            for metric in METRICS:
                assert foreign[row][block][metric] == pytest.approx(known[row][block][metric], abs=1e-6)


def conversations(run: Path) -> tuple[list[Record], int]:
    """Two seekers in ReDial's form, with other movie ids than the run's; how many films are unknown to it."""
    first, second = load_run(run).catalogue.items[:2]
    movies = {"1": first.title, "2": second.title, "3": "A Film Nobody Made (1931)"}
    found: list[Record] = []
    for number in range(6):
        seeker = number % 2
        texts = [(seeker, "I like @1"), (RECOMMENDER, "Try @2"), (RECOMMENDER, "Or @3"), (seeker, "Thanks")]
        messages = [
            {"messageId": 10 * number + place, "timeOffset": 0, "senderWorkerId": worker, "text": text}
            for place, (worker, text) in enumerate(texts)
        ]
        found.append(
            {
                "conversationId": number,
                "initiatorWorkerId": seeker,
                "respondentWorkerId": RECOMMENDER,
                "movieMentions": movies,
                "initiatorQuestions": [],
                "respondentQuestions": {},
                "messages": messages,
            }
        )
    return found, 4  # of three dialogues of a seeker one is support and two are query


def write_lines(path: Path, values: list[Any]) -> Path:
    path.write_text("\n" + "".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def test_redials_form_is_known_by_its_titles_and_films_outside_are_counted(
    ccrs: Command, tiny: TinyRun, tmp_path: Path
) -> None:
    values, outside = conversations(tiny.run)
    path = write_lines(tmp_path / "redial.jsonl", values)
    predictions = tmp_path / "predictions.jsonl"
    ended = ccrs("evaluate", tiny.run, "--dialogues", path, "--json", "-", "--save-predictions", predictions)
    assert ended.code == 0
    assert f"{outside} samples recommend an item outside the run's catalogue" in ended.err
    report = json.loads(ended.out)
    assert (report["num_users"], report["num_samples"]) == (2, 8)
    assert report["metrics"]["with_support"]["n"] == 8
    # Misses are misses however long the list: at most the four known ones can be hit.
    assert report["metrics"]["all"]["hr@50"] <= 0.5
    assert len(predictions.read_text(encoding="utf-8").splitlines()) == 8


def test_broken_foreign_dialogues(ccrs: Command, refused: Command, tiny: TinyRun, tmp_path: Path) -> None:
    values, _ = conversations(tiny.run)
    del values[2]["messages"]
    path = write_lines(tmp_path / "redial.jsonl", values)
    ended = refused("evaluate", tiny.run, "--dialogues", path)
    assert "redial.jsonl:4: key 'messages' is missing" in ended.err
    lenient = ccrs("evaluate", tiny.run, "--dialogues", path, "--lenient", "--json", "-")
    assert lenient.code == 0
    assert json.loads(lenient.out)["num_samples"] == 6  # of two and three dialogues, one is support
    assert "1 dialogues skipped: missing key" in lenient.err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "holds no dialogues"),
        ("{", "foreign.jsonl:1: is not valid JSON"),
        ('{"id": "d", "user": "u", "messages": []}', "foreign.jsonl:1: the dialogue has no messages"),
        (
            '{"id": "d", "user": "u", "messages": [{"speaker": "seeker", "text": "hi"}]}',
            "There is nothing to judge: no recommender message of these users names an item",
        ),
    ],
)
def test_foreign_dialogues_that_cannot_be_judged(
    text: str, expected: str, refused: Command, smallest: TinyRun, tmp_path: Path
) -> None:
    path = tmp_path / "foreign.jsonl"
    path.write_text(text, encoding="utf-8")
    assert expected in refused("evaluate", smallest.run, "--dialogues", path).err


def test_foreign_dialogues_that_are_not_there(refused: Command, smallest: TinyRun, tmp_path: Path) -> None:
    ended = refused("evaluate", smallest.run, "--dialogues", tmp_path / "none.jsonl")
    assert "none.jsonl: cannot be read" in ended.err

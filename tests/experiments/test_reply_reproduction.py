"""Rows that talk in a plan: recommenders come first and are shared, what is done is skipped, tables have all forms."""

from __future__ import annotations

import csv
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccrs.artifacts.files import MANIFEST
from ccrs.core.errors import CcrsError, ConfigError, DataError
from ccrs.evaluation.published import PAPER_REDIAL_REPLIES
from ccrs.evaluation.reply_comparison import RepliesRow, compare_replies
from ccrs.evaluation.reply_tables import CONSTANT, HUMAN, RETRIEVED
from ccrs.evaluation.significance import RESAMPLES
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.evaluate_replies import evaluate_replies
from ccrs.experiments.reproduction.plan import SEED_STEP, Plan, load_plan
from ccrs.experiments.reproduction.reply_outcomes import load_talk, save_talk
from ccrs.experiments.reproduction.reply_tables import write_reply_table
from ccrs.experiments.reproduction.reply_units import (
    QUICK_USERS,
    ReplyUnit,
    reply_units_of,
    talk_file,
    with_recommenders,
)
from ccrs.experiments.reproduction.running import run_units
from ccrs.experiments.reproduction.timing import Forecast
from ccrs.training.tracking import Tracker
from tests.fixtures.reply_plan import PLAN, RECOMMENDER, RESPONDER, write_reply_plan
from tests.fixtures.tiny_responder import write_talk


@dataclass(frozen=True)
class Done:
    """A plan whose rows were run with their runs kept."""

    plan: Plan
    units: list[ReplyUnit]
    corpus: Corpus
    out: Path
    said: list[str]


def planned(path: Path, *keys: str, quick: bool = False) -> tuple[Plan, list[ReplyUnit]]:
    plan = load_plan(path)
    return plan, reply_units_of(plan, path.parent, quick=quick, keys=keys or None)


def run(
    units: list[ReplyUnit], corpus: Corpus, out: Path, *, keep: bool = False, processes: int = 1
) -> list[str]:
    said: list[str] = []
    work = with_recommenders(units)
    run_units(work, corpus.path, out, processes=processes, keep=keep, announce=said.append)
    return said


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_talk(tmp_path_factory.mktemp("talk") / "data")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, corpus: Corpus) -> Done:
    """Only tables may be written into it."""
    folder = tmp_path_factory.mktemp("done")
    plan, units = planned(write_reply_plan(folder))
    said = run(units, corpus, folder / "out", keep=True)
    return Done(plan, units, corpus, folder / "out", said)


def test_a_recommender_stands_before_all_that_share_it(tmp_path: Path) -> None:
    more = PLAN + PLAN[PLAN.rindex("[[replies]]") :].replace("ccrs", "other").replace(
        '"CCRS"\nc', '"Other"\nc'
    )
    text = more + 'recommender_overrides = ["training.epochs=2"]\nseed = 1\n'
    plan, units = planned(write_reply_plan(tmp_path, text))
    names = [work.name for work in with_recommenders(units)]
    assert [name.split("-")[0] for name in names] == [
        "replies/recommenders/ccrs",
        "replies/kbrd",
        "replies/ccrs",
        "replies/recommenders/ccrs",
        "replies/other",
    ]
    assert [unit.after for unit in units] == [names[0], names[0], names[3]]
    assert plan.tables == ["main", "replies"]
    last = units[2]
    assert (last.recommender.data.protocol, last.recommender.data.fold) == ("folds", 0)
    assert last.recommender.training.seed == last.config.training.seed == SEED_STEP
    assert last.recommender.training.epochs == 2
    assert [unit.config.title for unit in units] == ["KBRD", "CCRS", "Other"]
    assert [unit.with_beside for unit in units] == [False, True, False]


def test_a_rehearsal_is_short(tmp_path: Path) -> None:
    text = PLAN.replace('title = "Replies"', 'title = "Replies"\nfold = 3\nnum_users = 50')
    path = write_reply_plan(tmp_path, text)
    (tmp_path / "responder.toml").write_text(RESPONDER.replace("epochs = 1", "epochs = 9"), encoding="utf-8")
    _, (unit, _) = planned(path, quick=True)
    assert (unit.config.training.epochs, unit.config.selector_training.epochs) == (2, 2)
    assert unit.recommender.training.epochs == 1
    assert unit.num_users == QUICK_USERS
    _, (whole, _) = planned(path)
    assert (whole.config.training.epochs, whole.num_users, whole.recommender.data.fold) == (9, 50, 3)
    assert whole.config.training.seed == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('key = "kbrd"', 'key = "ccrs"', r"replies 'ccrs' stands twice"),
        ('title = "KBRD"', 'title = "CCRS\\+"', r"rows of replies would be called 'CCRS\+'"),
        ('baseline = "ccrs"', 'baseline = "kgsf"', r"its baseline 'kgsf' is none of the \[\[replies\]\]"),
        ('title = "Replies"', 'title = "Replies"\nkey = "main"', r"its key 'main' is that of a group"),
        ('title = "Replies"', 'title = "Replies"\nfold = 5', r"reply_table\.fold.*less than 5"),
        ("model.customization", "model.customisation", r"replies 'kbrd': .*\n.*did you mean 'customization'"),
        ('recommender = "recommender.toml"', 'recommender = "no.toml"', r"no\.toml: cannot be read"),
        (
            'config = "responder.toml"',
            'config = "recommender.toml"',
            r"recommender\.toml trains no responder",
        ),
        ('published = "KBRD"', 'published = "KBRT"', r"the paper has no row 'KBRT'; it has: ReDial, KBRD"),
        ('[reply_table]\ntitle = "Replies"\nbaseline = "ccrs"\n', "", r"there are \[\[replies\]\], but no"),
    ],
)
def test_a_plan_with_a_fault(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in PLAN
    with pytest.raises(ConfigError, match=message):
        load_plan(write_reply_plan(tmp_path, PLAN.replace(old, new.replace("\\+", "+"), 1)))


def test_faults_are_told_together(tmp_path: Path) -> None:
    text = PLAN.replace('baseline = "ccrs"', 'baseline = "kgsf"').replace("recommender.toml", "no.toml")
    with pytest.raises(ConfigError, match=r"3 fault\(s\) in the plan"):
        load_plan(write_reply_plan(tmp_path, text))


def test_what_was_said_is_kept_and_measured_as_evaluate_does(done: Done) -> None:
    assert done.said[0] == "3 trainings in the plan, 0 done before"
    assert [line.split()[3] for line in done.said[1:]] == [w.name for w in with_recommenders(done.units)]
    kbrd, ccrs = (load_talk(talk_file(done.out, unit)) for unit in done.units)
    assert list(kbrd.rows) == [""]
    assert kbrd.beside == {}
    assert list(ccrs.rows) == ["", "+"]
    assert {HUMAN, CONSTANT, RETRIEVED} < set(ccrs.beside)
    (folder,) = (done.out / "runs" / done.units[1].name).iterdir()
    found = evaluate_replies(folder, data=done.corpus.path, resamples=RESAMPLES)
    for title, row in (("CCRS", ccrs.rows[""]), ("CCRS+", ccrs.rows["+"]), (HUMAN, ccrs.beside[HUMAN])):
        assert list(row.replies) == found.rows[title]
        assert row.report == {key: found.report["rows"][title][key] for key in row.report}
        assert row.report.keys() >= {"bleu_4", "f1", "copied", "distinct_chars_per_reply_2"}
    assert ccrs.rows[""].report["perplexity_per_word"] is not None
    assert ccrs.signature["recommender"] == "Small"
    assert ccrs.signature["data"] == f"talk@{done.corpus.manifest.checksum[:8]}"
    assert kbrd.signature["responder_config"] != ccrs.signature["responder_config"]


def test_outcomes_come_back_as_they_were(tmp_path: Path, done: Done) -> None:
    found = load_talk(talk_file(done.out, done.units[1]))
    save_talk(tmp_path / "copy.json", found)
    assert load_talk(tmp_path / "copy.json") == found
    (tmp_path / "copy.json").write_text('{"turns": {"user": ["u"]}, "rows": {"": {}}}', encoding="utf-8")
    with pytest.raises(DataError, match=r"copy\.json: is not a judged responder .* Remove it"):
        load_talk(tmp_path / "copy.json")


@pytest.mark.slow
def test_what_is_done_is_not_done_again_and_runs_are_removed(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, out = write_reply_plan(tmp_path), tmp_path / "out"
    _, units = planned(path)
    trained: list[int] = []
    begin = Tracker.start_epoch

    def start(self: Tracker, number: int, steps: int) -> None:
        trained.append(number)
        begin(self, number, steps)

    class Stopped(BaseException):
        """The process ends here."""

    def stop(line: str) -> None:
        if "replies/kbrd" in line:
            raise Stopped

    with pytest.raises(Stopped):  # when the first of two is judged
        run_units(with_recommenders(units), corpus.path, out, processes=1, keep=False, announce=stop)
    assert talk_file(out, units[0]).exists()
    assert (out / "runs" / units[0].after / MANIFEST).exists()  # the other row waits for it
    assert not (out / "runs" / units[0].name).exists()
    monkeypatch.setattr(Tracker, "start_epoch", start)
    said = run(units, corpus, out)
    assert said[0] == "3 trainings in the plan, 2 done before"
    assert len(trained) == 2  # an epoch of the responder, one of its selector
    assert not [path for path in (out / "runs").rglob("*") if path.is_file()]
    first = load_talk(talk_file(out, units[1]))
    assert run(units, corpus, out) == ["3 trainings in the plan, 3 done before"]
    assert len(trained) == 2
    talk_file(out, units[1]).unlink()  # its recommender is gone as well
    assert run(units, corpus, out)[0] == "3 trainings in the plan, 1 done before"
    again = load_talk(talk_file(out, units[1]))
    assert dataclasses.replace(again, seconds=first.seconds) == first


def test_a_killed_training_goes_on(tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out = write_reply_plan(tmp_path), tmp_path / "out"
    (tmp_path / "responder.toml").write_text(
        RESPONDER.replace("epochs = 1", "epochs = 3", 1), encoding="utf-8"
    )
    _, units = planned(path, "kbrd")
    begin = Tracker.start_epoch
    begun: list[int] = []

    class Killed(BaseException):
        """The process ends here."""

    def start(self: Tracker, number: int, steps: int) -> None:
        begun.append(number)
        if len(begun) == 4:  # after one epoch of the recommender and two of the responder
            raise Killed
        begin(self, number, steps)

    monkeypatch.setattr(Tracker, "start_epoch", start)
    with pytest.raises(Killed):
        run(units, corpus, out)
    run(units, corpus, out)
    assert begun == [1, 1, 2, 3, 3]
    assert talk_file(out, units[0]).exists()


@pytest.mark.parametrize(
    ("name", "old", "text"),
    [
        ("responder.toml", "learning_rate = 0.02", RESPONDER),
        ("recommender.toml", "learning_rate = 0.02", RECOMMENDER),
    ],
)
def test_outcomes_of_another_configuration_are_refused(
    done: Done, name: str, old: str, text: str, tmp_path: Path
) -> None:
    path = write_reply_plan(tmp_path)
    (tmp_path / name).write_text(text.replace(old, "learning_rate = 0.03"), encoding="utf-8")
    _, changed = planned(path)
    with pytest.raises(ConfigError, match=r"kbrd\.json: was made with another configuration.*'kbrd'"):
        run(changed, done.corpus, done.out)
    few = write_reply_plan(tmp_path, PLAN.replace('title = "Replies"', 'title = "Replies"\nnum_users = 2'))
    plan, fewer = planned(few)
    with pytest.raises(ConfigError, match=r"kbrd\.json: was made with another configuration"):
        write_reply_table(plan, fewer, done.corpus.path, done.out, quick=False)


def test_a_new_title_changes_nothing_but_itself(done: Done, tmp_path: Path) -> None:
    path = write_reply_plan(tmp_path, PLAN.replace('title = "CCRS"', 'title = "Ours"'))
    plan, units = planned(path)
    assert run(units, done.corpus, done.out) == ["3 trainings in the plan, 3 done before"]
    written = write_reply_table(plan, units, done.corpus.path, done.out, quick=False)
    assert written is not None
    assert "Ours+" in written.text
    assert "CCRS" not in written.text


def test_the_table_has_all_forms_and_the_paper_beside(done: Done) -> None:
    written = write_reply_table(done.plan, done.units, done.corpus.path, done.out, quick=False)
    assert written is not None
    assert written.missing == ()
    assert [path.name for path in written.files] == [
        f"replies.{end}" for end in ("md", "csv", "tex", "json", "png")
    ]
    whole = json.loads((done.out / "replies.json").read_text(encoding="utf-8"))
    names = [row["model"] for row in whole["rows"]]
    assert names[:4] == ["KBRD", "CCRS", "CCRS+", HUMAN]
    assert whole["baseline"] == "CCRS"
    by_name = {row["model"]: row for row in whole["rows"]}
    talk = load_talk(talk_file(done.out, done.units[1]))
    assert by_name["CCRS"]["report"] == talk.rows[""].report
    assert by_name["CCRS"]["printed"] == PAPER_REDIAL_REPLIES["CCRS"]
    assert by_name["CCRS+"]["printed"] == {}
    difference = by_name["KBRD"]["baseline_minus_this"]["f1"]["difference"]
    expected = talk.rows[""].report["f1"] - by_name["KBRD"]["report"]["f1"]
    assert difference == pytest.approx(expected)
    assert by_name["CCRS"]["baseline_minus_this"] == by_name[HUMAN]["baseline_minus_this"] == {}
    page = (done.out / "replies.md").read_text(encoding="utf-8")
    for text in (
        "BLEU printed",
        "2.386",
        ".267",
        "1.924",
        "chars 2/reply",
        "CCRS minus",
        "the paper does not say",
    ):
        assert text in page, text
        assert text in written.text, text
    assert f"talk@{done.corpus.manifest.checksum[:8]}" in page
    with (done.out / "replies.csv").open(encoding="utf-8", newline="") as stream:
        rows = {(row["model"], row["metric"]): row for row in csv.DictReader(stream)}
    assert float(rows["CCRS", "f1"]["printed"]) == 0.267
    assert float(rows["KBRD", "f1"]["difference"]) == pytest.approx(expected, abs=1e-6)
    assert rows["CCRS", "bleu_4"]["printed"] == ""
    assert float(rows["CCRS", "bleu_printed"]["printed"]) == 2.386
    latex = (done.out / "replies.tex").read_text(encoding="utf-8")
    assert latex.count("\\\\") == 1 + len(names)
    assert "\\textbf" not in latex
    assert (done.out / "replies.png").read_bytes().startswith(b"\x89PNG")


def test_a_table_without_its_baseline_and_one_with_rows_missing(done: Done, tmp_path: Path) -> None:
    for unit, others in ((done.units[0], []), (done.units[1], ["KBRD"])):
        out = tmp_path / unit.row.key
        talk_file(out, unit).parent.mkdir(parents=True)
        talk_file(out, unit).write_bytes(talk_file(done.out, unit).read_bytes())
        written = write_reply_table(done.plan, done.units, done.corpus.path, out, quick=True)
        if not others:
            assert written is None
            continue
        assert written is not None
        assert written.missing == ("KBRD",)
        assert "REHEARSAL" in written.text
    table = done.plan.reply_table
    assert table is not None
    other = done.plan.model_copy(update={"reply_table": table.model_copy(update={"baseline": "kbrd"})})
    written = write_reply_table(other, done.units, done.corpus.path, done.out, quick=False)
    assert written is not None
    assert "another baseline" in written.missing[0]
    assert HUMAN not in written.text


@pytest.mark.slow
def test_two_processes_wait_for_the_recommender(tmp_path: Path, corpus: Corpus, done: Done) -> None:
    _, units = planned(write_reply_plan(tmp_path))
    said = run(units, corpus, tmp_path / "out", processes=2)
    assert said[1].split()[3] == units[0].after
    for unit, other in zip(units, done.units, strict=True):
        mine, theirs = (
            load_talk(talk_file(out, unit)) for out, unit in ((tmp_path / "out", unit), (done.out, other))
        )
        assert mine.fingerprint == theirs.fingerprint
        assert len(mine.rows[""].replies) == len(theirs.rows[""].replies)
    assert not [path for path in (tmp_path / "out" / "runs").rglob("*") if path.is_file()]


def test_the_time_left_of_a_responder_comes_from_responders(tmp_path: Path) -> None:
    _, units = planned(write_reply_plan(tmp_path))
    recommender, kbrd, ccrs = with_recommenders(units)
    forecast = Forecast([recommender, kbrd, ccrs], {recommender.name: 10.0})
    assert forecast.seconds_left() == 20
    forecast.told(kbrd, 300.0, 1)
    assert forecast.seconds_left() == 300


def test_the_users_of_the_fold_are_judged(done: Done) -> None:
    corpus = load_corpus(done.corpus.path)
    talk = load_talk(talk_file(done.out, done.units[0]))
    tasks = divide(corpus, done.units[0].recommender.data).test
    assert {one.user for one in talk.rows[""].replies} == {corpus.table.users[task.user] for task in tasks}


def test_rows_of_other_turns_or_of_one_name_are_not_compared(done: Done) -> None:
    talk = load_talk(talk_file(done.out, done.units[1]))
    row = RepliesRow("a", talk.rows[""].replies, talk.rows[""].report)
    shorter = RepliesRow("b", talk.rows["+"].replies[1:], talk.rows["+"].report)
    with pytest.raises(CcrsError, match="cannot be paired"):
        compare_replies([row, shorter], baseline="a")
    with pytest.raises(CcrsError, match="called 'a'"):
        compare_replies([row, row], baseline="a")
    with pytest.raises(CcrsError, match="none of a"):
        compare_replies([row], baseline="c")

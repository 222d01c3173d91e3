"""``ccrs reproduce`` with rows that talk: which tables and rows, a rehearsal, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.reply_plan import PLAN, write_reply_plan
from tests.fixtures.tiny_responder import write_talk

Command = Callable[..., Any]


@dataclass(frozen=True)
class Place:
    """Where data and plan lie."""

    data: Path
    plan: Path

    def given(self, out: Path, *more: str) -> tuple[str | Path, ...]:
        """The arguments of the command."""
        return ("reproduce", self.plan, "--data", self.data, "--out", out, *more)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("plan")
    write_talk(folder / "data")
    return Place(folder / "data", write_reply_plan(folder))


def test_a_rehearsal_of_both_tables(tmp_path: Path, place: Place, ccrs: Command) -> None:
    ended = ccrs(*place.given(tmp_path, "--quick", "--table", "main", "--table", "replies"))
    assert ended.code == 0, ended.err
    assert ended.err.count("left: about") == 4
    assert "4 trainings in the plan, 0 done before" in ended.err
    for title in ("Main", "Replies"):
        assert f"{title} (REHEARSAL: two epochs" in ended.out
    assert {path.name for path in tmp_path.iterdir()} >= {"main.md", "replies.md", "replies.png", "outcomes"}
    assert not [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    refused = ccrs(*place.given(tmp_path, "--tables-only", "--table", "replies"))
    assert refused.code == 2  # a rehearsal is no result
    assert "kbrd.json: was made with another configuration" in refused.err
    again = ccrs(*place.given(tmp_path, "--quick", "--tables-only", "--table", "replies"))
    assert again.code == 0
    assert again.out.strip() == ended.out[ended.out.index("Replies (REHEARSAL") :].strip()


def test_one_row_and_its_run_kept(tmp_path: Path, place: Place, ccrs: Command) -> None:
    ended = ccrs(*place.given(tmp_path, "--table", "replies", "--row", "kbrd", "--keep-runs"))
    assert ended.code == 0, ended.err
    assert "2 trainings in the plan, 0 done before" in ended.err
    assert "table replies: its baseline is not complete yet" in ended.err
    (talk,) = (tmp_path / "runs" / "replies" / "kbrd").iterdir()
    (recommender,) = (tmp_path / "runs" / "replies" / "recommenders").iterdir()
    assert ccrs("evaluate", talk, "--no-replies").code == 0
    assert ccrs("evaluate", recommender).code == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--table", "reply"), "--table reply: is not in the plan; it has: main, replies"),
        (("--row", "kgsf"), "--row kgsf: is not in the plan; it has: popularity, kbrd, ccrs"),
    ],
)
def test_a_table_or_row_that_is_not_there(
    tmp_path: Path, place: Place, refused: Command, given: tuple[str, ...], message: str
) -> None:
    assert message in refused(*place.given(tmp_path, *given)).err


def test_a_plan_without_replies(tmp_path: Path, place: Place, ccrs: Command) -> None:
    plan = write_reply_plan(tmp_path / "plan", PLAN[: PLAN.index("[reply_table]")])
    ended = ccrs("reproduce", plan, "--data", place.data, "--out", tmp_path / "out")
    assert ended.code == 0, ended.err
    assert "1 trainings in the plan" in ended.err
    assert not list((tmp_path / "out").glob("replies*"))

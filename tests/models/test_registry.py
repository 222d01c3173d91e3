"""A row of the registry comes with everything a person needs to use it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ccrs.cli.models import HEADER, rows
from ccrs.core.errors import ConfigError
from ccrs.evaluation.tables import markdown
from ccrs.experiments.config import load_config
from ccrs.experiments.reproduction.plan import load_plan
from ccrs.experiments.reproduction.units import units_of
from ccrs.models.registry import OWN, all_models, model_row
from tests.conftest import PROJECT
from tests.models.test_conformance import CASES

CONFIGS = {path: load_config(path) for path in sorted((PROJECT / "configs" / "recommender").glob("*.toml"))}
PLANS = sorted((PROJECT / "configs" / "reproduce").glob("*.toml"))


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_row_has_a_configuration_a_conformance_case_and_a_line_in_a_table(name: str) -> None:
    mine = {path.name for path, config in CONFIGS.items() if config.name == name}
    assert mine, f"no file of configs/recommender trains {name!r}"
    assert any(case.name == name for case in CASES.values())
    planned = {
        row["config"].rpartition("/")[2]
        for plan in PLANS
        for row in tomllib.loads(plan.read_text(encoding="utf-8"))["rows"]
    }
    assert mine & planned, f"no plan of configs/reproduce has a row of {name!r}"


def test_the_page_of_models_is_what_the_command_prints() -> None:
    """Made anew by: ccrs models --markdown."""
    assert markdown(HEADER, rows()) in (PROJECT / "docs" / "models.md").read_text(encoding="utf-8")


def test_a_model_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"no such model; known: .*ccrs.*popularity"):
        model_row("nothing")
    assert all_models().keys() >= OWN.keys()


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_a_committed_plan_can_be_read(path: Path) -> None:
    plan = load_plan(path)
    found = units_of(plan, path.parent, [group.key for group in plan.groups])
    assert {unit.row.key for unit in found} == {row.key for row in plan.rows}
    official = [unit for unit in found if plan.group(unit.row.group).protocol == "official"]
    assert all(unit.fold == 0 and unit.config.data.protocol == "official" for unit in official)

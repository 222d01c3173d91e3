"""``docs/security.md`` names only tests that exist, and every setting and test of safety it should."""

from __future__ import annotations

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
PAGE = (REPOSITORY / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "| Test |" not in line]


def names_in(path: Path) -> set[str]:
    """The names of a file's test functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_threat_names_a_test_that_exists() -> None:
    assert len(ROWS) >= 40
    for row in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert len(named) == 1, row
        path, name = named[0]
        assert name in names_in(REPOSITORY / path), f"{path}::{name} is named but is not there"


def test_no_test_is_named_twice() -> None:
    named = re.findall(r"::(test_\w+)`", PAGE)
    assert len(named) == len(set(named))

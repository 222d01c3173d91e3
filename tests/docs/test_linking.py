"""``docs/linking.md`` says what happens: its example runs and prints what stands below it."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "linking.md"


def test_the_example_prints_what_the_page_says() -> None:
    found = re.search(
        r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(found[1], {})  # noqa: S102 - a page of this repository
    assert printed.getvalue() == found[2]

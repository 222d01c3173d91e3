"""A measurement in a process of its own, whose peak of memory is not that of the benchmarks around it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    """That of a process that runs one of our modules."""
    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    return {**os.environ, "PYTHONPATH": path}


def measured_apart(module: str, arguments: Sequence[str]) -> dict[str, float]:
    """What ``python -m module`` measures: the JSON object in the last line it prints."""
    # A process inherits the peak of the one that starts it, and ours is large: one in between forgets it.
    between = [sys.executable, "-c", "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"]
    result = subprocess.run(  # noqa: S603 - our own modules
        [*between, sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"{module} failed:\n{result.stderr[-2000:]}")
    measured: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return measured

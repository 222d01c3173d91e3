"""A process in which no file may grow beyond a size: ``python full_disk.py LIMIT COMMANDS.json``.

Runs each command line of the JSON list and prints its exit code and what it said, as JSON lines.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
import traceback
from pathlib import Path

import torch

from ccrs.cli.main import main


def run(command: list[str]) -> dict[str, object]:
    """One command in this process."""
    sys.argv = ["ccrs", *command]
    said = io.StringIO()
    code: object = None
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            main()
        except SystemExit as end:
            code = end.code
        except Exception:
            traceback.print_exc()
    return {"code": code, "err": said.getvalue()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    commands = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for one in commands:
        sys.__stdout__.write(json.dumps(run(one)) + "\n")  # type: ignore[union-attr]

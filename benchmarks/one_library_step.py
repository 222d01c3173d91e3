"""One KBRD step with the library's layer: ``python -m benchmarks.one_library_step DATA``.

Prints the seconds of processor time so far when the step begins, and again when it has ended: whoever started this may
stop it in between.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch

from benchmarks.library_convolution import library_steps
from ccrs.experiments.corpus import load_corpus


def main(arguments: list[str]) -> None:
    """One step on one thread."""
    (data,) = arguments
    torch.set_num_threads(1)
    steps = library_steps(load_corpus(Path(data)))
    print(time.process_time(), flush=True)
    steps(0)
    print(time.process_time(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

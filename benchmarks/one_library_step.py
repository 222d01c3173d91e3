"""One KBRD step with the library's layer: ``python -m benchmarks.one_library_step DATA``.

Prints the processor time so far when the step begins and again, with the peak of memory, when it has ended: whoever
started this may stop it in between.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import torch

from benchmarks.library_convolution import library_steps
from benchmarks.one_epoch import peak_memory
from ccrs.experiments.corpus import load_corpus


def main(arguments: list[str]) -> None:
    """One step on one thread."""
    (data,) = arguments
    torch.set_num_threads(1)
    steps = library_steps(load_corpus(Path(data)))
    print(json.dumps({"cpu": time.process_time()}), flush=True)
    steps(0)
    print(json.dumps({"cpu": time.process_time(), "peak": peak_memory()}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

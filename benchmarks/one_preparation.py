"""Prepares raw files and prints what it took.

``python -m benchmarks.one_preparation DIALOGUES ENTITIES TRIPLES OUT [--load]``
"""

from __future__ import annotations

import json
import sys
import time
from itertools import islice
from pathlib import Path

from benchmarks.one_epoch import peak_memory
from ccrs.data.graph_format import read_entities, read_triples
from ccrs.data.linking import Linker
from ccrs.data.linking_dialogues import link_dialogue
from ccrs.data.prepared import load_prepared
from ccrs.data.readers.jsonl import iterate_dialogues
from ccrs.experiments.prepare_own import prepare_own

LINKED = 1_000
"""Dialogues linked once more, for the share that linking has."""


def main(arguments: list[str]) -> None:
    """Prepare; then, not counted, do some of it again for the shares; with ``--load`` load what was prepared."""
    dialogues, entities, triples, out = map(Path, arguments[:4])
    before = peak_memory()
    wall, cpu = time.perf_counter(), time.process_time()
    manifest = prepare_own(dialogues, entities, triples, out)
    figures: dict[str, float] = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "imported": before,
        "peak": peak_memory(),
        **manifest.counts,
    }
    began = time.process_time()
    catalogue = read_entities(entities)
    read_triples(triples, catalogue)
    linker = Linker(catalogue)
    figures["graph"] = time.process_time() - began
    some = list(islice(iterate_dialogues(dialogues), LINKED))
    began = time.process_time()
    for dialogue in some:
        link_dialogue(dialogue, linker)
    figures["linking"] = (time.process_time() - began) / len(some) * manifest.counts["dialogues"]
    if "--load" in arguments:
        wall = time.perf_counter()
        load_prepared(out)
        figures |= {"load seconds": time.perf_counter() - wall, "load peak": peak_memory()}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])

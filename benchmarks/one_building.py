"""One graph built in this process: ``python -m benchmarks.one_building ENTITIES DUMP OUT HOPS`` prints its figures."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from ccrs.experiments.build_graph import GraphBuilding, build_graph

KILOBYTE = 1024  # the unit of ru_maxrss on Linux


def main() -> None:
    """Build as the command line says; seconds, peak memory in 10^9 bytes, triples."""
    entities, dump, out = map(Path, sys.argv[1:4])
    began = time.perf_counter()
    report = build_graph(entities, dump, out, building=GraphBuilding(hops=int(sys.argv[4])))
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE / 1e9
    print(json.dumps({"seconds": seconds, "gigabytes": peak, "triples": report.counts["triples"]}))


if __name__ == "__main__":
    main()

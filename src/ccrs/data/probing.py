"""The hop of films looked at by themselves, to ask what a user would follow from them."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ccrs.core.batch import Hop
from ccrs.core.graph import KnowledgeGraph
from ccrs.core.hops import entity_hop
from ccrs.core.samples import IntArray


def probe_hop(graph: KnowledgeGraph, films: IntArray) -> tuple[Hop, Tensor]:
    """One target a film, each for a user of its own (user i looks at ``films[i]``), and the sources' entities.

    The rows of the sources are the films, then the neighbours of all edges in the order of the edges.
    """
    return entity_hop(graph, films, users=np.arange(len(films), dtype=np.int64), shared=False)

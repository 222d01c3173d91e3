"""KECRS's recommender (Zhang et al. 2021): KBRD's, wider, on a graph made from TMDb.

The graph is a side graph of the prepared data (``graph.source``). What else KECRS adds, it adds to its dialogue model.
The original drops repeated targets; here every sample counts, as for all models.
"""

from __future__ import annotations

from pydantic import Field

from ccrs.models.baselines.kbrd import KBRDConfig


class KECRSConfig(KBRDConfig):
    """KBRD's recommender with KECRS's sizes."""

    embedding_size: int = Field(200, ge=1)
    num_bases: int = Field(10, ge=1)

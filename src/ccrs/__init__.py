"""ccrs: customized conversational recommendation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# A training step makes gradients of 100 MB and frees them. In small pages the system needs longer for fresh memory
# than the step takes; torch reads this when it first makes a tensor (Linux; elsewhere it changes nothing).
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

if TYPE_CHECKING:
    from ccrs.inference.recommend import Recommender as Recommender

__version__ = "0.1.0"
__all__ = ["Recommender", "__version__"]


def __getattr__(name: str) -> Any:
    """``ccrs.Recommender``, loaded when asked for: the floors below must not pull it in."""
    if name == "Recommender":
        from ccrs.inference.recommend import Recommender  # noqa: PLC0415 - see above

        return Recommender
    raise AttributeError(f"module 'ccrs' has no attribute {name!r}")

"""ccrs: customized conversational recommendation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# A training step makes gradients of 100 MB and frees them. In small pages the system needs longer for fresh memory
# than the step takes; torch reads this when it first makes a tensor (Linux; elsewhere it changes nothing).
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
# Threads that wait for others spin by default, and take the core from those they wait for wherever more threads than
# cores want to run (a second program is enough, or the backward pass beside the forward): then an epoch takes 5 to 50
# times as long. Read when torch is loaded, so ccrs has to be imported first, as its command does.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from ccrs.data.linking import Linker as Linker
    from ccrs.inference.recommend import Recommender as Recommender
    from ccrs.inference.talk import Talker as Talker

__version__ = "0.1.0"
__all__ = ["Recommender", "Talker", "__version__"]


def __getattr__(name: str) -> Any:
    """``ccrs.Recommender`` and ``ccrs.Talker``, loaded when asked for: the floors below must not pull them in."""
    if name == "Recommender":
        from ccrs.inference.recommend import Recommender  # noqa: PLC0415 - the floors below load none of it

        return Recommender
    if name == "Talker":
        from ccrs.inference.talk import Talker  # noqa: PLC0415 - the floors below load none of it

        return Talker
    if name == "Linker":
        from ccrs.data.linking import Linker  # noqa: PLC0415 - the floors below load none of it

        return Linker
    raise AttributeError(f"module 'ccrs' has no attribute {name!r}")

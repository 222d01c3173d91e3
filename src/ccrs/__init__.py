"""ccrs: customized conversational recommendation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

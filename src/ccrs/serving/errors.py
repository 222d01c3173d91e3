"""What can go wrong between a request and its answer, apart from bad input (``DataError``)."""

from __future__ import annotations

from ccrs.core.errors import CcrsError


class StoreError(CcrsError):
    """The store cannot be opened, read or written."""


class NotFound(CcrsError):  # noqa: N818 - the field's name for it
    """There is no such user, dialogue or item (of this tenant)."""


class Conflict(CcrsError):  # noqa: N818
    """Somebody else changed it meanwhile, or an idempotency key is used for another request."""


class Busy(CcrsError):  # noqa: N818
    """More work than can be done soon; try again after ``retry_after`` seconds."""

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after

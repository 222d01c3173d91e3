"""What is logged: method, route, status, time. No address with names in it, no words, no keys."""

from __future__ import annotations

import logging
import sys
import traceback

ACCESS = logging.getLogger("ccrs.access")
FAILURES = logging.getLogger("ccrs.failures")
_FRAMES = 8


def configure_logging(level: int = logging.INFO) -> None:
    """Send both logs, and the warnings of the HTTP engine, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    for name, least in (("ccrs", level), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(least)
        logger.propagate = False


def note_request(method: str, route: str, status: int, seconds: float) -> None:
    """One line for one request; ``route`` is a template such as ``/v1/users/{user}``."""
    ACCESS.info("%s %s %d %.1f ms", method, route, status, seconds * 1000)


def note_failure(error: BaseException) -> None:
    """The kind of an error and where it came from; not its message, which may hold what people said."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = " < ".join(
        f"{frame.name} ({_short(frame.filename)}:{frame.lineno})" for frame in reversed(frames)
    )
    causes = [type(error).__name__]
    while error.__cause__ is not None:
        error = error.__cause__
        causes.append(type(error).__name__)
    FAILURES.error("%s at %s", " from ".join(causes), places)


def _short(filename: str) -> str:
    return "/".join(filename.split("/")[-2:])

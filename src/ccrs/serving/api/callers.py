"""Who is asking: the holder of an API key, or anybody on the loopback address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from ccrs.serving.api.problems import Refused
from ccrs.serving.store.records import LOCAL, KeyRecord


class Keys(Protocol):
    """Where keys are looked up."""

    def key_of(self, secret: str) -> KeyRecord | None:
        """The key that is not revoked, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """A holder of a key (``key`` its id), or ``local`` on loopback without keys."""

    tenant: str = LOCAL
    admin: bool = True
    key: str | None = None


LOOPBACK_CALLER = Caller()
# Only for the description at /openapi.json: the check itself stands in the middleware, before any body is read.
_bearer = HTTPBearer(auto_error=False, description="A key of `ccrs keys create`; not asked for on loopback.")


async def current_caller(request: Request, _: Annotated[object, Depends(_bearer)] = None) -> Caller:
    """The caller that the gate found; refuses when it found none."""
    caller = getattr(request.state, "caller", None)
    if not isinstance(caller, Caller):
        raise Refused(401, "unauthorized", "A key is needed. Send it as 'Authorization: Bearer KEY'.")
    return caller


async def current_admin(caller: Annotated[Caller, Depends(current_caller)]) -> Caller:
    """The caller, when he may change the catalogue and the run."""
    if not caller.admin:
        raise Refused(
            403, "forbidden", "This needs an admin key. Make one with 'ccrs keys create NAME --admin'."
        )
    return caller


AnyCaller = Annotated[Caller, Depends(current_caller)]
AdminCaller = Annotated[Caller, Depends(current_admin)]

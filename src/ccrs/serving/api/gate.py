"""Who gets in: the host that was asked, where the request comes from, the key, the rates, a free place.

All of it is checked before the first byte of a body is read.
"""

from __future__ import annotations

import ipaddress
import re
from contextlib import ExitStack

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ccrs.serving.api.answers import answer_at
from ccrs.serving.api.callers import LOOPBACK_CALLER, Caller, Keys
from ccrs.serving.api.limiting import Rates, Slots, network_of
from ccrs.serving.api.metrics import Metrics
from ccrs.serving.api.problems import Refused, status_of
from ccrs.serving.api.settings import ServerSettings, is_loopback
from ccrs.serving.store.keys import KEY_START

MAX_SECRET = 200
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_TURN = re.compile(r"/v1/(dialogues/[^/]+/turns|chat/completions)/?")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:\d{1,5})?")
_STRANGE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Gate:
    """The middleware; puts the ``Caller`` into the request's state."""

    def __init__(self, app: ASGIApp, keys: Keys, settings: ServerSettings, metrics: Metrics) -> None:
        self.app, self.keys, self.settings, self.metrics = app, keys, settings, metrics
        self.rates, self.slots = Rates(settings), Slots(settings)
        self.hosts = frozenset(name.lower().rstrip(".") for name in settings.allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with ExitStack() as places:
            try:
                await self._admit(scope, places)
            except Exception as error:
                if status_of(error) == 500:
                    raise
                self.metrics.refused(error.code if isinstance(error, Refused) else "store_unavailable")
                await answer_at(scope["path"], error)(scope, receive, send)
                return
            await self.app(scope, receive, send)

    async def _admit(self, scope: Scope, places: ExitStack) -> None:
        headers = Headers(scope=scope)
        if len(scope["headers"]) > self.settings.max_headers:
            raise Refused(431, "too_many_headers", f"At most {self.settings.max_headers} headers are taken.")
        self._check_host(headers)
        self._check_origin(scope["method"], headers)
        if _STRANGE.search(scope["path"]) or b"%00" in scope["query_string"]:
            raise Refused(400, "bad_input", "The address holds control characters. Take them out.")
        address = network_of(self._address(scope, headers))
        if not (scope["path"].startswith("/v1/") or scope["path"] == "/metrics"):
            if scope["path"] not in {"/healthz", "/readyz"}:  # a probe that is refused would stop the server
                self.rates.of_address(address)
            return
        self.rates.of_address(address)
        caller = await self._caller(headers, address)
        if scope["path"] == "/metrics":
            self._check_metrics(caller, scope, headers)
            return
        if caller is None:
            raise Refused(401, "unauthorized", "A key is needed. Send it as 'Authorization: Bearer KEY'.")
        if caller.key is not None:
            self.rates.of_key(caller.key)
        scope.setdefault("state", {})["caller"] = caller
        places.enter_context(self.slots.request())
        if scope["method"] == "POST" and _TURN.fullmatch(scope["path"]):
            places.enter_context(self.slots.turn(caller.key or address))

    def _check_host(self, headers: Headers) -> None:
        """Names that lead here by a trick (DNS rebinding) are refused: a page of theirs would pass as our own."""
        given = headers.getlist("host")
        match = _HOST.fullmatch(given[0].lower()) if len(given) == 1 else None
        if match is not None:
            name = match[1].rstrip(".")
            known = self.hosts or not self.settings.keys_required
            if not known or name in self.hosts or name == self.settings.host.lower():
                return
            if is_loopback(name) and is_loopback(self.settings.host):
                return
        raise Refused(
            403, "wrong_host", "This server does not go by that host name. Start it with --allowed-host NAME."
        )

    def _check_origin(self, method: str, headers: Headers) -> None:
        """Without keys a browser that visits another page could write here in its owner's name."""
        if self.settings.keys_required or method in _SAFE_METHODS:
            return
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        own = headers["host"].lower()
        foreign = origin is not None and origin.lower() not in {f"http://{own}", f"https://{own}"}
        if foreign or site in {"cross-site", "same-site"}:
            raise Refused(
                403, "cross_site", "Pages of other sites may not write here. Use this server's own page."
            )

    async def _caller(self, headers: Headers, address: str) -> Caller | None:
        """By the key that was sent; without one, whoever sits at this machine, where that is enough."""
        given = headers.getlist("authorization")
        if not given:
            return None if self.settings.keys_required else LOOPBACK_CALLER
        kind, _, secret = given[0].partition(" ")
        secret = secret.strip()
        if not self.settings.keys_required and not secret.startswith(KEY_START):
            return LOOPBACK_CALLER  # client libraries send something even where no key is needed
        self.rates.check_wrong_keys(address)
        fits = (
            len(given) == 1
            and kind.lower() == "bearer"
            and 0 < len(secret) <= MAX_SECRET
            and secret.isascii()
        )
        record = await run_sync(self.keys.key_of, secret) if fits else None
        if record is None or record.revoked is not None:
            self.rates.wrong_key(address)
            message = "The key is not known or was revoked. Make one with 'ccrs keys create NAME'."
            raise Refused(401, "unauthorized", message)
        return Caller(tenant=record.tenant, admin=record.admin, key=record.id)

    def _check_metrics(self, caller: Caller | None, scope: Scope, headers: Headers) -> None:
        """Admins, and whoever sits at the machine itself; a proxy does not count as sitting there."""
        client = scope.get("client")
        behind_proxy = any(name in headers for name in ("x-forwarded-for", "forwarded", "x-real-ip", "via"))
        if caller is None and client is not None and is_loopback(client[0]) and not behind_proxy:
            return
        if caller is None:
            raise Refused(
                401, "unauthorized", "An admin key is needed. Send it as 'Authorization: Bearer KEY'."
            )
        if not caller.admin:
            raise Refused(
                403, "forbidden", "This needs an admin key. Make one with 'ccrs keys create NAME --admin'."
            )

    def _address(self, scope: Scope, headers: Headers) -> str:
        """Who asks: the peer, or whom a trusted proxy names last, the only entry that it wrote itself."""
        if self.settings.trust_proxy:
            forwarded = headers.getlist("x-forwarded-for")
            if forwarded:
                last = forwarded[-1].rpartition(",")[2].strip()
                try:
                    return str(ipaddress.ip_address(last))
                except ValueError:
                    return "unknown"
        client = scope.get("client")
        return client[0] if client else "unknown"

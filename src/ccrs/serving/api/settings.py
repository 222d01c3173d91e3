"""How a server is set up; every setting may come from the environment as ``CCRS_NAME``."""

from __future__ import annotations

import ipaddress

from limits import parse
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServerSettings(BaseSettings):
    """Addresses, limits (sizes in bytes, times in seconds) and rates (``100/minute``; empty: none).

    Counts and rates hold for one worker process.
    """

    model_config = SettingsConfigDict(env_prefix="CCRS_", extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(8000, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=256)
    allowed_hosts: tuple[str, ...] = ()
    """Names that a request may give as its host, beside those of the loopback address."""
    require_keys: bool = False
    """Ask for keys on the loopback address too, as one must behind a reverse proxy."""
    trust_proxy: bool = False
    """Take the last entry of ``X-Forwarded-For`` as the address of whoever asks."""
    retention_days: float | None = Field(None, gt=0)
    metrics_folder: str | None = None
    """Where the workers put their counts together; set by ``ccrs serve --workers``."""

    rate_per_key: str = "6000/minute"
    rate_per_address: str = "6000/minute"
    wrong_keys_per_address: str = "30/minute"

    max_body: int = Field(1_000_000, ge=1)
    max_depth: int = Field(32, ge=1)
    """Brackets within brackets of a JSON body."""
    max_headers: int = Field(64, ge=1)
    max_connections: int = Field(2000, ge=1)
    max_in_flight: int = Field(512, ge=1)
    """Requests at work at once; more get 503."""
    max_turns_per_caller: int = Field(256, ge=1)
    """Turns (streams among them) at once of one key, or one address without a key; more get 429."""

    header_seconds: float = Field(10.0, gt=0)
    body_seconds: float = Field(15.0, gt=0)
    request_seconds: float = Field(60.0, gt=0)
    stream_seconds: float = Field(300.0, gt=0)
    heartbeat_seconds: float = Field(15.0, gt=0)
    shutdown_seconds: float = Field(30.0, gt=0)

    @field_validator("rate_per_key", "rate_per_address", "wrong_keys_per_address")
    @classmethod
    def _is_a_rate(cls, value: str) -> str:
        if value:
            parse(value)
        return value

    @property
    def keys_required(self) -> bool:
        """Whether nobody gets in without a key: always, but on a loopback address that people sit at themselves."""
        return self.require_keys or self.trust_proxy or not is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a name or address can only be reached from this machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

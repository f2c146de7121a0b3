"""What the client calls, and within which limits."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from medreward.section import Section

API_KEY_ENV = "MEDREWARD_API_KEY"
SCHEMES = ("http", "https", "grpc", "grpcs")


class ClientSettings(Section):
    """Of one :class:`~medreward_trainer.client.RewardClient`. Errors name the field, and never show the key."""

    # an error shows no input: it could be the key
    model_config = ConfigDict(hide_input_in_errors=True)

    urls: list[str] = Field(min_length=1, max_length=64)
    """endpoints of one service: http://host:8000, https://..., grpc://host:9000 or grpcs://...; the first is asked
    until it is gone, or has let its share of the deadline pass, then the next too; the one that replies is kept"""
    recipe: str = Field(min_length=1, max_length=256)
    """name of the recipe to score by, where a call names none"""
    api_key: SecretStr | None = Field(None, validate_default=True)
    """sent as ``Authorization: Bearer KEY``; absent: the environment's MEDREWARD_API_KEY, and without it none"""
    deadline_s: float = Field(120.0, gt=0, le=3600)
    """seconds from a call to its result, waits and retries included"""
    reply_margin_ms: float = Field(250.0, ge=0, le=10_000)
    """milliseconds (at most a tenth of what is left) by which the service's deadline lies before the caller's, so that
    what was scored in time still arrives"""
    window_ms: float = Field(3.0, ge=0, le=10_000)
    """milliseconds that a call waits for others to leave with it"""
    max_rollouts: int = Field(256, ge=1, le=4096)
    """of a request; the service takes 4096 unless configured otherwise, and several requests keep its replicas busy"""
    max_bytes: int = Field(8 * 2**20, ge=2**12, le=32 * 2**20)
    """of a request's body; the service takes 32 MiB unless configured otherwise; a larger rollout travels alone"""
    max_reply_bytes: int = Field(64 * 2**20, ge=2**12, le=2**30)
    """of a reply, unpacked; a larger one is not read to its end, and counts as none"""
    max_pending: int = Field(16_384, ge=1)
    """rollouts of one ``score_many`` that are under way at a time"""
    max_connections: int = Field(32, ge=1, le=1024)
    """requests in flight at a time; while all are, calls go on gathering into the next one"""
    connect_timeout_s: float = Field(5.0, gt=0, le=120)
    """seconds in which a connection must be there"""
    attempts: int = Field(24, ge=1, le=1000)
    """times that a request is sent at most, if its deadline allows; waits for a closed circuit are none. By default the
    waits add up to more than ``deadline_s``, which then is what ends them"""
    first_wait_s: float = Field(0.1, gt=0, le=60)
    """seconds before the second attempt, doubled at each; up to this much is added at random"""
    longest_wait_s: float = Field(8.0, gt=0, le=600)
    """seconds between attempts at most, the service's own Retry-After apart"""
    longest_retry_after_s: float = Field(60.0, ge=0, le=3600)
    """seconds of a Retry-After that are honoured; a longer one is cut to this"""
    retry_unscored: int = Field(0, ge=0, le=100)
    """times that a rollout is sent again whose result the service itself could not get (status timeout, overloaded or
    unavailable of a component); 0: the result is returned as it is"""
    slow_s: float = Field(30.0, gt=0, le=3600)
    """seconds after which a reply counts as slow: the log then names the request"""
    circuit_failures: int = Field(3, ge=1, le=1000)
    """failures in a row, on all endpoints, after which the service counts as gone; those in parallel count as one"""
    circuit_probe_s: float = Field(2.0, gt=0, le=600)
    """seconds between the questions whether it is back"""
    latency_window: int = Field(4096, ge=1, le=1_000_000)
    """calls over which latency is reported"""

    @property
    def key(self) -> str | None:
        """The API key in plain, if there is one."""
        return self.api_key.get_secret_value() if self.api_key else None

    @field_validator("urls")
    @classmethod
    def _urls(cls, urls: list[str]) -> list[str]:
        for url in urls:
            _check_url(url)
        urls = [url.rstrip("/") for url in urls]
        if len(set(urls)) < len(urls):
            raise ValueError("names an endpoint twice")
        return urls

    @field_validator("api_key", mode="before")
    @classmethod
    def _api_key(cls, key: Any) -> Any:
        return key if key is not None else os.environ.get(API_KEY_ENV) or None

    @field_validator("api_key")
    @classmethod
    def _is_a_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            plain = key.get_secret_value()
            if not plain or not plain.isascii() or not plain.isprintable() or " " in plain:
                raise ValueError("must be visible ASCII characters without a blank")
        return key

    @model_validator(mode="after")
    def _waits(self) -> ClientSettings:
        if self.first_wait_s > self.longest_wait_s:
            raise ValueError("first_wait_s is longer than longest_wait_s")
        return self


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"an entry is no URL: {error}") from None
    if parts.scheme not in SCHEMES or not host:
        raise ValueError(f"each must be like http://host:8000, with one of {', '.join(SCHEMES)}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user or key here; the key belongs in api_key")
    if parts.query or parts.fragment:
        raise ValueError("no query or fragment here")
    if parts.scheme.startswith("grpc") and (port is None or parts.path.strip("/")):
        raise ValueError("of gRPC must be like grpc://host:9000")

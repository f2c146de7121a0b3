"""What a server's answer means when it is not the one that was asked for.

A refusal of ours has the contract's body and a code. What has another body comes from a proxy before the service:
while the service starts or stops, Ray's proxies answer 404 with a text of their own, and that is no refusal.
"""

from __future__ import annotations

import email.utils
import time
from typing import NamedTuple

import httpx
import msgspec

_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_MOST_SHOWN = 200


class Failure(NamedTuple):
    """An answer that is no result."""

    said: str
    """status and reason"""
    transient: bool
    """whether the same request may be answered later"""
    retry_after_s: float
    """what the server asks for; 0 when it asks for nothing"""


class _Field(msgspec.Struct):
    path: str
    message: str


class _Error(msgspec.Struct):
    code: str
    message: str
    fields: list[_Field] = []


class _Refusal(msgspec.Struct):
    error: _Error


def failure(response: httpx.Response) -> Failure:
    """What an answer other than 200 means."""
    status = response.status_code
    retry_after_s = _retry_after(response.headers.get("retry-after", ""))
    try:
        error = msgspec.json.decode(response.content, type=_Refusal).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = f"{status} {response.reason_phrase}: {response.text[:_MOST_SHOWN]}"
        return Failure(said, status in _TRANSIENT or status == 404 or status >= 500, retry_after_s)
    fields = "; ".join(f"{field.path}: {field.message}" for field in error.fields if field.path)
    return Failure(f"{status} {error.code}: {fields or error.message}", status in _TRANSIENT, retry_after_s)


def _retry_after(value: str) -> float:
    """Seconds from a ``Retry-After``, which is a number or a date; 0 when it is neither."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0

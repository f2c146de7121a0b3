"""What an answer without a reply means, and whose fault it is."""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Sequence
from datetime import UTC

import msgspec

from medreward.contract import FieldError, Rollout
from medreward_trainer.client.errors import Failure, Refusal, RequestRefused
from medreward_trainer.client.types import OUT_OF_SERVICE

_OF_A_ROLLOUT = re.compile(r"rollouts\[(\d+)\]\.?")
RETRY_MS = "retry-after-ms"
"""where the service says after how many milliseconds it may take the request: HTTP header and gRPC metadata"""

_MOST_SHOWN = 200  # characters of a text that is not the contract's
_MOST_TOLD = 2000  # characters of one that is


class ToldField(msgspec.Struct):
    """One field that is wrong."""

    path: str
    message: str


class Told(msgspec.Struct):
    """The contract's refusal, as far as it matters here."""

    code: str
    message: str
    fields: list[ToldField] = []


class _Body(msgspec.Struct):
    error: Told


def hidden(text: str, key: str | None, most: int = _MOST_SHOWN) -> str:
    """At most ``most`` characters of another's text, without our key: some proxies echo the headers they refuse."""
    return (text.replace(key, "[key]") if key else text)[:most]


def told(url: str, error: Told, key: str | None, retry_after_s: float = 0.0) -> Failure | Refusal:
    """What a refusal of the contract means."""
    message = hidden(error.message, key, _MOST_TOLD)
    if error.code in OUT_OF_SERVICE:
        return Failure(error.code, f"{url}: {error.code}: {message}", retry_after_s=retry_after_s)
    if error.code == "rate_limited":
        # of this client alone: the service has room, but none for us before then
        return Failure("overloaded", f"{url}: {error.code}: {message}", retry_after_s=retry_after_s)
    if error.code == "internal":
        # scoring the same again does no harm, and a killed replica of the service looks like this too
        return Failure("unavailable", f"{url}: internal: {message}", retry_after_s=retry_after_s)
    fields = tuple(FieldError(one.path, hidden(one.message, key, _MOST_TOLD)) for one in error.fields)
    return Refusal(hidden(error.code, key), message, fields)


def answered(url: str, status: int, body: bytes, key: str | None, retry_after_s: float) -> Failure | Refusal:
    """What an HTTP answer other than 200 means.

    One with another body than the contract's comes from a proxy before the service. While the service starts or stops,
    Ray's proxies answer 404 with a text of their own, and HAProxy turns 502, 503 and 504 into 500.
    """
    try:
        return told(url, msgspec.json.decode(body, type=_Body).error, key, retry_after_s)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = f"{url}: HTTP {status}: {hidden(body.decode('utf-8', 'replace'), key)}"
    if status == 429:
        return Failure("overloaded", said, retry_after_s=retry_after_s)
    if status == 408:
        return Failure("timeout", said, retry_after_s=retry_after_s)
    if status == 404 or status >= 500:
        return Failure("unavailable", said, gone=True, retry_after_s=retry_after_s)
    if status == 413:
        return Refusal("too_large", said)
    return Refusal(f"http_{status}", said)


def retry_after_ms(value: str | bytes | None) -> float:
    """Seconds from a ``retry-after-ms`` of HTTP's headers or gRPC's metadata; 0 when it is absent or no number."""
    try:
        seconds = float(value or 0) / 1000
    except ValueError:
        return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def retry_after_s(value: str | None, date: str | None = None) -> float:
    """Seconds from a ``Retry-After`` header, which is a number or a date; 0 when it is absent or neither.

    A date is compared with the same answer's ``Date``, if it has one: the two machines' clocks may differ.
    """
    if not value:
        return 0.0
    try:
        seconds = float(value)
    except ValueError:
        until, now = _timestamp(value), _timestamp(date)
        seconds = 0.0 if until is None else until - (time.time() if now is None else now)
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def _timestamp(date: str | None) -> float | None:
    try:
        found = email.utils.parsedate_to_datetime(date or "")
        # of HTTP's dates those without a zone are in UTC too
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def apart(refusal: Refusal, sent: Sequence[Rollout]) -> dict[int, RequestRefused]:
    """The positions of the rollouts that a refusal names, and what their callers are told; empty if it names none.

    Paths are told as the caller knows them: ``rollouts[3].image.width`` of the request is ``image.width`` of the
    rollout.
    """
    found: dict[int, RequestRefused] = {}
    for field in refusal.fields:
        named = _OF_A_ROLLOUT.match(field.path)
        index = int(named[1]) if named else len(sent)
        if named is None or index >= len(sent) or index in found:
            continue
        found[index] = RequestRefused(refusal.code, field.path[named.end() :], field.message, sent[index].id)
    return found

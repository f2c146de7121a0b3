"""What went wrong between us and an OpenAI-compatible endpoint, as one typed error.

| what was seen | status | asked again? |
|---|---|---|
| no connection, connection lost, 5xx | unavailable | yes |
| 408, no answer in time | timeout | no: the time is used up |
| 409, 425 | unavailable | yes |
| 429 | overloaded | yes, after ``Retry-After`` |
| any other 3xx or 4xx | unavailable | no: the same request fails again |
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping

import httpx2
import openai

from medreward.judge.types import EngineError

_SHOWN = 300
"""characters of an endpoint's message that are passed on"""


def engine_error(error: openai.APIError, secret: str | None) -> EngineError:
    """The typed error for one of the client's; ``secret`` is cut out should the endpoint repeat it."""
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__
        if isinstance(error, openai.APITimeoutError) and not isinstance(cause, httpx2.ConnectTimeout):
            return EngineError("timeout", "the endpoint did not answer in time")
        # the client calls a lost connection a timeout of connecting: what aiohttp itself said tells them apart
        seen = (cause.__cause__ if cause else None) or cause or error
        why = short(f"{type(seen).__name__}: {seen}", secret)
        return EngineError("unavailable", f"the connection to the endpoint failed: {why}", retryable=True)
    if not isinstance(error, openai.APIStatusError):
        return EngineError("unavailable", f"the endpoint failed: {short(error.message, secret)}")
    code = error.status_code
    if code in (401, 403):
        # endpoints like to quote the key here, in part or whole: nothing of their message is passed on
        return EngineError("unavailable", f"the endpoint refuses the key (HTTP {code})")
    said = f"HTTP {code}: {short(_message(error), secret)}"
    if code == 429:
        return EngineError("overloaded", said, retryable=True, retry_after_s=retry_after(error.response.headers))
    if code == 408:
        return EngineError("timeout", said)
    if code >= 500 or code in (409, 425):
        return EngineError("unavailable", said, retryable=True, retry_after_s=retry_after(error.response.headers))
    return EngineError("unavailable", said)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that ``Retry-After`` asks for, given in seconds or as a date; None when it is absent or senseless."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.replace(".", "", 1).isdigit():
        return float(value)
    if (date := email.utils.parsedate_tz(value)) is None:
        return None
    try:
        return max(0.0, email.utils.mktime_tz(date) - time.time())
    except (ValueError, OverflowError):  # a date that no calendar has
        return None


def short(message: str, secret: str | None) -> str:
    """One line of limited length without the secret."""
    if secret:
        message = message.replace(secret, "***")
    message = " ".join(message.split())
    return message if len(message) <= _SHOWN else message[:_SHOWN] + "..."


def _message(error: openai.APIStatusError) -> str:
    if isinstance(error.body, dict) and isinstance(said := error.body.get("message"), str):
        return said
    return error.message

"""The reply as an engine writes it: the rubric's JSON, or its beginning where the prompt stops after the last score."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_REASON = 280
_UNSAFE = re.compile(r"[\"\\\x00-\x1f\x7f\u2028\u2029]+")


def write(verdict: Mapping[str, int | str], reason: str, whole: bool) -> str:
    """``{"assistant1":9,"assistant2":3,"reason":"..."}``; without ``whole`` it ends behind the comma that
    shows the last value to be complete."""
    parts = [
        f'"{name}":{value}' if isinstance(value, int) else f'"{name}":"{value}"' for name, value in verdict.items()
    ]
    text = "{" + ",".join(parts) + ","
    return f'{text}"reason":"{plain_reason(reason)}"}}' if whole else text


def plain_reason(reason: str) -> str:
    """A reason without quotes, backslashes and line breaks, under 300 characters."""
    return " ".join(_UNSAFE.sub(" ", reason).split())[:MAX_REASON]

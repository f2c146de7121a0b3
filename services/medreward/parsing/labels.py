"""The label of a JSON box: a string as it is written, decoded."""

from __future__ import annotations

import re

import msgspec

STRING = (
    # of escaped JSON, {\"label\": \"lung\"}: up to the next \", a quotation mark inside it being \\\"
    r"""(?:\\"(?:[^"\\\n]++|\\\\\\"|\\(?!")[^\n])*+\\"|"(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+')"""
)
"""one string, with its quotation marks"""
_QUOTE = re.compile(r"""\\(.)|\"""")


def label_of(quoted: str) -> str:
    """What ``quoted``, a string that ``STRING`` found, says: decoded as JSON, or as it stands where it is none."""
    if quoted.startswith("\\"):
        return _decoded(_decoded(quoted[2:-2]))
    inner = quoted[1:-1]
    # JSON has no such quotation marks, so an escaped one is plain and a plain '"' is escaped
    return _decoded(inner if quoted[0] == '"' else _QUOTE.sub(_as_json, inner))


def _as_json(found: re.Match[str]) -> str:
    if found[1] is None:
        return '\\"'
    return "'" if found[1] == "'" else found[0]


def _decoded(inner: str) -> str:
    try:
        # refuses half of a surrogate pair, which no reply could carry
        return str(msgspec.json.decode(f'"{inner}"', type=str))
    except (msgspec.DecodeError, UnicodeEncodeError):
        return inner

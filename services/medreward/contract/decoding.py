"""JSON -> a struct, checked in one pass; and where that fails, what is wrong, in the contract's words.

Two things are read that a strict decoder refuses. Half of a surrogate pair, which only an escape can write
(``"\\ud83d"``), becomes U+FFFD: it is no character, and one of them in one rollout must not cost a batch its rewards.
And a whole number may be written ``1.0``: JSON has one kind of numbers. Both are looked for only after a refusal, so
they cost nothing where they do not occur.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from medreward.contract.errors import ErrorCode, RequestError

_T = TypeVar("_T")

_MOST_NAME = 80
"""characters of a name of the sender's that a refusal repeats"""
_MOST_PATH = 200
_MOST_SEARCHED = 2**20
"""bytes of a body that is decoded once more, to name the key at fault: untyped, it takes many times its size"""
# the fields of every request that hold whole numbers; inside a text the quotation marks would be escaped
_WHOLE: Final = re.compile(
    rb'(?P<name>"(?:deadline_ms|width|height)"\s*+:\s*+)'
    rb"(?P<number>-?+(?:0|[1-9][0-9]{0,14}+)(?:\.[0-9]{1,15}+)?+(?:[eE][+-]?+[0-9]{1,2}+)?+)(?=[\s,}])"
)
# where no escaped backslash is left, so that each backslash begins an escape
_HALF: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_BACKSLASH: Final = b"\0\0"
"""stands for an escaped one meanwhile; JSON holds no NUL"""
# msgspec ends its messages with " - at `$.rollouts[0].image`"
_AT_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`")


def decode(decoder: msgspec.json.Decoder[_T], body: bytes) -> _T:
    """What the body says, of the decoder's type.

    Raises:
        RequestError: ``malformed`` (no JSON), or ``invalid`` (a field is unknown or of the wrong type).
    """
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        mended = _WHOLE.sub(_as_integer, _whole_pairs(body))
    try:
        return decoder.decode(mended)
    except msgspec.ValidationError as error:
        _refuse(error, mended)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error) from None


def _whole_pairs(body: bytes) -> bytes:
    """The body with U+FFFD for each half of a surrogate pair that an escape writes alone."""
    if (b"\\ud" not in body and b"\\uD" not in body) or b"\0" in body:
        return body
    # without a call of ours for each escape, which would take many times as long as to decode the body
    return _HALF.sub(rb"\\ufffd", body.replace(rb"\\", _BACKSLASH)).replace(_BACKSLASH, rb"\\")


def _as_integer(found: re.Match[bytes]) -> bytes:
    value = Decimal(found["number"].decode())
    return found["name"] + b"%d" % int(value) if value == value.to_integral_value() else found[0]


def _malformed(error: Exception) -> RequestError:
    if isinstance(error, RecursionError):
        return RequestError(ErrorCode.MALFORMED, "the body is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return RequestError(ErrorCode.MALFORMED, f"the body is not UTF-8: {error.reason}")
    return RequestError(ErrorCode.MALFORMED, f"the body is not JSON: {error}")


def _refuse(error: msgspec.ValidationError, body: bytes) -> NoReturn:
    message = str(error)
    at = _AT_PATH.search(message)
    path = _with_key(at[1], body) if at else ""
    message = message[: at.start()] if at else message
    if unknown := _UNKNOWN_FIELD.search(message):
        name = unknown[1][:_MOST_NAME]
        path = f"{path}.{name}" if path else name
        message = "unknown field"
    raise RequestError.at(ErrorCode.INVALID, path[:_MOST_PATH], message[:_MOST_PATH]) from None


def _with_key(path: str, body: bytes) -> str:
    """msgspec does not say which key of a map is at fault (``choices[...]``): the first with a value of wrong type.

    The map alone where it is not to be found: the body breaks off after it, or says the same key twice.
    """
    head, dots, _ = path.partition("[...]")
    if not dots:
        return path
    if len(body) > _MOST_SEARCHED:
        return head
    try:
        value: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return head
    for name, index in _STEP.findall(head):
        if name and isinstance(value, dict):
            value = value.get(name)
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return head
    right = str if head.endswith(("choices", "fields")) else (int, float)
    items = value.items() if isinstance(value, dict) else ()
    wrong = (key for key, one in items if not isinstance(one, right) or isinstance(one, bool))
    key = next(wrong, None)
    return head if key is None else f"{head}.{key[:_MOST_NAME]}"

"""An exception without what it says: its message may quote a text of a patient, its types and places cannot."""

from __future__ import annotations

import traceback

_FRAMES = 30  # the innermost of each traceback
_DEEP = 8  # exceptions that led to one another, and groups within groups


def without_messages(error: BaseException) -> str:
    """The traceback as Python writes it, with each message withheld."""
    return "".join(_lines(error, _DEEP))


def _lines(error: BaseException, deep: int) -> list[str]:
    lines: list[str] = []
    before, why = error.__cause__, "The above was the cause of:\n"
    if before is None and not error.__suppress_context__:
        before, why = error.__context__, "While that was handled:\n"
    if before is not None:
        lines += [*_lines(before, deep - 1), why] if deep else ["(more before it)\n"]
    if error.__traceback__ is not None:
        lines += ["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__, -_FRAMES)]
    lines.append(f"{_name(error)} (its message is withheld: logs.texts is off)\n")
    if isinstance(error, BaseExceptionGroup) and deep:
        for one in error.exceptions[:_DEEP]:
            lines += ["In this group:\n", *_lines(one, deep - 1)]
    return lines


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"

"""An exception without what it says: its message may quote a text of a patient, its types and places cannot."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from contextlib import suppress

_FRAMES = 30  # the innermost of each traceback
_DEEP = 8  # exceptions that led to one another, and groups within groups


class Discreet(logging.Handler):
    """A handler that cannot write a record says so, and not, as the library would, what the record is about."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Names the kind of the error on standard error, where that takes it."""
        kind = sys.exc_info()[0]
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"a line of the log could not be written: {kind.__name__ if kind else 'unknown'}\n")


class WithheldTraceback(logging.Filter):
    """Lets everything through; exceptions without their messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = without_messages(record.exc_info[1])
            record.exc_info = None
        return True


class WithheldCall(logging.Filter):
    """Lets everything through; of what asyncio says of an exception neither its text nor the arguments of a call."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        if record.exc_info:
            record.msg, record.args = re.split(r"[\n(]", record.getMessage(), maxsplit=1)[0], ()
        return True


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

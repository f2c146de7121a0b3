"""The log of a process: lines for people, or one JSON object a line, each with the ids of the request it is about.

What a patient's text could stand in is kept out, unless ``logs.texts`` says otherwise: an exception is told by its
types and places, without its messages. The places are ours alone: whatever the process logs goes through here, other
libraries' warnings, and what asyncio and Ray Serve say of an exception by themselves, too.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from pythonjsonlogger.core import LogData
from pythonjsonlogger.json import JsonFormatter

from medreward.observability import tracing
from medreward.observability.logs_files import LogFile
from medreward.observability.logs_withheld import Discreet, WithheldCall, WithheldTraceback, without_messages
from medreward.observability.request_id import current
from medreward.observability.tracing_settings import Logs

OURS = ("medreward", "medreward_trainer")
"""loggers that ``logs.level`` is for; of others, warnings are logged"""

_WITHHELD: dict[str, type[logging.Filter]] = {"ray.serve": WithheldTraceback, "asyncio": WithheldCall}
"""Ray Serve has handlers of its own; asyncio puts the exception into its message"""
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configure(settings: Logs, service: str) -> None:
    """Logs by these settings from here on, in place of what was configured before.

    Args:
        settings: section ``logs``.
        service: of the process, such as ``ingress``.

    Raises:
        OSError: ``logs.dir`` cannot be written to.
    """
    handler = _Stream() if settings.dir is None else LogFile(settings.dir, service)
    form: type[_Json] | type[_Text] = _Json if settings.format == "json" else _Text
    handler.setFormatter(form(service, settings.texts))
    root = logging.getLogger()
    for other in [one for one in root.handlers if isinstance(one, _Stream | LogFile)]:
        root.removeHandler(other)
        if isinstance(other, LogFile):
            other.close()
    root.addHandler(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(settings.level)
    # a handler of another library that fails would print the exception that its record is about
    logging.raiseExceptions = settings.texts
    for name, withheld in _WITHHELD.items():
        theirs = logging.getLogger(name)
        for before in [one for one in theirs.filters if isinstance(one, withheld)]:
            theirs.removeFilter(before)
        if not settings.texts:
            theirs.addFilter(withheld())


def escaped(text: str) -> str:
    """``text`` in one line: whatever does not print, such as a line feed or an escape, is written as its code."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def of_the_request() -> dict[str, str]:
    """What every line says of the request that the running task works for."""
    found: dict[str, str] = {}
    if (request := current()) is not None:
        found["request_id"] = request.request_id
        if request.client:
            found["client"] = request.client
    if (ids := tracing.ids()) is not None:
        found["trace_id"], found["span_id"] = ids
    return found


class _Json(JsonFormatter):
    """One object a line. JSON escapes what does not print, and all that is not ASCII."""

    def __init__(self, service: str, texts: bool) -> None:
        super().__init__("{message}", style="{")
        self._service = service
        self._texts = texts

    def add_fields(self, log_data: LogData, record: logging.LogRecord, message_dict: LogData) -> None:
        log_data["timestamp"] = _when(record)
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = record.getMessage()
        log_data["service"] = self._service
        log_data.update(of_the_request())
        log_data.update(_extra(record))
        if exception := message_dict.get("exc_info"):
            log_data["exception"] = exception

    def formatException(self, ei: _ExcInfo) -> str:
        return _exception(ei, self._texts)


class _Text(logging.Formatter):
    """Time, level, logger, message, and the rest as ``name=value``; an exception follows on lines of its own."""

    def __init__(self, service: str, texts: bool) -> None:
        super().__init__()
        self._service = service
        self._texts = texts

    def format(self, record: logging.LogRecord) -> str:
        fields = {**of_the_request(), **_extra(record)}
        told = "".join(f" {name}={escaped(str(value))}" for name, value in fields.items())
        line = f"{_when(record)} {record.levelname} {self._service} {record.name}: {escaped(record.getMessage())}{told}"
        if record.exc_info:
            exception = _exception(record.exc_info, self._texts).rstrip("\n").split("\n")
            line += "".join(f"\n    {escaped(one)}" for one in exception)
        return line


class _Stream(Discreet, logging.StreamHandler[TextIO]):
    """To standard error, whichever that is at the time."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, given: TextIO) -> None:
        """The handler of the library sets the one of its start."""


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    # Ray notes a time of its own on every record; its name begins with an underscore
    return {n: value for n, value in record.__dict__.items() if n not in _STANDARD and not n.startswith("_")}


def _exception(info: _ExcInfo, texts: bool) -> str:
    if texts or info[1] is None:
        return logging.Formatter().formatException(info)
    return without_messages(info[1])

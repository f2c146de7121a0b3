"""What can go wrong at the command line, and the exit code that says so.

====  =============================================================================================
code  meaning
====  =============================================================================================
0     what was asked for is done; a rollout without a reward is an answer, not an error
1     a server or the cluster could not do its part: the same command may work later (``CliError``); or what
      was to be tested does not hold: a canary is not passed, more rewards changed than ``--fail-above`` takes,
      or there is no verdict to compare with a label
2     what was given makes no sense: an option, a file, a line, a request that is refused (``Unusable``)
130   interrupted
====  =============================================================================================

Each prints one line on stderr. A traceback is a defect of ours.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from medreward.config import ConfigError
from medreward.readers import ReaderError

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# the heads of tracebacks, as Python and Ray write them, and what is indented below them
_OF_TRACEBACK = re.compile(r"\s|Traceback \(|ray::")
_LOGS = re.compile(r"(?<![\w.:/])/[\w.+@/-]*log[\w.+@/-]*")
_MOST_CHARS = 300


class CliError(Exception):
    """The work could not be done; the message says why, and what to do where that is known."""

    exit_code = 1


class Unusable(CliError):
    """What was given makes no sense; the same command will fail again."""

    exit_code = 2


class Interrupted(CliError):
    """The user stopped it."""

    exit_code = 130


@contextmanager
def one_line() -> Iterator[None]:
    """The boundary of every command: an error becomes one line on stderr and the exit code.

    Raises:
        typer.Exit: with that code.
    """
    try:
        yield
    except CliError as error:
        _exit(str(error), error.exit_code)
    except (ConfigError, ReaderError) as error:
        _exit(str(error), Unusable.exit_code)
    except KeyboardInterrupt:
        _exit("interrupted", Interrupted.exit_code)


def shortened(message: str) -> str:
    """The first line of a long message that says something, and where the logs are, if it names a place that is there.

    Without ANSI escapes; of at most 300 characters and that place.
    """
    plain = _ESCAPE.sub("", message)
    lines = [line.rstrip() for line in plain.splitlines() if re.search(r"\w", line)]
    telling = [line for line in lines if not _OF_TRACEBACK.match(line)]
    first = next(iter(telling or lines), "no reason given").strip()
    line = first if len(first) <= _MOST_CHARS else first[: _MOST_CHARS - 1] + "…"
    for found in _LOGS.finditer(plain):
        path = found[0].rstrip("./-")
        if path not in line and Path(path).exists():
            return f"{line}; logs: {path}"
    return line


def _exit(message: str, code: int) -> None:
    print(f"medreward: {' '.join(message.split())}", file=sys.stderr)
    raise typer.Exit(code) from None

"""Where text goes: results on stdout, progress and errors on stderr."""

from __future__ import annotations

from rich.console import Console

PLAIN_WIDTH = 120
"""columns, where there is no terminal to ask"""


def out() -> Console:
    """For what was asked for."""
    return _console(stderr=False)


def err() -> Console:
    """For what goes on meanwhile."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    # no markup: ids and details hold brackets of their own
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console

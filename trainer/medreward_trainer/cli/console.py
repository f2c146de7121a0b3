"""Where text goes: results on stdout, progress and errors on stderr."""

from __future__ import annotations

from rich.console import Console

PLAIN_WIDTH = 160
"""columns, where there is no terminal to ask"""


def out() -> Console:
    """For what was asked for."""
    # no markup: kinds and intervals hold brackets of their own
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console

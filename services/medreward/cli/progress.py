"""How far a command has come, on stderr, where that is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from medreward.cli import console


@contextmanager
def counting(what: str, total: int | None, done: int = 0) -> Iterator[Callable[[int], None]]:
    """A line that counts ``what``, from ``done`` to ``total`` where that is known; call it with how many are done."""
    err = console.err()
    columns = (SpinnerColumn(), TextColumn(what), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal) as progress:
        task = progress.add_task("", total=total, completed=done)
        yield lambda done: progress.update(task, completed=done)

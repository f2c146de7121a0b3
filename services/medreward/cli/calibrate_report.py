"""What a calibration found, and how it is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.table import Table

from medreward.cli.calibrate_readers import Labelled
from medreward.cli.errors import CliError
from medreward.cli.judging import SeenVerdict

if TYPE_CHECKING:
    from medreward.judge.calibration import Agreement


class Calibration(NamedTuple):
    """Verdicts against labels."""

    labelled: int
    labelled_right: int
    skipped: dict[str, int]
    """rows of the file that were not asked, by reason"""
    absent: dict[str, int]
    """answers without a verdict, by status; they are in no number of ``agreement``"""
    example: str
    """what the judge said with the first of those"""
    agreement: Agreement

    def plain(self) -> dict[str, Any]:
        """As JSON says it: by name, down to the counts."""
        told = self.agreement
        interval = told.kappa_95._asdict() if told.kappa_95 else None
        inner = told._asdict() | {"confusion": told.confusion._asdict(), "kappa_95": interval}
        return self._asdict() | {"agreement": inner}


def of_verdicts(rows: Sequence[Labelled], verdicts: Sequence[SeenVerdict], skipped: Counter[str]) -> Calibration:
    """Puts them together.

    Raises:
        CliError: a verdict is neither 0 nor 1.
    """
    # here, not above: --help should not wait for numpy
    from medreward.judge.calibration import Pair, agreement

    pairs: list[Pair] = []
    absent = Counter[str]()
    example = ""
    for row, verdict in zip(rows, verdicts, strict=True):
        if verdict.value is None:
            absent[verdict.status] += 1
            example = example or f"{verdict.status} ({verdict.detail})"
        elif verdict.value not in (0.0, 1.0):
            raise CliError(f"{row.place}: {verdict.value:g} is no verdict, only 0 and 1 are")
        else:
            pairs.append(Pair(row.label, verdict.value == 1.0, row.group))
    right = sum(row.label for row in rows)
    return Calibration(len(rows), right, dict(skipped), dict(absent), example, agreement(pairs))


def show(out: Console, found: Calibration) -> None:
    """Prints it."""
    told = found.agreement
    grid = Table.grid(padding=(0, 2))
    grid.add_row("labelled", str(found.labelled), f"{found.labelled_right} of them right")
    for reason, count in found.skipped.items():
        grid.add_row("skipped", str(count), reason)
    grid.add_row("compared", str(told.n), "")
    for status, count in found.absent.items():
        grid.add_row("absent", str(count), f"{status}: left out of every number below")
    grid.add_row("agreement", _number(told.agreement), "")
    interval = f"95 % interval {told.kappa_95.low:.3f} to {told.kappa_95.high:.3f}" if told.kappa_95 else ""
    grid.add_row("kappa", _number(told.kappa), interval)
    grid.add_row("precision", _number(told.precision), "of those judged right, labelled right")
    grid.add_row("recall", _number(told.recall), "of those labelled right, judged right")
    out.print(grid)
    table = Table("", "judged right", "judged wrong")
    for column in table.columns[1:]:
        column.justify = "right"
    counts = told.confusion
    table.add_row("labelled right", str(counts.right_right), str(counts.right_wrong))
    table.add_row("labelled wrong", str(counts.wrong_right), str(counts.wrong_wrong))
    out.print(table)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

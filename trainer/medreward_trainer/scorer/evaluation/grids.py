"""The numbers as tables of text, for the terminal and for the model card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rich.table import Table as RichTable

from medreward_trainer.scorer.evaluation.slices import GRAMMARS
from medreward_trainer.scorer.evaluation.types import ALL, SCORER, Estimate, Measured, Metrics, Target


class Grid(NamedTuple):
    """A table of text."""

    title: str
    headers: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def rich(self) -> RichTable:
        """For a terminal."""
        table = RichTable(*self.headers, title=self.title, title_justify="left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For a model card, without the title."""
        lines = [self.headers, tuple("---" for _ in self.headers), *self.rows]
        return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def shown(estimate: Estimate | None) -> str:
    """``0.93 [0.91, 0.95]``, or ``absent``."""
    if estimate is None or estimate.value is None:
        return "absent"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f} [one group]"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def all_grids(metrics: Metrics) -> list[Grid]:
    """Those that a reader wants and that have a row; ``metrics.json`` has every source by kind as well."""
    grids = (target_grid, pairwise_grid, twin_grid, form_grid, auc_grid, value_grid)
    return [made for grid in grids if (made := grid(metrics)).rows]


def target_grid(metrics: Metrics) -> Grid:
    """Each target, met or missed."""
    rows = [
        (one.slice, one.measure, one.of, f"{one.at_least:.2f}", shown(one.estimate), verdict(one))
        for one in metrics.targets
    ]
    return Grid("Targets", ("slice", "measure", "of", "at least", "scorer [95 %]", "verdict"), rows)


def verdict(target: Target) -> str:
    """In words: whether it was met, and whether that is certain."""
    if target.verdict == "absent":
        return f"absent: {target.estimate.absent}"
    return target.verdict if target.sure else f"{target.verdict}, not certain"


def pairwise_grid(metrics: Metrics) -> Grid:
    """By slice and kind of unsound trajectory; of single sources of the grammar, only all kinds together."""
    rows = []
    for name, one in metrics.slices.items():
        kinds = one.methods[SCORER].pairwise
        chosen = [ALL] if name.startswith(f"{GRAMMARS}/") else [*kinds]
        rows += list(_rows(name, chosen, {method: m.pairwise for method, m in one.methods.items()}))
    return Grid("Pairwise accuracy within a question [95 %]", _headers("unsound", metrics), rows)


def twin_grid(metrics: Metrics) -> Grid:
    """By slice and kind of unsound trajectory, each beside its nearest sound one."""
    rows = []
    for name, one in metrics.slices.items():
        if not name.startswith(f"{GRAMMARS}/"):
            twins = {method: m.pairwise_twins for method, m in one.methods.items()}
            rows += list(_rows(name, [*twins[SCORER]], twins))
    return Grid("Pairwise accuracy between twins [95 %]", _headers("unsound", metrics), rows)


def form_grid(metrics: Metrics) -> Grid:
    """By slice and kind of sound trajectory."""
    rows = []
    for name, one in metrics.slices.items():
        forms = {method: m.pairwise_by_form for method, m in one.methods.items()}
        if len(forms[SCORER]) > 1 and not name.startswith(f"{GRAMMARS}/"):
            rows += list(_rows(name, [*forms[SCORER]], forms))
    return Grid("Pairwise accuracy by the form of the sound trajectory [95 %]", _headers("sound", metrics), rows)


def auc_grid(metrics: Metrics) -> Grid:
    """By slice, and within each writer."""
    rows = []
    for name, one in metrics.slices.items():
        overall = {method: {"all": m.auc[ALL]} for method, m in one.methods.items()}
        rows += list(_rows(name, ["all"], overall))
        within = {method: _named(m) for method, m in one.methods.items()}
        rows += list(_rows(name, [*within[SCORER]], within))
    return Grid("AUC across questions [95 %]", _headers("of", metrics), rows)


def value_grid(metrics: Metrics) -> Grid:
    """How far values are probabilities, and how they go with length."""
    rows = []
    for name, one in metrics.slices.items():
        found = one.reliability
        correlation = one.length_correlation.value
        rows.append(
            (
                name,
                f"{found.share_sound:.2f}",
                shown(found.brier),
                shown(found.expected_calibration_error),
                "absent" if correlation is None else f"{correlation:+.2f}",
            )
        )
    headers = ("slice", "share sound", "Brier [95 %]", "calibration error [95 %]", "length rho")
    return Grid(
        "Values as probabilities, both labels weighing the same; Brier 0.25 is that of saying 0.5", headers, rows
    )


def _headers(of: str, metrics: Metrics) -> tuple[str, ...]:
    return ("slice", of, "groups", *(name for name, method in metrics.methods.items() if not method.absent))


def _rows(slice_: str, keys: list[str], by_method: Mapping[str, Mapping[str, Estimate]]) -> Iterator[tuple[str, ...]]:
    """A row a key; none where no method has a number for it."""
    for key in keys:
        estimates = [estimates[key] for estimates in by_method.values()]
        if any(estimate.value is not None for estimate in estimates):
            yield (slice_, key, str(estimates[0].groups), *(shown(estimate) for estimate in estimates))


def _named(measured: Measured) -> dict[str, Estimate]:
    return {f"within {writer}": estimate for writer, estimate in measured.auc_within_writer.items()}

"""The numbers as pictures: how values are spread by kind, and how far they are probabilities.

Figures are drawn without pyplot and saved without metadata: no display, no state, and the same bytes for the same
numbers and the same matplotlib and Pillow.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from PIL import Image

from medreward_trainer.scorer.evaluation.slices import GRAMMARS, slices
from medreward_trainer.scorer.evaluation.table import Floats, Table
from medreward_trainer.scorer.evaluation.types import Metrics

DISTRIBUTIONS: Final = "scores.png"
TEXTS: Final = "scores-text.png"
RELIABILITY: Final = "reliability.png"
PLOTS: Final = {
    DISTRIBUTIONS: "Values of trajectories written by the grammar, by kind",
    TEXTS: "Values of trajectories written by models, by kind",
    RELIABILITY: "Reliability curve",
}
"""what each file shows; one without data is not written"""

_SOUND: Final = "#0072b2"  # blue and orange are told apart by all (Okabe and Ito)
_UNSOUND: Final = "#d55e00"
_BINS: Final = 40
_DPI: Final = 100


class Ridge(NamedTuple):
    """One row of a plot of distributions."""

    name: str
    sound: bool
    values: Floats
    """shape ``(n,)``, in [0, 1]"""


def draw(table: Table, values: Floats, metrics: Metrics, out: Path) -> list[Path]:
    """Draws all that there are numbers for; returns the files."""
    files = []
    found = slices(table)
    if GRAMMARS in found:
        rows = found[GRAMMARS][1]
        ridges = _by_kind(table.where(rows), values[rows], "")
        files.append(distributions(ridges, PLOTS[DISTRIBUTIONS], out / DISTRIBUTIONS))
    ridges = []
    for name, (_, rows) in found.items():
        if not name.startswith(GRAMMARS):
            ridges += _by_kind(table.where(rows), values[rows], f"{name}: ")
    if ridges:
        files.append(distributions(ridges, PLOTS[TEXTS], out / TEXTS))
    if any(one.reliability.bins for one in metrics.slices.values()):
        files.append(reliability_curve(metrics, out / RELIABILITY))
    return files


def distributions(ridges: Sequence[Ridge], title: str, path: Path) -> Path:
    """A histogram a row, each as high as the others, with a tick at its median."""
    figure = Figure(figsize=(8, 1.5 + 0.36 * len(ridges)), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    edges = np.linspace(0, 1, _BINS + 1)
    for row, ridge in enumerate(reversed(ridges)):
        counts, _ = np.histogram(ridge.values, edges)
        heights = row + 0.85 * counts / max(1, counts.max())
        colour = _SOUND if ridge.sound else _UNSOUND
        axes.fill_between(edges, row, np.append(heights, row), step="post", color=colour, alpha=0.8, linewidth=0)
        axes.vlines(float(np.median(ridge.values)), row, row + 0.85, color="black", linewidth=1.2)
    axes.set_yticks(
        [row + 0.4 for row in range(len(ridges))], [f"{r.name} (n={len(r.values)})" for r in reversed(ridges)]
    )
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, len(ridges))
    axes.set_xlabel("calibrated value: probability of being sound (no unit)")
    axes.set_title(title)
    axes.spines[["top", "right", "left"]].set_visible(False)
    handles = [Patch(color=_SOUND, label="sound"), Patch(color=_UNSOUND, label="unsound")]
    figure.legend(handles=handles, loc="outside lower right", ncols=2, frameon=False)
    return _save(figure, path)


def reliability_curve(metrics: Metrics, path: Path) -> Path:
    """The share of sound trajectories over the mean value, by tenths; how many there are, below."""
    figure = Figure(figsize=(7, 7), dpi=_DPI, layout="constrained")
    curve, amounts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    curve.plot([0, 1], [0, 1], color="grey", linestyle=":", label="perfectly calibrated")
    # single sources of the grammar lie within it
    shown = {
        name: one.reliability.bins
        for name, one in metrics.slices.items()
        if one.reliability.bins and not name.startswith(f"{GRAMMARS}/")
    }
    for number, (name, bins) in enumerate(shown.items()):
        style = {"color": f"C{number}", "marker": "osD^vP*X"[number % 8], "markersize": 5}
        curve.plot([one.value for one in bins], [one.sound for one in bins], label=name, **style)
        amounts.plot([one.value for one in bins], [one.count for one in bins], **style)
    curve.set_ylabel("share that is sound, both labels\nweighing the same (no unit)")
    curve.set_ylim(-0.03, 1.03)
    curve.set_title(f"Reliability on held-out data: {metrics.evaluated.name}")
    curve.legend(frameon=False, fontsize="small")
    amounts.set_yscale("log")
    amounts.set_ylabel("trajectories (count)")
    amounts.set_xlabel("mean calibrated value in a tenth of [0, 1] (no unit)")
    amounts.set_xlim(-0.02, 1.02)
    for axes in (curve, amounts):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    return _save(figure, path)


def _by_kind(table: Table, values: Floats, prefix: str) -> list[Ridge]:
    """Sound kinds first, each by name."""
    found = []
    for sound in (True, False):
        for kind in sorted(set(table.kind[table.sound == sound].tolist())):
            found.append(Ridge(f"{prefix}{kind}", sound, values[(table.kind == kind) & (table.sound == sound)]))
    return found


def _save(figure: Figure, path: Path) -> Path:
    canvas: Any = FigureCanvasAgg(figure)  # untyped
    canvas.draw()
    # few colours are in it: with a palette a file is a third of the size
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(64)
    picture.save(path, format="png", optimize=True)
    return path

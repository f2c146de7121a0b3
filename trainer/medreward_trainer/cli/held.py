"""The settings and data that training and evaluation share: both look at the same held-out questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from medreward_trainer.cli import console
from medreward_trainer.cli.errors import Unusable

if TYPE_CHECKING:
    from medreward_trainer.scorer.config import TrainingConfig
    from medreward_trainer.scorer.dataset import Dataset
    from medreward_trainer.scorer.evaluation import Metrics
    from medreward_trainer.scorer.examples import Contrast, Split


def settings(path: Path | None) -> TrainingConfig:
    """The run's settings; None: those that made the shipped checkpoint.

    Raises:
        TrainingError: naming each setting that is wrong.
    """
    from medreward_trainer.scorer.config import DEFAULT, load_config

    return load_config(path or DEFAULT)


def dataset(config: TrainingConfig, data: Path) -> Dataset:
    """The run's data, and of every other source what is held out.

    Raises:
        Unusable: there is no such folder.
        DatasetError: a source is unknown.
        DataError: a file is missing or broken.
    """
    from medreward_trainer.scorer.dataset import SOURCES, build

    if not data.is_dir():
        raise Unusable(f"--data: {data} is no folder")
    others = [name for name in SOURCES if name not in config.sources]
    return build(data, config.sources, config.seed, evaluated=others, writings=config.writings)


def splits(data: Dataset) -> dict[Split, list[Contrast]]:
    """By name."""
    return {"train": data.train, "tune": data.tune, "test": data.test}


def licences() -> dict[str, str]:
    """Of each data set, by the name that its contrasts give; one that is read in two ways is two sources."""
    from medreward_trainer.scorer.dataset import SOURCES

    found: dict[str, list[str]] = {}
    for name, source in SOURCES.items():
        of = found.setdefault(name.removesuffix("_facts").removesuffix("_text"), [])
        of += [source.licence] if source.licence not in of else []
    return {name: "; ".join(of) for name, of in found.items()}


def show(metrics: Metrics) -> None:
    """Prints what was measured."""
    from medreward_trainer.scorer.evaluation.grids import all_grids

    out = console.out()
    evaluated = metrics.evaluated
    out.print(f"Checkpoint {evaluated.name} ({evaluated.sha256[:12]}), {metrics.read} held-out trajectories")
    for name, method in metrics.methods.items():
        out.print(f"{name}: {f'absent: {method.absent}' if method.absent else method.what}", soft_wrap=True)
    for grid in all_grids(metrics):
        out.print(grid.rich())
    verdicts = [target.verdict for target in metrics.targets]
    out.print(", ".join(f"{verdicts.count(of)} {of}" for of in ("met", "missed", "absent")) + " of the targets")

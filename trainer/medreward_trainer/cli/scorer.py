"""``medreward-train scorer``: from data to a checkpoint with its metrics, plots and model card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def scorer(
    data: Annotated[Path, typer.Option(envvar="MEDREWARD_DATA", help="Folder of the data sets.")],
    config: Annotated[
        Path | None, typer.Option(help="Settings (YAML); without it, those that made the shipped checkpoint.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory for the checkpoint; made if missing.")] = Path("scorer"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last state in the directory.")] = False,
) -> None:
    """Train the trajectory scorer, calibrate and evaluate it.

    Writes the checkpoint, metrics.json, plots (PNG) and the model card (README.md) into one directory, which the
    setting 'scorer.checkpoint' of 'medreward serve' takes. Logs for TensorBoard are in its folder 'training'.

    \b
    Example:
      medreward-train scorer --data shared/data --out scorer
    """
    # here, not above: --help should not wait for torch
    from medreward_trainer.cli import held
    from medreward_trainer.cli.errors import one_line

    with one_line():
        from medreward_trainer.scorer.card import write_card
        from medreward_trainer.scorer.evaluation import evaluate
        from medreward_trainer.scorer.training import train

        run = held.settings(config)
        held_data = held.dataset(run, data)
        out.mkdir(parents=True, exist_ok=True)
        checkpoint = train(run, held_data.train, held_data.tune, out, resume=resume)
        metrics = evaluate(checkpoint, held.splits(held_data), out, seed=run.seed)
        write_card(checkpoint, metrics, run.model_dump(mode="json"), held.licences(), _command(config))
        held.show(metrics)
        print(f"written to {out}")


def _command(config: Path | None) -> str:
    """What to type for the same checkpoint; files by name, since folders differ between machines."""
    return f"medreward-train scorer{f' --config {config.name}' if config else ''} --data DATA --out DIRECTORY"

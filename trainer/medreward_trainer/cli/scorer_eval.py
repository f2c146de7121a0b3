"""``medreward-train scorer-eval``: what a checkpoint is worth on held-out questions, beside baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def scorer_eval(
    checkpoint: Annotated[str, typer.Option(help="Directory of a checkpoint; 'shipped': the one in the wheel.")],
    data: Annotated[Path, typer.Option(envvar="MEDREWARD_DATA", help="Folder of the data sets.")],
    config: Annotated[
        Path | None,
        typer.Option(help="Settings (YAML) that it was trained with: they say what is held out; default: as shipped."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Directory for metrics.json and plots; made if missing.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most held-out questions of each source.")] = None,
) -> None:
    """Evaluate a trajectory scorer.

    Prints pairwise accuracy and AUC with confidence intervals, by kind of corruption and within each model's outputs,
    beside length, bag of words and the untrained encoder, and which targets are met. The exit code is 0 when the
    evaluation is done, whatever it says.

    \b
    Example:
      medreward-train scorer-eval --checkpoint shipped --data shared/data --out evaluation
    """
    # here, not above: --help should not wait for torch
    from medreward_trainer.cli import held
    from medreward_trainer.cli.errors import one_line

    with one_line():
        from medreward.scorer.checkpoint import open_checkpoint
        from medreward_trainer.scorer.evaluation import evaluate

        opened = open_checkpoint(checkpoint)
        run = held.settings(config)
        metrics = evaluate(opened, held.splits(held.dataset(run, data)), out, seed=run.seed, limit=limit)
        held.show(metrics)
        if out is not None:
            print(f"written to {out}")

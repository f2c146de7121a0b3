"""The ``medreward-train`` command.

================  =========================================================================
``app``           the commands, put together
``scorer``        ``medreward-train scorer``: data -> checkpoint, metrics, plots, model card
``scorer_eval``   ``medreward-train scorer-eval``: what a checkpoint is worth
``data``          ``medreward-train data``: data sets -> verl's parquet, and what is wrong with a file
``grpo``          ``medreward-train grpo``: a run of verl
``held``          the settings and data that both look at
``console``       where text goes
``errors``        one line and an exit code for whatever goes wrong
================  =========================================================================

Nothing here imports torch before a command has something to do.
"""

from medreward_trainer.cli.app import app


def main() -> None:
    """Runs the command line; exits with the code that ``errors`` names."""
    app(prog_name="medreward-train")


__all__ = ["app", "main"]

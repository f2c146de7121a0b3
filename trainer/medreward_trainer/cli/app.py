"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from medreward import __version__
from medreward_trainer.cli.data import data
from medreward_trainer.cli.grpo import grpo
from medreward_trainer.cli.scorer import scorer
from medreward_trainer.cli.scorer_eval import scorer_eval

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,  # boxes around the help, and around one line of an error, make neither clearer
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"medreward-train {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Training for medreward: the models that its services run.

    'medreward-train COMMAND --help' says more of each command.
    """


app.command("scorer")(scorer)
app.command("scorer-eval")(scorer_eval)
app.add_typer(data, name="data")
app.command("grpo")(grpo)

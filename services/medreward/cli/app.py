"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from medreward import __version__
from medreward.cli.calibrate import calibrate
from medreward.cli.canary import canary
from medreward.cli.demo import demo
from medreward.cli.recipes import recipes
from medreward.cli.rescore import rescore
from medreward.cli.score import score
from medreward.cli.serve import serve

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,  # boxes around the help, and around one line of an error, make neither clearer
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"medreward {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Rewards for reinforcement learning of medical vision-language models.

    Start with 'medreward demo'; it needs no settings. 'medreward COMMAND --help' says more of each command.
    """


app.command()(serve)
app.command()(score)
app.command()(demo)
app.command()(recipes)
app.command()(rescore)
app.command()(canary)
app.command()(calibrate)

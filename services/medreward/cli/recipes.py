"""``medreward recipes``: which recipes there are."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from medreward.cli import console
from medreward.cli.backend import open_backend
from medreward.cli.errors import one_line
from medreward.cli.types import ComponentInfo, RecipeInfo


def recipes(
    url: Annotated[str | None, typer.Option(help="Server to ask; without it, this installation is.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (YAML) that name recipe files of your own.")] = None,
) -> None:
    """List the recipes with their components and weights.

    A recipe's reward is the weighted sum of its components; a component marked with other tokens is credit for those
    and not summed, and a gate that is not passed makes the whole 0.

    \b
    Example:
      medreward recipes --url http://127.0.0.1:8000
    """
    with one_line():
        found = asyncio.run(_recipes(url, config))
        table = Table("recipe", "components", "gates", "summary")
        for recipe in found.values():
            components = "\n".join(_component(name, info) for name, info in recipe.components.items())
            table.add_row(recipe.name, components, "\n".join(recipe.gates), recipe.summary, end_section=True)
        console.out().print(table)


async def _recipes(url: str | None, config: Path | None) -> dict[str, RecipeInfo]:
    async with open_backend(url, config) as backend:
        return await backend.recipes()


def _component(name: str, info: ComponentInfo) -> str:
    said = [f"{info.weight:g}", name]
    if info.reward not in ("", name):
        said.append(f"({info.reward})")
    if info.applies_to != "response":
        said.append(f"on {info.applies_to}")
    return " ".join(said)

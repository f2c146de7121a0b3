"""``medreward demo``: the shipped examples, scored by a real cluster."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from medreward.cli import console
from medreward.cli.backend import check_settings
from medreward.cli.client import Client
from medreward.cli.cluster import running, with_endpoints
from medreward.cli.errors import one_line
from medreward.cli.types import SeenComponent, SeenResult
from medreward.config import Settings, load_settings
from medreward.contract.types import ScoreRequest
from medreward.examples import EXAMPLE_RECIPES, load_examples


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="HTTP port; 0 takes a free one.")] = 0,
) -> None:
    """Score the shipped examples on a real cluster and say why.

    Starts a Ray cluster, asks it over HTTP, prints a table for each of the papers' recipes and stops. Nothing is
    configured and nothing downloaded: the embedded judge reads open-ended answers, and the shipped checkpoint of the
    trajectory scorer tells how consistent the reasoning is.

    \b
    Example:
      medreward demo
    """
    with one_line():
        out = console.out()
        out.print("Starting a Ray Serve cluster on this machine; this takes some seconds.")
        settings = with_endpoints(load_settings(), "127.0.0.1", port, 0)
        check_settings(settings)
        with running(settings) as cluster:
            out.print(
                f"It answers at {cluster.url}, behind {cluster.proxy.kind} ({cluster.proxy.reason}).", soft_wrap=True
            )
            results = asyncio.run(_score(cluster.url))
            out.print(
                "\nOpen-ended answers are judged by the embedded judge: rules and similarity, no medical model. "
                f"{_scorer(settings)} What cannot be scored is absent, and so is the reward that it would be part "
                "of: a failure is never a number."
            )
            for recipe, scored in results.items():
                _show(out, recipe, scored)
            out.print("\nStopping the cluster.")
        out.print("Done. 'medreward serve' keeps one running; 'medreward score' scores a file of your own.")


def _scorer(settings: Settings) -> str:
    if settings.scorer.checkpoint == "none":
        return "There is no trajectory scorer, so consistency has no value, but status 'unavailable'."
    return "Consistency is the trajectory scorer's, a small trained model: 1 is sound."


async def _score(url: str) -> dict[str, list[SeenResult]]:
    results = {}
    async with Client(url) as client:
        for recipe in EXAMPLE_RECIPES:
            request = ScoreRequest(recipe=recipe, deadline_ms=10_000, explain=True, rollouts=load_examples(recipe))
            # it raises when the result of any example is missing
            results[recipe] = [result.seen for result in (await client.score(request)).results]
    return results


def _show(out: Console, recipe: str, results: list[SeenResult]) -> None:
    out.print(f"\nRecipe {recipe}, {len(results)} examples.", style="bold")
    names = list(results[0].components)
    table = Table("id", "reward", *names, "why", expand=True)
    for column in table.columns[1:-1]:
        column.no_wrap = True
    table.columns[0].ratio, table.columns[-1].ratio = 1, 2
    table.columns[0].overflow = "fold"
    for result in results:
        reward = "absent" if result.reward is None else f"{result.reward:.4g}"
        values = [_value(result.components[name]) for name in names]
        table.add_row(result.id, reward, *values, _why(result), end_section=True)
    out.print(table)


def _value(component: SeenComponent) -> str:
    return component.status if component.value is None else f"{component.value:.4g}"


def _why(result: SeenResult) -> str:
    reasons = [f"{name}: {component.detail}" for name, component in result.components.items() if component.detail]
    return "\n".join(([result.detail] if result.detail else []) + reasons)
